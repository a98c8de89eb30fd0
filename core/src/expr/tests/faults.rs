//! What must be refused, with the place and what would be right.

use super::sample::SampleNames;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::{Expression, Type};
use crate::text::Locale;

fn faults(source: &str) -> Vec<Fault> {
    Expression::compile(source, &SampleNames).err().unwrap_or_else(|| panic!("{source:?} was accepted"))
}

fn arg<'f>(fault: &'f Fault, name: &str) -> &'f str {
    fault.args.iter().rev().find(|a| a.0 == name).map_or("", |a| a.1.as_str())
}

#[test]
fn each_fault_has_its_code_and_its_place() {
    let deep = "(".repeat(80) + "a" + &")".repeat(80);
    let signs = "-".repeat(70) + "a";
    let cases: &[(&str, &crate::error_code::ErrorCode, &str)] = &[
        ("", &code::EXPRESSION_EMPTY, "1"),
        ("  // nothing", &code::EXPRESSION_EMPTY, "1"),
        ("a +", &code::EXPRESSION_OPERAND_MISSING, "4"),
        ("a + * b", &code::EXPRESSION_OPERAND_MISSING, "5"),
        ("(a + b", &code::EXPRESSION_PARENTHESIS_OPEN, "1"),
        ("SUM(a", &code::EXPRESSION_PARENTHESIS_OPEN, "4"),
        ("a)", &code::EXPRESSION_PARENTHESIS_EXTRA, "2"),
        ("()", &code::EXPRESSION_OPERAND_MISSING, "2"),
        ("IF(flag,, 1)", &code::EXPRESSION_OPERAND_MISSING, "9"),
        ("a, b", &code::EXPRESSION_COMMA, "2"),
        ("a b", &code::EXPRESSION_OPERATOR_MISSING, "3"),
        ("SUM(a b)", &code::EXPRESSION_OPERATOR_MISSING, "7"),
        ("a + \"open", &code::EXPRESSION_TEXT_OPEN, "5"),
        ("a /* open", &code::EXPRESSION_COMMENT_OPEN, "3"),
        ("a # b", &code::EXPRESSION_CHARACTER, "3"),
        ("'x'", &code::EXPRESSION_CHARACTER, "1"),
        ("1. + a", &code::EXPRESSION_NUMBER, "1"),
        ("12345678901234567890123456789", &code::EXPRESSION_NUMBER, "1"),
        ("party.", &code::EXPRESSION_PATH, "6"),
        ("a + amoun", &code::EXPRESSION_NAME, "5"),
        ("party.nam", &code::EXPRESSION_NAME, "7"),
        ("lines.nosuch", &code::EXPRESSION_NAME, "7"),
        ("NOSUCH(a)", &code::EXPRESSION_FUNCTION, "1"),
        ("ROUND()", &code::EXPRESSION_ARGUMENTS, "1"),
        ("1 + DAYS(d)", &code::EXPRESSION_ARGUMENTS, "5"),
        ("DAYS(d, e, d)", &code::EXPRESSION_ARGUMENTS, "1"),
        ("IFS(flag)", &code::EXPRESSION_ARGUMENTS, "1"),
        ("TODAY(1)", &code::EXPRESSION_ARGUMENTS, "1"),
        ("a * \"text\"", &code::EXPRESSION_OPERATOR, "1"),
        ("t * 2", &code::EXPRESSION_OPERATOR, "1"),
        ("d * e", &code::EXPRESSION_OPERATOR, "1"),
        ("d + e", &code::EXPRESSION_OPERATOR, "1"),
        ("t = 1", &code::EXPRESSION_OPERATOR, "1"),
        ("flag < TRUE", &code::EXPRESSION_OPERATOR, "1"),
        ("party & t", &code::EXPRESSION_OPERATOR, "1"),
        ("1 < a < 3", &code::EXPRESSION_OPERATOR, "1"),
        ("-t", &code::EXPRESSION_SIGN, "1"),
        ("IF(a, 1, 2)", &code::EXPRESSION_TYPE, "4"),
        ("IF(flag, 1, t)", &code::EXPRESSION_TYPE, "13"),
        ("LEFT(n, 2)", &code::EXPRESSION_TYPE, "6"),
        ("FIRST(a)", &code::EXPRESSION_TYPE, "7"),
        ("SETTING(t)", &code::EXPRESSION_TYPE, "9"),
        ("SETTING(\"margin\")", &code::EXPRESSION_NAME, "9"),
        ("WAS(\"x\", \"y\")", &code::EXPRESSION_TYPE, "5"),
        ("COUNTIF(lines.amount, d)", &code::EXPRESSION_TYPE, "23"),
        ("SPLIT(lines.note, \",\")", &code::EXPRESSION_LIST, "1"),
        (&deep, &code::EXPRESSION_TOO_DEEP, "65"),
        (&signs, &code::EXPRESSION_TOO_DEEP, "65"),
    ];
    for (source, code, position) in cases {
        let found = faults(source);
        assert_eq!(found[0].code, *code, "{source}: {found:?}");
        assert_eq!(arg(&found[0], "position"), *position, "{source}: {found:?}");
    }
}

#[test]
fn positions_count_characters_and_not_bytes() {
    assert_eq!(arg(&faults("\"中文\" & nosuch")[0], "position"), "8");
}

#[test]
fn the_nearest_name_is_proposed() {
    for (source, want) in [
        ("amoun", "amount"),
        ("Grade", "grade"),
        ("party.nme", "name"),
        ("ROUDN(a)", "ROUND"),
        ("sums(a)", "SUM"),
        ("SETTING(\"margin_flor\")", "margin_floor"),
    ] {
        assert_eq!(arg(&faults(source)[0], "suggestion"), want, "{source}");
    }
    let message = faults("a + amoun")[0].message(Locale::En);
    assert_eq!(message, "Character 5: there is no \"amoun\" here. Did you mean \"amount\"?");
    assert_eq!(faults("a + amoun")[0].message(Locale::ZhCn), "第 5 个字符：此处没有“amoun”。是否指“amount”？");
    assert_eq!(
        faults("DAYS(d)")[0].message(Locale::En),
        "Character 1: 1 arguments do not fit. Write DAYS(end: date|datetime, start: date|datetime) → number."
    );
}

#[test]
fn all_faults_come_at_once() {
    let found = faults("nosuch + NOSUCH(other) + LEFT(a)");
    let codes: Vec<&str> = found.iter().map(|f| f.code.code).collect();
    assert_eq!(codes, ["expression_name", "expression_name", "expression_function", "expression_type"]);
}

#[test]
fn limits_of_length_and_depth_leave_room_for_real_formulas() {
    let long = "a".to_string() + &" + a".repeat(999);
    assert!(Expression::compile(&long, &SampleNames).is_ok());
    let wide = "a".to_string() + &"+a".repeat(1999);
    assert_eq!(wide.chars().count(), 3999);
    assert!(Expression::compile(&wide, &SampleNames).is_ok());
    assert_eq!(*faults(&(wide + " + 1"))[0].code, code::EXPRESSION_TOO_LONG);
    let deep = "(".repeat(64) + "a" + &")".repeat(64);
    assert!(Expression::compile(&deep, &SampleNames).is_ok());
}

#[test]
fn a_place_may_want_one_type() {
    assert!(Expression::compile_as("a > 1", &SampleNames, &Type::Boolean).is_ok());
    assert!(Expression::compile_as("EMPTY", &SampleNames, &Type::Boolean).is_ok());
    let found = Expression::compile_as("a + 1", &SampleNames, &Type::Boolean).unwrap_err();
    assert_eq!(found[0].message(Locale::En), "The expression must give boolean, not number.");
}

#[test]
fn a_comparison_that_is_always_empty_is_pointed_out() {
    let hints = |source: &str| Expression::compile(source, &SampleNames).unwrap().hints().len();
    assert_eq!(hints("IF(t = \"\", 1, 2)"), 1);
    assert_eq!(hints("IF(ISBLANK(t), 1, 2)"), 0);
}

#[test]
fn the_deepest_expression_needs_little_stack() {
    // each level holds a chain of every strength
    let deep = "IF(\"\" & 1 = \"\", 1, 1 + 2 * 3 ^ (".repeat(32) + "a" + &"))".repeat(32);
    let work = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let checked = Expression::compile(&deep, &SampleNames).map_err(|f| f[0].code.code)?;
        let (value, _) = super::sample::Sample::new().eval(&checked);
        assert_eq!(
            crate::expr::parse::parse(&checked.tree().to_string()).map(|t| t.without_spans()).as_ref(),
            Ok(&checked.tree().clone().without_spans())
        );
        Ok::<_, &str>(value)
    });
    assert_eq!(work.unwrap().join().unwrap(), Ok(crate::expr::Value::Empty));
}
