//! The customers that the samples are about: `customers.json` as rows, with their cells.

use super::Words;
use formwright_templates::view::cell::{Cell, FileChip, FileKind, Hue, Person, Tag, Tone};
use formwright_templates::view::control::Choice;
use formwright_templates::view::*;
use serde::Deserialize;

pub(super) fn customer(w: Words) -> FormRef {
    FormRef {
        name: "customer".to_owned(),
        title: w.say("Customer", "客户"),
        app: w.say("Foreign trade customers", "外贸客户管理"),
        icon: "users".to_owned(),
    }
}

pub(super) fn status(w: Words, state: &str) -> Cell {
    match state {
        "won" => Cell::status(w.say("Won", "成交"), Hue::C2),
        "keen" => Cell::status(w.say("Interested", "意向"), Hue::C1),
        "lost" => Cell::status(w.say("Lost", "流失"), Hue::C10),
        _ => Cell::status(w.say("Potential", "潜在"), Hue::C9),
    }
}

pub(super) fn day(text: &str, iso: &str, tone: Tone) -> Cell {
    Cell::Date { text: text.to_owned(), iso: iso.to_owned(), full: iso.to_owned(), zone: None, tone }
}

pub(super) fn grade(letter: &str) -> Cell {
    let hue = match letter {
        "A" => Hue::C2,
        "B" => Hue::C1,
        _ => Hue::C9,
    };
    Cell::Tag { tag: Tag::new(letter, hue) }
}

/// A customer as `customers.json` tells it: words in English and Chinese, figures as they are shown.
#[derive(Deserialize)]
struct Customer {
    company: String,
    country: (String, String),
    grade: String,
    status: String,
    purchases: String,
    margin: String,
    owner: String,
    next_on: (String, String),
    overdue: bool,
    tags: Vec<(String, String)>,
}

pub(super) fn rows(w: Words) -> Vec<Row> {
    #[allow(clippy::expect_used, reason = "the file is compiled in, and the tests draw it")]
    let customers: Vec<Customer> = serde_json::from_str(include_str!("customers.json")).expect("customers.json");
    let shown = |text: String| if text.is_empty() { Cell::Empty } else { Cell::number(text) };
    customers
        .into_iter()
        .enumerate()
        .map(|(index, customer)| {
            let (english, chinese) = &customer.next_on;
            let tone = if customer.overdue { Tone::Bad } else { Tone::Plain };
            let tags: Vec<Tag> = customer.tags.iter().map(|(e, c)| Tag::new(w.say(e, c), Hue::C9)).collect();
            Row {
                id: format!("0192f0c1-0000-7000-8000-0000000000{index:02}"),
                version: 3,
                title: customer.company.clone(),
                group: None,
                href: format!("/forms/customer/0192f0c1-0000-7000-8000-0000000000{index:02}?from=view%3Dall"),
                cells: vec![
                    Cell::text(customer.company),
                    Cell::text(w.say(&customer.country.0, &customer.country.1)),
                    grade(&customer.grade),
                    status(w, &customer.status),
                    shown(customer.purchases),
                    shown(customer.margin),
                    Cell::Person { person: Person::new(&customer.owner, customer.owner.clone()) },
                    if english.is_empty() { Cell::Empty } else { day(&w.say(english, chinese), "2026-11-24", tone) },
                    if tags.is_empty() { Cell::Empty } else { Cell::Tags { tags } },
                ],
            }
        })
        .collect()
}

pub(super) fn countries(w: Words) -> Vec<Choice> {
    [
        ("DE", "Germany", "德国"),
        ("US", "United States", "美国"),
        ("CN", "China", "中国"),
        ("BR", "Brazil", "巴西"),
        ("PE", "Peru", "秘鲁"),
        ("NG", "Nigeria", "尼日利亚"),
        ("VN", "Vietnam", "越南"),
        ("PL", "Poland", "波兰"),
        ("SA", "Saudi Arabia", "沙特阿拉伯"),
        ("NL", "Netherlands", "荷兰"),
        ("ID", "Indonesia", "印度尼西亚"),
        ("AE", "United Arab Emirates", "阿联酋"),
        ("PH", "Philippines", "菲律宾"),
        ("MY", "Malaysia", "马来西亚"),
    ]
    .into_iter()
    .map(|(value, english, chinese)| Choice::new(value, w.say(english, chinese)))
    .collect()
}

pub(super) fn file(name: &str, size: &str, content_type: &str) -> FileChip {
    let kind = FileKind::from_content_type(content_type);
    FileChip {
        id: name.to_owned(),
        name: name.to_owned(),
        size: size.to_owned(),
        kind,
        href: "/api/files/x".to_owned(),
        thumbnail: (kind == FileKind::Image).then(|| "/sample.svg".to_owned()),
    }
}
