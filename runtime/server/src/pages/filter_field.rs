//! The fields that a filter can be built of, with their operators and controls.

use super::control::Desk;
use super::seen_form::SeenForm;
use super::value_control::filter_value;
use formwright_core::field::{Encryption, FieldKind, SystemField};
use formwright_templates::view::{Control, ControlKind, FilterField, OperatorFamily, PickerSource};

fn family(kind: &FieldKind) -> OperatorFamily {
    match kind {
        FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan | FieldKind::Serial(_) => {
            OperatorFamily::Text
        }
        FieldKind::Number(_) | FieldKind::Duration | FieldKind::Time => OperatorFamily::Number,
        FieldKind::Date | FieldKind::DateTime => OperatorFamily::Date,
        FieldKind::Boolean => OperatorFamily::Boolean,
        FieldKind::Choice(_) | FieldKind::Status(_) => OperatorFamily::Choice,
        FieldKind::Choices(_)
        | FieldKind::Tags(_)
        | FieldKind::Users
        | FieldKind::Links(_)
        | FieldKind::Departments => OperatorFamily::Many,
        FieldKind::User => OperatorFamily::Person,
        FieldKind::Department => OperatorFamily::Department,
        FieldKind::Link(_) => OperatorFamily::Link,
        FieldKind::Table(_) | FieldKind::Files(_) | FieldKind::Signature | FieldKind::Location | FieldKind::Json => {
            OperatorFamily::Presence
        }
    }
}

/// The fields that the filter builder offers.
pub fn fields(desk: &Desk<'_>, seen: &SeenForm) -> Vec<FilterField> {
    let words = desk.teller.words;
    let mut out: Vec<FilterField> = seen
        .each()
        .filter(|(_, field)| !field.is_live())
        .map(|(_, field)| {
            let family = match field.encryption {
                Some(Encryption { exact: true }) => OperatorFamily::Exact,
                Some(Encryption { exact: false }) => OperatorFamily::Presence,
                None => family(&field.kind),
            };
            let control = if family == OperatorFamily::Presence {
                Control::new(&field.name, field.title.get(words), ControlKind::default())
            } else {
                filter_value(desk, &field.name, field)
            };
            FilterField { path: field.name.clone(), title: field.title.get(words).to_string(), family, control }
        })
        .collect();
    for system in [SystemField::CreatedAt, SystemField::CreatedBy, SystemField::UpdatedAt, SystemField::UpdatedBy] {
        let (family, input) = match system {
            SystemField::CreatedBy | SystemField::UpdatedBy => (
                OperatorFamily::Person,
                ControlKind::Picker { source: PickerSource::Users, values: Vec::new(), many: true },
            ),
            _ => (OperatorFamily::Date, ControlKind::Date { value: String::new() }),
        };
        let title = system.title().get(words).to_string();
        out.push(FilterField {
            path: system.name().to_string(),
            control: Control::new(system.name(), title.clone(), input),
            title,
            family,
        });
    }
    out
}
