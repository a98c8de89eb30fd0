//! One row written as a JSON object: values, what comes later, system fields and titles.

use super::{Answer, People, Selection, Source, TitleSource};
use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::row::Row;
use crate::select::gaps::{Missing, Output};
use crate::select::live::Piece;
use crate::value::Kind;
use uuid::Uuid;

impl<'a> Answer<'a> {
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

pub(in crate::select) fn write_list<T>(items: &[T], out: &mut Vec<u8>, mut write: impl FnMut(&T, &mut Vec<u8>)) {
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
