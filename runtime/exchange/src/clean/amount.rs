//! Amounts of money: the currency that signs and words tell, and the conversion into the field's currency.

use super::number::{self, NumberRules};
use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use rust_decimal::{Decimal, RoundingStrategy};

/// Signs and words of currencies; longer ones stand before those they contain.
const SIGNS: &[(&str, &str)] = &[
    ("人民币", "CNY"),
    ("us$", "USD"),
    ("hk$", "HKD"),
    ("a$", "AUD"),
    ("c$", "CAD"),
    ("s$", "SGD"),
    ("r$", "BRL"),
    ("美元", "USD"),
    ("美金", "USD"),
    ("欧元", "EUR"),
    ("歐元", "EUR"),
    ("英镑", "GBP"),
    ("日元", "JPY"),
    ("日圆", "JPY"),
    ("港元", "HKD"),
    ("港币", "HKD"),
    ("澳元", "AUD"),
    ("加元", "CAD"),
    ("卢布", "RUB"),
    ("迪拉姆", "AED"),
    ("rmb", "CNY"),
    ("dollars", "USD"),
    ("dollar", "USD"),
    ("euros", "EUR"),
    ("euro", "EUR"),
    ("块", "CNY"),
    ("元", "CNY"),
    ("圆", "CNY"),
    ("¥", "CNY"),
    ("$", "USD"),
    ("€", "EUR"),
    ("£", "GBP"),
    ("₽", "RUB"),
    ("₹", "INR"),
    ("₩", "KRW"),
    ("฿", "THB"),
    ("₫", "VND"),
];

/// Codes that are understood in amounts.
const CODES: &[&str] = &[
    "USD", "CNY", "EUR", "GBP", "JPY", "HKD", "AED", "AUD", "CAD", "CHF", "SGD", "KRW", "INR", "RUB", "THB", "MYR",
    "IDR", "PHP", "VND", "BRL", "MXN", "CLP", "PEN", "ZAR", "NGN", "KES", "EGP", "SAR", "IQD", "TRY", "PLN", "SEK",
    "NOK", "DKK", "CZK", "HUF", "NZD", "TWD", "KZT", "UAH", "QAR", "KWD", "OMR", "BHD", "ILS", "COP", "ARS", "MOP",
    "CNH",
];

/// Rates of exchange on the day that the mapping names.
pub trait Rates {
    /// What one unit of the currency is worth in the company's currency; nothing when there is no rate.
    fn rate(&self, currency: &str) -> Option<Decimal>;
}

/// No rates: only amounts in the field's own currency are taken.
pub struct NoRates;

impl Rates for NoRates {
    fn rate(&self, _currency: &str) -> Option<Decimal> {
        None
    }
}

/// How amounts are read.
#[derive(Clone, Copy)]
pub struct AmountRules<'a> {
    /// The field's currency; without one the amount is kept in whatever currency it is in.
    pub target: Option<&'a str>,
    /// What a bare number is in; told as a warning. Without one it is silently in the field's currency.
    pub assumed: Option<&'a str>,
    /// Rates for the conversion.
    pub rates: &'a dyn Rates,
    /// Decimal places of a converted amount.
    pub scale: u32,
    /// How its number is read.
    pub number: NumberRules,
}

/// An amount in the field's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    /// How much.
    pub value: Decimal,
    /// The currency that the value is in, where it is known.
    pub currency: Option<String>,
    /// The currency that was written.
    pub written: Option<String>,
}

/// Cleans an amount.
///
/// # Errors
/// Those of numbers; `currency_unknown` when a rate is missing, `currency_conflict`.
pub fn clean(cell: &Cell, rules: AmountRules<'_>) -> Result<Cleaned<Amount>, Fault> {
    readable(cell)?;
    let (written, value, mut warnings) = match cell {
        Cell::Text(text) => {
            let plain = plain(text);
            let (found, rest) = split_currency(&plain);
            let written = match found.as_slice() {
                [] => None,
                [first, others @ ..] if others.iter().all(|other| other == first) => Some(first.clone()),
                _ => return Err(Notice::new(Code::CurrencyConflict).with("value", text)),
            };
            (written, number::quantity(&rest, text.trim(), rules.number)?, Vec::new())
        }
        other => {
            let cleaned = number::clean(other, rules.number)?;
            (None, cleaned.value, cleaned.warnings)
        }
    };
    let own = match (&written, rules.assumed) {
        (Some(written), _) => Some(written.clone()),
        (None, Some(assumed)) => {
            warnings.push(Notice::new(Code::CurrencyAssumed).with("currency", assumed));
            Some(assumed.to_owned())
        }
        (None, None) => rules.target.map(str::to_owned),
    };
    let (value, currency) = match (own, rules.target) {
        (Some(own), Some(target)) if own != target => (converted(value, &own, target, rules)?, Some(target.to_owned())),
        (own, _) => (value, own),
    };
    Ok(Cleaned { value: Amount { value, currency, written }, warnings })
}

/// `value` × rate(from) ÷ rate(to), rounded half away from zero at the field's scale.
fn converted(value: Decimal, from: &str, to: &str, rules: AmountRules<'_>) -> Result<Decimal, Fault> {
    let rate = |currency: &str| {
        rules
            .rates
            .rate(currency)
            .filter(|rate| !rate.is_zero())
            .ok_or_else(|| Notice::new(Code::CurrencyUnknown).with("currency", currency))
    };
    let (from, to) = (rate(from)?, rate(to)?);
    value
        .checked_mul(from)
        .and_then(|in_company| in_company.checked_div(to))
        .map(|value| {
            let mut value = value.round_dp_with_strategy(rules.scale, RoundingStrategy::MidpointAwayFromZero);
            value.rescale(rules.scale);
            value
        })
        .ok_or_else(|| Notice::new(Code::NumberTooLarge).with("value", value))
}

/// The currencies that a text names, each once.
pub fn currencies(text: &str) -> Vec<String> {
    let mut found = split_currency(text).0;
    found.sort();
    found.dedup();
    found
}

/// Takes the signs, words and codes of currencies out of a text: what they mean, and what is left.
pub(super) fn split_currency(text: &str) -> (Vec<String>, String) {
    let mut rest = text.to_lowercase();
    let mut found = Vec::new();
    for code in CODES {
        let lower = code.to_lowercase();
        while let Some(at) = word_at(&rest, &lower) {
            rest.replace_range(at..at + lower.len(), " ");
            found.push(if *code == "CNH" { "CNY".to_owned() } else { (*code).to_owned() });
        }
    }
    for (sign, code) in SIGNS {
        while let Some(at) = rest.find(sign) {
            rest.replace_range(at..at + sign.len(), " ");
            found.push((*code).to_owned());
        }
    }
    (found, rest.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Where a code stands by itself: not within a longer word.
fn word_at(text: &str, word: &str) -> Option<usize> {
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).and_then(|after| after.chars().next());
        // `5kUSD` is 5,000 dollars.
        !letter(after) && (!letter(before) || before == Some('k') || before == Some('m'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clean::number::LoneComma;
    use std::str::FromStr;

    struct Fixed;

    impl Rates for Fixed {
        fn rate(&self, currency: &str) -> Option<Decimal> {
            let text = match currency {
                "CNY" => "1",
                "USD" => "7.370161",
                "EUR" => "8.397030",
                _ => return None,
            };
            Decimal::from_str(text).ok()
        }
    }

    fn rules() -> AmountRules<'static> {
        AmountRules {
            target: Some("USD"),
            assumed: Some("USD"),
            rates: &Fixed,
            scale: 2,
            number: NumberRules { lone_comma: LoneComma::Decimal, ..NumberRules::default() },
        }
    }

    #[test]
    fn amounts_are_read_and_converted() {
        for (text, value, warnings) in [
            ("¥434,000", Ok("58886.09"), 0),
            ("￥609000", Ok("82630.49"), 0),
            ("62.3万元", Ok("84530.04"), 0),
            ("US$20,000.5", Ok("20000.5"), 0),
            ("€59.000,50", Ok("67220.92"), 0),
            ("USD 68,000.00", Ok("68000.00"), 0),
            ("5k USD", Ok("5000"), 0),
            ("约63000美元", Ok("63000"), 0),
            ("７１，０００美金", Ok("71000"), 0),
            ("1,234.56", Ok("1234.56"), 1),
            ("12,5", Ok("12.5"), 1),
            ("-3,000", Ok("-3000"), 1),
            ("CNH 100", Ok("13.57"), 0),
            ("RMB 100元", Ok("13.57"), 0),
            ("$5 or €5", Err(Code::CurrencyConflict), 0),
            ("100 GBP", Err(Code::CurrencyUnknown), 0),
            ("很多", Err(Code::NumberInvalid), 0),
            ("abc", Err(Code::NumberInvalid), 0),
        ] {
            let read = clean(&Cell::text(text), rules());
            match value {
                Ok(value) => assert_eq!(
                    read.map(|cleaned| (cleaned.value.value.to_string(), cleaned.warnings.len())),
                    Ok((value.to_owned(), warnings)),
                    "{text}"
                ),
                Err(code) => {
                    assert_eq!(read.map_err(|fault| fault.code).err(), Some(code), "{text}")
                }
            }
        }
    }

    #[test]
    fn a_bare_number_is_in_the_fields_currency_when_nothing_is_assumed() {
        let read = clean(&Cell::number(Decimal::from(50_000)), AmountRules { assumed: None, ..rules() });
        assert_eq!(
            read.map(|cleaned| (cleaned.value.value, cleaned.value.currency, cleaned.warnings.len())),
            Ok((Decimal::from(50_000), Some("USD".to_owned()), 0))
        );
    }
}
