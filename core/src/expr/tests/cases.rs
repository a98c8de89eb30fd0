//! Hand-made cases: expression and value, worked out beside the code.

use super::sample::{Sample, SampleNames, compute, day, number, show};
use crate::error_code as code;
use crate::expr::{ClockUse, Expression, Value};

fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(source, want)| {
            let got = show(&compute(source).0);
            (got != *want).then(|| format!("{source}: {got} instead of {want}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn arithmetic_is_exact_and_binds_as_in_spreadsheets() {
    check(&[
        ("3 + 4 * 5", "23"),
        ("(3 + 4) * 5", "35"),
        ("10 - 4 - 3", "3"),
        ("100 / 5 / 2", "10"),
        ("10 - (4 - 3)", "9"),
        ("-a", "-12.5"),
        ("--a", "12.5"),
        ("a - -c", "9.5"),
        ("2 * -c", "6"),
        ("-2 ^ 2", "4"),
        ("2 ^ 3 ^ 2", "64"),
        ("2 ^ -1", "0.5"),
        ("5%", "0.05"),
        ("200 * 15%", "30"),
        ("a%%", "0.00125"),
        ("0.1 + 0.2", "0.3"),
        ("0.7 + 0.1 - 0.8", "0"),
        ("1 / 3", "0.3333333333333333333333333333"),
        ("1 / 3 * 3", "0.9999999999999999999999999999"),
        ("7 / 8", "0.875"),
        ("123456789.123456789 * 1000000000", "123456789123456789"),
        ("99999999.99 * 99999999.99", "9999999998000000.0001"),
        ("0.000000001 * 0.000000001", "0.000000000000000001"),
        (".5 + 1", "1.5"),
        ("+n", "7"),
        ("\n a // twelve and a half\n /* less */ - n", "5.5"),
    ]);
}

#[test]
fn empty_stays_empty_but_for_conditions_joins_and_totals() {
    check(&[
        ("x + 1", ""),
        ("1 - x", ""),
        ("x * 0", ""),
        ("x / 2", ""),
        ("-x", ""),
        ("x%", ""),
        ("x = x", ""),
        ("x <> 1", ""),
        ("x > 0", ""),
        ("y = \"\"", ""),
        ("t = \" \"", ""),
        ("EMPTY + 1", ""),
        ("IF(x > 0, \"yes\", \"no\")", "no"),
        ("IF(NOT(x > 0), \"yes\", \"no\")", "no"),
        ("COALESCE(x <> 5, TRUE)", "TRUE"),
        ("t & y & 1", "Linyi1"),
        ("y & \"\"", ""),
        ("CONCAT(y, \"/\", t)", "/Linyi"),
        ("SUM(x)", "0"),
        ("SUM(a, x, b)", "12.7"),
        ("AVERAGE(a, x, 7.5)", "10"),
        ("AVERAGE(x)", ""),
        ("MAX(x)", ""),
        ("COUNT(x, a)", "1"),
        ("YEAR(EMPTY)", ""),
        ("ROUND(x, 2)", ""),
        ("LEN(y)", "0"),
        ("AND(x > 1, a > 100)", "FALSE"),
        ("OR(x > 1, a > 100)", ""),
        ("SUM(lines.amount * x)", "0"),
    ]);
}

#[test]
fn division_by_zero_is_empty_and_warned_of() {
    for source in ["a / 0", "a / (n - 7)", "MOD(1, 0)", "(a / 0) + 1", "0 ^ -1", "wait / 0"] {
        let (value, warnings) = compute(source);
        assert_eq!(value, Value::Empty, "{source}");
        assert_eq!(warnings.len(), 1, "{source}");
        assert_eq!(*warnings[0].code, code::DIVISION_BY_ZERO, "{source}");
        assert!(!warnings[0].is_fault());
    }
    assert_eq!(compute("a / x").1, []);
    assert_eq!(compute("IF(b = 0, 0, a / b)").1, []);
    assert_eq!(*compute("10000000000000000 ^ 2").1[0].code, code::RESULT_TOO_LARGE);
}

#[test]
fn comparison_is_exact_for_text_and_by_day_between_dates_and_moments() {
    check(&[
        ("a = 12.50", "TRUE"),
        ("a >= 12.5", "TRUE"),
        ("a < 12.5", "FALSE"),
        ("t = \"Linyi\"", "TRUE"),
        ("t = \"linyi\"", "FALSE"),
        ("t <> \"linyi\"", "TRUE"),
        ("\"a\" < \"b\"", "TRUE"),
        ("flag = TRUE", "TRUE"),
        ("d < e", "TRUE"),
        ("at = d", "TRUE"),
        ("at <= d", "TRUE"),
        ("at > d", "FALSE"),
        ("d < at", "FALSE"),
        ("at >= DATE(2026, 4, 1)", "FALSE"),
        ("opens < TIME(9)", "TRUE"),
        ("party = party", "TRUE"),
        ("a ≥ 12.5", "TRUE"),
        ("a ≠ 1", "TRUE"),
    ]);
}

#[test]
fn dates_and_durations_add_and_subtract() {
    check(&[
        ("d + 1", "2026-04-01"),
        ("1 + d", "2026-04-01"),
        ("d - 31", "2026-02-28"),
        ("e - d", "269"),
        ("at + 1", "2026-04-01 20:15:00"),
        ("at - 0.5", "2026-03-31 08:15:00"),
        ("at + wait", "2026-03-31 21:45:00"),
        ("at - d", "PT20H15M"),
        ("d + opens", "2026-03-31 08:30:00"),
        ("d + wait", "2026-03-31 01:30:00"),
        ("opens + wait", "10:00:00"),
        ("opens - TIME(8)", "PT30M"),
        ("wait * 2", "PT3H"),
        ("wait / DURATION(0, 30)", "3"),
        ("-wait", "-PT1H30M"),
        ("MAX(d, at)", "2026-03-31 20:15:00"),
        ("IF(flag, d, at)", "2026-03-31 00:00:00"),
        ("TEXT(at, \"hh:mm\")", "20:15"),
        ("HOUR(at)", "20"),
        ("DAYS(at, d)", "0"),
    ]);
    assert_eq!(*compute("opens + DURATION(20)").1[0].code, code::RESULT_TOO_LARGE);
}

#[test]
fn lists_are_computed_element_by_element_and_totalled() {
    check(&[
        ("lines.amount * 2", "0.2, 0.4, 200.1"),
        ("SUM(lines.qty * lines.amount)", "200.6"),
        ("SUM(ROUND(lines.amount * 0.5, 1))", "50.2"),
        ("SUM(IF(lines.qty > 1, lines.amount, 0))", "100.15"),
        ("lines.amount > 0.1", "FALSE, TRUE, TRUE"),
        ("AND(lines.qty > 0)", "TRUE"),
        ("OR(lines.qty > 5)", "FALSE"),
        ("MAX(lines.due)", "2026-05-01"),
        ("COUNT(lines)", "3"),
        ("COUNTA(lines.note)", "2"),
        ("TEXTJOIN(\"/\", TRUE, UPPER(lines.note))", "X/Z"),
        ("-lines.qty", "-3, -1, -2"),
        ("SUM(lines.qty) + n", "13"),
        ("MAX(lines.due + 1)", "2026-05-02"),
        ("INCLUDES(tags, \"vip\")", "TRUE"),
        ("CONCAT(tags)", "vipeu"),
        ("ISBLANK(lines.note)", "FALSE"),
        ("SUM(lines.amount / lines.qty * 0 + 1)", "3"),
    ]);
    let none = Sample::new().with("lines.amount", Value::list([]));
    for (source, want) in [
        ("SUM(lines.amount)", "0"),
        ("AVERAGE(lines.amount)", ""),
        ("MIN(lines.amount)", ""),
        ("COUNT(lines.amount)", "0"),
    ] {
        let expression = Expression::compile(source, &SampleNames).unwrap();
        assert_eq!(show(&none.eval(&expression).0), want, "{source}");
    }
}

#[test]
fn links_and_texts_in_chinese_punctuation_are_read() {
    check(&[
        ("party.name", "Shandong Trading"),
        ("m * party.rate", "249.99875"),
        ("DAYS(d, party.since)", "90"),
        ("ＳＵＭ（a，1）×２", "27"),
        ("IF（flag，“是”，“否”）", "是"),
        ("a ÷ 5", "2.5"),
        ("「报价」 & n", "报价7"),
        ("\"say \"\"hi\"\"\"", "say \"hi\""),
        ("sum(a, 1)", "13.5"),
        ("If(flag, true, false)", "TRUE"),
    ]);
}

#[test]
fn a_missing_rate_is_a_fault_and_not_just_a_warning() {
    let (value, warnings) = compute("100 * RATE_ON(\"AED\", d)");
    assert_eq!(value, Value::Empty);
    assert!(warnings[0].is_fault());
    let fault = warnings[0].to_fault("100 * RATE_ON(\"AED\", d)");
    assert_eq!(fault.message(crate::text::Locale::En), "There is no exchange rate of AED at 2026-03-31.");
}

#[test]
fn what_an_expression_reads_is_known() {
    let e = Expression::compile("SUM(lines.amount) + a * a + party.rate", &SampleNames).unwrap();
    let reads: Vec<String> = e.reads().iter().map(ToString::to_string).collect();
    assert_eq!(reads, ["lines.amount", "a", "party.rate"]);
    assert!(!e.reads_clock());
    let clock = |source: &str| Expression::compile(source, &SampleNames).unwrap().uses().clock;
    assert_eq!(clock("DAYS(TODAY(), d)"), ClockUse::Day);
    assert_eq!(clock("MINUTES(at, NOW()) + age"), ClockUse::Instant);
    assert_eq!(clock("age + 1"), ClockUse::Day);
    let uses = Expression::compile("RATE_ON(\"USD\", d) * SETTING(\"margin_floor\")", &SampleNames).unwrap().uses();
    assert!(uses.rates && uses.settings && !uses.calendar);
}

#[test]
fn another_record_gives_another_value_of_the_same_expression() {
    let e = Expression::compile("IF(d < DATE(2025, 1, 1), ROUND(a, 0), a)", &SampleNames).unwrap();
    let old = Sample::new().with("d", day("2024-02-29")).with("a", number("2.5"));
    assert_eq!(show(&old.eval(&e).0), "3");
    assert_eq!(show(&Sample::new().eval(&e).0), "12.5");
}
