//! People and departments that a record names: which ones, and the column that a path asks of them.

use super::expression::Eyes;
use super::{At, Compiler};
use crate::error::StoreResult;
use crate::sql::{Ident, SqlBuilder};
use crate::value::Kind;
use formwright_core::query::{DepartmentAttr, Hop, Leaf, Path, PersonSource, UserAttr};

impl<'a> Compiler<'a> {
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
