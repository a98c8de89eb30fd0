//! Values of a choice that bear another name now: records follow.

use formwright_core::field::Storage;
use formwright_core::plan::Place;

use super::pages::{Pages, write_column};
use crate::error::{StoreError, StoreResult};
use crate::sql::Ident;
use crate::tx::Tx;
use crate::value::{Kind, Val};

pub(super) async fn recode(
    tx: &mut Tx,
    place: &Place,
    storage: Storage,
    pairs: &[(String, String)],
) -> StoreResult<()> {
    let Storage::List(_) = storage else {
        return rename(tx, &Ident::new(&place.table)?, &Ident::new(&place.column)?, pairs).await;
    };
    rename(tx, &Ident::new(&format!("m_{}", place.column))?, &Ident::new("value")?, pairs).await?;
    let mut pages = Pages::filled(place, &[(place.column.as_str(), Kind::Json)])?;
    loop {
        let lines = pages.next(tx).await?;
        if lines.is_empty() {
            return Ok(());
        }
        let mut changed = Vec::new();
        for line in lines {
            let Some(Val::Json(text)) = line.values.into_iter().next() else { continue };
            let mut items: Vec<String> =
                serde_json::from_str(&text).map_err(|error| StoreError::Damaged(error.to_string()))?;
            let mut touched = false;
            for item in &mut items {
                if let Some((_, new)) = pairs.iter().find(|(old, _)| old == item) {
                    item.clone_from(new);
                    touched = true;
                }
            }
            if touched {
                changed.push((
                    line.key,
                    Val::Json(serde_json::to_string(&items).map_err(|error| StoreError::Other(error.to_string()))?),
                ));
            }
        }
        write_column(tx, place, changed).await?;
    }
}

/// New values are none of the old ones, so that the order does not matter.
async fn rename(tx: &mut Tx, table: &Ident, column: &Ident, pairs: &[(String, String)]) -> StoreResult<()> {
    for (old, new) in pairs {
        let mut sql = tx.sql();
        sql.push("UPDATE ")
            .ident(table)
            .push(" SET ")
            .ident(column)
            .push(" = ")
            .val(new.as_str())
            .push(" WHERE ")
            .ident(column)
            .push(" = ")
            .val(old.as_str());
        tx.execute(&sql.build().once()).await?;
    }
    Ok(())
}
