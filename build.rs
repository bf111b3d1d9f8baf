//! The pattern files once more as JSON, which the program reads many times as fast as TOML: every start of it, and of
//! each of its workers, reads them all. Policies stay as they are: what reads them wants to know lines.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=patterns");
    let patterns = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("patterns");
    let out = PathBuf::from(env::var("OUT_DIR")?).join("patterns");
    match fs::remove_dir_all(&out) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    fs::create_dir_all(&out)?;
    convert_all(&patterns, &out)?;
    for folder in fs::read_dir(&patterns)? {
        let folder = folder?;
        if folder.file_type()?.is_dir() && folder.file_name() != "policies" {
            let into = out.join(folder.file_name());
            fs::create_dir_all(&into)?;
            convert_all(&folder.path(), &into)?;
        }
    }
    Ok(())
}

fn convert_all(folder: &Path, into: &Path) -> Result<(), Box<dyn Error>> {
    for file in fs::read_dir(folder)? {
        let file = file?.path();
        if file.extension().is_some_and(|ending| ending == "toml") {
            convert(&file, &into.join(file.file_name().unwrap_or_default()))?;
        }
    }
    Ok(())
}

fn convert(from: &Path, to: &Path) -> Result<(), Box<dyn Error>> {
    let value: toml::Value = toml::from_str(&fs::read_to_string(from)?)
        .map_err(|error| format!("{}: {}", from.display(), error.message()))?;
    fs::write(to.with_extension("json"), serde_json::to_string(&value)?)?;
    Ok(())
}
