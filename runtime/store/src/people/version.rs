//! The number of the organisation: raised by every change of people, departments and roles, in the same transaction.

use super::filled;
use crate::error::StoreResult;
use crate::tx::Tx;
use crate::value::Val;

/// Raises the number and gives the new one. All changes of the organisation begin with it: on PostgreSQL the row it
/// writes makes them wait for each other, so that two cannot each remove the other's last administrator.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn raise(tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_meta\" (\"key\", \"number\") VALUES ('org_version', 1) ON CONFLICT (\"key\") DO UPDATE SET \"number\" = coalesce(\"fw_meta\".\"number\", 0) + 1 RETURNING \"number\"");
    tx.one(&sql.build(), |row| filled(row.int(0)?, "number")).await
}

/// The number now; 0 before the first change.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn read(tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT \"number\" FROM \"fw_meta\" WHERE \"key\" = 'org_version'");
    let found = tx.optional(&sql.build(), |row| row.int(0)).await?;
    Ok(found.flatten().unwrap_or(0))
}

/// Writes a single fact of the installation unless it is there; whether it was written.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn claim(tx: &mut Tx, key: &'static str, text: &str) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_meta\" (\"key\", \"text\") VALUES (")
        .vals([Val::from(key), Val::from(text)])
        .push(") ON CONFLICT (\"key\") DO NOTHING");
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// A single fact of the installation.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn fact(tx: &mut Tx, key: &'static str) -> StoreResult<Option<String>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"text\" FROM \"fw_meta\" WHERE \"key\" = ").val(key);
    let found = tx.optional(&sql.build(), |row| Ok(row.text(0)?.map(str::to_owned))).await?;
    Ok(found.flatten())
}
