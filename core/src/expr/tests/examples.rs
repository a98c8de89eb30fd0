//! The examples of the table are true, and the table is whole.

use super::sample::{compute, show};
use crate::expr::functions;
use crate::text::Locale;
use std::collections::HashSet;

#[test]
fn every_example_of_the_table_gives_what_it_says() {
    let mut wrong = Vec::new();
    for function in functions::all() {
        for (source, want) in function.examples {
            let (value, _) = compute(source);
            if show(&value) != *want {
                wrong.push(format!("{source}: {} instead of {want}", show(&value)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_function_is_documented_in_both_languages_and_shown() {
    let mut names = HashSet::new();
    for function in functions::all() {
        assert!(names.insert(function.name), "{} twice", function.name);
        assert!(function.name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'));
        assert!(function.about(Locale::En).ends_with('.'), "{}", function.name);
        assert!(function.about(Locale::ZhCn).ends_with('。'), "{}", function.name);
        let own = format!("{}(", function.name);
        assert!(function.examples.iter().any(|e| e.0.contains(&own)), "{} has no example", function.name);
        assert!(function.signature().starts_with(&own));
        let optional = function.params.iter().position(|p| p.optional).unwrap_or(function.params.len());
        assert!(
            function.params.iter().skip(optional).all(|p| p.optional),
            "{}: an optional one is not last",
            function.name
        );
        assert!(function.group.is_empty() || optional == function.params.len(), "{}", function.name);
    }
    assert!(names.len() >= 120, "{}", names.len());
}

#[test]
fn the_functions_that_people_expect_are_there_in_any_case_of_letters() {
    let wanted = "IF IFS SWITCH AND OR NOT ISBLANK COALESCE IFERROR SUM AVERAGE COUNT COUNTA MIN MAX MEDIAN SUMIF COUNTIF \
        SUMPRODUCT ROUND ROUNDUP ROUNDDOWN ROUND_EVEN INT TRUNC ABS MOD POWER SQRT SIGN CEILING FLOOR PMT CONCAT TEXTJOIN LEFT \
        RIGHT MID LEN TRIM UPPER LOWER PROPER SUBSTITUTE REPLACE FIND SEARCH STARTSWITH ENDSWITH CONTAINS REPT TEXT VALUE \
        RMBUPPER PINYIN DATE TODAY NOW YEAR QUARTER MONTH DAY WEEKDAY WEEKNUM HOUR MINUTE DATEVALUE EDATE EOMONTH DAYS DATEDIF \
        NETWORKDAYS WORKDAY BUSINESS_HOURS BUSINESS_ADD UNIQUE FIRST LAST INCLUDES RATE_ON SETTING MINOR ALLOCATE SUM_BEFORE ROW \
        ENTERED_AT LEFT_AT TIME_IN WAS";
    for name in wanted.split_whitespace() {
        assert!(functions::find(name).is_some(), "{name}");
        assert!(functions::find(&name.to_lowercase()).is_some(), "{name}");
    }
}
