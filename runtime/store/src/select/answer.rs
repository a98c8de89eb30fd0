//! Rows to JSON, written straight from the row; what needs further queries is put in afterwards, one query for the page.

use super::expression::Eyes;
use super::joins::From;
use super::live::{Live, Piece};
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::row::Row;
use crate::sql::SqlBuilder;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::field::{FieldKind, Storage, SystemField};
use formwright_core::query::Path;
use formwright_core::text::Locale;
use std::collections::HashMap;
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
    /// Rows of a child table; the column says whether the caller sees them on this record.
    Rows {
        field: usize,
        seen: Option<usize>,
    },
    /// A linked record in full (or the paths asked for): its columns begin at `first`, the link itself is `link`.
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
}

/// What must still be put in, at an offset of the output.
struct Gap {
    offset: usize,
    what: Missing,
}

enum Missing {
    Rows(usize, Uuid),
    Linked(usize, Vec<Uuid>),
    Titles(usize, Vec<Uuid>),
}

/// JSON of records as it grows, with its gaps.
#[derive(Default)]
pub(crate) struct Output {
    pub bytes: Vec<u8>,
    gaps: Vec<Gap>,
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
        answer.paths(compiler, at, from, &selection.paths)?;
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

    /// Dotted paths, gathered by their first link.
    fn paths(&mut self, compiler: &Compiler<'a>, at: &At, from: &mut From, paths: &[Path]) -> StoreResult<()> {
        let mut heads: Vec<&str> = Vec::new();
        for path in paths {
            let head = path.text.split('.').next().unwrap_or_default();
            if !heads.contains(&head) {
                heads.push(head);
            }
        }
        let form =
            compiler.catalog.forms.get(at.form).ok_or_else(|| StoreError::Other("form out of the catalogue".into()))?;
        for head in heads {
            let link = match (form.field(head), SystemField::find(head)) {
                (Some((index, _)), _) => self.add(compiler.value(at, index, Eyes::Reader)?.0),
                (None, Some(system)) => self.add(compiler.system(at, system).0),
                _ => continue,
            };
            let mut columns = Vec::new();
            let first = self.columns.len();
            // the first column says whether the record behind the link may be read; known once the paths are joined
            self.add(compiler.dialect.sql());
            for path in paths.iter().filter(|p| p.text.split('.').next() == Some(head)) {
                let column = compiler.path_column(from, at, path)?;
                let place = self.add(column.value);
                let rest = path.text.split_once('.').map_or("", |(_, r)| r);
                let mut key = Vec::new();
                json_text::text(rest, &mut key);
                key.push(b':');
                columns.push((key, Piece::Column(place, column.kind)));
            }
            let joined = paths
                .iter()
                .find(|p| p.text.split('.').next() == Some(head))
                .and_then(|p| from.joined(p.hops.get(..1).unwrap_or_default()));
            if let (Some(slot), Some(alias)) = (self.columns.get_mut(first), joined) {
                slot.ident(&alias).push(".\"id\"");
            }
            let mut key = Vec::new();
            json_text::text(head, &mut key);
            key.push(b':');
            self.parts.retain(|(k, _)| *k != key);
            self.parts.push((key, Source::Linked { link, first, columns }));
        }
        Ok(())
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

impl Output {
    fn gap(&mut self, what: Missing) {
        self.gaps.push(Gap { offset: self.bytes.len(), what });
    }

    /// Fetches what is missing, one query for each child table and linked form, and puts everything together.
    pub(crate) async fn finish(self, compiler: &Compiler<'_>, form: usize, tx: &mut Tx) -> StoreResult<Vec<u8>> {
        if self.gaps.is_empty() {
            return Ok(self.bytes);
        }
        let mut rows: HashMap<(usize, Uuid), Vec<u8>> = HashMap::new();
        let mut tables: HashMap<usize, Vec<Uuid>> = HashMap::new();
        let mut linked: HashMap<(usize, bool), Vec<Uuid>> = HashMap::new();
        for gap in &self.gaps {
            match &gap.what {
                Missing::Rows(field, id) => tables.entry(*field).or_default().push(*id),
                Missing::Linked(to, list) => linked.entry((*to, true)).or_default().extend(list),
                Missing::Titles(to, list) => linked.entry((*to, false)).or_default().extend(list),
            }
        }
        for (field, ids) in tables {
            fetch_rows(compiler, form, field, &ids, tx, &mut rows).await?;
        }
        let mut targets: HashMap<(usize, bool), HashMap<Uuid, Vec<u8>>> = HashMap::new();
        for ((to, full), mut ids) in linked {
            ids.sort_unstable();
            ids.dedup();
            let found = fetch_linked(compiler, to, full, &ids, tx).await?;
            targets.insert((to, full), found);
        }
        let mut out = Vec::with_capacity(self.bytes.len() * 2);
        let mut at = 0;
        for gap in &self.gaps {
            out.extend_from_slice(self.bytes.get(at..gap.offset).unwrap_or_default());
            at = gap.offset;
            match &gap.what {
                Missing::Rows(field, id) => {
                    out.push(b'[');
                    if let Some(list) = rows.get(&(*field, *id)) {
                        out.extend_from_slice(list);
                    }
                    out.push(b']');
                }
                Missing::Linked(to, list) => {
                    write_list(list, &mut out, |id, out| match targets.get(&(*to, true)).and_then(|t| t.get(id)) {
                        Some(json) => out.extend_from_slice(json),
                        None => {
                            out.extend_from_slice(b"{\"id\":");
                            json_text::uuid(*id, out);
                            out.push(b'}');
                        }
                    })
                }
                Missing::Titles(to, list) => {
                    write_list(list, &mut out, |id, out| match targets.get(&(*to, false)).and_then(|t| t.get(id)) {
                        Some(json) => out.extend_from_slice(json),
                        None => json_text::null(out),
                    })
                }
            }
        }
        out.extend_from_slice(self.bytes.get(at..).unwrap_or_default());
        Ok(out)
    }
}

fn ids(row: &Row<'_>, at: usize) -> StoreResult<Option<Vec<Uuid>>> {
    match row.json(at)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(text).map(Some).map_err(|e| StoreError::Damaged(e.to_string())),
    }
}

fn write_list<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
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

async fn fetch_rows(
    compiler: &Compiler<'_>,
    form: usize,
    field: usize,
    ids: &[Uuid],
    tx: &mut Tx,
    rows: &mut HashMap<(usize, Uuid), Vec<u8>>,
) -> StoreResult<()> {
    let layout = compiler.form(form)?;
    let Some(table) = layout.fields.get(field).and_then(|f| f.rows.as_ref()) else { return Ok(()) };
    let access = compiler.access.access(form);
    let record = compiler.alias()?;
    let alias = compiler.alias()?;
    let at = At { form, record: record.clone(), row: Some((field, alias.clone())) };
    let mut needs_record = false;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").ident(&alias).push(".\"record\", ").ident(&alias).push(".\"id\"");
    let mut columns = Vec::new();
    for (index, column) in table.fields.iter().enumerate() {
        if !access.sees(field, Some(index)) {
            continue;
        }
        needs_record |= *access.mask(field, Some(index)) != formwright_core::permission::Mask::Shown;
        let (value, kind) = compiler.shown(&at, index)?;
        sql.push(", ").append(value);
        columns.push((&column.key, kind));
    }
    sql.push(" FROM ").ident(&table.table).push(" AS ").ident(&alias);
    if needs_record {
        sql.push(" JOIN ")
            .ident(&layout.table)
            .push(" AS ")
            .ident(&record)
            .push(" ON ")
            .ident(&record)
            .push(".\"id\" = ")
            .ident(&alias)
            .push(".\"record\"");
    }
    sql.push(" WHERE ")
        .ident(&alias)
        .push(".\"record\" IN (")
        .vals(ids.iter().map(|id| Val::Uuid(*id)))
        .push(") ORDER BY ");
    sql.ident(&alias).push(".\"record\", ").ident(&alias).push(".\"pos\"");
    tx.each(&sql.build(), |row| {
        let owner = row.uuid(0)?.ok_or_else(|| StoreError::Damaged("a row without its record".into()))?;
        let out = rows.entry((field, owner)).or_default();
        if !out.is_empty() {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"id\":");
        row.write_json(1, Kind::Uuid, out)?;
        for (i, (key, kind)) in columns.iter().enumerate() {
            out.push(b',');
            out.extend_from_slice(key);
            row.write_json(2 + i, *kind, out)?;
        }
        out.push(b'}');
        Ok(())
    })
    .await
}

/// The records of a form that a caller may read, in full or their titles, by id.
async fn fetch_linked(
    compiler: &Compiler<'_>,
    form: usize,
    full: bool,
    ids: &[Uuid],
    tx: &mut Tx,
) -> StoreResult<HashMap<Uuid, Vec<u8>>> {
    let layout = compiler.form(form)?;
    let access = compiler.access.access(form);
    let alias = compiler.alias()?;
    let at = At { form, record: alias.clone(), row: None };
    let title = compiler.catalog.forms.get(form).and_then(|f| f.title_field);
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT ").ident(&alias).push(".\"id\"");
    let mut next = 1;
    let mut columns = Vec::new();
    for (index, column) in layout.fields.iter().enumerate() {
        let wanted =
            if full { column.storage != Storage::Table && access.sees(index, None) } else { title == Some(index) };
        if wanted {
            let piece = Piece::plan(compiler, &at, index, &mut |column| {
                sql.push(", ").append(column);
                next += 1;
                next - 1
            })?;
            columns.push((&column.key, piece));
        }
    }
    sql.push(" FROM ")
        .ident(&layout.table)
        .push(" AS ")
        .ident(&alias)
        .push(" WHERE ")
        .ident(&alias)
        .push(".\"id\" IN (")
        .vals(ids.iter().map(|id| Val::Uuid(*id)));
    sql.push(") AND ").append(compiler.in_scope(&at, Eyes::Reader)?);
    let mut found = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    tx.each(&sql.build(), |row| {
        let Some(id) = row.uuid(0)? else { return Ok(()) };
        let mut out = Vec::new();
        if full {
            out.extend_from_slice(b"{\"id\":");
            json_text::uuid(id, &mut out);
            for (key, piece) in &columns {
                out.push(b',');
                out.extend_from_slice(key);
                piece.write(row, &mut out)?;
            }
            out.push(b'}');
        } else {
            match columns.first() {
                Some((_, Piece::Column(at, kind))) => write_title(row, *at, *kind, &mut out)?,
                _ => json_text::null(&mut out),
            }
        }
        found.insert(id, out);
        Ok(())
    })
    .await?;
    Ok(found)
}
