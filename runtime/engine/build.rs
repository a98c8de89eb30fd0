//! Makes a table of the shipped apps' files, so that they are part of the program.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn files(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found)?;
        } else if path.extension().is_some_and(|kind| kind == "json" || kind == "csv") {
            found.push(path);
        }
    }
    Ok(())
}

fn main() -> io::Result<()> {
    let seeds =
        Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("../../seeds").canonicalize()?;
    println!("cargo::rerun-if-changed={}", seeds.display());
    let mut found = Vec::new();
    files(&seeds, &mut found)?;
    let mut table =
        String::from("/// Path below the folder of apps, and content.\npub static FILES: &[(&str, &[u8])] = &[\n");
    for path in &found {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.strip_prefix(&seeds).map_err(io::Error::other)?;
        writeln!(table, "    ({:?}, include_bytes!({:?})),", name.display().to_string(), path.display().to_string())
            .map_err(io::Error::other)?;
    }
    table.push_str("];\n");
    let target = Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("seeds.rs");
    fs::write(target, table)
}
