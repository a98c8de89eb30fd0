//! The surroundings of a page: who is signed in, and the navigation.

use super::Words;
use formwright_templates::view::cell::Hue;
use formwright_templates::view::*;
use formwright_templates::{Density, Locale, PageContext, Theme, UserBadge};

/// The surroundings of a page.
pub fn context(locale: Locale, signed_in: bool, active: &str) -> PageContext {
    let w = Words(locale);
    let link = |title: String, href: &str, icon: &str, count: Option<&str>, hot: bool, on_phone: bool| NavLink {
        title,
        href: href.to_owned(),
        icon: icon.to_owned(),
        count: count.map(str::to_owned),
        hot,
        active: href == active,
        on_phone,
    };
    PageContext {
        restricted: false,
        locale,
        theme: Theme::System,
        density: Density::Normal,
        csrf: "sample".to_owned(),
        user: signed_in.then(|| UserBadge {
            id: "u1".to_owned(),
            login: "wang.haiyan".to_owned(),
            name: w.say("Haiyan Wang", "王海燕"),
            initials: w.say("HW", "海"),
            hue: Hue::C4,
            title: Some(w.say("Sales manager", "销售经理")),
        }),
        nav: vec![
            NavGroup {
                title: None,
                links: vec![
                    link(w.say("Home", "工作台"), "/", "house", None, false, true),
                    link(w.say("Approvals", "待我审批"), "/tasks", "stamp", Some("4"), true, true),
                ],
            },
            NavGroup {
                title: Some(w.say("Foreign trade customers", "外贸客户管理")),
                links: vec![
                    link(w.say("Leads", "线索"), "/forms/lead", "funnel", Some("38"), false, false),
                    link(w.say("Customers", "客户"), "/forms/customer", "users", None, false, true),
                    link(w.say("Opportunities", "商机"), "/forms/opportunity", "target", None, false, false),
                    link(w.say("Quotations", "报价单"), "/forms/quotation", "file-text", None, false, false),
                    link(w.say("Sales orders", "销售订单"), "/forms/sales_order", "ship", None, false, false),
                ],
            },
            NavGroup {
                title: Some(w.say("Administration", "管理")),
                links: vec![
                    link(w.say("People", "人员"), "/admin/people", "user", None, false, false),
                    link(w.say("Departments", "部门"), "/admin/departments", "building-2", None, false, false),
                    link(w.say("Roles", "角色"), "/admin/roles", "shield", None, false, false),
                    link(w.say("Audit log", "审计日志"), "/admin/audit", "scroll-text", None, false, false),
                ],
            },
        ],
        company: w.say("Yizhou International Trade", "沂州国际贸易"),
        flash: None,
        test_clock: None,
        path: active.to_owned(),
        unread: Some("3".to_owned()),
    }
}
