//! Conditions and choices between values.

use super::{Family, Function, Gives, Kind, may, needs};
use crate::expr::eval::Call;
use crate::expr::types::{ANY, BOOLEAN, ORDERED};
use crate::expr::value::Value;
use std::cmp::Ordering;

const fn logic(name: &'static str, gives: Gives, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::Logic, gives, evaluate)
}

pub(super) static TABLE: &[Function] = &[
    logic("IF", Gives::Same, if_)
        .takes(&[needs("condition", Kind::One(BOOLEAN)), needs("then", Kind::Same(ANY)), may("otherwise", Kind::Same(ANY))])
        .says(
            "One value if the condition is true, the other if it is false or empty.",
            "条件为真时取第一个值；为假或为空时取第二个值。",
        )
        .shows(&[("IF(a > 10, \"high\", \"low\")", "high"), ("IF(x > 0, 1, 2)", "2"), ("IF(FALSE, 1)", "")]),
    logic("IFS", Gives::Same, ifs)
        .repeats(&[needs("condition", Kind::One(BOOLEAN)), needs("value", Kind::Same(ANY))])
        .ends(may("otherwise", Kind::Same(ANY)))
        .says(
            "The value after the first condition that is true; the last one alone if none is.",
            "返回第一个为真的条件之后的值；都不为真时取最后单独的值。",
        )
        .shows(&[("IFS(a > 100, \"A\", a > 10, \"B\")", "B"), ("IFS(a > 100, \"A\", \"C\")", "C")]),
    logic("SWITCH", Gives::Same, switch)
        .takes(&[needs("value", Kind::Key(ANY))])
        .repeats(&[needs("case", Kind::Key(ANY)), needs("result", Kind::Same(ANY))])
        .ends(may("otherwise", Kind::Same(ANY)))
        .says(
            "The result after the case that is equal to the value; the last one alone if none is.",
            "返回与值相等的情形之后的结果；都不相等时取最后单独的值。",
        )
        .shows(&[("SWITCH(grade, \"A\", 30, \"B\", 45, 60)", "45"), ("SWITCH(n, 1, \"one\", \"many\")", "many")]),
    logic("AND", Gives::Boolean, and)
        .repeats(&[needs("condition", Kind::Each(BOOLEAN))])
        .says(
            "True if all are true, false if one is false; otherwise, where one is empty, empty.",
            "全部为真时为真，任一为假时为假；否则（有空值）为空。",
        )
        .shows(&[("AND(a > 1, n > 1)", "TRUE"), ("AND(x > 0, FALSE)", "FALSE"), ("AND(x > 0, TRUE)", "")]),
    logic("OR", Gives::Boolean, or)
        .repeats(&[needs("condition", Kind::Each(BOOLEAN))])
        .says(
            "True if one is true, false if all are false; otherwise, where one is empty, empty.",
            "任一为真时为真，全部为假时为假；否则（有空值）为空。",
        )
        .shows(&[("OR(a > 100, n > 1)", "TRUE"), ("OR(x > 0, FALSE)", "")]),
    logic("XOR", Gives::Boolean, xor)
        .repeats(&[needs("condition", Kind::Each(BOOLEAN))])
        .says("True if an odd number of them are true.", "为真的个数为奇数时为真。")
        .shows(&[("XOR(TRUE, FALSE)", "TRUE"), ("XOR(TRUE, TRUE)", "FALSE")]),
    logic("NOT", Gives::Boolean, |call| call.boolean(0).map(|b| Value::Boolean(!b)))
        .takes(&[needs("condition", Kind::One(BOOLEAN))])
        .says("The opposite; of an empty value empty.", "取反；空值仍为空。")
        .shows(&[("NOT(flag)", "FALSE"), ("NOT(x > 0)", "")]),
    logic("ISBLANK", Gives::Boolean, |call| Some(Value::Boolean(call.value(0).is_blank())))
        .takes(&[needs("value", Kind::Any(ANY))])
        .says(
            "Whether a value is empty, a text of white space only, or a list without elements.",
            "值是否为空、仅含空白字符的文本或没有元素的列表。",
        )
        .shows(&[("ISBLANK(x)", "TRUE"), ("ISBLANK(\"  \")", "TRUE"), ("ISBLANK(0)", "FALSE")]),
    logic("COALESCE", Gives::Same, coalesce)
        .repeats(&[needs("value", Kind::Same(ANY))])
        .says("The first of the values that is not blank.", "返回第一个非空的值。")
        .shows(&[("COALESCE(x, a)", "12.5"), ("COALESCE(\" \", t)", "Linyi")]),
    logic("IFERROR", Gives::Same, if_error)
        .takes(&[needs("value", Kind::Same(ANY)), needs("otherwise", Kind::Same(ANY))])
        .says(
            "The value, or the other one if computing it fails (division by zero, a number too large). A value that is merely empty stays empty.",
            "返回值；计算失败（如除数为零、数值过大）时返回另一个值。仅仅为空的值仍为空。",
        )
        .shows(&[("IFERROR(a / 0, 0)", "0"), ("IFERROR(a / 5, 0)", "2.5"), ("IFERROR(x, 1)", "")]),
    logic("ISERROR", Gives::Boolean, |call| Some(Value::Boolean(call.attempt(0).1)))
        .takes(&[needs("value", Kind::Any(ANY))])
        .says("Whether computing a value fails.", "计算该值是否失败。")
        .shows(&[("ISERROR(1 / 0)", "TRUE"), ("ISERROR(x)", "FALSE")]),
    logic("BETWEEN", Gives::Boolean, between)
        .takes(&[needs("value", Kind::Same(ORDERED)), needs("low", Kind::Same(ORDERED)), needs("high", Kind::Same(ORDERED))])
        .says("Whether a value is at least the low one and at most the high one.", "值是否在两个界限之间（含界限）。")
        .shows(&[("BETWEEN(n, 5, 7)", "TRUE"), ("BETWEEN(d, DATE(2026, 4, 1), DATE(2026, 4, 30))", "FALSE")]),
];

fn if_(call: &mut Call) -> Option<Value> {
    let branch = if call.value(0).is_true() { 1 } else { 2 };
    Some(call.value(branch))
}

fn ifs(call: &mut Call) -> Option<Value> {
    let count = call.count();
    for at in (0..count - count % 2).step_by(2) {
        if call.value(at).is_true() {
            return Some(call.value(at + 1));
        }
    }
    (count % 2 == 1).then(|| call.value(count - 1))
}

fn switch(call: &mut Call) -> Option<Value> {
    let count = call.count();
    let value = call.value(0);
    for at in (1..count.saturating_sub(1)).step_by(2) {
        if value.order(&call.value(at)) == Some(Ordering::Equal) {
            return Some(call.value(at + 1));
        }
    }
    count.is_multiple_of(2).then(|| call.value(count - 1))
}

/// Looks at conditions until one is `decisive`.
fn kleene(call: &mut Call, decisive: bool) -> Option<Value> {
    let mut empty = false;
    for i in 0..call.count() {
        for value in call.elements(i) {
            match value {
                Value::Boolean(b) if b == decisive => return Some(value),
                Value::Boolean(_) => {}
                _ => empty = true,
            }
        }
    }
    (!empty).then_some(Value::Boolean(!decisive))
}

fn and(call: &mut Call) -> Option<Value> {
    kleene(call, false)
}

fn or(call: &mut Call) -> Option<Value> {
    kleene(call, true)
}

fn xor(call: &mut Call) -> Option<Value> {
    let values = call.all(0);
    if values.contains(&Value::Empty) {
        return None;
    }
    Some(Value::Boolean(values.iter().filter(|v| v.is_true()).count() % 2 == 1))
}

fn coalesce(call: &mut Call) -> Option<Value> {
    (0..call.count()).map(|i| call.value(i)).find(|v| !v.is_blank())
}

fn if_error(call: &mut Call) -> Option<Value> {
    let (value, failed) = call.attempt(0);
    Some(if failed { call.value(1) } else { value })
}

fn between(call: &mut Call) -> Option<Value> {
    let value = call.value(0);
    let above = value.order(&call.value(1))? != Ordering::Less;
    let below = value.order(&call.value(2))? != Ordering::Greater;
    Some(Value::Boolean(above && below))
}
