//! Rows to JSON, written straight from the row; what needs further queries is put in afterwards, one query for the page.

use super::expression::Eyes;
use super::gaps::{Missing, Output};
use super::joins::From;
use super::live::{Live, Piece};
use super::paths::{self, Paths};
use super::sealed::Sealed;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::row::Row;
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

    /// Writes one row as a JSON object.
    pub(crate) fn write(&self, row: &Row<'_>, selection: &Selection<'_>, out: &mut Output) -> StoreResult<()> {
        let id = row.uuid(0)?.ok_or_else(|| StoreError::Damaged("a record without an id".into()))?;
        out.bytes.extend_from_slice(b"{\"id\":");
        json_text::uuid(id, &mut out.bytes);
        out.bytes.extend_from_slice(b",\"version\":");
        row.write_json(1, Kind::Int, &mut out.bytes)?;
        for (key, source) in &self.parts {
            out.bytes.push(b',');
            out.bytes.extend_from_slice(key);
            match source {
                Source::Column { at, kind } => row.write_json(*at, *kind, &mut out.bytes)?,
                Source::Live(live) => live.write(row, &mut out.bytes)?,
                Source::Sealed(sealed) => sealed.write(row, &mut out.bytes)?,
                Source::Rows { field, seen } => {
                    let hidden = match seen {
                        Some(at) => row.bool(*at)?.is_none(),
                        None => false,
                    };
                    if hidden {
                        out.bytes.extend_from_slice(b"[]");
                    } else {
                        out.gap(Missing::Rows(*field, id));
                    }
                }
                Source::Linked { link, first, columns } => write_linked(row, *link, *first, columns, &mut out.bytes)?,
                Source::Paths(paths) => paths.write(row, id, out)?,
                Source::ManyLinked { at, to } => match ids(row, *at)? {
                    Some(list) => out.gap(Missing::Linked(*to, list)),
                    None => json_text::null(&mut out.bytes),
                },
                Source::Person { at } => match row.uuid(*at)? {
                    Some(person) => write_person(person, selection.people, &mut out.bytes),
                    None => json_text::null(&mut out.bytes),
                },
                Source::People { at } => match ids(row, *at)? {
                    Some(list) => write_list(&list, &mut out.bytes, |p, out| write_person(*p, selection.people, out)),
                    None => json_text::null(&mut out.bytes),
                },
            }
        }
        for (i, system) in self.system.iter().enumerate() {
            out.bytes.extend_from_slice(b",\"");
            out.bytes.extend_from_slice(system.name().as_bytes());
            out.bytes.extend_from_slice(b"\":");
            row.write_json(self.first_system + i, crate::layout::kind_of(system.column_kind()), &mut out.bytes)?;
        }
        if selection.titles {
            self.write_titles(row, selection, out)?;
        }
        out.bytes.push(b'}');
        Ok(())
    }

    fn write_titles(&self, row: &Row<'_>, selection: &Selection<'_>, out: &mut Output) -> StoreResult<()> {
        out.bytes.extend_from_slice(b",\"_titles\":{");
        let mut first = true;
        for (key, source) in &self.titles {
            let mut begin = |out: &mut Output| {
                if !std::mem::take(&mut first) {
                    out.bytes.push(b',');
                }
                out.bytes.extend_from_slice(key);
            };
            match source {
                TitleSource::Link { link, title, kind } => {
                    if !row.is_null(*link)? {
                        begin(out);
                        write_title(row, *title, *kind, &mut out.bytes)?;
                    }
                }
                TitleSource::Links { at, to } => {
                    if let Some(list) = ids(row, *at)? {
                        begin(out);
                        out.gap(Missing::Titles(*to, list));
                    }
                }
                TitleSource::Person { at } => {
                    if let Some(id) = row.uuid(*at)? {
                        begin(out);
                        json_text::text(
                            &selection.people.person(id).map(|p| p.name).unwrap_or_default(),
                            &mut out.bytes,
                        );
                    }
                }
                TitleSource::People { at } => {
                    if let Some(list) = ids(row, *at)? {
                        begin(out);
                        write_list(&list, &mut out.bytes, |p, out| {
                            json_text::text(&selection.people.person(*p).map(|p| p.name).unwrap_or_default(), out)
                        });
                    }
                }
                TitleSource::Department { at } => {
                    if let Some(id) = row.uuid(*at)? {
                        begin(out);
                        json_text::text(
                            &selection.people.department(id, selection.locale).unwrap_or_default(),
                            &mut out.bytes,
                        );
                    }
                }
                TitleSource::Departments { at } => {
                    if let Some(list) = ids(row, *at)? {
                        begin(out);
                        write_list(&list, &mut out.bytes, |d, out| {
                            json_text::text(&selection.people.department(*d, selection.locale).unwrap_or_default(), out)
                        });
                    }
                }
            }
        }
        out.bytes.push(b'}');
        Ok(())
    }
}

fn ids(row: &Row<'_>, at: usize) -> StoreResult<Option<Vec<Uuid>>> {
    match row.json(at)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map(Some).map_err(|e| StoreError::Damaged(e.to_string())),
    }
}

pub(super) fn write_list<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
    out.push(b'[');
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn write_person(id: Uuid, people: &dyn People, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    json_text::uuid(id, out);
    if let Some(card) = people.person(id) {
        out.extend_from_slice(b",\"name\":");
        json_text::text(&card.name, out);
        out.extend_from_slice(b",\"department\":");
        match card.department {
            Some(department) => json_text::uuid(department, out),
            None => json_text::null(out),
        }
        out.extend_from_slice(b",\"active\":");
        json_text::boolean(card.active, out);
    }
    out.push(b'}');
}

/// The record behind a link; where the caller may not read it, only its id.
fn write_linked(
    row: &Row<'_>,
    link: usize,
    first: usize,
    columns: &[(Vec<u8>, Piece<'_>)],
    out: &mut Vec<u8>,
) -> StoreResult<()> {
    let Some(id) = row.uuid(link)? else {
        json_text::null(out);
        return Ok(());
    };
    out.extend_from_slice(b"{\"id\":");
    json_text::uuid(id, out);
    if !row.is_null(first)? {
        for (key, piece) in columns {
            out.push(b',');
            out.extend_from_slice(key);
            piece.write(row, out)?;
        }
    }
    out.push(b'}');
    Ok(())
}

/// A title is text, whatever its field is.
pub(crate) fn write_title(row: &Row<'_>, at: usize, kind: Kind, out: &mut Vec<u8>) -> StoreResult<()> {
    if kind == Kind::Text || row.is_null(at)? {
        return row.write_json(at, kind, out);
    }
    let mut value = Vec::new();
    row.write_json(at, kind, &mut value)?;
    if value.first() == Some(&b'"') {
        out.extend_from_slice(&value);
    } else {
        json_text::text(&String::from_utf8_lossy(&value), out);
    }
    Ok(())
}
