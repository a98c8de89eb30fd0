//! Fields without a column of their own, worked out by the query: lookups, and rollups that depend on when or by whom they
//! are asked. The same SQL works out the rollups that are kept.

use super::expression::Eyes;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::sql::SqlBuilder;
use crate::value::Kind;
use formwright_core::field::{Field, Lookup, Rollup, RollupFunction, RollupScope};
use formwright_core::query::{Cond, Hop, Leaf, Path, Place, Test};

/// What of a field is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Value,
    /// What it is ordered by.
    Sort,
}

impl<'a> Compiler<'a> {
    pub(crate) fn field(&self, at: &At, field: usize) -> Option<&'a Field> {
        Place { form: at.form, table: at.row.as_ref().map(|(table, _)| *table) }.field(self.catalog, field)
    }

    pub(crate) fn lookup(&self, at: &At, field: usize) -> Option<Lookup> {
        self.field(at, field).and_then(Field::lookup).cloned()
    }

    /// What the query works out in place of a column; `None` where the field has its own.
    pub(crate) fn asked(&self, at: &At, field: usize, eyes: Eyes, part: Part) -> StoreResult<Option<SqlBuilder>> {
        let Some(own) = self.field(at, field).filter(|f| f.is_asked()) else { return Ok(None) };
        if let Some(lookup) = own.lookup() {
            return self.beyond(at, lookup, eyes, &|inner| {
                Ok(match part {
                    Part::Value => self.value(inner, lookup.field, eyes)?.0,
                    Part::Sort => self.sort_value(inner, lookup.field, eyes)?.0,
                })
            });
        }
        let Some(rollup) = own.rollup() else { return Ok(None) };
        let cond = match &rollup.filter {
            None => Cond::True,
            Some(filter) => {
                let place = Place { form: rollup.form, table: rollup.table };
                self.access.rollup_filter(place, filter, at.form)
            }
        };
        let eyes = if rollup.scope == RollupScope::Reader { eyes } else { Eyes::True };
        self.rolled_up(at, field, rollup, &cond, eyes, part).map(Some)
    }

    /// `(SELECT … FROM the record that the lookup's link names)`
    fn beyond(
        &self,
        at: &At,
        lookup: &Lookup,
        eyes: Eyes,
        write: &dyn Fn(&At) -> StoreResult<SqlBuilder>,
    ) -> StoreResult<Option<SqlBuilder>> {
        let inner = At { form: lookup.to, record: self.alias()?, row: None };
        let (link, _) = self.value(at, lookup.via, eyes)?;
        let mut sql = self.sql();
        sql.push("(SELECT ").append(write(&inner)?).push(" FROM ").ident(&self.form(lookup.to)?.table);
        sql.push(" AS ").ident(&inner.record).push(" WHERE ").ident(&inner.record).push(".\"id\" = ").append(link);
        sql.push(" AND ").append(self.strictly(false, || self.in_scope(&inner, eyes))?).push(")");
        Ok(Some(sql))
    }

    /// The field as it is answered through a lookup: with the masks that show only a part.
    pub(crate) fn shown_elsewhere(&self, at: &At, field: usize) -> StoreResult<(SqlBuilder, Kind)> {
        let (Some(lookup), true) =
            (self.lookup(at, field), self.mask(at, field) == formwright_core::permission::Mask::Shown)
        else {
            return self.value(at, field, Eyes::Reader);
        };
        let shown = self.beyond(at, &lookup, Eyes::Reader, &|inner| Ok(self.shown(inner, lookup.field)?.0))?;
        let kind = self.field_layout(at, field)?.kind;
        Ok((shown.unwrap_or_else(|| self.sql()), kind))
    }

    /// A test of what a lookup leads to.
    pub(crate) fn looked_up(
        &self,
        at: &At,
        field: usize,
        lookup: &Lookup,
        path: &Path,
        test: Option<&Test>,
        eyes: Eyes,
    ) -> StoreResult<SqlBuilder> {
        let place = Place { form: at.form, table: at.row.as_ref().map(|(table, _)| *table) };
        let there = Path {
            start: place,
            hops: vec![Hop::Link { field: lookup.via, to: lookup.to }],
            end: Place::form(lookup.to),
            leaf: Leaf::Field(lookup.field),
            text: path.text.clone(),
        };
        let mut sql = self.sql();
        sql.push("(").append(self.seen(at, field, eyes)?);
        sql.append(self.hops(at, &there, &there.hops, test, eyes)?).push(")");
        Ok(sql)
    }

    /// A rollup of the record at a place.
    pub(crate) fn rolled_up(
        &self,
        at: &At,
        field: usize,
        rollup: &Rollup,
        cond: &Cond,
        eyes: Eyes,
        part: Part,
    ) -> StoreResult<SqlBuilder> {
        let (from, inner) = self.for_record(at, || {
            self.strictly(false, || self.related_from(at, rollup.form, rollup.table, Some(rollup.via), cond, eyes))
        })?;
        let kind = self.field_layout(at, field)?.kind;
        let mut sql = self.sql();
        sql.push("(SELECT ");
        let Some(of) = rollup.field else {
            let mut count = self.sql();
            count.push("count(*)");
            sql.append(self.whole(count, kind)?).push(" FROM ").append(from).push(")");
            return Ok(sql);
        };
        let (value, theirs) = self.value(&inner, of, eyes)?;
        match rollup.function {
            RollupFunction::Count | RollupFunction::CountDistinct => {
                let mut count = self.sql();
                count.push(if rollup.function == RollupFunction::Count { "count(" } else { "count(DISTINCT " });
                count.append(self.filled(value, theirs)).push(")");
                sql.append(self.whole(count, kind)?).push(" FROM ").append(from);
            }
            RollupFunction::Sum => {
                let mut sum = self.sql();
                sum.push("COALESCE(").append(self.dialect.sum(value)).push(", 0)");
                sql.append(self.number(sum, theirs, kind)?).push(" FROM ").append(from);
            }
            RollupFunction::Avg => {
                let (Kind::Dec(here), Kind::Dec(there)) = (kind, theirs) else {
                    return Err(StoreError::Other("an average of no numbers".into()));
                };
                sql.append(self.dialect.average(value, there, here)?).push(" FROM ").append(from);
            }
            RollupFunction::Min | RollupFunction::Max => {
                let mut least = self.sql();
                least.push(if rollup.function == RollupFunction::Min { "min(" } else { "max(" });
                least.append(value).push(")");
                sql.append(self.number(least, theirs, kind)?).push(" FROM ").append(from);
            }
            RollupFunction::Latest | RollupFunction::Earliest | RollupFunction::Any => {
                let wanted = match part {
                    Part::Value => self.number(value.clone(), theirs, kind)?,
                    Part::Sort => self.sort_value(&inner, of, eyes)?.0,
                };
                sql.append(wanted).push(" FROM ").append(from).push(" AND ").append(self.filled(value, theirs));
                sql.push(" IS NOT NULL");
                let descending = rollup.function == RollupFunction::Latest;
                let direction = if descending { " DESC" } else { " ASC" };
                if let Some(by) = rollup.by {
                    let by = self.value(&inner, by, eyes)?.0;
                    sql.push(" AND ").append(by.clone()).push(" IS NOT NULL ORDER BY ").append(by).push(direction);
                    sql.push(", ");
                } else {
                    sql.push(" ORDER BY ");
                }
                sql.ident(&inner.record).push(".\"id\"").push(direction);
                if let Some((_, row)) = &inner.row {
                    sql.push(", ").ident(row).push(".\"pos\"").push(direction);
                }
                sql.push(" LIMIT 1");
            }
            RollupFunction::List => {
                let each = self.alias()?;
                let mut distinct = self.sql();
                distinct.push("SELECT DISTINCT ").append(self.filled(value.clone(), theirs)).push(" AS \"v\" FROM ");
                distinct.append(from).push(" AND ").append(self.filled(value, theirs)).push(" IS NOT NULL");
                sql.append(self.dialect.joined_texts(distinct, &each));
            }
        }
        sql.push(")");
        Ok(sql)
    }

    /// A value, or nothing where it is a text of white space.
    fn filled(&self, value: SqlBuilder, kind: Kind) -> SqlBuilder {
        if kind != Kind::Text {
            return value;
        }
        let mut sql = self.sql();
        sql.push("CASE WHEN trim(").append(value.clone()).push(", ").val(" \t\n\r\u{3000}\u{a0}");
        sql.push(") <> '' THEN ").append(value).push(" END");
        sql
    }

    /// A count as a number field keeps it.
    fn whole(&self, count: SqlBuilder, kind: Kind) -> StoreResult<SqlBuilder> {
        let Kind::Dec(scale) = kind else { return Ok(count) };
        self.dialect.rescale(self.dialect.as_number(count), 0, scale)
    }

    fn number(&self, value: SqlBuilder, from: Kind, to: Kind) -> StoreResult<SqlBuilder> {
        match (from, to) {
            (Kind::Dec(from), Kind::Dec(to)) => self.dialect.rescale(value, from, to),
            _ => Ok(value),
        }
    }

    /// Whether a list is looked up elsewhere, and has no table of its members here.
    pub(crate) fn is_looked_up(&self, at: &At, field: usize) -> bool {
        self.lookup(at, field).is_some()
    }

    pub(crate) fn layout_of(&self, at: &At, field: usize) -> StoreResult<&'a FieldLayout> {
        self.field_layout(at, field)
    }
}
