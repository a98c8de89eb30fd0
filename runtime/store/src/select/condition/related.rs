//! Records of another form, or child rows, that belong to a record: whether there are any, how many, and their sum.

use super::comparison::number_test;
use crate::error::{StoreError, StoreResult};
use crate::select::expression::Eyes;
use crate::select::{At, Compiler};
use crate::sql::SqlBuilder;
use crate::value::Kind;
use formwright_core::query::{Comparison, Cond, Related};
use rust_decimal::Decimal;

impl<'a> Compiler<'a> {
    pub(super) fn related(&self, at: &At, related: &Related, eyes: Eyes) -> StoreResult<SqlBuilder> {
        self.strictly(false, || self.related_rows(at, related, eyes))
    }

    fn related_rows(&self, at: &At, related: &Related, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let (from, inner) = self.related_from(at, related.form, related.table, related.via, &related.filter, eyes)?;
        let strict = self.strict();
        let at_least_one = related.sum.is_none() && related.bounds.as_slice() == [(Comparison::Ge, Decimal::ONE)];
        let mut sql = self.sql();
        if at_least_one {
            sql.push("EXISTS (SELECT 1 FROM ").append(from).push(")");
            return Ok(sql);
        }
        let mut number = self.sql();
        let kind = match related.sum {
            None => {
                number.push("(SELECT count(*) FROM ").append(from).push(")");
                Kind::Int
            }
            Some(field) => {
                let (value, kind) = self.value(&inner, field, eyes)?;
                number
                    .push("(SELECT COALESCE(")
                    .append(self.dialect.sum(value))
                    .push(", 0) FROM ")
                    .append(from)
                    .push(")");
                kind
            }
        };
        sql.push("(").list(" AND ", &related.bounds, |sql, (comparison, bound)| {
            sql.append(number_test(strict, number.clone(), kind, *comparison, *bound));
        });
        if related.bounds.is_empty() {
            sql.push("1=1");
        }
        sql.push(")");
        Ok(sql)
    }

    /// FROM and WHERE of the records of a form, or rows of its child table, that point to the record at a place (without
    /// `via`: its own rows) and meet a condition; and the place of one of them.
    pub(in crate::select) fn related_from(
        &self,
        at: &At,
        form: usize,
        table: Option<usize>,
        via: Option<usize>,
        filter: &Cond,
        eyes: Eyes,
    ) -> StoreResult<(SqlBuilder, At)> {
        let target = self.form(form)?;
        let record = self.alias()?;
        let mut from = self.sql();
        let mut inner = At { form, record: record.clone(), row: None };
        let own_rows = via.is_none();
        if let Some(table) = table {
            let row = self.alias()?;
            let layout = target
                .fields
                .get(table)
                .and_then(|f| f.rows.as_ref())
                .ok_or_else(|| StoreError::Other("no child table".into()))?;
            from.ident(&layout.table).push(" AS ").ident(&row);
            if own_rows {
                inner.record = at.record.clone();
            } else {
                from.push(" JOIN ")
                    .ident(&target.table)
                    .push(" AS ")
                    .ident(&record)
                    .push(" ON ")
                    .ident(&record)
                    .push(".\"id\" = ")
                    .ident(&row)
                    .push(".\"record\"");
            }
            inner.row = Some((table, row));
        } else {
            from.ident(&target.table).push(" AS ").ident(&record);
        }
        from.push(" WHERE ");
        if let Some(table) = table {
            // rows that the reader does not see on this record are not counted either
            from.append(self.seen(&At { row: None, ..inner.clone() }, table, eyes)?);
        }
        match (via, &inner.row) {
            (Some(via), _) => {
                from.append(self.points_at(&inner, via, at, eyes)?).push(" AND ");
                from.append(self.in_scope(&At { row: None, ..inner.clone() }, eyes)?);
            }
            (None, Some((_, row))) => {
                from.ident(row).push(".\"record\" = ").ident(&at.record).push(".\"id\"");
            }
            (None, None) => {
                from.push("1=0");
            }
        }
        if *filter != Cond::True {
            from.push(" AND ").append(self.condition(&inner, filter, eyes)?);
        }
        Ok((from, inner))
    }
}
