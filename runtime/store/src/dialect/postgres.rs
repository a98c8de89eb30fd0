//! PostgreSQL's side of the longer differences.

use super::{DateUnit, Dialect};
use crate::sql::SqlBuilder;
use crate::value::Kind;

pub(super) fn column_type(kind: Kind, sql: &mut SqlBuilder) {
    match kind {
        Kind::Dec(scale) => {
            sql.push("numeric(18, ").int(i64::from(scale)).push(")");
        }
        Kind::Text | Kind::Json => {
            sql.push("text COLLATE \"C\"");
        }
        kind => plain_type(kind, sql),
    }
}

/// The type without collation and precision, as casts want it.
pub(super) fn plain_type(kind: Kind, sql: &mut SqlBuilder) {
    sql.push(match kind {
        Kind::Text | Kind::Json => "text",
        Kind::Int | Kind::Time => "bigint",
        Kind::Bool => "boolean",
        Kind::Dec(_) => "numeric",
        Kind::Date => "date",
        Kind::Ts => "timestamptz",
        Kind::Uuid => "uuid",
        Kind::Bytes => "bytea",
    });
}

pub(super) fn date_bucket(part: SqlBuilder, kind: Kind, unit: DateUnit, offset_minutes: i32) -> SqlBuilder {
    let day = || {
        let mut sql = Dialect::Postgres.sql();
        if kind == Kind::Ts {
            sql.push("((").append(part.clone()).push(") AT TIME ZONE 'UTC' + make_interval(mins => ");
            sql.int(i64::from(offset_minutes)).push("))::date");
        } else {
            sql.append(part.clone());
        }
        sql
    };
    let mut sql = Dialect::Postgres.sql();
    let trunc = |sql: &mut SqlBuilder, field: &'static str| {
        sql.push("date_trunc(").push(field).push(", (").append(day()).push(")::timestamp)::date");
    };
    match unit {
        DateUnit::Day => {
            sql.append(day());
        }
        DateUnit::Week(first) => {
            sql.push("(").append(day()).push(" - (extract(dow from ").append(day());
            sql.push(")::integer + 7 - ").int(i64::from(first % 7)).push(") % 7)");
        }
        DateUnit::Month => trunc(&mut sql, "'month'"),
        DateUnit::Quarter => trunc(&mut sql, "'quarter'"),
        DateUnit::Year => trunc(&mut sql, "'year'"),
    }
    sql
}

/// A pattern for LIKE that finds `needle` literally: anywhere, or at the end.
pub(super) fn pattern(needle: &str, anywhere: bool) -> String {
    let mut pattern = String::with_capacity(needle.len() + 2);
    pattern.push('%');
    for letter in needle.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    if anywhere {
        pattern.push('%');
    }
    pattern
}

/// A tsquery: the words, quoted, right behind each other.
pub(super) fn ts_query(words: &[String], prefix: bool) -> String {
    let quoted: Vec<String> =
        words.iter().map(|word| format!("'{}'", word.replace('\\', "\\\\").replace('\'', "''"))).collect();
    let star = if prefix && !words.is_empty() { ":*" } else { "" };
    format!("{}{star}", quoted.join(" <-> "))
}

/// A tsvector of words in their order. PostgreSQL keeps positions up to 16,383; later words share the last.
pub(super) fn ts_vector(tokens: &str) -> String {
    let mut out = String::with_capacity(tokens.len() * 2);
    for (at, word) in tokens.split(' ').filter(|word| !word.is_empty() && word.len() < 1000).enumerate() {
        if at > 0 {
            out.push(' ');
        }
        out.push('\'');
        out.push_str(&word.replace('\\', "\\\\").replace('\'', "''"));
        out.push_str("':");
        out.push_str(&(at + 1).min(16_383).to_string());
    }
    out
}
