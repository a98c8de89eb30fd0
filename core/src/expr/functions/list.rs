//! Lists: making, searching, choosing.

use super::aggregate::in_order;
use super::{Family, Function, Gives, Kind, may, needs};
use crate::expr::eval::Call;
use crate::expr::types::{ANY, BOOLEAN, NUMBER, ORDERED, TEXT};
use crate::expr::value::Value;
use std::cmp::Ordering;

const fn list(name: &'static str, gives: Gives, evaluate: super::Evaluate) -> Function {
    Function::new(name, Family::List, gives, evaluate).takes(LIST)
}

const LIST: &[super::Param] = &[needs("list", Kind::List(ANY))];
const PAIR: &[super::Param] = &[needs("list", Kind::List(ANY)), needs("other", Kind::List(ANY))];

pub(super) static TABLE: &[Function] = &[
    list("LIST", Gives::List, |call| Some(Value::list(call.all(0))))
        .takes(&[])
        .repeats(&[needs("value", Kind::Each(ANY))])
        .says("A list of these values.", "由这些值组成列表。")
        .shows(&[("LIST(1, 2, 3)", "1, 2, 3")]),
    list("UNIQUE", Gives::List, |call| {
        let values = call.elements(0);
        Some(Value::list(distinct(values)))
    })
    .says(
        "Each value once, in the order of its first appearance; blanks are left out.",
        "去重：按首次出现的顺序，每个值只留一次，空值除外。",
    )
    .shows(&[("UNIQUE(LIST(\"a\", \"b\", \"a\"))", "a, b")]),
    list("FIRST", Gives::Same, |call| call.elements(0).into_iter().find(|v| !v.is_blank()))
        .says("The first value that is not blank.", "第一个非空的值。")
        .shows(&[("FIRST(lines.note)", "x")]),
    list("LAST", Gives::Same, |call| call.elements(0).into_iter().rev().find(|v| !v.is_blank()))
        .says("The last value that is not blank.", "最后一个非空的值。")
        .shows(&[("LAST(lines.note)", "z")]),
    list("NTH", Gives::Same, nth)
        .takes(&[needs("list", Kind::List(ANY)), needs("place", Kind::One(NUMBER))])
        .says(
            "The value at a place, counted from 1; a negative place counts from the end.",
            "第 n 个值，从 1 开始；为负时从末尾数。",
        )
        .shows(&[("NTH(lines.qty, 2)", "1"), ("NTH(lines.qty, -1)", "2"), ("NTH(lines.qty, 9)", "")]),
    list("INCLUDES", Gives::Boolean, |call| {
        let (values, wanted) = (call.elements(0), call.value(1));
        if wanted.is_blank() {
            return None;
        }
        Some(Value::Boolean(values.iter().any(|v| v.order(&wanted) == Some(Ordering::Equal))))
    })
    .takes(&[needs("list", Kind::List(ANY)), needs("value", Kind::Same(ANY))])
    .says("Whether a value is in a list.", "列表是否包含该值。")
    .shows(&[("INCLUDES(tags, \"vip\")", "TRUE"), ("INCLUDES(LIST(1, 2), 3)", "FALSE")]),
    list("INCLUDESALL", Gives::Boolean, |call| compare(call, |found, wanted| found == wanted))
        .takes(PAIR)
        .says("Whether all values of the second list are in the first.", "第一个列表是否包含第二个列表的所有值。")
        .shows(&[("INCLUDESALL(tags, LIST(\"vip\", \"eu\"))", "TRUE")]),
    list("INCLUDESANY", Gives::Boolean, |call| compare(call, |found, _| found > 0))
        .takes(PAIR)
        .says("Whether some value of the second list is in the first.", "第一个列表是否包含第二个列表的任一值。")
        .shows(&[("INCLUDESANY(tags, LIST(\"x\", \"eu\"))", "TRUE")]),
    list("SORT", Gives::List, sort)
        .takes(&[needs("list", Kind::List(ORDERED)), may("descending", Kind::One(BOOLEAN))])
        .says("The values in order, blanks last.", "按顺序排列，空值在后。")
        .shows(&[("SORT(LIST(3, 1, 2))", "1, 2, 3"), ("SORT(LIST(3, 1, 2), TRUE)", "3, 2, 1")]),
    list("REVERSE", Gives::List, |call| Some(Value::list(call.elements(0).into_iter().rev())))
        .says("The values from the last to the first.", "倒序。")
        .shows(&[("REVERSE(LIST(1, 2))", "2, 1")]),
    list("COUNTUNIQUE", Gives::Number, |call| {
        let values = call.elements(0);
        Some(Value::number(distinct(values).len()))
    })
    .says("How many different values there are; blanks are left out.", "不同值的个数，空值除外。")
    .shows(&[("COUNTUNIQUE(LIST(1, 2, 1))", "2")]),
    list("SPLIT", Gives::TextList, split)
        .takes(&[needs("text", Kind::One(TEXT)), needs("separator", Kind::One(TEXT))])
        .says("The parts of a text between separators.", "按分隔符拆分文本。")
        .shows(&[("SPLIT(\"a/b/c\", \"/\")", "a, b, c")]),
];

fn distinct(values: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for value in values.into_iter().filter(|v| !v.is_blank()) {
        if !out.iter().any(|o| o.order(&value) == Some(Ordering::Equal)) {
            out.push(value);
        }
    }
    out
}

fn nth(call: &mut Call) -> Option<Value> {
    let (place, values) = (call.whole(1)?, call.elements(0));
    let at = usize::try_from(place.unsigned_abs()).ok()?.checked_sub(1)?;
    if place < 0 { values.into_iter().rev().nth(at) } else { values.into_iter().nth(at) }
}

fn compare(call: &mut Call, verdict: fn(usize, usize) -> bool) -> Option<Value> {
    let (values, wanted) = (call.elements(0), distinct(call.elements(1)));
    let found = wanted.iter().filter(|w| values.iter().any(|v| v.order(w) == Some(Ordering::Equal))).count();
    Some(Value::Boolean(verdict(found, wanted.len())))
}

fn sort(call: &mut Call) -> Option<Value> {
    let descending = if call.is_given(1) { call.boolean(1)? } else { false };
    let mut values = call.elements(0);
    in_order(&mut values);
    if descending {
        let blank = values.iter().position(Value::is_blank).unwrap_or(values.len());
        if let Some(filled) = values.get_mut(..blank) {
            filled.reverse();
        }
    }
    Some(Value::list(values))
}

fn split(call: &mut Call) -> Option<Value> {
    let (text, separator) = (call.text(0)?, call.text(1)?);
    if separator.is_empty() {
        return call.refuse("");
    }
    let parts: Vec<Value> =
        text.split(&*separator).take(crate::expr::eval::MAX_LIST).map(|p| Value::text(p.trim())).collect();
    Some(Value::list(parts))
}
