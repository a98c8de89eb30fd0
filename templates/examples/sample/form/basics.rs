//! The first section of a form: choices, dates, numbers and what is shown only.

use super::super::Words;
use super::super::control::controls;
use super::super::customer::countries;
use formwright_templates::view::cell::{Cell, Tone};
use formwright_templates::view::control::{Choice, ControlKind, Picked, PickerSource};
use formwright_templates::view::form::FormSection;

/// The first section: choices, dates, numbers and what is shown only.
pub(super) fn basics(w: Words, with_faults: bool) -> FormSection {
    let control = controls(w);
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
    }
}
