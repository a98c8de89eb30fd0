//! Looking many records up at once by what a file calls them: keys, titles, e-mail addresses, the record they belong to.

use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, FormLayout};
use crate::records::normal_of;
use crate::seal::Seal;
use crate::select::{Compiler, Eyes, RecordAt};
use crate::sql::{Ident, SqlBuilder};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use formwright_core::field::Normal;
use formwright_core::fold;
use formwright_core::query::Cond;
use uuid::Uuid;

/// A column of a form's own table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The record's id.
    Id,
    /// Its version, to be shown.
    Version,
    /// The field's own column.
    Field(usize),
    /// What the field is compared by without regard to case: its normalised column, else its sort key, else its own.
    Folded(usize),
}

impl By {
    /// Whether an index finds records by this column, and it holds texts of any length.
    fn is_indexed_text(self, layout: &FormLayout) -> bool {
        let (index, folded) = match self {
            By::Field(index) => (index, false),
            By::Folded(index) => (index, true),
            By::Id | By::Version => return false,
        };
        layout.fields.get(index).filter(|field| field.seal.is_none()).is_some_and(|field| match folding(field) {
            Folding::Normal(normal) if folded => normal == Normal::Folded,
            Folding::SortKey if folded => false,
            _ => field.is_indexed_text,
        })
    }
}

/// What the folded column of a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Folding {
    /// The normal form of the text.
    Normal(Normal),
    /// `core::fold::sort_key` of the text.
    SortKey,
    /// The text itself.
    None,
}

impl Folding {
    /// A text as that column holds it; empty where it holds none.
    pub fn of(self, text: &str) -> String {
        match self {
            Folding::Normal(normal) => normal.of(text).unwrap_or_default(),
            Folding::SortKey => fold::sort_key(text),
            Folding::None => text.to_string(),
        }
    }
}

/// What [`By::Folded`] compares by for a field.
pub fn folding(layout: &FieldLayout) -> Folding {
    match (&layout.normal, &layout.sort) {
        (Some(_), _) => Folding::Normal(layout.normal_form),
        (None, Some((_, Kind::Text))) => Folding::SortKey,
        _ => Folding::None,
    }
}

/// A record that was found, with the values of the columns asked for.
#[derive(Clone, Debug)]
pub struct Found {
    pub id: Uuid,
    pub values: Vec<Val>,
}

/// Whose records are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that the caller may read.
    Caller,
    /// All, for what holds whoever asks: uniqueness, duplicates.
    All,
}

/// Values of a list in one statement.
const PAGE: usize = 400;

/// Live records whose columns are among the values wanted (each column, where several are given), at most `most`, by age.
/// The first column's values are asked for page by page; those of further ones stand in each statement.
pub async fn find(
    compiler: &Compiler<'_>,
    form: usize,
    wanted: &[(By, Vec<Val>)],
    shown: &[By],
    scope: Scope,
    most: usize,
    tx: &mut Tx,
) -> StoreResult<Vec<Found>> {
    let mut out = Vec::new();
    let Some(((first, values), rest)) = wanted.split_first() else {
        page(compiler, form, &[], shown, scope, most, tx, &mut out).await?;
        return Ok(out);
    };
    for chunk in values.chunks(PAGE) {
        let mut conds: Vec<(By, &[Val])> = vec![(*first, chunk)];
        conds.extend(rest.iter().map(|(by, values)| (*by, values.as_slice())));
        let left = most.saturating_sub(out.len());
        if left == 0 {
            break;
        }
        page(compiler, form, &conds, shown, scope, left, tx, &mut out).await?;
    }
    Ok(out)
}

#[allow(clippy::too_many_arguments)]
async fn page(
    compiler: &Compiler<'_>,
    form: usize,
    wanted: &[(By, &[Val])],
    shown: &[By],
    scope: Scope,
    most: usize,
    tx: &mut Tx,
    out: &mut Vec<Found>,
) -> StoreResult<()> {
    let layout = compiler.form_layout(form)?;
    let at = RecordAt::root(form)?;
    let columns: Vec<Column<'_>> = shown.iter().map(|by| Column::of(layout, *by)).collect::<StoreResult<_>>()?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT t.\"id\"");
    for column in &columns {
        sql.push(", ").append(column.sql(compiler.dialect));
    }
    sql.push(" FROM ").ident(&layout.table).push(" AS t WHERE t.\"deleted_at\" IS NULL");
    for (by, values) in wanted {
        let (column, values) = asked(layout, *by, values, compiler.dialect)?;
        if values.is_empty() {
            return Ok(());
        }
        if by.is_indexed_text(layout) {
            let texts = values.iter().filter_map(|value| match value {
                Val::Text(text) => Some(text.as_str()),
                _ => None,
            });
            if let Some(begins) = compiler.dialect.begins_as(column.clone(), texts) {
                sql.push(" AND ").append(begins);
            }
        }
        sql.push(" AND ").append(column).push(" IN (").vals(values).push(")");
    }
    if scope == Scope::Caller {
        let access = compiler.access.access(form);
        if access.rows != Cond::True {
            sql.push(" AND ").append(compiler.condition_on(&at, &access.rows, Eyes::True)?);
        }
    }
    sql.push(" ORDER BY t.\"rid\" LIMIT ").int(i64::try_from(most).unwrap_or(i64::MAX));
    tx.each(&sql.build().once(), |row| {
        let Some(id) = row.uuid(0)? else { return Ok(()) };
        let values = columns
            .iter()
            .enumerate()
            .map(|(i, column)| column.read(id, row.val(i + 1, column.kind)?))
            .collect::<StoreResult<Vec<Val>>>()?;
        out.push(Found { id, values });
        Ok(())
    })
    .await
}

/// A column that is looked at, as the rest of the program means it: encrypted values are opened.
struct Column<'l> {
    name: Ident,
    /// Of a sort key: the column of the text that it is of.
    of: Option<Ident>,
    kind: Kind,
    seal: Option<&'l Seal>,
    /// What is read of it, where that is not the value itself.
    folded: Option<Normal>,
}

impl<'l> Column<'l> {
    fn of(layout: &'l FormLayout, by: By) -> StoreResult<Column<'l>> {
        let plain = |name: &str, kind| Ok(Column { name: Ident::new(name)?, of: None, kind, seal: None, folded: None });
        let (index, folded) = match by {
            By::Id => return plain("id", Kind::Uuid),
            By::Version => return plain("version", Kind::Int),
            By::Field(index) => (index, false),
            By::Folded(index) => (index, true),
        };
        let Some(field) = layout.fields.get(index) else { return plain("id", Kind::Uuid) };
        let (name, of, kind) = match (&field.seal, &field.normal, &field.sort) {
            (None, Some(normal), _) if folded => (normal, None, Kind::Text),
            (None, None, Some((sort, Kind::Text))) if folded => (sort, Some(field.column.clone()), Kind::Text),
            _ => (&field.column, None, field.kind),
        };
        Ok(Column {
            name: name.clone(),
            of,
            kind,
            seal: field.seal.as_deref(),
            folded: folded.then_some(field.normal_form),
        })
    }

    /// Of the record whose table has the alias `t`.
    fn sql(&self, dialect: Dialect) -> SqlBuilder {
        let place = |column: &Ident| {
            let mut sql = dialect.sql();
            sql.push("t.").ident(column);
            sql
        };
        match &self.of {
            Some(text) => dialect.sort_key(place(&self.name), place(text)),
            None => place(&self.name),
        }
    }

    fn read(&self, owner: Uuid, value: Val) -> StoreResult<Val> {
        match (self.seal, value) {
            (Some(seal), Val::Text(text)) => {
                let text = seal.open(owner, &text)?;
                Ok(match self.folded {
                    Some(normal) => Val::or_null(normal.of(&text).map(Val::Text), Kind::Text),
                    None => Val::Text(text),
                })
            }
            (_, value) => Ok(value),
        }
    }
}

/// The column in which values are looked for, and what stands there for them. Of an encrypted field the blind index: it finds
/// also what is equal only when folded.
fn asked(layout: &FormLayout, by: By, values: &[Val], dialect: Dialect) -> StoreResult<(SqlBuilder, Vec<Val>)> {
    let column = Column::of(layout, by)?;
    let field = match by {
        By::Field(index) | By::Folded(index) => layout.fields.get(index),
        By::Id | By::Version => None,
    };
    let (Some(_), Some(field)) = (column.seal, field) else { return Ok((column.sql(dialect), values.to_vec())) };
    let normal = field.normal.clone().ok_or_else(|| StoreError::Other("no blind index".into()))?;
    let mut blinds = Vec::with_capacity(values.len());
    for value in values {
        if let Val::Text(text) = value {
            blinds.extend(normal_of(field, text)?.map(Val::Text));
        }
    }
    let blind = Column { name: normal, of: None, ..column };
    Ok((blind.sql(dialect), blinds))
}

/// Whether the caller may read a record on which a further condition holds. Takes no lock.
pub async fn readable(
    compiler: &Compiler<'_>,
    form: usize,
    record: Uuid,
    cond: &Cond,
    tx: &mut Tx,
) -> StoreResult<bool> {
    let layout = compiler.form_layout(form)?;
    let at = RecordAt::root(form)?;
    let mut sql = compiler.dialect.sql();
    sql.push("SELECT t.\"id\" FROM ")
        .ident(&layout.table)
        .push(" AS t WHERE t.\"id\" = ")
        .val(record)
        .push(" AND t.\"deleted_at\" IS NULL");
    for cond in [&compiler.access.access(form).rows, cond] {
        if *cond != Cond::True {
            sql.push(" AND ").append(compiler.condition_on(&at, cond, Eyes::True)?);
        }
    }
    Ok(tx.optional(&sql.build(), |row| row.uuid(0)).await?.flatten().is_some())
}
