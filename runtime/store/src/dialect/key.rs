//! Texts of any length in indexes. An entry of a PostgreSQL index holds 2,704 bytes: there it has the beginning of a text, and
//! where texts must be unique two digests of the whole. SQLite's entries hold any text.

use super::Dialect;
use crate::sql::{Ident, SqlBuilder};
use crate::value::Val;

/// Characters of a text that stand in an index.
const BEGINNING: usize = 64;

impl Dialect {
    /// A column with texts of any length as it stands in an index. Texts that differ have different entries in a unique one:
    /// nobody knows two that begin alike and share the digests of themselves and of themselves backwards.
    pub fn index_text(self, column: &Ident, unique: bool, sql: &mut SqlBuilder) {
        match self {
            Dialect::Sqlite => {
                sql.ident(column);
            }
            Dialect::Postgres => {
                sql.push("(left(").ident(column).push(", ").int(beginning()).push("))");
                if unique {
                    sql.push(", (md5(").ident(column).push(") || md5(reverse(").ident(column).push(")))");
                }
            }
        }
    }

    /// What an index made by [`Dialect::index_text`] needs to hear, besides the comparison itself, to find the records whose text
    /// is one of those; nothing where the comparison is enough.
    pub fn begins_as<'t>(self, text: SqlBuilder, texts: impl Iterator<Item = &'t str>) -> Option<SqlBuilder> {
        if self == Dialect::Sqlite {
            return None;
        }
        let mut begins: Vec<String> = texts.map(|text| text.chars().take(BEGINNING).collect()).collect();
        begins.sort_unstable();
        begins.dedup();
        let mut sql = self.sql();
        sql.push("left(").append(text).push(", ").int(beginning()).push(")");
        match (begins.pop(), begins.is_empty()) {
            (None, _) => return None,
            (Some(only), true) => sql.push(" = ").val(only),
            (Some(last), false) => sql.push(" IN (").vals(begins.into_iter().chain([last]).map(Val::Text)).push(")"),
        };
        Some(sql)
    }
}

fn beginning() -> i64 {
    i64::try_from(BEGINNING).unwrap_or(i64::MAX)
}
