use std::collections::BTreeMap;

use super::pages::Layout;
use super::writer::*;
use crate::budget::{Budget, Limits};
use crate::extract::mapi::names::{ADDRESS, APPOINTMENT};
use crate::extract::{Content, Part, extract};
use crate::item::{Fault, Kind, Mail, Protection, Reason, Role, category};

/// One item and what is inside it.
#[derive(Debug, Default)]
struct Seen {
    format: &'static str,
    mail: Option<Mail>,
    text: String,
    labels: BTreeMap<String, String>,
    children: Vec<(String, Kind, Result<Seen, Fault>)>,
    damage: Vec<Fault>,
    ended: Option<Fault>,
}

impl Seen {
    fn names(&self) -> Vec<&str> {
        self.children.iter().map(|(name, ..)| name.as_str()).collect()
    }

    fn child(&self, at: usize) -> &Seen {
        self.children[at].2.as_ref().unwrap()
    }

    fn mail(&self) -> &Mail {
        self.mail.as_ref().unwrap()
    }

    fn walk(&self, each: &mut dyn FnMut(&Seen)) {
        each(self);
        self.children.iter().filter_map(|(.., seen)| seen.as_ref().ok()).for_each(|seen| seen.walk(each));
    }
}

fn see(content: Content<'_>, known: Option<&Mail>, budget: &Budget) -> Seen {
    let mut seen = Seen::default();
    let mut format = "unknown";
    let mut push = |part: Part<'_>| {
        match part {
            Part::Mail(mail) => seen.mail = Some(mail),
            Part::Text(text) => {
                seen.text.push_str(&text.str[text.own.clone()]);
                for line in text.str.lines().filter(|_| text.str.len() < 4096) {
                    let place = (text.place)(line.as_ptr() as usize - text.str.as_ptr() as usize);
                    seen.labels.extend(place.label.map(|label| (label.to_string(), line.to_owned())));
                }
            }
            Part::Child(child) => {
                let mail = child.mail;
                let inside = child.content.map(|content| see(content, mail.as_ref(), budget));
                seen.children.push((child.name, child.kind, inside));
            }
            Part::Damage(fault) | Part::Unseen(fault) => seen.damage.push(fault),
            Part::Modified(_) | Part::Format(_) | Part::Passed(_) | Part::Soon(_) | Part::Seen(..) => {}
        }
        budget.heard()
    };
    let ended = extract(content, "x", known, budget, &mut |found| format = found.name, &mut push);
    seen.ended = ended.err();
    seen.format = format;
    seen
}

fn read(file: &[u8]) -> Seen {
    let budget = Budget::new(&Limits::default(), Default::default());
    see(Content::bytes(file), None, &budget)
}

const INBOX: u32 = 0x8042;
const BELOW: u32 = 0x8062;
const BIN: u32 = 0x8082;
const OLD: u32 = 0x80A2;

fn name(name: &str) -> Vec<Value> {
    vec![text(0x3001, name)]
}

/// A mailbox with something of everything.
fn mailbox(coded: Coded) -> Vec<u8> {
    laid_out(Layout::Unicode, coded)
}

fn laid_out(layout: Layout, coded: Coded) -> Vec<u8> {
    let mut pst = Writer::new(layout, coded, vec![entry(0x35E3, BIN)]);
    pst.names(&[
        (Some(ADDRESS), Ok(0x8083)),
        (Some(APPOINTMENT), Ok(0x820E)),
        (None, Err("CPR-nummer")),
        (None, Err("Keywords")),
    ]);
    let letter = Message {
        properties: vec![
            text(0x001A, "IPM.Note"),
            number(0x0036, 2),
            text(0x0037, "\u{1}\u{5}Re: Ferie på Ærø"),
            time(0x0039, "2026-05-19T08:00:00Z"),
            text(0x0C1E, "SMTP"),
            text(0x0C1F, "Anna@Example.dk"),
            time(0x0E06, "2026-05-19T08:00:05Z"),
            text(0x1000, "Kære Søren\r\nMit nummer er 010190-1234\r\n"),
            text(0x8002, "020290-2345"),
            text(0x8003, "Følsom"),
        ],
        recipients: vec![
            vec![number(0x0C15, 1), text(0x3001, "Søren"), text(0x3002, "SMTP"), text(0x3003, "soren@example.dk")],
            vec![
                number(0x0C15, 2),
                text(0x3001, "Bo"),
                text(0x3002, "EX"),
                text(0x3003, "/O=EX/CN=BO"),
                text(0x39FE, "Bo@Example.dk"),
            ],
        ],
        attachments: vec![
            (
                vec![number(0x3705, 1), text(0x3704, "CV~1.TXT"), text(0x3707, "cv.txt")],
                Some("CV: 030390-3456\n".repeat(20_000).into_bytes()),
                None,
            ),
            (
                vec![number(0x3705, 5), text(0x3001, "Emnet"), text(0x3707, "Emnet.msg")],
                None,
                Some(Message {
                    properties: vec![
                        text(0x001A, "IPM.Note"),
                        text(0x0037, "Inden i"),
                        time(0x0E06, "2020-01-01T00:00:00Z"),
                        text(0x1000, &"inderst ".repeat(400)),
                    ],
                    attachments: vec![(
                        vec![number(0x3705, 1), text(0x3707, "lille.txt")],
                        Some(b"lille".to_vec()),
                        None,
                    )],
                    ..Message::default()
                }),
            ),
            (vec![number(0x3705, 2), text(0x3707, "link.docx")], None, None),
        ],
    };
    let page = Message {
        properties: vec![
            text(0x001A, "IPM.Note"),
            text(0x0037, "HTML"),
            (0x1013, 0x102, "<p>S\u{f8}ren</p><td>x</td>".chars().map(|c| c as u8).collect()),
            number(0x3FDE, 28591),
        ],
        ..Message::default()
    };
    let rich = Message {
        properties: vec![
            text(0x001A, "IPM.StickyNote"),
            (0x1009, 0x102, b"\x2E\0\0\0\x22\0\0\0MELA\0\0\0\0{\\rtf1\\ansi S\\'f8ren: 040490-4567}".to_vec()),
        ],
        ..Message::default()
    };
    let person = Message {
        properties: vec![
            text(0x001A, "IPM.Contact"),
            text(0x0037, "Anna Olsen"),
            text(0x3001, "Anna Olsen"),
            text(0x3A1C, "20 30 40 50"),
            text(0x8000, "anna@example.dk"),
            time(0x0E06, "2019-01-01T00:00:00Z"),
        ],
        ..Message::default()
    };
    let meeting = Message {
        properties: vec![
            text(0x001A, "IPM.Appointment"),
            text(0x0037, "Møde"),
            time(0x0E06, "2019-01-01T00:00:00Z"),
            time(0x8001, "2026-06-01T12:00:00Z"),
        ],
        ..Message::default()
    };
    let letter = pst.message(INBOX, letter);
    let page = pst.message(BELOW, page);
    let rich = pst.message(OLD, rich);
    let person = pst.message(OLD, person);
    let meeting = pst.message(OLD, meeting);
    pst.folder(0x122, 0x122, name(""), &[TOP], &[]);
    pst.folder(TOP, 0x122, name("Toppen"), &[INBOX, BIN], &[]);
    let mut inbox = name("Indkommende");
    inbox.push(entry(0x36D0, 0x9002));
    pst.folder(INBOX, TOP, inbox, &[BELOW], &[letter]);
    pst.folder(BELOW, INBOX, name("Kunder"), &[], &[page]);
    pst.folder(BIN, TOP, name("Smidt ud"), &[OLD], &[]);
    pst.folder(OLD, BIN, name("2019"), &[], &[rich, person, meeting]);
    pst.finish()
}

#[test]
fn ranges_are_together_what_is_in_the_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), mailbox(Coded::Permuted)).unwrap();
    let size = file.as_file().metadata().unwrap().len();
    let budget = Budget::new(&Limits::default(), Default::default());
    let whole = read(&std::fs::read(file.path()).unwrap());
    for (bytes, parts) in [(1, 5), (size / 2, 2), (size, 1), (u64::MAX, 1)] {
        let ranges: Vec<_> = super::split(file.reopen().unwrap(), bytes).collect();
        assert_eq!((ranges.len(), ranges.last().unwrap().end), (parts, 5));
        let content = |range| Content::file(file.reopen().unwrap(), size).part(Some(range));
        let parts = ranges.into_iter().flat_map(|range| see(content(range), None, &budget).children);
        assert_eq!(format!("{:?}", parts.collect::<Vec<_>>()), format!("{:?}", whole.children));
    }
    std::fs::write(file.path(), "!BDN and nothing else").unwrap();
    assert_eq!(super::split(file.reopen().unwrap(), 1).count(), 0);
}

#[test]
fn every_message_is_read_with_its_facts_in_every_layout_and_encoding() {
    use Layout::*;
    for (layout, coded) in [
        (Unicode, Coded::No),
        (Unicode, Coded::Permuted),
        (Unicode, Coded::Cyclic),
        (Ansi, Coded::Permuted),
        (Large, Coded::No),
        (Large, Coded::Permuted),
    ] {
        let seen = read(&laid_out(layout, coded));
        assert_eq!((seen.format, &seen.ended, seen.damage.len()), ("pst", &None, 0));
        assert_eq!(
            seen.names(),
            [
                "Indkommende/0000000000200024",
                "Indkommende/Kunder/0000000000200044",
                "Smidt ud/2019/0000000000200064",
                "Smidt ud/2019/0000000000200084",
                "Smidt ud/2019/00000000002000a4",
            ]
        );
        let letter = seen.child(0);
        let mail = letter.mail();
        assert_eq!((mail.folder.as_deref(), mail.role), (Some("Indkommende"), Some(Role::Inbox)));
        assert_eq!(mail.received, Some("2026-05-19T08:00:05Z".parse().unwrap()));
        assert_eq!(mail.sent, Some("2026-05-19T08:00:00Z".parse().unwrap()));
        assert_eq!(mail.subject.as_ref().unwrap().reveal(), Some("Re: Ferie på Ærø"));
        assert_eq!(mail.protection, Some(Protection::Private));
        assert_eq!(mail.categories, [category("følsom")]);
        assert_eq!(
            (mail.from.as_slice(), mail.to.as_slice()),
            (&["anna@example.dk".to_owned()][..], &["soren@example.dk".to_owned(), "bo@example.dk".to_owned()][..])
        );
        assert!(letter.text.contains("Kære Søren\nMit nummer er 010190-1234"));
        assert_eq!(letter.labels["CPR-nummer"], "020290-2345");
        assert!(letter.damage.is_empty());
    }
}

#[test]
fn attachments_are_children_and_messages_within_messages_too() {
    let seen = read(&mailbox(Coded::Permuted));
    let letter = seen.child(0);
    assert_eq!(letter.names(), ["cv.txt", "part2", "link.docx"]);
    assert_eq!(letter.child(0).text, "CV: 030390-3456\n".repeat(20_000));
    let inside = letter.child(1);
    assert_eq!((letter.children[1].1, inside.format), (Kind::Message, "msg"));
    assert_eq!(inside.mail().role, Some(Role::Inbox));
    assert_eq!(inside.mail().received, Some("2020-01-01T00:00:00Z".parse().unwrap()));
    assert!(inside.text.ends_with(&format!("{}\n", "inderst ".repeat(400))));
    assert_eq!(inside.child(0).text, "lille");
    assert_eq!(letter.children[2].2.as_ref().unwrap_err().reason, Reason::Missing);
}

#[test]
fn bodies_are_read_in_every_form_and_folders_by_their_numbers() {
    let seen = read(&mailbox(Coded::No));
    assert_eq!(seen.child(1).text, "HTML\nSøren\nx\n");
    assert_eq!(seen.child(1).mail().role, Some(Role::User));
    assert_eq!(seen.child(2).text.trim(), "Søren: 040490-4567");
    assert_eq!(seen.child(2).mail().role, Some(Role::Trash));
    let person = seen.child(3);
    assert_eq!(person.mail().received, None);
    assert_eq!(person.labels["Mobile telephone number"], "20 30 40 50");
    assert_eq!(person.labels["Email 1 address"], "anna@example.dk");
    assert_eq!(seen.child(4).mail().received, Some("2026-06-01T12:00:00Z".parse().unwrap()));
}

/// Where a page of a tree of this type stands, and of this level.
fn page(file: &[u8], kind: u8, level: u8) -> usize {
    let at = (0..file.len() / 512).map(|at| at * 512);
    at.rev().find(|at| file[at + 496..at + 498] == [kind, kind] && file[at + 491] == level).unwrap()
}

#[test]
fn a_broken_index_costs_nothing_but_a_word() {
    let whole = mailbox(Coded::Permuted);
    for kind in [0x80, 0x81] {
        let mut file = whole.clone();
        let root = page(&file, kind, 1);
        file[root..root + 512].fill(0);
        let seen = read(&file);
        assert_eq!(seen.names(), read(&whole).names());
        assert!(seen.child(0).text.contains("010190-1234"));
        let mut told = 0;
        seen.walk(&mut |seen| told += seen.damage.len());
        assert!(told > 0);
    }
}

#[test]
fn an_index_that_leads_to_itself_ends() {
    let whole = mailbox(Coded::Permuted);
    for kind in [0x80, 0x81] {
        let mut file = whole.clone();
        let root = page(&file, kind, 1);
        // Every entry of the branch: number, the page's own number, its offset.
        for entry in 0..usize::from(file[root + 488]) {
            file[root + 24 * entry + 16..root + 24 * entry + 24].copy_from_slice(&(root as u64).to_le_bytes());
        }
        let seen = read(&file);
        assert_eq!(seen.names(), read(&whole).names());
    }
}

#[test]
fn a_lost_folder_leaves_its_messages() {
    let mut file = mailbox(Coded::No);
    let leaf = page(&file, 0x81, 0);
    let mut entries = (0..(leaf + 512) / 512).flat_map(|page| (0..15).map(move |n| page * 512 + n * 32));
    let at = entries.find(|at| file[*at..*at + 8] == [0x42, 0x80, 0, 0, 0, 0, 0, 0]).unwrap();
    // The node is given another number; what was in it is now in no folder that is known.
    file[at] = 0x41;
    let seen = read(&file);
    assert_eq!(seen.children.len(), 5);
    assert_eq!(seen.names()[0], "0000000000200024");
    assert_eq!((seen.child(0).mail().folder.as_deref(), seen.child(0).mail().role), (None, None));
    assert!(!seen.damage.is_empty(), "the page's checksum no longer fits");
}

#[test]
fn damage_ends_no_more_than_it_has_to() {
    let whole = mailbox(Coded::Cyclic);
    let mut random = 0x2545_F491_4F6C_DD1Du64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random as usize
    };
    for round in 0..120 {
        let mut file = whole.clone();
        if round % 3 == 0 {
            file.truncate(next() % file.len());
        } else {
            for _ in 0..1 + round % 40 {
                let at = if round % 2 == 0 { next() % file.len() } else { next() % 564 + 0x4600 * (next() % 2) };
                let last = file.len() - 1;
                file[at.min(last)] ^= 1 << (next() % 8);
            }
        }
        let seen = read(&file);
        seen.walk(&mut |seen| {
            let crashed = seen.damage.iter().chain(&seen.ended).any(|fault| fault.reason == Reason::Crashed);
            assert!(!crashed, "round {round}");
        });
    }
}

/// Writes the mailbox for `pffexport` and `readpst`: `SPORHUND_PST=/tmp/x.pst cargo test --lib writes_a_file`.
#[test]
fn writes_a_file_for_other_readers() {
    if let Some(path) = std::env::var_os("SPORHUND_PST") {
        for layout in [Layout::Ansi, Layout::Unicode, Layout::Large] {
            let path = std::path::Path::new(&path).with_extension(format!("{layout:?}.pst"));
            std::fs::write(path, laid_out(layout, Coded::Permuted)).unwrap();
        }
    }
}

/// Writes a large mailbox to measure (`benches/pst.sh`): `SPORHUND_LARGE=/tmp/x.pst`, `SPORHUND_MESSAGES` of them.
#[test]
fn writes_a_large_file_to_measure() {
    let Some(path) = std::env::var_os("SPORHUND_LARGE") else { return };
    let messages = std::env::var("SPORHUND_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000u32);
    let mut pst = Writer::new(Layout::Unicode, Coded::Permuted, vec![entry(0x35E3, BIN)]);
    // A table of contents has one heap block, and other readers find only what is listed: some hundreds a folder.
    let folder = |n: u32| 0x8082 + 0x20 * (n / 300);
    let ids: Vec<u32> = (0..messages)
        .map(|n| {
            let line =
                format!("Kære Søren, tak for brevet af den {}. maj om sag {n}. Venlig hilsen Anna\r\n", n % 28 + 1);
            let attachment = (
                vec![number(0x3705, 1), text(0x3704, "brev.txt"), text(0x3707, "brev.txt")],
                Some(line.repeat(60).into_bytes()),
                None,
            );
            let message = Message {
                properties: vec![
                    text(0x001A, "IPM.Note"),
                    text(0x0037, &format!("Sag {n}")),
                    time(0x0039, "2026-05-19T08:00:00Z"),
                    text(0x0C1A, "Anna"),
                    text(0x0C1E, "SMTP"),
                    text(0x0C1F, "anna@example.dk"),
                    time(0x0E06, "2026-05-19T08:00:05Z"),
                    text(0x1000, &line.repeat(1 + n as usize % 40)),
                ],
                recipients: vec![vec![
                    number(0x0C15, 1),
                    text(0x3001, "Søren"),
                    text(0x3002, "SMTP"),
                    text(0x3003, "soren@example.dk"),
                ]],
                attachments: if n % 3 == 0 { vec![attachment] } else { Vec::new() },
            };
            pst.message(folder(n), message)
        })
        .collect();
    let folders: Vec<u32> = (0..messages).step_by(300).map(folder).collect();
    pst.folder(0x122, 0x122, name(""), &[TOP], &[]);
    pst.folder(TOP, 0x122, name("Toppen"), &folders, &[]);
    for (id, messages) in folders.iter().zip(ids.chunks(300)) {
        pst.folder(*id, TOP, name(&format!("Indbakke {id:x}")), &[], messages);
    }
    std::fs::write(path, pst.finish()).unwrap();
}

#[test]
fn the_mailbox_says_whose_it_is() {
    let owner = |store: Vec<Value>| {
        let mut pst = Writer::new(Layout::Unicode, Coded::No, store);
        pst.folder(0x122, 0x122, name(""), &[TOP], &[]);
        let letter = pst.message(TOP, Message { properties: vec![text(0x1000, "hej")], ..Message::default() });
        pst.folder(TOP, 0x122, name("Toppen"), &[], &[letter]);
        let file = pst.finish();
        let mut owners = Vec::new();
        let budget = Budget::new(&Limits::default(), Default::default());
        let mut push = |part: Part<'_>| {
            if let Part::Child(child) = part {
                owners.push(child.owner);
            }
            Ok(())
        };
        extract(Content::bytes(file), "x", None, &budget, &mut |_| {}, &mut push).unwrap();
        assert_eq!(owners.len(), 1);
        owners.remove(0)
    };
    assert_eq!(owner(vec![text(0x661C, "Anna Hansen")]).as_deref(), Some("Anna Hansen"));
    assert_eq!(owner(vec![]), None, "`Personal Folders` is nobody");
}
