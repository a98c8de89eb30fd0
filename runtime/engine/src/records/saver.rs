//! What a save is made with: who saves and from where, by which catalogue and layout, and how.

use crate::access::CallerAccess;
use crate::audit::Origin;
use crate::context::{Authority, Context};
use crate::error::{EngineError, EngineResult};
use formwright_core::form::Form;
use formwright_core::record::Patch;
use formwright_store::Tx;
use formwright_store::layout::{FormLayout, Layout};
use formwright_store::select::{AccessSource, Compiler};
use serde_json::{Map, Value as Json};
use std::sync::Arc;
use uuid::Uuid;

/// Why a record is written, as its history says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Create,
    Update,
    Delete,
    Restore,
    Import,
    /// Shipped or moved data.
    Migration,
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Cause::Create => "create",
            Cause::Update => "update",
            Cause::Delete => "delete",
            Cause::Restore => "restore",
            Cause::Import => "import",
            Cause::Migration => "migration",
        }
    }
}

/// How a save is made.
#[derive(Clone, Copy, Debug)]
pub struct SaveOptions {
    pub cause: Option<Cause>,
    /// One act on many records.
    pub batch: Option<Uuid>,
    /// Moved data: serials, creation data and readonly fields are given; transitions are not asked.
    pub migrate: bool,
}

impl SaveOptions {
    pub fn plain() -> SaveOptions {
        SaveOptions { cause: None, batch: None, migrate: false }
    }

    /// Whether the record must pass as a whole afterwards. One act on many records, imports and moved data change what they
    /// name and leave the rest, marked, to whoever edits the record.
    pub(super) fn asks_for_whole(self) -> bool {
        !self.migrate && self.batch.is_none() && self.cause.is_none()
    }

    /// Whether records that are there already are looked for. An import does so itself, many rows at once.
    pub(super) fn asks_for_same(self) -> bool {
        !self.migrate && !matches!(self.cause, Some(Cause::Import | Cause::Restore))
    }
}

/// Everything a save needs, owned, so that it can go to where the transaction runs.
#[derive(Clone)]
pub struct Saver {
    pub cx: Context,
    pub access: Arc<CallerAccess>,
    pub layout: Arc<Layout>,
    pub origin: Origin,
}

impl Saver {
    pub fn new(cx: &Context) -> EngineResult<Saver> {
        Ok(Saver {
            cx: cx.clone(),
            access: Arc::new(CallerAccess::new(cx)),
            layout: cx.engine.layout(&cx.catalog)?,
            origin: Origin::of(cx),
        })
    }

    pub fn compiler<'a>(&'a self, tx: &Tx) -> Compiler<'a> {
        Compiler::new(&self.cx.catalog, &self.layout, self.access.as_ref(), tx.dialect())
    }

    /// Reads a body into a patch. What cannot be read is reported by the save, with all else that is wrong.
    pub fn read_patch(&self, form_index: usize, form: &Form, body: &Map<String, Json>) -> EngineResult<Patch> {
        let access = self.access.access(form_index);
        let mut faults = Vec::new();
        let mut patch = Patch::read(form, body, &|field, column| access.sees(field, column), &mut faults);
        patch.faults = faults;
        Ok(patch)
    }

    /// Where the records of a form live.
    pub(super) fn laid_out(&self, form: &Form) -> EngineResult<&FormLayout> {
        let found = self.layout.form_by_id(&form.id);
        found.ok_or_else(|| EngineError::Internal(format!("the form {} has no tables", form.name)))
    }

    /// Whether the work is the installation's own.
    pub fn is_own_work(&self) -> bool {
        matches!(self.cx.authority, Authority::System(_))
    }
}
