//! Users, their passwords and their roles.

use chrono::{DateTime, Utc};
use formwright_core::fold;
use uuid::Uuid;

use super::filled;
use crate::dialect::Lock;
use crate::error::StoreResult;
use crate::row::Row;
use crate::tx::Tx;
use crate::value::{Kind, Val};

/// A user without what proves who he is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Never changes.
    pub id: Uuid,
    /// Name to sign in with; unique when folded.
    pub login: String,
    /// Name to be shown.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Department he belongs to first.
    pub department: Option<Uuid>,
    /// The person above him.
    pub manager: Option<Uuid>,
    /// Language tag.
    pub locale: Option<String>,
    /// IANA name.
    pub time_zone: Option<String>,
    /// Disabled people stay, but cannot come in.
    pub active: bool,
    /// When he was made.
    pub created_at: DateTime<Utc>,
    /// Counts changes.
    pub version: i64,
    /// A JSON object of what has no column.
    pub data: String,
}

/// A role that a user has, for good or for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// Name of the role.
    pub role: String,
    /// From then on.
    pub from: Option<DateTime<Utc>>,
    /// Before then.
    pub to: Option<DateTime<Utc>>,
}

impl Assignment {
    /// Whether it holds at that time.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at < to)
    }
}

/// What a sign-in is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose.
    pub user: Uuid,
    /// His login as he writes it.
    pub login: String,
    /// His name.
    pub name: String,
    /// Hash of his password, if he has one.
    pub password: Option<String>,
    /// Whether he may come in.
    pub active: bool,
    /// Sessions with a smaller stamp are dead.
    pub stamp: i64,
    /// Failed attempts since the last success.
    pub failures: i64,
    /// Until then no attempt is looked at.
    pub blocked_until: Option<DateTime<Utc>>,
    /// Whether the password alone does not open a session.
    pub factor: bool,
}

const COLUMNS: &str = "\"id\", \"login\", \"name\", \"email\", \"phone\", \"department\", \"manager\", \"locale\", \"time_zone\", \"active\", \"created_at\", \"version\", \"data\"";

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn read_user(row: &Row<'_>) -> StoreResult<UserRow> {
    Ok(UserRow {
        id: filled(row.uuid(0)?, "id")?,
        login: filled(owned(row.text(1)?), "login")?,
        name: filled(owned(row.text(2)?), "name")?,
        email: owned(row.text(3)?),
        phone: owned(row.text(4)?),
        department: row.uuid(5)?,
        manager: row.uuid(6)?,
        locale: owned(row.text(7)?),
        time_zone: owned(row.text(8)?),
        active: filled(row.bool(9)?, "active")?,
        created_at: filled(row.ts(10)?, "created_at")?,
        version: filled(row.int(11)?, "version")?,
        data: filled(owned(row.json(12)?), "data")?,
    })
}

/// All users.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn all(tx: &mut Tx) -> StoreResult<Vec<UserRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT ").push(COLUMNS).push(" FROM \"fw_users\" ORDER BY \"name_key\", \"id\"");
    tx.all(&sql.build(), read_user).await
}

/// One user, held against other changes until the transaction ends.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn lock(tx: &mut Tx, id: Uuid) -> StoreResult<Option<UserRow>> {
    let mut sql = tx.sql();
    sql.push("SELECT ")
        .push(COLUMNS)
        .push(" FROM \"fw_users\" WHERE \"id\" = ")
        .val(id)
        .push(tx.dialect().for_update(Lock::Wait));
    tx.optional(&sql.build(), read_user).await
}

/// A new user, with the hash of his password if he has one already.
///
/// # Errors
/// [`crate::StoreError::Unique`] when the login is taken, and any other.
pub async fn insert(tx: &mut Tx, user: &UserRow, password: Option<&str>) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("INSERT INTO \"fw_users\" (")
        .push(COLUMNS)
        .push(", \"login_key\", \"name_key\", \"password\", \"stamp\", \"failures\") VALUES (")
        .val(user.id)
        .push(", ")
        .vals(profile(user))
        .push(", ")
        .vals([
            Val::Ts(user.created_at),
            Val::Int(user.version),
            Val::Json(user.data.clone()),
            Val::Text(fold::fold(&user.login)),
            Val::Text(fold::sort_key(&user.name)),
            Val::opt_text(password),
            Val::Int(1),
            Val::Int(0),
        ])
        .push(")");
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Columns `login` to `active`.
fn profile(user: &UserRow) -> [Val; 9] {
    let id = |id: Option<Uuid>| Val::or_null(id.map(Val::Uuid), Kind::Uuid);
    [
        Val::text(&user.login),
        Val::text(&user.name),
        Val::opt_text(user.email.as_deref()),
        Val::opt_text(user.phone.as_deref()),
        id(user.department),
        id(user.manager),
        Val::opt_text(user.locale.as_deref()),
        Val::opt_text(user.time_zone.as_deref()),
        Val::Bool(user.active),
    ]
}

/// Writes a user over the version before; false when that is not what is stored.
///
/// # Errors
/// [`crate::StoreError::Unique`] when the login is taken, and any other.
pub async fn update(tx: &mut Tx, user: &UserRow) -> StoreResult<bool> {
    let names = ["login", "name", "email", "phone", "department", "manager", "locale", "time_zone", "active"];
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_users\" SET ").list(", ", names.into_iter().zip(profile(user)), |sql, (name, value)| {
        sql.name(name).push(" = ").val(value);
    });
    sql.push(", \"version\" = ").val(user.version);
    sql.push(", \"data\" = ").val(Val::Json(user.data.clone()));
    sql.push(", \"login_key\" = ").val(fold::fold(&user.login));
    sql.push(", \"name_key\" = ").val(fold::sort_key(&user.name));
    sql.push(" WHERE \"id\" = ").val(user.id);
    sql.push(" AND \"version\" = ").val(user.version - 1);
    Ok(tx.execute(&sql.build()).await? == 1)
}

/// All roles of all users.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn all_roles(tx: &mut Tx) -> StoreResult<Vec<(Uuid, Assignment)>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"user\", \"role\", \"from\", \"to\" FROM \"fw_user_roles\" ORDER BY \"user\", \"role\"");
    tx.all(&sql.build(), |row| Ok((filled(row.uuid(0)?, "user")?, read_assignment(row)?))).await
}

fn read_assignment(row: &Row<'_>) -> StoreResult<Assignment> {
    Ok(Assignment { role: filled(owned(row.text(1)?), "role")?, from: row.ts(2)?, to: row.ts(3)? })
}

/// The roles of one user.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn roles_of(tx: &mut Tx, user: Uuid) -> StoreResult<Vec<Assignment>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"user\", \"role\", \"from\", \"to\" FROM \"fw_user_roles\" WHERE \"user\" = ")
        .val(user)
        .push(" ORDER BY \"role\"");
    tx.all(&sql.build(), read_assignment).await
}

/// Puts these roles in place of all that the user has.
///
/// # Errors
/// [`crate::StoreError::Unique`] when a role is named twice, and any other.
pub async fn set_roles(tx: &mut Tx, user: Uuid, roles: &[Assignment]) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("DELETE FROM \"fw_user_roles\" WHERE \"user\" = ").val(user);
    tx.execute(&sql.build()).await?;
    for assignment in roles {
        let mut sql = tx.sql();
        sql.push("INSERT INTO \"fw_user_roles\" (\"user\", \"role\", \"from\", \"to\") VALUES (")
            .vals([
                Val::Uuid(user),
                Val::text(&assignment.role),
                Val::opt_ts(assignment.from),
                Val::opt_ts(assignment.to),
            ])
            .push(")");
        tx.execute(&sql.build()).await?;
    }
    Ok(())
}

/// Whoever has a role has it under its new name.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn rename_role(tx: &mut Tx, old: &str, new: &str) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_user_roles\" SET \"role\" = ").val(new).push(" WHERE \"role\" = ").val(old);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// How many active people have that role at that time.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn active_with_role(tx: &mut Tx, role: &str, at: DateTime<Utc>) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM \"fw_user_roles\" AS r JOIN \"fw_users\" AS u ON u.\"id\" = r.\"user\" WHERE u.\"active\" AND r.\"role\" = ")
        .val(role)
        .push(" AND (r.\"from\" IS NULL OR r.\"from\" <= ")
        .val(at)
        .push(") AND (r.\"to\" IS NULL OR r.\"to\" > ")
        .val(at)
        .push(")");
    tx.one(&sql.build(), |row| filled(row.int(0)?, "count")).await
}

/// Whether somebody with that role can already come in by password.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn any_with_role_and_password(tx: &mut Tx, role: &str) -> StoreResult<bool> {
    let mut sql = tx.sql();
    sql.push("SELECT count(*) FROM \"fw_user_roles\" AS r JOIN \"fw_users\" AS u ON u.\"id\" = r.\"user\" WHERE u.\"active\" AND u.\"password\" IS NOT NULL AND r.\"role\" = ")
        .val(role);
    let found = tx.one(&sql.build(), |row| filled(row.int(0)?, "count")).await?;
    Ok(found > 0)
}

/// Whose credentials are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// By login, in any spelling that folds to the same.
    Login(&'a str),
    /// By id.
    Id(Uuid),
}

/// What a sign-in is checked against; in a writing transaction held until it ends.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn credentials(tx: &mut Tx, who: Who<'_>, hold: bool) -> StoreResult<Option<Credentials>> {
    let mut sql = tx.sql();
    sql.push("SELECT \"id\", \"login\", \"name\", \"password\", \"active\", \"stamp\", \"failures\", \"blocked_until\", \
        EXISTS (SELECT 1 FROM \"fw_factors\" AS f WHERE f.\"user\" = \"fw_users\".\"id\" AND f.\"secret\" IS NOT NULL) FROM \"fw_users\" WHERE ");
    match who {
        Who::Login(login) => sql.push("\"login_key\" = ").val(fold::fold(login)),
        Who::Id(id) => sql.push("\"id\" = ").val(id),
    };
    if hold {
        sql.push(tx.dialect().for_update(Lock::Wait));
    }
    tx.optional(&sql.build(), |row| {
        Ok(Credentials {
            user: filled(row.uuid(0)?, "id")?,
            login: filled(owned(row.text(1)?), "login")?,
            name: filled(owned(row.text(2)?), "name")?,
            password: owned(row.text(3)?),
            active: filled(row.bool(4)?, "active")?,
            stamp: filled(row.int(5)?, "stamp")?,
            failures: filled(row.int(6)?, "failures")?,
            blocked_until: row.ts(7)?,
            factor: filled(row.bool(8)?, "factor")?,
        })
    })
    .await
}

/// Sets the count of failed attempts and until when no further one is looked at.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn set_failures(
    tx: &mut Tx,
    user: Uuid,
    failures: i64,
    blocked_until: Option<DateTime<Utc>>,
) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_users\" SET \"failures\" = ").val(failures);
    sql.push(", \"blocked_until\" = ").val(Val::opt_ts(blocked_until));
    sql.push(" WHERE \"id\" = ").val(user);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// A new password: the count of failures begins again and all sessions are dead. The new stamp.
///
/// # Errors
/// [`crate::StoreError::NoRow`] when there is no such user, and any other.
pub async fn set_password(tx: &mut Tx, user: Uuid, hash: &str) -> StoreResult<i64> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_users\" SET \"password\" = ").val(hash);
    sql.push(", \"stamp\" = \"stamp\" + 1, \"failures\" = 0, \"blocked_until\" = NULL WHERE \"id\" = ")
        .val(user)
        .push(" RETURNING \"stamp\"");
    tx.one(&sql.build(), |row| filled(row.int(0)?, "stamp")).await
}

/// The same password under newer parameters; sessions go on.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn replace_hash(tx: &mut Tx, user: Uuid, hash: &str) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_users\" SET \"password\" = ").val(hash);
    sql.push(" WHERE \"id\" = ").val(user);
    tx.execute(&sql.build()).await.map(|_| ())
}

/// Makes all sessions of the user dead.
///
/// # Errors
/// Any of [`crate::StoreError`].
pub async fn raise_stamp(tx: &mut Tx, user: Uuid) -> StoreResult<()> {
    let mut sql = tx.sql();
    sql.push("UPDATE \"fw_users\" SET \"stamp\" = \"stamp\" + 1 WHERE \"id\" = ").val(user);
    tx.execute(&sql.build()).await.map(|_| ())
}
