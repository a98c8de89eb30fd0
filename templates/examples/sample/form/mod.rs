//! A form with every kind of control, new and with faults.

mod basics;
mod lines;
mod terms;

use super::{Drawn, Words};
use basics::basics;
use formwright_templates::Page;
use formwright_templates::view::cell::Tone;
use formwright_templates::view::form::{Comparison, EditedRecord, Fault, Form, SaveTarget, SummaryLine, ToldField};
use formwright_templates::view::*;
use lines::lines;
use terms::terms;

/// A form with every kind of control.
pub fn form(w: Words, with_faults: bool) -> Form {
    Form {
        form: FormRef {
            name: "quotation".to_owned(),
            title: w.say("Quotation", "报价单"),
            app: w.say("Foreign trade customers", "外贸客户管理"),
            icon: "file-text".to_owned(),
        },
        started: Vec::new(),
        record: with_faults.then(|| EditedRecord { id: "q1".to_owned(), version: 4, title: "QT-2026-1187".to_owned() }),
        sections: vec![basics(w, with_faults), lines(w, with_faults), terms(w)],
        faults: if with_faults {
            vec![
                Fault {
                    path: "valid_until".to_owned(),
                    label: w.say("Valid until", "有效期至"),
                    message: w.say("Not before the day of the quotation, 2026-11-24", "不能早于报价日期 2026-11-24"),
                },
                Fault {
                    path: "lines/2/qty".to_owned(),
                    label: w.say("Lines, row 3 · Quantity", "产品明细第 3 行 · 数量"),
                    message: w.say("A multiple of 50: 100 or 150", "必须是起订量 50 的整数倍，最近的是 100 或 150"),
                },
            ]
        } else {
            vec![]
        },
        summary: vec![
            SummaryLine {
                path: "goods".to_owned(),
                label: w.say("Goods", "产品金额"),
                text: "86,420.40".to_owned(),
                tone: Tone::Plain,
                strong: false,
            },
            SummaryLine {
                path: "freight".to_owned(),
                label: w.say("Freight and insurance", "运保费"),
                text: "7,125.19".to_owned(),
                tone: Tone::Plain,
                strong: false,
            },
            SummaryLine {
                path: "total".to_owned(),
                label: w.say("Total CIF", "CIF 总价"),
                text: "USD 93,545.59".to_owned(),
                tone: Tone::Plain,
                strong: true,
            },
            SummaryLine {
                path: "margin".to_owned(),
                label: w.say("Margin", "毛利率"),
                text: "11.8%".to_owned(),
                tone: Tone::Bad,
                strong: true,
            },
        ],
        save: SaveTarget {
            method: if with_faults { "PATCH" } else { "POST" }.to_owned(),
            href: if with_faults { "/api/records/quotation/q1" } else { "/api/records/quotation" }.to_owned(),
            next: "/forms/quotation/{id}".to_owned(),
        },
        cancel_href: "/forms/quotation".to_owned(),
        time_zone: "Asia/Shanghai".to_owned(),
        today: "2026-11-24".to_owned(),
        live: true,
        compared: vec![Comparison {
            form: "customer".to_owned(),
            fields: vec![("email".to_owned(), "contacts.email".to_owned())],
            link: Some("customer".to_owned()),
            told: vec![ToldField { name: "owner".to_owned(), title: w.say("Owner", "负责人"), choices: Vec::new() }],
        }],
    }
}

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        ("form-new", "/forms/quotation", true, Page::Form(form(w, false))),
        ("form-edit", "/forms/quotation", true, Page::Form(form(w, true))),
    ]
}
