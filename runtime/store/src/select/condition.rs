//! Conditions to SQL, two-valued: every part is true or false, never unknown, so that `NOT` means not.
//!
//! Steps through links become EXISTS on the record they lead to, which must be one that the caller may read.

use super::expression::{Eyes, bind};
use super::{At, Compiler};
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::seal::Seal;
use crate::sql::{Ident, SqlBuilder};
use crate::value::{Kind, Val, scaled};
use formwright_core::field::Storage;
use formwright_core::fold;
use formwright_core::query::{
    Comparison, Cond, DepartmentAttr, Hop, Leaf, Path, PersonSource, Related, Test, UserAttr,
};
use formwright_core::value::Value;
use rust_decimal::{Decimal, RoundingStrategy};

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
                sql.push("EXISTS (SELECT 1 FROM ")
                    .ident(&target.table)
                    .push(" AS ")
                    .ident(&alias)
                    .push(" WHERE ")
                    .ident(&alias)
                    .push(".\"id\" = ");
                sql.column(&at.record, &layout.column).push(" AND ").ident(&alias).push(".\"deleted_at\" IS NULL AND ");
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

    /// Follows the hops and puts the test (or, without one, "has a value") to what they lead to.
    pub(super) fn hops(
        &self,
        at: &At,
        path: &Path,
        hops: &[Hop],
        test: Option<&Test>,
        eyes: Eyes,
    ) -> StoreResult<SqlBuilder> {
        let Some((hop, rest)) = hops.split_first() else { return self.leaf(at, path, test, eyes) };
        // inside EXISTS a comparison with nothing may stay unknown: it finds no row either way
        self.strictly(false, || self.hop(at, path, hop, rest, test, eyes))
    }

    fn hop(
        &self,
        at: &At,
        path: &Path,
        hop: &Hop,
        rest: &[Hop],
        test: Option<&Test>,
        eyes: Eyes,
    ) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        match hop {
            Hop::Link { field, to } => {
                let target = self.form(*to)?;
                let alias = self.alias()?;
                let inner = At { form: *to, record: alias.clone(), row: None };
                let (value, _) = self.value(at, *field, eyes)?;
                sql.push("EXISTS (SELECT 1 FROM ")
                    .ident(&target.table)
                    .push(" AS ")
                    .ident(&alias)
                    .push(" WHERE ")
                    .ident(&alias)
                    .push(".\"id\" = ")
                    .append(value);
                sql.push(" AND ")
                    .append(self.in_scope(&inner, eyes)?)
                    .push(" AND ")
                    .append(self.hops(&inner, path, rest, test, eyes)?)
                    .push(")");
            }
            Hop::Links { field, to } => {
                let target = self.form(*to)?;
                let (side, side_alias, alias) = (self.side(at, *field)?, self.alias()?, self.alias()?);
                let inner = At { form: *to, record: alias.clone(), row: None };
                sql.append(self.seen(at, *field, eyes)?);
                sql.push("EXISTS (SELECT 1 FROM ")
                    .ident(side)
                    .push(" AS ")
                    .ident(&side_alias)
                    .push(" JOIN ")
                    .ident(&target.table)
                    .push(" AS ")
                    .ident(&alias);
                sql.push(" ON ")
                    .ident(&alias)
                    .push(".\"id\" = ")
                    .ident(&side_alias)
                    .push(".\"value\" WHERE ")
                    .ident(&side_alias)
                    .push(".\"record\" = ");
                sql.append(self.owner(at)).push(" AND ").append(self.in_scope(&inner, eyes)?).push(" AND ");
                sql.append(self.hops(&inner, path, rest, test, eyes)?).push(")");
            }
            Hop::Rows { field } => {
                let layout = self.field_layout(at, *field)?;
                let rows = layout.rows.as_ref().ok_or_else(|| StoreError::Other("no child table".into()))?;
                let alias = self.alias()?;
                let inner = At { form: at.form, record: at.record.clone(), row: Some((*field, alias.clone())) };
                sql.append(self.seen(at, *field, eyes)?);
                sql.push("EXISTS (SELECT 1 FROM ")
                    .ident(&rows.table)
                    .push(" AS ")
                    .ident(&alias)
                    .push(" WHERE ")
                    .ident(&alias)
                    .push(".\"record\" = ");
                sql.ident(&at.record).push(".\"id\" AND ").append(self.hops(&inner, path, rest, test, eyes)?).push(")");
            }
            Hop::Inverse { form, field } => {
                let target = self.form(*form)?;
                let alias = self.alias()?;
                let inner = At { form: *form, record: alias.clone(), row: None };
                sql.push("EXISTS (SELECT 1 FROM ")
                    .ident(&target.table)
                    .push(" AS ")
                    .ident(&alias)
                    .push(" WHERE ")
                    .append(self.points_at(&inner, *field, at, eyes)?);
                sql.push(" AND ")
                    .append(self.in_scope(&inner, eyes)?)
                    .push(" AND ")
                    .append(self.hops(&inner, path, rest, test, eyes)?)
                    .push(")");
            }
            Hop::User { .. } | Hop::Users { .. } => {
                let alias = self.alias()?;
                sql.push("EXISTS (SELECT 1 FROM ").name("fw_users").push(" AS ").ident(&alias).push(" WHERE ");
                sql.append(self.names_it(at, hop, &alias, eyes)?).push(" AND ");
                let (value, kind) = user_column(self.sql(), &alias, path);
                sql.append(self.compare(value, kind, None, test)?).push(")");
            }
            Hop::Department { .. } | Hop::Departments { .. } => {
                let alias = self.alias()?;
                sql.push("EXISTS (SELECT 1 FROM ").name("fw_departments").push(" AS ").ident(&alias).push(" WHERE ");
                sql.append(self.names_it(at, hop, &alias, eyes)?).push(" AND ");
                let (value, kind) = department_column(self.sql(), &alias, path);
                sql.append(self.compare(value, kind, None, test)?).push(")");
            }
        }
        Ok(sql)
    }

    /// `alias.id` is the person or department that the field names (or is among those it names).
    pub(super) fn names_it(&self, at: &At, hop: &Hop, alias: &Ident, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        match hop {
            Hop::User { source: PersonSource::CreatedBy } => {
                sql.ident(alias).push(".\"id\" = ").ident(&at.record).push(".\"created_by\"");
            }
            Hop::User { source: PersonSource::UpdatedBy } => {
                sql.ident(alias).push(".\"id\" = ").ident(&at.record).push(".\"updated_by\"");
            }
            Hop::User { source: PersonSource::Field(field) } | Hop::Department { field } => {
                sql.ident(alias).push(".\"id\" = ").append(self.value(at, *field, eyes)?.0);
            }
            Hop::Users { field } | Hop::Departments { field } => {
                let (side, inner) = (self.side(at, *field)?, self.alias()?);
                sql.append(self.seen(at, *field, eyes)?);
                sql.ident(alias)
                    .push(".\"id\" IN (SELECT ")
                    .ident(&inner)
                    .push(".\"value\" FROM ")
                    .ident(side)
                    .push(" AS ")
                    .ident(&inner);
                sql.push(" WHERE ").ident(&inner).push(".\"record\" = ").append(self.owner(at)).push(")");
            }
            _ => {
                sql.push("1=0");
            }
        }
        Ok(sql)
    }

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
                sql.push("EXISTS (SELECT 1 FROM ")
                    .ident(side)
                    .push(" AS ")
                    .ident(&alias)
                    .push(" WHERE ")
                    .ident(&alias)
                    .push(".\"record\" = ")
                    .append(self.owner(from));
                sql.push(" AND ").ident(&alias).push(".\"value\" = ").ident(&to.record).push(".\"id\")");
            }
            _ => {
                sql.append(self.value(from, field, eyes)?.0).push(" = ").ident(&to.record).push(".\"id\"");
            }
        }
        Ok(sql)
    }

    fn related(&self, at: &At, related: &Related, eyes: Eyes) -> StoreResult<SqlBuilder> {
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
    pub(super) fn related_from(
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

    fn leaf(&self, at: &At, path: &Path, test: Option<&Test>, eyes: Eyes) -> StoreResult<SqlBuilder> {
        match &path.leaf {
            Leaf::System(field) => {
                let (value, kind) = self.system(at, *field);
                self.compare(value, kind, None, test)
            }
            Leaf::Field(field) => {
                if let Some(lookup) = self.lookup(at, *field) {
                    return self.looked_up(at, *field, &lookup, path, test, eyes);
                }
                let layout = self.field_layout(at, *field)?;
                match (layout.storage, &layout.side, &layout.rows) {
                    (Storage::List(_), Some((side, kind)), _) => self.many(at, *field, side, *kind, test, eyes),
                    (Storage::Table, _, Some(rows)) => {
                        let alias = self.alias()?;
                        let mut sql = self.sql();
                        sql.append(self.seen(at, *field, eyes)?);
                        sql.push("EXISTS (SELECT 1 FROM ")
                            .ident(&rows.table)
                            .push(" AS ")
                            .ident(&alias)
                            .push(" WHERE ")
                            .ident(&alias)
                            .push(".\"record\" = ")
                            .ident(&at.record)
                            .push(".\"id\")");
                        Ok(sql)
                    }
                    _ if let (Some(seal), Some(test)) = (&layout.seal, test) => {
                        self.equal_sealed(at, *field, seal, test, eyes)
                    }
                    _ => {
                        let (value, kind) = self.value(at, *field, eyes)?;
                        let sort = match layout.sort {
                            Some(_) => Some(self.sort_value(at, *field, eyes)?),
                            None => None,
                        };
                        self.compare(value, kind, sort, test)
                    }
                }
            }
            Leaf::JsonPath(field, keys) => {
                let (mut value, _) = self.value(at, *field, eyes)?;
                for key in keys {
                    value = self.dialect.json_member(value, key);
                }
                self.compare(value, Kind::Text, None, test)
            }
            _ => {
                let mut sql = self.sql();
                sql.push("1=0");
                Ok(sql)
            }
        }
    }

    /// An encrypted value is one of those wanted: by its blind index, blank ones as they stand.
    fn equal_sealed(&self, at: &At, field: usize, seal: &Seal, test: &Test, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let wanted = match test {
            Test::Eq(value) => std::slice::from_ref(value),
            Test::In(values) => values.as_slice(),
            _ => return Err(StoreError::Other("an encrypted value can only be compared for equality".into())),
        };
        let layout = self.field_layout(at, field)?;
        let normal = layout.normal.as_ref().ok_or_else(|| StoreError::Other("no blind index".into()))?;
        let (mut blinds, mut blanks) = (Vec::new(), Vec::new());
        for text in wanted.iter().filter_map(Value::as_text) {
            match seal.blind(text)? {
                Some(blind) => blinds.push(Val::Text(blind)),
                None => blanks.push(Val::text(text)),
            }
        }
        let mut sql = self.sql();
        sql.push("(");
        let mut first = true;
        for (column, values) in [(normal, blinds), (&layout.column, blanks)] {
            if values.is_empty() {
                continue;
            }
            sql.push(if std::mem::take(&mut first) { "(" } else { " OR (" });
            sql.append(self.masked(at, field, self.plain(at, column), eyes)?).push(" IN (").vals(values);
            sql.push(if self.strict() { ") IS TRUE)" } else { "))" });
        }
        sql.push(if first { "1=0)" } else { ")" });
        Ok(sql)
    }

    /// A list: some value satisfies the test; for `has_all` each wanted value is there.
    fn many(
        &self,
        at: &At,
        field: usize,
        side: &Ident,
        kind: Kind,
        test: Option<&Test>,
        eyes: Eyes,
    ) -> StoreResult<SqlBuilder> {
        let mut sql = self.sql();
        let one = |test: Option<&Test>| -> StoreResult<SqlBuilder> {
            let alias = self.alias()?;
            let mut sql = self.sql();
            sql.push("EXISTS (SELECT 1 FROM ")
                .ident(side)
                .push(" AS ")
                .ident(&alias)
                .push(" WHERE ")
                .ident(&alias)
                .push(".\"record\" = ")
                .append(self.owner(at));
            if test.is_some() {
                let mut value = self.sql();
                value.ident(&alias).push(".\"value\"");
                sql.push(" AND ").append(self.strictly(false, || self.compare(value, kind, None, test))?);
            }
            sql.push(")");
            Ok(sql)
        };
        sql.push("(").append(self.seen(at, field, eyes)?);
        match test {
            Some(Test::HasAll(values)) if !values.is_empty() => {
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        sql.push(" AND ");
                    }
                    sql.append(one(Some(&Test::Eq(value.clone())))?);
                }
            }
            other => {
                sql.append(one(other)?);
            }
        }
        sql.push(")");
        Ok(sql)
    }

    /// A test of one value; without a test: that there is one. Always true or false.
    fn compare(
        &self,
        value: SqlBuilder,
        kind: Kind,
        sort: Option<(SqlBuilder, Kind)>,
        test: Option<&Test>,
    ) -> StoreResult<SqlBuilder> {
        let strict = self.strict();
        let mut sql = self.sql();
        let Some(test) = test else {
            // white space says nothing, as an empty text does
            if kind == Kind::Text {
                sql.push("(")
                    .append(value.clone())
                    .push(" IS NOT NULL AND trim(")
                    .append(value)
                    .push(", ")
                    .val(" \t\n\r\u{3000}\u{a0}")
                    .push(") <> '')");
            } else {
                sql.push("(").append(value).push(" IS NOT NULL)");
            }
            return Ok(sql);
        };
        match test {
            Test::Empty => {
                sql.push("1=0");
            }
            Test::Eq(wanted) => match equals(kind, wanted, &sort) {
                Some((true, bound)) => {
                    if let Some((sort, _)) = sort {
                        sql.append(truth(strict, sort, " = ", bound));
                    }
                }
                Some((false, bound)) => {
                    sql.append(truth(strict, value, " = ", bound));
                }
                None => {
                    sql.push("1=0");
                }
            },
            Test::In(wanted) | Test::HasAll(wanted) => {
                let bound: Vec<Val> = wanted.iter().filter_map(|v| bind(v, kind)).collect();
                if bound.is_empty() {
                    sql.push("1=0");
                } else {
                    sql.push("(").append(value).push(" IN (").vals(bound).push(if strict {
                        ") IS TRUE)"
                    } else {
                        "))"
                    });
                }
            }
            Test::Range { low, high } => {
                sql.push("(");
                let (part, kind) = sort.unwrap_or((value, kind));
                let mut first = true;
                for (bound, low) in [(low, true), (high, false)] {
                    let Some((wanted, inclusive)) = bound else { continue };
                    if !first {
                        sql.push(" AND ");
                    }
                    first = false;
                    sql.append(range_side(strict, part.clone(), kind, wanted, *inclusive, low));
                }
                if first {
                    sql.push("1=1");
                }
                sql.push(")");
            }
            Test::Same { comparison, field } => {
                let (other, scale) = match self.outer() {
                    Some(outer) => self.value(&outer, *field, Eyes::True)?,
                    None => return Ok(constant(self.dialect, false)),
                };
                let (left, right) = match (kind, scale) {
                    (Kind::Dec(a), Kind::Dec(b)) => {
                        let (left, right, _) = self.dialect.align((value, a), (other, b))?;
                        (left, right)
                    }
                    _ => (value, other),
                };
                sql.push("(").append(left).push(match comparison {
                    Comparison::Eq => " = ",
                    Comparison::Ne => " <> ",
                    Comparison::Lt => " < ",
                    Comparison::Le => " <= ",
                    Comparison::Gt => " > ",
                    Comparison::Ge => " >= ",
                });
                sql.append(right).push(if strict { " IS TRUE)" } else { ")" });
            }
            Test::Contains(needle) | Test::StartsWith(needle) | Test::EndsWith(needle) => {
                let folded = self.dialect.folded(value);
                let part = match test {
                    Test::Contains(_) => self.dialect.contains(folded, needle),
                    Test::StartsWith(_) => self.dialect.starts(folded, needle),
                    _ => self.dialect.ends(folded, needle),
                };
                sql.push("(").append(part).push(if strict { " IS TRUE)" } else { ")" });
            }
        }
        Ok(sql)
    }
}

/// `true` first: compare with the sort column (durations are equal by their length).
fn equals(kind: Kind, wanted: &Value, sort: &Option<(SqlBuilder, Kind)>) -> Option<(bool, Val)> {
    if let Some(bound) = bind(wanted, kind) {
        return Some((false, bound));
    }
    match (wanted, sort) {
        (Value::Dec(_), Some((_, sort_kind))) => bind(wanted, *sort_kind).map(|v| (true, v)),
        _ => None,
    }
}

/// `a op b`; strictly `(a op b) IS TRUE`, which is false where there is no value, but which no index answers.
fn truth(strict: bool, value: SqlBuilder, op: &'static str, bound: Val) -> SqlBuilder {
    let mut sql = value.dialect().sql();
    sql.push("(").append(value).push(op).val(bound).push(if strict { " IS TRUE)" } else { ")" });
    sql
}

fn range_side(strict: bool, value: SqlBuilder, kind: Kind, wanted: &Value, inclusive: bool, low: bool) -> SqlBuilder {
    let op = match (low, inclusive) {
        (true, true) => " >= ",
        (true, false) => " > ",
        (false, true) => " <= ",
        (false, false) => " < ",
    };
    match (wanted, kind) {
        (Value::Dec(d), Kind::Dec(_) | Kind::Int) => {
            let comparison = match (low, inclusive) {
                (true, true) => Comparison::Ge,
                (true, false) => Comparison::Gt,
                (false, true) => Comparison::Le,
                (false, false) => Comparison::Lt,
            };
            number_test(strict, value, kind, comparison, *d)
        }
        (Value::Text(t), Kind::Text) => truth(strict, value, op, Val::Text(fold::sort_key(t))),
        _ => match bind(wanted, kind) {
            Some(bound) => truth(strict, value, op, bound),
            None => constant(value.dialect(), false),
        },
    }
}

fn constant(dialect: Dialect, truth: bool) -> SqlBuilder {
    let mut sql = dialect.sql();
    sql.push(if truth { "1=1" } else { "1=0" });
    sql
}

/// Compares a number column with a bound that may be finer or larger than the column can hold.
fn number_test(strict: bool, value: SqlBuilder, kind: Kind, comparison: Comparison, bound: Decimal) -> SqlBuilder {
    let dialect = value.dialect();
    let scale = match kind {
        Kind::Dec(scale) => scale,
        _ => 0,
    };
    let to_val = |d: Decimal| match kind {
        Kind::Dec(scale) => scaled(d, scale).ok().map(|_| Val::Dec(d, scale)),
        _ => i64::try_from(d).ok().map(Val::Int),
    };
    // a finer bound: round down, and what lies strictly between is above it
    let floor = bound.round_dp_with_strategy(scale, RoundingStrategy::ToNegativeInfinity);
    let exact = floor == bound;
    let Some(val) = to_val(floor) else {
        // beyond every value the column can hold
        let above = bound.is_sign_positive();
        let holds = match comparison {
            Comparison::Lt | Comparison::Le => above,
            Comparison::Gt | Comparison::Ge => !above,
            Comparison::Eq => false,
            Comparison::Ne => true,
        };
        let mut sql = dialect.sql();
        if !holds || comparison == Comparison::Ne {
            return constant(dialect, holds);
        }
        sql.push("(").append(value).push(" IS NOT NULL)");
        return sql;
    };
    match (comparison, exact) {
        (Comparison::Eq, true) => truth(strict, value, " = ", val),
        (Comparison::Eq, false) => constant(dialect, false),
        (Comparison::Ne, true) => {
            let mut sql = dialect.sql();
            sql.push("NOT ").append(truth(strict, value, " = ", val));
            sql
        }
        (Comparison::Ne, false) => constant(dialect, true),
        (Comparison::Lt, true) => truth(strict, value, " < ", val),
        (Comparison::Lt | Comparison::Le, false) | (Comparison::Le, true) => truth(strict, value, " <= ", val),
        (Comparison::Ge, true) => truth(strict, value, " >= ", val),
        (Comparison::Gt | Comparison::Ge, false) | (Comparison::Gt, true) => truth(strict, value, " > ", val),
    }
}

pub(crate) fn user_column(mut sql: SqlBuilder, alias: &Ident, path: &Path) -> (SqlBuilder, Kind) {
    let (name, kind) = match &path.leaf {
        Leaf::User(UserAttr::Login) => ("login", Kind::Text),
        Leaf::User(UserAttr::Name) => ("name", Kind::Text),
        Leaf::User(UserAttr::Department) => ("department", Kind::Uuid),
        Leaf::User(UserAttr::Manager) => ("manager", Kind::Uuid),
        Leaf::User(UserAttr::Active) => ("active", Kind::Bool),
        _ => ("id", Kind::Uuid),
    };
    sql.ident(alias).push(".").name(name);
    (sql, kind)
}

pub(crate) fn department_column(mut sql: SqlBuilder, alias: &Ident, path: &Path) -> (SqlBuilder, Kind) {
    let (name, kind) = match &path.leaf {
        Leaf::Department(DepartmentAttr::Name) => ("name", Kind::Text),
        Leaf::Department(DepartmentAttr::Title) => ("title", Kind::Text),
        Leaf::Department(DepartmentAttr::Parent) => ("parent", Kind::Uuid),
        _ => ("id", Kind::Uuid),
    };
    sql.ident(alias).push(".").name(name);
    (sql, kind)
}
