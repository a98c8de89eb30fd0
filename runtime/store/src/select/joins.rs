//! Paths as columns: for sorting, selecting and grouping, single links are joined, each once.

use super::expression::Eyes;
use super::live::Piece;
use super::named::{department_column, user_column};
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::sql::{Ident, SqlBuilder};
use crate::value::Kind;
use formwright_core::permission::Mask;
use formwright_core::query::{Hop, Leaf, Path, PersonSource, Place};

/// The FROM part of a statement as it grows.
pub(crate) struct From {
    pub sql: SqlBuilder,
    /// Joins made so far, by the hops that led there.
    made: Vec<(Vec<Hop>, At)>,
    /// A join that multiplies rows was made.
    pub overlapping: bool,
}

/// A column that a path leads to.
pub(crate) struct PathColumn {
    /// The value as answered or grouped by.
    pub value: SqlBuilder,
    pub kind: Kind,
    /// What it is ordered by.
    pub sort: SqlBuilder,
    pub sort_kind: Kind,
    pub nullable: bool,
}

/// Where the steps of a path end: at a record or row, or on what a person or department is called.
enum End {
    At(At),
    Named(SqlBuilder, Kind),
}

impl From {
    pub fn new(sql: SqlBuilder) -> From {
        From { sql, made: Vec::new(), overlapping: false }
    }

    /// The alias of the table joined for these hops.
    pub fn joined(&self, hops: &[Hop]) -> Option<Ident> {
        self.made.iter().find(|(h, _)| h == hops).map(|(_, at)| at.record.clone())
    }
}

impl<'a> Compiler<'a> {
    /// Joins the record that a link leads to; without a record the caller may read there are no values.
    pub(crate) fn join_link(&self, from: &mut From, at: &At, hops: &[Hop], field: usize, to: usize) -> StoreResult<At> {
        if let Some((_, made)) = from.made.iter().find(|(h, _)| h == hops) {
            return Ok(made.clone());
        }
        let alias = self.alias()?;
        let inner = At { form: to, record: alias.clone(), row: None };
        let (value, _) = self.value(at, field, Eyes::Reader)?;
        let scope = self.in_scope(&inner, Eyes::Reader)?;
        from.sql.push(" LEFT JOIN ").ident(&self.form(to)?.table).push(" AS ").ident(&alias).push(" ON ");
        from.sql.ident(&alias).push(".\"id\" = ").append(value).push(" AND ").append(scope);
        from.made.push((hops.to_vec(), inner.clone()));
        Ok(inner)
    }

    fn join_people(
        &self,
        from: &mut From,
        at: &At,
        hops: &[Hop],
        table: &'static str,
        id: SqlBuilder,
    ) -> StoreResult<Ident> {
        if let Some((_, made)) = from.made.iter().find(|(h, _)| h == hops) {
            return Ok(made.record.clone());
        }
        let alias = self.alias()?;
        from.sql
            .push(" LEFT JOIN ")
            .name(table)
            .push(" AS ")
            .ident(&alias)
            .push(" ON ")
            .ident(&alias)
            .push(".\"id\" = ")
            .append(id);
        from.made.push((hops.to_vec(), At { form: at.form, record: alias.clone(), row: None }));
        Ok(alias)
    }

    /// Joins what the steps of a path lead to. Many-valued steps multiply the rows, which only groups may want.
    fn follow(&self, from: &mut From, start: &At, path: &Path) -> StoreResult<End> {
        let mut at = start.clone();
        for (i, hop) in path.hops.iter().enumerate() {
            let so_far = path.hops.get(..=i).unwrap_or_default();
            match hop {
                Hop::Link { field, to } => at = self.join_link(from, &at, so_far, *field, *to)?,
                Hop::User { source } => {
                    let id = match source {
                        PersonSource::Field(field) => self.value(&at, *field, Eyes::Reader)?.0,
                        PersonSource::CreatedBy => self.system(&at, formwright_core::field::SystemField::CreatedBy).0,
                        PersonSource::UpdatedBy => self.system(&at, formwright_core::field::SystemField::UpdatedBy).0,
                    };
                    let alias = self.join_people(from, &at, so_far, "fw_users", id)?;
                    let (value, kind) = user_column(self.dialect.sql(), &alias, path);
                    return Ok(End::Named(value, kind));
                }
                Hop::Department { field } => {
                    let id = self.value(&at, *field, Eyes::Reader)?.0;
                    let alias = self.join_people(from, &at, so_far, "fw_departments", id)?;
                    let (value, kind) = department_column(self.dialect.sql(), &alias, path);
                    return Ok(End::Named(value, kind));
                }
                Hop::Rows { field } => {
                    let layout = self.field_layout(&at, *field)?;
                    let rows = layout.rows.as_ref().ok_or_else(|| StoreError::Other("no child table".into()))?;
                    let alias = self.alias()?;
                    let mut own = self.dialect.sql();
                    own.ident(&alias).push(".\"record\"");
                    from.sql
                        .push(" LEFT JOIN ")
                        .ident(&rows.table)
                        .push(" AS ")
                        .ident(&alias)
                        .push(" ON ")
                        .append(self.seen(&at, *field, Eyes::Reader)?)
                        .append(own)
                        .push(" = ")
                        .ident(&at.record)
                        .push(".\"id\"");
                    from.overlapping = true;
                    at.row = Some((*field, alias));
                }
                _ => return Err(StoreError::Other("a path through many records is no column".into())),
            }
        }
        Ok(End::At(at))
    }

    /// What a path with single steps shows: a list whole, a value as its field is answered.
    pub(super) fn path_answer(
        &self,
        from: &mut From,
        start: &At,
        path: &Path,
        add: &mut dyn FnMut(SqlBuilder) -> usize,
    ) -> StoreResult<Piece<'a>> {
        match (&path.leaf, self.follow(from, start, path)?) {
            (_, End::Named(value, kind)) => Ok(Piece::Column(add(value), kind)),
            (Leaf::Field(field), End::At(at)) => Piece::plan(self, &at, *field, add),
            // the same joins are found again
            _ => {
                let column = self.path_column(from, start, path)?;
                Ok(Piece::Column(add(column.value), column.kind))
            }
        }
    }

    /// The column of a path, joining what it needs. Many-valued steps multiply the rows, which only groups may want.
    pub(crate) fn path_column(&self, from: &mut From, start: &At, path: &Path) -> StoreResult<PathColumn> {
        let at = match self.follow(from, start, path)? {
            End::At(at) => at,
            End::Named(value, kind) => {
                return Ok(PathColumn { sort: value.clone(), value, kind, sort_kind: kind, nullable: true });
            }
        };
        match &path.leaf {
            Leaf::System(field) => {
                let (value, kind) = self.system(&at, *field);
                let nullable = !path.hops.is_empty() || *field == formwright_core::field::SystemField::DeletedAt;
                Ok(PathColumn { sort: value.clone(), value, kind, sort_kind: kind, nullable })
            }
            Leaf::JsonPath(field, keys) => {
                let (mut value, _) = self.value(&at, *field, Eyes::Reader)?;
                for key in keys {
                    value = self.dialect.json_member(value, key);
                }
                Ok(PathColumn { sort: value.clone(), value, kind: Kind::Text, sort_kind: Kind::Text, nullable: true })
            }
            Leaf::Field(field) => {
                if let (Some(lookup), Mask::Shown, None) = (self.lookup(&at, *field), self.mask(&at, *field), &at.row) {
                    let hop = Hop::Link { field: lookup.via, to: lookup.to };
                    let so_far: Vec<Hop> = path.hops.iter().copied().chain([hop]).collect();
                    let there = Path {
                        start: path.start,
                        hops: so_far,
                        end: Place::form(lookup.to),
                        leaf: Leaf::Field(lookup.field),
                        text: path.text.clone(),
                    };
                    return self.path_column(from, start, &there);
                }
                let layout = self.field_layout(&at, *field)?;
                if let Some((side, kind)) = layout.side.as_ref().filter(|_| !self.is_looked_up(&at, *field)) {
                    let alias = self.alias()?;
                    let mask = self.value(&at, *field, Eyes::Reader)?.0;
                    from.sql
                        .push(" LEFT JOIN ")
                        .ident(side)
                        .push(" AS ")
                        .ident(&alias)
                        .push(" ON ")
                        .ident(&alias)
                        .push(".\"record\" = ")
                        .append(self.owner(&at));
                    from.sql.push(" AND ").append(mask).push(" IS NOT NULL");
                    from.overlapping = true;
                    let mut value = self.dialect.sql();
                    value.ident(&alias).push(".\"value\"");
                    return Ok(PathColumn {
                        sort: value.clone(),
                        value,
                        kind: *kind,
                        sort_kind: *kind,
                        nullable: true,
                    });
                }
                let (value, kind) = self.value(&at, *field, Eyes::Reader)?;
                let (sort, sort_kind) = self.sort_value(&at, *field, Eyes::Reader)?;
                Ok(PathColumn { value, kind, sort, sort_kind, nullable: true })
            }
            _ => Err(StoreError::Other("this path is no column".into())),
        }
    }
}
