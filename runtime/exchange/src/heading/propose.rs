//! Proposing which column fills which field.

use super::detect::Heading;
use super::normal;
use std::collections::{HashMap, HashSet};

/// A field that columns may fill, with all that it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its path: `company`, or `contact.email` for a field of a form that links here.
    pub key: String,
    /// Its titles in all languages.
    pub titles: Vec<String>,
    /// Other names it goes by.
    pub aliases: Vec<String>,
}

impl Field {
    /// All its names: key, last part of the key, titles, aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let last = self.key.rsplit('.').next().unwrap_or(&self.key);
        [self.key.as_str(), last]
            .into_iter()
            .chain(self.titles.iter().map(String::as_str))
            .chain(self.aliases.iter().map(String::as_str))
    }
}

/// Why a column is mapped or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its heading is a name of the field.
    Named,
    /// Its heading is nearly a name of the field: proposed, to be confirmed.
    Similar,
    /// No field is called so.
    Unknown,
    /// The field is filled by an earlier column.
    Taken,
    /// The column is hidden.
    Hidden,
    /// It has no heading.
    Untitled,
}

/// A column with the field proposed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The column, from 0.
    pub index: usize,
    /// Its heading as written.
    pub heading: String,
    /// The field's key, when one is mapped.
    pub field: Option<String>,
    /// Why.
    pub reason: Reason,
    /// The field it might fill, when it is not mapped.
    pub candidate: Option<String>,
}

/// Proposes a field for each column. Hidden columns are named but not mapped; each field is filled once.
pub fn propose(heading: &Heading, fields: &[Field], hidden_columns: &[usize]) -> Vec<Column> {
    // Titles win over keys, and keys over aliases, where two fields share a name.
    let mut names: HashMap<String, &Field> = HashMap::new();
    for field in fields {
        for title in &field.titles {
            names.entry(normal(title)).or_insert(field);
        }
    }
    for field in fields {
        names.entry(normal(&field.key)).or_insert(field);
    }
    for field in fields {
        for name in field.names() {
            names.entry(normal(name)).or_insert(field);
        }
    }
    let mut taken: HashSet<&str> = HashSet::new();
    let mut columns: Vec<Column> = Vec::new();
    for (index, title) in heading.titles.iter().enumerate() {
        let plain = normal(title);
        let named = names.get(&plain).copied();
        let (field, reason, candidate) = match named {
            _ if plain.is_empty() => (None, Reason::Untitled, None),
            Some(field) if hidden_columns.contains(&index) => (None, Reason::Hidden, Some(field)),
            None if hidden_columns.contains(&index) => (None, Reason::Hidden, None),
            Some(field) if taken.insert(&field.key) => (Some(field), Reason::Named, None),
            Some(field) => (None, Reason::Taken, Some(field)),
            None => (None, Reason::Unknown, None),
        };
        columns.push(Column {
            index,
            heading: title.clone(),
            field: field.map(|field| field.key.clone()),
            reason,
            candidate: candidate.map(|field| field.key.clone()),
        });
    }
    for column in columns.iter_mut().filter(|column| column.reason == Reason::Unknown) {
        if let Some(field) =
            similar(&normal(&column.heading), fields).filter(|field| !taken.contains(field.key.as_str()))
        {
            taken.insert(&field.key);
            column.reason = Reason::Similar;
            column.candidate = Some(field.key.clone());
        }
    }
    columns
}

/// The field whose name is most like the heading, if it is much like it.
fn similar<'a>(heading: &str, fields: &'a [Field]) -> Option<&'a Field> {
    const LIKE: f64 = 0.8;
    let mut best: Option<(f64, &Field)> = None;
    for field in fields {
        for name in field.names() {
            let likeness = strsim::normalized_levenshtein(heading, &normal(name));
            if likeness >= LIKE && best.is_none_or(|(best, _)| likeness > best) {
                best = Some((likeness, field));
            }
        }
    }
    best.map(|(_, field)| field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(key: &str, titles: &[&str], aliases: &[&str]) -> Field {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Field { key: key.to_owned(), titles: owned(titles), aliases: owned(aliases) }
    }

    #[test]
    fn columns_find_their_fields() {
        let fields = [
            field("company", &["Company", "公司名称"], &[]),
            field("contact.email", &["E-mail", "邮箱"], &["mail"]),
            field("note", &["备注"], &[]),
            field("cost", &["内部底价"], &[]),
        ];
        let heading = Heading {
            row: 3,
            titles: ["公司名称 *", "邮箱(E-mail)", "mail", "内部底价", "微信", "", "Companny", "Notes"]
                .map(str::to_owned)
                .to_vec(),
        };
        let columns = propose(&heading, &fields, &[3]);
        let told: Vec<(Option<&str>, Reason, Option<&str>)> = columns
            .iter()
            .map(|column| (column.field.as_deref(), column.reason, column.candidate.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("company"), Reason::Named, None),
                (Some("contact.email"), Reason::Named, None),
                (None, Reason::Taken, Some("contact.email")),
                (None, Reason::Hidden, Some("cost")),
                (None, Reason::Unknown, None),
                (None, Reason::Untitled, None),
                (None, Reason::Unknown, None),
                (None, Reason::Similar, Some("note")),
            ]
        );
    }
}
