//! What aggregates need of the compiler: a FROM that grows by paths, and the rows in scope.

use super::expression::Eyes;
use super::joins::From;
use super::{At, Compiler};
use crate::error::StoreResult;
use crate::sql::SqlBuilder;
use crate::value::Kind;
use formwright_core::fold::SearchPhrase;
use formwright_core::query::Path;

/// The FROM of an aggregate.
pub struct GroupedFrom(From);

impl GroupedFrom {
    pub fn new(compiler: &Compiler<'_>, form: usize) -> StoreResult<GroupedFrom> {
        let at = At::root(form)?;
        let mut sql = compiler.dialect.sql();
        sql.ident(&compiler.form_layout(form)?.table).push(" AS ").ident(&at.record);
        Ok(GroupedFrom(From::new(sql)))
    }

    /// The value of a path as the caller sees it.
    pub fn column(&mut self, compiler: &Compiler<'_>, at: &At, path: &Path) -> StoreResult<(SqlBuilder, Kind)> {
        let column = compiler.path_column(&mut self.0, at, path)?;
        Ok((column.value, column.kind))
    }

    /// Whether a record may appear in several groups.
    pub fn overlapping(&self) -> bool {
        self.0.overlapping
    }

    pub fn into_sql(self) -> SqlBuilder {
        self.0.sql
    }
}

impl Compiler<'_> {
    /// The live records that the caller may read.
    pub fn live(&self, at: &At) -> StoreResult<SqlBuilder> {
        self.in_scope(at, Eyes::Reader)
    }

    /// The record is found by all phrases.
    pub fn found_on(&self, at: &At, phrases: &[SearchPhrase]) -> StoreResult<SqlBuilder> {
        self.found(at, phrases)
    }
}
