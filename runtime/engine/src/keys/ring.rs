//! The keys of the key file, each with what is derived from it.

use super::file::Line;
use super::mac;
use crate::EngineResult;
use chrono::{DateTime, Utc};

/// The keys of the key file.
pub(super) struct Ring {
    /// Name of the one in use.
    pub current: String,
    pub keys: Vec<Outer>,
}

/// A key of the key file.
#[derive(Clone)]
pub(super) struct Outer {
    pub id: String,
    pub line: Line,
    pub wrapping: [u8; 32],
    pub backup: [u8; 32],
}

/// A key of the key file, for whoever looks after them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLine {
    /// Its name.
    pub id: String,
    pub is_current: bool,
    /// Since when it is not in use any more, where that is known.
    pub retired: Option<DateTime<Utc>>,
}

impl Outer {
    fn of(line: Line) -> EngineResult<Outer> {
        let derive = |label: &str| derived(&line.secret, label);
        Ok(Outer { id: name_of(&line.secret)?, wrapping: derive("wrapping")?, backup: derive("backup")?, line })
    }
}

impl Ring {
    pub fn of(lines: Vec<Line>, current: &str) -> EngineResult<Ring> {
        let keys = lines.into_iter().map(Outer::of).collect::<EngineResult<_>>()?;
        Ok(Ring { current: current.to_string(), keys })
    }

    pub fn key(&self, id: &str) -> Option<&Outer> {
        self.keys.iter().find(|key| key.id == id)
    }
}

pub(super) fn derived(secret: &[u8; 32], label: &str) -> EngineResult<[u8; 32]> {
    mac(secret, &[b"formwright ", label.as_bytes()])
}

pub(super) fn name_of(secret: &[u8; 32]) -> EngineResult<String> {
    Ok(hex::encode(derived(secret, "key id")?.get(..8).unwrap_or_default()))
}
