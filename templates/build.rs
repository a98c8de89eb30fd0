//! Builds styles and scripts and writes the tables that embed them, and the list of templates.
//!
//! Where the web files come from, first that applies:
//! 1. `FORMWRIGHT_WEB_DIST` names a folder built before (packaging does that);
//! 2. Node 20 or newer: `npm ci` when the lock file differs from the one installed, then `node build.mjs`;
//! 3. no Node, debug profile: a warning, the plain style sheet, no scripts;
//! 4. no Node, release profile: stop and say what to install.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for watched in ["html", "locales", "web/src", "web/build.mjs", "web/icons.txt", "web/package-lock.json"] {
        println!("cargo:rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo:rerun-if-env-changed=FORMWRIGHT_WEB_DIST");
    let dist = web_files(&root.join("web"), &out.join("web"))?;
    fs::write(out.join("assets.rs"), asset_table(&dist)?)?;
    fs::write(out.join("html.rs"), template_table(&root.join("html"))?)?;
    Ok(())
}

/// The folder with the built files.
fn web_files(web: &Path, dist: &Path) -> Outcome<PathBuf> {
    if let Some(folder) = env::var_os("FORMWRIGHT_WEB_DIST") {
        let folder = PathBuf::from(folder);
        println!("cargo:rerun-if-changed={}", folder.display());
        return if folder.join("manifest.json").is_file() {
            Ok(folder)
        } else {
            Err(format!(
                "FORMWRIGHT_WEB_DIST={} has no manifest.json; build it with `node build.mjs {}`",
                folder.display(),
                folder.display()
            )
            .into())
        };
    }
    if dist.exists() {
        fs::remove_dir_all(dist)?;
    }
    fs::create_dir_all(dist)?;
    if node_is_new_enough() {
        install_packages(web)?;
        run(Command::new("node").arg("build.mjs").arg(dist).current_dir(web), "node build.mjs")?;
    } else if env::var("PROFILE")? == "release" {
        return Err("the pages' scripts need Node.js 20 or newer to be built: install it, or set FORMWRIGHT_WEB_DIST to a folder built with `node templates/web/build.mjs FOLDER`".into());
    } else {
        println!("cargo:warning=Node.js 20 or newer was not found: pages get the plain style sheet and no scripts");
        plain_files(web, dist)?;
    }
    Ok(dist.to_owned())
}

fn node_is_new_enough() -> bool {
    let Ok(output) = Command::new("node").arg("--version").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok())
        .is_some_and(|major| major >= 20)
}

/// `npm ci`, unless what is installed came from the same lock file.
fn install_packages(web: &Path) -> Outcome<()> {
    let lock = fs::read(web.join("package-lock.json"))?;
    let installed = web.join("node_modules/.formwright-lock");
    if fs::read(&installed).is_ok_and(|other| other == lock) {
        return Ok(());
    }
    run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(web), "npm ci")?;
    fs::write(installed, lock)?;
    Ok(())
}

fn run(command: &mut Command, name: &str) -> Outcome<()> {
    let output = command.output().map_err(|error| format!("{name} could not be started: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{name} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

/// What can be had without Node: all style sheets, one after the other.
fn plain_files(web: &Path, dist: &Path) -> Outcome<()> {
    let entry = fs::read_to_string(web.join("src/app.css"))?;
    let mut styles = String::new();
    for line in entry.lines() {
        match line.strip_prefix("@import \"./").and_then(|rest| rest.split('"').next()) {
            Some(name) => styles.push_str(&fs::read_to_string(web.join("src").join(name))?),
            None => styles.push_str(line),
        }
        styles.push('\n');
    }
    fs::write(dist.join("app.css"), styles)?;
    fs::write(dist.join("manifest.json"), r#"{"files":{"app.css":"app.css"},"icons":[]}"#)?;
    Ok(())
}

/// Rust source of the table of files, of plain names and of icons.
fn asset_table(dist: &Path) -> Outcome<String> {
    let manifest: serde_json::Value = serde_json::from_slice(&fs::read(dist.join("manifest.json"))?)?;
    let mut source = String::from("static ASSETS: &[Asset] = &[\n");
    let mut names: Vec<String> =
        fs::read_dir(dist)?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    for name in &names {
        if name == "manifest.json" || name.ends_with(".br") || name.ends_with(".gz") {
            continue;
        }
        let packed = |ending: &str| {
            let file = dist.join(format!("{name}.{ending}"));
            if file.is_file() { format!("Some(include_bytes!({file:?}))") } else { "None".to_owned() }
        };
        writeln!(
            source,
            "    Asset {{ name: {name:?}, content_type: {:?}, bytes: include_bytes!({:?}), brotli: {}, gzip: {} }},",
            content_type(name),
            dist.join(name),
            packed("br"),
            packed("gz")
        )?;
    }
    source.push_str("];\n\nstatic MANIFEST: &[(&str, &str)] = &[\n");
    for (plain, hashed) in manifest.get("files").and_then(serde_json::Value::as_object).into_iter().flatten() {
        writeln!(source, "    ({plain:?}, {:?}),", hashed.as_str().unwrap_or_default())?;
    }
    source.push_str("];\n\nstatic LOADS: &[(&str, &[&str])] = &[\n");
    for (entry, files) in manifest.get("loads").and_then(serde_json::Value::as_object).into_iter().flatten() {
        let files: Vec<&str> = files.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
        writeln!(source, "    ({entry:?}, &{files:?}),")?;
    }
    source.push_str("];\n\nstatic ICONS: &[&str] = &[");
    let mut icons: Vec<&str> = manifest
        .get("icons")
        .and_then(serde_json::Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    icons.sort_unstable();
    for icon in icons {
        write!(source, "{icon:?}, ")?;
    }
    source.push_str("];\n");
    Ok(source)
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

/// Rust source of the table of templates: name below `html/`, text.
fn template_table(html: &Path) -> Outcome<String> {
    let mut source = String::from("static TEMPLATES: &[(&str, &str)] = &[\n");
    let mut folders = vec![html.to_owned()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html") {
                files.push(path);
            }
        }
    }
    files.sort();
    for file in files {
        let name = file.strip_prefix(html)?.to_string_lossy().replace('\\', "/");
        writeln!(source, "    ({name:?}, include_str!({file:?})),")?;
    }
    source.push_str("];\n");
    Ok(source)
}
