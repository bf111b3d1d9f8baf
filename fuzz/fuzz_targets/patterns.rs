//! What users write: policies, detectors, keywords, folder names, allow-lists. The first byte says which.
#![no_main]

use std::cell::OnceCell;
use std::fs;

use jiff::civil::date;
use libfuzzer_sys::fuzz_target;
use sporhund::allow::Allow;
use sporhund::detect::Detectors;
use sporhund::policy::{self, Categories, Policies};
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    let Some((which, text)) = bytes.split_first() else { return };
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap());
        let folder = folder.path();
        let put = |name: &str| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        match which % 4 {
            0 => {
                let path = put("policy.toml");
                let _ = policy::check(&path, None, &Categories::new());
                let _ = Policies::load(&[path.display().to_string()], None, &Categories::new());
            }
            1 => drop(Allow::read(&put("allow.toml"), date(2026, 11, 20), true)),
            2 => {
                let path = put("detectors/own.toml");
                let _ = Detectors::load(Some(folder), date(2026, 11, 20));
                fs::remove_file(path).unwrap();
            }
            _ => {
                let path = put("keywords/own.toml");
                let _ = Detectors::load(Some(folder), date(2026, 11, 20));
                fs::remove_file(path).unwrap();
            }
        }
    });
});
