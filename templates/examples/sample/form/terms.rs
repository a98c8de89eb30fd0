//! The section of a form with every other kind of control.

use super::super::Words;
use super::super::control::{controls, text, users};
use super::super::customer::{countries, file};
use formwright_templates::view::control::{Choice, Control, ControlKind, Picked, Span, TextFormat};
use formwright_templates::view::form::FormSection;

/// The section with every other kind of control.
pub(super) fn terms(w: Words) -> FormSection {
    let control = controls(w);
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
                ControlKind::Duration { value: "PT1H30M".to_owned(), shown: w.say("1 h 30 min", "1 小时 30 分钟") },
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
                        id: "u1".to_owned(), title: w.say("Haiyan Wang", "王海燕"), masked: false
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
                ControlKind::Signature { file: None, form: "quotation".to_owned(), field: "signature".to_owned() },
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
    }
}
