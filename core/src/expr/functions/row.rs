//! Functions for formulas in the rows of a child table, which look at the rows beside their own.

use super::{Family, Function, Gives, Kind, Uses, may, needs};
use crate::expr::eval::Call;
use crate::expr::operator::{Trouble, divide};
use crate::expr::types::NUMBER;
use crate::expr::value::Value;
use rust_decimal::{Decimal, RoundingStrategy};

const USES: Uses = Uses { rows: true, ..Uses::NONE };

pub(super) static TABLE: &[Function] = &[
    Function::new("ROW", Family::Row, Gives::Number, |call| call.row().map(|r| Value::number(r.index + 1)))
        .uses(USES)
        .says("The number of the row, counted from 1.", "行号，从 1 开始。")
        .shows(&[("ROW()", "2")]),
    Function::new("SUM_BEFORE", Family::Row, Gives::Number, sum_before)
        .takes(&[needs("number", Kind::One(NUMBER))])
        .uses(USES)
        .says("The sum over the rows above this one; for a running sum add the row's own.", "以上各行之和；加上本行即为累计。")
        .shows(&[("SUM_BEFORE(amount)", "0.1"), ("SUM_BEFORE(amount) + amount", "0.3")]),
    Function::new("ALLOCATE", Family::Row, Gives::Number, allocate)
        .takes(&[needs("total", Kind::One(NUMBER)), needs("weight", Kind::One(NUMBER)), may("digits", Kind::One(NUMBER))])
        .uses(USES)
        .says(
            "This row's share of a total by weight, rounded to so many decimals (2 unless told); the last row takes the rest, so that the shares add up exactly.",
            "按权重把总额分摊到各行，保留指定小数位（默认 2 位）；最后一行取余额，合计与总额完全相等。",
        )
        .shows(&[("ALLOCATE(100, qty)", "16.67"), ("ALLOCATE(100, qty, 0)", "17")]),
];

fn number_in(call: &mut Call, row: usize, i: usize) -> Option<Decimal> {
    match call.value_in(row, i) {
        Value::Number(n) => Some(n),
        _ => None,
    }
}

fn sum_before(call: &mut Call) -> Option<Value> {
    let own = call.row()?.index;
    let mut sum = Some(Decimal::ZERO);
    for row in 0..own {
        if let Some(n) = number_in(call, row, 0) {
            sum = sum.and_then(|s| s.checked_add(n));
        }
    }
    call.settle(sum.ok_or(Trouble::Overflow))
}

fn allocate(call: &mut Call) -> Option<Value> {
    let (place, total) = (call.row()?, call.number(0)?);
    let digits = call.whole_or(2, 2)?;
    let Some(digits) = u32::try_from(digits).ok().filter(|d| *d <= 28) else { return call.refuse(digits.to_string()) };
    let weights: Vec<Decimal> = (0..place.count).map(|row| number_in(call, row, 1).unwrap_or_default()).collect();
    let shares = || {
        let whole = super::aggregate::sum(&weights)?;
        let share = |weight: &Decimal| {
            let part = total.checked_mul(*weight).ok_or(Trouble::Overflow)?;
            Ok(divide(part, whole)?.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero))
        };
        if place.index + 1 < place.count {
            return weights.get(place.index).map_or(Err(Trouble::Empty), share);
        }
        weights
            .iter()
            .take(place.index)
            .try_fold(total, |rest, weight| rest.checked_sub(share(weight)?).ok_or(Trouble::Overflow))
    };
    let result = shares();
    call.settle(result)
}
