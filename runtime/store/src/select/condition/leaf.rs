//! The last step of a path, put to a test: system fields, columns, lists, child tables and encrypted values.

use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::records::normal_of;
use crate::select::expression::Eyes;
use crate::select::{At, Compiler};
use crate::sql::{Ident, SqlBuilder};
use crate::value::{Kind, Val};
use formwright_core::field::Storage;
use formwright_core::query::{Leaf, Path, Test};
use formwright_core::value::Value;

impl<'a> Compiler<'a> {
    pub(super) fn leaf(&self, at: &At, path: &Path, test: Option<&Test>, eyes: Eyes) -> StoreResult<SqlBuilder> {
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
                        sql.exists(&rows.table, &alias, "record").ident(&at.record).push(".\"id\")");
                        Ok(sql)
                    }
                    _ if let (Some(_), Some(test)) = (&layout.seal, test) => {
                        self.equal_normal(at, *field, layout, test, eyes)
                    }
                    _ if let Some(test @ (Test::Eq(_) | Test::In(_))) = test
                        && layout.compares_normal() =>
                    {
                        self.equal_normal(at, *field, layout, test, eyes)
                    }
                    _ if let Some(part) = test.and_then(|test| normal_part(layout, test)) => {
                        let (value, kind) = self.value(at, *field, eyes)?;
                        let typed = self.compare(value, kind, None, test)?;
                        let mut sql = self.sql();
                        sql.push("(").append(typed).push(" OR ");
                        sql.append(self.compare(self.normal(at, *field, layout, eyes)?, kind, None, Some(&part))?)
                            .push(")");
                        Ok(sql)
                    }
                    _ => {
                        let (value, kind) = self.value(at, *field, eyes)?;
                        let sort = match layout.sort {
                            Some(_) => Some(self.sort_value(at, *field, eyes)?),
                            None => None,
                        };
                        let begins = match test.filter(|_| layout.is_indexed_text && !self.strict()) {
                            Some(Test::Eq(wanted)) => {
                                self.dialect.begins_as(value.clone(), wanted.as_text().into_iter())
                            }
                            Some(Test::In(wanted)) => {
                                self.dialect.begins_as(value.clone(), wanted.iter().filter_map(Value::as_text))
                            }
                            _ => None,
                        };
                        let compared = self.compare(value, kind, sort, test)?;
                        let Some(begins) = begins else { return Ok(compared) };
                        let mut sql = self.sql();
                        sql.push("(").append(compared).push(" AND ").append(begins).push(")");
                        Ok(sql)
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

    /// The normal form of a field under its mask.
    fn normal(&self, at: &At, field: usize, layout: &FieldLayout, eyes: Eyes) -> StoreResult<SqlBuilder> {
        let column = layout.normal.as_ref().ok_or_else(|| StoreError::Other("no normal form".into()))?;
        self.masked(at, field, self.plain(at, column), eyes)
    }

    /// A value is one of those wanted by its normal form (of an encrypted one its blind index), those without one as they stand.
    fn equal_normal(
        &self,
        at: &At,
        field: usize,
        layout: &FieldLayout,
        test: &Test,
        eyes: Eyes,
    ) -> StoreResult<SqlBuilder> {
        let wanted = match test {
            Test::Eq(value) => std::slice::from_ref(value),
            Test::In(values) => values.as_slice(),
            _ => return Err(StoreError::Other("a normal form can only be compared for equality".into())),
        };
        let normal = layout.normal.as_ref().ok_or_else(|| StoreError::Other("no normal form".into()))?;
        let (mut forms, mut plain) = (Vec::new(), Vec::new());
        for text in wanted.iter().filter_map(Value::as_text) {
            match normal_of(layout, text)? {
                Some(form) => forms.push(Val::Text(form)),
                None => plain.push(Val::text(text)),
            }
        }
        let mut sql = self.sql();
        sql.push("(");
        let mut first = true;
        for (column, values) in [(normal, forms), (&layout.column, plain)] {
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
            sql.exists(side, &alias, "record").append(self.owner(at));
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
}

/// What a test for a part of a text asks of its normal form, where it can tell.
fn normal_part(layout: &FieldLayout, test: &Test) -> Option<Test> {
    let part = |text: &str| layout.normal_form.part_of(text).filter(|_| layout.compares_normal());
    Some(match test {
        Test::Contains(text) => Test::Contains(part(text)?),
        Test::StartsWith(text) => Test::StartsWith(part(text)?),
        Test::EndsWith(text) => Test::EndsWith(part(text)?),
        _ => return None,
    })
}
