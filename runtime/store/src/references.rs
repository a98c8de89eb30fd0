//! Who points to a record, and what went into the bin together.

use crate::error::StoreResult;
use crate::layout::FormLayout;
use crate::tx::Tx;
use uuid::Uuid;

/// Live records of a form whose link field names the record, at most `most`.
pub async fn pointing(
    layout: &FormLayout,
    field: usize,
    target: Uuid,
    most: i64,
    tx: &mut Tx,
) -> StoreResult<Vec<Uuid>> {
    let Some(place) = layout.fields.get(field) else { return Ok(Vec::new()) };
    let mut sql = tx.sql();
    sql.push("SELECT t.\"id\" FROM ").ident(&layout.table).push(" AS t WHERE t.\"deleted_at\" IS NULL AND ");
    match &place.side {
        Some((side, _)) => sql
            .push("t.\"id\" IN (SELECT \"record\" FROM ")
            .ident(side)
            .push(" WHERE \"value\" = ")
            .val(target)
            .push(")"),
        None => sql.push("t.").ident(&place.column).push(" = ").val(target),
    };
    sql.push(" LIMIT ").int(most);
    Ok(tx.all(&sql.build(), |row| row.uuid(0)).await?.into_iter().flatten().collect())
}

/// Number of rows of a child table, of live records, whose link names the record.
pub async fn rows_pointing(
    layout: &FormLayout,
    table: usize,
    column: usize,
    target: Uuid,
    tx: &mut Tx,
) -> StoreResult<i64> {
    let Some(rows) = layout.fields.get(table).and_then(|f| f.rows.as_ref()) else { return Ok(0) };
    let Some(place) = rows.fields.get(column) else { return Ok(0) };
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM ")
        .ident(&rows.table)
        .push(" AS r JOIN ")
        .ident(&layout.table)
        .push(" AS t ON t.\"id\" = r.\"record\" WHERE t.\"deleted_at\" IS NULL AND ");
    match &place.side {
        Some((side, _)) => sql
            .push("r.\"id\" IN (SELECT \"record\" FROM ")
            .ident(side)
            .push(" WHERE \"value\" = ")
            .val(target)
            .push(")"),
        None => sql.push("r.").ident(&place.column).push(" = ").val(target),
    };
    tx.one(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await
}

/// The batch in which a record was deleted.
pub async fn batch_of(layout: &FormLayout, id: Uuid, tx: &mut Tx) -> StoreResult<Option<Uuid>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"delete_batch\" FROM ").ident(&layout.table).push(" WHERE \"id\" = ").val(id);
    Ok(tx.optional(&sql.build(), |row| row.uuid(0)).await?.flatten())
}

/// Records of a form that were deleted in a batch and still are.
pub async fn deleted_in(layout: &FormLayout, batch: Uuid, tx: &mut Tx) -> StoreResult<Vec<Uuid>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"id\" FROM ")
        .ident(&layout.table)
        .push(" WHERE \"deleted_at\" IS NOT NULL AND \"delete_batch\" = ")
        .val(batch);
    Ok(tx.all(&sql.build(), |row| row.uuid(0)).await?.into_iter().flatten().collect())
}
