//! Definitions: drafts, plans, publications and the way back.
//!
//! A draft touches nothing. A publication checks all of them together, plans what changes, asks for what must be confirmed,
//! and is done in one transaction; then the catalogue is swapped. [`Selection`] says which drafts are meant.

mod around;
mod compose;
mod convert;
mod draft;
pub(crate) mod ground;
mod history;
mod holding;
mod judging;
mod naming;
mod prepare;
mod run;
mod usage;
mod usage_field;

pub use compose::Selection;
pub(crate) use compose::key_in_bundle;
pub(crate) use draft::give_ids;
pub use draft::{DefinitionQuery, definition, definitions, delete_definition, discard_draft, save_draft};
pub(crate) use ground::Ground;
pub use history::{publication, publications};
pub use naming::names;
pub(crate) use prepare::place;
pub use prepare::{Planned, drafted, plan, plan_rollback};
pub(crate) use run::plan_documents;
pub(crate) use run::publish_documents;
pub use run::{Publication, Published, publish, rollback};
pub use usage::usage;

use crate::accounts::{Scope, allows};
use crate::{Authority, Context, EngineResult, Refusal};
use formwright_core::error_code as code;

/// Refuses whoever may not design the app. System work may.
pub(crate) fn require_design(cx: &Context, app: &str) -> EngineResult<()> {
    match &cx.authority {
        Authority::System(_) => Ok(()),
        Authority::Person(person) if person.designs(app) && allows(&person.via, Scope::Design) => Ok(()),
        Authority::Person(_) => Err(Refusal::new(&code::FORBIDDEN).with("action", "design").into()),
    }
}

/// Refuses whoever designs no app at all.
pub(crate) fn require_any_design(cx: &Context) -> EngineResult<()> {
    match &cx.authority {
        Authority::System(_) => Ok(()),
        Authority::Person(person) if person.admin || !person.designs.is_empty() => Ok(()),
        Authority::Person(_) => Err(Refusal::new(&code::FORBIDDEN).with("action", "design").into()),
    }
}
