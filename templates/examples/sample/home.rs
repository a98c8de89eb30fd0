//! The home page, full and empty, and what a search finds.

use super::customer::{customer, rows};
use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::*;

fn home(w: Words, empty: bool) -> Home {
    if empty {
        return Home {
            name: w.say("Haiyan", "王海燕"),
            date: w.say("Tuesday, 24 November", "11 月 24 日 星期二"),
            tasks: Some(vec![]),
            start: vec![StartStep {
                title: w.say("Choose an app", "选择一个应用"),
                text: w.say("Start from a ready-made one and change it later.", "从现成的应用开始，之后随时修改。"),
                href: "/design".to_owned(),
                done: false,
            }],
            shipped: vec![ShippedApp {
                name: "trade_crm".to_owned(),
                title: w.say("Customers and sales", "客户与销售"),
                description: w.say("Customers, leads, opportunities", "客户、线索、商机"),
            }],
            ..Home::default()
        };
    }
    let task = |no: &str, text: &str, warning: Option<String>, at: String| TaskRow {
        href: "/tasks/1".to_owned(),
        title: no.to_owned(),
        text: text.to_owned(),
        warning,
        at,
        iso: "2026-11-24T06:00:00Z".to_owned(),
    };
    Home {
        shipped: vec![],
        day_part: DayPart::Morning,
        name: w.say("Haiyan", "王海燕"),
        date: w.say("Tuesday, 24 November", "11 月 24 日 星期二"),
        work: vec![WorkList {
            form: "customer".to_owned(),
            title: w.say("My customers", "我的客户"),
            note: w.say("Customers", "客户"),
            href: "/forms/customer?view=mine".to_owned(),
            filter: "{\"field\":\"owner\",\"op\":\"eq\",\"value\":{\"var\":\"me\"}}".to_owned(),
        }],
        tasks: Some(vec![
            task(
                "QT-2026-1187",
                "Al Noor Building Materials LLC",
                Some(w.say("Margin 11.8%, below 12%", "毛利率 11.8%，低于 12%")),
                w.say("3 min ago", "3 分钟前"),
            ),
            task("SO-2026-0734", "Saigon Interiors Co., Ltd", None, w.say("yesterday", "昨天")),
        ]),
        recent: rows(w)
            .into_iter()
            .take(5)
            .map(|row| RecentRecord {
                href: row.href,
                title: row.title,
                form: w.say("Customers", "客户"),
                icon: "users".to_owned(),
                at: w.say("2 h ago", "2 小时前"),
                iso: "2026-11-24T06:00:00Z".to_owned(),
            })
            .collect(),
        apps: vec![
            AppTile {
                title: w.say("Foreign trade customers", "外贸客户管理"),
                description: Some(w.say("Leads, customers, opportunities", "线索、客户与商机")),
                icon: "handshake".to_owned(),
                forms: ["lead", "customer", "opportunity"]
                    .iter()
                    .zip([w.say("Leads", "线索"), w.say("Customers", "客户"), w.say("Opportunities", "商机")])
                    .map(|(name, title)| Link::new(title, format!("/forms/{name}")))
                    .collect(),
            },
            AppTile {
                title: w.say("Orders", "订单"),
                description: None,
                icon: "ship".to_owned(),
                forms: vec![
                    Link::new(w.say("Quotations", "报价单"), "/forms/quotation"),
                    Link::new(w.say("Sales orders", "销售订单"), "/forms/sales_order"),
                ],
            },
        ],
        quick_new: vec![
            Link::new(w.say("Customers", "客户"), "/forms/customer/new"),
            Link::new(w.say("Quotations", "报价单"), "/forms/quotation/new"),
        ],
        start: vec![],
    }
}

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        ("home", "/", true, Page::Home(home(w, false))),
        ("home-empty", "/", true, Page::Home(home(w, true))),
        (
            "search",
            "/search",
            true,
            Page::Search(Search {
                query: "plywood".to_owned(),
                groups: vec![SearchGroup {
                    form: customer(w),
                    hits: vec![SearchHit {
                        href: "/forms/customer/1".to_owned(),
                        title: "PT Nusantara Plywood".to_owned(),
                        text: vec![
                            ("PT Nusantara ".to_owned(), false),
                            ("Plywood".to_owned(), true),
                            (", Surabaya".to_owned(), false),
                        ],
                    }],
                    more_href: Some("/forms/customer?q=plywood".to_owned()),
                }],
            }),
        ),
        ("search-none", "/search", true, Page::Search(Search { query: "<img src=x>".to_owned(), groups: vec![] })),
        ("search-blank", "/search", true, Page::Search(Search::default())),
    ]
}
