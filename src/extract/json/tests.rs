//! What reading JSON gives.

use super::{Reader, State};
use crate::extract::testing::read;
use crate::random::random;

#[test]
fn a_value_stands_under_its_innermost_key() {
    let text = r#"{"person": {"cpr": "010190-1234", "børn": ["020290-1234", {"navn": "Bo"}, 30390]}, "mail": "a@x.dk",
  "n": 12345678, "020390-1234": true}"#;
    let seen = read("a.json", text.as_bytes());
    assert_eq!(seen.format, "json");
    assert_eq!((seen.label("010190-1234"), seen.at("010190-1234")), ("cpr", (1, 21)));
    assert_eq!(seen.label("020290-1234"), "børn");
    assert_eq!(seen.label("Bo"), "navn");
    assert_eq!(seen.label("30390"), "børn");
    assert_eq!(seen.label("a@x.dk"), "mail");
    assert_eq!((seen.label("12345678"), seen.at("12345678")), ("n", (2, 8)));
    assert_eq!(seen.at("020390-1234"), (2, 19));
}

#[test]
fn escapes_are_undone_and_cost_no_position() {
    let seen = read("a", br#"{"navn": "S\u00f8ren\n\u00c6r\u00f8 \ud83d\ude00 a\/b \"x\" bo@x.dk", "b": "tail"}"#);
    assert!(seen.text.contains("Søren\nÆrø 😀 a/b \"x\" bo@x.dk"), "{}", seen.text);
    assert_eq!((seen.label("bo@x.dk"), seen.at("bo@x.dk")), ("navn", (1, 61)));
    assert_eq!(seen.at("tail"), (1, 77));
}

#[test]
fn json_lines_survive_a_damaged_line() {
    let seen = read(
        "a.jsonl",
        b"{\"cpr\":\"010190-1234\"}\n{\"cpr\":\"020290-\n{\"cpr\":\"030390-1234\"}\nnot json 040490-1234\n",
    );
    assert_eq!(seen.format, "json");
    assert_eq!((seen.label("030390-1234"), seen.at("030390-1234")), ("cpr", (3, 9)));
    assert_eq!(seen.at("040490-1234"), (4, 10));
}

#[test]
fn text_in_brackets_stays_text() {
    for text in [
        "[1] Se bilaget.",
        "[2026-01-01 12:00] login bo",
        "{navn} bor her",
        "[[wiki]]",
        "[section]\nkey=1\n",
        "{\\rtf1",
    ] {
        assert_ne!(read("a.txt", text.as_bytes()).format, "json", "{text}");
    }
    for text in ["[]", "{}", "[1,2]", "\u{FEFF}{\"a\":1}\n{\"a\":2}"] {
        assert_eq!(read("a.txt", text.as_bytes()).format, "json", "{text}");
    }
}

#[test]
fn large_minified_and_deep_input_needs_bounded_memory() {
    let many = format!("[{}]", vec![r#"{"cpr":"010190-1234","t":"\u00e6"}"#; 50_000].join(","));
    let seen = read("a.json", many.as_bytes());
    assert_eq!(seen.text.matches("cpr: 010190-1234\nt: æ").count(), 50_000);
    let last = seen.text.rfind("010190").unwrap();
    assert_eq!(seen.places[&last].position.column, Some(2 + 49_999 * 35 + 8));
    let deep = read("a.json", format!("{}\"x\"", "[".repeat(2_000_000)).as_bytes());
    assert_eq!(deep.text.trim(), "x");
    let long = read("a.json", format!("[\"{} 7\"]", "ab ".repeat(5 << 20)).as_bytes());
    assert_eq!(long.text.len(), (15 << 20) + 3);
    assert_eq!(long.at("7"), (1, (15 << 20) + 4));
}

/// Read step by step, or with what is done in one go.
fn read_by(text: &str, fast: bool) -> Reader {
    let (mut reader, mut at) = (Reader::default(), 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        at += match reader.state {
            State::Between => match if fast { reader.simple(rest) } else { 0 } {
                0 => reader.between(rest),
                used => used,
            },
            State::Bare => reader.bare(rest),
            State::String => reader.string(rest, true),
        };
    }
    reader
}

/// Both read the same, place by place; whether a step is known in the end.
fn same(text: &str) -> bool {
    let (one, other) = (read_by(text, true), read_by(text, false));
    assert_eq!(one.written.text, other.written.text, "{text}");
    assert_eq!((one.line, one.column, one.open.len()), (other.line, other.column, other.open.len()), "{text}");
    for at in (0..one.written.text.len()).filter(|at| one.written.text.is_char_boundary(*at)) {
        assert_eq!(one.written.place(at, &one.keys), other.written.place(at, &other.keys), "{at} of {text}");
    }
    one.keys.step().is_some()
}

#[test]
fn what_is_done_in_one_go_is_what_the_steps_do() {
    // A word where a key should be, and a value without one, when the steps are known.
    let objects = "{\"a\":1,\"b\":2}\n".repeat(3);
    for odd in ["{\"a\":1,foo,\"b\":7 \"x\"}", "{\"a\":1 \"b\",\"b\":2}", "{\"a\":1}},\"b\":2}", "]\"a\":1,\"b\":2"] {
        same(&format!("{objects}{odd}\n{objects}"));
    }
    let mut random = random(3);
    let keys = ["id", "navn", "tidspunkt", "a key of many words", "bør\\u006e", "æ", "id"];
    let values = r#"7|-1.5e3|true|null|""|"Bo"|"info@example.dk"|"Søren Ærø"|"a\"b"|"longer than thirty-two bytes are: æøå"
        |[1,2]|[]|{}|{"x":1}|{"id":"æ","x":[{"id":2}]}|"cut\\|bare 😀| 1|:|1 2"#;
    let values: Vec<&str> = values.split('|').collect();
    let mut steps = 0;
    for _ in 0..2000 {
        let (comma, colon) = [(",", ":"), (", ", ": "), (",\n  ", " :\t"), ("\r\n,", ":")][random(4)];
        let between = [",", "\n", ",\n ", "", " , "][random(5)];
        let fields: Vec<(usize, usize)> = (0..1 + random(5)).map(|_| (random(keys.len()), random(12))).collect();
        let mut text = ["", "[", "{\"all\":[", "{\"one\":"][random(4)].to_owned();
        for _ in 0..random(12) {
            text.push('{');
            for (at, (key, value)) in fields.iter().enumerate() {
                let odd = random(12) == 0;
                text += match (at, odd) {
                    (0, _) => "",
                    (_, true) => [" ", comma, comma, comma][random(4)],
                    _ => comma,
                };
                let value = if odd { values[random(values.len())] } else { values[*value] };
                text += &format!("\"{}\"{colon}{value}", keys[*key]);
            }
            text.push('}');
            text += between;
        }
        text += ["", "]", "]}"][random(3)];
        steps += usize::from(same(&text));
    }
    assert!(steps > 500, "{steps}");
}
