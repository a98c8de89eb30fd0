//! From one kind of value to another: formats, amounts in capitals, currencies, settings.

use super::date::read_date;
use super::{Family, Function, Gives, Kind, Uses, may, needs};
use crate::error_code as code;
use crate::expr::eval::Call;
use crate::expr::format;
use crate::expr::types::{DAY, NUMBER, PRINTABLE, TEXT};
use crate::expr::value::Value;
use rust_decimal::{Decimal, RoundingStrategy};
use std::str::FromStr;

const fn conversion(name: &'static str, gives: Gives, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Conversion, gives, evaluate)
}

pub(super) static TABLE: &[Function] = &[
    conversion("TEXT", Gives::Text, to_text)
        .takes(&[needs("value", Kind::One(PRINTABLE)), may("format", Kind::One(TEXT))])
        .says(
            "A value as text, in a format such as \"#,##0.00\", \"0.0%\", \"000000\", \"yyyy-mm-dd\", \"hh:mm\", \"yyyy年m月d日\", \"aaaa\" (weekday).",
            "按格式转为文本，如 \"#,##0.00\"、\"0.0%\"、\"000000\"、\"yyyy-mm-dd\"、\"hh:mm\"、\"yyyy年m月d日\"、\"aaaa\"（星期）。",
        )
        .shows(&[
            ("TEXT(d, \"yyyy-mm\")", "2026-03"),
            ("TEXT(1234.5, \"#,##0.00\")", "1,234.50"),
            ("TEXT(0.1234, \"0.0%\")", "12.3%"),
            ("TEXT(7, \"000\")", "007"),
            ("TEXT(d, \"yyyy年m月d日 aaaa\")", "2026年3月31日 星期二"),
            ("TEXT(-5, \"0;(0)\")", "(5)"),
        ]),
    conversion("VALUE", Gives::Number, value)
        .takes(&[needs("text", Kind::One(TEXT))])
        .says("Reads a number; separators of thousands, currency signs and % are understood.", "读取数字；可识别千分位、货币符号和 %。")
        .shows(&[("VALUE(\"1,234.50\")", "1234.5"), ("VALUE(\"12%\")", "0.12"), ("VALUE(\"￥１２\")", "12"), ("VALUE(\"abc\")", "")]),
    conversion("FIXED", Gives::Text, |call| {
        let (n, digits) = (call.number(0)?, call.whole_or(1, 2)?);
        let Some(digits) = u32::try_from(digits).ok().filter(|d| *d <= 28) else { return call.refuse(digits.to_string()) };
        Some(Value::text(format::fixed(n, digits, true)))
    })
    .takes(&[needs("number", Kind::One(NUMBER)), may("digits", Kind::One(NUMBER))])
    .says("A number with so many decimals and separators of thousands.", "保留指定小数位并带千分位的文本。")
    .shows(&[("FIXED(1234.567)", "1,234.57"), ("FIXED(1234.5, 0)", "1,235")]),
    conversion("RMBUPPER", Gives::Text, |call| {
        let n = call.number(0)?;
        capital_amount(n).map_or_else(|| call.refuse(n.to_string()), |t| Some(Value::text(t)))
    })
    .takes(&[needs("amount", Kind::One(NUMBER))])
    .says("An amount of yuan in Chinese capital numerals, rounded to fen.", "人民币大写金额，四舍五入到分。")
    .shows(&[("RMBUPPER(1409.5)", "壹仟肆佰零玖元伍角整"), ("RMBUPPER(16409.02)", "壹万陆仟肆佰零玖元零贰分"), ("RMBUPPER(0)", "零元整"), ("RMBUPPER(-100000000)", "负壹亿元整")]),
    conversion("RATE_ON", Gives::Number, rate_on)
        .takes(&[needs("currency", Kind::One(TEXT)), needs("date", Kind::One(DAY))])
        .uses(Uses { rates: true, ..Uses::NONE })
        .says(
            "Units of the company's currency for 1 of this one at a date. Where there is no rate the save is refused.",
            "某日期该货币 1 单位折合的公司本位币。没有汇率时拒绝保存。",
        )
        .shows(&[("RATE_ON(\"USD\", d)", "7.1"), ("ROUND(100 * RATE_ON(\"EUR\", d) / RATE_ON(\"USD\", d), 2)", "109.86")]),
    conversion("MINOR", Gives::Number, |call| {
        let currency = call.text(0)?;
        match call.environment().minor(&currency) {
            Some(minor) => Some(Value::number(minor)),
            None => call.refuse(currency.to_string()),
        }
    })
    .takes(&[needs("currency", Kind::One(TEXT))])
    .uses(Uses { settings: true, ..Uses::NONE })
    .says("The decimals of a currency: 2 for USD, 0 for JPY.", "货币的小数位数：USD 为 2，JPY 为 0。")
    .shows(&[("ROUND(1234.567, MINOR(\"JPY\"))", "1235")]),
    conversion("SETTING", Gives::Setting, |call| {
        let key = call.text(0)?;
        Some(call.environment().setting(&key))
    })
    .takes(&[needs("key", Kind::Literal)])
    .uses(Uses { settings: true, ..Uses::NONE })
    .says("A setting of the app.", "应用设置的值。")
    .shows(&[("SETTING(\"margin_floor\")", "0.08")]),
    conversion("DATETEXT", Gives::Date, |call| {
        let text = call.text(0)?;
        read_date(&text).map(Value::Date)
    })
    .takes(&[needs("text", Kind::One(TEXT))])
    .says("Like DATEVALUE, but a text that is no date is empty without a warning.", "同 DATEVALUE，但文本不是日期时直接为空，不提示。")
    .shows(&[("DATETEXT(\"2026-03-31\")", "2026-03-31"), ("DATETEXT(\"soon\")", "")]),
];

fn to_text(call: &mut Call) -> Option<Value> {
    let value = call.value(0);
    if !call.is_given(1) || value == Value::Empty {
        let text = call.print(&value);
        return call.made_text(text);
    }
    let pattern = call.text(1)?;
    let clock = call.clock();
    match format::format(&value, &pattern, &clock) {
        Some(text) => call.made_text(text),
        None => call.refuse(pattern.to_string()),
    }
}

/// Reads what people type as a number. `1,23` has two readings and is refused.
fn read_number(text: &str) -> Option<Decimal> {
    let folded = crate::fold::normalize(text);
    let (body, hundredth) = folded.strip_suffix('%').map_or((folded.as_str(), false), |b| (b, true));
    let (body, negative) = match body.strip_prefix('(').and_then(|b| b.strip_suffix(')')) {
        Some(inner) => (inner, true),
        None => (body, false),
    };
    let (body, negative) =
        body.strip_prefix(['-', '−']).map_or((body.trim_start_matches('+'), negative), |b| (b, true));
    let body = body.trim_start_matches(['¥', '$', '€', '£']).trim_end_matches('元');
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let grouped = groups.len() == 1
        || (groups.iter().skip(1).all(|g| g.len() == 3) && groups.first().is_some_and(|g| (1..=3).contains(&g.len())));
    let digits: String = groups.concat();
    let plain = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if !grouped || !plain(&digits) || !plain(fraction) || (digits.is_empty() && fraction.is_empty()) {
        return None;
    }
    let number = Decimal::from_str_exact(&format!("0{digits}.{fraction}0"))
        .or_else(|_| Decimal::from_str(&format!("0{digits}")))
        .ok()?;
    let number = if hundredth { number.checked_div(Decimal::ONE_HUNDRED)? } else { number };
    Some(if negative { -number } else { number })
}

fn value(call: &mut Call) -> Option<Value> {
    let text = call.text(0)?;
    if crate::fold::is_blank(&text) {
        return None;
    }
    read_number(&text).map_or_else(|| call.refuse(text.to_string()), |n| Some(Value::Number(n.normalize())))
}

fn rate_on(call: &mut Call) -> Option<Value> {
    let (currency, day) = (call.text(0)?, call.day(1)?);
    match call.environment().rate_on(&currency, day) {
        Some(rate) => Some(Value::Number(rate)),
        None => call.warn(&code::FX_RATE_MISSING, vec![("currency", currency.to_string()), ("day", day.to_string())]),
    }
}

const DIGITS: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// The four digits of a group, `0409` as 肆佰零玖, without zeros at its end.
fn capital_group(group: u64) -> String {
    let mut out = String::new();
    let mut zero = false;
    for (divisor, unit) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let digit = group / divisor % 10;
        if digit == 0 {
            zero = !out.is_empty();
            continue;
        }
        if zero {
            out.push('零');
            zero = false;
        }
        out.extend(usize::try_from(digit).ok().and_then(|d| DIGITS.get(d)));
        out.push_str(unit);
    }
    out
}

/// An amount of yuan in Chinese capital numerals, rounded to fen half away from zero. `None` from 10,000 万亿 on.
pub fn capital_amount(amount: Decimal) -> Option<String> {
    use rust_decimal::prelude::ToPrimitive;
    let rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let fen = rounded.abs().checked_mul(Decimal::ONE_HUNDRED)?.to_u64()?;
    let (yuan, jiao, fen) = (fen / 100, fen / 10 % 10, fen % 10);
    if yuan >= 10_000_000_000_000_000 {
        return None;
    }
    let digit = |d: u64| usize::try_from(d).ok().and_then(|d| DIGITS.get(d)).copied().unwrap_or('零');
    let mut out = String::new();
    let mut zero = false;
    for (divisor, unit) in [(1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万"), (1, "")] {
        let group = yuan / divisor % 10_000;
        if group == 0 {
            zero = !out.is_empty();
            continue;
        }
        // a zero within the number is said once
        if !out.is_empty() && (zero || group < 1000) {
            out.push('零');
        }
        zero = false;
        out.push_str(&capital_group(group));
        // 万亿 is said as 万 where the 亿 below it follow
        let hundred_millions = yuan / 100_000_000 % 10_000;
        out.push_str(if unit == "万亿" && hundred_millions > 0 { "万" } else { unit });
    }
    if yuan > 0 {
        out.push('元');
    }
    match (jiao, fen) {
        (0, 0) if yuan == 0 => out.push_str("零元整"),
        (0, 0) => out.push('整'),
        (j, 0) => {
            out.push(digit(j));
            out.push_str("角整");
        }
        (j, f) => {
            if j > 0 {
                out.push(digit(j));
                out.push('角');
            } else if yuan > 0 {
                out.push('零');
            }
            out.push(digit(f));
            out.push('分');
        }
    }
    let negative = rounded < Decimal::ZERO;
    Some(if negative { format!("负{out}") } else { out })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn amounts_are_written_as_banks_want_them() {
        for (amount, want) in [
            ("0.05", "伍分"),
            ("0.5", "伍角整"),
            ("1.05", "壹元零伍分"),
            ("10", "壹拾元整"),
            ("325.04", "叁佰贰拾伍元零肆分"),
            ("6007.14", "陆仟零柒元壹角肆分"),
            ("100001", "壹拾万零壹元整"),
            ("10000000.01", "壹仟万元零壹分"),
            ("1000010000", "壹拾亿零壹万元整"),
            ("2000300040.5", "贰拾亿零叁拾万零肆拾元伍角整"),
            ("1000000000000", "壹万亿元整"),
            ("1000200000000", "壹万零贰亿元整"),
            ("2.345", "贰元叁角伍分"),
        ] {
            assert_eq!(capital_amount(Decimal::from_str(amount).unwrap()).unwrap(), want, "{amount}");
        }
        assert_eq!(capital_amount(Decimal::from_str("10000000000000000").unwrap()), None);
    }

    #[test]
    fn numbers_with_two_readings_are_refused() {
        assert_eq!(read_number("1,234,567.8"), Decimal::from_str("1234567.8").ok());
        assert_eq!(read_number("(12)"), Decimal::from_str("-12").ok());
        for wrong in ["1,23", "1,2345", ",123", "12a", "", ".", "1.2.3", "--1"] {
            assert_eq!(read_number(wrong), None, "{wrong}");
        }
    }
}
