//! How long a record had which value of a status.

use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The record has this value from now on.
pub async fn enter(
    form: &str,
    record: Uuid,
    field: &str,
    value: &str,
    at: DateTime<Utc>,
    tx: &mut Tx,
) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ")
        .name("fw_field_stays")
        .push(" (")
        .names(&["form", "record", "field", "value", "entered_at"])
        .push(") VALUES (");
    sql.vals([Val::text(form), Val::Uuid(record), Val::text(field), Val::text(value), Val::Ts(at)]).push(")");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// The stay that runs ends now.
pub async fn leave(record: Uuid, field: &str, at: DateTime<Utc>, tx: &mut Tx) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE ")
        .name("fw_field_stays")
        .push(" SET \"left_at\" = ")
        .val(at)
        .push(" WHERE \"record\" = ")
        .val(record);
    sql.push(" AND \"field\" = ").val(field).push(" AND \"left_at\" IS NULL");
    tx.execute(&sql.build()).await?;
    Ok(())
}

/// The value before the present one.
pub async fn previous(record: Uuid, field: &str, tx: &mut Tx) -> StoreResult<Option<String>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"value\" FROM ")
        .name("fw_field_stays")
        .push(" WHERE \"record\" = ")
        .val(record)
        .push(" AND \"field\" = ")
        .val(field);
    sql.push(" AND \"left_at\" IS NOT NULL ORDER BY \"entered_at\" DESC, \"seq\" DESC LIMIT 1");
    Ok(tx.optional(&sql.build(), |row| Ok(row.text(0)?.map(str::to_string))).await?.flatten())
}
