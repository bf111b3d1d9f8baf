//! Files and folders as they were named: nothing is read twice, and nothing that is read is written over.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::UsageError;

/// What is to be read, by the place that its name leads to; of what is no path, by the name.
pub(super) type Places<'n> = HashMap<PathBuf, &'n OsStr>;

/// What is read twice would be counted twice.
pub(super) fn once(read: &[impl AsRef<OsStr>]) -> Result<Places<'_>, UsageError> {
    let mut places = Places::new();
    for name in read.iter().map(AsRef::as_ref) {
        let told = match places.insert(fs::canonicalize(name).unwrap_or_else(|_| name.into()), name) {
            None => continue,
            Some(same) if same == name => "it is given twice".to_owned(),
            Some(other) => format!("it is {}, which is given too", other.display()),
        };
        return Err(UsageError(format!("{}: {told}", name.display())));
    }
    Ok(places)
}

/// What is told of a source that lies in another one, which has all that is in it: what is found there counts twice.
pub(super) fn overlap(places: &Places<'_>) -> Option<String> {
    let inside = |(place, name): (&PathBuf, &&OsStr)| {
        let outer = place.ancestors().skip(1).find_map(|above| places.get(above))?;
        let outer = outer.display();
        Some(format!("{}: it lies in {outer}, which is given too: what is in it counts twice", name.display()))
    };
    // The same one each time.
    places.iter().filter_map(inside).min()
}

/// What is read is not written over.
pub(super) fn apart<'p>(
    read: impl Iterator<Item = &'p Path>,
    mut written: impl Iterator<Item = &'p Path>,
) -> Result<(), UsageError> {
    let read: Vec<PathBuf> = read.filter_map(|file| fs::canonicalize(file).ok()).collect();
    let over = |file: &&Path| fs::canonicalize(file).is_ok_and(|file| read.contains(&file));
    match written.find(over) {
        Some(file) => Err(UsageError(format!("{}: this is what is read: write to another file", file.display()))),
        None => Ok(()),
    }
}
