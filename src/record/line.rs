//! A finding, an item or a breach as its line is written: the JSON that serde would write, byte for byte.
//!
//! In: a record. Out: a line, without its end. Serde writes some fifty pieces one by one and looks at each byte of each
//! text, and most of what a scan of unchanged files does is to write records. Every field is named here, so that a new one
//! cannot be forgotten. All other records are rare, and serde writes them (`record.rs`).

use serde::Serialize;

use crate::item::{Counts, FileFacts, Item, Mail};
use crate::record::{Breach, Finding, Position};

/// The fields of an object, one after the other; a name is given as it is written, with what stands before it.
pub(super) struct Line<'l>(pub(super) &'l mut Vec<u8>);

impl Line<'_> {
    pub(super) fn finding(mut self, finding: &Finding) -> serde_json::Result<()> {
        let Finding {
            location,
            detector,
            category,
            sensitivity,
            confidence,
            value,
            shown,
            count,
            fingerprint,
            position,
            context,
            why,
        } = finding;
        self.text(r#"{"record":"finding","location":"#, location)?;
        self.text(r#","detector":"#, detector)?;
        self.text(r#","category":"#, category)?;
        self.text(r#","sensitivity":"#, sensitivity.word())?;
        self.json(r#","confidence":"#, confidence)?;
        self.text(r#","masked":"#, value.masked())?;
        self.some_text(r#","value":"#, shown.as_deref())?;
        self.json(r#","count":"#, count)?;
        self.some_text(r#","fingerprint":"#, fingerprint.as_deref())?;
        self.put(r#","position":{"#);
        self.position(position)?;
        self.text(r#"},"context":"#, context)?;
        self.some_text(r#","why":"#, why.as_deref())?;
        self.put("}");
        Ok(())
    }

    fn position(&mut self, position: &Position) -> serde_json::Result<()> {
        let Position { line, column, page, sheet, cell, slide, part } = position;
        let begin = self.0.len();
        self.some(r#","line":"#, line.as_ref())?;
        self.some(r#","column":"#, column.as_ref())?;
        self.some(r#","page":"#, page.as_ref())?;
        self.some_text(r#","sheet":"#, sheet.as_deref())?;
        self.some_text(r#","cell":"#, cell.as_deref())?;
        self.some(r#","slide":"#, slide.as_ref())?;
        self.some_text(r#","part":"#, part.as_deref())?;
        // The first one has nothing before it.
        if self.0.len() > begin {
            self.0.remove(begin);
        }
        Ok(())
    }

    pub(super) fn breach(mut self, breach: &Breach) -> serde_json::Result<()> {
        let Breach { location, policy, rule, severity, message, message_en, reference, since } = breach;
        self.text(r#"{"record":"breach","location":"#, location)?;
        self.text(r#","policy":"#, policy)?;
        self.text(r#","rule":"#, rule)?;
        self.text(r#","severity":"#, severity.word())?;
        self.text(r#","message":"#, message)?;
        self.some_text(r#","message_en":"#, message_en.as_deref())?;
        self.some_text(r#","reference":"#, reference.as_deref())?;
        self.some(r#","since":"#, since.as_ref())?;
        self.put("}");
        Ok(())
    }

    pub(super) fn item(mut self, item: &Item) -> serde_json::Result<()> {
        // All of them: a new one is written here too, or says that it isn't.
        let Item {
            location,
            kind,
            format,
            status,
            reason,
            message,
            size,
            file,
            mail,
            responsible,
            marks,
            content,
            sensitivity,
            counts,
            omitted,
            unseen,
            attached: _,
            others: _,
        } = item;
        self.text(r#"{"record":"item","location":"#, location)?;
        self.text(r#","kind":"#, kind.word())?;
        self.text(r#","format":"#, format)?;
        self.text(r#","status":"#, status.word())?;
        self.some_text(r#","reason":"#, reason.map(|reason| reason.word()))?;
        self.some_text(r#","message":"#, message.as_deref())?;
        self.some(r#","size":"#, size.as_ref())?;
        self.file(file)?;
        if let Some(mail) = mail {
            self.mail(mail)?;
        }
        self.some_text(r#","responsible":"#, responsible.as_deref())?;
        self.some(r#","marks":"#, Some(marks).filter(|marks| !marks.is_empty()))?;
        self.some_text(r#","content":"#, content.as_deref())?;
        self.text(r#","sensitivity":"#, sensitivity.word())?;
        self.counts(r#","counts":"#, counts)?;
        self.some(r#","omitted":"#, Some(omitted).filter(|omitted| !omitted.is_empty()))?;
        self.some(r#","unseen":"#, Some(unseen).filter(|unseen| **unseen > 0))?;
        self.put("}");
        Ok(())
    }

    fn file(&mut self, file: &FileFacts) -> serde_json::Result<()> {
        let FileFacts { path, modified, file_modified, created: _, owner, world_readable } = file;
        self.some_text(r#","path":"#, path.as_deref())?;
        let before = self.0.len();
        self.some(r#","modified":"#, modified.as_ref())?;
        if modified.is_some() && modified == file_modified {
            // Most often they are the same, and a date takes its time to be written.
            self.put(r#","file_"#);
            self.0.extend_from_within(before + r#",""#.len()..self.0.len() - r#","file_"#.len());
        } else {
            self.some(r#","file_modified":"#, file_modified.as_ref())?;
        }
        self.some_text(r#","owner":"#, owner.as_deref())?;
        self.some(r#","world_readable":"#, Some(world_readable).filter(|yes| **yes))
    }

    fn mail(&mut self, mail: &Mail) -> serde_json::Result<()> {
        let Mail {
            folder,
            role,
            received,
            sent,
            subject,
            protection,
            signed,
            read,
            draft,
            importance,
            categories: _,
            size: _,
            from: _,
            to: _,
            names: _,
        } = mail;
        self.some_text(r#","folder":"#, folder.as_deref())?;
        self.some(r#","role":"#, role.as_ref())?;
        self.some(r#","received":"#, received.as_ref())?;
        self.some(r#","sent":"#, sent.as_ref())?;
        self.some_text(r#","subject_masked":"#, subject.as_ref().map(|subject| subject.masked()))?;
        self.some(r#","protection":"#, protection.as_ref())?;
        self.some(r#","signed":"#, Some(signed).filter(|yes| **yes))?;
        self.some(r#","read":"#, read.as_ref())?;
        self.some(r#","draft":"#, Some(draft).filter(|yes| **yes))?;
        self.some(r#","importance":"#, importance.as_ref())
    }

    fn counts(&mut self, name: &str, counts: &Counts) -> serde_json::Result<()> {
        self.put(name);
        let mut before = "{";
        for (detector, n) in counts.totals() {
            self.text(before, detector)?;
            self.json(":", &n)?;
            before = ",";
        }
        self.put(if counts.is_empty() { "{}" } else { "}" });
        Ok(())
    }

    fn put(&mut self, text: &str) {
        self.0.extend_from_slice(text.as_bytes());
    }

    fn text(&mut self, name: &str, value: &str) -> serde_json::Result<()> {
        if is_escaped(value.as_bytes()) {
            return self.json(name, value);
        }
        self.put(name);
        self.0.push(b'"');
        self.put(value);
        self.0.push(b'"');
        Ok(())
    }

    fn json(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        self.put(name);
        serde_json::to_writer(&mut *self.0, value)
    }

    fn some(&mut self, name: &str, value: Option<&(impl Serialize + ?Sized)>) -> serde_json::Result<()> {
        value.map_or(Ok(()), |value| self.json(name, value))
    }

    fn some_text(&mut self, name: &str, value: Option<&str>) -> serde_json::Result<()> {
        value.map_or(Ok(()), |value| self.text(name, value))
    }
}

/// Some byte of a text is not written as it stands. All bytes are looked at, rather than those up to the first that
/// counts, and of a short rest more than there are: the processor does many at once.
#[inline]
fn is_escaped(text: &[u8]) -> bool {
    let escaped = |bytes: &[u8; 16]| {
        bytes.iter().fold(0, |any, byte| any | u8::from((*byte < b' ') | (*byte == b'"') | (*byte == b'\\')))
    };
    let (sixteens, rest) = text.as_chunks();
    let mut last = [b' '; 16];
    last.iter_mut().zip(rest).for_each(|(to, byte)| *to = *byte);
    sixteens.iter().chain([&last]).fold(0, |any, bytes| any | escaped(bytes)) != 0
}

#[cfg(test)]
mod tests {
    use crate::item::{Fault, Importance, Item, Kind, Mail, Mark, Protection, Reason, Role};
    use crate::mask::Personal;
    use crate::record::{Breach, Finding, Position, Record, Severity};

    fn as_serde_does(record: &Record) {
        let mut line = Vec::new();
        record.write(&mut line).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), serde_json::to_string(record).unwrap() + "\n");
    }

    #[test]
    fn lines_are_those_of_serde() {
        let odd = "a\"\\\u{1}\u{7f}\u{85}\u{2028}æ•\n".repeat(9);
        let at = Some("2026-11-20T12:00:00.123456789Z".parse().unwrap());
        let mut item = Item::new(odd.clone(), Kind::Attachment);
        as_serde_does(&Record::Item(item.clone()));
        item.damaged(Fault::new(Reason::TooDeep, "x"));
        item.size = Some(u64::MAX);
        item.file.path = Some(odd.clone());
        (item.file.modified, item.file.file_modified, item.file.created) = (at, at, at);
        (item.file.owner, item.file.world_readable) = (Some(odd.clone()), true);
        item.responsible = Some("hr".to_owned());
        item.marks = vec![Mark::Private, Mark::Restricted];
        item.content = Some("0".repeat(32));
        item.counts.add("email", 0.5);
        item.counts.add("own\"", 0.5);
        item.omitted.insert(odd.clone(), 3);
        item.unseen = 2;
        for mail in [
            Mail::default(),
            Mail {
                folder: Some(odd.clone()),
                role: Some(Role::Outbox),
                received: at,
                sent: at,
                subject: Some(Personal::new(&odd)),
                protection: Some(Protection::Rights),
                signed: true,
                read: Some(false),
                draft: true,
                importance: Some(Importance::High),
                size: Some(1),
                from: vec![odd.clone()],
                to: vec![odd.clone()],
                names: vec![odd.clone()],
                categories: vec![7],
            },
        ] {
            item.mail = Some(mail);
            as_serde_does(&Record::Item(item.clone()));
        }
        let mut finding = Finding {
            location: "a/b".to_owned(),
            detector: "x".into(),
            category: odd.clone().into(),
            sensitivity: crate::item::Sensitivity::Special,
            confidence: 0.29,
            value: Personal::new(&odd),
            shown: None,
            count: 3,
            fingerprint: None,
            position: Position::default(),
            context: String::new(),
            why: None,
        };
        as_serde_does(&Record::Finding(finding.clone()));
        finding.confidence = 1.0;
        (finding.shown, finding.fingerprint, finding.why) = (Some(odd.clone()), Some(odd.clone()), Some(odd.clone()));
        finding.position.column = Some(7);
        as_serde_does(&Record::Finding(finding.clone()));
        let (sheet, cell, part) = (Some(odd.as_str().into()), Some("A1".into()), Some("header".into()));
        finding.position =
            Position { line: Some(1), column: Some(2), page: Some(3), sheet, cell, slide: Some(4), part };
        as_serde_does(&Record::Finding(finding));
        let mut breach = Breach {
            location: odd.clone(),
            policy: "p".to_owned(),
            rule: "r".to_owned(),
            severity: Severity::Critical,
            message: odd.clone(),
            message_en: None,
            reference: None,
            since: None,
        };
        as_serde_does(&Record::Breach(breach.clone()));
        (breach.message_en, breach.reference) = (Some(odd.clone()), Some(odd));
        breach.since = Some("2026-11-20".parse().unwrap());
        as_serde_does(&Record::Breach(breach));
    }
}
