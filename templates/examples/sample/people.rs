//! People, departments and roles.

use super::control::{controls, text};
use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::cell::{Hue, Person, Tag};
use formwright_templates::view::control::{Control, ControlKind, Picked, PickerSource, TextFormat};
use formwright_templates::view::form::{FormSection, SaveTarget};
use formwright_templates::view::*;

fn members(w: Words) -> Vec<MemberRow> {
    [
        ("u1", "Haiyan Wang", "王海燕", "wang", "Sales", "销售部", false, false),
        ("u2", "Zhenguo Li", "李振国", "li", "Foreign trade 1", "外贸一部", true, false),
        ("u3", "Min Zhang", "张敏", "zhang", "Foreign trade 2", "外贸二部", false, true),
    ]
    .into_iter()
    .map(|(id, e, c, login, de, dc, invited, inactive)| MemberRow {
        href: format!("/admin/people/{id}"),
        person: Person { inactive, ..Person::new(id, w.say(e, c)) },
        login: login.to_owned(),
        department: (id != "u3").then(|| w.say(de, dc)),
        roles: vec![Tag::new(w.say("Salesperson", "业务员"), Hue::C9)],
        invited,
        last_seen: (!invited).then(|| w.say("3 min ago", "3 分钟前")),
    })
    .collect()
}

fn person_page(w: Words) -> PersonPage {
    let control = controls(w);
    PersonPage {
        id: Some("u2".to_owned()),
        name: w.say("Zhenguo Li", "李振国"),
        active: true,
        sections: vec![FormSection {
            name: "account".to_owned(),
            title: w.say("Account", "账号"),
            help: None,
            columns: 2,
            controls: vec![
                Control { required: true, ..control("name", "Name", "姓名", text("李振国", TextFormat::Plain)) },
                Control { required: true, ..control("login", "Login", "账号", text("li", TextFormat::Plain)) },
                control(
                    "department",
                    "Department",
                    "部门",
                    ControlKind::Picker { source: PickerSource::Departments, values: vec![], many: false },
                ),
                control(
                    "roles",
                    "Roles",
                    "角色",
                    ControlKind::Picker {
                        source: PickerSource::Roles,
                        values: vec![Picked {
                            id: "salesperson".to_owned(),
                            title: w.say("Salesperson", "业务员"),
                            masked: false,
                        }],
                        many: true,
                    },
                ),
            ],
        }],
        save: SaveTarget {
            method: "PATCH".to_owned(),
            href: "/api/users/u2".to_owned(),
            next: "/admin/people".to_owned(),
        },
        invitation: Some("https://crm.example/invite/abcdef".to_owned()),
        facts: vec![],
        actions: PersonActions { invite: true, reset_factor: true, deactivate: true, activate: false },
    }
}

fn roles(w: Words) -> Roles {
    Roles {
        roles: [("admin", "Administrator", "管理员", "1"), ("salesperson", "Salesperson", "业务员", "6")]
            .into_iter()
            .map(|(name, e, c, members)| RoleLink {
                title: w.say(e, c),
                href: format!("/admin/roles?role={name}"),
                members: members.to_owned(),
                active: name == "salesperson",
            })
            .collect(),
        role: Some(RoleDetail {
            name: "salesperson".to_owned(),
            title: w.say("Salesperson", "业务员"),
            description: Some(w.say("Works own leads and customers.", "负责自己的线索和客户。")),
            everything: false,
            rights: vec![w.say("Personal API tokens", "接口令牌")],
            grants: vec![
                GrantRow {
                    form: w.say("Customer", "客户"),
                    app: w.say("Foreign trade customers", "外贸客户管理"),
                    read: true,
                    create: true,
                    update: true,
                    delete: false,
                    import: false,
                    export: false,
                    scope: Some(w.say("own and department", "本人及本部门")),
                    hidden: vec![w.say("Cost", "成本"), w.say("Margin", "毛利率")],
                },
                GrantRow {
                    form: w.say("Sales orders", "销售订单"),
                    app: w.say("Orders", "订单"),
                    read: true,
                    create: false,
                    update: false,
                    delete: false,
                    import: false,
                    export: true,
                    scope: None,
                    hidden: vec![],
                },
            ],
            members: members(w).into_iter().map(|row| row.person).collect(),
        }),
    }
}

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    vec![
        (
            "people",
            "/admin/people",
            true,
            Page::People(People {
                count: Some("24".to_owned()),
                rows: members(w),
                create_href: Some("/admin/people/new".to_owned()),
                ..People::default()
            }),
        ),
        ("people-none", "/admin/people", true, Page::People(People { search: "zz".to_owned(), ..People::default() })),
        ("person", "/admin/people", true, Page::Person(person_page(w))),
        (
            "person-new",
            "/admin/people",
            true,
            Page::Person(PersonPage {
                id: None,
                invitation: None,
                actions: PersonActions::default(),
                save: SaveTarget {
                    method: "POST".to_owned(),
                    href: "/api/users".to_owned(),
                    next: "/admin/people/{id}".to_owned(),
                },
                ..person_page(w)
            }),
        ),
        (
            "departments",
            "/admin/departments",
            true,
            Page::Departments(Departments {
                rows: [
                    ("d1", "company", "Yizhou", "沂州国际贸易", 0, "24"),
                    ("d2", "sales", "Sales", "销售部", 1, "12"),
                    ("d3", "ft1", "Foreign trade 1", "外贸一部", 2, "6"),
                ]
                .into_iter()
                .map(|(id, name, e, c, depth, n)| DepartmentRow {
                    id: id.to_owned(),
                    name: name.to_owned(),
                    title: w.say(e, c),
                    parent: None,
                    depth,
                    heads: if depth == 1 { vec![Person::new("u1", w.say("Haiyan Wang", "王海燕"))] } else { vec![] },
                    members: n.to_owned(),
                })
                .collect(),
                can_edit: true,
            }),
        ),
        ("departments-none", "/admin/departments", true, Page::Departments(Departments::default())),
        ("roles", "/admin/roles", true, Page::Roles(roles(w))),
        (
            "roles-admin",
            "/admin/roles",
            true,
            Page::Roles(Roles {
                role: Some(RoleDetail {
                    name: "admin".to_owned(),
                    title: w.say("Administrator", "管理员"),
                    everything: true,
                    ..RoleDetail::default()
                }),
                ..roles(w)
            }),
        ),
    ]
}
