//! Controls for a value on its own: of a filter, and of a change to many records.

use super::choice_list::choices_of;
use super::control::{Desk, number};
use super::seen_form::SeenField;
use formwright_core::field::{Field, FieldKind, LinkOptions, NumberOptions};
use formwright_templates::view::{Control, ControlKind, PickerSource, TextFormat};
use serde_json::Value as Json;

/// A control for the value of a filter: empty, of choices, people and links the one that takes several.
pub fn filter_value(desk: &Desk<'_>, path: &str, field: &Field) -> Control {
    let empty = || Json::Null;
    let input = match &field.kind {
        FieldKind::Choice(o) => {
            ControlKind::Choices { values: Vec::new(), options: choices_of(&o.set, desk.teller.words, &[], true) }
        }
        FieldKind::Choices(o) => {
            ControlKind::Choices { values: Vec::new(), options: choices_of(&o.set, desk.teller.words, &[], true) }
        }
        FieldKind::Status(o) => {
            ControlKind::Choices { values: Vec::new(), options: choices_of(&o.set, desk.teller.words, &[], true) }
        }
        FieldKind::Tags(o) => ControlKind::Tags {
            values: Vec::new(),
            options: o.set.as_deref().map(|s| choices_of(s, desk.teller.words, &[], true)).unwrap_or_default(),
            open: o.open,
        },
        FieldKind::User | FieldKind::Users => {
            ControlKind::Picker { source: PickerSource::Users, values: Vec::new(), many: true }
        }
        FieldKind::Department | FieldKind::Departments => {
            ControlKind::Picker { source: PickerSource::Departments, values: Vec::new(), many: true }
        }
        FieldKind::Link(link) | FieldKind::Links(link) => {
            let plain = LinkOptions { filter: None, ..link.clone() };
            match desk.records(&plain) {
                Some(PickerSource::Records { form, title_field, details, filter, title, .. }) => ControlKind::Picker {
                    source: PickerSource::Records { form, title_field, details, filter, title, create_href: None },
                    values: Vec::new(),
                    many: true,
                },
                _ => ControlKind::default(),
            }
        }
        FieldKind::Boolean => ControlKind::Boolean { value: Some(true) },
        // a moment is asked for by its day
        FieldKind::DateTime => ControlKind::Date { value: String::new() },
        FieldKind::LongText { .. } | FieldKind::Text(_) | FieldKind::Serial(_) | FieldKind::Scan => {
            ControlKind::Text { value: String::new(), format: TextFormat::Plain, max_length: None }
        }
        FieldKind::Number(options) => {
            number(&NumberOptions { currency: None, currency_field: None, ..options.clone() }, &Json::Null, &Json::Null)
        }
        _ => desk.input("", field, "", &empty(), None, &Json::Null),
    };
    Control::new(path, field.title.get(desk.teller.words), input)
}

/// A control for changing many records at once; `None` for fields that are each record's own.
pub fn bulk_value(desk: &Desk<'_>, place: &SeenField, field: &Field) -> Option<Control> {
    let fits = match &field.kind {
        FieldKind::Choice(_)
        | FieldKind::Status(_)
        | FieldKind::User
        | FieldKind::Department
        | FieldKind::Date
        | FieldKind::Boolean
        | FieldKind::Link(_) => true,
        FieldKind::Number(number) => number.currency_field.is_none(),
        _ => false,
    };
    if !fits || place.readonly || field.is_encrypted() {
        return None;
    }
    let mut control = desk.one("", field, &field.name, &field.name, false, &Json::Null);
    if let FieldKind::Status(options) = &field.kind {
        control.input = ControlKind::Status {
            value: String::new(),
            options: choices_of(&options.set, desk.teller.words, &[], true),
        };
    }
    (!matches!(control.input, ControlKind::Shown { .. })).then_some(control)
}
