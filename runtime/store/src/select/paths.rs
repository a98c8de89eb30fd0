//! Dotted paths of an answer, gathered by their first step: `{"customer": {"id", "company"}}` behind a single link, and where the
//! first step leads to several places one list for each path, `{"contacts": {"email": […]}}`.

use super::expression::Eyes;
use super::gaps::{Missing, Output};
use super::joins::From;
use super::live::Piece;
use super::{At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::json_text;
use crate::row::Row;
use crate::sql::SqlBuilder;
use formwright_core::field::SystemField;
use formwright_core::query::{Hop, Path};
use uuid::Uuid;

/// What the paths with one first step lead to.
pub(super) struct Paths<'a> {
    /// Columns of the single link itself and of the id of what it leads to, where the first step is one.
    link: Option<(usize, usize)>,
    /// Keys with their colon.
    parts: Vec<(Vec<u8>, Part<'a>)>,
}

enum Part<'a> {
    /// A value.
    One(Piece<'a>),
    /// The place among the paths that lead to several values.
    Several(usize),
}

/// Plans paths: `add` takes each column and gives its place; those that lead to several values are put into `several`. Gives the
/// parts of the answer with their keys.
pub(super) fn plan<'a>(
    compiler: &Compiler<'a>,
    at: &At,
    from: &mut From,
    paths: &[Path],
    several: &mut Vec<Path>,
    add: &mut dyn FnMut(SqlBuilder) -> usize,
) -> StoreResult<Vec<(Vec<u8>, Paths<'a>)>> {
    let mut heads: Vec<&str> = Vec::new();
    for path in paths {
        let head = head_of(path);
        if !heads.contains(&head) {
            heads.push(head);
        }
    }
    let mut out = Vec::new();
    for head in heads {
        let mine: Vec<&Path> = paths.iter().filter(|path| head_of(path) == head).collect();
        let Some(hop) = mine.first().and_then(|path| path.hops.first()) else { continue };
        let mut parts = Vec::new();
        for path in &mine {
            let rest = path.text.split_once('.').map_or("", |(_, rest)| rest);
            let part = if path.hops.iter().any(|hop| hop.is_many()) {
                several.push((*path).clone());
                Part::Several(several.len() - 1)
            } else {
                Part::One(compiler.path_answer(from, at, path, add)?)
            };
            parts.push((key(rest), part));
        }
        let link = if hop.is_many() {
            None
        } else {
            let link = add(link_column(compiler, at, *hop, head)?);
            Some((link, add(target_id(compiler, at, from, *hop)?)))
        };
        out.push((key(head), Paths { link, parts }));
    }
    Ok(out)
}

fn head_of(path: &Path) -> &str {
    path.text.split('.').next().unwrap_or_default()
}

fn key(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    json_text::text(name, &mut out);
    out.push(b':');
    out
}

/// The single link at the head of a path.
fn link_column(compiler: &Compiler<'_>, at: &At, hop: Hop, head: &str) -> StoreResult<SqlBuilder> {
    let form =
        compiler.catalog.forms.get(at.form).ok_or_else(|| StoreError::Other("form out of the catalogue".into()))?;
    match (hop, form.field(head), SystemField::find(head)) {
        (_, Some((index, _)), _) => Ok(compiler.value(at, index, Eyes::Reader)?.0),
        (_, None, Some(system)) => Ok(compiler.system(at, system).0),
        _ => Err(StoreError::Other("no link at the head of a path".into())),
    }
}

/// The id of what the link leads to, as far as the caller may read it.
fn target_id(compiler: &Compiler<'_>, at: &At, from: &mut From, hop: Hop) -> StoreResult<SqlBuilder> {
    if let Hop::Link { field, to } = hop {
        compiler.join_link(from, at, &[hop], field, to)?;
    }
    let alias = from.joined(&[hop]).ok_or_else(|| StoreError::Other("the head of a path is not joined".into()))?;
    let mut sql = compiler.dialect.sql();
    sql.ident(&alias).push(".\"id\"");
    Ok(sql)
}

impl Paths<'_> {
    /// Writes the object; where the caller may not read what a link leads to, only its id.
    pub(super) fn write(&self, row: &Row<'_>, record: Uuid, out: &mut Output) -> StoreResult<()> {
        let mut first = true;
        if let Some((link, target)) = self.link {
            let Some(id) = row.uuid(link)? else {
                json_text::null(&mut out.bytes);
                return Ok(());
            };
            out.bytes.extend_from_slice(b"{\"id\":");
            json_text::uuid(id, &mut out.bytes);
            if row.is_null(target)? {
                out.bytes.push(b'}');
                return Ok(());
            }
            first = false;
        } else {
            out.bytes.push(b'{');
        }
        for (key, part) in &self.parts {
            if !std::mem::take(&mut first) {
                out.bytes.push(b',');
            }
            out.bytes.extend_from_slice(key);
            match part {
                Part::One(piece) => piece.write(row, &mut out.bytes)?,
                Part::Several(path) => out.gap(Missing::Values(*path, record)),
            }
        }
        out.bytes.push(b'}');
        Ok(())
    }
}
