use crate::extract::apart::take_apart;

#[test]
#[ignore]
fn dump() {
    for line in std::fs::read_to_string("/tmp/legacy/list").unwrap().lines() {
        let (path, to) = line.split_once('\t').unwrap();
        let began = std::time::Instant::now();
        let seen = take_apart(&std::fs::read(path).unwrap(), path.rsplit('/').next().unwrap());
        fn all(seen: &crate::extract::apart::Seen, text: &mut String) {
            let mut last = String::new();
            for (piece, place) in &seen.pieces {
                let p = &place.position;
                let here = format!("{:?} {:?} {:?} {:?} {:?}", p.part, p.line, p.slide, p.sheet, place.label);
                if std::env::var_os("PLACES").is_some() && here != last {
                    text.push_str(&format!("[{here}]"));
                    last = here;
                }
                text.push_str(piece);
                text.push('\n');
            }
            for (name, child) in &seen.children {
                text.push_str(&format!("=== {name} {:?}\n", child.as_ref().map(|c| (c.format, &c.ended))));
                if let Ok(child) = child {
                    all(child, text);
                }
            }
        }
        let mut text = String::new();
        all(&seen, &mut text);
        std::fs::write(to, &text).unwrap();
        eprintln!(
            "{path} {} {} {:?} {:?} {:?} {:?}",
            seen.format,
            text.len(),
            seen.ended,
            seen.damage,
            seen.modified,
            began.elapsed()
        );
    }
}
