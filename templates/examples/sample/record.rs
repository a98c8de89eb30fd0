//! A record with everything; a deleted and a bare one.

use super::customer::{customer, day, file, grade, status};
use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::cell::{Cell, Hue, Person, Tag, Tone};
use formwright_templates::view::*;

fn steps(w: Words) -> Steps {
    let step = |value: &str, title: String, state: StepState, is_open: bool, asks: bool| Step {
        value: value.to_owned(),
        title,
        state,
        is_open,
        asks,
    };
    Steps {
        path: "status".to_owned(),
        label: w.say("Status", "状态"),
        items: vec![
            step("prospect", w.say("Prospect", "潜在"), StepState::Done, false, false),
            step("interested", w.say("Interested", "意向"), StepState::Done, false, false),
            step("won", w.say("Won", "成交"), StepState::Now, false, false),
            step("lost", w.say("Lost", "流失"), StepState::Next, true, true),
        ],
    }
}

/// A record with everything.
pub fn record(w: Words) -> Record {
    let view = |path: &str, english: &str, chinese: &str, cell: Cell, wide: bool| FieldView {
        path: path.to_owned(),
        label: w.say(english, chinese),
        encrypted: false,
        cell,
        wide,
    };
    let fact = |english: &str, chinese: &str, value: String, note: String, tone: Tone| Fact {
        label: w.say(english, chinese),
        text: value,
        note: Some(note),
        tone,
    };
    Record {
        form: customer(w),
        unfit: vec![w.say("Tax number: At least 8 characters are needed.", "税号：至少需要 8 个字符。")],
        id: "0192f0c1-0000-7000-8000-000000000000".to_owned(),
        version: 7,
        title: "Hamburg Werkzeug Handels GmbH".to_owned(),
        mark: Some(Person { name: String::new(), initials: "HW".to_owned(), hue: Hue::C1, inactive: false }),
        steps: vec![steps(w)],
        badges: vec![Cell::Tag { tag: Tag::new(w.say("Grade A", "A 级"), Hue::C2) }, status(w, "won")],
        subtitle: vec![
            Cell::Code { text: "C-2026-00231".to_owned() },
            Cell::text(w.say("Germany", "德国")),
            Cell::Tags {
                tags: vec![
                    Tag::new(w.say("Quality first", "质量优先"), Hue::C9),
                    Tag::new(w.say("Custom made", "要求定制"), Hue::C9),
                ],
            },
        ],
        facts: vec![
            fact(
                "Purchases a year",
                "年采购额",
                "USD 486,200".to_owned(),
                w.say("First of all customers", "全部客户第 1 位"),
                Tone::Plain,
            ),
            fact("Margin", "毛利率", "21.4%".to_owned(), w.say("Company average 17.6%", "公司平均 17.6%"), Tone::Plain),
            fact("Last order", "最近成交", "11-12".to_owned(), "SO-2026-0719".to_owned(), Tone::Plain),
            fact("Unpaid", "未回款", "USD 21,600".to_owned(), w.say("6 days overdue", "逾期 6 天"), Tone::Bad),
            fact(
                "Next contact",
                "下次跟进",
                w.say("today 15:00", "今天 15:00"),
                w.say("Call, Zhenguo Li", "电话 · 李振国"),
                Tone::Plain,
            ),
        ],
        sections: vec![FactSection {
            title: w.say("Customer", "客户资料"),
            fields: vec![
                view(
                    "contact",
                    "Main contact",
                    "主联系人",
                    Cell::text(w.say("Klaus Brandt, purchasing", "Klaus Brandt · 采购总监")),
                    false,
                ),
                view(
                    "email",
                    "E-mail",
                    "邮箱",
                    Cell::link("k.brandt@hwh.example", "mailto:k.brandt@hwh.example"),
                    false,
                ),
                view("phone", "Phone", "电话", Cell::link("+49 40 5550 0142", "tel:+494055500142"), false),
                view("website", "Website", "网站", Cell::link("hwh.example", "https://hwh.example"), false),
                view(
                    "owner",
                    "Owner",
                    "负责人",
                    Cell::Person { person: Person::new("u2", w.say("Zhenguo Li", "李振国")) },
                    false,
                ),
                view(
                    "target_price",
                    "Target price",
                    "目标价",
                    Cell::Masked { text: Some(w.say("Only the owner sees it", "仅负责人可见")) },
                    false,
                ),
                view("active", "Active", "启用", Cell::Boolean { value: true }, false),
                view(
                    "share",
                    "Share of wallet",
                    "采购占比",
                    Cell::Progress { text: "68.7%".to_owned(), percent: 68 },
                    false,
                ),
                view("rating", "Rating", "评级", Cell::Stars { value: 4, of: 5 }, false),
                view("fax", "Fax", "传真", Cell::Empty, false),
                view(
                    "place",
                    "Place",
                    "位置",
                    Cell::Location { text: "53.5511, 9.9937".to_owned(), href: None },
                    false,
                ),
                view("since", "Customer since", "建档日期", day("2024-03-18", "2024-03-18", Tone::Plain), false),
                view(
                    "note",
                    "Note",
                    "备注",
                    Cell::Lines {
                        text: w.say(
                            "Buys adjustable wrenches and socket sets.\nPrices are fixed once a year, in November.",
                            "主要采购活动扳手、套筒组套。\n每年 11 月核定一次价格。",
                        ),
                    },
                    true,
                ),
                view(
                    "rich",
                    "Terms",
                    "条款",
                    Cell::Rich { html: "<p>T/T <strong>30%</strong></p><ul><li>FOB Qingdao</li></ul>".to_owned() },
                    true,
                ),
                view("json", "Raw data", "原始数据", Cell::Json { text: "{\n  \"id\": 1\n}".to_owned() }, true),
            ],
        }],
        tables: vec![ChildTable {
            name: "contacts".to_owned(),
            title: w.say("Contacts", "联系人"),
            columns: [
                ("name", "Name", "姓名", Align::Left),
                ("post", "Post", "职务", Align::Left),
                ("mail", "E-mail", "邮箱", Align::Left),
                ("calls", "Calls", "通话次数", Align::Right),
            ]
            .into_iter()
            .map(|(path, e, c, align)| Column { path: path.to_owned(), title: w.say(e, c), align, ..Column::default() })
            .collect(),
            rows: vec![
                vec![
                    Cell::text("Klaus Brandt"),
                    Cell::text(w.say("Head of purchasing", "采购总监")),
                    Cell::link("k.brandt@hwh.example", "mailto:k.brandt@hwh.example"),
                    Cell::number("18"),
                ],
                vec![Cell::text("Anna Lüders"), Cell::text(w.say("Quality", "质量")), Cell::Empty, Cell::number("4")],
            ],
            totals: vec![None, None, None, Some("22".to_owned())],
        }],
        related: vec![RelatedList {
            title: w.say("Orders", "销售订单"),
            count: Some("23".to_owned()),
            columns: [
                ("no", "No.", "单号", Align::Left),
                ("on", "Day", "日期", Align::Left),
                ("sum", "Amount", "金额", Align::Right),
                ("st", "Status", "状态", Align::Left),
            ]
            .into_iter()
            .map(|(path, e, c, align)| Column { path: path.to_owned(), title: w.say(e, c), align, ..Column::default() })
            .collect(),
            rows: vec![
                RelatedRow {
                    href: "/forms/sales_order/1".to_owned(),
                    cells: vec![
                        Cell::Code { text: "SO-2026-0719".to_owned() },
                        day("11-12", "2026-11-12", Tone::Plain),
                        Cell::number("64,800.00"),
                        Cell::status(w.say("Production", "生产中"), Hue::C1),
                    ],
                },
                RelatedRow {
                    href: "/forms/sales_order/2".to_owned(),
                    cells: vec![
                        Cell::Code { text: "SO-2026-0688".to_owned() },
                        day("10-08", "2026-10-08", Tone::Plain),
                        Cell::number("72,350.00"),
                        Cell::status(w.say("Overdue", "逾期回款"), Hue::C10),
                    ],
                },
            ],
            all_href: Some("/forms/sales_order?filter=x".to_owned()),
            create_href: Some("/forms/sales_order/new?customer=1".to_owned()),
        }],
        files: vec![
            file("Framework-2027-v3.xlsx", "48 KB", "text/csv"),
            file("Business-card.jpg", "220 KB", "image/jpeg"),
            file("Contract.pdf", "1.2 MB", "application/pdf"),
        ],
        history: vec![
            HistoryEntry {
                change: Change::Updated,
                person: Some(Person::new("u2", w.say("Zhenguo Li", "李振国"))),
                at: w.say("2 h ago", "2 小时前"),
                iso: "2026-11-24T13:00:00Z".to_owned(),
                full: "2026-11-24 13:00".to_owned(),
                cause: None,
                changes: vec![
                    FieldChange {
                        label: w.say("Next contact", "下次跟进"),
                        from: day("11-20", "2026-11-20", Tone::Plain),
                        to: day("11-24", "2026-11-24", Tone::Plain),
                    },
                    FieldChange { label: w.say("Status", "状态"), from: status(w, "keen"), to: status(w, "won") },
                    FieldChange {
                        label: w.say("Fax", "传真"), from: Cell::text("+49 40 5550 0143"), to: Cell::Empty
                    },
                ],
            },
            HistoryEntry {
                change: Change::Automated,
                person: None,
                at: "11-12 09:00".to_owned(),
                iso: "2026-11-12T01:00:00Z".to_owned(),
                full: "2026-11-12 09:00".to_owned(),
                cause: Some(
                    w.say("Rule “Dynamic grading”: 4 orders in 6 months", "规则“动态分级”：近 6 个月成交 4 单"),
                ),
                changes: vec![FieldChange { label: w.say("Grade", "等级"), from: grade("B"), to: grade("A") }],
            },
            HistoryEntry {
                change: Change::Imported,
                person: Some(Person::new("u1", w.say("Haiyan Wang", "王海燕"))),
                at: "2024-03-18".to_owned(),
                iso: "2024-03-18".to_owned(),
                full: "2024-03-18 10:00".to_owned(),
                cause: None,
                changes: vec![],
            },
        ],
        history_more_href: Some("/forms/customer/1?history=all".to_owned()),
        discussion: Some(Discussion {
            comments: vec![
                Comment {
                    person: Person::new("u3", w.say("Zhiyuan Chen", "陈志远")),
                    at: "11-20".to_owned(),
                    iso: "2026-11-20".to_owned(),
                    text: w.say(
                        "Please word the tax clause by the rate on the day of declaration.",
                        "税率分担建议写“以报关日适用税率为准”。模板里第 7 条改一下。",
                    ),
                },
                Comment {
                    person: Person::new("u2", w.say("Zhenguo Li", "李振国")),
                    at: "11-21".to_owned(),
                    iso: "2026-11-21".to_owned(),
                    text: w.say("Done, draft v3 is attached.", "收到，已更新合同草稿 v3。"),
                },
            ],
            can_write: true,
        }),
        actions: RecordActions {
            edit_href: Some("/forms/customer/1/edit".to_owned()),
            copy_href: Some("/forms/customer/new?from=1".to_owned()),
            delete: true,
            restore: false,
            purge: false,
            prints: vec![PrintLink {
                title: w.say("Profile (PDF)", "客户档案（PDF）"),
                href: "/api/records/customer/1/print/profile.pdf".to_owned(),
            }],
            buttons: vec![RecordButton {
                name: "quote".to_owned(),
                title: w.say("New quotation", "新建报价"),
                confirm: None,
                disabled_reason: None,
                primary: true,
            }],
        },
        deleted: None,
        locked: None,
        neighbours: Neighbours {
            previous_href: Some("/forms/customer/0".to_owned()),
            next_href: Some("/forms/customer/2".to_owned()),
            position: Some("1 / 93".to_owned()),
            list_href: Some("/forms/customer?view=all".to_owned()),
        },
    }
}

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    let deleted = Record {
        deleted: Some(Deletion {
            by: Some(w.say("Min Zhang", "张敏")),
            at: w.say("yesterday 17:20", "昨天 17:20"),
            purged_on: Some("2026-12-24".to_owned()),
        }),
        discussion: None,
        actions: RecordActions { restore: true, purge: true, ..RecordActions::default() },
        ..record(w)
    };
    let bare = Record {
        related: vec![],
        files: vec![],
        history: vec![],
        facts: vec![],
        discussion: None,
        locked: Some(w.say("Approved: locked until it is revised.", "已审批通过，修订前不可修改。")),
        ..record(w)
    };
    vec![
        ("record", "/forms/customer", true, Page::Record(record(w))),
        ("record-deleted", "/forms/customer", true, Page::Record(deleted)),
        ("record-bare", "/forms/customer", true, Page::Record(bare)),
    ]
}
