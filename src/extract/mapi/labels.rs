//! The properties that people write in contacts, appointments, tasks and forms, with what they are called in English.
//!
//! In: a property's number or name. Out: the label that its value stands under. Source: MS-OXPROPS.

use super::names::{ADDRESS, APPOINTMENT, COMMON, Name, PUBLIC, Set, TASK};

/// The label of a property that has a number of its own.
pub fn standard(id: u16) -> Option<&'static str> {
    STANDARD.binary_search_by_key(&id, |(id, _)| *id).ok().and_then(|at| STANDARD.get(at)).map(|(_, label)| *label)
}

/// The label of a named property: one of Outlook's, or what the author of a form called it.
pub fn named(set: Set, name: &Name) -> Option<&str> {
    match name {
        Name::Number(number) => NAMED.iter().find(|(s, n, _)| (*s, *n) == (set, *number)).map(|(_, _, label)| *label),
        Name::Text(text) if set != PUBLIC || text.is_empty() => None,
        Name::Text(text) if text == "Keywords" => Some("Categories"),
        // What programs keep for themselves: schema names, and headers that Exchange adds.
        Name::Text(text) if text.contains([':', '#', '/']) || text.to_ascii_lowercase().starts_with("x-") => None,
        Name::Text(text) => Some(text),
    }
}

/// By number.
const STANDARD: &[(u16, &str)] = &[
    (0x0049, "Original subject"),
    (0x004D, "Original author"),
    (0x0050, "Reply to"),
    (0x005A, "Original sender"),
    (0x0072, "Original blind copies"),
    (0x0073, "Original copies"),
    (0x0074, "Original recipients"),
    (0x1001, "Report"),
    (0x3A00, "Account"),
    (0x3A02, "Callback telephone number"),
    (0x3A05, "Generation"),
    (0x3A06, "Given name"),
    (0x3A07, "Government ID number"),
    (0x3A08, "Business telephone number"),
    (0x3A09, "Home telephone number"),
    (0x3A0A, "Initials"),
    (0x3A0D, "Location"),
    (0x3A10, "Organizational ID number"),
    (0x3A11, "Surname"),
    (0x3A15, "Postal address"),
    (0x3A16, "Company name"),
    (0x3A17, "Title"),
    (0x3A18, "Department name"),
    (0x3A19, "Office location"),
    (0x3A1A, "Primary telephone number"),
    (0x3A1B, "Business telephone number 2"),
    (0x3A1C, "Mobile telephone number"),
    (0x3A1D, "Radio telephone number"),
    (0x3A1E, "Car telephone number"),
    (0x3A1F, "Other telephone number"),
    (0x3A21, "Pager telephone number"),
    (0x3A23, "Primary fax number"),
    (0x3A24, "Business fax number"),
    (0x3A25, "Home fax number"),
    (0x3A26, "Country"),
    (0x3A27, "Locality"),
    (0x3A28, "State or province"),
    (0x3A29, "Street address"),
    (0x3A2A, "Postal code"),
    (0x3A2B, "Post office box"),
    (0x3A2C, "Telex number"),
    (0x3A2D, "ISDN number"),
    (0x3A2E, "Assistant telephone number"),
    (0x3A2F, "Home telephone number 2"),
    (0x3A30, "Assistant"),
    (0x3A41, "Wedding anniversary"),
    (0x3A42, "Birthday"),
    (0x3A43, "Hobbies"),
    (0x3A44, "Middle name"),
    (0x3A45, "Display name prefix"),
    (0x3A46, "Profession"),
    (0x3A47, "Preferred by name"),
    (0x3A48, "Spouse name"),
    (0x3A49, "Computer network name"),
    (0x3A4A, "Customer ID"),
    (0x3A4B, "TTY telephone number"),
    (0x3A4C, "FTP site"),
    (0x3A4E, "Manager name"),
    (0x3A4F, "Nickname"),
    (0x3A50, "Personal home page"),
    (0x3A51, "Business home page"),
    (0x3A57, "Company main telephone number"),
    (0x3A58, "Children's names"),
    (0x3A59, "Home address city"),
    (0x3A5A, "Home address country"),
    (0x3A5B, "Home address postal code"),
    (0x3A5C, "Home address state or province"),
    (0x3A5D, "Home address street"),
    (0x3A5E, "Home address post office box"),
    (0x3A5F, "Other address city"),
    (0x3A60, "Other address country"),
    (0x3A61, "Other address postal code"),
    (0x3A62, "Other address state or province"),
    (0x3A63, "Other address street"),
    (0x3A64, "Other address post office box"),
];

/// By set and number.
const NAMED: &[(Set, u32, &str)] = &[
    (ADDRESS, 0x8005, "File under"),
    (ADDRESS, 0x801A, "Home address"),
    (ADDRESS, 0x801B, "Work address"),
    (ADDRESS, 0x801C, "Other address"),
    (ADDRESS, 0x802B, "Web page"),
    (ADDRESS, 0x8045, "Work address street"),
    (ADDRESS, 0x8046, "Work address city"),
    (ADDRESS, 0x8047, "Work address state"),
    (ADDRESS, 0x8048, "Work address postal code"),
    (ADDRESS, 0x8049, "Work address country"),
    (ADDRESS, 0x804A, "Work address post office box"),
    (ADDRESS, 0x804F, "User field 1"),
    (ADDRESS, 0x8050, "User field 2"),
    (ADDRESS, 0x8051, "User field 3"),
    (ADDRESS, 0x8052, "User field 4"),
    (ADDRESS, 0x8054, "Member"),
    (ADDRESS, 0x8062, "Instant messaging address"),
    (ADDRESS, 0x8080, "Email 1 display name"),
    (ADDRESS, 0x8083, "Email 1 address"),
    (ADDRESS, 0x8090, "Email 2 display name"),
    (ADDRESS, 0x8093, "Email 2 address"),
    (ADDRESS, 0x80A0, "Email 3 display name"),
    (ADDRESS, 0x80A3, "Email 3 address"),
    (APPOINTMENT, 0x8208, "Location"),
    (APPOINTMENT, 0x8238, "All attendees"),
    (TASK, 0x811F, "Task owner"),
    (TASK, 0x8121, "Task assigner"),
    (COMMON, 0x8530, "Follow up"),
    (COMMON, 0x8535, "Billing"),
    (COMMON, 0x8539, "Companies"),
    (COMMON, 0x853A, "Contacts"),
    (COMMON, 0x85A4, "To-do title"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_found() {
        assert!(STANDARD.is_sorted_by_key(|(id, _)| *id));
        assert_eq!(standard(0x3A07), Some("Government ID number"));
        assert_eq!(standard(0x3A03), None);
        assert_eq!(standard(0x0074), Some("Original recipients"));
        assert_eq!(named(COMMON, &Name::Number(0x8530)), Some("Follow up"));
        assert_eq!(named(ADDRESS, &Name::Number(0x8083)), Some("Email 1 address"));
        assert_eq!(named(COMMON, &Name::Number(0x8083)), None);
        assert_eq!(named(PUBLIC, &Name::Text("CPR-nummer".into())), Some("CPR-nummer"));
        assert_eq!(named(PUBLIC, &Name::Text("urn:schemas:x".into())), None);
    }
}
