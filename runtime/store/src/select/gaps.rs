//! What an answer still lacks when its rows are written: child rows, records behind many links, values of paths that lead to
//! several. Each is fetched by one query for the page and put in at its place.

use super::answer::write::{write_list, write_title};
use super::expression::Eyes;
use super::live::Piece;
use super::values::fetch_values;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::field::Storage;
use formwright_core::query::Path;
use std::collections::HashMap;
use uuid::Uuid;

/// What must still be put in, at an offset of the output.
struct Gap {
    offset: usize,
    what: Missing,
}

pub(super) enum Missing {
    Rows(usize, Uuid),
    Linked(usize, Vec<Uuid>),
    Titles(usize, Vec<Uuid>),
    /// The values of a path, by its place among those of the answer, for a record.
    Values(usize, Uuid),
}

/// JSON of records as it grows, with its gaps.
#[derive(Default)]
pub(crate) struct Output {
    pub bytes: Vec<u8>,
    gaps: Vec<Gap>,
}

impl Output {
    pub(super) fn gap(&mut self, what: Missing) {
        self.gaps.push(Gap { offset: self.bytes.len(), what });
    }

    /// Fetches what is missing, one query for each child table, linked form and path, and puts everything together.
    pub(crate) async fn finish(
        self,
        compiler: &Compiler<'_>,
        form: usize,
        several: &[Path],
        tx: &mut Tx,
    ) -> StoreResult<Vec<u8>> {
        if self.gaps.is_empty() {
            return Ok(self.bytes);
        }
        let mut rows: HashMap<(usize, Uuid), Vec<u8>> = HashMap::new();
        let mut tables: HashMap<usize, Vec<Uuid>> = HashMap::new();
        let mut linked: HashMap<(usize, bool), Vec<Uuid>> = HashMap::new();
        let mut asked: HashMap<usize, Vec<Uuid>> = HashMap::new();
        for gap in &self.gaps {
            match &gap.what {
                Missing::Rows(field, id) => tables.entry(*field).or_default().push(*id),
                Missing::Linked(to, list) => linked.entry((*to, true)).or_default().extend(list),
                Missing::Titles(to, list) => linked.entry((*to, false)).or_default().extend(list),
                Missing::Values(path, id) => asked.entry(*path).or_default().push(*id),
            }
        }
        for (field, ids) in tables {
            fetch_rows(compiler, form, field, &ids, tx, &mut rows).await?;
        }
        let mut values: HashMap<usize, HashMap<Uuid, Vec<u8>>> = HashMap::new();
        for (place, ids) in asked {
            if let Some(path) = several.get(place) {
                values.insert(place, fetch_values(compiler, form, path, &ids, tx).await?);
            }
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
                Missing::Values(path, id) => {
                    out.push(b'[');
                    if let Some(list) = values.get(path).and_then(|found| found.get(id)) {
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
    let (mut columns, mut next) = (Vec::new(), 2);
    for (index, column) in table.fields.iter().enumerate() {
        if !access.sees(field, Some(index)) {
            continue;
        }
        needs_record |= *access.mask(field, Some(index)) != formwright_core::permission::Mask::Shown
            || compiler.is_looked_up(&at, index);
        let piece = Piece::plan(compiler, &at, index, &mut |value| {
            sql.push(", ").append(value);
            next += 1;
            next - 1
        })?;
        columns.push((&column.key, piece));
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
        for (key, piece) in &columns {
            out.push(b',');
            out.extend_from_slice(key);
            piece.write(row, out)?;
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
