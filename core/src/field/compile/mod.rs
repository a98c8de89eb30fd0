//! One computed field made ready: its formula checked and bound, its lookup or rollup resolved, the kind of its values found.

mod formula;
mod lookup;
mod rollup;

use super::formula::{Computed, PendingKind};
use super::settle::{Node, Settling, at};
use super::walk::Ground;
use super::{Field, FieldKind};
use crate::diagnostic::Fault;
use crate::error_code as code;
use formula::formula;
use lookup::lookup;
use rollup::rollup;

/// The settings that formulas may name.
pub(crate) struct Settings<'a> {
    pub field: &'a dyn Fn(&str) -> Option<&'a Field>,
    pub keys: Vec<String>,
}

impl Settings<'_> {
    /// No settings: for forms by themselves.
    pub fn none() -> Settings<'static> {
        Settings { field: &|_| None, keys: Vec::new() }
    }
}

type Compiled = Result<(FieldKind, Computed), Vec<Fault>>;

pub(super) fn compile(ground: &Ground, forms: &[Settling<'_>], node: &Node, settings: &Settings<'_>) -> Compiled {
    match &node.pending.what {
        PendingKind::Formula(source) | PendingKind::Default(source) => formula(ground, forms, node, source, settings),
        PendingKind::Lookup(doc) => {
            lookup(ground, forms, node, &doc.via, &doc.field).map_err(|fault| vec![at(&node.pending, fault)])
        }
        PendingKind::Rollup(doc) => rollup(ground, forms, node, doc).map_err(|fault| vec![at(&node.pending, fault)]),
    }
}

fn not_offered(at: &str, what: impl Into<String>) -> Fault {
    Fault::new(at, &code::KIND_NOT_OFFERED).with("what", what.into())
}

fn unknown(at: &str, name: &str, fields: &[Field]) -> Fault {
    Fault::new(at, &code::UNKNOWN_FIELD).with("name", name).suggest(name, fields.iter().map(|f| f.name.as_str()))
}
