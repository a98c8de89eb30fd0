//! Writing SQL: keywords from the source code, identifiers quoted, values bound. There is no other way to a statement,
//! so no text from outside can become SQL.

use std::fmt::Write;

use crate::dialect::Dialect;
use crate::error::{StoreError, StoreResult};
use crate::value::{Val, scaled};

/// The name of a table, column, index or alias: one to 63 of `a-z`, `0-9`, `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ident(Box<str>);

impl Ident {
    /// # Errors
    /// [`StoreError::Value`] for anything but one to 63 of `a-z`, `0-9`, `_`.
    pub fn new(name: &str) -> StoreResult<Ident> {
        let fits =
            (1..=63).contains(&name.len()) && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if fits { Ok(Ident(name.into())) } else { Err(StoreError::Value(format!("identifier {name:?}"))) }
    }

    /// The name without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A finished statement with its values.
#[derive(Debug, Clone)]
pub struct Sql {
    pub(crate) text: String,
    pub(crate) args: Vec<Val>,
    pub(crate) once: bool,
}

impl Sql {
    /// The statement's text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The values in the order of the placeholders.
    pub fn args(&self) -> &[Val] {
        &self.args
    }

    /// The same text with other values: for a statement that runs many times.
    pub fn with(&self, args: Vec<Val>) -> Sql {
        Sql { text: self.text.clone(), args, once: self.once }
    }

    /// Puts other values in place of the present ones, keeping the text.
    pub fn set_args(&mut self, args: Vec<Val>) {
        self.args = args;
    }

    /// The text will not come again soon (bulk statements, DDL): it is kept out of the statement caches.
    pub fn once(mut self) -> Sql {
        self.once = true;
        self
    }
}

/// Builds a statement or a part of one. Parts are joined with [`SqlBuilder::append`]; placeholders are numbered at the end.
#[derive(Debug, Clone)]
pub struct SqlBuilder {
    dialect: Dialect,
    text: String,
    /// Positions in `text` where a placeholder belongs, ascending, one for each of `args`.
    marks: Vec<usize>,
    args: Vec<Val>,
}

impl SqlBuilder {
    /// An empty part.
    pub fn new(dialect: Dialect) -> SqlBuilder {
        SqlBuilder { dialect, text: String::new(), marks: Vec::new(), args: Vec::new() }
    }

    /// The database it writes for.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.args.is_empty()
    }

    /// Keywords and punctuation as they stand in the source code, blanks included.
    pub fn push(&mut self, keywords: &'static str) -> &mut Self {
        self.text.push_str(keywords);
        self
    }

    /// A quoted identifier.
    pub fn ident(&mut self, name: &Ident) -> &mut Self {
        self.text.push('"');
        self.text.push_str(name.as_str());
        self.text.push('"');
        self
    }

    /// `"table"."column"`
    pub fn column(&mut self, table: &Ident, column: &Ident) -> &mut Self {
        self.ident(table).push(".").ident(column)
    }

    /// A quoted name that stands in the source code (system tables and their columns).
    ///
    /// A name that is not lower case letters, digits and `_` is written as an empty identifier, which no database accepts.
    pub fn name(&mut self, name: &'static str) -> &mut Self {
        let fits = Ident::new(name).is_ok();
        self.text.push('"');
        self.text.push_str(if fits { name } else { "" });
        self.text.push('"');
        self
    }

    /// A bound value.
    pub fn val(&mut self, value: impl Into<Val>) -> &mut Self {
        self.marks.push(self.text.len());
        self.args.push(value.into());
        self
    }

    /// An integer as a literal (limits, ordinals, factors, lengths).
    pub fn int(&mut self, number: i64) -> &mut Self {
        // A negative literal in brackets, so that `a-` and `-1` do not become a comment.
        let _ = if number < 0 { write!(self.text, "({number})") } else { write!(self.text, "{number}") };
        self
    }

    /// A value as a literal, where a bound one is not allowed: conditions of partial indexes, checks, defaults.
    ///
    /// # Errors
    /// [`StoreError::Value`] for what cannot be stored, see [`Val`].
    pub fn literal(&mut self, value: &Val) -> StoreResult<&mut Self> {
        value.check()?;
        let sqlite = self.dialect == Dialect::Sqlite;
        match value {
            Val::Null(_) => self.text.push_str("NULL"),
            Val::Text(text) | Val::Json(text) => self.quoted(text),
            Val::Int(number) | Val::Time(number) => {
                self.int(*number);
            }
            Val::Bool(truth) => self.text.push_str(match (sqlite, truth) {
                (true, true) => "1",
                (true, false) => "0",
                (false, true) => "TRUE",
                (false, false) => "FALSE",
            }),
            Val::Dec(number, scale) if sqlite => {
                let units = scaled(*number, *scale)?;
                self.int(units);
            }
            Val::Dec(number, _) => {
                let _ = write!(self.text, "({number}::numeric)");
            }
            Val::Date(date) if sqlite => self.quoted(&date.format("%Y-%m-%d").to_string()),
            Val::Date(date) => {
                let _ = write!(self.text, "DATE '{}'", date.format("%Y-%m-%d"));
            }
            Val::Ts(at) if sqlite => {
                self.int(at.timestamp_micros());
            }
            Val::Ts(at) => {
                let _ = write!(self.text, "TIMESTAMPTZ '{}'", at.format("%Y-%m-%d %H:%M:%S%.6f+00"));
            }
            Val::Uuid(id) if sqlite => {
                let _ = write!(self.text, "x'{}'", hex::encode(id.as_bytes()));
            }
            Val::Uuid(id) => {
                let _ = write!(self.text, "'{}'::uuid", id.hyphenated());
            }
            Val::Bytes(bytes) if sqlite => {
                let _ = write!(self.text, "x'{}'", hex::encode(bytes));
            }
            Val::Bytes(bytes) => {
                let _ = write!(self.text, "'\\x{}'::bytea", hex::encode(bytes));
            }
        }
        Ok(self)
    }

    fn quoted(&mut self, text: &str) {
        self.text.push('\'');
        for letter in text.chars() {
            if letter == '\'' {
                self.text.push('\'');
            }
            self.text.push(letter);
        }
        self.text.push('\'');
    }

    /// Another part with its values.
    pub fn append(&mut self, part: SqlBuilder) -> &mut Self {
        let offset = self.text.len();
        self.text.push_str(&part.text);
        self.marks.extend(part.marks.iter().map(|mark| mark + offset));
        self.args.extend(part.args);
        self
    }

    /// `EXISTS (SELECT 1 FROM "table" AS "alias" WHERE "alias"."key" = `: a value and the closing bracket are to follow.
    pub fn exists(&mut self, table: &Ident, alias: &Ident, key: &'static str) -> &mut Self {
        self.push("EXISTS (SELECT 1 FROM ").ident(table).push(" AS ").ident(alias).push(" WHERE ");
        self.ident(alias).push(".").name(key).push(" = ")
    }

    /// Another part in brackets.
    pub fn bracketed(&mut self, part: SqlBuilder) -> &mut Self {
        self.push("(").append(part).push(")")
    }

    /// Each of `items` written by `write`, with `separator` between them.
    pub fn list<T>(
        &mut self,
        separator: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut SqlBuilder, T),
    ) -> &mut Self {
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.push(separator);
            }
            write(self, item);
        }
        self
    }

    /// Quoted identifiers with commas.
    pub fn idents<'i>(&mut self, names: impl IntoIterator<Item = &'i Ident>) -> &mut Self {
        self.list(", ", names, |sql, name| {
            sql.ident(name);
        })
    }

    /// Quoted names from the source code with commas.
    pub fn names(&mut self, names: &[&'static str]) -> &mut Self {
        self.list(", ", names, |sql, name| {
            sql.name(name);
        })
    }

    /// Bound values with commas.
    pub fn vals(&mut self, values: impl IntoIterator<Item = Val>) -> &mut Self {
        self.list(", ", values, |sql, value| {
            sql.val(value);
        })
    }

    /// The finished statement.
    pub fn build(self) -> Sql {
        let mut text = String::with_capacity(self.text.len() + self.marks.len() * 4);
        let mut from = 0;
        for (at, mark) in self.marks.iter().enumerate() {
            text.push_str(self.text.get(from..*mark).unwrap_or_default());
            from = *mark;
            match self.dialect {
                Dialect::Sqlite => text.push('?'),
                Dialect::Postgres => {
                    let _ = write!(text, "${}", at + 1);
                }
            }
        }
        text.push_str(self.text.get(from..).unwrap_or_default());
        Sql { text, args: self.args, once: false }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn placeholders_follow_the_order_of_the_joined_parts() {
        let part = |dialect| {
            let mut inner = SqlBuilder::new(dialect);
            inner.name("b").push(" = ").val(2);
            let mut outer = SqlBuilder::new(dialect);
            outer.push("SELECT ").val(1).push(" WHERE ").bracketed(inner).push(" AND c = ").val("x");
            outer.build()
        };
        assert_eq!(part(Dialect::Postgres).text(), "SELECT $1 WHERE (\"b\" = $2) AND c = $3");
        assert_eq!(part(Dialect::Sqlite).text(), "SELECT ? WHERE (\"b\" = ?) AND c = ?");
        assert_eq!(part(Dialect::Sqlite).args(), [Val::Int(1), Val::Int(2), Val::Text("x".into())]);
    }

    #[test]
    fn an_identifier_has_no_room_for_anything_else() {
        assert!(Ident::new("f_01abc").is_ok());
        for bad in ["", "A", "a-b", "a\"b", "a b", "名", &"a".repeat(64)] {
            assert!(Ident::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn quotes_in_a_literal_are_doubled() {
        let mut sql = SqlBuilder::new(Dialect::Postgres);
        sql.literal(&Val::text("it's \\ ?")).unwrap();
        assert_eq!(sql.build().text(), "'it''s \\ ?'");
        assert!(SqlBuilder::new(Dialect::Sqlite).literal(&Val::text("a\0b")).is_err());
    }
}
