//! Conditions to SQL, two-valued: every part is true or false, never unknown, so that `NOT` means not.
//!
//! Steps through links become EXISTS on the record they lead to, which must be one that the caller may read.

mod comparison;
mod hops;
mod leaf;
mod related;

use crate::error::StoreResult;
use crate::select::expression::Eyes;
use crate::select::{At, Compiler};
use crate::sql::SqlBuilder;
use formwright_core::query::{Cond, Test};

impl<'a> Compiler<'a> {
    /// A condition over the record at a place.
    pub(crate) fn condition(&self, at: &At, cond: &Cond, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        match cond {
            Cond::True => {
                sql.push("1=1");
            }
            Cond::False => {
                sql.push("1=0");
            }
            Cond::And(parts) | Cond::Or(parts) => {
                let and = matches!(cond, Cond::And(_));
                if parts.is_empty() {
                    sql.push(if and { "1=1" } else { "1=0" });
                    return Ok(sql);
                }
                sql.push("(");
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        sql.push(if and { " AND " } else { " OR " });
                    }
                    sql.append(self.condition(at, part, eyes)?);
                }
                sql.push(")");
            }
            Cond::Not(inner) => {
                let part = self.strictly(true, || self.condition(at, inner, eyes))?;
                sql.push("NOT (").append(part).push(")");
            }
            Cond::Test { path, test } => {
                if *test == Test::Empty {
                    // empty is: nowhere a value
                    let filled = self.strictly(true, || self.hops(at, path, &path.hops, None, eyes))?;
                    sql.push("NOT ").append(filled);
                } else {
                    sql.append(self.hops(at, path, &path.hops, Some(test), eyes)?);
                }
            }
            Cond::Related(related) => {
                sql.append(self.related(at, related, eyes)?);
            }
            Cond::Readable { field, to } => {
                let layout = self.field_layout(at, *field)?;
                let target = self.form(*to)?;
                let alias = self.alias()?;
                let inner = At { form: *to, record: alias.clone(), row: None };
                sql.exists(&target.table, &alias, "id")
                    .column(&at.record, &layout.column)
                    .push(" AND ")
                    .ident(&alias)
                    .push(".\"deleted_at\" IS NULL AND ");
                // the scope of the target is the caller's own, whoever's eyes look
                sql.append(self.condition(&inner, &self.access.access(*to).rows, Eyes::True)?).push(")");
            }
        }
        Ok(sql)
    }

    /// Whether a live record of a form at `alias` may be read by the caller (always, where true values are looked at).
    pub(crate) fn in_scope(&self, at: &At, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        sql.ident(&at.record).push(".\"deleted_at\" IS NULL");
        if eyes == Eyes::Reader {
            let access = self.access.access(at.form);
            if access.rows != Cond::True {
                sql.push(" AND ").append(self.condition(at, &access.rows, Eyes::True)?);
            }
        }
        Ok(sql)
    }
}
