//! What a person sets for himself: profile, security, notifications.

use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::*;

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        (
            "profile",
            "/profile",
            true,
            Page::Profile(Profile {
                name: w.say("Haiyan Wang", "王海燕"),
                login: "wang".to_owned(),
                email: Some("wang@yizhou.example".to_owned()),
                department: Some(w.say("Sales", "销售部")),
                roles: vec![w.say("Sales manager", "销售经理")],
                time_zone: String::new(),
                time_zones: vec!["Asia/Shanghai".to_owned(), "Europe/Berlin".to_owned()],
                company_zone: "Asia/Shanghai".to_owned(),
            }),
        ),
        (
            "security",
            "/profile/security",
            true,
            Page::Security(Security {
                login: "wang".to_owned(),
                factor: SecondFactor {
                    enabled: true,
                    since: Some("2026-10-01".to_owned()),
                    recovery_codes: "2".to_owned(),
                    few: true,
                    required: false,
                },
                must_enrol: false,
                password_min: 12,
                tokens: vec![ApiToken {
                    id: "t1".to_owned(),
                    name: w.say("Stock import", "库存导入"),
                    created: "2026-10-01".to_owned(),
                    expires: Some("2026-12-30".to_owned()),
                    last_used: None,
                }],
                sessions: vec![
                    OpenSession {
                        id: "s1".to_owned(),
                        agent: w.say("Chrome on Windows", "Windows 上的 Chrome"),
                        address: "203.0.113.7".to_owned(),
                        last_seen: w.say("just now", "刚刚"),
                        current: true,
                        second_factor: true,
                    },
                    OpenSession {
                        id: "s2".to_owned(),
                        agent: w.say("Safari on iPhone", "iPhone 上的 Safari"),
                        address: "203.0.113.9".to_owned(),
                        last_seen: w.say("yesterday", "昨天"),
                        current: false,
                        second_factor: false,
                    },
                ],
            }),
        ),
        (
            "security-must-enrol",
            "/profile/security",
            true,
            Page::Security(Security { login: "wang".to_owned(), must_enrol: true, ..Security::default() }),
        ),
        (
            "notifications",
            "/",
            true,
            Page::Notifications(Notifications {
                rows: vec![
                    NotificationRow {
                        id: "n1".to_owned(),
                        icon: "message-square".to_owned(),
                        title: w.say("Min Zhang mentioned you on Yizhou", "张敏在“沂州”中提到了您"),
                        text: w.say("Please look at the price.", "请看一下价格。"),
                        href: Some("/forms/customer/r1".to_owned()),
                        at: w.say("just now", "刚刚"),
                        iso: "2026-11-24".to_owned(),
                        unread: true,
                    },
                    NotificationRow {
                        id: "n2".to_owned(),
                        icon: "circle-alert".to_owned(),
                        title: w.say("A job has failed", "一项后台任务失败"),
                        at: w.say("yesterday", "昨天"),
                        iso: "2026-11-23".to_owned(),
                        ..NotificationRow::default()
                    },
                ],
                unread: true,
                pager: Pager::default(),
            }),
        ),
        ("notifications-none", "/", true, Page::Notifications(Notifications::default())),
        (
            "notification-preferences",
            "/",
            true,
            Page::NotificationPreferences(NotificationPreferences {
                choices: vec![NotificationChoice {
                    kind: "mention".to_owned(),
                    title: w.say("Somebody mentions you", "有人提到您"),
                    text: w.say("With @ in a comment.", "在评论中用 @ 提到。"),
                    icon: "message-square".to_owned(),
                    in_app: true,
                }],
            }),
        ),
    ]
}
