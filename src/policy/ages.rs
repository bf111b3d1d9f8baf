//! The six-month rule, to the day at both ends, in every kind of mailbox: time zones, month ends, leap years.
//! (A mailbox on a server: `tests/imap.rs`.)

use std::io::{Cursor, Write as _};

use super::Policies;
use crate::detect::Detectors;
use crate::extract::pst::writer::{self, Writer, text, time};
use crate::job::{Input, Job};
use crate::record::Record;
use crate::scan::{self, Context};
use crate::source::maildir;
use jiff::{Timestamp, Zoned};

/// Received, the zone of the reader, the last day on which all is well, the first on which it is not.
const CASES: [(&str, &str, &str, &str); 7] = [
    ("2026-05-20T10:00:00Z", "Europe/Copenhagen", "2026-11-20", "2026-11-21"),
    // Half past midnight in Copenhagen is the day before in Reykjavík.
    ("2026-05-20T22:30:00Z", "Europe/Copenhagen", "2026-11-21", "2026-11-22"),
    ("2026-05-20T22:30:00Z", "Atlantic/Reykjavik", "2026-11-20", "2026-11-21"),
    ("2026-01-15T22:30:00Z", "Europe/Helsinki", "2026-07-16", "2026-07-17"),
    // Six months from the end of August is the end of February, whichever it is.
    ("2025-08-31T10:00:00Z", "Europe/Stockholm", "2026-02-28", "2026-03-01"),
    ("2023-08-31T10:00:00Z", "Europe/Oslo", "2024-02-29", "2024-03-01"),
    // Clocks went back in between.
    ("2026-04-30T21:59:59Z", "Europe/Copenhagen", "2026-10-30", "2026-10-31"),
];

fn noon(day: &str, zone: &str) -> Zoned {
    format!("{day}T12:00:00[{zone}]").parse().unwrap()
}

fn context(now: Zoned) -> Context {
    let detectors = Detectors::load(None, now.date()).unwrap();
    let categories = detectors.list().map(|d| (d.id.to_string(), (d.category.to_string(), d.sensitivity))).collect();
    let policies = Policies::load(&["nordic-gdpr".to_owned()], None, &categories).unwrap();
    Context { policies, ..Context::new(detectors, now) }
}

/// Does the rule fire on a message in these jobs, and since when?
fn since(jobs: impl IntoIterator<Item = Job>, ctx: &Context) -> Vec<String> {
    let mut since = Vec::new();
    for job in jobs {
        scan::scan(job, ctx, &mut |record| match record {
            Record::Breach(breach) if breach.rule == "mail-standard-folder-age" => {
                since.push(breach.since.unwrap().to_string());
            }
            _ => {}
        });
    }
    since
}

fn bytes(name: &str, bytes: Vec<u8>) -> Vec<Job> {
    let mut job = Job::new(format!("m/Indbakke/{name}"), Input::Bytes(bytes));
    let role = Some(crate::item::Role::Inbox);
    job.mail = Some(crate::item::Mail { folder: Some("Indbakke".to_owned()), role, ..Default::default() });
    vec![job]
}

/// The hour as somebody else's server writes it.
fn rfc5322(at: Timestamp, offset: i32) -> String {
    let there = jiff::tz::TimeZone::fixed(jiff::tz::Offset::from_hours(offset as i8).unwrap());
    jiff::fmt::rfc2822::to_string(&at.to_zoned(there)).unwrap()
}

fn message(at: Timestamp) -> String {
    format!(
        "Received: from a by b; {}\r\nReceived: from x by a; {}\r\nFrom: a@x.dk\r\nDate: {}\r\nSubject: hej\r\n\r\nhej\r\n",
        rfc5322(at, -7),
        rfc5322("2001-01-01T00:00:00Z".parse().unwrap(), 0),
        rfc5322("2002-01-01T00:00:00Z".parse().unwrap(), 0),
    )
}

const BARE: &str = "From: a@x.dk\r\nTo: b@x.dk\r\nMessage-ID: <1@x>\r\nSubject: hej\r\n\r\nhej\r\n";

fn msg(at: Timestamp) -> Vec<u8> {
    let mut file = ::cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    let filetime = ((at.as_second() + 11_644_473_600) * 10_000_000).to_le_bytes();
    let fixed = [&[0; 32][..], &[0x40, 0, 6, 0x0E, 6, 0, 0, 0], &filetime].concat();
    file.create_stream("/__properties_version1.0").unwrap().write_all(&fixed).unwrap();
    file.create_stream("/__substg1.0_001A001E").unwrap().write_all(b"IPM.Note").unwrap();
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn pst(at: Timestamp, class: &str) -> Vec<u8> {
    let mut pst = Writer::new(crate::extract::pst::pages::Layout::Unicode, writer::Coded::Permuted, vec![]);
    pst.names(&[(Some(0x0006_2002), Ok(0x820E))]);
    let (delivered, ended) = match class {
        "IPM.Appointment" => ("2001-01-01T00:00:00Z".to_owned(), at.to_string()),
        _ => (at.to_string(), "2001-01-01T00:00:00Z".to_owned()),
    };
    let properties = vec![text(0x001A, class), time(0x0E06, &delivered), time(0x8000, &ended)];
    let message = pst.message(0x8062, writer::Message { properties, ..Default::default() });
    pst.folder(0x122, 0x122, vec![text(0x3001, "")], &[writer::TOP], &[]);
    pst.folder(writer::TOP, 0x122, vec![text(0x3001, "Toppen")], &[0x8062], &[]);
    pst.folder(0x8062, writer::TOP, vec![text(0x3001, "Indbakke")], &[], &[message]);
    pst.finish()
}

#[test]
fn six_months_are_right_to_the_day_in_every_kind_of_mailbox() {
    let mut ctx = context(noon("2026-11-20", "UTC"));
    for (received, zone, last, first) in CASES {
        let at: Timestamp = received.parse().unwrap();
        let seconds = at.as_second();
        let eml = message(at);
        let mail = tempfile::tempdir().unwrap();
        for folder in ["cur", "new", "tmp"] {
            std::fs::create_dir(mail.path().join(folder)).unwrap();
        }
        std::fs::write(mail.path().join(format!("cur/{seconds}.M1P1.host:2,S")), BARE).unwrap();
        let from = at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string();
        let list = format!("<plist><dict><key>date-received</key>\n<integer>{seconds}</integer></dict></plist>");
        type Make<'m> = Box<dyn Fn() -> Vec<Job> + 'm>;
        let kinds: [(&str, Make<'_>); 9] = [
            ("eml", Box::new(|| bytes("1.eml", eml.clone().into_bytes()))),
            ("mbox", Box::new(|| bytes("a", format!("From a@x.dk {from}\n{eml}").into_bytes()))),
            ("mbox by its From line", Box::new(|| bytes("a", format!("From a@x.dk {from}\n{BARE}").into_bytes()))),
            ("emlx", Box::new(|| bytes("1.emlx", format!("{}\n{eml}{list}", eml.len()).into_bytes()))),
            ("emlx by its list", Box::new(|| bytes("1.emlx", format!("{}\n{BARE}{list}", BARE.len()).into_bytes()))),
            ("maildir", Box::new(|| maildir::jobs(mail.path(), "m").collect())),
            ("msg", Box::new(|| bytes("1.msg", msg(at)))),
            ("pst", Box::new(|| bytes("a.pst", pst(at, "IPM.Note")))),
            ("pst, an appointment", Box::new(|| bytes("a.pst", pst(at, "IPM.Appointment")))),
        ];
        for (kind, jobs) in kinds {
            ctx.now = noon(last, zone);
            assert!(since(jobs(), &ctx).is_empty(), "{kind} {received} {zone} is not yet");
            ctx.now = noon(first, zone);
            assert_eq!(since(jobs(), &ctx), [first], "{kind} {received} {zone}");
        }
        ctx.now = noon("2040-01-01", zone);
        assert!(since(bytes("a.pst", pst(at, "IPM.Contact")), &ctx).is_empty());
    }
}
