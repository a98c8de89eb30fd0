//! Files of rows go in and come out, alike on both databases: what is wrong is told by row, and what comes out goes back in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "exchange/attachment.rs"]
mod attachment;
#[path = "exchange/duplicate.rs"]
mod duplicate;
mod encrypted;
mod house;
mod import_files;
#[path = "exchange/meaning.rs"]
mod meaning;
#[path = "exchange/messy.rs"]
mod messy;
#[path = "exchange/refusal.rs"]
mod refusal;
#[path = "exchange/sealed_attachment.rs"]
mod sealed_attachment;
#[path = "../../store/tests/support/mod.rs"]
mod support;
#[path = "exchange/workbook.rs"]
mod workbook;

use chrono::NaiveDate;
use formwright_exchange::write::Out;
use serde_json::{Map, Value as Json, json};

const HEAD: [&str; 9] = ["Code", "Company", "Country", "E-mail", "Signed on", "Amount", "Quantity", "Active", "Note"];

const KEYS: [&str; 9] = ["code", "company", "country", "email", "signed_on", "amount", "quantity", "active", "note"];

fn buyer(name: &str) -> Json {
    json!({"kind": "form", "app": "shop", "name": name, "title": name, "title_field": "company", "record": {"type": "object", "required": ["code", "company", "country"], "properties": {
        "code": {"type": "string", "title": "Code", "field": {"type": "text", "unique": true}},
        "company": {"type": "string", "title": "Company", "minLength": 2},
        "country": {"title": "Country", "enum": ["DE", "US", "CN", "BR", "VN"]},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "signed_on": {"type": "string", "format": "date", "title": "Signed on"},
        "amount": {"type": "number", "title": "Amount", "minimum": 0, "maximum": 10_000_000, "field": {"type": "money", "currency": "USD"}},
        "quantity": {"type": "integer", "title": "Quantity", "minimum": 1},
        "active": {"type": "boolean", "title": "Active"},
        "note": {"type": "string", "title": "Note", "field": {"type": "long_text"}}}}})
}

fn shop() -> Vec<Json> {
    let link = |form: &str| json!({"type": "string", "field": {"type": "link", "form": form}});
    vec![
        json!({"kind": "app", "name": "shop", "app": "shop", "title": "Shop", "version": "1.0.0", "locale": "en"}),
        buyer("buyer"),
        buyer("buyer2"),
        json!({"kind": "form", "app": "shop", "name": "deal", "title": "Deal", "key": "number", "record": {"type": "object", "properties": {
            "number": {"type": "string", "field": {"type": "serial", "pattern": "D{seq:4}", "reset": "never"}},
            "buyer": link("buyer"),
            "stage": {"type": "string", "oneOf": [{"const": "open", "title": "Open", "labels": {"zh-CN": "进行中"}}, {"const": "won", "title": "Won / signed"}], "field": {"type": "choice"}},
            "tags": {"type": "array", "field": {"type": "tags"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}}}},
            "seen_at": {"type": "string", "format": "date-time"},
            "took": {"type": "string", "format": "duration"},
            "share": {"type": "number", "field": {"type": "percent"}},
            "owner": {"type": "string", "field": {"type": "user"}},
            "secret": {"type": "string"},
            "photos": {"type": "array", "field": {"type": "files", "accept": ["image/*"], "max_size": "1MB"}}}}}),
        json!({"kind": "role", "app": "shop", "name": "seller", "grants": [
            {"form": "buyer", "actions": ["read", "create", "update", "import"]},
            {"form": "deal", "actions": ["read", "create", "update"], "rows": {"field": "owner", "op": "eq", "value": {"var": "me"}}, "hidden": ["secret"]}]}),
        json!({"kind": "role", "app": "shop", "name": "head", "limits": {"export_rows": 5}, "grants": [
            {"form": "buyer", "actions": ["read", "export"], "rows": {"field": "country", "op": "eq", "value": "DE"}, "hidden": ["amount"]},
            {"form": "deal", "actions": ["read", "create", "update", "import", "export"], "hidden": ["secret"]}]}),
    ]
}

fn text(value: impl Into<String>) -> Out {
    Out::text(value)
}

fn good(i: usize) -> Vec<Out> {
    let companies = ["Linyi Plywood 木业", "Müller & Söhne", "Zäpfchen, GmbH", "Quote \"Inc\"", "山东工具"];
    let notes = [
        None,
        Some("line one\nline two"),
        Some("=1+1"),
        Some("+cmd|' /C calc'!A0"),
        Some("@SUM(A1)"),
        Some("-2+3"),
        Some("plain"),
    ];
    vec![
        text(format!("K{i:06}")),
        text(format!("{} {i}", companies[i % 5])),
        text(["DE", "US", "CN", "BR", "VN"][i % 5]),
        if !i.is_multiple_of(3) { text(format!("a{i}@example.com")) } else { Out::Blank },
        Out::Date(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new((i % 2000) as u64)),
        Out::Number(rust_decimal::Decimal::new((i * 137 % 1_000_000) as i64, 2)),
        Out::Number((i % 500 + 1).into()),
        Out::Bool(i.is_multiple_of(2)),
        notes[i % 7].map_or(Out::Blank, text),
    ]
}

/// What is wrong with the n-th faulty row: the column and its cell.
fn wrong(n: usize) -> (usize, Out) {
    let number = |text: &str| Out::Number(text.parse().unwrap());
    let all = [
        (1, Out::Blank),
        (1, text("x")),
        (2, text("Atlantis")),
        (2, Out::Blank),
        (0, Out::Blank),
        (3, text("not an address")),
        (4, text("31.02.2026")),
        (4, text("soon")),
        (5, text("many")),
        (5, number("-5")),
        (5, number("10000001")),
        (6, number("0")),
        (6, number("2.5")),
        (6, text("ten")),
        (7, text("perhaps")),
        (0, text("K000001")),
    ];
    all[n % 16].clone()
}

fn comparable(record: &Map<String, Json>) -> Vec<Json> {
    KEYS.iter().map(|k| record.get(*k).cloned().unwrap_or(Json::Null)).collect()
}
