//! The last step of a path, put to a test: system fields, columns, lists, child tables and encrypted values.

use crate::error::{StoreError, StoreResult};
use crate::seal::Seal;
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
