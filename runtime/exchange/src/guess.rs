//! What a column of a file most likely holds, by its values: for making a form of the file.

use crate::clean::amount::currencies;
use crate::clean::date::DateRules;
use crate::clean::number::{LoneComma, NumberRules};
use crate::clean::{boolean, date, email, moment, number, text};
use crate::heading::normal;
use crate::source::Cell;
use chrono::NaiveTime;
use indexmap::IndexMap;

/// Different values that are remembered of a column; with more it is no list of choices.
const REMEMBERED: usize = 200;
/// Most choices that a column is taken to have.
const MOST_CHOICES: usize = 30;
/// Longest text of a choice.
const LONGEST_CHOICE: usize = 40;
/// Longest text of a line; longer ones, and those with breaks, are paragraphs.
const LONGEST_LINE: usize = 200;
/// Digits from which on a whole number names something rather than counts it.
const DIGITS_OF_A_NAME: usize = 12;
/// Headings of telephone numbers.
const PHONES: &[&str] = &["phone", "tel", "mobile", "whatsapp", "fax", "电话", "手机", "传真", "联系方式"];

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// Nothing at all.
    Empty,
    Text {
        /// Characters of the longest.
        longest: usize,
    },
    LongText,
    Email,
    Website,
    Phone,
    Integer,
    Number {
        scale: u32,
    },
    Percent {
        scale: u32,
    },
    Money {
        scale: u32,
        /// The one currency that was written, where it was only one.
        currency: Option<String>,
    },
    Boolean,
    Date,
    DateTime,
    Time,
    Duration,
    /// A few texts that come again and again, in the order in which they were first seen.
    Choice(Vec<String>),
}

/// What one cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Sort {
    Text,
    Email,
    Website,
    Number,
    Percent,
    Money,
    Boolean,
    Date,
    DateTime,
    Time,
    Duration,
}

/// Watches the values of one column go by.
#[derive(Debug, Default)]
pub struct Column {
    filled: u64,
    sorts: IndexMap<Sort, u64>,
    values: IndexMap<String, u64>,
    /// More different values than are remembered.
    overflown: bool,
    longest: usize,
    has_breaks: bool,
    scale: u32,
    currencies: IndexMap<String, u64>,
}

impl Column {
    /// Takes note of a cell below the heading.
    pub fn see(&mut self, cell: &Cell) {
        if cell.is_blank() || matches!(cell, Cell::Error(_) | Cell::FormulaWithoutValue) {
            return;
        }
        self.filled += 1;
        let shown = text::plain(&cell.shown());
        self.longest = self.longest.max(shown.chars().count());
        self.has_breaks |= matches!(cell, Cell::Text(text) if text.trim().contains('\n'));
        let sort = self.sort(cell, &shown);
        *self.sorts.entry(sort).or_insert(0) += 1;
        if let Some(seen) = self.values.get_mut(&shown) {
            *seen += 1;
        } else if self.values.len() < REMEMBERED {
            self.values.insert(shown, 1);
        } else {
            self.overflown = true;
        }
    }

    /// Cells that hold something.
    pub fn filled(&self) -> u64 {
        self.filled
    }

    /// The different values in the order in which they were first seen; `None` when there were too many to remember.
    pub fn distinct(&self) -> Option<Vec<&str>> {
        (!self.overflown).then(|| self.values.keys().map(String::as_str).collect())
    }

    /// Some values, the first seen first.
    pub fn samples(&self, most: usize) -> Vec<&str> {
        self.values.keys().take(most).map(String::as_str).collect()
    }

    /// How many cells do not fit the guess.
    pub fn misfits(&self, guess: &Guess) -> u64 {
        match sorts_of(guess) {
            None => 0,
            Some(fitting) => self.filled - self.count(fitting),
        }
    }

    /// Whether no value stands there twice.
    pub fn is_unique(&self) -> bool {
        !self.overflown && self.filled > 1 && self.values.values().all(|seen| *seen == 1)
    }

    /// What the column holds. One value in twenty may be something else: people write notes into columns of dates.
    pub fn guess(&self, heading: &str) -> Guess {
        if self.filled == 0 {
            return Guess::Empty;
        }
        let heading = normal(heading);
        let is_phone = PHONES.iter().any(|word| heading.contains(word));
        let candidates = [
            Guess::Boolean,
            Guess::Date,
            Guess::DateTime,
            Guess::Time,
            Guess::Duration,
            Guess::Email,
            Guess::Website,
            Guess::Percent { scale: self.scale.clamp(2, 9) },
            Guess::Money { scale: self.scale.clamp(2, 9), currency: self.currency() },
            if self.scale == 0 { Guess::Integer } else { Guess::Number { scale: self.scale.min(9) } },
        ];
        let fits = |guess: &Guess| {
            let of_that_sort = sorts_of(guess).map_or(0, |sorts| self.count(sorts));
            of_that_sort * 20 >= self.filled * 19
        };
        if !is_phone && let Some(guess) = candidates.into_iter().find(fits) {
            return guess;
        }
        if is_phone && self.longest <= LONGEST_LINE {
            return Guess::Phone;
        }
        if self.has_breaks || self.longest > LONGEST_LINE {
            return Guess::LongText;
        }
        let different = self.values.len();
        let repeats = self.filled >= 6 && self.filled >= 2 * u64::try_from(different).unwrap_or(u64::MAX);
        if !self.overflown && (2..=MOST_CHOICES).contains(&different) && repeats && self.longest <= LONGEST_CHOICE {
            return Guess::Choice(self.values.keys().cloned().collect());
        }
        Guess::Text { longest: self.longest }
    }

    fn count(&self, sorts: &[Sort]) -> u64 {
        sorts.iter().filter_map(|sort| self.sorts.get(sort)).sum()
    }

    fn currency(&self) -> Option<String> {
        let mut all = self.currencies.keys();
        all.next().filter(|_| all.next().is_none()).cloned()
    }

    fn sort(&mut self, cell: &Cell, shown: &str) -> Sort {
        match cell {
            Cell::Bool(_) => Sort::Boolean,
            Cell::Date(_) => Sort::Date,
            Cell::DateTime(at) if at.time() == NaiveTime::MIN => Sort::Date,
            Cell::DateTime(_) => Sort::DateTime,
            Cell::Time(_) => Sort::Time,
            Cell::Duration(_) => Sort::Duration,
            Cell::Number { value, digits_lost, .. } => {
                let value = value.normalize();
                self.figure(shown, *digits_lost, value.scale())
            }
            _ => self.text(shown),
        }
    }

    fn text(&mut self, shown: &str) -> Sort {
        let cell = Cell::Text(shown.to_string());
        let lower = shown.to_lowercase();
        if email::is_address(shown) {
            return Sort::Email;
        }
        if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
            return Sort::Website;
        }
        if shown.parse::<f64>().is_err() && boolean::clean(&cell).is_ok() {
            return Sort::Boolean;
        }
        if let Ok(read) = number::clean(&cell, NumberRules { lone_comma: LoneComma::Decimal, ..NumberRules::default() })
        {
            return self.figure(shown, false, read.value.normalize().scale());
        }
        if shown.contains(':') && moment::clean_datetime(&cell, DateRules::default()).is_ok() {
            return Sort::DateTime;
        }
        if date::clean(&cell, DateRules::default()).is_ok() {
            return Sort::Date;
        }
        if shown.contains(':') && moment::clean_time(&cell).is_ok() { Sort::Time } else { Sort::Text }
    }

    /// A figure by how it is written: with a sign for percent, with a currency, or as a number that names something.
    fn figure(&mut self, shown: &str, digits_lost: bool, scale: u32) -> Sort {
        let digits = shown.chars().filter(char::is_ascii_digit).count();
        let is_name = scale == 0 && (digits >= DIGITS_OF_A_NAME || (shown.starts_with('0') && digits > 1));
        if digits_lost || is_name {
            return Sort::Text;
        }
        self.scale = self.scale.max(scale);
        if shown.contains(['%', '％']) {
            return Sort::Percent;
        }
        let written = currencies(shown);
        if written.is_empty() {
            return Sort::Number;
        }
        for currency in written {
            *self.currencies.entry(currency).or_insert(0) += 1;
        }
        Sort::Money
    }
}

fn sorts_of(guess: &Guess) -> Option<&'static [Sort]> {
    Some(match guess {
        Guess::Email => &[Sort::Email],
        Guess::Website => &[Sort::Website],
        Guess::Integer | Guess::Number { .. } => &[Sort::Number],
        Guess::Percent { .. } => &[Sort::Percent],
        Guess::Money { .. } => &[Sort::Money],
        Guess::Boolean => &[Sort::Boolean],
        Guess::Date => &[Sort::Date],
        Guess::DateTime => &[Sort::DateTime, Sort::Date],
        Guess::Time => &[Sort::Time],
        Guess::Duration => &[Sort::Duration, Sort::Time],
        Guess::Empty | Guess::Text { .. } | Guess::LongText | Guess::Phone | Guess::Choice(_) => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn guess(heading: &str, values: &[&str]) -> Guess {
        let mut column = Column::default();
        for value in values {
            column.see(&Cell::text(*value));
        }
        column.guess(heading)
    }

    #[test]
    fn a_column_is_what_its_values_are() {
        let money = |currency: Option<&str>| Guess::Money { scale: 2, currency: currency.map(str::to_string) };
        for (heading, values, want) in [
            ("x", vec!["", " "], Guess::Empty),
            ("Paid", vec!["是", "否", ""], Guess::Boolean),
            ("Qty", vec!["1", "20", "1,300"], Guess::Integer),
            ("Weight", vec!["1.5", "20", "3.125"], Guess::Number { scale: 3 }),
            ("Rate", vec!["5%", "12.5%"], Guess::Percent { scale: 3 }),
            ("Price", vec!["USD 12.50", "$30"], money(Some("USD"))),
            ("Price", vec!["USD 12.50", "EUR 30"], money(None)),
            ("Day", vec!["2026-11-24", "2026年3月5日"], Guess::Date),
            ("At", vec!["2026-11-24 08:30", "2026-11-24"], Guess::DateTime),
            ("Mail", vec!["a@example.com", "b@example.com"], Guess::Email),
            ("Site", vec!["www.example.com", "https://example.com/x"], Guess::Website),
            ("电话", vec!["+49 40 123456", "13812345678"], Guess::Phone),
            ("Code", vec!["00123", "00124"], Guess::Text { longest: 5 }),
            ("Account", vec!["6222021234567890123"], Guess::Text { longest: 19 }),
            ("Note", vec!["first\nsecond"], Guess::LongText),
            ("Name", vec!["Hamburg", "Oslo"], Guess::Text { longest: 7 }),
        ] {
            assert_eq!(guess(heading, &values), want, "{heading} {values:?}");
        }
    }

    #[test]
    fn texts_that_come_again_and_again_are_choices_in_the_order_of_their_coming() {
        let values = ["new", "open", "new", "done", "open", "new", "done"];
        assert_eq!(guess("State", &values), Guess::Choice(vec!["new".into(), "open".into(), "done".into()]));
        assert_eq!(guess("State", &["new", "open"]), Guess::Text { longest: 4 });
    }

    #[test]
    fn one_note_among_many_dates_does_not_make_it_text_and_is_counted() {
        let mut column = Column::default();
        for day in 1..=28 {
            column.see(&Cell::text(format!("2026-11-{day:02}")));
        }
        column.see(&Cell::text("soon"));
        let guess = column.guess("Ship on");
        assert_eq!((guess.clone(), column.misfits(&guess)), (Guess::Date, 1));
        column.see(&Cell::text("later"));
        assert!(matches!(column.guess("Ship on"), Guess::Text { .. }));
    }
}
