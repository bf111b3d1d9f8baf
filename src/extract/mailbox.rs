//! What every kind of mailbox shares: folder roles told from names, folder names as IMAP and Maildir++ write them,
//! and dates as mail writes them.
//!
//! In: names and header values. Out: [`Role`]s, readable names, timestamps. The names of the standard folders are
//! data (`patterns/folders.toml`). Sources: RFC 3501 5.1.3 (modified UTF-7), RFC 5322 3.3 (dates), RFC 4155 (mbox
//! `From ` lines).

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::item::Role;
use crate::patterns::{self, Mistake, Source};

/// What mail programs call their standard folders.
#[derive(Debug, Default)]
pub struct Folders {
    roles: HashMap<String, Role>,
    private: HashSet<String>,
}

#[derive(Default, Deserialize)]
struct Names {
    names: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    inbox: Names,
    #[serde(default)]
    sent: Names,
    #[serde(default)]
    outbox: Names,
    #[serde(default)]
    trash: Names,
    #[serde(default)]
    drafts: Names,
    #[serde(default)]
    junk: Names,
    #[serde(default)]
    archive: Names,
    #[serde(default)]
    private: Names,
}

static FOLDERS: OnceLock<Folders> = OnceLock::new();

impl Folders {
    /// The built-in names, and a user's on top: where both have one, the user's role counts.
    pub fn load(user: Option<&Source>) -> Result<Self, Mistake> {
        let mut folders = Self::default();
        for source in patterns::built_in("folders.toml").iter().chain(user) {
            let file: File = source.parse()?;
            for (role, names) in [
                (Role::Inbox, file.inbox),
                (Role::Sent, file.sent),
                (Role::Outbox, file.outbox),
                (Role::Trash, file.trash),
                (Role::Drafts, file.drafts),
                (Role::Junk, file.junk),
                (Role::Archive, file.archive),
            ] {
                folders.roles.extend(names.names.iter().map(|name| (fold(name), role)));
            }
            folders.private.extend(file.private.names.iter().map(|name| fold(name)));
        }
        Ok(folders)
    }

    /// Makes these the names that [`role`] and [`private`] go by. Only the first call counts, and only before any
    /// mailbox was read.
    pub fn install(self) {
        // A second set is a programmer's mistake that harms nobody.
        let _ = FOLDERS.set(self);
    }

    fn current() -> &'static Self {
        FOLDERS.get_or_init(|| Self::load(None).unwrap_or_default())
    }

    /// See [`role`].
    fn role(&self, path: &[&str], flat: bool) -> Role {
        let path: Vec<String> = path.iter().map(|name| fold(name)).collect();
        let named = |at: usize| {
            let name = path.get(at)?;
            let above = at.checked_sub(1).and_then(|above| path.get(above));
            // Some names count only as a path: `[Gmail]/All Mail`; what is below an inbox, only where that is usual.
            let whole = above.filter(|above| flat || !self.roles.contains_key(*above)).and_then(|above| {
                let joined = |separator| self.roles.get(&format!("{above}{separator}{name}"));
                joined('/').or_else(|| joined('.'))
            });
            whole.or_else(|| self.roles.get(name)).copied()
        };
        let roles: Vec<Option<Role>> = (0..path.len()).map(named).collect();
        if let Some(bin) = roles.iter().flatten().find(|role| matches!(role, Role::Trash | Role::Junk)) {
            return *bin;
        }
        // What stands before the first known name is the mailbox's own: `Top of Personal Folders`, `anna@example.dk`.
        let mut known = roles.into_iter().skip_while(Option::is_none);
        let Some(Some(top)) = known.next() else { return Role::User };
        known.fold(top, |above, named| match (above, named) {
            (Role::Archive, _) => Role::Archive,
            (_, Some(role)) if flat => role,
            _ => Role::User,
        })
    }
}

/// The role of a folder, by the names on the path to it.
///
/// Any name on the way that is trash or junk makes it that. A folder made below another standard one is the user's,
/// unless `flat`: in Maildir++ and IMAP everything may hang below INBOX, so the names decide. Below an archive
/// everything is archive.
pub fn role(path: &[&str], flat: bool) -> Role {
    Folders::current().role(path, flat)
}

/// A folder that people mark as their own, or one below it.
pub fn private(path: &[&str]) -> bool {
    path.iter().any(|name| Folders::current().private.contains(&fold(name)))
}

/// Is what stands here marked as somebody's own affair: by a folder on the way, or by the name of the file itself?
/// `location` is a path as records have it.
pub fn marked_private(location: &str) -> bool {
    let parts: Vec<&str> = location.split(['/', '\\']).map(|part| part.strip_suffix('!').unwrap_or(part)).collect();
    let stem = parts.last().and_then(|file| file.rsplit_once('.')).map_or("", |(stem, _)| stem);
    private(&parts) || private(&[stem])
}

/// Names are compared without case, and composed: file systems of Apple store `ä` as `a` and two dots.
fn fold(name: &str) -> String {
    name.trim().chars().flat_map(char::to_lowercase).nfc().collect()
}

/// The parts of a Maildir++ folder's directory name: `.U&APg-nsket mail.2024` is `Uønsket mail`, `2024`.
pub fn maildir_folder(directory: &str) -> Vec<String> {
    directory.split('.').filter(|part| !part.is_empty()).map(modified_utf7).collect()
}

/// Decodes IMAP's modified UTF-7. What is not that stays as it is: newer servers write UTF-8.
pub fn modified_utf7(name: &str) -> String {
    fn decoded(name: &str) -> Option<String> {
        const BASE64: GeneralPurpose = GeneralPurpose::new(
            &IMAP_MUTF7,
            GeneralPurposeConfig::new()
                .with_decode_padding_mode(DecodePaddingMode::Indifferent)
                .with_decode_allow_trailing_bits(true),
        );
        let mut parts = name.split('&');
        let mut readable = parts.next()?.to_owned();
        for part in parts {
            let (shifted, rest) = part.split_once('-')?;
            if shifted.is_empty() {
                readable.push('&');
            } else {
                let bytes = BASE64.decode(shifted).ok()?;
                let units = bytes.chunks(2).map(|unit| <[u8; 2]>::try_from(unit).map(u16::from_be_bytes));
                readable.push_str(&String::from_utf16(&units.collect::<Result<Vec<_>, _>>().ok()?).ok()?);
            }
            readable.push_str(rest);
        }
        Some(readable)
    }
    decoded(name).unwrap_or_else(|| name.to_owned())
}

/// The date in a header's value, as mail programs write it: RFC 5322, without a zone (then it is UTC), the form of
/// C's `asctime`, or ISO 8601. `None`: it is no date.
pub fn date(value: &str) -> Option<Timestamp> {
    let value = value.trim();
    rfc5322(value)
        .or_else(|| asctime(value))
        .or_else(|| rfc5322(&format!("{value} +0000")))
        .or_else(|| value.parse().ok())
}

fn rfc5322(value: &str) -> Option<Timestamp> {
    let read = mail_parser::DateTime::parse_rfc822(value)?;
    let date = Date::new(i16::try_from(read.year).ok()?, read.month as i8, read.day as i8).ok()?;
    // A leap second is the last one of its minute.
    let time = Time::new(read.hour as i8, read.minute as i8, read.second.min(59) as i8, 0).ok()?;
    let east = i32::from(read.tz_hour) * 3600 + i32::from(read.tz_minute) * 60;
    let offset = Offset::from_seconds(if read.tz_before_gmt { -east } else { east }).ok()?;
    offset.to_timestamp(date.to_datetime(time)).ok()
}

/// The date at the end of an mbox `From ` line, `Sat Nov 20 10:00:00 2021`: UTC unless a numeric zone stands there.
/// The name of a zone (`CET`) is passed over.
pub fn asctime(line: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    words.windows(3).enumerate().rev().find_map(|(at, three)| {
        let [month, day, time] = three else { return None };
        let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
        let rest = words.get(at + 3..)?;
        let year = rest.iter().find(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()))?;
        let zone = rest.iter().find(|word| word.len() == 5 && word.starts_with(['+', '-']));
        let mut parts = time.split(':').map(|part| part.parse::<i8>().ok());
        let (hour, minute) = (parts.next()??, parts.next()??);
        let second = parts.next().unwrap_or(Some(0))?;
        let time = Time::new(hour, minute, second.min(59), 0).ok()?;
        let date = Date::new(year.parse().ok()?, month as i8, day.parse().ok()?).ok()?;
        let offset = zone.map_or(Some(Offset::UTC), |zone| offset(zone))?;
        TimeZone::fixed(offset).to_timestamp(date.to_datetime(time)).ok()
    })
}

fn offset(zone: &str) -> Option<Offset> {
    let number: i32 = zone.parse().ok()?;
    Offset::from_seconds((number / 100 * 60 + number % 100) * 60).ok()
}

/// The delivery time at the beginning of a Maildir file's name, `1700000000.M1P1.host`.
pub fn maildir_date(name: &str) -> Option<Timestamp> {
    let (seconds, _) = name.split_once('.')?;
    // Nine digits begin in 1973; fewer are a number of something else.
    (seconds.len() >= 9).then(|| seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok()))?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(timestamp: &str) -> Option<Timestamp> {
        Some(timestamp.parse().unwrap())
    }

    #[test]
    fn standard_folders_are_known_in_five_languages() {
        for (name, expected) in [
            ("Indbakke", Role::Inbox),
            ("Inkorgen", Role::Inbox),
            ("INNBOKS", Role::Inbox),
            ("Saapuneet", Role::Inbox),
            ("Innhólf", Role::Inbox),
            ("Udbakke", Role::Outbox),
            ("Utkorgen", Role::Outbox),
            ("Utboks", Role::Outbox),
            ("Lähtevät", Role::Outbox),
            ("Slettet post", Role::Trash),
            ("Borttaget", Role::Trash),
            ("Slettede elementer", Role::Trash),
            ("Poistetut", Role::Trash),
            ("Sendte elementer", Role::Sent),
            ("LA\u{308}HETETYT", Role::Sent),
            ("Uønsket mail", Role::Junk),
            ("Kladder", Role::Drafts),
            ("Arkiv", Role::Archive),
            ("[Gmail]/All Mail", Role::Archive),
            ("Kunder", Role::User),
            ("", Role::User),
        ] {
            let path: Vec<&str> = name.split('/').collect();
            assert_eq!(role(&path, false), expected, "{name}");
        }
    }

    #[test]
    fn a_role_holds_at_any_depth() {
        assert_eq!(role(&["Top of Personal Folders", "Indbakke"], false), Role::Inbox);
        assert_eq!(role(&["anna@example.dk", "Root", "Inbox", "Kunder"], false), Role::User);
        assert_eq!(role(&["Indbakke", "Slettet post", "Kunder", "2019"], false), Role::Trash);
        assert_eq!(role(&["Kunder", "Spam"], true), Role::Junk);
        assert_eq!(role(&["Arkiv", "2019", "Indbakke"], false), Role::Archive);
    }

    #[test]
    fn what_hangs_below_inbox_is_the_users_unless_everything_does() {
        assert_eq!(role(&["INBOX", "Sent"], false), Role::User);
        assert_eq!(role(&["INBOX", "Sent"], true), Role::Sent);
        assert_eq!(role(&["INBOX", "Kunder"], true), Role::User);
        assert_eq!(role(&["INBOX", "Arkiv", "2019"], true), Role::Archive);
        assert_eq!(role(&["INBOX"], true), Role::Inbox);
    }

    #[test]
    fn a_users_names_come_on_top() {
        let user = Source { file: "mine.toml".to_owned(), text: "[trash]\nnames = [\"Skraldespand\"]".into() };
        let folders = Folders::load(Some(&user)).unwrap();
        assert_eq!(folders.role(&["SKRALDESPAND"], false), Role::Trash);
        assert_eq!(folders.role(&["Indbakke"], false), Role::Inbox);
        let wrong = Source { file: "mine.toml".to_owned(), text: "[bin]\nnames = []".into() };
        assert!(Folders::load(Some(&wrong)).is_err());
    }

    #[test]
    fn folders_of_the_users_own_are_known() {
        assert!(private(&["Indbakke", "Privat", "Ferie"]));
        assert!(!private(&["Indbakke", "Kunder"]));
        for location in ["share/Privat/a.txt", "a.mbox!/Personligt!/3", "x/privat.docx", "x/PRIVAT"] {
            assert!(marked_private(location), "{location}");
        }
        assert!(!marked_private("share/privatkunder/a.txt") && !marked_private("privatliv.docx"));
    }

    #[test]
    fn modified_utf7_is_decoded_and_anything_else_kept() {
        for (name, expected) in [
            ("U&APg-nsket mail", "Uønsket mail"),
            ("L&AOQ-hetetyt", "Lähetetyt"),
            ("R&-D", "R&D"),
            ("&2D3eAA-", "😀"),
            ("R&D", "R&D"),
            ("&AP-", "&AP-"),
            ("&2D0-", "&2D0-"),
            ("Uønsket", "Uønsket"),
        ] {
            assert_eq!(modified_utf7(name), expected);
        }
        assert_eq!(maildir_folder(".Kunder.&AMU-rsm&APg-de"), ["Kunder", "Årsmøde"]);
    }

    #[test]
    fn dates_are_read_with_their_zones() {
        for (value, expected) in [
            ("Sat, 20 Nov 2021 23:30:00 +0100", "2021-11-20T22:30:00Z"),
            ("20 Nov 2021 23:30 -0730 (some zone)", "2021-11-21T07:00:00Z"),
            ("Mon, 28 Feb 2000 23:59:60 GMT", "2000-02-28T23:59:59Z"),
            ("Thu, 1 Jan 98 00:00:00 EST", "1998-01-01T05:00:00Z"),
            ("Sat, 20 Nov 2021 10:00:00", "2021-11-20T10:00:00Z"),
            ("Sat Nov 20 10:00:00 2021", "2021-11-20T10:00:00Z"),
            ("2021-11-20T10:00:00+01:00", "2021-11-20T09:00:00Z"),
            ("Fri, 1 Jan 2100 00:00:00 +1400", "2099-12-31T10:00:00Z"),
        ] {
            assert_eq!(date(value), at(expected), "{value}");
        }
        for value in ["", "yesterday", "Sat, 31 Feb 2021 10:00:00 +0100", "32 Foo 2021 10:00:00 +0000"] {
            assert_eq!(date(value), None, "{value}");
        }
    }

    #[test]
    fn from_lines_are_utc_unless_they_say_otherwise() {
        assert_eq!(asctime("From anna@example.dk Sat Nov 20 10:00:00 2021"), at("2021-11-20T10:00:00Z"));
        assert_eq!(asctime("From - Sat Nov 20 10:00 2021"), at("2021-11-20T10:00:00Z"));
        assert_eq!(asctime("From 17@xxx Sat Nov 20 10:00:00 +0100 2021"), at("2021-11-20T09:00:00Z"));
        assert_eq!(asctime("From x Sat Nov 20 10:00:00 CET 2021"), at("2021-11-20T10:00:00Z"));
        assert_eq!(asctime("From there we went on in Nov 20 years ago"), None);
    }

    #[test]
    fn a_maildir_name_begins_with_its_date() {
        assert_eq!(maildir_date("1700000000.M1P1.host:2,S"), at("2023-11-14T22:13:20Z"));
        assert_eq!(maildir_date("2021.pdf"), None);
        assert_eq!(maildir_date("99999999999999999999.x"), None);
    }
}
