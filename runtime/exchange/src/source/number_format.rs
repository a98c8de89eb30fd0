//! Number formats of spreadsheets: what kind of value a format shows, and how it writes a number.

use rust_decimal::{Decimal, RoundingStrategy};

/// What a number format makes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// The plain number.
    General,
    /// The plain number, in a cell formatted as text.
    Text,
    /// A number in a pattern of its own.
    Number,
    /// A day.
    Date,
    /// A day and a time.
    DateTime,
    /// A time of day.
    Time,
    /// Elapsed hours, minutes or seconds (`[h]:mm`).
    Duration,
}

/// A number format, understood once per style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFormat {
    /// What it shows.
    pub shows: Shows,
    pattern: String,
}

impl NumberFormat {
    /// A format by its code.
    pub fn parse(code: &str) -> Self {
        Self { shows: kind_of(code), pattern: code.to_owned() }
    }

    /// A built-in format by its number (ECMA-376 part 1, 18.8.30, with the numbers that East Asian versions use for dates).
    pub fn built_in(id: u32) -> Self {
        let code = match id {
            1 => "0",
            2 | 39 => "0.00",
            3 | 37 | 38 => "#,##0",
            4 | 40 => "#,##0.00",
            9 => "0%",
            10 => "0.00%",
            11 | 48 => "0.00E+00",
            12 => "# ?/?",
            13 => "# ??/??",
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => "yyyy-mm-dd",
            18..=21 | 32..=35 | 55 | 56 => "h:mm:ss",
            22 => "yyyy-mm-dd h:mm",
            45 | 47 => "mm:ss",
            46 => "[h]:mm:ss",
            49 => "@",
            _ => "General",
        };
        Self::parse(code)
    }

    /// The number as this format writes it; `None` when that is its plain digits, or when the pattern is one we do not
    /// imitate (exponents, fractions, conditions): digits must never be invented or hidden.
    pub fn show(&self, value: Decimal) -> Option<String> {
        if self.shows != Shows::Number {
            return None;
        }
        let sections = split_sections(&self.pattern);
        let (section, value) = match sections.len() {
            0 => return None,
            1 => (sections.first()?, value),
            _ if value.is_sign_negative() && !value.is_zero() => (sections.get(1)?, value.abs()),
            len if value.is_zero() && len > 2 => (sections.get(2)?, value),
            _ => (sections.first()?, value),
        };
        let text = Pattern::parse(section)?.write(value);
        (text != value.normalize().to_string()).then_some(text)
    }
}

/// Splits a format into its `;` sections, quotes and escapes respected.
fn split_sections(code: &str) -> Vec<String> {
    let mut sections = vec![String::new()];
    let mut quoted = false;
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        let Some(section) = sections.last_mut() else {
            break;
        };
        match c {
            '"' => {
                quoted = !quoted;
                section.push(c);
            }
            '\\' if !quoted => {
                section.push(c);
                section.extend(chars.next());
            }
            ';' if !quoted => sections.push(String::new()),
            _ => section.push(c),
        }
    }
    sections
}

/// The kind of value a format shows, from the letters outside quotes, escapes and brackets of its first section.
fn kind_of(code: &str) -> Shows {
    let first = split_sections(code).into_iter().next().unwrap_or_default();
    if first.trim().is_empty() || first.trim().eq_ignore_ascii_case("general") {
        return Shows::General;
    }
    let (mut day, mut time, mut month_or_minute, mut digits, mut text) = (false, false, false, false, false);
    let mut chars = first.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => while chars.next().is_some_and(|c| c != '"') {},
            '\\' | '_' | '*' => {
                chars.next();
            }
            '[' => {
                let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                let lower = inner.to_ascii_lowercase();
                if !lower.is_empty()
                    && (lower.chars().all(|c| c == 'h')
                        || lower.chars().all(|c| c == 'm')
                        || lower.chars().all(|c| c == 's'))
                {
                    return Shows::Duration;
                }
            }
            'y' | 'Y' | 'd' | 'D' => day = true,
            'e' | 'E' if !digits => day = true,
            'e' | 'E' => {}
            'h' | 'H' | 's' | 'S' => time = true,
            'm' | 'M' => month_or_minute = true,
            'A' | 'a' | '上' if time => {
                // AM/PM, A/P and 上午/下午 stand beside hours.
                while chars.peek().is_some_and(|c| "AaMmPp/上午下".contains(*c)) {
                    chars.next();
                }
            }
            '0' | '#' | '?' => digits = true,
            '@' => text = true,
            _ => {}
        }
    }
    match (day, time, month_or_minute) {
        (true, true, _) => Shows::DateTime,
        (true, false, _) | (false, false, true) => Shows::Date,
        (false, true, _) => Shows::Time,
        _ if digits => Shows::Number,
        _ if text => Shows::Text,
        _ => Shows::General,
    }
}

/// One section of a number pattern.
#[derive(Debug, Default)]
struct Pattern {
    before: String,
    after: String,
    whole_zeros: usize,
    decimals_least: usize,
    decimals_most: usize,
    thousands: bool,
    percent: bool,
    /// Commas after the last digit: each divides by 1,000.
    thousand_steps: u32,
}

impl Pattern {
    fn parse(section: &str) -> Option<Self> {
        let mut pattern = Pattern::default();
        let (mut seen, mut point, mut ended, mut commas) = (false, false, false, 0_u32);
        let mut chars = section.chars();
        while let Some(c) = chars.next() {
            match c {
                '0' | '#' | '?' => {
                    if ended || c == '?' {
                        return None;
                    }
                    if point {
                        pattern.decimals_most += 1;
                        if c == '0' {
                            pattern.decimals_least = pattern.decimals_most;
                        }
                    } else {
                        if commas > 0 {
                            pattern.thousands = true;
                            commas = 0;
                        }
                        if c == '0' {
                            pattern.whole_zeros += 1;
                        }
                    }
                    seen = true;
                }
                '.' if seen && !point => {
                    point = true;
                    if commas > 0 {
                        pattern.thousand_steps = commas;
                        commas = 0;
                    }
                }
                ',' if seen => commas += 1,
                '%' => {
                    pattern.percent = true;
                    ended = seen;
                    pattern.literal(seen, "%");
                }
                '"' => {
                    ended = seen;
                    let text: String = chars.by_ref().take_while(|c| *c != '"').collect();
                    pattern.literal(seen, &text);
                }
                '\\' => {
                    ended = seen;
                    let text: String = chars.next().into_iter().collect();
                    pattern.literal(seen, &text);
                }
                '_' | '*' => {
                    chars.next();
                }
                '[' => {
                    let inner: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    if let Some(currency) = inner.strip_prefix('$') {
                        let symbol = currency.split('-').next().unwrap_or_default().to_owned();
                        pattern.literal(seen, &symbol);
                    } else if inner.contains(['<', '>', '=']) {
                        return None;
                    }
                }
                'E' | 'e' | '/' | '@' => return None,
                _ => {
                    ended = seen;
                    pattern.literal(seen, c.encode_utf8(&mut [0; 4]));
                }
            }
        }
        if commas > 0 {
            pattern.thousand_steps += commas;
        }
        // A scaled pattern hides digits, and one without a digit shows none.
        (seen && pattern.thousand_steps == 0).then_some(pattern)
    }

    fn literal(&mut self, after: bool, text: &str) {
        if after { self.after.push_str(text) } else { self.before.push_str(text) }
    }

    fn write(&self, value: Decimal) -> String {
        let value = if self.percent { value.checked_mul(Decimal::ONE_HUNDRED).unwrap_or(value) } else { value };
        let most = u32::try_from(self.decimals_most).unwrap_or(0);
        let rounded = value.round_dp_with_strategy(most, RoundingStrategy::MidpointAwayFromZero);
        let negative = rounded.is_sign_negative() && !rounded.is_zero();
        let plain = rounded.abs().normalize().to_string();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let whole = if whole == "0" && self.whole_zeros == 0 { "" } else { whole };
        let mut whole = format!("{}{whole}", "0".repeat(self.whole_zeros.saturating_sub(whole.len())));
        if self.thousands {
            whole = grouped(&whole);
        }
        let mut out = String::new();
        if negative {
            out.push('-');
        }
        out.push_str(&self.before);
        out.push_str(&whole);
        let fraction = format!("{fraction}{}", "0".repeat(self.decimals_least.saturating_sub(fraction.len())));
        if !fraction.is_empty() {
            out.push('.');
            out.push_str(&fraction);
        }
        out.push_str(&self.after);
        out.trim().to_owned()
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 1);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn formats_tell_what_they_show() {
        for (code, shows) in [
            ("General", Shows::General),
            ("", Shows::General),
            ("@", Shows::Text),
            ("0.00", Shows::Number),
            ("00000", Shows::Number),
            ("yyyy/m/d", Shows::Date),
            ("d-mmm-yy", Shows::Date),
            ("[$-804]yyyy\"年\"m\"月\"d\"日\"", Shows::Date),
            ("m\"月\"d\"日\"", Shows::Date),
            ("yyyy-mm-dd hh:mm", Shows::DateTime),
            ("h:mm AM/PM", Shows::Time),
            ("[h]:mm", Shows::Duration),
            ("[mm]:ss", Shows::Duration),
            ("[Red]#,##0.00;[Blue]-#,##0.00", Shows::Number),
            ("0.00E+00", Shows::Number),
            ("\"day\" 0", Shows::Number),
            ("[$¥-804]#,##0.00", Shows::Number),
        ] {
            assert_eq!(NumberFormat::parse(code).shows, shows, "{code}");
        }
    }

    #[test]
    fn numbers_are_written_as_their_format_shows_them() {
        for (code, value, shown) in [
            ("00000", "123", Some("00123")),
            ("0", "123", None),
            ("0.00", "1.5", Some("1.50")),
            ("#,##0.00", "1234567.8", Some("1,234,567.80")),
            ("#,##0.00", "-1234.5", Some("-1,234.50")),
            ("0%", "0.15", Some("15%")),
            ("0.00%", "0.1234", Some("12.34%")),
            ("\"K\"0000", "42", Some("K0042")),
            ("[$¥-804]#,##0", "5000", Some("¥5,000")),
            ("0.00E+00", "6659021303", None),
            ("0.00;(0.00)", "-2", Some("(2.00)")),
            ("# ?/?", "0.5", None),
            ("#,##0,", "1234567", None),
            ("000-0000", "1234567", None),
            ("#.##", "0.5", Some(".5")),
            ("0.0##", "2.125", None),
        ] {
            let value = Decimal::from_str(value).unwrap_or_default();
            assert_eq!(NumberFormat::parse(code).show(value).as_deref(), shown, "{code} {value}");
        }
    }
}
