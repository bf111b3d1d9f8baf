//! The folders of a store: their paths and roles, and which messages are in them.
//!
//! In: all nodes of the file, each of which names the folder it is in: no table has to be whole for a message to be
//! found. Out: folders in the order of their paths, and what is in none. Roles come from the numbers that the store and
//! the inbox keep of their special folders (MS-OXOSFLD 2.2), else from names.

use std::collections::{BTreeMap, HashMap};

use super::heap::Heap;
use super::pages::{Node, Store, u32_at};
use super::tables;
use crate::extract::mailbox;
use crate::extract::mapi::{Properties, id};
use crate::item::Role;

const STORE: u32 = 0x21;
const ROOT: u32 = 0x122;
const FOLDER: u32 = 0x02;
const MESSAGE: u32 = 0x04;
/// Folders within folders.
const DEPTH: usize = 256;

/// PidTagIpmSubtreeEntryId: the folder that a person sees as the top.
const TOP: u16 = 0x35E0;
/// PidTagMailboxOwnerName.
const OWNER: u16 = 0x661C;
/// Special folders that the store names.
const OF_STORE: [(u16, Role); 4] =
    [(0x35E2, Role::Outbox), (0x35E3, Role::Trash), (0x35E4, Role::Sent), (0x35FF, Role::Archive)];
/// Special folders that the inbox (and the root) names: appointments, contacts, journal, notes, tasks, drafts.
const OF_INBOX: std::ops::RangeInclusive<u16> = 0x36D0..=0x36D7;
const DRAFTS: u16 = 0x36D7;
/// PidTagAdditionalRenEntryIds: the fifth is the junk folder.
const ADDITIONAL: u16 = 0x36D8;

/// A folder with its messages.
#[derive(Debug, Default)]
pub struct Folder {
    /// Its path, parts joined by `/`. `None`: the messages are in no folder that is known.
    pub path: Option<String>,
    /// Its role.
    pub role: Option<Role>,
    /// The messages in it, by number.
    pub messages: Vec<(u32, Node)>,
}

#[derive(Default)]
struct Known {
    parent: u32,
    name: String,
}

/// Whose mailbox it is: in an OST its owner's name; in a PST the store may be called by the account's address.
pub fn owner(store: &Store<'_>, nodes: &BTreeMap<u32, Node>) -> Option<String> {
    let heap = Heap::open(store, nodes.get(&STORE)?).ok()?;
    let wanted = |id| matches!(id, OWNER | id::DISPLAY_NAME);
    let properties = tables::properties(&heap, wanted).ok()?;
    let address = || properties.text(id::DISPLAY_NAME).filter(|name| name.contains('@'));
    properties.text(OWNER).or_else(address)
}

/// All folders that hold messages, sorted by path.
pub fn read(store: &Store<'_>, nodes: &BTreeMap<u32, Node>) -> Vec<Folder> {
    let load = |node: &Node| Heap::open(store, node).and_then(|heap| tables::properties(&heap, |_| true));
    let mut known: HashMap<u32, Known> = HashMap::new();
    let mut roles = HashMap::new();
    let mut top = ROOT;
    if let Some(properties) = nodes.get(&STORE).and_then(|node| load(node).ok()) {
        top = special(&properties, TOP).unwrap_or(ROOT);
        roles.extend(OF_STORE.iter().filter_map(|(id, role)| Some((special(&properties, *id)?, *role))));
    }
    for (number, node) in nodes.iter().filter(|(number, _)| *number & 0x1F == FOLDER) {
        let mut folder = Known { parent: node.parent, name: String::new() };
        match load(node) {
            Ok(properties) => {
                folder.name = properties.text(id::DISPLAY_NAME).unwrap_or_default();
                if OF_INBOX.clone().any(|id| properties.bytes(id).is_some()) {
                    if *number != ROOT {
                        roles.entry(*number).or_insert(Role::Inbox);
                    }
                    roles.extend(special(&properties, DRAFTS).map(|drafts| (drafts, Role::Drafts)));
                    let junk = properties.all(ADDITIONAL).nth(4).and_then(|junk| entry(&junk.bytes));
                    roles.extend(junk.map(|junk| (junk, Role::Junk)));
                }
            }
            Err(_) => store.damage(),
        }
        known.insert(*number, folder);
    }

    let mut folders: BTreeMap<(Option<String>, u32), Folder> = BTreeMap::new();
    for (number, node) in nodes.iter().filter(|(number, _)| *number & 0x1F == MESSAGE) {
        let within = if known.contains_key(&node.parent) { node.parent } else { 0 };
        let folder = folders.entry((path(&known, within, top).map(|path| names(&known, &path).join("/")), within));
        let folder = folder.or_insert_with_key(|(joined, _)| Folder {
            role: path(&known, within, top).map(|path| role(&path, &names(&known, &path), &roles)),
            path: joined.clone(),
            messages: Vec::new(),
        });
        folder.messages.push((*number, *node));
    }
    folders.into_values().collect()
}

/// The folders on the way to one, from below the top. `None`: it is not known.
fn path(known: &HashMap<u32, Known>, mut at: u32, top: u32) -> Option<Vec<u32>> {
    let mut path = Vec::new();
    while at != top && at != ROOT && path.len() < DEPTH {
        let Some(folder) = known.get(&at) else { break };
        path.push(at);
        if folder.parent == at {
            break;
        }
        at = folder.parent;
    }
    path.reverse();
    (!path.is_empty() || at == top || at == ROOT).then_some(path)
}

fn names<'k>(known: &'k HashMap<u32, Known>, path: &[u32]) -> Vec<&'k str> {
    path.iter().filter_map(|number| known.get(number)).map(|folder| folder.name.as_str()).collect()
}

/// The role of a folder: its own, or that of the bin it is in, or the user's below any other; by name where none on the
/// way is special.
fn role(path: &[u32], names: &[&str], special: &HashMap<u32, Role>) -> Role {
    let roles: Vec<Option<Role>> = path.iter().map(|number| special.get(number).copied()).collect();
    let bin = |role: &Role| matches!(role, Role::Trash | Role::Junk | Role::Archive);
    if let Some(bin) = roles.iter().flatten().copied().find(bin) {
        return bin;
    }
    let named = mailbox::role(names, false);
    match roles.iter().rposition(Option::is_some) {
        Some(at) if at + 1 == roles.len() => roles.last().copied().flatten().unwrap_or(named),
        Some(_) if !bin(&named) => Role::User,
        _ => named,
    }
}

/// The folder that a property names.
fn special(properties: &Properties, id: u16) -> Option<u32> {
    entry(properties.bytes(id)?)
}

/// The number in an entry id: flags, the store's own id, then the node.
fn entry(bytes: &[u8]) -> Option<u32> {
    u32_at(bytes, 20).filter(|number| *number & 0x1F == FOLDER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outrank_names_and_bins_hold_for_all_below() {
        let special = HashMap::from([(1, Role::Inbox), (2, Role::Trash), (3, Role::Sent)]);
        for (path, names, expected) in [
            (&[1][..], &["Postvak IN"][..], Role::Inbox),
            (&[1, 9], &["Postvak IN", "Sendt post"], Role::User),
            (&[1, 9], &["Postvak IN", "Spam"], Role::Junk),
            (&[2, 9, 8], &["Verwijderd", "Kunder", "2019"], Role::Trash),
            (&[9, 2], &["Kunder", "x"], Role::Trash),
            (&[3], &["Inbox"], Role::Sent),
            (&[9], &["Udbakke"], Role::Outbox),
            (&[9, 8], &["Kunder", "Udbakke"], Role::Outbox),
            (&[9], &["Kunder"], Role::User),
            (&[], &[], Role::User),
        ] {
            assert_eq!(role(path, names, &special), expected, "{names:?}");
        }
    }

    #[test]
    fn a_circle_of_folders_ends() {
        let known = HashMap::from([
            (0x22, Known { parent: 0x42, name: "a".to_owned() }),
            (0x42, Known { parent: 0x22, name: "b".to_owned() }),
        ]);
        assert_eq!(path(&known, 0x22, ROOT).unwrap().len(), DEPTH);
        assert_eq!(path(&known, 0x99, ROOT), None);
        assert_eq!(path(&known, ROOT, ROOT), Some(vec![]));
    }
}
