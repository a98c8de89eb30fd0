//! Which columns, and in which order.

use super::QueryContext;
use super::path::{Path, Place, resolve_column, resolve_open, resolve_path};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::FieldKind;

/// A column of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Selected {
    pub path: Path,
}

/// An order by one path.
#[derive(Clone, Debug, PartialEq)]
pub struct SortKey {
    pub path: Path,
    pub descending: bool,
}

/// Reads `-updated_at,company` as a list of keys.
pub fn read_sort(
    cx: &QueryContext<'_>,
    form: usize,
    keys: &[String],
    at: &str,
    faults: &mut Vec<Fault>,
) -> Vec<SortKey> {
    let mut out: Vec<SortKey> = Vec::new();
    if keys.len() > 5 {
        faults.push(Fault::new(at, &code::TOO_MANY).with("limit", 5));
        return out;
    }
    for (i, key) in keys.iter().enumerate() {
        let (name, descending) =
            key.strip_prefix('-').map_or((key.strip_prefix('+').unwrap_or(key), false), |k| (k, true));
        let here = format!("{at}/{i}");
        match resolve_open(cx, Place::form(form), name, &here) {
            Ok(path) if path.is_many(cx.catalog) => {
                faults.push(
                    Fault::new(here, &code::VALUE_INVALID)
                        .with("reason", format!("{name} has several values and cannot be sorted by")),
                );
            }
            Ok(path)
                if matches!(path.field(cx.catalog).map(|f| &f.kind), Some(FieldKind::Json | FieldKind::Location)) =>
            {
                faults
                    .push(Fault::new(here, &code::VALUE_INVALID).with("reason", format!("{name} cannot be sorted by")));
            }
            Ok(path) => {
                if !out.iter().any(|k| k.path == path) {
                    out.push(SortKey { path, descending });
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    out
}

/// Reads `select`: own fields and paths through links.
pub fn read_select(
    cx: &QueryContext<'_>,
    form: usize,
    paths: &[String],
    at: &str,
    faults: &mut Vec<Fault>,
) -> Vec<Selected> {
    let mut out: Vec<Selected> = Vec::new();
    if paths.len() > 200 {
        faults.push(Fault::new(at, &code::TOO_MANY).with("limit", 200));
        return out;
    }
    for (i, text) in paths.iter().enumerate() {
        // through a link only what the database knows is at hand
        let resolve = if text.contains('.') { resolve_column } else { resolve_path };
        match resolve(cx, Place::form(form), text, &format!("{at}/{i}")) {
            Ok(path) => {
                if !out.iter().any(|s| s.path == path) {
                    out.push(Selected { path });
                }
            }
            Err(fault) => faults.push(fault),
        }
    }
    out
}
