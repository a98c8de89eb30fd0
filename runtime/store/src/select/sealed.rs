//! Encrypted values of an answer: the mask is the column's, so what the caller may not see never comes; the rest is opened while
//! it is written.

use super::expression::Eyes;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::row::Row;
use crate::seal::Seal;
use crate::sql::SqlBuilder;
use crate::value::Val;
use formwright_core::permission::{Mask, partial};
use formwright_core::query::Cond;
use std::sync::Arc;

/// Where an encrypted value of the answer comes from.
pub(super) struct Sealed {
    seal: Arc<Seal>,
    /// Column of the value under its mask.
    at: usize,
    /// Column of the record's or row's id.
    owner: usize,
    /// The column that says whether the caller sees all of the value on this record.
    whole: Option<usize>,
}

impl Sealed {
    /// Plans the columns; `add` takes each and gives its place in the row.
    pub fn plan(
        compiler: &Compiler<'_>,
        at: &At,
        field: usize,
        seal: &Arc<Seal>,
        add: &mut dyn FnMut(SqlBuilder) -> usize,
    ) -> StoreResult<Sealed> {
        let (mut value, mut whole) = (None, None);
        if let Mask::When { full, part } = compiler.mask(at, field)
            && part != Cond::False
        {
            let record = At { row: None, ..at.clone() };
            let full = compiler.condition(&record, &full, Eyes::True)?;
            let mut sql = compiler.dialect.sql();
            sql.push("CASE WHEN ").append(full.clone()).push(" OR ");
            sql.append(compiler.condition(&record, &part, Eyes::True)?).push(" THEN ");
            value = Some(sql.append(compiler.value(at, field, Eyes::True)?.0).push(" END").clone());
            let mut sql = compiler.dialect.sql();
            sql.push("CASE WHEN ").append(full).push(" THEN ");
            whole = Some(sql.append(compiler.dialect.typed(Val::Bool(true))).push(" END").clone());
        }
        let value = match value {
            Some(value) => value,
            None => compiler.value(at, field, Eyes::Reader)?.0,
        };
        Ok(Sealed { seal: seal.clone(), at: add(value), owner: add(compiler.owner(at)), whole: whole.map(add) })
    }

    /// Writes the value as JSON.
    pub fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> StoreResult<()> {
        let Some(sealed) = row.text(self.at)? else {
            json_text::null(out);
            return Ok(());
        };
        let owner = row.uuid(self.owner)?.ok_or_else(|| StoreError::Damaged("an encrypted value of nothing".into()))?;
        let text = self.seal.open(owner, sealed)?;
        let whole = match self.whole {
            Some(at) => row.bool(at)?.is_some(),
            None => true,
        };
        if whole {
            json_text::text(&text, out);
            return Ok(());
        }
        match partial(&text) {
            Some(end) => json_text::text(&end, out),
            None => json_text::null(out),
        }
        Ok(())
    }
}
