//! Finding the row of headings.

use super::normal;
use super::propose::Field;
use crate::source::{Cell, SourceRow};
use std::collections::HashSet;

/// Rows from the top that are looked at.
const LOOKED_AT: usize = 100;
/// Cells with text that a row of headings has at least.
const LEAST_TEXTS: usize = 5;

/// The row of headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// The sheet's row number.
    pub row: u32,
    /// The headings as written, by column; empty where there is none.
    pub titles: Vec<String>,
}

impl Heading {
    /// Takes a row as headings.
    pub fn of(row: &SourceRow) -> Self {
        Self {
            row: row.number,
            titles: row.cells.iter().map(|cell| crate::clean::text::plain(&cell.shown())).collect(),
        }
    }

    /// The heading of a column, empty when it has none.
    pub fn title(&self, column: usize) -> &str {
        self.titles.get(column).map_or("", String::as_str)
    }
}

/// Finds the headings among the first rows: the first row with at least five texts of which 60 % are names of fields;
/// for narrow tables the first row with at least one text of which 60 % are; else the first row that is text throughout
/// and as wide as the widest of the first rows.
pub fn find(rows: &[SourceRow], fields: &[Field]) -> Option<Heading> {
    let names: HashSet<String> = fields.iter().flat_map(Field::names).map(normal).collect();
    let texts = |row: &SourceRow| -> Vec<String> {
        row.cells
            .iter()
            .filter_map(|cell| match cell {
                Cell::Text(text) if !cell.is_blank() => Some(normal(text)),
                _ => None,
            })
            .collect()
    };
    let fits = |row: &SourceRow, least: usize| {
        let texts = texts(row);
        let known = texts.iter().filter(|text| names.contains(*text)).count();
        texts.len() >= least && known > 0 && known * 10 >= texts.len() * 6
    };
    let rows = rows.get(..LOOKED_AT).unwrap_or(rows);
    let narrow = LEAST_TEXTS.min(2);
    rows.iter()
        .find(|row| fits(row, LEAST_TEXTS))
        .or_else(|| rows.iter().find(|row| fits(row, narrow)))
        .or_else(|| rows.iter().find(|row| fits(row, 1)))
        .or_else(|| {
            let count = |row: &SourceRow| row.cells.iter().filter(|cell| !cell.is_blank()).count();
            let widest = rows.iter().map(count).max().unwrap_or(0);
            rows.iter().find(|row| count(row) > 0 && count(row) == widest && texts(row).len() == widest)
        })
        .map(Heading::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, cells: &[&str]) -> SourceRow {
        SourceRow { number, cells: cells.iter().map(|text| Cell::text(*text)).collect(), ..SourceRow::default() }
    }

    fn fields(names: &[&str]) -> Vec<Field> {
        names.iter().map(|name| Field { key: (*name).to_owned(), titles: Vec::new(), aliases: Vec::new() }).collect()
    }

    #[test]
    fn titles_above_the_headings_are_passed_over() {
        let rows = [
            row(1, &["Customers of 2026"]),
            row(2, &["by", "Li Na", "2026", "x", "y", "z"]),
            row(3, &["No", "Name *", "Country", "Phone", "E-mail(work)", "Note"]),
            row(4, &["1", "a", "b", "c", "d", "e"]),
        ];
        let found = find(&rows, &fields(&["name", "country", "phone", "e-mail"]));
        assert_eq!(found.map(|heading| heading.row), Some(3));
    }

    #[test]
    fn narrow_tables_and_unknown_headings_are_found_too() {
        let rows = [row(1, &["Code", "Price"]), row(2, &["a", "1"])];
        assert_eq!(find(&rows, &fields(&["code", "price"])).map(|heading| heading.row), Some(1));
        let unknown = [row(1, &["title of the sheet"]), row(2, &["foo", "bar"]), row(3, &["1", "2"])];
        assert_eq!(find(&unknown, &fields(&["code"])).map(|heading| heading.row), Some(2));
        assert_eq!(find(&[], &fields(&["code"])), None);
    }
}
