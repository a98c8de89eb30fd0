//! From checked questions to SQL: row scopes, masks, filters, joins and pages.
//!
//! There is no select without an [`AccessSource`]: it says for each form touched which rows and fields the caller may see,
//! and the compiler applies that to every table it mentions. Row scopes themselves run with true values.

mod answer;
mod asked;
mod condition;
mod cursor;
mod expression;
mod gaps;
mod grouped;
mod joins;
mod live;
mod named;
mod page;
mod paths;
mod remote;
mod sealed;
mod search;
mod side;
mod true_eyes;
mod values;

pub use answer::{Answer, Expand, People, PersonCard, Selection};
pub(crate) use asked::Part;
pub use cursor::{Ending, read_cursor, write_cursor};
pub use expression::{Eyes, bind};
pub use grouped::GroupedFrom;
pub use page::{Page, PageQuery, count_rows, count_up_to, select_page, select_record, whole_ending};
pub(crate) use remote::{Lock as RemoteLock, fetch as fetch_remote};
pub(crate) use true_eyes::TrueEyes;

use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::layout::Layout;
use crate::sql::{Ident, SqlBuilder};
use formwright_core::catalog::Catalog;
use formwright_core::permission::Access;
use formwright_core::query::{Cond, Place};
use formwright_core::record::CompanyFacts;
use formwright_core::time::Clock;
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the caller may see of each form.
pub trait AccessSource: Send + Sync {
    fn access(&self, form: usize) -> Arc<Access>;

    /// When it is asked, in the company's zone: for fields that read the clock.
    fn clock(&self) -> Clock;

    /// What the company says, for fields that are worked out after the query.
    fn facts(&self) -> &dyn CompanyFacts;

    /// The condition of a rollup that depends on when or by whom it is asked: over what stands at `place`, for records of
    /// the form `outer`.
    fn rollup_filter(&self, place: Place, filter: &Json, outer: usize) -> Cond;
}

/// Everything that compiling a question needs.
pub struct Compiler<'a> {
    pub catalog: &'a Catalog,
    pub layout: &'a Layout,
    pub access: &'a dyn AccessSource,
    pub dialect: Dialect,
    aliases: AtomicU32,
    strict: AtomicBool,
    /// The record whose rollup is being worked out.
    outer: Mutex<Option<RecordAt>>,
}

/// A record in scope of an expression: its form, the alias of its table, and the alias of the child row, if one is meant.
#[derive(Clone, Debug)]
pub struct RecordAt {
    pub form: usize,
    pub record: Ident,
    pub row: Option<(usize, Ident)>,
}

pub(crate) use RecordAt as At;

impl RecordAt {
    /// The record whose table has the alias `t`.
    pub fn root(form: usize) -> StoreResult<RecordAt> {
        Ok(RecordAt { form, record: Ident::new("t")?, row: None })
    }
}

impl<'a> Compiler<'a> {
    pub fn new(
        catalog: &'a Catalog,
        layout: &'a Layout,
        access: &'a dyn AccessSource,
        dialect: Dialect,
    ) -> Compiler<'a> {
        Compiler {
            catalog,
            layout,
            access,
            dialect,
            aliases: AtomicU32::new(0),
            strict: AtomicBool::new(false),
            outer: Mutex::new(None),
        }
    }

    fn sql(&self) -> SqlBuilder {
        self.dialect.sql()
    }

    /// A new alias that no other part of the statement has.
    fn alias(&self) -> StoreResult<Ident> {
        let n = self.aliases.fetch_add(1, Ordering::Relaxed) + 1;
        Ident::new(&format!("a{n}"))
    }

    /// Whether what is written now stands under a NOT, where unknown would not be false.
    fn strict(&self) -> bool {
        self.strict.load(Ordering::Relaxed)
    }

    fn strictly<T>(&self, strict: bool, write: impl FnOnce() -> T) -> T {
        let before = self.strict.swap(strict, Ordering::Relaxed);
        let out = write();
        self.strict.store(before, Ordering::Relaxed);
        out
    }

    /// What is written now is asked for a record: `record.*` means a field of that one.
    fn for_record<T>(&self, at: &RecordAt, write: impl FnOnce() -> T) -> T {
        let swap = |new: Option<RecordAt>| {
            std::mem::replace(&mut *self.outer.lock().unwrap_or_else(PoisonError::into_inner), new)
        };
        let before = swap(Some(at.clone()));
        let out = write();
        swap(before);
        out
    }

    fn outer(&self) -> Option<RecordAt> {
        self.outer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The tables of a form.
    pub fn form_layout(&self, form: usize) -> StoreResult<&'a crate::layout::FormLayout> {
        self.form(form)
    }

    /// A condition over the record at a place.
    pub fn condition_on(
        &self,
        at: &RecordAt,
        cond: &formwright_core::query::Cond,
        eyes: Eyes,
    ) -> StoreResult<SqlBuilder> {
        self.condition(at, cond, eyes)
    }

    fn form(&self, form: usize) -> StoreResult<&'a crate::layout::FormLayout> {
        self.layout.forms.get(form).ok_or_else(|| crate::StoreError::Other("form out of the catalogue".into()))
    }
}
