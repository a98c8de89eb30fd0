//! The key file: one key in a line, as 64 hexadecimal digits; behind those that were replaced stands since when.
//!
//! Which of them is in use says the database, so that a file that was written and a rotation that came to nothing do no harm.

use super::random;
use crate::{EngineError, EngineResult};
use chrono::{DateTime, SecondsFormat, Utc};
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Behind a key that was replaced.
const RETIRED: &str = "retired";

/// A line.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub secret: [u8; 32],
    pub retired: Option<DateTime<Utc>>,
}

impl Line {
    pub fn of(secret: [u8; 32]) -> Line {
        Line { secret, retired: None }
    }

    fn parse(text: &str) -> Option<Line> {
        let mut words = text.split_whitespace();
        let mut secret = [0; 32];
        hex::decode_to_slice(words.next()?, &mut secret).ok()?;
        let retired = match (words.next(), words.next()) {
            (None, _) => None,
            (Some(RETIRED), Some(at)) => Some(DateTime::parse_from_rfc3339(at).ok()?.with_timezone(&Utc)),
            _ => return None,
        };
        words.next().is_none().then_some(Line { secret, retired })
    }

    fn text(&self) -> String {
        match self.retired {
            None => hex::encode(self.secret),
            Some(at) => {
                format!("{} {RETIRED} {}", hex::encode(self.secret), at.to_rfc3339_opts(SecondsFormat::Secs, true))
            }
        }
    }
}

/// The keys of a file, which is made (mode 0600) where there is none. Of several processes that start at once all end up with
/// the same key.
///
/// # Errors
/// [`EngineError::Internal`] with what is wrong with the file and what to do.
pub(super) fn read_or_create(path: &Path) -> EngineResult<Vec<Line>> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text, path),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path)?;
            read(path)
        }
        Err(error) => Err(trouble(path, &error)),
    }
}

/// The keys of a file.
///
/// # Errors
/// As [`read_or_create`].
pub(super) fn read(path: &Path) -> EngineResult<Vec<Line>> {
    parse(&fs::read_to_string(path).map_err(|e| trouble(path, &e))?, path)
}

fn parse(text: &str, path: &Path) -> EngineResult<Vec<Line>> {
    let lines: Option<Vec<Line>> = text.lines().filter(|line| !line.trim().is_empty()).map(Line::parse).collect();
    lines.filter(|lines| !lines.is_empty()).ok_or_else(|| {
        EngineError::Internal(format!(
            "the key file {} is damaged: 64 hexadecimal digits are expected in each line; put back a copy of it",
            path.display()
        ))
    })
}

/// Replaces the file, so that at any moment either all of the old one is there or all of the new.
///
/// # Errors
/// What the disk gives.
pub(super) fn replace(path: &Path, lines: &[Line]) -> EngineResult<()> {
    let draft = draft(path, lines)?;
    fs::rename(&draft, path).map_err(|error| trouble(path, &error))?;
    settle(path)
}

/// Writes a new key beside its place and links it there, so that nobody ever reads half a key and of two processes one
/// loses without harm.
fn create(path: &Path) -> EngineResult<()> {
    let draft = draft(path, &[Line::of(random()?)])?;
    let linked = match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result,
    };
    let removed = fs::remove_file(&draft);
    linked.and(removed).map_err(|error| trouble(path, &error))?;
    settle(path)
}

fn draft(path: &Path, lines: &[Line]) -> EngineResult<PathBuf> {
    let suffix: [u8; 8] = random()?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", hex::encode(suffix)));
    let draft = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        for line in lines {
            writeln!(file, "{}", line.text())?;
        }
        file.sync_all()
    });
    written.map_err(|error| trouble(path, &error))?;
    Ok(draft)
}

/// The name of the file must survive a power failure as well.
fn settle(path: &Path) -> EngineResult<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        && let Ok(folder) = fs::File::open(folder)
    {
        folder.sync_all().map_err(|error| trouble(path, &error))?;
    }
    Ok(())
}

fn trouble(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Internal(format!("the key file {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_come_back_with_what_stands_behind_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.key");
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let lines = [Line { retired: Some(at), ..Line::of([1; 32]) }, Line::of([2; 32])];
        replace(&path, &lines).unwrap();
        assert!(read(&path).unwrap() == lines);
        assert!(read_or_create(&path).unwrap() == lines);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        for damaged in ["", "\n", "zz", "00 retired soon", "00", &format!("{} lost", "0".repeat(64))] {
            fs::write(&path, damaged).unwrap();
            assert!(read(&path).is_err(), "{damaged}");
        }
    }
}
