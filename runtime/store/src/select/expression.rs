//! The SQL of a field's value as the caller sees it.

use super::asked::Part;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::sql::SqlBuilder;
use crate::value::{Kind, Val};
use formwright_core::field::SystemField;
use formwright_core::permission::{MARK, Mask, SHOWN};

/// With the reader's masks, or true values (row scopes, locks).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    Reader,
    True,
}

impl<'a> Compiler<'a> {
    pub(crate) fn field_layout(&self, at: &At, field: usize) -> StoreResult<&'a FieldLayout> {
        let form = self.form(at.form)?;
        let found = match &at.row {
            None => form.fields.get(field),
            Some((table, _)) => form.fields.get(*table).and_then(|f| f.rows.as_ref()).and_then(|r| r.fields.get(field)),
        };
        found.ok_or_else(|| StoreError::Other("field out of the catalogue".into()))
    }

    /// The mask of a field at a place.
    pub(crate) fn mask(&self, at: &At, field: usize) -> Mask {
        let access = self.access.access(at.form);
        match &at.row {
            None => access.mask(field, None).clone(),
            Some((table, _)) => access.mask(*table, Some(field)).clone(),
        }
    }

    /// A plain column of a place.
    pub(crate) fn plain(&self, at: &At, column: &crate::sql::Ident) -> SqlBuilder {
        let mut sql = self.sql();
        let alias = at.row.as_ref().map_or(&at.record, |(_, alias)| alias);
        sql.column(alias, column);
        sql
    }

    /// A column under the mask of its field: the value where the caller sees it, else no value.
    pub(crate) fn masked(&self, at: &At, field: usize, plain: SqlBuilder, eyes: Eyes) -> StoreResult<SqlBuilder> {
        if eyes == Eyes::True {
            return Ok(plain);
        }
        match self.mask(at, field) {
            Mask::Shown => Ok(plain),
            Mask::Unknown => {
                let mut sql = self.sql();
                sql.push("NULL");
                Ok(sql)
            }
            Mask::When { full, .. } => {
                let record = At { row: None, ..at.clone() };
                let mut sql = self.sql();
                sql.push("CASE WHEN ")
                    .append(self.condition(&record, &full, Eyes::True)?)
                    .push(" THEN ")
                    .append(plain)
                    .push(" END");
                Ok(sql)
            }
        }
    }

    /// The value of a field with a column of its own.
    pub(crate) fn value(&self, at: &At, field: usize, eyes: Eyes) -> StoreResult<(SqlBuilder, Kind)> {
        let layout = self.field_layout(at, field)?;
        let plain = self.unmasked(at, field, eyes)?;
        Ok((self.masked(at, field, plain, eyes)?, layout.kind))
    }

    /// The value before the mask of its own field: its column, or what the query works out in its place.
    fn unmasked(&self, at: &At, field: usize, eyes: Eyes) -> StoreResult<SqlBuilder> {
        match self.asked(at, field, eyes, Part::Value)? {
            Some(asked) => Ok(asked),
            None => Ok(self.plain(at, &self.field_layout(at, field)?.column)),
        }
    }

    /// The value as it is answered: besides the mask, the last four characters where a grant shows only these.
    pub(crate) fn shown(&self, at: &At, field: usize) -> StoreResult<(SqlBuilder, Kind)> {
        let layout = self.field_layout(at, field)?;
        let Mask::When { full, part } = self.mask(at, field) else { return self.shown_elsewhere(at, field) };
        if part == formwright_core::query::Cond::False || layout.kind != Kind::Text {
            return self.value(at, field, Eyes::Reader);
        }
        let plain = self.unmasked(at, field, Eyes::Reader)?;
        // the numbers in the statement below
        const { assert!(SHOWN == 4) };
        let record = At { row: None, ..at.clone() };
        let mut sql = self.sql();
        sql.push("CASE WHEN ").append(self.condition(&record, &full, Eyes::True)?).push(" THEN ").append(plain.clone());
        sql.push(" WHEN ")
            .append(self.condition(&record, &part, Eyes::True)?)
            .push(" AND length(")
            .append(plain.clone())
            .push(") > 4 THEN ");
        sql.val(MARK).push(" || substr(").append(plain.clone()).push(", length(").append(plain);
        sql.push(") - 3) END");
        Ok((sql, Kind::Text))
    }

    /// What a field is ordered and compared by.
    pub(crate) fn sort_value(&self, at: &At, field: usize, eyes: Eyes) -> StoreResult<(SqlBuilder, Kind)> {
        let layout = self.field_layout(at, field)?;
        match &layout.sort {
            Some((column, kind)) => {
                let plain = match self.asked(at, field, eyes, Part::Sort)? {
                    Some(asked) => asked,
                    None if *kind == Kind::Text => {
                        self.dialect.sort_key(self.plain(at, column), self.plain(at, &layout.column))
                    }
                    None => self.plain(at, column),
                };
                Ok((self.masked(at, field, plain, eyes)?, *kind))
            }
            None => self.value(at, field, eyes),
        }
    }

    pub(crate) fn system(&self, at: &At, field: SystemField) -> (SqlBuilder, Kind) {
        let mut sql = self.sql();
        sql.ident(&at.record).push(".").name(field.name());
        (sql, crate::layout::kind_of(field.column_kind()))
    }
}

/// A value of the catalogue as one to bind, of the kind of the column it meets. `None` where the column can hold no such
/// value, so that nothing equals it.
pub fn bind(value: &formwright_core::value::Value, kind: Kind) -> Option<Val> {
    use formwright_core::value::Value as V;
    Some(match (value, kind) {
        (V::Text(t), Kind::Text) => Val::Text(t.clone()),
        (V::Text(t), Kind::Json) => Val::Json(t.clone()),
        (V::Bool(b), Kind::Bool) => Val::Bool(*b),
        (V::Dec(d), Kind::Dec(scale)) => {
            crate::value::scaled(*d, scale).ok()?;
            Val::Dec(*d, scale)
        }
        (V::Dec(d), Kind::Int) => Val::Int(i64::try_from(*d).ok().filter(|_| d.fract().is_zero())?),
        (V::Date(d), Kind::Date) => Val::Date(*d),
        (V::Time(t), Kind::Time) => Val::Time(*t),
        (V::Ts(t), Kind::Ts) => Val::Ts(*t),
        (V::Id(id), Kind::Uuid) => Val::Uuid(*id),
        _ => return None,
    })
}
