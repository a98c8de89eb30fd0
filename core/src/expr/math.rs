//! Exact and nearly exact mathematics on decimals: rounding at any place, powers, roots, logarithms. No floating point.

use super::operator::Trouble;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// ln 2 to 28 digits.
fn ln_2() -> Decimal {
    Decimal::from_parts(0xAA7A_65BF, 0x81F5_2F01, 0x1665_943F, false, 28)
}

/// Rounds at a decimal place; a negative place rounds whole tens, hundreds and so on.
pub fn round_at(number: Decimal, place: i64, strategy: RoundingStrategy) -> Result<Decimal, Trouble> {
    match u32::try_from(place) {
        Ok(place) => Ok(number.round_dp_with_strategy(place.min(28), strategy)),
        Err(_) => {
            let Some(unit) = ten_to(place.unsigned_abs()) else { return Ok(Decimal::ZERO) };
            let units = number.checked_div(unit).ok_or(Trouble::Overflow)?.round_dp_with_strategy(0, strategy);
            units.checked_mul(unit).ok_or(Trouble::Overflow)
        }
    }
}

fn ten_to(exponent: u64) -> Option<Decimal> {
    let exponent = u32::try_from(exponent).ok().filter(|e| *e <= 28)?;
    Decimal::try_from_i128_with_scale(10_i128.checked_pow(exponent)?, 0).ok()
}

/// The largest multiple of `unit` that is not above the number.
pub fn floor_to(number: Decimal, unit: Decimal) -> Result<Decimal, Trouble> {
    if unit.is_zero() {
        return Err(Trouble::DivisionByZero);
    }
    let unit = unit.abs();
    let over = number.checked_rem(unit).ok_or(Trouble::Overflow)?;
    let toward_zero = number.checked_sub(over).ok_or(Trouble::Overflow)?;
    if over < Decimal::ZERO { toward_zero.checked_sub(unit).ok_or(Trouble::Overflow) } else { Ok(toward_zero) }
}

/// A power. Whole exponents multiply exactly; others go through logarithms and are good to about 20 digits.
pub fn power(base: Decimal, exponent: Decimal) -> Result<Decimal, Trouble> {
    if exponent.is_integer() {
        let times = exponent.abs().to_u64().ok_or(Trouble::Overflow)?;
        if base.is_zero() && exponent < Decimal::ZERO {
            return Err(Trouble::DivisionByZero);
        }
        let up = whole_power(base, times);
        return if exponent < Decimal::ZERO {
            match up {
                Ok(up) if !up.is_zero() => Decimal::ONE.checked_div(up).ok_or(Trouble::Overflow),
                // too large to keep, so that its reciprocal is nothing
                Err(Trouble::Overflow) => Ok(Decimal::ZERO),
                _ => Err(Trouble::Overflow),
            }
        } else {
            up
        };
    }
    if base.is_zero() {
        return if exponent > Decimal::ZERO { Ok(Decimal::ZERO) } else { Err(Trouble::DivisionByZero) };
    }
    if base < Decimal::ZERO {
        return Err(Trouble::Overflow);
    }
    if exponent == Decimal::new(5, 1) {
        return square_root(base);
    }
    let logarithm = ln(base)?.checked_mul(exponent).ok_or(Trouble::Overflow)?;
    Ok(settle(exp(logarithm)?))
}

fn whole_power(base: Decimal, mut times: u64) -> Result<Decimal, Trouble> {
    let mut out = Decimal::ONE;
    let mut factor = base;
    while times > 0 {
        if times & 1 == 1 {
            out = out.checked_mul(factor).ok_or(Trouble::Overflow)?;
        }
        times >>= 1;
        if times > 0 {
            factor = factor.checked_mul(factor).ok_or(Trouble::Overflow)?;
            if factor.is_zero() || factor == Decimal::ONE {
                return Ok(if factor.is_zero() { Decimal::ZERO } else { out });
            }
        }
    }
    Ok(out)
}

/// The square root, by Newton's method; exact squares give exact roots.
pub fn square_root(number: Decimal) -> Result<Decimal, Trouble> {
    if number < Decimal::ZERO {
        return Err(Trouble::Overflow);
    }
    if number.is_zero() {
        return Ok(Decimal::ZERO);
    }
    let two = Decimal::TWO;
    let mut root = if number > Decimal::ONE { number / two + Decimal::new(5, 1) } else { Decimal::ONE };
    for _ in 0..200 {
        let next = number
            .checked_div(root)
            .and_then(|q| q.checked_add(root))
            .and_then(|s| s.checked_div(two))
            .ok_or(Trouble::Overflow)?;
        if (next - root).abs() <= Decimal::new(1, 27) {
            root = next;
            break;
        }
        root = next;
    }
    let rounded = settle(root);
    Ok(if rounded.checked_mul(rounded) == Some(number) { rounded } else { root })
}

/// The natural logarithm of a positive number.
pub fn ln(number: Decimal) -> Result<Decimal, Trouble> {
    if number <= Decimal::ZERO {
        return Err(Trouble::Overflow);
    }
    let (mut mantissa, mut halvings) = (number, 0_i64);
    while mantissa > Decimal::new(15, 1) {
        mantissa /= Decimal::TWO;
        halvings += 1;
    }
    while mantissa < Decimal::new(75, 2) {
        mantissa *= Decimal::TWO;
        halvings -= 1;
    }
    // ln m = 2 artanh((m-1)/(m+1))
    let ratio = (mantissa - Decimal::ONE) / (mantissa + Decimal::ONE);
    let square = ratio * ratio;
    let (mut sum, mut term) = (Decimal::ZERO, ratio);
    for n in (1_i64..200).step_by(2) {
        let part = term / Decimal::from(n);
        sum += part;
        term *= square;
        if part.is_zero() {
            break;
        }
    }
    Ok(sum * Decimal::TWO + ln_2() * Decimal::from(halvings))
}

/// e to a power.
pub fn exp(exponent: Decimal) -> Result<Decimal, Trouble> {
    if exponent.abs() > Decimal::from(70) {
        return if exponent < Decimal::ZERO { Ok(Decimal::ZERO) } else { Err(Trouble::Overflow) };
    }
    let doublings = (exponent / ln_2()).round();
    let rest = exponent - doublings * ln_2();
    let (mut sum, mut term) = (Decimal::ONE, Decimal::ONE);
    for n in 1_i64..60 {
        term = term * rest / Decimal::from(n);
        sum += term;
        if term.is_zero() {
            break;
        }
    }
    let times = doublings.abs().to_u64().ok_or(Trouble::Overflow)?;
    let scale = whole_power(Decimal::TWO, times)?;
    if doublings < Decimal::ZERO {
        sum.checked_div(scale).ok_or(Trouble::Overflow)
    } else {
        sum.checked_mul(scale).ok_or(Trouble::Overflow)
    }
}

/// Keeps 22 digits, which the series are good for: 8^(1/3) is then 2.
pub fn settle(number: Decimal) -> Decimal {
    number.round_sf_with_strategy(22, RoundingStrategy::MidpointAwayFromZero).unwrap_or(number).normalize()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::str::FromStr;

    fn d(text: &str) -> Decimal {
        Decimal::from_str(text).unwrap()
    }

    #[test]
    fn the_constant_is_the_logarithm_of_two() {
        assert_eq!(ln_2(), d("0.6931471805599453094172321215"));
    }

    #[test]
    fn roots_of_squares_are_exact_and_others_near() {
        for n in ["4", "2.25", "0.0001", "1000000", "152399025"] {
            let root = square_root(d(n)).unwrap();
            assert_eq!(root * root, d(n), "{n}");
        }
        assert_eq!(square_root(d("2")).unwrap().round_dp(25), d("1.4142135623730950488016887"));
    }

    #[test]
    fn powers_and_logarithms_agree_with_known_digits() {
        assert_eq!(power(d("8"), d("1") / d("3")).unwrap(), d("2"));
        assert_eq!(ln(d("10")).unwrap().round_dp(24), d("2.302585092994045684017991"));
        assert_eq!(exp(d("1")).unwrap().round_dp(24), d("2.718281828459045235360287"));
        assert_eq!(power(d("1.01"), d("-1")).unwrap().round_dp(10), d("0.9900990099"));
        assert_eq!(power(d("10"), d("40")), Err(Trouble::Overflow));
    }

    #[test]
    fn rounding_works_on_both_sides_of_the_point() {
        let half = RoundingStrategy::MidpointAwayFromZero;
        assert_eq!(round_at(d("1250"), -2, half).unwrap(), d("1300"));
        assert_eq!(round_at(d("-2.345"), 2, half).unwrap(), d("-2.35"));
        assert_eq!(round_at(d("5"), -40, half).unwrap(), d("0"));
        assert_eq!(floor_to(d("-2.5"), d("2")).unwrap(), d("-4"));
        assert_eq!(floor_to(d("0.49"), d("0.07")).unwrap(), d("0.49"));
    }
}
