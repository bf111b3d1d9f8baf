//! Bytes → parts, by the reader of one format: the one that SPORHUND_FORMAT names, or the one that the bytes look like.
//! What is inside is taken apart too, as the program would.
#![no_main]

use std::panic::{self, Location};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use sporhund::budget::{Budget, Limits};
use sporhund::extract::{Content, FORMATS, Format, Out, Part, extract};
use sporhund::item::Fault;

static NAMED: LazyLock<Vec<&'static Format>> = LazyLock::new(|| {
    // Libraries that are known to panic are called so that a panic costs a workbook or a page, and are no find. One that
    // nobody catches ends the run all the same.
    let all = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let caught = |at: &Location<'_>| ["/calamine-", "/hayro", "/cab-"].iter().any(|library| at.file().contains(library));
        if !info.location().is_some_and(caught) {
            all(info);
        }
    }));
    let name = std::env::var("SPORHUND_FORMAT").unwrap_or_default();
    FORMATS.iter().copied().flatten().filter(|format| format.name == name).collect()
});

fn take(part: Part<'_>, budget: &Budget) -> Result<(), Fault> {
    match part {
        Part::Text(text) => {
            // A place may be asked for at every beginning of a character of its own.
            let own = &text.str[text.own.clone()];
            own.char_indices().step_by(7).for_each(|(at, _)| drop((text.place)(text.own.start + at)));
        }
        Part::Child(child) => {
            let outer = budget.enter()?;
            if let Ok(content) = child.content {
                let _ = extract(content, &child.name, child.mail.as_ref(), budget, &mut |_| {}, &mut |part| {
                    take(part, budget)
                });
            }
            budget.leave(outer);
        }
        _ => {}
    }
    budget.heard()
}

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits {
        item: 8 << 20,
        job: 32 << 20,
        whole: 8 << 20,
        depth: 4,
        children: 1000,
        silence: Duration::from_secs(20),
        ..Limits::default()
    };
    let budget = Budget::new(&limits, Arc::new(AtomicBool::new(false)));
    let mut push = |part: Part<'_>| take(part, &budget);
    if NAMED.is_empty() {
        let _ = extract(Content::bytes(bytes), "a", None, &budget, &mut |_| {}, &mut push);
    }
    for format in NAMED.iter() {
        let _ = (format.read)(Content::bytes(bytes).under(&budget), &mut Out::new(&budget, "a", None, &mut push));
    }
});
