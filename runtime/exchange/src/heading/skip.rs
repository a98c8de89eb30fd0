//! Rows between the data that are no records: blank ones, totals, headings that are repeated.

use super::detect::Heading;
use super::normal;
use crate::clean::text::plain;
use crate::source::{Cell, SourceRow};

/// What a row below the headings is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowClass {
    /// A record.
    Data,
    /// Nothing in any mapped column.
    Blank,
    /// A row of totals.
    Totals,
    /// The headings again.
    Header,
}

/// Tells what a row is; `mapped` are the columns that fill fields.
pub fn classify(row: &SourceRow, heading: &Heading, mapped: &[usize]) -> RowClass {
    let first = row
        .cells
        .iter()
        .enumerate()
        .find(|(column, cell)| !cell.is_blank() && !row.merged.contains(column))
        .map(|(_, cell)| cell);
    if let Some(Cell::Text(text)) = first
        && is_total(text)
    {
        return RowClass::Totals;
    }
    if mapped.iter().all(|column| row.cell(*column).is_blank() || row.merged.contains(column)) {
        return RowClass::Blank;
    }
    let repeated = mapped
        .iter()
        .filter(|column| {
            let title = normal(heading.title(**column));
            !title.is_empty() && matches!(row.cell(**column), Cell::Text(text) if normal(text) == title)
        })
        .count();
    if mapped.len() > 1 && repeated >= mapped.len().min(3) { RowClass::Header } else { RowClass::Data }
}

/// Whether a row's first text announces totals. In Latin letters the word must stand alone or before a word of sums,
/// for there are companies called Total.
pub fn is_total(text: &str) -> bool {
    let text = plain(text).to_lowercase();
    if ["合计", "总计", "小计", "合計", "總計", "小計"].iter().any(|word| text.starts_with(word)) {
        return true;
    }
    let bare = ["grand total", "sub-total", "subtotal", "sub total", "totals", "total"]
        .iter()
        .find_map(|word| text.strip_prefix(word));
    bare.is_some_and(|rest| {
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect();
        rest.is_empty()
            || rest.starts_with(|c: char| c.is_ascii_digit())
            || matches!(
                word.as_str(),
                "amount"
                    | "sum"
                    | "value"
                    | "qty"
                    | "quantity"
                    | "price"
                    | "in"
                    | "of"
                    | "for"
                    | "usd"
                    | "cny"
                    | "rmb"
                    | "eur"
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_told_from_companies_called_total() {
        for (text, total) in [
            ("合计", true),
            ("小计：", true),
            ("总计(USD)", true),
            ("Total", true),
            ("TOTAL:", true),
            ("Total amount", true),
            ("Subtotal 3", true),
            ("Grand total", true),
            ("Total Energies SA", false),
            ("Totally", false),
            ("Sum", false),
        ] {
            assert_eq!(is_total(text), total, "{text}");
        }
    }

    #[test]
    fn rows_are_told_apart() {
        let heading = Heading { row: 1, titles: ["No", "Name *", "Country", "Phone"].map(str::to_owned).to_vec() };
        let row = |cells: &[&str]| SourceRow {
            number: 2,
            cells: cells.iter().map(|text| Cell::text(*text)).collect(),
            ..SourceRow::default()
        };
        for (cells, class) in [
            (vec!["1", "a", "b", "c"], RowClass::Data),
            (vec!["1", " ", "", ""], RowClass::Blank),
            (vec!["合计", "", "", "9"], RowClass::Totals),
            (vec!["No", "Name", "Country", "phone"], RowClass::Header),
            (vec!["1", "Name", "Country", "x"], RowClass::Data),
        ] {
            assert_eq!(classify(&row(&cells), &heading, &[1, 2, 3]), class, "{cells:?}");
        }
    }
}
