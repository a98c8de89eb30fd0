//! The shells of the designer.

use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::*;

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        (
            "design",
            "/design",
            true,
            Page::Design(Design {
                screen: Screen::Apps,
                title: None,
                crumbs: vec![],
                app: None,
                kind: None,
                name: None,
                types: vec!["text".to_owned(), "date".to_owned()],
                may_create: true,
            }),
        ),
        (
            "design-app",
            "/design",
            true,
            Page::Design(Design {
                screen: Screen::App,
                title: Some(w.say("Customers", "客户管理")),
                crumbs: vec![Link::new(w.say("Designer", "设计器"), "/design")],
                app: Some("crm".to_owned()),
                kind: None,
                name: None,
                types: vec!["text".to_owned(), "date".to_owned()],
                may_create: true,
            }),
        ),
        (
            "design-form",
            "/design",
            true,
            Page::Design(Design {
                screen: Screen::Editor,
                title: Some(w.say("Customer", "客户")),
                crumbs: vec![Link::new(w.say("Designer", "设计器"), "/design")],
                app: Some("crm".to_owned()),
                kind: Some("form".to_owned()),
                name: Some("customer".to_owned()),
                types: vec!["text".to_owned(), "date".to_owned()],
                may_create: true,
            }),
        ),
    ]
}
