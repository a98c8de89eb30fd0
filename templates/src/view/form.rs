//! Filling in a record: a new one, or changes to a stored one.

use serde::Serialize;

use super::cell::Tone;
use super::control::Control;
use super::shell::{Crumb, FormRef};

/// The page of a form being filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Form {
    /// Which form.
    pub form: FormRef,
    /// The record being changed, `None` for a new one.
    pub record: Option<EditedRecord>,
    /// Sections in order.
    pub sections: Vec<FormSection>,
    /// Faults known when the page is drawn; usually none, they come with the answer to saving.
    pub faults: Vec<Fault>,
    /// Figures kept in sight at the side (on a phone the first strong one in the bar).
    pub summary: Vec<SummaryLine>,
    /// Where the record goes.
    pub save: SaveTarget,
    /// Where "Cancel" leads.
    pub cancel_href: String,
    /// The reader's zone (`Asia/Shanghai`), for moments.
    pub time_zone: String,
    /// The company's day today, `2026-11-24`, for "tomorrow" and "+30" in date fields.
    pub today: String,
    /// The form has rules or computed fields: ask `/api/records/{form}/preview` while somebody types.
    pub live: bool,
    /// Fields of a new record that begin with a value of somebody's choice: of a copy, or given in the address.
    pub started: Vec<String>,
    /// By what the record is compared with others: `/api/records/{form}/duplicates` is asked when one of the fields changes.
    pub compared: Vec<Comparison>,
}

/// A question whether a record like this is there already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Name of the form that is asked.
    pub form: String,
    /// Fields of the page, each with the path under which it is asked.
    pub fields: Vec<(String, String)>,
    /// The field that links to the asked form: the record it names is no other one.
    pub link: Option<String>,
    /// Fields that are told of a hit.
    pub told: Vec<ToldField>,
}

/// A field that is told of a record like the one being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ToldField {
    /// Its name in the answer.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Words of its values, where it is a choice.
    pub choices: Vec<(String, String)>,
}

/// The stored record behind a form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct EditedRecord {
    /// Its id.
    pub id: String,
    /// Its version: sent as `If-Match`.
    pub version: i64,
    /// Its title.
    pub title: String,
}

/// A card of controls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FormSection {
    /// Anchor, unique on the page.
    pub name: String,
    /// Heading; empty draws none.
    pub title: String,
    /// A sentence under the heading.
    pub help: Option<String>,
    /// 1 or 2.
    pub columns: u8,
    /// Its controls. A [`super::ControlKind::Table`] stands alone in its section or takes the whole width.
    pub controls: Vec<Control>,
}

/// Something wrong with the record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Path of the field, empty for the record as a whole.
    pub path: String,
    /// The field's title (`Lines, row 3 · Quantity`).
    pub label: String,
    /// What would be right.
    pub message: String,
}

/// A line of the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SummaryLine {
    /// Path of the (usually computed) field; the live preview updates it.
    pub path: String,
    /// The field's title.
    pub label: String,
    /// Finished value.
    pub text: String,
    /// Attention.
    pub tone: Tone,
    /// The figure that counts.
    pub strong: bool,
}

/// The call that saves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SaveTarget {
    /// `POST` or `PATCH`.
    pub method: String,
    /// `/api/records/customer` or `/api/records/customer/{id}`; of people `/api/users`, …
    pub href: String,
    /// Where to go afterwards; `{id}` in it is replaced by the saved id.
    pub next: String,
}

impl Form {
    /// Crumbs of the page: the form's list, then the record.
    pub fn crumbs(&self) -> Vec<Crumb> {
        let list = Crumb::new(self.form.title.clone(), self.form.href());
        match &self.record {
            Some(record) => vec![list, Crumb::new(record.title.clone(), format!("{}/{}", self.form.href(), record.id))],
            None => vec![list],
        }
    }
}
