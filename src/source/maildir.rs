//! Maildir: a stand-in until the mail sources land.

use std::path::Path;

use crate::job::Job;

/// Is this folder a Maildir?
pub fn is_maildir(_folder: &Path) -> bool {
    false
}

/// Its messages, and last the mailbox itself.
pub fn jobs(_folder: &Path, _location: &str) -> impl Iterator<Item = Job> + use<> {
    std::iter::empty()
}
