#![allow(warnings)]
use sporhund::{
    budget::{Budget, Limits},
    extract::{self, Content, Part},
    item::*,
};
use std::sync::{Arc, atomic::AtomicBool};
fn go(
    content: Content<'_>,
    name: &str,
    budget: &Budget,
    depth: usize,
    mode: &str,
    text: &mut String,
    fmts: &mut Vec<String>,
) {
    let f = std::cell::Cell::new("unknown");
    let mut damage = String::new();
    let ended = extract::extract(content, name, None, budget, &mut |x| f.set(x.name), &mut |part| {
        match part {
            Part::Format(x) => f.set(x.name),
            Part::Text(t) => {
                text.push_str(&t.str[t.own.clone()]);
                if !text.ends_with('\n') {
                    text.push('\n');
                }
                if mode == "place" {
                    let own = &t.str[t.own.clone()];
                    let mut at = t.own.start;
                    for line in own.split_inclusive(|c| c == '\n' || c == '\t') {
                        let p = (t.place)(at);
                        println!("{} {:?} {:?}", serde_json::to_string(&p.position).unwrap(), p.label, line);
                        at += line.len();
                    }
                }
            }
            Part::Child(c) => {
                if mode == "place" {
                    println!("  child {:?} {:?}", c.name, c.content.as_ref().err());
                }
                if let (Ok(content), Ok(outer)) = (c.content, budget.enter()) {
                    go(content, &c.name, budget, depth + 1, mode, text, fmts);
                    budget.leave(outer);
                }
            }
            Part::Damage(d) => {
                if mode == "place" {
                    println!("  damage {:?}", d)
                }
                if damage.is_empty() {
                    damage = d.message.to_string();
                }
            }
            Part::Unseen(d) => {
                if mode == "place" {
                    println!("  unseen {:?}", d)
                }
            }
            _ => {}
        }
        budget.heard()
    });
    if mode == "place" {
        println!("{}{} [{}] {:?}", "  ".repeat(depth), name, f.get(), ended);
    }
    fmts.push(format!("{}:{}", f.get(), ended.err().map_or(damage, |e| e.message.to_string())));
}
fn main() {
    let mut args = std::env::args().skip(1);
    let mode = args.next().unwrap();
    let limits = Limits { silence: std::time::Duration::from_secs(20), ..Limits::default() };
    std::panic::set_hook(Box::new(|_| {}));
    let files: Vec<String> =
        if mode == "list" { std::io::stdin().lines().map(|l| l.unwrap()).collect() } else { args.collect() };
    for path in files {
        let budget = Budget::new(&limits, Arc::new(AtomicBool::new(false)));
        let file = std::fs::File::open(&path).unwrap();
        let len = file.metadata().unwrap().len();
        let (mut text, mut fmts) = (String::new(), Vec::new());
        go(Content::file(file, len), path.rsplit('/').next().unwrap(), &budget, 0, &mode, &mut text, &mut fmts);
        if mode != "place" {
            println!("{}", serde_json::json!({"file": path, "fmt": fmts.last(), "text": text}));
        }
    }
}
