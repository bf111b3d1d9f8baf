//! Text for people: safe to show, and made to fit.

use std::io::{self, Write};

use console::Style;

use crate::report::Screen;

/// A name as people may see it: what a terminal would obey, and marks that turn text round, are spelt out.
pub fn harmless(text: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if odd(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// Tells whoever started the program something: one line on standard error. Who has closed it does not want to know.
pub fn tell(message: &str) {
    let _ = writeln!(io::stderr(), "sporhund: {}", harmless(message));
}

/// Shortens a name in the middle, where a path says least, to this many columns.
pub fn fit(text: &str, width: usize) -> String {
    if console::measure_text_width(text) <= width {
        return text.to_owned();
    }
    let most = width.saturating_sub(1);
    let head = take(text.chars(), most / 3);
    let tail = take(text.chars().rev(), most.saturating_sub(console::measure_text_width(&head)));
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

/// As many characters as these columns hold.
fn take(characters: impl Iterator<Item = char>, width: usize) -> String {
    let (mut taken, mut used) = (String::new(), 0);
    for c in characters {
        used += console::measure_text_width(c.encode_utf8(&mut [0; 4]));
        if used > width {
            break;
        }
        taken.push(c);
    }
    taken
}

/// A report under construction: lines that fit its screen.
pub struct Page<'a> {
    output: &'a mut dyn Write,
    screen: Screen,
    begun: bool,
}

impl<'a> Page<'a> {
    /// Writes here.
    pub fn new(output: &'a mut dyn Write, screen: Screen) -> Self {
        Self { output, screen, begun: false }
    }

    /// A heading, and before it an empty line.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        if self.begun {
            writeln!(self.output)?;
        }
        self.styled(0, text, Style::new().bold())
    }

    /// Words, wrapped where the screen ends; what is wrapped goes two columns in.
    pub fn line(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.styled(indent, text, Style::new())
    }

    /// The same in a style, where colours are welcome.
    pub fn styled(&mut self, indent: usize, text: &str, style: Style) -> io::Result<()> {
        self.begun = true;
        let style = style.force_styling(self.screen.colour);
        let text = harmless(text);
        let mut line = String::new();
        let mut deep = indent;
        for word in text.split(' ') {
            let more = console::measure_text_width(&line) + 1 + console::measure_text_width(word);
            if !line.is_empty() && self.screen.width.is_some_and(|width| deep + more > width) {
                self.put(deep, &line, &style)?;
                deep = indent + 2;
                line.clear();
            } else if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.put(deep, &line, &style)
    }

    fn put(&mut self, indent: usize, text: &str, style: &Style) -> io::Result<()> {
        writeln!(self.output, "{:indent$}{}", "", style.apply_to(self.fit(text, indent)))
    }

    /// A number and a name; a name too long is shortened in its middle.
    pub fn counted(&mut self, indent: usize, count: u64, name: &str) -> io::Result<()> {
        let count = format!("{:>7}  ", number(count));
        let name = self.fit(&harmless(name), indent + count.len());
        writeln!(self.output, "{:indent$}{count}{name}", "")
    }

    /// A name on a line of its own.
    pub fn name(&mut self, indent: usize, name: &str) -> io::Result<()> {
        writeln!(self.output, "{:indent$}{}", "", self.fit(&harmless(name), indent))
    }

    fn fit(&self, text: &str, indent: usize) -> String {
        self.screen.width.map_or_else(|| text.to_owned(), |width| fit(text, width.saturating_sub(indent)))
    }

    /// The page is done.
    pub fn end(self) -> io::Result<()> {
        self.output.flush()
    }
}

/// A number in groups of three.
pub fn number(n: u64) -> String {
    indicatif::HumanCount(n).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_command_a_terminal() {
        assert_eq!(fit("share/personale/løn 2019.xlsx", 14), "shar…2019.xlsx");
        assert_eq!(fit("日本語日本語", 5), "…本語");
        assert_eq!(harmless("løn\u{1b}[2J\u{202e}fdp.exe"), "løn\\u{1b}[2J\\u{202e}fdp.exe");
    }
}
