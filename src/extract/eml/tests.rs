use super::*;
use crate::budget::{Budget, Limits};
use crate::extract::{Part, extract};
use crate::item::Role;

/// What came out of a message or mailbox: facts, texts with positions, children; depth first.
#[derive(Default)]
struct Seen {
    format: &'static str,
    mail: Option<Mail>,
    texts: Vec<(String, Position)>,
    /// Path of names, kind, folder.
    children: Vec<(String, Kind, Option<String>)>,
    faults: Vec<Reason>,
}

fn see(raw: &[u8], name: &str, known: Option<&Mail>) -> Seen {
    let budget = Budget::new(&Limits::default(), Default::default());
    let mut seen = Seen::default();
    let mut format = "";
    let ended = extract(Content::bytes(raw), name, known, &budget, &mut |found| format = found.name, &mut |part| {
        match part {
            Part::Mail(mail) => seen.mail = Some(mail),
            Part::Text(text) => {
                let own = text.str.get(text.own.clone()).unwrap();
                for line in own.lines().filter(|line| !line.is_empty()) {
                    let at = line.as_ptr() as usize - text.str.as_ptr() as usize;
                    seen.texts.push((line.to_owned(), (text.place)(at).position));
                }
            }
            Part::Child(child) => {
                let folder = child.mail.as_ref().and_then(|mail| mail.folder.clone());
                seen.children.push((child.name.clone(), child.kind, folder));
                match child.content {
                    Ok(content) => {
                        let bytes = content.whole().unwrap().into_owned();
                        let inside = see(&bytes, &child.name, child.mail.as_ref());
                        let within = |name: &str| format!("{}!/{name}", child.name);
                        seen.children.extend(inside.children.into_iter().map(|(n, k, f)| (within(&n), k, f)));
                        seen.texts.extend(inside.texts);
                    }
                    Err(fault) => seen.faults.push(fault.reason),
                }
            }
            Part::Damage(fault) | Part::Unseen(fault) => seen.faults.push(fault.reason),
            Part::Format(_) | Part::Modified(_) | Part::Passed(_) | Part::Soon(_) | Part::Seen(..) => {}
        }
        Ok(())
    });
    seen.faults.extend(ended.err().map(|fault| fault.reason));
    seen.format = format;
    seen
}

fn lines(seen: &Seen) -> Vec<&str> {
    seen.texts.iter().map(|(line, _)| line.as_str()).collect()
}

const HEAD: &str =
    "From: Anna <Anna@Example.dk>\nTo: bent@x.dk, \"C\" <C@x.dk>\nDate: Sat, 20 Nov 2021 10:00:00 +0100\n";

fn mail(fields: &str, body: &str) -> Seen {
    see(format!("{HEAD}{fields}\n{body}").as_bytes(), "a.eml", None)
}

#[test]
fn facts_come_from_the_fields_and_the_text_from_subject_and_body() {
    let seen = mail(
        "Subject: =?iso-8859-1?Q?L=F8n_010190-1234?=\nReceived: from x by y; Sun, 21 Nov 2021 00:30:00 +0100\n\
         Received: from z by x; Sat, 20 Nov 2021 10:00:05 +0100\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n",
        "Hej\n\nl=C3=B8n 020290-=\n1234\n",
    );
    let facts = seen.mail.as_ref().unwrap();
    assert_eq!(seen.format, "eml");
    assert_eq!(facts.received, Some("2021-11-20T23:30:00Z".parse().unwrap()), "the newest, in its own zone");
    assert_eq!(facts.sent, Some("2021-11-20T09:00:00Z".parse().unwrap()));
    assert_eq!(facts.from, ["anna@example.dk"]);
    assert_eq!(facts.to, ["bent@x.dk", "c@x.dk"]);
    assert_eq!(facts.subject.as_ref().unwrap().reveal(), Some("Løn 010190-1234"));
    assert_eq!(lines(&seen), ["Løn 010190-1234", "Hej", "løn 020290-1234"]);
    let [subject, _, line] = seen.texts.as_slice() else { panic!() };
    assert_eq!((subject.1.part.as_deref(), subject.1.line), (Some("subject"), None));
    assert_eq!((line.1.line, line.1.column, &line.1.part), (Some(3), Some(1), &None));
}

#[test]
fn the_date_is_the_next_best_where_one_cannot_be_read() {
    let container = Mail { received: Some("2020-01-01T00:00:00Z".parse().unwrap()), ..Mail::default() };
    let received = |fields: &str| {
        see(format!("From: a@x.dk\nMessage-ID: <1@x>\n{fields}\n.").as_bytes(), "1", Some(&container))
            .mail
            .unwrap()
            .received
    };
    let date = "Date: Sat, 20 Nov 2021 10:00:00 +0100\n";
    assert_eq!(received(&format!("Received: nonsense\n{date}")), Some("2021-11-20T09:00:00Z".parse().unwrap()));
    assert_eq!(received("Date: soon\n"), container.received);
    assert_eq!(received("Date: Fri, 1 Jan 2100 00:00:00 +0000\n"), Some("2100-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn of_two_versions_only_what_is_new_is_read_again() {
    let html = "<p>Anna har CPR 010190-1234 og bor her</p><p>Skjult: 020290-4321</p>";
    let seen = mail(
        "MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b\n",
        &format!("--b\n\nAnna har CPR\n010190-1234 og bor her\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"),
    );
    let text = lines(&seen).join("\n");
    assert_eq!(text.matches("010190-1234").count(), 1);
    assert_eq!(text.matches("020290-4321").count(), 1);
    let alone = mail("MIME-Version: 1.0\nContent-Type: text/html\n", html);
    assert!(lines(&alone).join("\n").contains("010190-1234"));
    assert_eq!(alone.texts.first().unwrap().1.part.as_deref(), Some("html"));
}

#[test]
fn attachments_and_messages_within_are_children() {
    let file = |name: &str, text: &str| format!("--b\nContent-Type: text/plain; name=\"{name}\"\n\n{text}\n");
    let inner = format!(
        "{HEAD}Subject: inden i\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n{}{}--b\n\
         Content-Type: image/png\nContent-Disposition: inline\n\nx\n--b--\n",
        file("a.txt", "one"),
        file("a.txt", "two")
    );
    let outer = format!(
        "--c\n\nse her\n--c\nContent-Type: message/rfc822\n\n{inner}\n--c\n\
         Content-Disposition: attachment; filename*=utf-8''l%C3%B8n.txt\nContent-Transfer-Encoding: base64\n\naGVq\n--c--\n"
    );
    let raw = format!("{HEAD}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=c\n\n{outer}");
    let known = Mail { folder: Some("Indbakke".into()), role: Some(Role::Inbox), ..Mail::default() };
    let seen = see(raw.as_bytes(), "1", Some(&known));
    let names: Vec<_> = seen.children.iter().map(|(name, kind, _)| (name.as_str(), *kind)).collect();
    assert_eq!(
        names,
        [
            ("part2", Kind::Message),
            ("part2!/a.txt", Kind::Attachment),
            ("part2!/a.txt", Kind::Attachment), // scan numbers the second
            ("part2!/part3", Kind::Attachment),
            ("løn.txt", Kind::Attachment),
        ]
    );
    assert_eq!(seen.children.first().unwrap().2.as_deref(), Some("Indbakke"));
    assert_eq!(lines(&seen), ["se her", "inden i", "one", "two", "x", "hej"]);
    assert_eq!(seen.mail.unwrap().role, Some(Role::Inbox));
}

#[test]
fn protection_is_told_and_what_cannot_be_read_too() {
    let of = |fields: &str, body: &str| {
        let seen = mail(fields, body);
        (seen.mail.unwrap().protection, seen.faults)
    };
    let encrypted = (Some(Protection::Encrypted), vec![Reason::Encrypted]);
    let smime = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\n";
    assert_eq!(of(smime, "MIAGCSqGSIb3DQEHA6CA\n"), encrypted);
    let told_by_content = "Content-Type: application/x-pkcs7-mime\nContent-Transfer-Encoding: base64\n";
    assert_eq!(of(told_by_content, "MIAGCSqGSIb3DQEHA6CA\n"), encrypted);
    assert_eq!(
        of("Content-Type: multipart/encrypted; boundary=b\n", "--b\n\nVersion: 1\n--b\n\nx\n--b--\n"),
        encrypted
    );
    assert_eq!(of("", "hej\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n"), encrypted);
    let rights = "Content-Type: application/x-microsoft-rpmsg-message; name=message.rpmsg\n";
    assert_eq!(of(rights, "x\n").0, Some(Protection::Rights));
    assert_eq!(of("msip_labels: MSIP_Label_1_Enabled=True; x\n", "").0, Some(Protection::Label));
    assert_eq!(of("Sensitivity: Personal\n", "").0, Some(Protection::Private));
    assert_eq!(of("Sensitivity: Company-Confidential\n", "").0, Some(Protection::Confidential));
    assert_eq!(of("Sensitivity: Normal\n", "hej\n"), (None, vec![]));
}

#[test]
fn armour_is_not_searched_but_what_stands_around_it_is() {
    let seen = mail("", "før\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\nefter\n");
    assert_eq!(lines(&seen), ["før", "efter"]);
    assert_eq!(seen.texts.last().unwrap().1.line, Some(6));
    let cut = mail("", "-----BEGIN PGP MESSAGE-----\n\nhQEM\nefter\n");
    assert!(lines(&cut).contains(&"efter"));
}

#[test]
fn files_in_the_text_are_attachments() {
    let seen = mail("", "før\nbegin 644 cat.txt\n#0V%T\n`\nend\nefter\n");
    assert_eq!(lines(&seen), ["før", "efter", "Cat"]);
    assert_eq!(seen.texts.get(1).unwrap().1.line, Some(6));
    assert_eq!(seen.children, [("cat.txt".to_owned(), Kind::Attachment, None)]);
}

#[test]
fn charsets_that_are_missing_or_wrong_are_put_right() {
    for (declared, body) in [
        ("", &b"\xC6r\xF8 \xE5"[..]),
        ("; charset=x-unknown", b"\xC6r\xF8 \xE5"),
        ("; charset=iso-8859-1", "Ærø å".as_bytes()),
        ("; charset=utf-7", b"+AMY-r+APg- +AOU-"),
    ] {
        let raw = [format!("{HEAD}Content-Type: text/plain{declared}\n\n").into_bytes(), body.to_vec()];
        assert_eq!(lines(&see(&raw.concat(), "a", None)), ["Ærø å"], "{declared}");
    }
    let raw = [HEAD.as_bytes(), b"Subject: \xC6r\xF8\n\n"].concat();
    assert_eq!(lines(&see(&raw, "a", None)), ["Ærø"]);
    let raw = [HEAD.as_bytes(), b"Subject: =?iso-8859-1?Q?=C6r\xF8?=\n\n"].concat();
    assert_eq!(lines(&see(&raw, "a", None)), ["Ærø"], "a letter in an encoded word has its charset");
}

#[test]
fn fields_of_nobodys_standard_are_text() {
    let note = "Date: 1.2.2026\nFrom: Anna\nTo: Bo\nSubject: x\nCPR: 010190-1234\nKeywords: =?utf-8?Q?S=C3=B8ren?=\n\
                X-Id: 7\nX-Borger-CPR: 020290-1234\nPriority: 1\nAuthor: ida@x.dk\nmsip_labels: 7\n\nhej";
    let seen = see(note.as_bytes(), "a.eml", None);
    let texts: Vec<&str> = seen.texts.iter().map(|(text, _)| text.trim()).collect();
    assert_eq!(texts, ["x", "CPR: 010190-1234", "Keywords: Søren", "X-Borger-CPR: 020290-1234", "hej"]);
}

#[test]
fn what_a_conversation_was_called_at_first_is_text_where_it_says_more() {
    for (subject, topic, own) in [
        ("SV: Klage", "Klage 010190-1234", true),
        ("SV: Klage 010190-1234", "Klage 010190-1234", false),
        ("SV: Klage\n  010190-1234", "Klage  010190-1234", false),
        ("Klage", " ", false),
    ] {
        let seen = see(format!("{HEAD}Subject: {subject}\nThread-Topic: {topic}\n\nhej").as_bytes(), "a.eml", None);
        let texts: Vec<&str> = seen.texts.iter().map(|(text, _)| text.trim()).collect();
        assert_eq!(texts.contains(&"Thread-Topic: Klage 010190-1234"), own, "{texts:?}");
        assert_eq!(texts.len(), 2 + usize::from(own), "{texts:?}");
    }
}

#[test]
fn a_text_with_a_subject_line_is_a_text() {
    for text in ["Subject: møde\n\nhej", "From: Anna\nSent: i går\nTo: Bent\nSubject: møde\n\nhej", "name,mail\n"] {
        assert_eq!(see(text.as_bytes(), "a.txt", None).format, "text", "{text}");
    }
    assert_eq!(see(b"Subject: kladde\n\nhej", "a.eml", None).format, "eml");
    assert_eq!(see(b"\xEF\xBB\xBF\r\nReceived: by x\r\nSubject: y\r\n\r\nz", "a", None).format, "eml");
}

#[test]
fn deep_nesting_of_messages_costs_nothing_but_depth() {
    let raw = "From: a@x.dk\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n".repeat(20_000);
    let budget = Budget::new(&Limits::default(), Default::default());
    let mut children = 0;
    let ended = extract(Content::bytes(raw.as_bytes()), "a", None, &budget, &mut |_| (), &mut |part| {
        children += u32::from(matches!(part, Part::Child(_)));
        Ok(())
    });
    assert_eq!((ended, children), (Ok(()), 1));
}

#[test]
fn flags_and_importance_are_facts() {
    let facts = |fields: &str| {
        let mail = mail(&format!("{fields}\n"), "hej\n").mail.unwrap();
        (mail.read, mail.draft, mail.importance, mail.signed)
    };
    assert_eq!(facts("Status: RO\r\nX-Status: A"), (Some(true), false, None, false));
    assert_eq!(facts("Status: O\r\nX-Status: T"), (Some(false), true, None, false));
    assert_eq!(facts("X-Mozilla-Status: 0001\r\nImportance: High"), (Some(true), false, Some(Importance::High), false));
    assert_eq!(facts("X-Priority: 5 (Lowest)\r\nX-Unsent: 1"), (None, true, Some(Importance::Low), false));
    assert_eq!(facts("X-Priority: 3\r\nStatus: sent"), (None, false, None, false));
    let signed = "Content-Type: multipart/signed; boundary=x\r\n";
    assert!(mail(signed, "--x\r\n\r\nhej\r\n--x--\r\n").mail.unwrap().signed);
}

#[test]
fn labels_of_gmail_are_folders() {
    for (labels, folder, expected) in [
        ("Important,Inbox,Kunder,Opened", "Inbox", Role::Inbox),
        ("=?UTF-8?Q?Indbakke,Ul=C3=A6st?=", "Indbakke", Role::Inbox),
        ("Kunder/2019,Sendt", "Sendt", Role::Sent),
        ("Sendt,Papirkurv", "Papirkurv", Role::Trash),
        ("Kunder", "Kunder", Role::User),
    ] {
        let seen = mail(&format!("X-Gmail-Labels: {labels}\n"), "hej\n").mail.unwrap();
        assert_eq!((seen.folder.as_deref(), seen.role), (Some(folder), Some(expected)), "{labels}");
    }
}

#[test]
fn keywords_are_categories() {
    let categories = |fields: &str| mail(&format!("{fields}\n"), "hej\n").mail.unwrap().categories;
    let of = |names: &[&str]| names.iter().map(|name| category(name)).collect::<Vec<_>>();
    assert_eq!(categories("Keywords: Kunde, =?utf-8?q?F=C3=B8lsom?="), of(&["kunde", "Følsom"]));
    assert_eq!(categories("X-Keywords: Rød kategori"), of(&["rød kategori"]));
    assert!(categories("Subject: Keywords: x").is_empty());
}

#[test]
fn a_message_is_told_by_where_it_is_or_how_it_is_packed() {
    let text = "Subject: x\nCc: b@x.dk\n\nQ1BSOiAwMTAxOTAtMTIzNA==\n";
    let packed = text.replace("Cc", "From: a@x.dk\nContent-Transfer-Encoding: base64\nCc");
    let parts = text.replace("Cc", "From: a@x.dk\nContent-Type: multipart/mixed; boundary=x\nCc");
    let received = Mail { received: Some("2026-01-01T00:00:00Z".parse().unwrap()), ..Mail::default() };
    assert_eq!(see(text.as_bytes(), "1", Some(&received)).format, "eml", "a mailbox has it");
    assert_eq!(see(text.as_bytes(), "1", Some(&Mail::default())).format, "text", "a mail's attachment");
    for raw in [&packed, &parts] {
        assert_eq!(see(raw.as_bytes(), "1", None).format, "eml", "{raw}");
    }
    assert_eq!(see(packed.as_bytes(), "1", None).texts.last().unwrap().0, "CPR: 010190-1234");
}
