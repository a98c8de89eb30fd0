//! Laws that hold for every expression.

use super::generate::{Choices, SCALARS, expression, tree};
use super::sample::{Sample, SampleNames, day, moment, number, show};
use crate::expr::parse::parse;
use crate::expr::{Expression, Value};
use proptest::prelude::*;
use rust_decimal::{Decimal, RoundingStrategy};

fn compute_with(source: &str, values: &[(&str, Decimal)]) -> Value {
    let mut sample = Sample::new();
    for (name, value) in values {
        sample = sample.with(name, Value::Number(*value));
    }
    sample.eval(&Expression::compile(source, &SampleNames).unwrap()).0
}

fn random_sample(c: &mut Choices) -> Sample {
    let mut sample = Sample::new();
    let names: Vec<String> = sample.values.keys().cloned().collect();
    for name in names {
        let old = sample.values.get(&name).cloned().unwrap_or_default();
        let scalar = |c: &mut Choices, old: &Value| match (c.below(3), old) {
            (0, _) => Value::Empty,
            (_, Value::Number(_)) => number(c.pick(&["0", "-1", "2.5", "-0.005", "123456789012345678", "0.000000001"])),
            (_, Value::Text(_)) => Value::text(c.pick(&["", "  ", "a", "Ä中", "12", "2026-01-01", "new"])),
            (_, Value::Boolean(_)) => Value::Boolean(c.below(2) == 0),
            (_, Value::Date(_)) => day(c.pick(&["0001-01-01", "9999-12-31", "2024-02-29", "2026-11-21"])),
            (_, Value::DateTime(_)) => {
                Value::DateTime(moment(c.pick(&["0002-01-01 00:00", "2026-11-20 12:30", "9998-12-31 23:59"])))
            }
            (_, Value::Duration(_)) => Value::Duration(c.pick(&[0, -1, 5_400_000_000, i64::MAX, i64::MIN])),
            (_, Value::Time(_)) => Value::Time(c.pick(&[0, 30_600_000_000, 86_399_999_999])),
            _ => old.clone(),
        };
        let new = match &old {
            Value::List(l) => {
                let count = c.below(4);
                let one = l.first().cloned().unwrap_or_default();
                Value::list((0..count).map(|_| scalar(c, &one)).collect::<Vec<_>>())
            }
            one => scalar(c, one),
        };
        sample.values.insert(name, new);
    }
    sample
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_back_the_same(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let tree = tree(&mut Choices::new(&bytes), 5);
        let printed = tree.to_string();
        let read = parse(&printed).map_err(|f| TestCaseError::fail(format!("{printed}: {f:?}")))?;
        prop_assert_eq!(read.clone().without_spans(), tree);
        prop_assert_eq!(read.to_string(), printed);
    }

    #[test]
    fn a_checked_expression_gives_its_type_or_empty_for_every_record(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut c = Choices::new(&bytes);
        let ty = c.pick(&SCALARS);
        let source = expression(&ty, &mut c, 3);
        if let Ok(checked) = Expression::compile(&source, &SampleNames) {
            for _ in 0..3 {
                let (value, _) = random_sample(&mut c).eval(&checked);
                prop_assert!(value.is_of(checked.result_type()), "{} gave {:?}, expected {}", source, value, checked.result_type());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused_but_never_breaks(source in "[ -~×（），“”0-9a-z.\"]{0,60}") {
        if let Ok(tree) = parse(&source) {
            prop_assert_eq!(parse(&tree.to_string()).map(|t| t.without_spans()), Ok(tree.without_spans()));
        }
        let _ = Expression::compile(&source, &SampleNames);
    }

    #[test]
    fn arithmetic_agrees_with_whole_numbers(a in -10_i64.pow(9)..10_i64.pow(9), b in -10_i64.pow(9)..10_i64.pow(9), sa in 0_u32..5, sb in 0_u32..5) {
        let (x, y) = (Decimal::new(a, sa), Decimal::new(b, sb));
        let (wa, wb) = (i128::from(a) * 10_i128.pow(4 - sa), i128::from(b) * 10_i128.pow(4 - sb));
        let at = |whole: i128, scale: u32| Value::Number(Decimal::from_i128_with_scale(whole, scale));
        let values = [("a", x), ("b", y)];
        prop_assert_eq!(compute_with("a + b", &values), at(wa + wb, 4));
        prop_assert_eq!(compute_with("a - b", &values), at(wa - wb, 4));
        prop_assert_eq!(compute_with("a * b", &values), at(wa * wb, 8));
        prop_assert_eq!(compute_with("a - b = -(b - a)", &values), Value::Boolean(true));
        prop_assert_eq!(compute_with("(a + b) * 2 = a * 2 + b * 2", &values), Value::Boolean(true));
        prop_assert_eq!(compute_with("a < b", &values), Value::Boolean(wa < wb));
        if b != 0 {
            prop_assert_eq!(compute_with("ROUND(a / b * b, 8) = a", &values), Value::Boolean(true));
            prop_assert_eq!(compute_with("FLOOR(a, b) <= a", &values), Value::Boolean(true));
            prop_assert_eq!(compute_with("ABS(MOD(a, b)) < ABS(b)", &values), Value::Boolean(true));
            prop_assert_eq!(compute_with("MOD(a, b)", &values), at(wa.rem_euclid(wb.abs()) + if wb < 0 && wa.rem_euclid(wb.abs()) != 0 { wb } else { 0 }, 4));
        }
    }

    #[test]
    fn rounding_goes_to_the_nearest_and_halves_away_from_zero(a in -10_i64.pow(15)..10_i64.pow(15), scale in 0_u32..9, digits in 0_u32..9) {
        let x = Decimal::new(a, scale);
        let rounded = compute_with(&format!("ROUND(a, {digits})"), &[("a", x)]);
        prop_assert_eq!(&rounded, &Value::Number(x.round_dp_with_strategy(digits, RoundingStrategy::MidpointAwayFromZero)));
        let Value::Number(r) = rounded else { return Err(TestCaseError::fail("no number")) };
        let half = Decimal::new(5, digits + 1);
        prop_assert!((r - x).abs() <= half);
        prop_assert!((r - x).abs() < half || r.abs() > x.abs());
        prop_assert_eq!(compute_with(&format!("ROUND(ROUND(a, {digits}), {digits}) = ROUND(a, {digits})"), &[("a", x)]), Value::Boolean(true));
    }

    #[test]
    fn shares_add_up_to_the_total(total in 0_i64..10_i64.pow(9), weights in proptest::collection::vec(1_i64..1000, 3)) {
        // the sample has three rows; each one's share is asked for as if it were computed there
        let list = Value::list(weights.iter().map(|w| Value::number(*w)));
        let sample = Sample::new().with("lines.qty", list).with("a", Value::Number(Decimal::new(total, 2)));
        let share = sample.eval(&Expression::compile("ALLOCATE(a, qty)", &SampleNames).unwrap()).0;
        let whole: i64 = weights.iter().sum();
        let want = (Decimal::new(total, 2) * Decimal::from(weights[1]) / Decimal::from(whole)).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
        prop_assert_eq!(share, Value::Number(want));
    }
}

#[test]
fn most_generated_expressions_are_accepted_and_all_functions_come_up() {
    use rand_like::Bytes;
    let (mut accepted, mut seen) = (0, std::collections::HashSet::new());
    let total = 4000;
    for seed in 0..total {
        let bytes = Bytes::new(seed).take(300);
        let mut c = Choices::new(&bytes);
        let ty = c.pick(&SCALARS);
        let source = expression(&ty, &mut c, 3);
        if let Ok(checked) = Expression::compile(&source, &SampleNames) {
            accepted += 1;
            checked.tree().walk(&mut |e| {
                if let crate::expr::ast::ExprKind::Call { name, .. } = &e.kind {
                    seen.insert(name.clone());
                }
            });
            let value = random_sample(&mut c).eval(&checked).0;
            assert!(value.is_of(checked.result_type()), "{source}: {}", show(&value));
        }
    }
    let missing: Vec<&str> = crate::expr::functions::all().map(|f| f.name).filter(|n| !seen.contains(*n)).collect();
    assert!(accepted * 2 > total, "{accepted} of {total}");
    assert!(missing.len() <= 12, "{missing:?}");
}

/// Bytes from a seed, the same each time.
mod rand_like {
    pub struct Bytes(u64);

    impl Bytes {
        pub fn new(seed: u64) -> Bytes {
            Bytes(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D)
        }

        pub fn take(mut self, count: usize) -> Vec<u8> {
            (0..count)
                .map(|_| {
                    self.0 ^= self.0 << 13;
                    self.0 ^= self.0 >> 7;
                    self.0 ^= self.0 << 17;
                    self.0.to_le_bytes()[4]
                })
                .collect()
        }
    }
}
