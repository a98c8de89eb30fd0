//! Steps through links, child tables and people: EXISTS on what they lead to, which the caller must be able to read.

use crate::error::{StoreError, StoreResult};
use crate::select::expression::Eyes;
use crate::select::named::{department_column, user_column};
use crate::select::{At, Compiler};
use crate::sql::SqlBuilder;
use formwright_core::query::{Hop, Path, Test};

impl<'a> Compiler<'a> {
    /// Follows the hops and puts the test (or, without one, "has a value") to what they lead to.
    pub(in crate::select) fn hops(
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
                sql.exists(&target.table, &alias, "id").append(value);
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
                sql.exists(&rows.table, &alias, "record");
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
}
