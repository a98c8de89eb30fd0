//! What stands beside a record: the tables of its lists, who owns their rows, and the mask that lets them be seen.

use super::expression::Eyes;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::sql::{Ident, SqlBuilder};
use formwright_core::field::Storage;

impl<'a> Compiler<'a> {
    /// Id of the record, or of the child row, to which a side table belongs.
    pub(crate) fn owner(&self, at: &At) -> SqlBuilder {
        let mut sql = self.sql();
        sql.ident(at.row.as_ref().map_or(&at.record, |(_, alias)| alias)).push(".\"id\"");
        sql
    }

    pub(super) fn side(&self, at: &At, field: usize) -> StoreResult<&'a Ident> {
        self.field_layout(at, field)?
            .side
            .as_ref()
            .map(|(table, _)| table)
            .ok_or_else(|| StoreError::Other("no list".into()))
    }

    /// `<mask> AND `, where the field is not shown on all rows.
    pub(super) fn seen(&self, at: &At, field: usize, eyes: Eyes) -> StoreResult<SqlBuilder> {
        use formwright_core::permission::Mask;
        let mut sql = self.sql();
        if eyes == Eyes::True {
            return Ok(sql);
        }
        match self.mask(at, field) {
            Mask::Shown => {}
            Mask::Unknown => {
                sql.push("1=0 AND ");
            }
            Mask::When { full, .. } => {
                let record = At { row: None, ..at.clone() };
                sql.append(self.condition(&record, &full, Eyes::True)?).push(" AND ");
            }
        }
        Ok(sql)
    }

    /// The link field of the record (or row) at `from` leads to the record at `to`.
    pub(super) fn points_at(&self, from: &At, field: usize, to: &At, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let layout = self.field_layout(from, field)?;
        let mut sql = self.sql();
        match layout.storage {
            Storage::List(_) => {
                let (side, alias) = (self.side(from, field)?, self.alias()?);
                sql.append(self.seen(from, field, eyes)?);
                sql.exists(side, &alias, "record").append(self.owner(from));
                sql.push(" AND ").ident(&alias).push(".\"value\" = ").ident(&to.record).push(".\"id\")");
            }
            _ => {
                sql.append(self.value(from, field, eyes)?.0).push(" = ").ident(&to.record).push(".\"id\"");
            }
        }
        Ok(sql)
    }
}
