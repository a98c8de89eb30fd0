//! A list with rows and empty ones, an import, the recycle bin.

use super::control::{number, text, users};
use super::customer::{countries, customer, rows};
use super::{Drawn, Words};
use formwright_templates::Page;
use formwright_templates::view::control::{Choice, Control, ControlKind, TextFormat};
use formwright_templates::view::*;

pub(super) fn columns(w: Words) -> Vec<Column> {
    [
        ("company", "Company", "公司名称", Align::Left, None),
        ("country", "Country", "国家", Align::Left, None),
        ("grade", "Grade", "等级", Align::Left, None),
        ("status", "Status", "状态", Align::Left, None),
        ("purchases", "Purchases", "年采购额", Align::Right, Some("USD")),
        ("margin", "Margin", "毛利率", Align::Right, None),
        ("owner", "Owner", "负责人", Align::Left, None),
        ("next_on", "Next contact", "下次跟进", Align::Left, None),
        ("tags", "Tags", "标签", Align::Left, None),
    ]
    .into_iter()
    .map(|(path, english, chinese, align, unit)| Column {
        path: path.to_owned(),
        title: w.say(english, chinese),
        unit: unit.map(str::to_owned),
        align,
        sort: (path == "purchases").then_some(Sort::Descending),
        sort_href: Some(format!("/forms/customer?sort=-{path}")),
    })
    .collect()
}

/// A list with rows.
pub fn list(w: Words) -> List {
    let field = |path: &str, title: String, family: OperatorFamily, input: ControlKind| FilterField {
        path: path.to_owned(),
        control: Control::new(path, title.clone(), input),
        title,
        family,
    };
    List {
        form: customer(w),
        off: vec![w.say("Grade: There is no operator “under” for this field.", "等级：此字段没有运算符“under”。")],
        off_unnamed: true,
        tabs: [("all", "All customers", "全部客户", Some("1,248")), ("mine", "My customers", "我的客户", Some("86")), ("quiet", "Grade A, quiet for 30 days", "A 级 · 30 天未跟进", Some("7")), ("pool", "Public pool", "公海", Some("312"))]
            .into_iter()
            .map(|(key, english, chinese, count)| ViewTab {
                key: key.to_owned(),
                title: w.say(english, chinese),
                href: format!("/forms/customer?view={key}"),
                count: count.map(str::to_owned),
                active: key == "all",
                personal: key == "quiet",
            })
            .collect(),
        search: String::new(),
        chips: vec![
            FilterChip { label: w.say("Last contact", "最近跟进"), value: w.say("last 3 months", "近 3 个月"), remove_href: "/forms/customer".to_owned(), invalid: false },
            FilterChip { label: w.say("Grade", "等级"), value: w.say("A, B", "A、B"), remove_href: "/forms/customer".to_owned(), invalid: false },
        ],
        filter: r#"{"and":[{"field":"next_on","op":"within","value":{"last":3,"unit":"month"}},{"field":"grade","op":"in","value":["A","B"]}]}"#.to_owned(),
        filter_fields: vec![
            field("company", w.say("Company", "公司名称"), OperatorFamily::Text, text("", TextFormat::Plain)),
            field("country", w.say("Country", "国家"), OperatorFamily::Choice, ControlKind::Choices { values: vec![], options: countries(w) }),
            field("grade", w.say("Grade", "等级"), OperatorFamily::Choice, ControlKind::Choices { values: vec![], options: ["A", "B", "C"].map(|g| Choice::new(g, g)).to_vec() }),
            field("purchases", w.say("Purchases", "年采购额"), OperatorFamily::Number, number("", "", 2, None)),
            field("next_on", w.say("Next contact", "下次跟进"), OperatorFamily::Date, ControlKind::Date { value: String::new() }),
            field("owner", w.say("Owner", "负责人"), OperatorFamily::Person, ControlKind::Picker { source: users(), values: vec![], many: true }),
            field("active", w.say("Active", "启用"), OperatorFamily::Boolean, ControlKind::Boolean { value: Some(true) }),
        ],
        clear_href: Some("/forms/customer?view=all".to_owned()),
        columns: columns(w),
        rows: rows(w),
        totals: vec![None, None, None, None, Some("4,861,340".to_owned()), Some("17.3%".to_owned()), None, None, None],
        count: Some("93".to_owned()),
        pager: Pager { first_href: None, previous_href: None, next_href: Some("/forms/customer?cursor=x".to_owned()) },
        column_choices: columns(w).into_iter().map(|c| ColumnChoice { path: c.path, title: c.title, shown: true }).chain([ColumnChoice { path: "website".to_owned(), title: w.say("Website", "网站"), shown: false }]).collect(),
        save_view: SaveView { changed: true, view: None, body: r#"{"form":"customer","filter":null,"sort":"-purchases","fields":["company"]}"#.to_owned(), sort: "-purchases".to_owned() },
        actions: ListActions {
            create_href: Some("/forms/customer/new".to_owned()),
            import_href: Some("/forms/customer/import".to_owned()),
            export_xlsx_href: Some("/api/records/customer/export.xlsx".to_owned()),
            export_csv_href: Some("/api/records/customer/export.csv".to_owned()),
            recycle_bin_href: Some("/forms/customer/recycle-bin".to_owned()),
            design_href: None,
            bulk_delete: true,
            layouts: vec![
                LayoutLink { title: w.say("Table", "表格"), href: "/forms/customer".to_owned(), icon: "table".to_owned(), active: true },
                LayoutLink { title: w.say("Board", "看板"), href: "/forms/customer?view=board".to_owned(), icon: "square-kanban".to_owned(), active: false },
            ],
        },
        bulk_fields: vec![
            Control::new("grade", w.say("Grade", "等级"), ControlKind::Choice { value: String::new(), options: ["A", "B", "C"].map(|g| Choice::new(g, g)).to_vec() }),
            Control::new("owner", w.say("Owner", "负责人"), ControlKind::Picker { source: users(), values: vec![], many: false }),
        ],
        empty: EmptyList::Nothing,
        query: "view=all".to_owned(),
    }
}

pub(super) fn pages(w: Words) -> Vec<Drawn> {
    let empty_list =
        |empty: EmptyList| Page::List(List { rows: vec![], chips: list(w).chips, empty, totals: vec![], ..list(w) });
    vec![
        ("list", "/forms/customer", true, Page::List(list(w))),
        ("list-nothing", "/forms/customer", true, empty_list(EmptyList::Nothing)),
        (
            "list-no-match",
            "/forms/customer",
            true,
            empty_list(EmptyList::NoMatch {
                suggestions: vec![Link::new(w.say("Without “Grade”: 12", "去掉“等级”：12 条"), "/forms/customer")],
            }),
        ),
        ("list-no-access", "/forms/customer", true, empty_list(EmptyList::NoAccess)),
        (
            "import",
            "/forms/customer",
            true,
            Page::Import(Import {
                form: customer(w),
                template_href: "/api/records/customer/template.xlsx".to_owned(),
                max_bytes: 50 << 20,
                max_size: "50 MB".to_owned(),
                key_fields: vec![ImportField { path: "company".to_owned(), title: w.say("Company", "公司名称") }],
                modes: vec!["create".to_owned(), "update".to_owned(), "upsert".to_owned()],
            }),
        ),
        (
            "recycle-bin",
            "/forms/customer",
            true,
            Page::RecycleBin(RecycleBin {
                form: customer(w),
                days: Some(30),
                rows: rows(w)
                    .into_iter()
                    .take(3)
                    .map(|row| DeletedRow {
                        id: row.id,
                        title: row.title,
                        href: row.href,
                        by: Some(w.say("Min Zhang", "张敏")),
                        at: w.say("yesterday", "昨天"),
                        iso: "2026-11-23".to_owned(),
                        restore: true,
                        purge: true,
                    })
                    .collect(),
                pager: Pager::default(),
            }),
        ),
        (
            "recycle-bin-empty",
            "/forms/customer",
            true,
            Page::RecycleBin(RecycleBin { form: customer(w), ..RecycleBin::default() }),
        ),
    ]
}
