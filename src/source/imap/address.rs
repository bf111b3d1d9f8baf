//! `imaps://user@host[:port]/[folder]`: a mailbox on a server, as it is typed.
//!
//! In: a SOURCE of the command line. Out: where to connect to, as whom, and which folder. A password in it is refused:
//! what stands on a command line can be seen by others. Source: RFC 5092 (IMAP URLs), of which the part above is taken.

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// From its beginning: `imaps://`.
    Tls,
    /// After `STARTTLS`: `imap://`.
    StartTls,
}

/// A mailbox on a server.
#[derive(Debug, PartialEq, Eq)]
pub struct Address {
    /// How the connection is encrypted.
    pub security: Security,
    /// Whose mailbox it is.
    pub user: String,
    /// The server's name or number.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The folder that is asked for, with those below it; without one, all.
    pub folder: Option<String>,
    /// What records call the mailbox: the address as typed, without the folder.
    pub name: String,
}

impl Address {
    /// Reads an address. `None`: it is of another kind; an error says what is wrong and never quotes it.
    pub fn parse(typed: &str) -> Option<Result<Self, &'static str>> {
        let (scheme, rest) = typed.split_once("://")?;
        let (security, port) = match scheme.to_ascii_lowercase().as_str() {
            "imaps" => (Security::Tls, 993),
            "imap" => (Security::StartTls, 143),
            _ => return None,
        };
        Some(Self::of(security, port, scheme, rest))
    }

    fn of(security: Security, usual: u16, scheme: &str, rest: &str) -> Result<Self, &'static str> {
        let (authority, folder) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, server) = authority.rsplit_once('@').ok_or("it names no user: imaps://USER@HOST/")?;
        if user.contains(':') {
            return Err(
                "a password does not belong on the command line: set SPORHUND_PASSWORD or give --password-file",
            );
        }
        let (host, port) = match server.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':')),
            None => server.split_once(':').map_or((server, None), |(host, port)| (host, Some(port))),
        };
        let port = port.map_or(Ok(usual), str::parse).map_err(|_| "its port is no number")?;
        let (user, folder) = (decode(user), decode(folder.trim_end_matches('/')));
        let (Some(user), Some(folder)) = (user, folder) else {
            return Err("a `%` in it is not followed by two digits");
        };
        if user.is_empty() || host.is_empty() {
            return Err("it names no user or no server: imaps://USER@HOST/");
        }
        if user.chars().chain(folder.chars()).any(char::is_control) {
            return Err("a name in it holds a control character");
        }
        Ok(Self {
            security,
            user,
            host: host.to_owned(),
            port,
            folder: Some(folder).filter(|folder| !folder.is_empty()),
            name: format!("{scheme}://{authority}"),
        })
    }
}

/// Text with `%C3%A6` for characters.
fn decode(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let parse = |typed| Address::parse(typed).unwrap().unwrap();
        let plain = parse("imaps://anna@mail.example.dk");
        assert_eq!((plain.user.as_str(), plain.host.as_str(), plain.port), ("anna", "mail.example.dk", 993));
        assert_eq!((plain.folder, plain.name.as_str()), (None, "imaps://anna@mail.example.dk"));
        let full = parse("imap://anna@example.dk@[::1]:1143/Arkiv/Ans%C3%B8gninger/");
        assert_eq!((full.user.as_str(), full.host.as_str(), full.port), ("anna@example.dk", "::1", 1143));
        assert_eq!(full.folder.as_deref(), Some("Arkiv/Ansøgninger"));
        assert_eq!((full.security, full.name.as_str()), (Security::StartTls, "imap://anna@example.dk@[::1]:1143"));
        assert_eq!(parse("imaps://anna%40example.dk@mail/INBOX").user, "anna@example.dk");
    }

    #[test]
    fn what_is_wrong_is_told() {
        for typed in ["imaps://mail", "imaps://anna:hemmelig@mail", "imaps://a@", "imaps://a@m:x", "imaps://a%4@m"] {
            let told = Address::parse(typed).unwrap().unwrap_err();
            assert!(!told.contains("hemmelig"));
        }
        assert!(Address::parse("https://a@b").is_none() && Address::parse("a/b").is_none());
    }
}
