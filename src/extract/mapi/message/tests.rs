use super::*;
use crate::budget::{Budget, Limits};
use crate::extract::{Part, extract};

fn properties(texts: &[(u16, &str)]) -> Properties {
    let mut properties = Properties::default();
    for (id, text) in texts {
        properties.push(*id, kind::UNICODE, text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    properties
}

fn attached<'a>(name: &str, bytes: &'a [u8]) -> Attachment<'a> {
    Attachment { properties: properties(&[(0x3707, name)]), content: Ok(Content::bytes(bytes)), embedded: false }
}

#[derive(Default)]
struct Seen {
    mail: Mail,
    text: String,
    children: Vec<(String, Result<String, Reason>)>,
    damage: Vec<Reason>,
}

fn see(properties: Properties, attachments: Vec<Attachment<'_>>, known: Option<&Mail>) -> Seen {
    let budget = Budget::new(&Limits::default(), Default::default());
    let mut seen = Seen::default();
    let mut push = |part: Part<'_>| {
        match part {
            Part::Mail(mail) => seen.mail = mail,
            Part::Text(text) => seen.text.push_str(text.str),
            Part::Damage(fault) => seen.damage.push(fault.reason),
            Part::Child(child) => {
                let mut text = String::new();
                let mut push = |part: Part<'_>| {
                    if let Part::Text(piece) = part {
                        text.push_str(piece.str);
                    }
                    Ok(())
                };
                let ended = match child.content {
                    Ok(content) => extract(content, &child.name, None, &budget, &mut |_| {}, &mut push),
                    Err(fault) => Err(fault),
                };
                seen.children.push((child.name, ended.map(|()| text).map_err(|fault| fault.reason)));
            }
            _ => {}
        }
        Ok(())
    };
    let message = Message { properties, recipients: Vec::new(), attachments, names: &Names::default() };
    message.emit(&mut Out::new(&budget, "", known, &mut push)).unwrap();
    seen
}

#[test]
fn encrypted_and_protected_bodies_are_told_and_signed_ones_opened() {
    let sealed = b"0\x80\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03\xA0\x80";
    let seen = see(properties(&[(CLASS, "IPM.Note.SMIME")]), vec![attached("smime.p7m", sealed)], None);
    assert_eq!(seen.mail.protection, Some(Protection::Encrypted));
    assert_eq!(seen.children, [("smime.p7m".to_owned(), Err(Reason::Encrypted))]);
    assert_eq!(seen.damage, [Reason::Encrypted]);

    let clear = b"Content-Type: text/plain\r\n\r\nCPR 010190-1234\r\n";
    let class = (CLASS, "IPM.Note.SMIME.MultipartSigned");
    let seen = see(properties(&[class]), vec![attached("smime.p7m", clear)], None);
    assert_eq!((seen.mail.protection, seen.damage.len()), (None, 0));
    assert_eq!(seen.children, [("smime.p7m".to_owned(), Ok("CPR 010190-1234\n".to_owned()))]);

    let seen = see(properties(&[(CLASS, "IPM.Note")]), vec![attached("message.rpmsg", b"x")], None);
    assert_eq!((seen.mail.protection, seen.damage), (Some(Protection::Rights), vec![Reason::Encrypted]));
}

#[test]
fn what_properties_do_not_say_the_header_does() {
    let header = "From: Anna <Anna@Example.dk>\r\nTo: bo@example.dk, Ida <ida@example.dk>\r\n\
                  msip_labels: MSIP_Label_1_Enabled=true; MSIP_Label_1_Name=Fortroligt\r\n";
    let seen = see(properties(&[(HEADER, header), (0x0C1F, "/O=EX/CN=ANNA"), (SUBJECT, "RE")]), vec![], None);
    assert_eq!(seen.mail.from, ["anna@example.dk"]);
    assert_eq!(seen.mail.to, ["bo@example.dk", "ida@example.dk"]);
    assert_eq!(seen.mail.protection, Some(Protection::Label));
    assert_eq!(seen.text, "RE\n", "header fields are facts");
}

#[test]
fn the_mail_that_winmail_dat_came_with_fills_the_gaps() {
    let known = Mail {
        received: Some(Timestamp::UNIX_EPOCH),
        from: vec!["anna@example.dk".to_owned()],
        protection: Some(Protection::Private),
        ..Mail::default()
    };
    let seen = see(properties(&[(SUBJECT, "Emne")]), vec![], Some(&known));
    assert_eq!(seen.mail.subject.as_ref().unwrap().reveal(), Some("Emne"));
    assert_eq!(Mail { subject: None, ..seen.mail }, known);
}

#[test]
fn the_same_body_twice_is_read_once() {
    let mut both = properties(&[(BODY, "CPR 010190-1234\r\n")]);
    both.push(BODY_HTML, kind::BINARY, b"<p>CPR 010190-1234</p><p>og 020290-2345</p>".to_vec());
    let text = see(both, vec![], None).text;
    assert_eq!((text.matches("010190").count(), text.matches("020290").count()), (1, 1));
}

#[test]
fn an_appointment_ends_when_its_series_does() {
    let mut names = Names::default();
    for (id, number) in [(0x8000, 0x820E), (0x8001, 0x8236), (0x8002, 0x8223)] {
        names.add(id, APPOINTMENT, Name::Number(number));
    }
    let time = |at: &str| {
        let at: Timestamp = at.parse().unwrap();
        ((at.as_second() + 11_644_473_600) * 10_000_000).to_le_bytes().to_vec()
    };
    let age = |class: &str, recurs: u8, end: Option<&str>, last: Option<&str>| {
        let mut properties = properties(&[(CLASS, class)]);
        properties.push(DELIVERED, kind::TIME, time("2019-01-01T00:00:00Z"));
        properties.push(0x8002, 0x0B, vec![recurs, 0]);
        end.into_iter().for_each(|at| properties.push(0x8000, kind::TIME, time(at)));
        last.into_iter().for_each(|at| properties.push(0x8001, kind::TIME, time(at)));
        let message = Message { properties, recipients: Vec::new(), attachments: Vec::new(), names: &names };
        message.facts(None, None).received.map(|at| at.to_string())
    };
    let (first, last, never) = ("2026-06-01T12:00:00Z", "2027-06-01T12:00:00Z", "4500-08-31T23:59:00Z");
    assert_eq!(age("IPM.Appointment", 0, Some(first), None).as_deref(), Some(first));
    assert_eq!(age("IPM.Appointment", 1, Some(first), Some(last)).as_deref(), Some(last));
    assert_eq!(age("IPM.Appointment", 1, Some(first), Some(never)), None);
    assert_eq!(age("IPM.Appointment.Occurrence", 0, Some(first), Some(first)).as_deref(), Some(first));
    assert_eq!(age("IPM.Contact", 0, None, None), None);
    assert_eq!(age("IPM.Schedule.Meeting.Request", 0, Some(first), None).as_deref(), Some("2019-01-01T00:00:00Z"));
}

#[test]
fn what_a_message_was_called_before_is_text_where_its_subject_says_less() {
    let came = "Subject: =?utf-8?Q?SV:_Klage?= 010190-1234\r\nFrom: a@b.dk\r\n";
    let texts = |subject, topic| {
        see(properties(&[(SUBJECT, subject), (TOPIC, topic), (HEADER, came)]), vec![], None).text.replace('\n', "|")
    };
    assert_eq!(texts("SV: Klage 010190-1234", "Klage 010190-1234"), "SV: Klage 010190-1234|");
    assert_eq!(texts("SV: Klage", "Klage 010190-1234"), "SV: Klage|Subject: SV: Klage 010190-1234|");
    assert_eq!(texts("Ny", "Gammel"), "Ny|Subject: SV: Klage 010190-1234|Thread-Topic: Gammel|");
}
