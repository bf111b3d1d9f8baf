//! The folders of a mailbox on a server: readable names, and roles.
//!
//! In: what the server lists. Out: folders that hold messages, sorted by path. A role is what the server says it is
//! (special-use, RFC 6154), for the folder or one above it that is a bin or an archive; else what the names say.

use std::collections::HashMap;

use imap_proto::{MailboxListData, NameAttribute};

use crate::extract::mailbox;
use crate::item::Role;

/// A folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Folder {
    /// Its name as the server knows it.
    pub raw: String,
    /// Its path, parts joined by `/`.
    pub path: String,
    /// Its role.
    pub role: Role,
}

/// The folders that can be opened; with `within`, that one and those below it.
pub fn folders(listed: &[MailboxListData<'_>], within: Option<&str>) -> Vec<Folder> {
    let named: Vec<(Vec<String>, &MailboxListData<'_>)> = listed.iter().map(|one| (parts(one), one)).collect();
    let special: HashMap<&[String], Role> = named
        .iter()
        .filter_map(|(path, one)| Some((path.as_slice(), one.name_attributes.iter().find_map(role)?)))
        .collect();
    let mut folders: Vec<Folder> = named
        .iter()
        .filter(|(_, one)| !one.name_attributes.iter().any(is_closed))
        .map(|(path, one)| Folder { raw: raw(one), path: path.join("/"), role: role_of(path, &special) })
        .filter(|folder| within.is_none_or(|within| is_within(&folder.path, within)))
        .collect();
    folders.sort_by(|a, b| a.path.cmp(&b.path).then_with(|| a.raw.cmp(&b.raw)));
    folders.dedup();
    folders
}

/// The name of the inbox is the same in any case.
fn is_within(path: &str, within: &str) -> bool {
    let inbox = |name: &str| name.get(..5).is_some_and(|begin| begin.eq_ignore_ascii_case("INBOX"));
    let same = |a: &str| a == within || inbox(a) && a.eq_ignore_ascii_case(within);
    same(path) || path.char_indices().any(|(at, c)| c == '/' && path.get(..at).is_some_and(same))
}

/// The name without what quotes it.
fn raw(one: &MailboxListData<'_>) -> String {
    one.name.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// The names on the way to a folder, decoded.
fn parts(one: &MailboxListData<'_>) -> Vec<String> {
    let raw = raw(one);
    let readable = |name: &str| mailbox::modified_utf7(name).replace(char::is_control, "\u{FFFD}");
    match one.delimiter.as_deref().map(|delimiter| if delimiter == "\\\\" { "\\" } else { delimiter }) {
        Some(delimiter) if !delimiter.is_empty() => {
            raw.split(delimiter).filter(|part| !part.is_empty()).map(readable).collect()
        }
        _ => vec![readable(&raw)],
    }
}

/// A level of the tree that is no folder itself, or is gone.
fn is_closed(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}

fn role(attribute: &NameAttribute<'_>) -> Option<Role> {
    Some(match attribute {
        NameAttribute::Sent => Role::Sent,
        NameAttribute::Drafts => Role::Drafts,
        NameAttribute::Trash => Role::Trash,
        NameAttribute::Junk => Role::Junk,
        NameAttribute::Archive | NameAttribute::All => Role::Archive,
        _ => return None,
    })
}

fn role_of(path: &[String], special: &HashMap<&[String], Role>) -> Role {
    let above = (1..=path.len()).filter_map(|length| special.get(path.get(..length)?).copied());
    let holds_below = |role: &Role| matches!(role, Role::Trash | Role::Junk | Role::Archive);
    let own = special.get(path).copied();
    above.into_iter().find(holds_below).or(own).unwrap_or_else(|| {
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        mailbox::role(&names, true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list<'l>(attributes: &[NameAttribute<'l>], delimiter: &'l str, name: &'l str) -> MailboxListData<'l> {
        let name_attributes = attributes.to_vec();
        MailboxListData { name_attributes, delimiter: Some(delimiter.into()), name: name.into() }
    }

    #[test]
    fn the_server_outranks_names_and_bins_hold_for_all_below() {
        let listed = [
            list(&[NameAttribute::Trash], ".", "Corbeille"),
            list(&[], ".", "Corbeille.Sager.2019"),
            list(&[NameAttribute::Sent], ".", "INBOX.Udg&AOU-et"),
            list(&[], ".", "INBOX.Kunder"),
            list(&[], ".", "INBOX"),
            list(&[NameAttribute::NoSelect], ".", "[Gmail]"),
            list(&[NameAttribute::All], ".", "Alle"),
            list(&[], ".", "Ut&AOU-gande"),
            list(&[], ".", "L&AOQ-hetetyt"),
            list(&[], ".", "a \\\"b\\\""),
        ];
        let found: Vec<_> = folders(&listed, None).into_iter().map(|f| (f.path, f.role)).collect();
        let expected = [
            ("Alle", Role::Archive),
            ("Corbeille", Role::Trash),
            ("Corbeille/Sager/2019", Role::Trash),
            ("INBOX", Role::Inbox),
            ("INBOX/Kunder", Role::User),
            ("INBOX/Udgået", Role::Sent),
            ("Lähetetyt", Role::Sent),
            ("Utågande", Role::User),
            ("a \"b\"", Role::User),
        ];
        assert_eq!(found, expected.map(|(path, role)| (path.to_owned(), role)));
        let below = |within| folders(&listed, Some(within)).into_iter().map(|f| f.path).collect::<Vec<_>>();
        assert_eq!(below("Corbeille"), ["Corbeille", "Corbeille/Sager/2019"]);
        assert_eq!(below("inbox").len(), 3);
        assert!(below("Corb").is_empty());
    }
}
