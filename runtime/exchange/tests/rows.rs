//! Rows become values by the kind of their targets; faults and warnings name the target and the column.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::NaiveDate;
use formwright_exchange::clean::choice::ChoiceIndex;
use formwright_exchange::heading::Heading;
use formwright_exchange::row::{CleanRow, Kind, NumberKind, PhoneKind, Plan, RowOptions, Target, UnknownUser, walk};
use formwright_exchange::source::{Cell, OpenOptions, SourceRow, open};
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::Arc;

fn target(key: &str, kind: Kind) -> Target {
    Target { key: key.to_owned(), kind, required: false }
}

fn row(cells: &[&str]) -> SourceRow {
    SourceRow { number: 2, cells: cells.iter().map(|text| Cell::text(*text)).collect(), ..SourceRow::default() }
}

fn one(kind: Kind, text: &str) -> Result<Value, String> {
    let mut plan = Plan::new(RowOptions::default());
    plan.map(0, target("x", kind));
    let clean = plan.clean(&row(&[text]));
    match clean.faults.first() {
        Some(fault) => Err(fault.notice.code.as_str().to_owned()),
        None => Ok(clean.values["x"].clone()),
    }
}

fn codes(row: &CleanRow) -> Vec<(String, Option<usize>, &'static str)> {
    row.faults.iter().map(|fault| (fault.target.clone(), fault.column, fault.notice.code.as_str())).collect()
}

#[test]
fn every_kind_gives_its_value_or_its_fault() {
    let whole = NumberKind { scale: Some(0), non_negative: true, round: false };
    let cents = NumberKind { scale: Some(2), ..NumberKind::default() };
    let round = NumberKind { round: true, ..cents };
    let mut index = ChoiceIndex::new();
    index.add("new", ["New", "新"]);
    let choices = Arc::new(index);
    let money = |currency: &str| Kind::Money(cents, Some(currency.to_owned()));
    let last = NaiveDate::from_ymd_opt(2026, 11, 20);
    for (kind, text, expected) in [
        (Kind::Text(Some(3)), " ab ", Ok(json!("ab"))),
        (Kind::Text(Some(3)), "abcd", Err("text_too_long")),
        (Kind::LongText(None), "a\nb", Ok(json!("a\nb"))),
        (Kind::Number(whole), "1,234", Ok(json!(1234))),
        (Kind::Number(whole), "2.5", Err("number_not_whole")),
        (Kind::Number(whole), "-1", Err("number_negative")),
        (Kind::Number(cents), "1.505", Err("too_many_decimals")),
        (Kind::Number(cents), "1,23", Err("number_ambiguous")),
        (Kind::Number(NumberKind::default()), "9999999999999999999", Err("number_too_large")),
        (Kind::Number(round), "1.505", Ok(serde_json::from_str("1.51").unwrap())),
        (
            Kind::Percent(NumberKind { scale: Some(4), ..NumberKind::default() }),
            "12.5%",
            Ok(serde_json::from_str("0.1250").unwrap()),
        ),
        (money("USD"), "$1,234.5", Ok(serde_json::from_str("1234.50").unwrap())),
        (money("USD"), "€5", Err("currency_unknown")),
        (money("EUR"), "5", Ok(serde_json::from_str("5.00").unwrap())),
        (Kind::Boolean, "是", Ok(json!(true))),
        (Kind::Boolean, "perhaps", Err("boolean_invalid")),
        (Kind::Date(last), "2026-11-20", Ok(json!("2026-11-20"))),
        (Kind::Date(last), "2026-11-21", Err("date_future")),
        (Kind::Date(None), "31.02.2026", Err("date_invalid")),
        (Kind::DateTime, "2024-03-05 14:30", Ok(json!("2024-03-05T14:30:00"))),
        (Kind::DateTime, "2024-03-05T14:30:00+08:00", Ok(json!("2024-03-05T14:30:00+08:00"))),
        (Kind::DateTime, "2024-03-05T14:30:00Z", Ok(json!("2024-03-05T14:30:00Z"))),
        (Kind::Time, "2:30 pm", Ok(json!("14:30:00"))),
        (Kind::Duration, "26:30", Ok(json!("PT26H30M"))),
        (Kind::Choice(choices.clone()), "新", Ok(json!("new"))),
        (Kind::Choice(choices.clone()), "old", Err("choice_unknown")),
        (Kind::Choices(choices.clone()), "new、新", Ok(json!(["new"]))),
        (Kind::Country(choices.clone()), "Atlantis", Err("country_unknown")),
        (Kind::User(choices.clone(), UnknownUser::Refuse), "nobody", Err("user_unknown")),
        (Kind::User(choices, UnknownUser::LeaveEmpty), "nobody", Ok(Value::Null)),
        (Kind::Phone(PhoneKind::default()), "+49 301 234567", Ok(json!("+49301234567"))),
        (Kind::Phone(PhoneKind::default()), "none of them", Err("phone_invalid")),
        (Kind::Email(None), "A@x.com", Ok(json!("a@x.com"))),
        (Kind::Website, "x.com", Ok(json!("https://x.com"))),
        (Kind::Link, " C-001 ", Ok(json!("C-001"))),
        (Kind::Date(None), "N/A", Ok(Value::Null)),
    ] {
        assert_eq!(one(kind.clone(), text), expected.map_err(str::to_owned), "{kind:?} {text}");
    }
}

#[test]
fn all_faults_of_a_row_are_told_in_the_order_of_the_columns() {
    let mut plan = Plan::new(RowOptions::default());
    plan.map(2, target("day", Kind::Date(None)));
    plan.map(0, target("phone", Kind::Phone(PhoneKind::default())));
    plan.map(1, Target { required: true, ..target("company", Kind::Text(None)) });
    plan.leave_unmapped(Target { required: true, ..target("source", Kind::Text(None)) });
    let clean = plan.clean(&row(&["?", " ", "soon"]));
    let heading = Heading { row: 1, titles: ["电话", "公司", "日期"].map(str::to_owned).to_vec() };
    assert_eq!(
        clean.reasons(&heading, "zh-CN"),
        ["电话: “?”不是电话号码，原文已记入备注。", "公司: 此项必填。", "日期: “soon”不是日期。", "source: 此项必填。"]
    );
    let told = codes(&clean);
    assert_eq!(
        told,
        [
            ("phone".to_owned(), Some(0), "phone_invalid"),
            ("company".to_owned(), Some(1), "required"),
            ("day".to_owned(), Some(2), "date_invalid"),
            ("source".to_owned(), None, "required")
        ]
    );
}

#[test]
fn defaults_and_replacements_are_taken() {
    let mut plan = Plan::new(RowOptions::default());
    plan.map(0, Target { required: true, ..target("source", Kind::Text(None)) });
    plan.map(1, target("flag", Kind::Boolean));
    plan.leave_unmapped(target("kind", Kind::Text(None)));
    plan.default_value("source", json!("other"));
    plan.default_value("kind", json!("lead"));
    plan.replace("flag", "Perhaps so", json!(true));
    plan.replace("source", "?", Value::Null);
    let clean = plan.clean(&row(&["？", "perhaps  SO"]));
    assert!(clean.faults.is_empty(), "{clean:?}");
    assert_eq!(serde_json::to_value(&clean.values).unwrap(), json!({"source": "other", "flag": true, "kind": "lead"}));
}

#[test]
fn errors_and_formulas_without_a_value_are_faults_never_empty() {
    let mut plan = Plan::new(RowOptions::default());
    plan.map(0, target("a", Kind::Text(None)));
    plan.map(1, target("b", Kind::LongText(None)));
    let cells = vec![Cell::Error("#N/A".into()), Cell::FormulaWithoutValue, Cell::Error("#REF!".into())];
    let clean = plan.clean(&SourceRow { number: 2, cells, ..SourceRow::default() });
    assert_eq!(
        codes(&clean),
        [("a".to_owned(), Some(0), "cell_error"), ("b".to_owned(), Some(1), "formula_without_value")]
    );
}

#[test]
fn rows_that_are_no_data_are_passed_over_and_counted() {
    let text = "Title\r\nName,Amount,Note\r\na,1,\r\n,,\r\n,,x\r\n合计,9,\r\nName,Amount,Note\r\nb,2,\r\n\r\n\r\n";
    let workbook = open(text.as_bytes().to_vec(), "x.csv", &OpenOptions::default()).unwrap();
    let heading = Heading::of(&workbook.row(0, 2).unwrap().unwrap());
    let mut plan = Plan::new(RowOptions::default().for_workbook(&workbook));
    plan.map(0, target("name", Kind::Text(None)));
    plan.map(1, target("amount", Kind::Number(NumberKind::default())));
    let mut data = Vec::new();
    let summary = walk(&workbook, 0, &heading, &plan, |row| {
        data.push(row.number);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(data, [3, 8]);
    assert_eq!(
        (summary.rows, summary.blank.listed, summary.totals.listed, summary.header.listed),
        (2, vec![4, 5], vec![6], vec![7])
    );
}

#[test]
fn an_export_of_ours_comes_back_letter_by_letter() {
    let texts = ["＝1+1", "-", " two  spaces ", "_x000D_", "a\u{a0}b", "N/A", "line\nline"];
    let mut writer = XlsxWriter::new("x", vec![Column::titled("text")], true).unwrap();
    for text in texts {
        writer.row(&[Out::text(text)]).unwrap();
    }
    let mut content = Vec::new();
    writer.finish(&mut content).unwrap();
    let workbook = open(content, "export.xlsx", &OpenOptions::default()).unwrap();
    let mut plan = Plan::new(RowOptions::default().for_workbook(&workbook));
    plan.map(0, target("text", Kind::Text(None)));
    let heading = Heading::of(&workbook.row(0, 1).unwrap().unwrap());
    let mut read = Vec::new();
    walk(&workbook, 0, &heading, &plan, |row| {
        read.push(plan.clean(&row).values["text"].clone());
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(Value::Array(read), json!(texts));
}

#[test]
fn no_text_makes_cleaning_panic() {
    const PIECES: [&str; 48] = [
        "0",
        "1",
        "9",
        "12",
        "2024",
        "99999999999",
        ",",
        ".",
        "-",
        "+",
        "/",
        ":",
        " ",
        "年",
        "月",
        "日",
        "时",
        "半",
        "万",
        "亿",
        "k",
        "%",
        "e",
        "E+",
        "(",
        ")",
        "$",
        "¥",
        "USD",
        "元",
        "@",
        "x.com",
        "'",
        "\"",
        "pm",
        "下午",
        "t",
        "z",
        "PT",
        "h",
        "m",
        "d",
        "\u{200b}",
        "_x000D_",
        "é",
        "ﬀ",
        "１",
        "mar",
    ];
    let mut index = ChoiceIndex::new();
    index.add("new", ["New"]);
    let choices = Arc::new(index);
    let number = NumberKind { scale: Some(2), non_negative: false, round: true };
    let kinds = [
        Kind::Text(None),
        Kind::LongText(None),
        Kind::Number(number),
        Kind::Money(number, Some("USD".to_owned())),
        Kind::Boolean,
        Kind::Date(None),
        Kind::DateTime,
        Kind::Time,
        Kind::Duration,
        Kind::Choices(choices),
        Kind::Phone(PhoneKind::default()),
        Kind::Email(None),
        Kind::Website,
    ];
    let mut plan = Plan::new(RowOptions::default());
    for (column, kind) in kinds.into_iter().enumerate() {
        plan.map(column, target(&column.to_string(), kind));
    }
    let mut state = 0x1234_5678_u32;
    for _ in 0..4_000 {
        let mut text = String::new();
        for _ in 0..1 + state % 9 {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            text.push_str(PIECES[state as usize % PIECES.len()]);
        }
        let clean = plan.clean(&row(&[text.as_str(); 13]));
        for fault in &clean.faults {
            assert!(!fault.notice.message("zh").contains('{'), "{text}");
        }
        assert!(formwright_exchange::clean::company::company_key(&text).len() <= text.len() * 12);
    }
}
