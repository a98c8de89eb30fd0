//! Texts: folded, searched in, joined, and as documents of full text.

use super::{Dialect, postgres, sqlite};
use crate::sql::{Ident, SqlBuilder};
use formwright_core::fold;

impl Dialect {
    /// Text folded as [`formwright_core::fold::fold`] folds it: for searches that ignore case and width.
    pub fn folded(self, text: SqlBuilder) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => sql.push("fw_fold(").append(text).push(")"),
            Dialect::Postgres => sql
                .push("(normalize(replace(replace(lower(normalize(")
                .append(text)
                .push(", NFKC) COLLATE \"und-x-icu\"), 'ß', 'ss'), 'ς', 'σ'), NFKC) COLLATE \"C\")"),
        };
        sql
    }

    /// The sort key of a text as it is kept beside it. A row of PostgreSQL has little room for second columns: there the key is
    /// left out where it is the text with its letters a to z small. SQLite has the room, and reads a kept key faster.
    pub fn kept_sort_key(self, text: &str) -> Option<String> {
        match self {
            Dialect::Sqlite => Some(fold::sort_key(text)),
            Dialect::Postgres => fold::own_sort_key(text),
        }
    }

    /// What a text is ordered by: its sort key as kept, and where it was left out, what stands for it.
    pub fn sort_key(self, kept: SqlBuilder, text: SqlBuilder) -> SqlBuilder {
        match self {
            Dialect::Sqlite => kept,
            Dialect::Postgres => {
                let mut sql = self.sql();
                // in this collation only a to z have small letters
                sql.push("coalesce(").append(kept).push(", lower(").append(text).push(" COLLATE \"C\"))");
                sql
            }
        }
    }

    /// Whether text has `needle` in it, byte for byte. For a search that ignores case, give folded text and needle.
    pub fn contains(self, text: SqlBuilder, needle: &str) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => sql.push("(instr(").append(text).push(", ").val(needle).push(") > 0)"),
            Dialect::Postgres => {
                sql.push("(").append(text).push(" LIKE ").val(postgres::pattern(needle, true)).push(" ESCAPE '\\')")
            }
        };
        sql
    }

    /// Whether text begins with `needle`, byte for byte: a range, which an index on the text answers on both databases.
    pub fn starts(self, text: SqlBuilder, needle: &str) -> SqlBuilder {
        let mut sql = self.sql();
        sql.push("(").append(text.clone()).push(" >= ").val(needle);
        if let Some(end) = after_prefix(needle) {
            sql.push(" AND ").append(text).push(" < ").val(end);
        }
        sql.push(")");
        sql
    }

    /// Whether text ends with `needle`, byte for byte.
    pub fn ends(self, text: SqlBuilder, needle: &str) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => {
                let length = i64::try_from(needle.chars().count()).unwrap_or(i64::MAX);
                if length == 0 {
                    sql.push("(").append(text).push(" IS NOT NULL)")
                } else {
                    sql.push("(substr(").append(text).push(", ").int(-length).push(") = ").val(needle).push(")")
                }
            }
            Dialect::Postgres => {
                sql.push("(").append(text).push(" LIKE ").val(postgres::pattern(needle, false)).push(" ESCAPE '\\')")
            }
        };
        sql
    }

    /// The texts that a select gives as its only column `v`, in their order with commas between them.
    pub fn joined_texts(self, texts: SqlBuilder, alias: &Ident) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => {
                sql.push("group_concat(\"v\", ', ') FROM (").append(texts).push(" ORDER BY \"v\") AS ").ident(alias)
            }
            Dialect::Postgres => sql
                .push("string_agg(\"v\", ', ' ORDER BY \"v\" COLLATE \"C\") FROM (")
                .append(texts)
                .push(") AS ")
                .ident(alias),
        };
        sql
    }

    /// Whether the document has `words` right behind each other, the last one as a beginning of a word when `prefix`. `document` is the
    /// FTS5 table (or its column) on SQLite, a `tsvector` on PostgreSQL. Words are made by us and are letters and digits;
    /// anything else in them is taken literally.
    pub fn full_text(self, document: SqlBuilder, words: &[String], prefix: bool) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => {
                sql.push("(").append(document).push(" MATCH ").val(sqlite::match_query(words, prefix)).push(")")
            }
            Dialect::Postgres => sql
                .push("(")
                .append(document)
                .push(" @@ CAST(")
                .val(postgres::ts_query(words, prefix))
                .push(" AS tsquery))"),
        };
        sql
    }

    /// Words in their order, separated by blanks, as a value of a full-text column.
    pub fn search_document(self, tokens: String) -> SqlBuilder {
        let mut sql = self.sql();
        match self {
            Dialect::Sqlite => sql.val(tokens),
            Dialect::Postgres => sql.push("CAST(").val(postgres::ts_vector(&tokens)).push(" AS tsvector)"),
        };
        sql
    }
}

/// The smallest text that is greater, bytewise, than every text beginning with `prefix`; none when there is no such text.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut letters: Vec<char> = prefix.chars().collect();
    while let Some(last) = letters.pop() {
        let next = match last {
            '\u{d7ff}' => Some('\u{e000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            letters.push(next);
            return Some(letters.into_iter().collect());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_the_next_text() {
        assert_eq!(after_prefix("ab"), Some("ac".into()));
        assert_eq!(after_prefix("a\u{10ffff}"), Some("b".into()));
        assert_eq!(after_prefix("\u{d7ff}"), Some("\u{e000}".into()));
        assert_eq!(after_prefix(""), None);
    }
}
