//! `sporhund.toml`: what a team wants the same every time, as defaults of the options of `scan` and `report`.
//!
//! In: the commands as declared, the file, variables of the environment. Out: the commands with other defaults, so that
//! the command line outweighs the environment, that the file, and that what is built in; and a page that says what is in
//! force. Deliberately elsewhere: looking for the file and reading the environment (`cli.rs`).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use serde_json::{Map, Value, json};

use crate::cli::UsageError;
use crate::patterns::Source;

/// The file's name.
pub const FILE: &str = "sporhund.toml";
/// Commands that have a table in it.
const COMMANDS: [&str; 2] = ["scan", "report"];
/// What is asked for each time, and not once for all.
const NEVER: [&str; 10] =
    ["compare", "help", "version", "show-values", "config", "records", "sources", "source", "shard", "list-only"];
/// Options that name files: in the file, from the folder that it lies in.
const PATHS: [&str; 8] = ["output", "baseline", "allow", "key-file", "patterns", "state", "password-file", "ca"];

/// Options that were set, and where.
#[derive(Debug, Default)]
pub struct Config(BTreeMap<(&'static str, String), Set>);

#[derive(Debug)]
struct Set {
    values: Vec<String>,
    from: String,
}

/// The nearest file of this name, from a folder upwards. One that somebody else put there, or may write, is `passed` over:
/// whoever may write into a share must not decide what a scan of it finds.
pub fn nearest(folder: &Path, mut passed: impl FnMut(&Path)) -> Option<PathBuf> {
    let mut files = folder.ancestors().map(|folder| folder.join(FILE)).filter(|file| file.is_file());
    files.find(|file| {
        let trusted = trusted(file);
        if !trusted {
            passed(file);
        }
        trusted
    })
}

/// The user's own, or the administrator's.
#[cfg(unix)]
fn trusted(file: &Path) -> bool {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    let me = rustix::process::geteuid().as_raw();
    fs::metadata(file).is_ok_and(|meta| (meta.uid() == me || meta.uid() == 0) && meta.mode() & 0o022 == 0)
}

#[cfg(not(unix))]
fn trusted(_: &Path) -> bool {
    true
}

impl Config {
    /// Reads a file, and the variables `SPORHUND_…` of the environment, which outweigh it.
    pub fn read(
        file: Option<&Path>,
        program: &Command,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, UsageError> {
        let mut config = Self::default();
        if let Some(file) = file {
            config.file(file, program)?;
        }
        for command in COMMANDS {
            for option in options(program, command) {
                let Some(name) = option.get_long() else { continue };
                let variable_name = format!("SPORHUND_{}", name.to_uppercase().replace('-', "_"));
                let Some(value) = variable(&variable_name).filter(|value| !value.is_empty()) else { continue };
                let values = if repeatable(option) {
                    value.split(',').map(|value| value.trim().to_owned()).collect()
                } else {
                    vec![value]
                };
                config.0.insert((command, name.to_owned()), Set { values, from: variable_name });
            }
        }
        Ok(config)
    }

    fn file(&mut self, file: &Path, program: &Command) -> Result<(), UsageError> {
        let source = Source::read(file)?;
        let tables: BTreeMap<String, BTreeMap<String, toml::Value>> = source.parse()?;
        let folder = file.parent().unwrap_or(Path::new(""));
        for (table, settings) in tables {
            let Some(command) = COMMANDS.into_iter().find(|command| *command == table) else {
                return Err(source
                    .mistake(&table, format!("there is no table [{table}]: use [scan] or [report]"))
                    .into());
            };
            for (name, value) in settings {
                let Some(option) = options(program, command).find(|option| option.get_long() == Some(&name)) else {
                    let message = format!("'{command}' has no option `{name}` that can be set here");
                    return Err(source.mistake(&name, message).into());
                };
                let wrong = |what: &str| UsageError::from(source.mistake(&name, format!("`{name}` is {what}")));
                let values = match value {
                    toml::Value::Array(all) if repeatable(option) => all.into_iter().map(plain).collect(),
                    toml::Value::Array(_) => return Err(wrong("one value and no list")),
                    value => plain(value).map(|value| vec![value]),
                };
                let mut values: Vec<String> = values.ok_or_else(|| wrong("a text, a number, true or false"))?;
                if flag(option) && !values.iter().all(|value| value == "true" || value == "false") {
                    return Err(wrong("true or false"));
                }
                for value in &mut values {
                    let path = folder.join(&*value);
                    if PATHS.contains(&name.as_str()) || (name == "policy" && path.is_file()) {
                        *value = path.display().to_string();
                    }
                }
                self.0.insert((command, name), Set { values, from: source.file.clone() });
            }
        }
        Ok(())
    }

    /// The program with these defaults.
    pub fn apply(&self, mut program: Command) -> Command {
        for ((command, name), set) in &self.0 {
            // clap keeps defaults for as long as the program runs.
            let values: Vec<&'static str> = set.values.iter().map(|value| &*value.clone().leak()).collect();
            program = program.mut_subcommand(command, |command| {
                let id =
                    command.get_arguments().find(|arg| arg.get_long() == Some(name)).map(|arg| arg.get_id().clone());
                match id {
                    Some(id) => command.mut_arg(id, |arg| arg.default_values(values)),
                    None => command,
                }
            });
        }
        program
    }

    /// What is in force and where it comes from, as a file that would say the same.
    pub fn page(&self, program: &Command) -> String {
        let mut page = String::new();
        for command in COMMANDS {
            let _ = writeln!(page, "[{command}]");
            for option in options(program, command) {
                let Some(name) = option.get_long() else { continue };
                let built_in =
                    || option.get_default_values().iter().map(|v| v.to_string_lossy().into_owned()).collect();
                let (values, from): (Vec<String>, &str) = match self.0.get(&(command, name.to_owned())) {
                    Some(set) => (set.values.clone(), &set.from),
                    None => (built_in(), "default"),
                };
                let written: Vec<String> = values.iter().map(|value| written(value)).collect();
                let _ = match written.as_slice() {
                    [] => writeln!(page, "# {name} is not set"),
                    [value] if !repeatable(option) => writeln!(page, "{name} = {value}  # {from}"),
                    all => writeln!(page, "{name} = [{}]  # {from}", all.join(", ")),
                };
            }
            page.push('\n');
        }
        page
    }
}

/// The JSON Schema of the file, for editors.
pub fn schema(program: &Command) -> String {
    let mut tables = Map::new();
    for command in COMMANDS {
        let mut properties = Map::new();
        for option in options(program, command) {
            let Some(name) = option.get_long() else { continue };
            let plain = json!({ "type": ["string", "number"] });
            let mut property = if flag(option) {
                json!({ "type": "boolean" })
            } else if repeatable(option) {
                json!({ "anyOf": [plain, { "type": "array", "items": plain }] })
            } else {
                plain
            };
            if let (Some(help), Some(property)) = (option.get_help(), property.as_object_mut()) {
                property.insert("description".to_owned(), Value::String(help.to_string()));
            }
            properties.insert(name.to_owned(), property);
        }
        tables.insert(
            command.to_owned(),
            json!({ "type": "object", "additionalProperties": false, "properties": properties }),
        );
    }
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": FILE, "type": "object",
        "additionalProperties": false, "properties": tables,
    });
    format!("{schema:#}\n")
}

/// The options of a command that can be set once for all.
fn options<'a>(program: &'a Command, command: &str) -> impl Iterator<Item = &'a Arg> {
    let options = program.find_subcommand(command).into_iter().flat_map(Command::get_arguments);
    options.filter(|option| option.get_long().is_some_and(|name| !NEVER.contains(&name)))
}

fn repeatable(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::Append)
}

fn flag(option: &Arg) -> bool {
    matches!(option.get_action(), ArgAction::SetTrue)
}

/// A value as it would be typed.
fn plain(value: toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text),
        toml::Value::Integer(n) => Some(n.to_string()),
        toml::Value::Float(n) => Some(n.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Datetime(at) => Some(at.to_string()),
        toml::Value::Array(_) | toml::Value::Table(_) => None,
    }
}

/// A value as the file has it.
fn written(value: &str) -> String {
    if value == "true" || value == "false" {
        value.to_owned()
    } else {
        toml::Value::String(value.to_owned()).to_string()
    }
}
