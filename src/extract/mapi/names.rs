//! Named properties: numbers from 0x8000 up mean something else in every file, and a table says what.
//!
//! In: the three streams of the table. Out: the name behind a number. Sources: MS-PST 2.4.7, MS-OXMSG 2.2.3 (the same
//! three streams), MS-OXPROPS 1.3.2 (the sets).

use std::collections::HashMap;

use super::utf16;

/// A set of names, told by the first four bytes of its GUID: all of Microsoft's differ in them.
pub type Set = u32;
/// PS_PUBLIC_STRINGS: what users and forms define.
pub const PUBLIC: Set = 0x0002_0329;
/// PS_INTERNET_HEADERS: header fields that have no property.
pub const HEADERS: Set = 0x0002_0386;
/// PSETID_Appointment.
pub const APPOINTMENT: Set = 0x0006_2002;
/// PSETID_Task.
pub const TASK: Set = 0x0006_2003;
/// PSETID_Address.
pub const ADDRESS: Set = 0x0006_2004;
/// PSETID_Common.
pub const COMMON: Set = 0x0006_2008;
/// PS_MAPI.
const MAPI: Set = 0x0002_0328;

/// What a named property is called in its set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// A number (LID).
    Number(u32),
    /// A string.
    Text(String),
}

/// The names of a file.
#[derive(Debug, Default)]
pub struct Names(HashMap<u16, (Set, Name)>);

impl Names {
    /// Reads the table from its streams of GUIDs, entries and strings.
    pub fn new(guids: &[u8], entries: &[u8], strings: &[u8]) -> Self {
        let (guids, _) = guids.as_chunks::<16>();
        let (entries, _) = entries.as_chunks::<8>();
        let mut names = Self::default();
        for [n0, n1, n2, n3, set0, set1, index0, index1] in entries {
            let number = u32::from_le_bytes([*n0, *n1, *n2, *n3]);
            let flags = u16::from_le_bytes([*set0, *set1]);
            let set = match flags >> 1 {
                1 => MAPI,
                2 => PUBLIC,
                at => {
                    let guid = usize::from(at).checked_sub(3).and_then(|at| guids.get(at));
                    guid.and_then(|guid| guid.first_chunk()).map_or(0, |set| u32::from_le_bytes(*set))
                }
            };
            let name = match flags & 1 {
                0 => Name::Number(number),
                _ => Name::Text(string(strings, number as usize).unwrap_or_default()),
            };
            names.add(u16::from_le_bytes([*index0, *index1]).saturating_add(super::id::NAMED), set, name);
        }
        names
    }

    /// Adds one.
    pub fn add(&mut self, id: u16, set: Set, name: Name) {
        self.0.insert(id, (set, name));
    }

    /// What is behind a number.
    pub fn get(&self, id: u16) -> Option<(Set, &Name)> {
        self.0.get(&id).map(|(set, name)| (*set, name))
    }
}

/// A string of the table: its length in bytes, then UTF-16.
fn string(strings: &[u8], at: usize) -> Option<String> {
    let (size, rest) = strings.get(at..)?.split_first_chunk()?;
    rest.get(..u32::from_le_bytes(*size) as usize).map(utf16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_leads_to_its_name() {
        let guid = [&ADDRESS.to_le_bytes()[..], &[0; 12]].concat();
        let mut entries = Vec::new();
        for (number, flags, index) in
            [(0x8083u32, 3u16 << 1, 0u16), (0, 2 << 1 | 1, 1), (99, 2 << 1 | 1, 2), (5, 80, 3)]
        {
            entries.extend(number.to_le_bytes());
            entries.extend(flags.to_le_bytes());
            entries.extend(index.to_le_bytes());
        }
        let strings = [&6u32.to_le_bytes()[..], &[b'C', 0, b'P', 0, b'R', 0]].concat();
        let names = Names::new(&guid, &entries, &strings);
        assert_eq!(names.get(0x8000), Some((ADDRESS, &Name::Number(0x8083))));
        assert_eq!(names.get(0x8001), Some((PUBLIC, &Name::Text("CPR".to_owned()))));
        assert_eq!(names.get(0x8002), Some((PUBLIC, &Name::Text(String::new()))));
        assert_eq!(names.get(0x8003), Some((0, &Name::Number(5))));
        assert_eq!(names.get(0x8004), None);
    }
}
