//! Interest, payments, depreciation. As in spreadsheets, what is paid is negative and what is received positive.

use super::{Family, Function, Gives, Kind, may, needs};
use crate::expr::eval::Call;
use crate::expr::math;
use crate::expr::operator::{Trouble, divide};
use crate::expr::types::NUMBER;
use crate::expr::value::Value;
use rust_decimal::Decimal;

const fn finance(name: &'static str, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Finance, Gives::Number, evaluate)
}

const fn n(name: &'static str) -> super::Param {
    needs(name, Kind::One(NUMBER))
}

const fn o(name: &'static str) -> super::Param {
    may(name, Kind::One(NUMBER))
}

const SPLIT: &[super::Param] = &[n("rate"), n("period"), n("periods"), n("present"), o("future"), o("at_start")];
const FLOWS: &[super::Param] = &[needs("rate", Kind::One(NUMBER)), needs("flows", Kind::Any(NUMBER))];

pub(super) static TABLE: &[Function] = &[
    finance("PMT", |call| {
        let terms = Terms { rate: call.number(0)?, periods: call.number(1)?, ..Terms::rest(call, 2, 3, 4)? };
        call.settle(terms.payment())
    })
    .takes(&[n("rate"), n("periods"), n("present"), o("future"), o("at_start")])
    .says("The payment of each period that pays a loan off.", "等额分期的每期付款额。")
    .shows(&[("ROUND(PMT(0.01, 12, 10000), 2)", "-888.49"), ("PMT(0, 10, 1000)", "-100")]),
    finance("PV", |call| {
        let (rate, periods, payment) = (call.number(0)?, call.number(1)?, call.number(2)?);
        let (future, start) = (call.number_or(3, 0)?, call.number_or(4, 0)?);
        call.settle(present_value(rate, periods, payment, future, !start.is_zero()))
    })
    .takes(&[n("rate"), n("periods"), n("payment"), o("future"), o("at_start")])
    .says("What a series of equal payments is worth today.", "等额付款的现值。")
    .shows(&[("ROUND(PV(0.01, 12, -888.49), 2)", "10000.02")]),
    finance("FV", |call| {
        let (rate, periods, payment) = (call.number(0)?, call.number(1)?, call.number(2)?);
        let (present, start) = (call.number_or(3, 0)?, call.number_or(4, 0)?);
        call.settle(future_value(rate, periods, payment, present, !start.is_zero()))
    })
    .takes(&[n("rate"), n("periods"), n("payment"), o("present"), o("at_start")])
    .says("What a series of equal payments is worth at its end.", "等额付款的终值。")
    .shows(&[("ROUND(FV(0.01, 12, -100), 2)", "1268.25")]),
    finance("NPER", |call| {
        let (rate, payment, present, future) =
            (call.number(0)?, call.number(1)?, call.number(2)?, call.number_or(3, 0)?);
        call.settle(period_count(rate, payment, present, future))
    })
    .takes(&[n("rate"), n("payment"), n("present"), o("future")])
    .says("How many periods it takes to pay a loan off.", "还清贷款所需的期数。")
    .shows(&[("ROUND(NPER(0.01, -888.49, 10000), 2)", "12")]),
    finance("RATE", |call| {
        let (periods, payment, present, future) =
            (call.number(0)?, call.number(1)?, call.number(2)?, call.number_or(3, 0)?);
        call.settle(solve(|rate| {
            future_value(rate, periods, payment, present, false)?.checked_add(-future).ok_or(Trouble::Overflow)
        }))
    })
    .takes(&[n("periods"), n("payment"), n("present"), o("future")])
    .says("The interest rate of each period of a loan.", "每期利率。")
    .shows(&[("ROUND(RATE(12, -888.49, 10000), 4)", "0.01")]),
    finance("IPMT", |call| split(call, true))
        .takes(SPLIT)
        .says("The interest within the payment of a period.", "某期付款中的利息。")
        .shows(&[("ROUND(IPMT(0.01, 1, 12, 10000), 2)", "-100")]),
    finance("PPMT", |call| split(call, false))
        .takes(SPLIT)
        .says("The repayment within the payment of a period.", "某期付款中的本金。")
        .shows(&[("ROUND(PPMT(0.01, 1, 12, 10000), 2)", "-788.49")]),
    finance("NPV", |call| {
        let (rate, flows) = (call.number(0)?, call.numbers(1));
        call.settle(net_present_value(rate, &flows, Decimal::ONE))
    })
    .takes(FLOWS)
    .says(
        "What a list of payments is worth one period before the first of them.",
        "一系列现金流的净现值（首笔在第一期末）。",
    )
    .shows(&[("ROUND(NPV(0.1, LIST(-1000, 600, 600)), 2)", "37.57")]),
    finance("IRR", |call| {
        let flows = call.numbers(0);
        let both = flows.iter().any(|f| *f < Decimal::ZERO) && flows.iter().any(|f| *f > Decimal::ZERO);
        if !both {
            return call.settle(Err(Trouble::Overflow));
        }
        call.settle(solve(|rate| net_present_value(rate, &flows, Decimal::ZERO)))
    })
    .takes(&[needs("flows", Kind::List(NUMBER))])
    .says("The rate at which a list of payments is worth nothing today.", "内部收益率。")
    .shows(&[("ROUND(IRR(LIST(-1000, 600, 600)), 4)", "0.1307")]),
    finance("SLN", |call| {
        let (cost, salvage, life) = (call.number(0)?, call.number(1)?, call.number(2)?);
        call.settle(cost.checked_sub(salvage).ok_or(Trouble::Overflow).and_then(|c| divide(c, life)))
    })
    .takes(&[n("cost"), n("salvage"), n("life")])
    .says("Depreciation of a period, the same in each.", "直线法每期折旧。")
    .shows(&[("SLN(10000, 1000, 9)", "1000")]),
    finance("EFFECT", |call| {
        let (nominal, periods) = (call.number(0)?, call.number(1)?.trunc());
        call.settle(divide(nominal, periods).and_then(|part| growth(part, periods)).map(|g| g - Decimal::ONE))
    })
    .takes(&[n("nominal"), n("periods")])
    .says("The effective yearly rate of a nominal one compounded so many times.", "名义年利率对应的实际年利率。")
    .shows(&[("ROUND(EFFECT(0.12, 12), 6)", "0.126825")]),
];

/// A loan: what is paid each period, with what is owed and what is left at the end.
struct Terms {
    rate: Decimal,
    periods: Decimal,
    present: Decimal,
    future: Decimal,
    at_start: bool,
}

impl Terms {
    fn rest(call: &mut Call, present: usize, future: usize, start: usize) -> Option<Terms> {
        Some(Terms {
            rate: Decimal::ZERO,
            periods: Decimal::ONE,
            present: call.number(present)?,
            future: call.number_or(future, 0)?,
            at_start: !call.number_or(start, 0)?.is_zero(),
        })
    }

    fn payment(&self) -> Result<Decimal, Trouble> {
        if self.rate.is_zero() {
            let owed = self.present.checked_add(self.future).ok_or(Trouble::Overflow)?;
            return divide(-owed, self.periods);
        }
        let grown = growth(self.rate, self.periods)?;
        let owed = self.present.checked_mul(grown).and_then(|p| p.checked_add(self.future)).ok_or(Trouble::Overflow)?;
        let weight = series(self.rate, grown, self.at_start)?;
        divide(-owed, weight)
    }
}

fn growth(rate: Decimal, periods: Decimal) -> Result<Decimal, Trouble> {
    math::power(one_more(rate)?, periods)
}

fn one_more(rate: Decimal) -> Result<Decimal, Trouble> {
    Decimal::ONE.checked_add(rate).ok_or(Trouble::Overflow)
}

/// What payments of 1 are worth at the end.
fn series(rate: Decimal, grown: Decimal, at_start: bool) -> Result<Decimal, Trouble> {
    let sum = divide(grown.checked_sub(Decimal::ONE).ok_or(Trouble::Overflow)?, rate)?;
    if at_start { sum.checked_mul(one_more(rate)?).ok_or(Trouble::Overflow) } else { Ok(sum) }
}

fn future_value(
    rate: Decimal,
    periods: Decimal,
    payment: Decimal,
    present: Decimal,
    at_start: bool,
) -> Result<Decimal, Trouble> {
    let total = if rate.is_zero() {
        payment.checked_mul(periods).and_then(|p| p.checked_add(present))
    } else {
        let grown = growth(rate, periods)?;
        let weight = series(rate, grown, at_start)?;
        present.checked_mul(grown).and_then(|p| p.checked_add(payment.checked_mul(weight)?))
    };
    total.map(|t| -t).ok_or(Trouble::Overflow)
}

fn present_value(
    rate: Decimal,
    periods: Decimal,
    payment: Decimal,
    future: Decimal,
    at_start: bool,
) -> Result<Decimal, Trouble> {
    if rate.is_zero() {
        return payment.checked_mul(periods).and_then(|p| p.checked_add(future)).map(|t| -t).ok_or(Trouble::Overflow);
    }
    let grown = growth(rate, periods)?;
    let weight = series(rate, grown, at_start)?;
    let total = payment.checked_mul(weight).and_then(|p| p.checked_add(future)).ok_or(Trouble::Overflow)?;
    divide(-total, grown)
}

fn period_count(rate: Decimal, payment: Decimal, present: Decimal, future: Decimal) -> Result<Decimal, Trouble> {
    if rate.is_zero() {
        return divide(-present.checked_add(future).ok_or(Trouble::Overflow)?, payment);
    }
    let level = divide(payment, rate)?;
    let above = level.checked_sub(future).ok_or(Trouble::Overflow)?;
    let below = level.checked_add(present).ok_or(Trouble::Overflow)?;
    let grown = divide(above, below)?;
    Ok(math::settle(divide(math::ln(grown)?, math::ln(one_more(rate)?)?)?))
}

fn split(call: &mut Call, interest: bool) -> Option<Value> {
    let (rate, period) = (call.number(0)?, call.number(1)?);
    let terms = Terms { rate, periods: call.number(2)?, ..Terms::rest(call, 3, 4, 5)? };
    if period < Decimal::ONE || period > terms.periods {
        return call.refuse(period.to_string());
    }
    let parts = || {
        let payment = terms.payment()?;
        let before = period - Decimal::ONE;
        let owed = future_value(rate, before, payment, terms.present, terms.at_start)?;
        let share = owed.checked_mul(rate).ok_or(Trouble::Overflow)?;
        let share = match (terms.at_start, before.is_zero()) {
            (true, true) => Decimal::ZERO,
            (true, false) => divide(share, one_more(rate)?)?,
            _ => share,
        };
        let part = if interest { Some(share) } else { payment.checked_sub(share) };
        part.ok_or(Trouble::Overflow)
    };
    let result = parts();
    call.settle(result)
}

/// Payments discounted to today, the first of them `first` periods away.
fn net_present_value(rate: Decimal, flows: &[Decimal], first: Decimal) -> Result<Decimal, Trouble> {
    let factor = one_more(rate)?;
    let mut discount = math::power(factor, first)?;
    let mut sum = Decimal::ZERO;
    for flow in flows {
        sum = sum.checked_add(divide(*flow, discount)?).ok_or(Trouble::Overflow)?;
        discount = discount.checked_mul(factor).ok_or(Trouble::Overflow)?;
    }
    Ok(sum)
}

/// A rate at which a value changes its sign, by halving an interval.
fn solve(value: impl Fn(Decimal) -> Result<Decimal, Trouble>) -> Result<Decimal, Trouble> {
    let grid: Vec<Decimal> = [-99_i64, -50, -20, -5, 0, 5, 20, 50, 100, 300, 1000].map(|p| Decimal::new(p, 2)).to_vec();
    let mut found = None;
    for pair in grid.windows(2) {
        let [low, high] = pair else { continue };
        if let (Ok(a), Ok(b)) = (value(*low), value(*high)) {
            if a.is_zero() {
                return Ok(*low);
            }
            if (a < Decimal::ZERO) != (b < Decimal::ZERO) {
                found = Some((*low, *high, a < Decimal::ZERO));
                break;
            }
        }
    }
    let (mut low, mut high, low_negative) = found.ok_or(Trouble::Overflow)?;
    for _ in 0..80 {
        let middle = (low + high) / Decimal::TWO;
        let negative = value(middle)? < Decimal::ZERO;
        if negative == low_negative { low = middle } else { high = middle }
    }
    Ok(math::settle((low + high) / Decimal::TWO).round_dp(16).normalize())
}
