//! A format that misbehaves, so that tests can see what isolation is worth. Only in debug builds, and only where the
//! environment says `SPORHUND_FAULTS`: a file that begins with `sporhund-fault:` does what its first line says.

use std::io::{BufRead, Read};
use std::time::Duration;
use std::{env, process, thread};

use crate::extract::{Child, Content, Format, Head, Match, Out, Place, Text};
use crate::item::{Fault, Kind};

const MARK: &[u8] = b"sporhund-fault:";

/// The misbehaving format.
pub const FORMATS: &[Format] = &[Format {
    name: "text",
    kind: Kind::Document,
    sniff: |head: &Head<'_>| {
        let on = head.starts(MARK) && env::var_os("SPORHUND_FAULTS").is_some();
        if on { Match::ByContent } else { Match::No }
    },
    read,
}];

/// Takes longer to start than an item may take, where `SPORHUND_FAULTS` says `late`.
pub fn start_late() {
    if env::var_os("SPORHUND_FAULTS").is_some_and(|fault| fault == "late") {
        thread::sleep(Duration::from_secs(5));
    }
}

fn read(content: Content<'_>, out: &mut Out<'_>) -> Result<(), Fault> {
    let (mut line, mut rest) = (String::new(), String::new());
    let mut reader = content.reader();
    reader.read_line(&mut line).map_err(Fault::io)?;
    reader.read_to_string(&mut rest).map_err(Fault::io)?;
    out.text(Text { str: &rest, own: 0..rest.len(), place: &|_| Place::default(), cells: &|_, _, _| (), rows: false })?;
    for word in line.split_whitespace().skip(1) {
        match word {
            "tell" => out.child(Child::new("told", Kind::Document, Content::bytes(rest.as_bytes())))?,
            "panic" => panic!("{rest}"),
            "abort" => process::abort(),
            "exit" => process::exit(0),
            "overflow" => drop(deep(rest.len() as u64)),
            "loop" => loop {
                std::hint::black_box(());
            },
            "nap" => thread::sleep(Duration::from_millis(1500)),
            "sleep" => thread::sleep(Duration::from_secs(3600)),
            "memory" => {
                let mut all: Vec<Vec<u8>> = Vec::new();
                loop {
                    all.push(std::hint::black_box(vec![1; 1 << 22]));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Recursion that the compiler cannot undo.
#[allow(unconditional_recursion, reason = "that is the fault")]
fn deep(n: u64) -> Vec<u64> {
    let block = std::hint::black_box([n; 512]);
    let mut below = deep(n.wrapping_add(block.iter().sum()));
    below.extend(block);
    below
}
