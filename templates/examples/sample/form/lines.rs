//! The section of a form with a child table.

use super::super::Words;
use super::super::control::{controls, number, products, text};
use formwright_templates::view::cell::Cell;
use formwright_templates::view::control::{Control, ControlKind, Picked, TableColumn, TableRow, TextFormat};
use formwright_templates::view::form::FormSection;

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

/// The section of a child table.
pub(super) fn lines(w: Words, with_faults: bool) -> FormSection {
    let control = controls(w);
    let blank =
        |name: &str, english: &str, chinese: &str, input: ControlKind, unit: Option<&str>, sum: bool, width: u8| {
            TableColumn {
                control: Control::new(name, w.say(english, chinese), input),
                unit: unit.map(str::to_owned),
                sum,
                width,
            }
        };
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
    }
}
