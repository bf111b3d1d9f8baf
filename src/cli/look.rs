//! Options of every command that writes reports: where they go, in which format, and what they look like.

use std::env;
use std::io::{IsTerminal, stdout};
use std::path::PathBuf;

use clap::Args;

use super::UsageError;
use crate::report::texts::Texts;
use crate::report::{self, Output, Screen};

/// Where reports go and what they look like.
#[derive(Args)]
#[command(next_help_heading = "Report")]
pub(super) struct Look {
    /// human, jsonl, csv, html, sarif, junit or parquet [default: human on a terminal, jsonl otherwise]
    #[arg(long, value_name = "FORMAT", value_parser = report::by_name)]
    pub(super) format: Option<&'static report::Format>,
    /// Where the report goes instead of standard output; the ending says the format: .html, .csv, .sarif, .xml (JUnit),
    /// .jsonl, .parquet, .txt (repeatable)
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Vec<PathBuf>,
    /// The language of the HTML report: da, sv, nb, fi or en [default: the policy's, or the locale's]
    #[arg(long, value_name = "LANG", value_parser = texts)]
    pub(super) lang: Option<Texts>,
    /// What stands between the columns of CSV; 'tab' is a tab
    #[arg(long, value_name = "CHAR", default_value = ";", value_parser = separator)]
    pub(super) separator: char,
    /// Take the options that are not given here from this file instead of the nearest sporhund.toml; '' is none
    #[arg(long, value_name = "FILE", value_parser = path)]
    pub(super) config: Option<PathBuf>,
}

/// Where reports go. One report is in the format asked for; of several, each in that of its ending, where it has one.
pub(super) fn outputs(files: Vec<PathBuf>, format: Option<&'static report::Format>) -> Result<Vec<Output>, UsageError> {
    let shown = || {
        let format = format.unwrap_or(if stdout().is_terminal() { &report::HUMAN } else { &report::JSONL });
        Output { format, to: None, screen: screen() }
    };
    if files.is_empty() {
        return Ok(vec![shown()]);
    }
    let one = format.filter(|_| files.len() == 1);
    let mut outputs: Vec<Output> = Vec::new();
    for file in files {
        let output = match one {
            _ if file.as_os_str() == "-" => shown(),
            Some(format) => Output { format, to: Some(file), screen: Screen::default() },
            None => {
                let format = report::by_ending(&file).or(format);
                // A report that was to be a document must not be lines for programs.
                let unknown = || {
                    let (file, endings) = (file.display(), report::endings());
                    UsageError(format!("{file}: no report has this ending: use {endings}, or say --format"))
                };
                let format = match format {
                    Some(format) => format,
                    None if file.extension().is_none() || file.starts_with("/dev") => &report::JSONL,
                    None => return Err(unknown()),
                };
                Output { format, to: Some(file), screen: Screen::default() }
            }
        };
        if outputs.iter().any(|other| other.to == output.to) {
            return Err(UsageError("--output names the same place twice".to_owned()));
        }
        outputs.push(output);
    }
    Ok(outputs)
}

/// What standard output can show.
fn screen() -> Screen {
    let told = env::var("COLUMNS").ok().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
    let terminal = console::Term::stdout();
    let width = told.or_else(|| terminal.size_checked().map(|(_, columns)| usize::from(columns)));
    Screen { width, colour: colour() }
}

/// Colours are welcome on standard output.
pub(super) fn colour() -> bool {
    let refused =
        env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty()) || env::var_os("TERM").is_some_and(|v| v == "dumb");
    stdout().is_terminal() && !refused
}

/// The language of the environment, if there are words in it.
pub(super) fn locale() -> Option<Texts> {
    let set =
        ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| env::var(name).ok().filter(|v| !v.is_empty()));
    let language = set?.split(['_', '.', '@']).next().map(str::to_owned)?;
    texts(if language == "no" { "nb" } else { &language }).ok()
}

fn texts(typed: &str) -> Result<Texts, String> {
    let none = || "there are texts in da, sv, nb, fi and en".to_owned();
    Texts::load(typed).map_err(|mistake| mistake.to_string())?.ok_or_else(none)
}

/// A path that may be empty.
pub(super) fn path(typed: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(typed))
}

fn separator(typed: &str) -> Result<char, String> {
    match typed {
        "," | ";" | "|" => Ok(typed.chars().next().unwrap_or(';')),
        "tab" | "\t" => Ok('\t'),
        _ => Err("use ';', ',', '|' or tab".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_the_format_of_one_of_several_reports() {
        let names = |files: &[&str], format| {
            let outputs = outputs(files.iter().map(PathBuf::from).collect(), format).unwrap();
            outputs.iter().map(|o| o.format.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["a.txt", "b.jsonl", "c"], None), ["human", "jsonl", "jsonl"]);
        assert_eq!(names(&["a.txt"], Some(&report::JSONL)), ["jsonl"]);
        assert_eq!(names(&["a.jsonl", "-"], Some(&report::HUMAN)), ["jsonl", "human"]);
        assert_eq!(names(&["a.csv", "b.sarif.json", "c.HTM", "d.xml"], None), ["csv", "sarif", "html", "junit"]);
    }
}
