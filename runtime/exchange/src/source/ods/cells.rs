//! One cell of an OpenDocument sheet: its typed value and the text it shows.

use super::styles::Styles;
use crate::source::cell::Cell;
use crate::source::number::number_cell;
use crate::source::xml::attribute;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use quick_xml::events::BytesStart;

/// A cell while it is being read.
pub struct Open {
    pub repeat: usize,
    pub style: Option<String>,
    pub text: String,
    pub in_text: bool,
    kind: Option<String>,
    value: Option<String>,
    formula: bool,
    error: bool,
    paragraphs: usize,
}

impl Open {
    /// Begins a cell with its attributes.
    pub fn new(element: &BytesStart<'_>) -> Self {
        let mut open = Self {
            repeat: super::repeated(element, b"number-columns-repeated"),
            style: attribute(element, b"style-name"),
            text: String::new(),
            in_text: false,
            kind: None,
            value: None,
            formula: attribute(element, b"formula").is_some(),
            error: false,
            paragraphs: 0,
        };
        for found in element.attributes().with_checks(false).flatten() {
            let value = || found.unescape_value().ok().map(|value| value.into_owned());
            match found.key.as_ref() {
                b"office:value-type" => open.kind = value(),
                b"calcext:value-type" => open.error = found.value.as_ref() == b"error",
                b"office:value"
                | b"office:date-value"
                | b"office:time-value"
                | b"office:boolean-value"
                | b"office:string-value" => open.value = value(),
                _ => {}
            }
        }
        open
    }

    /// Takes an element within the cell.
    pub fn element(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            b"p" => {
                if self.paragraphs > 0 {
                    self.text.push('\n');
                }
                self.paragraphs += 1;
                self.in_text = true;
            }
            b"s" => {
                let count = attribute(element, b"c").and_then(|count| count.parse().ok()).unwrap_or(1_usize);
                self.text.extend(std::iter::repeat_n(' ', count.min(1_000)));
            }
            b"tab" => self.text.push('\t'),
            b"line-break" => self.text.push('\n'),
            _ => {}
        }
    }

    /// What the cell holds.
    pub fn cell(&self, styles: &Styles) -> Cell {
        if self.error {
            return Cell::Error(self.text.clone());
        }
        let value = self.value.as_deref().unwrap_or_default();
        match self.kind.as_deref() {
            Some("float" | "percentage" | "currency") => self.number(value),
            Some("date") => date(value).unwrap_or_else(|| Cell::text(self.text.clone())),
            Some("time") => match iso_duration(value) {
                Some(length)
                    if self.style.as_deref().is_some_and(|style| styles.is_duration(style))
                        || length >= TimeDelta::days(1)
                        || length < TimeDelta::zero() =>
                {
                    Cell::Duration(length)
                }
                Some(length) => Cell::Time(NaiveTime::MIN + length),
                None => Cell::text(self.text.clone()),
            },
            Some("boolean") => Cell::Bool(value == "true"),
            Some(_) if self.formula && self.text.starts_with('#') && self.text.ends_with(['!', '?', 'A']) => {
                Cell::Error(self.text.clone())
            }
            Some(_) if self.paragraphs == 0 => Cell::text(value),
            Some(_) => Cell::text(self.text.clone()),
            None if self.formula => Cell::FormulaWithoutValue,
            None => Cell::text(self.text.clone()),
        }
    }

    fn number(&self, value: &str) -> Cell {
        match number_cell(value) {
            Cell::Number { value, digits_lost, .. } => {
                let text = self.text.trim();
                let readable = text.chars().any(|c| c.is_ascii_digit()) && !text.contains(['E', 'e', '#', '/']);
                let shown = (readable && text != value.normalize().to_string()).then(|| text.to_owned());
                Cell::Number { value, shown, digits_lost }
            }
            other => other,
        }
    }
}

fn date(value: &str) -> Option<Cell> {
    if let Ok(date) = NaiveDate::parse_from_str(value, "%Y-%m-%d") {
        return Some(Cell::Date(date));
    }
    let at = NaiveDateTime::parse_from_str(value, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(if at.time() == NaiveTime::MIN { Cell::Date(at.date()) } else { Cell::DateTime(at) })
}

/// `PT14H30M00S`, to the second.
fn iso_duration(value: &str) -> Option<TimeDelta> {
    let (negative, rest) = value.strip_prefix('-').map_or((false, value), |rest| (true, rest));
    let rest = rest.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').unwrap_or((rest, ""));
    let mut seconds =
        days.strip_suffix('D').and_then(|days| days.parse::<i64>().ok()).unwrap_or(0).checked_mul(86_400)?;
    let mut digits = String::new();
    for c in time.chars() {
        let weight = match c {
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            _ => {
                digits.push(c);
                continue;
            }
        };
        let whole = digits.split(['.', ',']).next().unwrap_or_default().parse::<i64>().ok()?;
        seconds = seconds.checked_add(whole.checked_mul(weight)?)?;
        digits.clear();
    }
    TimeDelta::try_seconds(if negative { -seconds } else { seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read() {
        for (text, seconds) in [("PT14H30M00S", 52_200), ("PT00H00M01.5S", 1), ("P1DT1H", 90_000), ("-PT1H", -3_600)] {
            assert_eq!(iso_duration(text), TimeDelta::try_seconds(seconds), "{text}");
        }
        assert_eq!(iso_duration("14:30"), None);
    }
}
