//! What the company sets, and the audit log.

use super::form::form;
use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::cell::{Hue, Person};
use formwright_templates::view::form::SaveTarget;
use formwright_templates::view::*;

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        (
            "settings",
            "/admin/settings",
            true,
            Page::Settings(Settings {
                apps: vec![
                    SettingsApp {
                        title: w.say("Company", "公司"),
                        href: "/admin/settings".to_owned(),
                        icon: "building-2".to_owned(),
                        active: true,
                    },
                    SettingsApp {
                        title: w.say("Customers", "客户管理"),
                        href: "/admin/settings?app=trade_crm".to_owned(),
                        icon: "layout-grid".to_owned(),
                        active: false,
                    },
                ],
                sections: form(w, false).sections,
                save: SaveTarget {
                    method: "PATCH".to_owned(),
                    href: "/api/settings/system".to_owned(),
                    next: "/admin/settings".to_owned(),
                },
                version: 3,
                time_zone: "Asia/Shanghai".to_owned(),
                today: "2026-11-24".to_owned(),
            }),
        ),
        (
            "audit",
            "/admin/audit",
            true,
            Page::Audit(Audit {
                filter: AuditFilter::default(),
                actions: vec![("sign_in".to_owned(), w.say("Sign-in", "登录"))],
                rows: vec![
                    AuditRow {
                        at: w.say("today 09:12", "今天 09:12"),
                        iso: "2026-11-24T01:12:00Z".to_owned(),
                        person: Some(Person::new("u1", w.say("Haiyan Wang", "王海燕"))),
                        action: w.say("Export", "导出"),
                        hue: Hue::C3,
                        object: Some(Link::new(w.say("Customers", "客户"), "/forms/customer")),
                        detail: Some(w.say("93 records as xlsx", "93 条，xlsx")),
                        address: Some("203.0.113.7".to_owned()),
                    },
                    AuditRow {
                        at: w.say("today 09:00", "今天 09:00"),
                        iso: "2026-11-24T01:00:00Z".to_owned(),
                        person: None,
                        action: w.say("Backup", "备份"),
                        hue: Hue::C9,
                        object: None,
                        detail: None,
                        address: None,
                    },
                ],
                pager: Pager { next_href: Some("/admin/audit?cursor=x".to_owned()), ..Pager::default() },
            }),
        ),
        ("audit-none", "/admin/audit", true, Page::Audit(Audit::default())),
    ]
}
