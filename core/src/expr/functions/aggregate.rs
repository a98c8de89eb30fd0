//! Totals over values and lists. Empties are left out.

use super::{Family, Function, Gives, Kind, may, needs};
use crate::expr::eval::Call;
use crate::expr::math;
use crate::expr::operator::{Trouble, divide};
use crate::expr::types::{ANY, DATE, DATETIME, DURATION, NUMBER, ORDERED, RECORD, TIME};
use crate::expr::value::Value;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::str::FromStr;

const fn total(name: &'static str, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Aggregate, Gives::Number, evaluate).repeats(NUMBERS)
}

const NUMBERS: &[super::Param] = &[needs("number", Kind::Each(NUMBER))];
const BY_RANK: &[super::Param] = &[needs("list", Kind::List(ORDERED)), needs("rank", Kind::One(NUMBER))];

pub(super) static TABLE: &[Function] = &[
    total("SUM", |call| {
        let numbers = call.numbers(0);
        call.settle(sum(&numbers))
    })
    .says("The sum. Of no values it is 0.", "求和。没有值时为 0。")
    .shows(&[
        ("SUM(lines.amount)", "100.35"),
        ("SUM(a, x, 1)", "13.5"),
        ("SUM(lines.qty * lines.amount)", "200.6"),
    ]),
    total("PRODUCT", |call| {
        let numbers = call.numbers(0);
        call.settle(numbers.iter().try_fold(Decimal::ONE, |p, n| p.checked_mul(*n)).ok_or(Trouble::Overflow))
    })
    .says("The product. Of no values it is 1.", "求积。没有值时为 1。")
    .shows(&[("PRODUCT(2, 3, x)", "6")]),
    total("AVERAGE", |call| {
        let numbers = call.numbers(0);
        average(call, &numbers)
    })
    .says("The mean. Of no values it is empty.", "平均值。没有值时为空。")
    .shows(&[("AVERAGE(lines.amount)", "33.45"), ("AVERAGE(x)", "")]),
    total("COUNT", |call| Some(Value::number(call.all(0).iter().filter(|v| !v.is_blank()).count())))
        .repeats(&[needs("value", Kind::Any(NUMBER.or(DATE).or(DATETIME).or(TIME).or(DURATION).or(RECORD)))])
        .says(
            "How many numbers, dates or records there are; for texts use COUNTA.",
            "数值、日期或记录的个数；文本请用 COUNTA。",
        )
        .shows(&[("COUNT(lines.amount)", "3"), ("COUNT(lines)", "3"), ("COUNT(x)", "0")]),
    total("COUNTA", |call| Some(Value::number(call.all(0).iter().filter(|v| !v.is_blank()).count())))
        .repeats(&[needs("value", Kind::Any(ANY))])
        .says("How many values are not blank.", "非空值的个数。")
        .shows(&[("COUNTA(lines.note)", "2"), ("COUNTA(a, t, x)", "2")]),
    total("COUNTBLANK", |call| Some(Value::number(call.all(0).iter().filter(|v| v.is_blank()).count())))
        .repeats(&[needs("value", Kind::Any(ANY))])
        .says("How many values are blank.", "空值的个数。")
        .shows(&[("COUNTBLANK(lines.note)", "1")]),
    Function::new("MIN", Family::Aggregate, Gives::Same, |call| extreme(call, Ordering::Less))
        .repeats(&[needs("value", Kind::Each(ORDERED))])
        .says(
            "The least number, the earliest date, the first text. Of no values it is empty.",
            "最小的数值、最早的日期。没有值时为空。",
        )
        .shows(&[("MIN(a, n, 3)", "3"), ("MIN(lines.amount)", "0.1"), ("MIN(d, e)", "2026-03-31")]),
    Function::new("MAX", Family::Aggregate, Gives::Same, |call| extreme(call, Ordering::Greater))
        .repeats(&[needs("value", Kind::Each(ORDERED))])
        .says(
            "The greatest number, the latest date, the last text. Of no values it is empty.",
            "最大的数值、最晚的日期。没有值时为空。",
        )
        .shows(&[("MAX(a, x)", "12.5"), ("MAX(d, e)", "2026-12-25")]),
    total("MEDIAN", |call| {
        let numbers = sorted(call);
        call.settle_some(quantile(&numbers, Decimal::new(5, 1)))
    })
    .says(
        "The middle value; of an even number of values the mean of the middle two.",
        "中位数；个数为偶数时取中间两个的平均。",
    )
    .shows(&[("MEDIAN(3, 1, 2)", "2"), ("MEDIAN(1, 2, 3, 10)", "2.5")]),
    total("PERCENTILE", |call| {
        let (share, numbers) = (call.number(1)?, sorted_at(call, 0));
        if share < Decimal::ZERO || share > Decimal::ONE {
            return call.refuse(share.to_string());
        }
        call.settle_some(quantile(&numbers, share))
    })
    .repeats(&[])
    .takes(&[needs("list", Kind::List(NUMBER)), needs("share", Kind::One(NUMBER))])
    .says("The value below which a share (0 to 1) of the list lies.", "百分位数：占比取 0 到 1。")
    .shows(&[("PERCENTILE(LIST(1, 2, 3, 4, 5), 0.25)", "2")]),
    total("VAR", |call| {
        let numbers = call.numbers(0);
        call.settle_some(variance(&numbers))
    })
    .says("The variance of a sample.", "样本方差。")
    .shows(&[("VAR(2, 4, 6)", "4"), ("VAR(2)", "")]),
    total("STDEV", |call| {
        let numbers = call.numbers(0);
        call.settle_some(variance(&numbers).map(|v| v.and_then(math::square_root)))
    })
    .says("The standard deviation of a sample.", "样本标准差。")
    .shows(&[("STDEV(2, 4, 6)", "2")]),
    Function::new("LARGE", Family::Aggregate, Gives::Same, |call| ranked(call, true))
        .takes(BY_RANK)
        .says("The value at a rank from the top; 1 is the greatest.", "第 n 大的值，1 为最大。")
        .shows(&[("LARGE(lines.amount, 2)", "0.2")]),
    Function::new("SMALL", Family::Aggregate, Gives::Same, |call| ranked(call, false))
        .takes(BY_RANK)
        .says("The value at a rank from the bottom; 1 is the least.", "第 n 小的值，1 为最小。")
        .shows(&[("SMALL(lines.amount, 2)", "0.2"), ("SMALL(lines.amount, 9)", "")]),
    total("SUMPRODUCT", sum_product)
        .repeats(&[needs("list", Kind::List(NUMBER))])
        .says(
            "Multiplies lists row by row and adds up; rows with an empty value are left out.",
            "逐行相乘后求和；含空值的行不计。",
        )
        .shows(&[("SUMPRODUCT(lines.qty, lines.amount)", "200.6")]),
    total("COUNTIF", |call| {
        let chosen = chosen(call)?;
        Some(Value::number(chosen.iter().filter(|c| **c).count()))
    })
    .repeats(&[])
    .takes(&[needs("list", Kind::List(ANY)), needs("criterion", Kind::Criterion)])
    .says(
        "How many values meet a criterion: a value to be equal to, or a text such as \">100\", \"<>A\", \"CN*\".",
        "符合条件的个数。条件为相等的值，或 \">100\"、\"<>A\"、\"CN*\" 之类的文本。",
    )
    .shows(&[
        ("COUNTIF(lines.amount, \">0.15\")", "2"),
        ("COUNTIF(lines.note, \"x\")", "1"),
        ("COUNTIF(lines.qty, 1)", "1"),
    ]),
    total("SUMIF", |call| {
        let numbers = chosen_numbers(call)?;
        call.settle(sum(&numbers))
    })
    .repeats(&[])
    .takes(CONDITIONAL)
    .says(
        "The sum of the values that meet a criterion, or of those in the same rows of another list.",
        "符合条件的值之和；给出另一列表时，对其中同行的值求和。",
    )
    .shows(&[("SUMIF(lines.amount, \">=0.2\")", "100.25"), ("SUMIF(lines.note, \"x\", lines.amount)", "0.1")]),
    total("AVERAGEIF", |call| {
        let numbers = chosen_numbers(call)?;
        average(call, &numbers)
    })
    .repeats(&[])
    .takes(CONDITIONAL)
    .says("Like SUMIF, but the mean.", "同 SUMIF，但求平均值。")
    .shows(&[("AVERAGEIF(lines.qty, \">1\")", "2.5"), ("AVERAGEIF(lines.qty, \">9\")", "")]),
];

const CONDITIONAL: &[super::Param] =
    &[needs("list", Kind::Each(ANY)), needs("criterion", Kind::Criterion), may("numbers", Kind::Any(NUMBER))];

impl Call<'_, '_> {
    /// A result that may have failed, or may not exist because there are no values.
    fn settle_some(&mut self, result: Option<Result<Decimal, Trouble>>) -> Option<Value> {
        result.and_then(|r| self.settle(r))
    }
}

pub(super) fn sum(numbers: &[Decimal]) -> Result<Decimal, Trouble> {
    numbers.iter().try_fold(Decimal::ZERO, |sum, n| sum.checked_add(*n)).ok_or(Trouble::Overflow)
}

fn mean(numbers: &[Decimal]) -> Result<Decimal, Trouble> {
    divide(sum(numbers)?, Decimal::from(numbers.len()))
}

fn average(call: &mut Call, numbers: &[Decimal]) -> Option<Value> {
    if numbers.is_empty() { None } else { call.settle(mean(numbers)) }
}

fn extreme(call: &mut Call, wanted: Ordering) -> Option<Value> {
    call.all(0)
        .into_iter()
        .filter(|v| !v.is_blank())
        .reduce(|best, v| if v.order(&best) == Some(wanted) { v } else { best })
}

fn sorted(call: &mut Call) -> Vec<Decimal> {
    let mut numbers = call.numbers(0);
    numbers.sort();
    numbers
}

fn sorted_at(call: &mut Call, i: usize) -> Vec<Decimal> {
    let mut numbers: Vec<Decimal> =
        call.elements(i).into_iter().filter_map(|v| if let Value::Number(n) = v { Some(n) } else { None }).collect();
    numbers.sort();
    numbers
}

/// The value at a share of the way through sorted numbers, between neighbours in proportion.
fn quantile(sorted: &[Decimal], share: Decimal) -> Option<Result<Decimal, Trouble>> {
    use rust_decimal::prelude::ToPrimitive;
    let place = Decimal::from(sorted.len().checked_sub(1)?).checked_mul(share)?;
    let below = *sorted.get(place.trunc().to_usize()?)?;
    let above = sorted.get(place.ceil().to_usize()?).copied().unwrap_or(below);
    let between = above
        .checked_sub(below)
        .and_then(|gap| gap.checked_mul(place.fract()))
        .and_then(|part| below.checked_add(part));
    Some(between.ok_or(Trouble::Overflow))
}

fn variance(numbers: &[Decimal]) -> Option<Result<Decimal, Trouble>> {
    let count = numbers.len().checked_sub(1).filter(|c| *c > 0)?;
    Some(mean(numbers).and_then(|mean| {
        let squares = numbers.iter().try_fold(Decimal::ZERO, |sum, n| {
            let off = n.checked_sub(mean)?;
            sum.checked_add(off.checked_mul(off)?)
        });
        divide(squares.ok_or(Trouble::Overflow)?, Decimal::from(count))
    }))
}

fn ranked(call: &mut Call, from_top: bool) -> Option<Value> {
    let rank = call.whole(1)?;
    let mut values: Vec<Value> = call.elements(0).into_iter().filter(|v| !v.is_blank()).collect();
    values.sort_by(|a, b| a.order(b).unwrap_or(Ordering::Equal));
    if from_top {
        values.reverse();
    }
    let at = usize::try_from(rank.checked_sub(1)?).ok()?;
    values.into_iter().nth(at)
}

fn sum_product(call: &mut Call) -> Option<Value> {
    let lists: Vec<Vec<Value>> = (0..call.count()).map(|i| call.elements(i)).collect();
    let rows = lists.iter().map(Vec::len).min().unwrap_or(0);
    let mut sum = Some(Decimal::ZERO);
    for row in 0..rows {
        let mut product = Some(Decimal::ONE);
        let mut whole = true;
        for list in &lists {
            match list.get(row) {
                Some(Value::Number(n)) => product = product.and_then(|p| p.checked_mul(*n)),
                _ => whole = false,
            }
        }
        if whole {
            sum = sum.and_then(|s| s.checked_add(product?));
        }
    }
    call.settle(sum.ok_or(Trouble::Overflow))
}

/// Which elements of the first argument meet the second.
fn chosen(call: &mut Call) -> Option<Vec<bool>> {
    let (values, criterion) = (call.elements(0), call.value(1));
    if criterion == Value::Empty {
        return None;
    }
    let criterion = Criterion::read(&criterion);
    let flags = values.iter().map(|v| criterion.admits(v)).collect();
    Some(flags)
}

fn chosen_numbers(call: &mut Call) -> Option<Vec<Decimal>> {
    let flags = chosen(call)?;
    let numbers = call.elements(if call.is_given(2) { 2 } else { 0 });
    Some(
        flags
            .into_iter()
            .zip(numbers)
            .filter_map(|(chosen, v)| if let (true, Value::Number(n)) = (chosen, v) { Some(n) } else { None })
            .collect(),
    )
}

/// A criterion of SUMIF and its kin.
enum Criterion {
    Equal(Value),
    /// A comparison's sign with what follows it.
    Compare(&'static str, String),
}

impl Criterion {
    fn read(value: &Value) -> Criterion {
        let Value::Text(text) = value else { return Criterion::Equal(value.clone()) };
        for sign in ["<>", "<=", ">=", "=", "<", ">"] {
            if let Some(rest) = text.strip_prefix(sign) {
                return Criterion::Compare(sign, rest.trim().to_string());
            }
        }
        Criterion::Compare("=", text.to_string())
    }

    fn admits(&self, value: &Value) -> bool {
        match self {
            Criterion::Equal(wanted) => value.order(wanted) == Some(Ordering::Equal),
            Criterion::Compare(sign, wanted) if wanted.is_empty() => {
                if *sign == "<>" {
                    !value.is_blank()
                } else {
                    *sign == "=" && value.is_blank()
                }
            }
            Criterion::Compare(sign, wanted) => {
                if let (Value::Text(text), "=" | "<>") = (value, *sign) {
                    return like(text, wanted) == (*sign == "=");
                }
                let Some(order) = read_as(wanted, value).and_then(|w| value.order(&w)) else { return *sign == "<>" };
                match *sign {
                    "=" => order == Ordering::Equal,
                    "<>" => order != Ordering::Equal,
                    "<" => order == Ordering::Less,
                    "<=" => order != Ordering::Greater,
                    ">" => order == Ordering::Greater,
                    _ => order != Ordering::Less,
                }
            }
        }
    }
}

/// Reads a criterion's text as a value of the other one's type.
fn read_as(text: &str, other: &Value) -> Option<Value> {
    match other {
        Value::Number(_) => Decimal::from_str(text).ok().map(Value::Number),
        Value::Date(_) => NaiveDate::from_str(text).ok().map(Value::Date),
        Value::Boolean(_) => match text.to_ascii_uppercase().as_str() {
            "TRUE" => Some(Value::Boolean(true)),
            "FALSE" => Some(Value::Boolean(false)),
            _ => None,
        },
        Value::Text(_) => Some(Value::text(text)),
        Value::Duration(_) => crate::time::duration_micros(text).map(Value::Duration),
        Value::DateTime(_) => text.parse().ok().map(Value::DateTime),
        _ => None,
    }
}

/// Whether a text is like a pattern: `*` stands for any characters, `?` for one, `~` takes their meaning away.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    #[derive(PartialEq)]
    enum Part {
        One,
        Many,
        Just(char),
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Many,
            '?' => Part::One,
            '~' => Part::Just(chars.next().unwrap_or('~')),
            c => Part::Just(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // the last star is enough to go back to
    let (mut t, mut p, mut star) = (0, 0, None);
    while t < text.len() {
        let fits = match (parts.get(p), text.get(t)) {
            (Some(Part::Just(c)), Some(d)) => c == d,
            (Some(Part::One), _) => true,
            _ => false,
        };
        if fits {
            t += 1;
            p += 1;
        } else if parts.get(p) == Some(&Part::Many) {
            star = Some((p, t));
            p += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, t));
        } else {
            return false;
        }
    }
    parts.iter().skip(p).all(|part| *part == Part::Many)
}

/// Values of one type in order, blanks last. Used by SORT.
pub(super) fn in_order(values: &mut [Value]) {
    values.sort_by(|a, b| match (a.is_blank(), b.is_blank()) {
        (true, true) => Ordering::Equal,
        (true, false) => Ordering::Greater,
        (false, true) => Ordering::Less,
        _ => a.order(b).unwrap_or(Ordering::Equal),
    });
}
