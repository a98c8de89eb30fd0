//! SQLite's side of the longer differences.

use super::{DateUnit, Dialect};
use crate::sql::SqlBuilder;
use crate::value::Kind;

pub(super) fn column_type(kind: Kind, sql: &mut SqlBuilder) {
    sql.push(match kind {
        Kind::Text | Kind::Json | Kind::Date => "TEXT",
        Kind::Int | Kind::Bool | Kind::Dec(_) | Kind::Time | Kind::Ts => "INTEGER",
        Kind::Uuid | Kind::Bytes => "BLOB",
    });
}

pub(super) fn date_bucket(part: SqlBuilder, kind: Kind, unit: DateUnit, offset_minutes: i32) -> SqlBuilder {
    let day = || {
        let mut sql = Dialect::Sqlite.sql();
        if kind == Kind::Ts {
            // Whole seconds rounded down, also before 1970: `/` alone would round towards zero.
            let seconds = i64::from(offset_minutes) * 60;
            sql.push("date((").append(part.clone()).push(" - ((").append(part.clone());
            sql.push(" % 1000000) + 1000000) % 1000000) / 1000000 + ").int(seconds).push(", 'unixepoch')");
        } else {
            sql.append(part.clone());
        }
        sql
    };
    let mut sql = Dialect::Sqlite.sql();
    match unit {
        DateUnit::Day => sql.append(day()),
        DateUnit::Week(first) => {
            sql.push("date(").append(day()).push(", '-' || ((strftime('%w', ").append(day());
            sql.push(") + 7 - ").int(i64::from(first % 7)).push(") % 7) || ' days')")
        }
        DateUnit::Month => sql.push("date(").append(day()).push(", 'start of month')"),
        DateUnit::Quarter => {
            sql.push("date(").append(day()).push(", 'start of month', '-' || ((strftime('%m', ").append(day());
            sql.push(") - 1) % 3) || ' months')")
        }
        DateUnit::Year => sql.push("date(").append(day()).push(", 'start of year')"),
    };
    sql
}

/// FTS5's query: one phrase of the words, right behind each other.
pub(super) fn match_query(words: &[String], prefix: bool) -> String {
    let words: Vec<String> = words.iter().map(|word| word.replace('"', "\"\"")).collect();
    let star = if prefix && !words.is_empty() { " *" } else { "" };
    format!("\"{}\"{star}", words.join(" "))
}
