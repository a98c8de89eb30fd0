//! Values as finished cells: numbers, days, choices, people, what may not be seen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
use super::*;
use formwright_core::form::{Form, build_form};
use serde_json::json;

fn form() -> Form {
    let doc = json!({"kind": "form", "app": "a", "name": "f", "title": "F", "record": {"type": "object", "properties": {
        "price": {"type": "number", "field": {"type": "money", "currency": "USD"}},
        "yen": {"type": "number", "field": {"type": "money", "currency": "JPY"}},
        "currency": {"enum": ["EUR", "USD"], "field": {"type": "choice"}},
        "total": {"type": "number", "field": {"type": "money", "currency_field": "currency"}},
        "qty": {"type": "number", "field": {"type": "number"}},
        "share": {"type": "number", "field": {"type": "percent"}},
        "grade": {"oneOf": [{"const": "A", "title": "High", "labels": {"zh-CN": "高"}, "color": "green"}], "field": {"type": "choice"}},
        "land": {"oneOf": [{"const": "DE", "title": "Germany", "labels": {"zh-CN": "德国"}}], "field": {"type": "choice"}},
        "stage": {"oneOf": [{"const": "won", "title": "Won", "color": "green"}], "field": {"type": "status"}},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "start": {"type": "string", "format": "time"},
        "mail": {"type": "string", "format": "email"},
        "site": {"type": "string", "format": "uri"},
        "phone": {"type": "string", "field": {"format": "phone"}},
        "customer": {"type": "string", "field": {"type": "link", "form": "customer"}},
        "customers": {"type": "array", "field": {"type": "links", "form": "customer"}},
        "owner": {"type": "string", "field": {"type": "user"}},
        "note": {"type": "string", "field": {"type": "long_text"}},
        "paid": {"type": "boolean"},
    }}});
    let mut faults = Vec::new();
    let form = build_form(&doc, &HashMap::new(), &mut faults).expect("a form");
    assert!(faults.is_empty(), "{faults:?}");
    form
}

fn cell_in(locale: Locale, name: &str, record: &Json, place: Place) -> Cell {
    cell_from(chrono_tz::Asia::Shanghai, locale, name, record, place)
}

/// As a reader in a zone sees it; the company's is Shanghai's.
fn cell_from(zone: chrono_tz::Tz, locale: Locale, name: &str, record: &Json, place: Place) -> Cell {
    let (form, organisation) = (form(), Organisation::default());
    let teller = Teller {
        locale,
        words: crate::pages::press::core_locale(locale),
        zone,
        abroad: (zone != chrono_tz::Asia::Shanghai).then(|| zone.name().to_string()),
        now: "2026-11-24T07:00:00Z".parse().unwrap(),
        today: "2026-11-24".parse().unwrap(),
        organisation: &organisation,
        files: HashMap::new(),
    };
    let titles = record.get("_titles").and_then(|t| t.get(name));
    teller.cell(form.field(name).unwrap().1, record.get(name).unwrap_or(&Json::Null), titles, record, place)
}

fn cell(name: &str, value: Json) -> Cell {
    cell_in(Locale::English, name, &json!({ name: value }), Place::Row)
}

fn exact(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[test]
fn amounts_keep_every_digit_and_name_a_currency_that_no_head_names() {
    let number = |text: &str, unit: Option<&str>| Cell::Number {
        text: text.to_string(),
        unit: unit.map(str::to_string),
        tone: Tone::Plain,
    };
    assert_eq!(cell("price", exact("1234567.5")), number("1,234,567.50", None));
    assert_eq!(cell("yen", exact("1500")), number("1,500", None));
    let page = cell_in(Locale::English, "price", &json!({"price": exact("-5")}), Place::Page);
    assert_eq!(page, number("−5.00", Some("USD")));
    let mixed = cell_in(Locale::English, "total", &json!({"total": exact("99.9"), "currency": "EUR"}), Place::Row);
    assert_eq!(mixed, number("99.90", Some("EUR")));
    assert_eq!(cell("qty", exact("123456789012345678")), number("123,456,789,012,345,678", None));
    assert_eq!(cell("share", exact("0.118")), number("11.8%", None));
}

#[test]
fn choices_with_colours_are_tags_and_those_without_are_words() {
    let tag = Tag::new("高", Hue::C2);
    assert_eq!(cell_in(Locale::Chinese, "grade", &json!({"grade": "A"}), Place::Row), Cell::Tag { tag });
    assert_eq!(cell_in(Locale::Chinese, "land", &json!({"land": "DE"}), Place::Row), Cell::text("德国"));
    assert_eq!(cell("stage", json!("won")), Cell::status("Won", Hue::C2));
    assert_eq!(cell("land", json!("XX")), Cell::text("XX"), "a choice that is gone keeps its value");
}

#[test]
fn moments_are_told_in_the_readers_zone_and_days_near_today_in_words() {
    let text = |cell: Cell| match cell {
        Cell::Date { text, full, .. } => (text, full),
        other => panic!("{other:?}"),
    };
    let pair = |a: &str, b: &str| (a.to_string(), b.to_string());
    assert_eq!(text(cell("at", json!("2026-11-24T01:00:00Z"))), pair("today 09:00", "2026-11-24 09:00"));
    assert_eq!(text(cell("day", json!("2026-11-25"))), pair("tomorrow", "2026-11-25"));
    let page = cell_in(Locale::English, "day", &json!({"day": "2026-11-25"}), Place::Page);
    assert_eq!(text(page), pair("2026-11-25", "2026-11-25"));
    assert_eq!(cell("start", json!("08:30:00")), Cell::text("08:30"));
}

#[test]
fn a_reader_whose_zone_is_another_than_the_companys_is_told_which_one() {
    let at = json!({"at": "2026-11-24T01:00:00Z", "day": "2026-11-25"});
    let seen = |name: &str, place: Place| match cell_from(chrono_tz::Europe::Berlin, Locale::English, name, &at, place)
    {
        Cell::Date { text, full, zone, .. } => (text, full, zone),
        other => panic!("{other:?}"),
    };
    let told =
        |text: &str, full: &str, zone: Option<&str>| (text.to_string(), full.to_string(), zone.map(str::to_string));
    let full = "2026-11-24 02:00 Europe/Berlin";
    assert_eq!(seen("at", Place::Page), told("2026-11-24 02:00", full, Some("Europe/Berlin")));
    assert_eq!(seen("at", Place::Row), told("today 02:00", full, None), "its column says it");
    assert_eq!(seen("day", Place::Page), told("2026-11-25", "2026-11-25", None), "a day has no zone");
}

#[test]
fn addresses_become_links_only_where_they_are_addresses() {
    assert_eq!(cell("mail", json!("a@b.example")), Cell::link("a@b.example", "mailto:a@b.example"));
    assert_eq!(cell("site", json!("https://a.example/")), Cell::link("a.example", "https://a.example/"));
    assert_eq!(cell("site", json!("javascript:alert(1)")), Cell::text("javascript:alert(1)"));
    assert_eq!(cell("phone", json!("+49 (40) 55-50")), Cell::link("+49 (40) 55-50", "tel:+49405550"));
    assert_eq!(cell("phone", json!("call Ann")), Cell::text("call Ann"));
}

#[test]
fn a_link_that_the_reader_may_not_follow_is_masked() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let known = json!({"customer": id, "_titles": {"customer": "Hamburg GmbH"}});
    assert_eq!(
        cell_in(Locale::English, "customer", &known, Place::Row),
        Cell::link("Hamburg GmbH", format!("/forms/customer/{id}"))
    );
    let unknown = json!({"customer": id, "_titles": {"customer": null}});
    assert_eq!(cell_in(Locale::English, "customer", &unknown, Place::Row), Cell::Masked { text: None });
    let none = json!({"customers": [id], "_titles": {"customers": [null]}});
    assert_eq!(cell_in(Locale::English, "customers", &none, Place::Row), Cell::Masked { text: None });
}

#[test]
fn empty_values_are_empty_and_parts_of_masked_ones_are_shown_as_they_are() {
    for (name, value) in [("price", Json::Null), ("mail", json!("")), ("customers", json!([])), ("paid", Json::Null)] {
        assert_eq!(cell(name, value), Cell::Empty, "{name}");
    }
    assert_eq!(cell("price", json!("••34")), Cell::text("••34"));
    assert_eq!(cell("paid", json!(false)), Cell::Boolean { value: false });
    assert_eq!(cell("note", json!("a\nb")), Cell::text("a b"));
    let unknown = cell("owner", json!("01890a5d-ac96-774b-bcce-b302099a8057"));
    assert!(matches!(unknown, Cell::Person { person } if person.name == "Unknown person"));
}

#[test]
fn a_cell_that_is_itself_a_link_holds_no_other() {
    assert_eq!(unlinked(Cell::link("a", "mailto:a"), text::Locale::En), Cell::text("a"));
    assert_eq!(unlinked(Cell::number("1"), text::Locale::En), Cell::number("1"));
}
