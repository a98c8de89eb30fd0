//! Choices, countries and users: what a cell calls them, by value, title in any language, label or alias.

use super::text::{is_blank_word, plain};
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// The names of a set of choices, folded, each leading to the choices that bear it.
#[derive(Debug, Clone, Default)]
pub struct ChoiceIndex {
    names: HashMap<String, Vec<String>>,
}

impl ChoiceIndex {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a choice with all its names; its value is one of them. A value always wins over another choice's name.
    pub fn add<N: AsRef<str>>(&mut self, value: &str, names: impl IntoIterator<Item = N>) {
        for name in names.into_iter().map(|name| fold(name.as_ref())).chain([fold(value)]) {
            let bearers = self.names.entry(name).or_default();
            if !bearers.iter().any(|bearer| bearer == value) {
                bearers.push(value.to_owned());
            }
        }
    }

    /// The value that a text names.
    ///
    /// # Errors
    /// The given code when there is none; `choice_ambiguous` when several bear the name and none is called so by its value.
    pub fn find(&self, text: &str, unknown: Code) -> Result<String, Fault> {
        let folded = fold(text);
        match self.names.get(&folded).map(Vec::as_slice) {
            None | Some([]) => Err(Notice::new(unknown).with("value", text.trim())),
            Some([only]) => Ok(only.clone()),
            Some(several) => several.iter().find(|value| fold(value) == folded).cloned().ok_or_else(|| {
                let candidates: Vec<&str> = several.iter().take(3).map(String::as_str).collect();
                Notice::new(Code::ChoiceAmbiguous).with("value", text.trim()).with("candidates", candidates.join(", "))
            }),
        }
    }

    /// Cleans a cell that names one choice.
    ///
    /// # Errors
    /// As [`Self::find`]; `cell_error`, `formula_without_value`.
    pub fn clean_one(&self, cell: &Cell, unknown: Code) -> Result<Cleaned<String>, Fault> {
        readable(cell)?;
        self.find(&shown(cell), unknown).map(Cleaned::of)
    }

    /// Cleans a cell that names several choices, divided by `、 , ; / | +` or line breaks; each is taken once, in order.
    ///
    /// # Errors
    /// As [`Self::find`], for the first that is not known.
    pub fn clean_several(&self, cell: &Cell, unknown: Code) -> Result<Cleaned<Vec<String>>, Fault> {
        readable(cell)?;
        let text = shown(cell);
        if let Ok(whole) = self.find(&text, unknown) {
            return Ok(Cleaned::of(vec![whole]));
        }
        let mut values = Vec::new();
        for part in folded(&text).split(['、', ',', ';', '/', '|', '+', '\n', '\r']) {
            if is_blank_word(part) {
                continue;
            }
            let value = self.find(part, unknown)?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
        Ok(Cleaned::of(values))
    }

    /// Whether there are no choices.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The text of a cell that names something: a number by its format, else its plain digits.
fn shown(cell: &Cell) -> String {
    cell.shown()
}

fn folded(text: &str) -> String {
    text.nfkc().collect()
}

/// Names are compared without case, width, spaces and `. - _ '`.
pub fn fold(text: &str) -> String {
    let lower: String = caseless::default_case_fold_str(&plain(text));
    lower.chars().filter(|c| !c.is_whitespace() && !matches!(c, '.' | '-' | '_' | '\'' | '’')).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> ChoiceIndex {
        let mut index = ChoiceIndex::new();
        index.add("US", ["United States", "美国", "U.S.A.", "America"]);
        index.add("AE", ["阿联酋", "UAE"]);
        index.add("plywood", ["胶合板", "板材"]);
        index.add("plastics", ["塑料", "板材"]);
        index.add("board", ["plastics "]);
        index
    }

    #[test]
    fn choices_are_found_by_any_of_their_names() {
        for (text, value) in [
            ("us", Ok("US")),
            ("U.S.", Ok("US")),
            ("united-states ", Ok("US")),
            ("ＵＡＥ", Ok("AE")),
            ("u.a.e.", Ok("AE")),
            ("美 国", Ok("US")),
            ("Atlantis", Err(Code::CountryUnknown)),
            ("板材", Err(Code::ChoiceAmbiguous)),
            ("Plastics", Ok("plastics")),
        ] {
            assert_eq!(
                index()
                    .clean_one(&Cell::text(text), Code::CountryUnknown)
                    .map(|cleaned| cleaned.value)
                    .map_err(|fault| fault.code),
                value.map(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn several_choices_stand_in_one_cell() {
        for (text, values) in [
            ("胶合板、塑料", Ok(vec!["plywood", "plastics"])),
            ("胶合板 /塑料", Ok(vec!["plywood", "plastics"])),
            ("塑料，胶合板,塑料", Ok(vec!["plastics", "plywood"])),
            ("胶合板、玻璃", Err(Code::ChoiceUnknown)),
        ] {
            let read = index()
                .clean_several(&Cell::text(text), Code::ChoiceUnknown)
                .map(|cleaned| cleaned.value)
                .map_err(|fault| fault.code);
            assert_eq!(read, values.map(|values| values.into_iter().map(str::to_owned).collect()), "{text}");
        }
    }
}
