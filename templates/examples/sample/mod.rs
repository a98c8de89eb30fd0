//! Sample view models of every page, in both languages: what the gallery draws and the tests check.

use formwright_templates::view::cell::{Cell, FileChip, FileKind, Hue, Person, Tag, Tone};
use formwright_templates::view::control::{
    Choice, Control, ControlKind, Picked, PickerSource, Span, TableColumn, TableRow, TextFormat,
};
use formwright_templates::view::form::{
    Comparison, EditedRecord, Fault, Form, FormSection, SaveTarget, SummaryLine, ToldField,
};
use formwright_templates::view::*;
use formwright_templates::{Density, Locale, Page, PageContext, Theme, UserBadge};

/// Words in two languages.
#[derive(Clone, Copy)]
pub struct Words(pub Locale);

impl Words {
    fn say(self, english: &str, chinese: &str) -> String {
        match self.0 {
            Locale::English => english.to_owned(),
            Locale::Chinese => chinese.to_owned(),
        }
    }
}

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

fn customer(w: Words) -> FormRef {
    FormRef {
        name: "customer".to_owned(),
        title: w.say("Customer", "客户"),
        app: w.say("Foreign trade customers", "外贸客户管理"),
        icon: "users".to_owned(),
    }
}

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

fn status(w: Words, state: &str) -> Cell {
    match state {
        "won" => Cell::status(w.say("Won", "成交"), Hue::C2),
        "keen" => Cell::status(w.say("Interested", "意向"), Hue::C1),
        "lost" => Cell::status(w.say("Lost", "流失"), Hue::C10),
        _ => Cell::status(w.say("Potential", "潜在"), Hue::C9),
    }
}

fn day(text: &str, iso: &str, tone: Tone) -> Cell {
    Cell::Date { text: text.to_owned(), iso: iso.to_owned(), full: iso.to_owned(), zone: None, tone }
}

fn grade(letter: &str) -> Cell {
    let hue = match letter {
        "A" => Hue::C2,
        "B" => Hue::C1,
        _ => Hue::C9,
    };
    Cell::Tag { tag: Tag::new(letter, hue) }
}

fn rows(w: Words) -> Vec<Row> {
    let data = [
        (
            "Hamburg Werkzeug Handels GmbH",
            "Germany",
            "德国",
            "A",
            "won",
            "486,200",
            "21.4%",
            "李振国",
            ("today 15:00", "今天 15:00", Tone::Plain),
            vec![("Quality first", "质量优先"), ("Custom made", "要求定制")],
        ),
        (
            "PT Nusantara Plywood",
            "Indonesia",
            "印度尼西亚",
            "A",
            "won",
            "412,750",
            "14.8%",
            "张敏",
            ("tomorrow", "明天", Tone::Plain),
            vec![("Long-term", "长期合作")],
        ),
        (
            "Al Noor Building Materials LLC",
            "United Arab Emirates",
            "阿联酋",
            "A",
            "keen",
            "298,400",
            "17.2%",
            "孙倩",
            ("11-27", "11-27", Tone::Plain),
            vec![("Price-sensitive", "价格敏感"), ("Long-term", "长期合作")],
        ),
        (
            "Northline Tool Supply Inc.",
            "United States",
            "美国",
            "A",
            "won",
            "264,090",
            "23.9%",
            "李振国",
            ("11-28", "11-28", Tone::Plain),
            vec![("Quality first", "质量优先")],
        ),
        (
            "Casa Forte Materiais Ltda",
            "Brazil",
            "巴西",
            "B",
            "keen",
            "187,300",
            "12.1%",
            "周扬",
            ("2 days overdue", "逾期 2 天", Tone::Bad),
            vec![("Small trial orders", "小批量试单")],
        ),
        (
            "Ferretería Andina S.A.",
            "Peru",
            "秘鲁",
            "B",
            "keen",
            "142,600",
            "18.6%",
            "赵立新",
            ("12-01", "12-01", Tone::Plain),
            vec![("Sampling", "样品阶段")],
        ),
        (
            "Lagos Hardware Distributors Ltd",
            "Nigeria",
            "尼日利亚",
            "B",
            "keen",
            "128,950",
            "19.3%",
            "周扬",
            ("12-02", "12-02", Tone::Plain),
            vec![("Price-sensitive", "价格敏感")],
        ),
        (
            "Saigon Interiors Co., Ltd",
            "Vietnam",
            "越南",
            "B",
            "keen",
            "116,400",
            "13.7%",
            "张敏",
            ("12-03", "12-03", Tone::Plain),
            vec![("Long-term", "长期合作")],
        ),
        (
            "Kowalski Narzędzia Sp. z o.o.",
            "Poland",
            "波兰",
            "B",
            "new",
            "98,200",
            "20.5%",
            "李振国",
            ("12-05", "12-05", Tone::Plain),
            vec![("Sampling", "样品阶段")],
        ),
        (
            "临沂木业有限公司 with a rather long name to fold and a second half that nobody reads to its end",
            "China",
            "中国",
            "B",
            "keen",
            "92,480",
            "11.9%",
            "孙倩",
            ("5 days overdue", "逾期 5 天", Tone::Bad),
            vec![],
        ),
        (
            "Rimal Trading Establishment",
            "Saudi Arabia",
            "沙特阿拉伯",
            "C",
            "new",
            "54,300",
            "16.0%",
            "孙倩",
            ("12-08", "12-08", Tone::Plain),
            vec![("Price-sensitive", "价格敏感")],
        ),
        (
            "Oranje Bouwstoffen B.V.",
            "Netherlands",
            "荷兰",
            "C",
            "lost",
            "",
            "",
            "赵立新",
            ("", "", Tone::Plain),
            vec![],
        ),
    ];
    data.into_iter()
        .enumerate()
        .map(|(index, (name, english, chinese, letter, state, amount, margin, owner, next, tags))| Row {
            id: format!("0192f0c1-0000-7000-8000-0000000000{index:02}"),
            version: 3,
            title: name.to_owned(),
            group: None,
            href: format!("/forms/customer/0192f0c1-0000-7000-8000-0000000000{index:02}?from=view%3Dall"),
            cells: vec![
                Cell::text(name),
                Cell::text(w.say(english, chinese)),
                grade(letter),
                status(w, state),
                if amount.is_empty() { Cell::Empty } else { Cell::number(amount) },
                if margin.is_empty() { Cell::Empty } else { Cell::number(margin) },
                Cell::Person { person: Person::new(owner, owner) },
                if next.0.is_empty() { Cell::Empty } else { day(&w.say(next.0, next.1), "2026-11-24", next.2) },
                if tags.is_empty() {
                    Cell::Empty
                } else {
                    Cell::Tags { tags: tags.into_iter().map(|(e, c)| Tag::new(w.say(e, c), Hue::C9)).collect() }
                },
            ],
        })
        .collect()
}

fn columns(w: Words) -> Vec<Column> {
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

fn countries(w: Words) -> Vec<Choice> {
    [
        ("DE", "Germany", "德国"),
        ("US", "United States", "美国"),
        ("CN", "China", "中国"),
        ("BR", "Brazil", "巴西"),
        ("PE", "Peru", "秘鲁"),
        ("NG", "Nigeria", "尼日利亚"),
        ("VN", "Vietnam", "越南"),
        ("PL", "Poland", "波兰"),
        ("SA", "Saudi Arabia", "沙特阿拉伯"),
        ("NL", "Netherlands", "荷兰"),
        ("ID", "Indonesia", "印度尼西亚"),
        ("AE", "United Arab Emirates", "阿联酋"),
        ("PH", "Philippines", "菲律宾"),
        ("MY", "Malaysia", "马来西亚"),
    ]
    .into_iter()
    .map(|(value, english, chinese)| Choice::new(value, w.say(english, chinese)))
    .collect()
}

fn users() -> PickerSource {
    PickerSource::Users
}

fn number(value: &str, shown: &str, scale: u8, unit: Option<&str>) -> ControlKind {
    ControlKind::Number {
        value: value.to_owned(),
        shown: shown.to_owned(),
        scale,
        percent: false,
        unit: unit.map(str::to_owned),
        unit_field: None,
    }
}

fn text(value: &str, format: TextFormat) -> ControlKind {
    ControlKind::Text { value: value.to_owned(), format, max_length: Some(200) }
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

fn file(name: &str, size: &str, content_type: &str) -> FileChip {
    let kind = FileKind::from_content_type(content_type);
    FileChip {
        id: name.to_owned(),
        name: name.to_owned(),
        size: size.to_owned(),
        kind,
        href: "/api/files/x".to_owned(),
        thumbnail: (kind == FileKind::Image).then(|| "/sample.svg".to_owned()),
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

fn line(
    w: Words,
    row: usize,
    product: &str,
    qty: (&str, &str),
    price: (&str, &str),
    sum: &str,
    fault: bool,
) -> TableRow {
    let path = |name: &str| format!("lines/{row}/{name}");
    let mut quantity = Control::new(path("qty"), w.say("Quantity", "数量"), number(qty.0, qty.1, 0, None));
    quantity.fault = fault.then(|| w.say("A multiple of 50: 100 or 150", "须为 50 的整数倍：100 或 150"));
    TableRow {
        id: Some(format!("row-{row}")),
        cells: vec![
            Control::new(
                path("product"),
                w.say("Product", "产品"),
                ControlKind::Picker {
                    source: products(w),
                    values: vec![Picked { id: format!("p{row}"), title: product.to_owned(), masked: false }],
                    many: false,
                },
            ),
            Control::new(path("spec"), w.say("Specification", "规格"), text("1220×2440×18 mm", TextFormat::Plain)),
            quantity,
            Control::new(path("price"), w.say("Price", "单价"), number(price.0, price.1, 2, None)),
            Control::new(
                path("sum"),
                w.say("Amount", "金额"),
                ControlKind::Shown { cell: Cell::number(sum), computed: true },
            ),
        ],
    }
}

fn products(w: Words) -> PickerSource {
    PickerSource::Records {
        form: "product".to_owned(),
        title_field: "name".to_owned(),
        details: vec!["spec".to_owned()],
        filter: None,
        title: w.say("Products", "产品"),
        create_href: None,
    }
}

/// A form with every kind of control.
pub fn form(w: Words, with_faults: bool) -> Form {
    let control = |path: &str, english: &str, chinese: &str, input: ControlKind| {
        Control::new(path, w.say(english, chinese), input)
    };
    let mut customer_control = control(
        "customer",
        "Customer",
        "客户",
        ControlKind::Picker {
            source: PickerSource::Records {
                form: "customer".to_owned(),
                title_field: "company".to_owned(),
                details: vec!["country".to_owned()],
                filter: Some(r#"{"field":"owner","op":"eq","value":{"var":"record.owner"}}"#.to_owned()),
                title: w.say("Customers", "客户"),
                create_href: Some("/forms/customer/new".to_owned()),
            },
            values: vec![Picked {
                id: "c1".to_owned(),
                title: "Al Noor Building Materials LLC".to_owned(),
                masked: false,
            }],
            many: false,
        },
    );
    customer_control.required = true;
    let mut valid =
        control("valid_until", "Valid until", "有效期至", ControlKind::Date { value: "2026-11-20".to_owned() });
    valid.required = true;
    valid.fault =
        with_faults.then(|| w.say("Not before the day of the quotation, 2026-11-24", "不能早于报价日期 2026-11-24"));
    let mut quoted =
        control("quoted_on", "Day of quotation", "报价日期", ControlKind::Date { value: "2026-11-24".to_owned() });
    quoted.required = true;
    let mut rate = control(
        "rate",
        "Exchange rate",
        "币种与汇率",
        ControlKind::Number {
            value: "7.085".to_owned(),
            shown: "7.0850".to_owned(),
            scale: 6,
            percent: false,
            unit: Some("USD".to_owned()),
            unit_field: Some("currency".to_owned()),
        },
    );
    rate.help = Some(w.say("1 USD = 7.0850 CNY, from today’s table", "1 USD = 7.0850 CNY，取自今日汇率表，可修改"));
    let mut credit = control(
        "credit_left",
        "Credit left",
        "信用额度余额",
        ControlKind::Shown {
            cell: Cell::Number { text: "52,000.00".to_owned(), unit: Some("USD".to_owned()), tone: Tone::Plain },
            computed: true,
        },
    );
    credit.help = Some(w.say("From the customer’s record", "由客户档案带出"));
    let blank =
        |name: &str, english: &str, chinese: &str, input: ControlKind, unit: Option<&str>, sum: bool, width: u8| {
            TableColumn {
                control: Control::new(name, w.say(english, chinese), input),
                unit: unit.map(str::to_owned),
                sum,
                width,
            }
        };
    Form {
        form: FormRef {
            name: "quotation".to_owned(),
            title: w.say("Quotation", "报价单"),
            app: w.say("Foreign trade customers", "外贸客户管理"),
            icon: "file-text".to_owned(),
        },
        started: Vec::new(),
        record: with_faults.then(|| EditedRecord { id: "q1".to_owned(), version: 4, title: "QT-2026-1187".to_owned() }),
        sections: vec![
            FormSection {
                name: "basic".to_owned(),
                title: w.say("Basics", "基本信息"),
                help: None,
                columns: 2,
                controls: vec![
                    control("number", "Number", "编号", ControlKind::Serial { value: None }),
                    customer_control,
                    quoted,
                    valid,
                    control(
                        "currency",
                        "Currency",
                        "币种",
                        ControlKind::Choice {
                            value: "USD".to_owned(),
                            options: ["USD", "EUR", "CNY"].map(|c| Choice::new(c, c)).to_vec(),
                        },
                    ),
                    rate,
                    control(
                        "land",
                        "Destination",
                        "目的国",
                        ControlKind::Choice { value: "AE".to_owned(), options: countries(w) },
                    ),
                    credit,
                    control(
                        "discount",
                        "Discount",
                        "折扣",
                        ControlKind::Number {
                            value: "0.05".to_owned(),
                            shown: "5".to_owned(),
                            scale: 4,
                            percent: true,
                            unit: None,
                            unit_field: None,
                        },
                    ),
                    control("urgent", "Urgent", "加急", ControlKind::Boolean { value: Some(true) }),
                ],
            },
            FormSection {
                name: "lines".to_owned(),
                title: w.say("Lines", "产品明细"),
                help: None,
                columns: 1,
                controls: vec![control(
                    "lines",
                    "Lines",
                    "产品明细",
                    ControlKind::Table {
                        columns: vec![
                            blank(
                                "product",
                                "Product",
                                "产品",
                                ControlKind::Picker { source: products(w), values: vec![], many: false },
                                None,
                                false,
                                4,
                            ),
                            blank("spec", "Specification", "规格", text("", TextFormat::Plain), None, false, 3),
                            blank("qty", "Quantity", "数量", number("", "", 0, None), None, true, 2),
                            blank("price", "Price", "单价", number("", "", 2, None), Some("USD"), false, 2),
                            blank(
                                "sum",
                                "Amount",
                                "金额",
                                ControlKind::Shown { cell: Cell::number(""), computed: true },
                                Some("USD"),
                                true,
                                2,
                            ),
                        ],
                        rows: vec![
                            line(
                                w,
                                0,
                                &w.say("Film faced plywood", "酚醛覆膜胶合板"),
                                ("4200", "4,200"),
                                ("13.6", "13.60"),
                                "57,120.00",
                                false,
                            ),
                            line(
                                w,
                                1,
                                &w.say("Commercial plywood, eucalyptus", "商用胶合板 桉木芯"),
                                ("2600", "2,600"),
                                ("9.15", "9.15"),
                                "23,790.00",
                                false,
                            ),
                            line(
                                w,
                                2,
                                &w.say("Birch panel BB/CC", "桦木面板 BB/CC"),
                                ("120", "120"),
                                ("45.92", "45.92"),
                                "5,510.40",
                                with_faults,
                            ),
                        ],
                        editable: true,
                        max_rows: Some(200),
                    },
                )],
            },
            FormSection {
                name: "more".to_owned(),
                title: w.say("Terms and files", "条款与附件"),
                help: Some(w.say("Printed at the end of the quotation.", "打印在报价单末尾。")),
                columns: 2,
                controls: vec![
                    control("mail", "E-mail", "邮箱", text("omar@alnoor.example", TextFormat::Email)),
                    control("phone", "Phone", "电话", text("+971 4 555 0142", TextFormat::Phone)),
                    control(
                        "ready_at",
                        "Ready at",
                        "备货完成",
                        ControlKind::Datetime {
                            value: "2026-11-24T07:00:00Z".to_owned(),
                            shown: "2026-11-24 15:00".to_owned(),
                            zone: Some("Europe/Berlin".to_owned()),
                        },
                    ),
                    control("call_at", "Call at", "致电时间", ControlKind::Time { value: "15:00".to_owned() }),
                    control(
                        "effort",
                        "Effort",
                        "工时",
                        ControlKind::Duration {
                            value: "PT1H30M".to_owned(),
                            shown: w.say("1 h 30 min", "1 小时 30 分钟"),
                        },
                    ),
                    control(
                        "status",
                        "Status",
                        "状态",
                        ControlKind::Status {
                            value: "draft".to_owned(),
                            options: vec![
                                Choice::new("draft", w.say("Draft", "草稿")),
                                Choice::new("sent", w.say("Sent", "已发送")),
                            ],
                        },
                    ),
                    control(
                        "tags",
                        "Tags",
                        "标签",
                        ControlKind::Tags {
                            values: vec!["fast".to_owned(), "new".to_owned()],
                            options: vec![
                                Choice::new("fast", w.say("Fast", "加急")),
                                Choice::new("sample", w.say("Sample", "样品")),
                            ],
                            open: true,
                        },
                    ),
                    control(
                        "markets",
                        "Markets",
                        "市场",
                        ControlKind::Choices { values: vec!["DE".to_owned(), "US".to_owned()], options: countries(w) },
                    ),
                    control(
                        "owner",
                        "Owner",
                        "负责人",
                        ControlKind::Picker {
                            source: users(),
                            values: vec![Picked {
                                id: "u1".to_owned(),
                                title: w.say("Haiyan Wang", "王海燕"),
                                masked: false,
                            }],
                            many: false,
                        },
                    ),
                    control(
                        "watchers",
                        "Watchers",
                        "关注人",
                        ControlKind::Picker {
                            source: users(),
                            values: vec![
                                Picked { id: "u2".to_owned(), title: w.say("Zhenguo Li", "李振国"), masked: false },
                                Picked { id: "u9".to_owned(), title: w.say("No access", "无权查看"), masked: true },
                            ],
                            many: true,
                        },
                    ),
                    control("code", "Barcode", "条码", ControlKind::Scan { value: String::new() }),
                    control(
                        "place",
                        "Place",
                        "位置",
                        ControlKind::Location { latitude: "25.2048".to_owned(), longitude: "55.2708".to_owned() },
                    ),
                    Control {
                        span: Span::Full,
                        ..control(
                            "note",
                            "Note",
                            "备注",
                            ControlKind::LongText {
                                value: w.say("Valid for full containers.", "整柜价格。"),
                                markdown: false,
                                max_length: Some(2000),
                            },
                        )
                    },
                    control(
                        "files",
                        "Files",
                        "附件",
                        ControlKind::Files {
                            files: vec![
                                file("Drawing.jpg", "220 KB", "image/jpeg"),
                                file("Specification.pdf", "1.2 MB", "application/pdf"),
                            ],
                            accept: vec!["image/*".to_owned(), "application/pdf".to_owned()],
                            max_bytes: Some(20 << 20),
                            max_size: Some("20 MB".to_owned()),
                            max_count: Some(10),
                            capture: true,
                            form: "quotation".to_owned(),
                            field: "files".to_owned(),
                        },
                    ),
                    control(
                        "signature",
                        "Signature",
                        "签名",
                        ControlKind::Signature {
                            file: None,
                            form: "quotation".to_owned(),
                            field: "signature".to_owned(),
                        },
                    ),
                    control("raw", "Raw data", "原始数据", ControlKind::Json { text: "{\n  \"a\": 1\n}".to_owned() }),
                    control(
                        "p",
                        "",
                        "",
                        ControlKind::Paragraph {
                            text: w.say("Prices are checked by the sales manager.", "价格由销售经理复核。"),
                        },
                    ),
                ],
            },
        ],
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
    let control = |path: &str, english: &str, chinese: &str, input: ControlKind| {
        Control::new(path, w.say(english, chinese), input)
    };
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

/// Every page: a name for the file, the path that is active in the navigation, whether somebody is signed in, the page.
pub fn pages(w: Words) -> Vec<(&'static str, &'static str, bool, Page)> {
    let empty_list =
        |empty: EmptyList| Page::List(List { rows: vec![], chips: list(w).chips, empty, totals: vec![], ..list(w) });
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
    let error = |status: u16| {
        Page::Error(ErrorPage {
            status,
            detail: None,
            request_id: Some("req_7f3a21c9".to_owned()),
            ways: String::new(),
        })
    };
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
        ("home", "/", true, Page::Home(home(w, false))),
        ("home-empty", "/", true, Page::Home(home(w, true))),
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
        ("record", "/forms/customer", true, Page::Record(record(w))),
        ("record-deleted", "/forms/customer", true, Page::Record(deleted)),
        ("record-bare", "/forms/customer", true, Page::Record(bare)),
        ("form-new", "/forms/quotation", true, Page::Form(form(w, false))),
        ("form-edit", "/forms/quotation", true, Page::Form(form(w, true))),
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
        ("error-403", "", true, error(403)),
        ("error-404", "", true, error(404)),
        ("error-500", "", false, error(500)),
        ("error-503", "", true, error(503)),
    ]
}
