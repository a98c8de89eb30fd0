//! Controls, and where their pickers look.

use super::Words;
use formwright_templates::view::control::{Control, ControlKind, PickerSource, TextFormat};

pub(super) fn users() -> PickerSource {
    PickerSource::Users
}

pub(super) fn number(value: &str, shown: &str, scale: u8, unit: Option<&str>) -> ControlKind {
    ControlKind::Number {
        value: value.to_owned(),
        shown: shown.to_owned(),
        scale,
        percent: false,
        unit: unit.map(str::to_owned),
        unit_field: None,
    }
}

pub(super) fn text(value: &str, format: TextFormat) -> ControlKind {
    ControlKind::Text { value: value.to_owned(), format, max_length: Some(200) }
}

/// Makes controls with titles in two languages.
pub(super) fn controls(w: Words) -> impl Fn(&str, &str, &str, ControlKind) -> Control {
    move |path, english, chinese, input| Control::new(path, w.say(english, chinese), input)
}

pub(super) fn products(w: Words) -> PickerSource {
    PickerSource::Records {
        form: "product".to_owned(),
        title_field: "name".to_owned(),
        details: vec!["spec".to_owned()],
        filter: None,
        title: w.say("Products", "产品"),
        create_href: None,
    }
}
