//! Departments: a tree, each with its heads and with roles of its members.

use uuid::Uuid;

use super::filled;
use crate::dialect::Lock;
use crate::error::StoreResult;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// A department as stored; the lists are JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DepartmentRow {
    /// Never changes.
    pub id: Uuid,
    /// Short unique name, the code.
    pub name: String,
    /// Name to be shown.
    pub title: String,
    /// JSON object: translations by language tag.
    pub labels: String,
    /// The department above.
    pub parent: Option<Uuid>,
    /// JSON array of user ids.
    pub heads: String,
    /// JSON array of role names.
    pub roles: String,
    /// Removed departments stay for what names them.
    pub active: bool,
    /// Counts changes.
    pub version: i64,
}

const COLUMNS: &str =
    "\"id\", \"name\", \"title\", \"labels\", \"parent\", \"heads\", \"roles\", \"active\", \"version\"";

fn read(row: &Row<'_>) -> StoreResult<DepartmentRow> {
    let text = |i: usize, name: &str| filled(row.text(i)?.map(str::to_owned), name);
    Ok(DepartmentRow {
        id: filled(row.uuid(0)?, "id")?,
        name: text(1, "name")?,
        title: text(2, "title")?,
        labels: text(3, "labels")?,
        parent: row.uuid(4)?,
        heads: text(5, "heads")?,
        roles: text(6, "roles")?,
        active: filled(row.bool(7)?, "active")?,
        version: filled(row.int(8)?, "version")?,
    })
}

/// All departments, by name.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn all(tx: &mut Tx) -> StoreResult<Vec<DepartmentRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").push(COLUMNS).push(" FROM \"fw_departments\" ORDER BY \"name\"");
    tx.all(&sql.build(), read).await
}

/// One department, held against other changes until the transaction ends.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn lock(tx: &mut Tx, id: Uuid) -> StoreResult<Option<DepartmentRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .push(COLUMNS)
        .push(" FROM \"fw_departments\" WHERE \"id\" = ")
        .val(id)
        .push(tx.dialect().for_update(Lock::Wait));
    tx.optional(&sql.build(), read).await
}

fn values(department: &DepartmentRow) -> [(&'static str, Val); 8] {
    [
        ("name", Val::text(&department.name)),
        ("title", Val::text(&department.title)),
        ("labels", Val::Json(department.labels.clone())),
        ("parent", Val::or_null(department.parent.map(Val::Uuid), Kind::Uuid)),
        ("heads", Val::Json(department.heads.clone())),
        ("roles", Val::Json(department.roles.clone())),
        ("active", Val::Bool(department.active)),
        ("version", Val::Int(department.version)),
    ]
}

/// A new department.
///
/// # Errors
/// [`crate::StoreError::Unique`] when the name is taken, and any other.
pub async fn insert(tx: &mut Tx, department: &DepartmentRow) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_departments\" (")
        .push(COLUMNS)
        .push(") VALUES (")
        .val(department.id)
        .push(", ")
        .vals(values(department).into_iter().map(|(_, value)| value))
        .push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Writes a department over the version before; false when that is not what is stored.
///
/// # Errors
/// [`crate::StoreError::Unique`] when the name is taken, and any other.
pub async fn update(tx: &mut Tx, department: &DepartmentRow) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_departments\" SET ").list(", ", values(department), |sql, (name, value)| {
        sql.name(name).push(" = ").val(value);
    });
    sql.push(" WHERE \"id\" = ").val(department.id);
    sql.push(" AND \"version\" = ").val(department.version - 1);
    Ok(tx.execute(&sql.build()).await? == 1)
}
