//! Settings of apps and work calendars: what an administrator said once for the whole company.

use crate::error::{StoreError, StoreResult};
use crate::tx::Tx;
use crate::value::{Kind, Val};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A stored setting; `value` is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    pub app: String,
    pub key: String,
    pub value: String,
}

/// A work calendar; `doc` is JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRow {
    pub name: String,
    pub doc: String,
    pub version: i64,
}

/// Every stored setting.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn all(tx: &mut Tx) -> StoreResult<Vec<SettingRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"app\", \"key\", \"value\" FROM ").name("fw_settings").push(" ORDER BY \"app\", \"key\"");
    tx.all(&sql.build(), |row| {
        Ok(SettingRow {
            app: row.text(0)?.unwrap_or_default().to_string(),
            key: row.text(1)?.unwrap_or_default().to_string(),
            value: row.json(2)?.unwrap_or("null").to_string(),
        })
    })
    .await
}

/// Writes a setting, or forgets it where there is no value.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn set(
    app: &str,
    key: &str,
    value: Option<String>,
    now: DateTime<Utc>,
    by: Option<Uuid>,
    tx: &mut Tx,
) -> StoreResult<()> {
    let mut sql = tx.sql();
    match value {
        None => {
            sql.push("DELETE FROM ").name("fw_settings").push(" WHERE \"app\" = ").val(app);
            sql.push(" AND \"key\" = ").val(key);
        }
        Some(value) => {
            let names = ["app", "key", "value", "updated_at", "updated_by"];
            sql.push("INSERT INTO ").name("fw_settings").push(" (").names(&names).push(") VALUES (");
            sql.vals([
                Val::text(app),
                Val::text(key),
                Val::Json(value),
                Val::Ts(now),
                Val::or_null(by.map(Val::Uuid), Kind::Uuid),
            ]);
            sql.push(") ON CONFLICT (\"app\", \"key\") DO UPDATE SET \"value\" = excluded.\"value\", \"updated_at\" = excluded.\"updated_at\", \"updated_by\" = excluded.\"updated_by\"");
        }
    }
    tx.execute(&sql.build()).await.map(|_| ())
}

fn version_key(app: &str) -> Val {
    Val::text(format!("settings:{app}"))
}

/// How often an app's settings were changed.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn version(app: &str, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT \"number\" FROM ").name("fw_meta").push(" WHERE \"key\" = ").val(version_key(app));
    Ok(tx.optional(&sql.build(), |row| row.int(0)).await?.flatten().unwrap_or(0))
}

/// Counts a change of an app's settings and gives the new number; two changes wait for each other.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn raise(app: &str, tx: &mut Tx) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_meta").push(" (").names(&["key", "number"]).push(") VALUES (");
    sql.vals([version_key(app), Val::Int(1)]);
    sql.push(") ON CONFLICT (\"key\") DO UPDATE SET \"number\" = coalesce(\"fw_meta\".\"number\", 0) + 1 RETURNING \"number\"");
    let number = tx.one(&sql.build(), |row| row.int(0)).await?;
    number.ok_or_else(|| StoreError::Damaged("column number is empty".into()))
}

/// Every work calendar by name.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn calendars(tx: &mut Tx) -> StoreResult<Vec<CalendarRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"name\", \"doc\", \"version\" FROM ").name("fw_calendars").push(" ORDER BY \"name\"");
    tx.all(&sql.build(), |row| {
        Ok(CalendarRow {
            name: row.text(0)?.unwrap_or_default().to_string(),
            doc: row.json(1)?.unwrap_or("{}").to_string(),
            version: row.int(2)?.unwrap_or(1),
        })
    })
    .await
}

/// Writes a calendar and gives its new version.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn put_calendar(
    name: &str,
    doc: String,
    now: DateTime<Utc>,
    by: Option<Uuid>,
    tx: &mut Tx,
) -> StoreResult<i64> {
    let names = ["name", "doc", "version", "updated_at", "updated_by"];
    let mut sql = tx.sql();
    sql.push("INSERT INTO ").name("fw_calendars").push(" (").names(&names).push(") VALUES (");
    sql.vals([Val::text(name), Val::Json(doc), Val::Int(1), Val::Ts(now), Val::or_null(by.map(Val::Uuid), Kind::Uuid)]);
    sql.push(") ON CONFLICT (\"name\") DO UPDATE SET \"doc\" = excluded.\"doc\", \"version\" = \"fw_calendars\".\"version\" + 1, \"updated_at\" = excluded.\"updated_at\", \"updated_by\" = excluded.\"updated_by\" RETURNING \"version\"");
    let number = tx.one(&sql.build(), |row| row.int(0)).await?;
    number.ok_or_else(|| StoreError::Damaged("column version is empty".into()))
}
