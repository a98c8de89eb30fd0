//! The workbook of 412 messy customers is read, cleaned and checked for duplicates exactly as it must be.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::NaiveDate;
use formwright_exchange::clean::amount::Rates;
use formwright_exchange::clean::choice::ChoiceIndex;
use formwright_exchange::clean::date::DateRules;
use formwright_exchange::heading::{self, Field, Heading, Reason};
use formwright_exchange::row::{
    DuplicateRules, Duplicates, Kind, Known, NoneKnown, NumberKind, PhoneKind, Plan, RowOptions, Target, UnknownUser,
    name_contact, walk,
};
use formwright_exchange::source::{OpenOptions, Workbook, open};
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

/// Code, English, Chinese, calling code.
const COUNTRIES: &[(&str, &str, &str, &str)] = &[
    ("DE", "Germany", "德国", "49"),
    ("FR", "France", "法国", "33"),
    ("PL", "Poland", "波兰", "48"),
    ("GB", "United Kingdom", "英国", "44"),
    ("IT", "Italy", "意大利", "39"),
    ("US", "United States", "美国", "1"),
    ("CA", "Canada", "加拿大", "1"),
    ("MX", "Mexico", "墨西哥", "52"),
    ("BR", "Brazil", "巴西", "55"),
    ("CL", "Chile", "智利", "56"),
    ("PE", "Peru", "秘鲁", "51"),
    ("AE", "United Arab Emirates", "阿联酋", "971"),
    ("SA", "Saudi Arabia", "沙特阿拉伯", "966"),
    ("IQ", "Iraq", "伊拉克", "964"),
    ("VN", "Vietnam", "越南", "84"),
    ("TH", "Thailand", "泰国", "66"),
    ("MY", "Malaysia", "马来西亚", "60"),
    ("PH", "Philippines", "菲律宾", "63"),
    ("ID", "Indonesia", "印度尼西亚", "62"),
    ("JP", "Japan", "日本", "81"),
    ("KR", "South Korea", "韩国", "82"),
    ("IN", "India", "印度", "91"),
    ("NG", "Nigeria", "尼日利亚", "234"),
    ("KE", "Kenya", "肯尼亚", "254"),
    ("ZA", "South Africa", "南非", "27"),
    ("EG", "Egypt", "埃及", "20"),
    ("AU", "Australia", "澳大利亚", "61"),
    ("RU", "Russia", "俄罗斯", "7"),
    ("KZ", "Kazakhstan", "哈萨克斯坦", "7"),
];

const USERS: &[(&str, &str)] = &[
    ("li.na", "李娜"),
    ("zhang.wei", "张伟"),
    ("liu.yang", "刘洋"),
    ("wang.fang", "王芳"),
    ("zhao.min", "赵敏"),
    ("sun.hao", "孙浩"),
];

struct Day;

impl Rates for Day {
    fn rate(&self, currency: &str) -> Option<Decimal> {
        let rate = match currency {
            "CNY" => "1",
            "USD" => "7.370161",
            "EUR" => "8.397030",
            _ => return None,
        };
        Decimal::from_str(rate).ok()
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/messy")
}

fn read_json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder().join(name)).unwrap()).unwrap()
}

fn index(choices: &[(&str, &[&str])]) -> Arc<ChoiceIndex> {
    let mut index = ChoiceIndex::new();
    for (value, names) in choices {
        index.add(value, *names);
    }
    Arc::new(index)
}

fn countries() -> Arc<ChoiceIndex> {
    let aliases = std::fs::read_to_string(folder().join("country_aliases.csv")).unwrap();
    let mut index = ChoiceIndex::new();
    for (code, en, zh, _) in COUNTRIES {
        index.add(code, [*en, *zh]);
    }
    for (code, alias) in aliases.lines().skip(1).filter_map(|line| line.split_once(',')) {
        index.add(code, [alias.trim_matches('"')]);
    }
    Arc::new(index)
}

fn kind(target: &str) -> Kind {
    match target {
        "company" | "contact.name" | "contact.title" => Kind::Text(Some(200)),
        "note" => Kind::LongText(None),
        "country" => Kind::Country(countries()),
        "contact.email" => Kind::Email(Some("contact.emails_other".into())),
        "contact.phone" => Kind::Phone(PhoneKind {
            second: Some("contact.mobile".into()),
            note: Some("note".into()),
            country: Some("country".into()),
            dial: Arc::new(
                COUNTRIES
                    .iter()
                    .map(|(code, _, _, dial)| ((*code).to_owned(), (*dial).to_owned()))
                    .collect::<HashMap<_, _>>(),
            ),
        }),
        "source" => Kind::Choice(index(&[
            ("fair", &["展会", "广交会", "Canton Fair"]),
            ("alibaba", &["阿里", "阿里巴巴"]),
            ("made_in_china", &["中国制造网"]),
            ("website", &["官网", "独立站"]),
            ("social", &["LinkedIn", "领英", "Facebook"]),
            ("email", &["邮件", "开发信", "E-mail"]),
            ("referral", &["转介绍", "老客户介绍"]),
            ("other", &["其他"]),
        ])),
        "product_lines" => Kind::Choices(index(&[
            ("plywood", &["胶合板", "板材", "木板"]),
            ("hardware", &["五金工具", "五金", "tools"]),
            ("plastics", &["塑料制品", "塑料"]),
        ])),
        "annual_purchase_usd" => {
            Kind::Money(NumberKind { scale: Some(2), non_negative: true, round: false }, Some("USD".into()))
        }
        "created_on" => Kind::Date(NaiveDate::from_ymd_opt(2026, 11, 20)),
        "owner" => Kind::User(
            index(&USERS.iter().map(|(login, name)| (*login, std::slice::from_ref(name))).collect::<Vec<_>>()),
            UnknownUser::LeaveEmpty,
        ),
        "website" => Kind::Website,
        other => panic!("{other}"),
    }
}

/// Columns by the mapping's headings, as an engine would bind them.
fn plan(workbook: &Workbook, heading: &Heading, mapping: &Value) -> (Plan, Vec<String>) {
    let options = &mapping["options"];
    let mut plan = Plan::new(
        RowOptions {
            dates: DateRules {
                default_year: options["default_year"].as_i64().map(|year| year as i32),
                day_first: options["day_first"].as_bool(),
                date1904: false,
            },
            default_currency: options["default_currency"].as_str().map(str::to_owned),
            rates: Arc::new(Day),
            ..RowOptions::default()
        }
        .for_workbook(workbook),
    );
    let wanted: HashMap<String, &str> = mapping["columns"]
        .as_object()
        .unwrap()
        .iter()
        .filter_map(|(title, field)| Some((heading::normal(title), field.as_str()?)))
        .collect();
    let mut ignored = Vec::new();
    for (column, title) in heading.titles.iter().enumerate() {
        match wanted.get(&heading::normal(title)) {
            Some(key) => plan.map(
                column,
                Target {
                    key: (*key).to_owned(),
                    kind: kind(key),
                    required: matches!(*key, "company" | "country" | "product_lines"),
                },
            ),
            None => ignored.push(title.clone()),
        }
    }
    for (target, value) in mapping["defaults"].as_object().unwrap() {
        plan.default_value(target, value.clone());
    }
    (plan, ignored)
}

fn accepted(number: u32, values: &indexmap::IndexMap<String, Value>, warnings: Vec<String>, near: &[Known]) -> Value {
    let get = |key: &str| values.get(key).cloned().unwrap_or(Value::Null);
    let amount = match get("annual_purchase_usd") {
        Value::Number(number) => json!(number.to_string()),
        other => other,
    };
    let others = values.get("contact.emails_other").cloned().unwrap_or_else(|| json!([]));
    let mut row = json!({
        "row": number, "company": get("company"), "country": get("country"), "source": get("source"), "product_lines": get("product_lines"), "annual_purchase_usd": amount,
        "created_on": get("created_on"), "owner": get("owner"), "in_pool": get("owner").is_null(), "website": get("website"), "note": get("note"),
        "contact": {"name": get("contact.name"), "title": get("contact.title"), "email": get("contact.email"), "emails_other": others, "phone": get("contact.phone"), "mobile": get("contact.mobile")},
        "warnings": warnings,
    });
    if !near.is_empty() {
        row["possible_duplicate_of"] = near
            .iter()
            .map(|of| match of {
                Known::Row(row) => json!(row),
                Known::Record { .. } => panic!("no records"),
            })
            .collect();
    }
    row
}

fn import(workbook: &Workbook, mapping: &Value) -> Value {
    let sheet = workbook.sheet_index(mapping["sheet"].as_str().unwrap()).unwrap();
    let first = workbook.preview(sheet, 20).unwrap();
    let heading = first
        .iter()
        .find(|row| u64::from(row.number) == mapping["header_row"].as_u64().unwrap())
        .map(Heading::of)
        .unwrap();
    let (plan, ignored) = plan(workbook, &heading, mapping);
    let key = |key: &str| Some(key.to_owned());
    let mut duplicates = Duplicates::new(DuplicateRules {
        company: key("company"),
        country: key("country"),
        email: key("contact.email"),
        phone: key("contact.phone"),
    });
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    let (mut faults_by_code, mut warnings_by_code) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
    let summary = walk(workbook, sheet, &heading, &plan, |source| {
        let mut row = plan.clean(&source);
        let mut faults: Vec<Value> =
            row.faults.iter().map(|fault| json!({"field": fault.target, "code": fault.notice.code.as_str()})).collect();
        if faults.is_empty() {
            name_contact(&mut row.values, "contact.name", "company", &["contact.email", "contact.phone"]);
            if let Some(repeat) = duplicates.find(&row.values, &mut NoneKnown) {
                let Known::Row(of) = repeat.of else { panic!("no records") };
                faults.push(json!({"field": repeat.target, "code": "duplicate", "of": of}));
            }
        }
        if faults.is_empty() {
            let mut warnings: Vec<String> =
                row.warnings.iter().map(|warning| warning.notice.code.as_str().to_owned()).collect();
            let near = duplicates.find_near(&row.values, &mut NoneKnown);
            if !near.is_empty() {
                warnings.push("possible_duplicate".into());
            }
            warnings.sort();
            warnings.dedup();
            for warning in &warnings {
                *warnings_by_code.entry(warning.clone()).or_default() += 1;
            }
            duplicates.accept(row.number, &row.values);
            taken.push(accepted(row.number, &row.values, warnings, &near));
        } else {
            for fault in &faults {
                *faults_by_code.entry(fault["code"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            refused.push(json!({"row": row.number, "faults": faults}));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    json!({
        "counts": {
            "data_rows": summary.rows, "accepted": taken.len(), "refused": refused.len(), "merged": 0, "blank": summary.blank.count, "totals": summary.totals.count,
            "repeated_header": summary.header.count, "hidden_rows": summary.hidden.count, "faults_by_code": faults_by_code, "warnings_by_code": warnings_by_code,
        },
        "accepted": taken, "refused": refused, "merged": [],
        "skipped": {"blank": summary.blank.listed, "totals": summary.totals.listed, "header": summary.header.listed},
        "hidden_rows": summary.hidden.listed, "ignored_columns": ignored,
    })
}

fn workbook() -> Workbook {
    open(std::fs::read(folder().join("customers-messy.xlsx")).unwrap(), "customers-messy.xlsx", &OpenOptions::default())
        .unwrap()
}

#[test]
fn the_messy_workbook_gives_exactly_what_is_expected() {
    let got = import(&workbook(), &read_json("customers-messy.mapping.json"));
    let want = read_json("customers-messy.expected.json");
    for part in ["refused", "accepted"] {
        let by_row = |value: &Value| -> Map<String, Value> {
            value[part].as_array().unwrap().iter().map(|row| (row["row"].to_string(), row.clone())).collect()
        };
        let (got, want) = (by_row(&got), by_row(&want));
        let wrong: Vec<String> = want
            .iter()
            .filter(|(row, value)| got.get(*row) != Some(value))
            .map(|(row, value)| format!("{row}: want {value}\n      got {}", got.get(row).unwrap_or(&Value::Null)))
            .collect();
        assert!(
            wrong.is_empty(),
            "{} rows of {part} differ:\n{}",
            wrong.len(),
            wrong.into_iter().take(12).collect::<Vec<_>>().join("\n")
        );
    }
    assert_eq!(got, want);
}

#[test]
fn the_headings_of_the_messy_workbook_are_found_and_mapped() {
    let workbook = workbook();
    let mapping = read_json("customers-messy.mapping.json");
    let fields: Vec<Field> = mapping["columns"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(title, key)| Field {
            key: key.as_str().unwrap().to_owned(),
            titles: vec![title.clone()],
            aliases: Vec::new(),
        })
        .collect();
    let heading = heading::find(&workbook.preview(0, 20).unwrap(), &fields).unwrap();
    assert_eq!(heading.row, 3);
    let columns = heading::propose(&heading, &fields, &workbook.layout(0).unwrap().hidden_columns);
    assert_eq!(columns.iter().filter(|column| column.reason == Reason::Named).count(), 13);
    assert_eq!(
        columns.iter().find(|column| column.heading == "内部底价").map(|column| column.reason),
        Some(Reason::Hidden)
    );
}
