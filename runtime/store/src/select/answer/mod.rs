//! Rows to JSON, written straight from the row; what needs further queries is put in afterwards, one query for the page.

pub(super) mod write;

use crate::error::{StoreError, StoreResult};
use crate::select::expression::Eyes;
use crate::select::joins::From;
use crate::select::live::{Live, Piece};
use crate::select::paths::{self, Paths};
use crate::select::sealed::Sealed;
use crate::select::{At, Compiler};
use crate::sql::SqlBuilder;
use crate::value::{Kind, Val};
use formwright_core::field::{FieldKind, Storage, SystemField};
use formwright_core::query::Path;
use formwright_core::text::Locale;
use uuid::Uuid;

/// What is known of a person to whoever sees him named.
#[derive(Clone, Debug)]
pub struct PersonCard {
    pub name: String,
    pub department: Option<Uuid>,
    pub active: bool,
}

/// Names of people and departments, from memory.
pub trait People: Send + Sync {
    fn person(&self, id: Uuid) -> Option<PersonCard>;
    fn department(&self, id: Uuid, locale: Locale) -> Option<String>;
}

/// A link of the record whose target is given in full.
#[derive(Clone, Debug)]
pub struct Expand {
    pub field: usize,
}

/// What an answer contains.
pub struct Selection<'a> {
    /// Fields of the form, already limited to what the caller may know.
    pub fields: Vec<usize>,
    /// System fields besides id and version.
    pub system: Vec<SystemField>,
    pub expand: Vec<Expand>,
    /// Paths through links, as `{"customer": {"id", "company"}}`.
    pub paths: Vec<Path>,
    /// Adds `_titles`.
    pub titles: bool,
    pub people: &'a dyn People,
    pub locale: Locale,
}

/// Where a value of the answer comes from.
enum Source<'a> {
    Column {
        at: usize,
        kind: Kind,
    },
    /// Worked out from other columns.
    Live(Live<'a>),
    /// Opened while it is written.
    Sealed(Sealed),
    /// Rows of a child table; the column says whether the caller sees them on this record.
    Rows {
        field: usize,
        seen: Option<usize>,
    },
    /// A linked record in full: its columns begin at `first`, the link itself is `link`.
    Linked {
        link: usize,
        first: usize,
        columns: Vec<(Vec<u8>, Piece<'a>)>,
    },
    /// Many linked records in full.
    ManyLinked {
        at: usize,
        to: usize,
    },
    /// What dotted paths with one first step lead to.
    Paths(Paths<'a>),
    Person {
        at: usize,
    },
    People {
        at: usize,
    },
}

/// Where a title comes from.
enum TitleSource {
    Link { link: usize, title: usize, kind: Kind },
    Links { at: usize, to: usize },
    Person { at: usize },
    People { at: usize },
    Department { at: usize },
    Departments { at: usize },
}

/// The columns of a select and how they become JSON.
pub struct Answer<'a> {
    columns: Vec<SqlBuilder>,
    parts: Vec<(Vec<u8>, Source<'a>)>,
    titles: Vec<(Vec<u8>, TitleSource)>,
    system: Vec<SystemField>,
    first_system: usize,
    /// Paths that lead to several values; each is fetched for the page.
    pub(super) several: Vec<Path>,
}

impl<'a> Answer<'a> {
    /// Plans the columns of an answer over the record at `at`, joining what it needs.
    pub(crate) fn plan(
        compiler: &Compiler<'a>,
        at: &At,
        from: &mut From,
        selection: &Selection<'_>,
    ) -> StoreResult<Answer<'a>> {
        let mut answer = Answer {
            columns: Vec::new(),
            parts: Vec::new(),
            titles: Vec::new(),
            system: selection.system.clone(),
            first_system: 0,
            several: Vec::new(),
        };
        answer.add(compiler.system(at, SystemField::Id).0);
        answer.add(compiler.system(at, SystemField::Version).0);
        let form =
            compiler.catalog.forms.get(at.form).ok_or_else(|| StoreError::Other("form out of the catalogue".into()))?;
        for index in &selection.fields {
            let (Some(field), layout) = (form.fields.get(*index), compiler.field_layout(at, *index)?) else { continue };
            if layout.storage == Storage::Table {
                let seen = match compiler.mask(at, *index) {
                    formwright_core::permission::Mask::When { full, .. } => {
                        let mut sql = compiler.dialect.sql();
                        sql.push("CASE WHEN ").append(compiler.condition(at, &full, Eyes::True)?).push(" THEN ");
                        sql.append(compiler.dialect.typed(Val::Bool(true))).push(" END");
                        Some(answer.add(sql))
                    }
                    _ => None,
                };
                answer.parts.push((layout.key.clone(), Source::Rows { field: *index, seen }));
                continue;
            }
            if field.is_live() {
                let live = Live::plan(compiler, at, *index, &mut |column| answer.add(column))?;
                answer.parts.push((layout.key.clone(), Source::Live(live)));
                continue;
            }
            if let Some(seal) = &layout.seal {
                let sealed = Sealed::plan(compiler, at, *index, seal, &mut |column| answer.add(column))?;
                answer.parts.push((layout.key.clone(), Source::Sealed(sealed)));
                continue;
            }
            let (value, kind) = compiler.shown(at, *index)?;
            let column = answer.add(value);
            let expanded = selection.expand.iter().any(|e| e.field == *index);
            let target = field.kind.link().and_then(|l| compiler.catalog.form_index(&l.form));
            let source = match (&field.kind, expanded, target) {
                (FieldKind::Link(_), true, Some(to)) => {
                    let inner = compiler.join_link(
                        from,
                        at,
                        &[formwright_core::query::Hop::Link { field: *index, to }],
                        *index,
                        to,
                    )?;
                    answer.linked(compiler, &inner, to, column)?
                }
                (FieldKind::Links(_), true, Some(to)) => Source::ManyLinked { at: column, to },
                (FieldKind::User, true, _) => Source::Person { at: column },
                (FieldKind::Users, true, _) => Source::People { at: column },
                _ => Source::Column { at: column, kind },
            };
            answer.parts.push((layout.key.clone(), source));
            if selection.titles {
                let title = match (&field.kind, target) {
                    (FieldKind::Link(_), Some(to)) => answer.title_column(compiler, at, from, *index, to, column)?,
                    (FieldKind::Links(_), Some(to)) => Some(TitleSource::Links { at: column, to }),
                    (FieldKind::User, _) => Some(TitleSource::Person { at: column }),
                    (FieldKind::Users, _) => Some(TitleSource::People { at: column }),
                    (FieldKind::Department, _) => Some(TitleSource::Department { at: column }),
                    (FieldKind::Departments, _) => Some(TitleSource::Departments { at: column }),
                    _ => None,
                };
                answer.titles.extend(title.map(|t| (layout.key.clone(), t)));
            }
        }
        let (several, columns) = (&mut answer.several, &mut answer.columns);
        let paths = paths::plan(compiler, at, from, &selection.paths, several, &mut |column| {
            columns.push(column);
            columns.len() - 1
        })?;
        for (key, source) in paths {
            if answer.parts.iter().any(|(k, part)| *k == key && matches!(part, Source::Rows { .. })) {
                // whole rows were asked for: they hold their columns
                continue;
            }
            answer.parts.retain(|(k, _)| *k != key);
            answer.parts.push((key, Source::Paths(source)));
        }
        answer.first_system = answer.columns.len();
        for system in &selection.system {
            let column = answer.add(compiler.system(at, *system).0);
            if selection.titles && matches!(system, SystemField::CreatedBy | SystemField::UpdatedBy) {
                answer
                    .titles
                    .push((format!("\"{}\":", system.name()).into_bytes(), TitleSource::Person { at: column }));
            }
        }
        Ok(answer)
    }

    fn add(&mut self, column: SqlBuilder) -> usize {
        self.columns.push(column);
        self.columns.len() - 1
    }

    fn linked(&mut self, compiler: &Compiler<'a>, inner: &At, to: usize, link: usize) -> StoreResult<Source<'a>> {
        let first = self.add(compiler.system(inner, SystemField::Id).0);
        let access = compiler.access.access(to);
        let target = compiler.form(to)?;
        let mut columns = Vec::new();
        for (index, layout) in target.fields.iter().enumerate() {
            if layout.storage == Storage::Table || !access.sees(index, None) {
                continue;
            }
            let piece = Piece::plan(compiler, inner, index, &mut |column| self.add(column))?;
            columns.push((layout.key.clone(), piece));
        }
        Ok(Source::Linked { link, first, columns })
    }

    fn title_column(
        &mut self,
        compiler: &Compiler<'a>,
        at: &At,
        from: &mut From,
        field: usize,
        to: usize,
        link: usize,
    ) -> StoreResult<Option<TitleSource>> {
        let Some(title_field) = compiler.catalog.forms.get(to).and_then(|f| f.title_field) else { return Ok(None) };
        let inner = compiler.join_link(from, at, &[formwright_core::query::Hop::Link { field, to }], field, to)?;
        let (value, kind) = compiler.shown(&inner, title_field)?;
        let title = self.add(value);
        Ok(Some(TitleSource::Link { link, title, kind }))
    }

    /// The select list.
    pub(crate) fn columns(&self) -> &[SqlBuilder] {
        &self.columns
    }
}
