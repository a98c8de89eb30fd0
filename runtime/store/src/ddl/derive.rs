//! What follows from a value's column: sort keys, folded texts, the members of lists.

use formwright_core::field::{ColumnKind, Storage};
use formwright_core::plan::{Derived, Place};
use formwright_core::time::duration_micros;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::column::value_kind;
use super::pages::{Pages, write_column};
use super::seal::owner;
use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::layout::FieldLayout;
use crate::records::normal_of;
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// The members of one statement: three values each.
const MEMBERS: usize = 1500;

pub(super) async fn derive(
    tx: &mut Tx,
    from: &Place,
    field: &str,
    storage: Storage,
    to: Derived,
    layout: Option<&FieldLayout>,
) -> StoreResult<()> {
    let mut pages = Pages::filled(from, &[(&from.column, value_kind(storage))])?;
    let dialect = tx.dialect();
    let target = |suffix: &str| Place { column: format!("{field}{suffix}"), ..from.clone() };
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(());
        }
        match to {
            Derived::Sort(kind) => {
                let keys = lines
                    .into_iter()
                    .filter_map(|l| Some((l.key, sort_key(l.values.first()?, kind, dialect)?)))
                    .collect();
                write_column(tx, &target("_s"), keys).await?;
            }
            Derived::Normalized => {
                let layout = layout.ok_or_else(|| StoreError::Other(format!("no field {field}")))?;
                let mut keys = Vec::with_capacity(lines.len());
                for line in lines {
                    let Some(Val::Text(text)) = line.values.first() else { continue };
                    let key = match &layout.seal {
                        Some(seal) => normal_of(layout, &seal.open(owner(&line), text)?)?,
                        None => normal_of(layout, text)?,
                    };
                    // what has none now may have had one
                    keys.push((line.key, Val::or_null(key.map(Val::Text), Kind::Text)));
                }
                write_column(tx, &target("_n"), keys).await?;
            }
            Derived::Members(kind) => {
                let mut members = Vec::new();
                for line in lines {
                    // members of a row's list hang on the row
                    let owner = owner(&line);
                    if let Some(Val::Json(list)) = line.values.first() {
                        collect(owner, list, kind, &mut members)?;
                    }
                }
                let table = Ident::new(&format!("m_{field}"))?;
                write_members(tx, &table, members).await?;
            }
        }
    }
}

fn sort_key(value: &Val, kind: ColumnKind, dialect: Dialect) -> Option<Val> {
    match (value, kind) {
        (Val::Text(text), ColumnKind::Text) => dialect.kept_sort_key(text).map(Val::Text),
        (Val::Text(text), ColumnKind::Dec(scale)) => Some(Val::Dec(Decimal::new(duration_micros(text)?, 6), scale)),
        _ => None,
    }
}

fn collect(owner: Uuid, list: &str, kind: ColumnKind, out: &mut Vec<[Val; 3]>) -> StoreResult<()> {
    let items: Vec<String> = serde_json::from_str(list).map_err(|error| StoreError::Damaged(error.to_string()))?;
    for (pos, item) in (0_i64..).zip(items) {
        let value = match kind {
            ColumnKind::Uuid => {
                Val::Uuid(Uuid::try_parse(&item).map_err(|error| StoreError::Damaged(error.to_string()))?)
            }
            _ => Val::Text(item),
        };
        out.push([Val::Uuid(owner), value, Val::Int(pos)]);
    }
    Ok(())
}

async fn write_members(tx: &mut Tx, table: &Ident, members: Vec<[Val; 3]>) -> StoreResult<()> {
    for part in members.chunks(MEMBERS) {
        let mut sql = tx.sql();
        sql.push("INSERT INTO ").ident(table).push(" (\"record\", \"value\", \"pos\") VALUES ").list(
            ", ",
            part,
            |sql, member| {
                sql.push("(").vals(member.iter().cloned()).push(")");
            },
        );
        sql.push(" ON CONFLICT DO NOTHING");
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}
