//! The way in: sign-in and invitation.

use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::*;

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        ("sign-in", "", false, Page::SignIn(SignIn { next: "/forms/customer".to_owned(), ..SignIn::default() })),
        (
            "sign-in-failed",
            "",
            false,
            Page::SignIn(SignIn {
                login: "wang".to_owned(),
                error: Some(w.say("Login or password is wrong.", "账号或密码不正确。")),
                providers: vec![Link::new(w.say("WeCom", "企业微信登录"), "/api/session/wecom")],
                ..SignIn::default()
            }),
        ),
        ("sign-in-code", "", false, Page::SignIn(SignIn { challenge: Some("c".to_owned()), ..SignIn::default() })),
        (
            "invite",
            "",
            false,
            Page::Invite(Invite {
                action: "/invite/x".to_owned(),
                login: "li".to_owned(),
                name: w.say("Zhenguo Li", "李振国"),
                password_min: 12,
                error: None,
                expired: false,
            }),
        ),
        ("invite-expired", "", false, Page::Invite(Invite { expired: true, ..Invite::default() })),
    ]
}
