//! `sporhund.toml`: the command line outweighs the environment, that the file, and that what is built in.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "clippy does not see that helpers are tests")]

mod support;

use serde_json::Value;
use support::{IN_BREACH, command, sporhund, write};
use tempfile::TempDir;

fn share(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "sporhund.toml", config);
    write(folder.path(), "below/s/bad.txt", IN_BREACH);
    folder
}

#[test]
fn what_is_typed_outweighs_the_environment_and_that_the_file() {
    let share = share("[scan]\nfail-on = \"never\"\nformat = \"csv\"\nexplain = true\nmin-confidence = 0.3\n");
    let below = share.path().join("below");
    let run = sporhund(&below, &["scan", "s"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "the file lies above");
    assert!(run.out.starts_with("\u{feff}\"record\""));
    let told = command(&below).args(["scan", "s"]).env("SPORHUND_FAIL_ON", "finding").output().unwrap();
    assert_eq!(told.status.code(), Some(1));
    let typed =
        command(&below).args(["scan", "--fail-on", "never", "s"]).env("SPORHUND_FAIL_ON", "finding").output().unwrap();
    assert_eq!(typed.status.code(), Some(0));
    let run = sporhund(&below, &["scan", "--format", "jsonl", "s"]);
    assert!(run.found()[0]["why"].is_string());
    assert_eq!(sporhund(&below, &["scan", "--config", "", "s"]).code, 1, "no file");
}

#[test]
fn paths_are_the_files_own_and_lists_are_lists() {
    let share = share("[scan]\npolicy = [\"ours.toml\", \"dke\"]\noutput = \"r.csv\"\nno-detector = \"email\"\n");
    write(share.path(), "ours.toml", "id = \"ours\"\nextends = \"nordic-gdpr\"\n");
    let run = sporhund(&share.path().join("below"), &["scan", "s"]);
    assert_eq!((run.code, run.err.as_str()), (1, ""));
    assert!(std::fs::read_to_string(share.path().join("r.csv")).unwrap().contains("\"ours\""));
}

#[test]
fn a_mistake_is_told_with_its_place() {
    let refused = |config: &str, saying: &str| sporhund(share(config).path(), &["scan", "below"]).refused(saying);
    refused("[scan]\nfail = 1\n", "sporhund.toml:2: 'scan' has no option `fail`");
    refused("[scn]\n", "sporhund.toml:1: there is no table [scn]");
    refused("[scan]\nshow-values = true\n", "no option `show-values`");
    refused("[scan]\nfail-on = [\"never\", \"breach\"]\n", "one value and no list");
    refused("[scan]\nexplain = \"yes\"\n", "true or false");
    refused("[scan]\nmin-confidence = 7\n", "sporhund.toml, or the environment: invalid value '7'");
    refused("[scan\n", "sporhund.toml:1");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_write_is_passed_over() {
    use std::os::unix::fs::PermissionsExt;
    let share = share("[scan]\nno-detector = [\"*\"]\nfail-on = \"never\"\n");
    let file = share.path().join("sporhund.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let run = sporhund(share.path(), &["scan", "below"]);
    assert_eq!(run.code, 1);
    assert!(run.err.contains("sporhund.toml is passed over, others may write it"), "{}", run.err);
    assert_eq!(run.err.lines().count(), 1, "{}", run.err);
}

#[test]
fn config_says_what_is_in_force_and_why() {
    let share = share("[scan]\nfail-on = \"never\"\npolicy = [\"dke\"]\n");
    let run = command(share.path()).arg("config").env("SPORHUND_LANG", "fi").output().unwrap();
    let page = String::from_utf8(run.stdout).unwrap();
    let line = |begins: &str| page.lines().find(|line| line.starts_with(begins)).unwrap_or_default();
    assert!(line("fail-on").contains("\"never\"") && line("fail-on").ends_with("sporhund.toml"), "{page}");
    assert!(line("policy").starts_with("policy = [\"dke\"]"), "{page}");
    assert_eq!(line("lang"), "lang = \"fi\"  # SPORHUND_LANG");
    assert_eq!(line("min-confidence"), "min-confidence = \"0.5\"  # default");
    assert!(toml::from_str::<toml::Table>(&page).is_ok(), "the page is a file");
    let schema: Value = serde_json::from_str(&sporhund(share.path(), &["config", "--schema"]).out).unwrap();
    let scan = &schema["properties"]["scan"]["properties"];
    assert!(scan["fail-on"]["description"].is_string() && scan["show-values"].is_null());
}
