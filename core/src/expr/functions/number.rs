//! Numbers: rounding, remainders, powers.

use super::{Family, Function, Gives, Kind, may, needs};
use crate::expr::eval::Call;
use crate::expr::math;
use crate::expr::operator::{Trouble, divide};
use crate::expr::types::NUMBER;
use crate::expr::value::Value;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

const fn number(name: &'static str, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Number, Gives::Number, evaluate).takes(ONE)
}

const ONE: &[super::Param] = &[needs("number", Kind::One(NUMBER))];
const ROUNDING: &[super::Param] = &[needs("number", Kind::One(NUMBER)), may("digits", Kind::One(NUMBER))];
const MULTIPLE: &[super::Param] = &[needs("number", Kind::One(NUMBER)), may("multiple", Kind::One(NUMBER))];
const DIVISION: &[super::Param] = &[needs("number", Kind::One(NUMBER)), needs("divisor", Kind::One(NUMBER))];

pub(super) static TABLE: &[Function] = &[
    number("ROUND", |call| round(call, RoundingStrategy::MidpointAwayFromZero))
        .takes(ROUNDING)
        .says(
            "Rounds to so many decimals, half away from zero; negative digits round tens and hundreds.",
            "四舍五入到指定小数位（.5 远离零进位）；位数为负时按十、百取整。",
        )
        .shows(&[("ROUND(2.345, 2)", "2.35"), ("ROUND(-2.5)", "-3"), ("ROUND(1250, -2)", "1300")]),
    number("ROUND_EVEN", |call| round(call, RoundingStrategy::MidpointNearestEven))
        .takes(ROUNDING)
        .says("Rounds half to the even neighbour.", "银行家舍入：.5 向偶数取整。")
        .shows(&[("ROUND_EVEN(2.345, 2)", "2.34"), ("ROUND_EVEN(3.5, 0)", "4")]),
    number("ROUNDUP", |call| round(call, RoundingStrategy::AwayFromZero))
        .takes(ROUNDING)
        .says("Rounds away from zero.", "向远离零的方向舍入。")
        .shows(&[("ROUNDUP(2.001, 0)", "3"), ("ROUNDUP(-2.301, 1)", "-2.4")]),
    number("ROUNDDOWN", |call| round(call, RoundingStrategy::ToZero))
        .takes(ROUNDING)
        .says("Rounds toward zero.", "向零的方向舍入。")
        .shows(&[("ROUNDDOWN(2.999, 0)", "2"), ("ROUNDDOWN(-2.999, 1)", "-2.9")]),
    number("TRUNC", |call| round(call, RoundingStrategy::ToZero))
        .takes(ROUNDING)
        .says("Cuts decimals off.", "截去小数。")
        .shows(&[("TRUNC(-8.9)", "-8"), ("TRUNC(3.14159, 2)", "3.14")]),
    number("INT", |call| call.number(0).map(|n| Value::Number(n.floor())))
        .says("The next whole number below.", "向下取整。")
        .shows(&[("INT(8.9)", "8"), ("INT(-8.9)", "-9")]),
    number("ABS", |call| call.number(0).map(|n| Value::Number(n.abs())))
        .says("The number without its sign.", "绝对值。")
        .shows(&[("ABS(-2.5)", "2.5")]),
    number("SIGN", sign).says("1, 0 or -1.", "符号：1、0 或 -1。").shows(&[("SIGN(-2.5)", "-1"), ("SIGN(0)", "0")]),
    number("MOD", modulo)
        .takes(DIVISION)
        .says("The remainder of a division, with the divisor's sign.", "除法的余数，符号与除数相同。")
        .shows(&[("MOD(7, 3)", "1"), ("MOD(-7, 3)", "2"), ("MOD(7, 0)", "")]),
    number("QUOTIENT", quotient)
        .takes(DIVISION)
        .says("The whole part of a division.", "除法的整数部分。")
        .shows(&[("QUOTIENT(7, 3)", "2"), ("QUOTIENT(-7, 3)", "-2")]),
    number("POWER", power)
        .takes(&[needs("number", Kind::One(NUMBER)), needs("exponent", Kind::One(NUMBER))])
        .says(
            "A power. Whole exponents are exact; others are good to 20 digits.",
            "乘幂。整数指数精确计算，其他指数约 20 位有效数字。",
        )
        .shows(&[("POWER(1.1, 3)", "1.331"), ("POWER(8, 1 / 3)", "2")]),
    number("SQRT", |call| {
        let n = call.number(0)?;
        call.settle(math::square_root(n))
    })
    .says("The square root; of a negative number empty.", "平方根；负数的结果为空。")
    .shows(&[("SQRT(2.25)", "1.5"), ("SQRT(-1)", "")]),
    number("EXP", |call| {
        let n = call.number(0)?;
        call.settle(math::exp(n).map(math::settle))
    })
    .says("e to a power.", "e 的乘幂。")
    .shows(&[("ROUND(EXP(1), 10)", "2.7182818285")]),
    number("LN", |call| {
        let n = call.number(0)?;
        call.settle(math::ln(n).map(math::settle))
    })
    .says("The natural logarithm.", "自然对数。")
    .shows(&[("LN(1)", "0"), ("ROUND(LN(10), 10)", "2.302585093")]),
    number("LOG", |call| {
        let (n, base) = (call.number(0)?, call.number_or(1, 10)?);
        call.settle(logarithm(n, base))
    })
    .takes(&[needs("number", Kind::One(NUMBER)), may("base", Kind::One(NUMBER))])
    .says("The logarithm; to base 10 unless another is given.", "对数；默认以 10 为底。")
    .shows(&[("LOG(1000)", "3"), ("LOG(8, 2)", "3")]),
    number("CEILING", |call| to_multiple(call, Toward::Up))
        .takes(MULTIPLE)
        .says("The next multiple above; of 1 unless another is given.", "向上取到最近的倍数；默认为 1 的倍数。")
        .shows(&[("CEILING(2.1)", "3"), ("CEILING(22, 5)", "25"), ("CEILING(-2.5, 2)", "-2")]),
    number("FLOOR", |call| to_multiple(call, Toward::Down))
        .takes(MULTIPLE)
        .says("The next multiple below; of 1 unless another is given.", "向下取到最近的倍数；默认为 1 的倍数。")
        .shows(&[("FLOOR(2.9)", "2"), ("FLOOR(22, 5)", "20"), ("FLOOR(-2.5, 2)", "-4")]),
    number("MROUND", |call| to_multiple(call, Toward::Nearest))
        .takes(MULTIPLE)
        .says("The nearest multiple, half away from zero.", "取最近的倍数，居中时远离零。")
        .shows(&[("MROUND(23, 5)", "25"), ("MROUND(1.3, 0.2)", "1.4")]),
    number("EVEN", |call| parity(call, Decimal::ZERO))
        .says("The next even number away from zero.", "向远离零的方向取偶数。")
        .shows(&[("EVEN(1.5)", "2"), ("EVEN(-3)", "-4")]),
    number("ODD", |call| parity(call, Decimal::ONE))
        .says("The next odd number away from zero.", "向远离零的方向取奇数。")
        .shows(&[("ODD(1.5)", "3"), ("ODD(-2)", "-3")]),
    number("GCD", |call| divisor(call, false))
        .takes(DIVISION)
        .says("The greatest common divisor of two whole numbers.", "两个整数的最大公约数。")
        .shows(&[("GCD(24, 36)", "12")]),
    number("LCM", |call| divisor(call, true))
        .takes(DIVISION)
        .says("The least common multiple of two whole numbers.", "两个整数的最小公倍数。")
        .shows(&[("LCM(4, 6)", "12")]),
    number("FACT", factorial)
        .says("The product of the whole numbers up to this one.", "阶乘。")
        .shows(&[("FACT(5)", "120"), ("FACT(0)", "1")]),
    number("PI", |_| Some(Value::Number(Decimal::from_parts(0x41B6_5F29, 0x0B14_3885, 0x6582_A536, false, 28))))
        .takes(&[])
        .says("The number pi.", "圆周率。")
        .shows(&[("ROUND(PI(), 4)", "3.1416")]),
];

enum Toward {
    Up,
    Down,
    Nearest,
}

fn round(call: &mut Call, strategy: RoundingStrategy) -> Option<Value> {
    let (n, digits) = (call.number(0)?, call.whole_or(1, 0)?);
    call.settle(math::round_at(n, digits, strategy))
}

fn sign(call: &mut Call) -> Option<Value> {
    let n = call.number(0)?;
    Some(Value::number(if n.is_zero() {
        0
    } else if n < Decimal::ZERO {
        -1
    } else {
        1
    }))
}

fn modulo(call: &mut Call) -> Option<Value> {
    let (n, divisor) = (call.number(0)?, call.number(1)?);
    let result = if divisor.is_zero() {
        Err(Trouble::DivisionByZero)
    } else {
        n.checked_rem(divisor)
            .and_then(|rest| {
                let turned = !rest.is_zero() && (rest < Decimal::ZERO) != (divisor < Decimal::ZERO);
                if turned { rest.checked_add(divisor) } else { Some(rest) }
            })
            .ok_or(Trouble::Overflow)
    };
    call.settle(result)
}

fn quotient(call: &mut Call) -> Option<Value> {
    let (n, divisor) = (call.number(0)?, call.number(1)?);
    call.settle(divide(n, divisor).map(|q| q.trunc()))
}

fn power(call: &mut Call) -> Option<Value> {
    let (n, exponent) = (call.number(0)?, call.number(1)?);
    call.settle(math::power(n, exponent))
}

fn logarithm(n: Decimal, base: Decimal) -> Result<Decimal, Trouble> {
    Ok(math::settle(divide(math::ln(n)?, math::ln(base)?)?))
}

fn to_multiple(call: &mut Call, toward: Toward) -> Option<Value> {
    let (n, multiple) = (call.number(0)?, call.number_or(1, 1)?.abs());
    let result = match toward {
        Toward::Down => math::floor_to(n, multiple),
        Toward::Up => math::floor_to(-n, multiple).map(|m| -m),
        Toward::Nearest => {
            let half = multiple / Decimal::TWO;
            n.abs()
                .checked_add(half)
                .ok_or(Trouble::Overflow)
                .and_then(|up| math::floor_to(up, multiple))
                .map(|m| if n < Decimal::ZERO { -m } else { m })
        }
    };
    call.settle(result)
}

fn parity(call: &mut Call, wanted: Decimal) -> Option<Value> {
    let n = call.number(0)?;
    let size = n.abs().ceil();
    let fits = size.checked_rem(Decimal::TWO) == Some(wanted);
    let size = if fits { Some(size) } else { size.checked_add(Decimal::ONE) };
    call.settle(size.map(|s| if n < Decimal::ZERO { -s } else { s }).ok_or(Trouble::Overflow))
}

fn divisor(call: &mut Call, multiple: bool) -> Option<Value> {
    let (a, b) = (call.whole(0)?, call.whole(1)?);
    let (mut x, mut y) = (i128::from(a).abs(), i128::from(b).abs());
    while y != 0 {
        (x, y) = (y, x % y);
    }
    let result = match (multiple, x) {
        (false, x) => Some(x),
        (true, 0) => Some(0),
        (true, x) => i128::from(a).checked_mul(i128::from(b)).map(|p| p.abs() / x),
    };
    let result = result.and_then(|r| Decimal::try_from_i128_with_scale(r, 0).ok());
    call.settle(result.ok_or(Trouble::Overflow))
}

fn factorial(call: &mut Call) -> Option<Value> {
    let n = call.number(0)?.trunc();
    let Some(n) = n.to_u32() else { return call.refuse(n.to_string()) };
    // 27! is the last that can be kept
    let product = if n > 27 {
        None
    } else {
        (1..=n).try_fold(Decimal::ONE, |product, factor| product.checked_mul(Decimal::from(factor)))
    };
    call.settle(product.ok_or(Trouble::Overflow))
}
