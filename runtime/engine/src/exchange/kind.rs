//! How a cell is read that fills a field, and what remains to be done with what was read.

use super::mapping::Options;
use super::target::{Slot, Targets};
use crate::organisation::Organisation;
use formwright_core::field::{ChoiceSet, Field, FieldKind, NumberFlavor, SystemField, TextFormat};
use formwright_core::form::Form;
use formwright_exchange::clean::choice::ChoiceIndex;
use formwright_exchange::row::{Kind, NumberKind, PhoneKind, UnknownUser};
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// What is done with a cleaned value before it is the record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It is the value.
    Nothing,
    /// A login, as the user's id.
    User,
    /// Logins, as ids.
    Users,
    /// The name of a department, as its id.
    Department,
    Departments,
    /// Text divided into tags.
    Tags,
    /// The name of a record.
    Link,
    /// Names of records.
    Links,
    /// A time on the clock of the company's zone, as an instant.
    Zoned,
    /// JSON as text.
    Parsed,
}

/// Makes kinds for the places of one import.
pub struct Kinds<'a> {
    pub targets: &'a Targets,
    pub organisation: &'a Organisation,
    pub options: &'a Options,
    /// The file is an export of ours: texts are what they are.
    pub verbatim: bool,
    /// Paths that columns of their own fill, so that second values of others do not go there.
    pub mapped: Vec<String>,
    pub today: chrono::NaiveDate,
}

impl Kinds<'_> {
    /// The kind of a place, and what comes after it.
    pub fn of(&self, slot: Slot) -> Option<(Kind, After)> {
        if let Slot::System(system) = slot {
            return Some(match system {
                SystemField::CreatedBy => (Kind::User(self.users(), UnknownUser::Refuse), After::User),
                SystemField::CreatedAt => (Kind::DateTime, After::Zoned),
                _ => (Kind::Text(Some(64)), After::Nothing),
            });
        }
        let (form, field) = self.targets.field(slot)?;
        let most = field.schema.get("maxLength").and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
        Some(match &field.kind {
            FieldKind::Text(text) => (self.text(slot, form, field, text.format, most), After::Nothing),
            FieldKind::LongText { .. } => (Kind::LongText(most), After::Nothing),
            FieldKind::Scan | FieldKind::Serial(_) => (Kind::Text(most), After::Nothing),
            FieldKind::Number(number) => {
                let kind = NumberKind {
                    scale: Some(number.scale),
                    non_negative: is_non_negative(field),
                    round: self.options.rounds(&field.name),
                };
                let kind = match number.flavor {
                    NumberFlavor::Percent => Kind::Percent(kind),
                    NumberFlavor::Money => Kind::Money(kind, number.currency.clone()),
                    NumberFlavor::Integer | NumberFlavor::Number => Kind::Number(kind),
                };
                (kind, After::Nothing)
            }
            FieldKind::Boolean => (Kind::Boolean, After::Nothing),
            FieldKind::Date => (Kind::Date(self.options.not_future(&field.name).then_some(self.today)), After::Nothing),
            FieldKind::DateTime => (Kind::DateTime, After::Zoned),
            FieldKind::Time => (Kind::Time, After::Nothing),
            FieldKind::Duration => (Kind::Duration, After::Nothing),
            FieldKind::Choice(choice) => {
                let index = Arc::new(index_of(&choice.set, choice.pick_any));
                // choices that know calling codes are countries
                let countries = choice.set.choices.iter().any(|c| c.data.contains_key("dial"));
                (if countries { Kind::Country(index) } else { Kind::Choice(index) }, After::Nothing)
            }
            FieldKind::Status(status) => (Kind::Choice(Arc::new(index_of(&status.set, true))), After::Nothing),
            FieldKind::Choices(choices) => {
                (Kind::Choices(Arc::new(index_of(&choices.set, choices.pick_any))), After::Nothing)
            }
            FieldKind::Tags(tags) => match &tags.set {
                Some(set) if !tags.open => (Kind::Choices(Arc::new(index_of(set, true))), After::Nothing),
                _ => (Kind::Text(None), After::Tags),
            },
            FieldKind::User => {
                // an owner nobody knows leaves the record to all; another person who is not known is a fault
                let owner = matches!(slot, Slot::Own(i) if form.record_owner == Some(i)) && !field.required;
                let unknown = if owner { UnknownUser::LeaveEmpty } else { UnknownUser::Refuse };
                (Kind::User(self.users(), unknown), After::User)
            }
            FieldKind::Users => (Kind::Choices(self.users()), After::Users),
            FieldKind::Department => (Kind::Choice(self.departments()), After::Department),
            FieldKind::Departments => (Kind::Choices(self.departments()), After::Departments),
            FieldKind::Link(_) => (Kind::Link, After::Link),
            FieldKind::Links(_) => (Kind::Link, After::Links),
            FieldKind::Json | FieldKind::Location => (Kind::LongText(None), After::Parsed),
            FieldKind::Table(_) | FieldKind::Files(_) | FieldKind::Signature => return None,
        })
    }

    fn text(&self, slot: Slot, form: &Form, field: &Field, format: TextFormat, most: Option<usize>) -> Kind {
        if self.verbatim {
            return Kind::Text(most);
        }
        match format {
            TextFormat::Plain => Kind::Text(most),
            TextFormat::Uri => Kind::Website,
            // in a row of a child table nothing else takes what does not fit
            TextFormat::Email if matches!(slot, Slot::Row { .. }) => Kind::Email(None),
            TextFormat::Phone if matches!(slot, Slot::Row { .. }) => {
                Kind::Phone(PhoneKind { second: None, note: None, country: None, dial: Arc::default() })
            }
            TextFormat::Email => Kind::Email(self.second(slot, form, field, |other| {
                matches!(other.kind, FieldKind::Tags(_))
                    && other.schema.pointer("/items/format").and_then(Json::as_str) == Some("email")
            })),
            TextFormat::Phone => {
                let (country, dial) = self.dialling();
                let second = self.second(
                    slot,
                    form,
                    field,
                    |other| matches!(&other.kind, FieldKind::Text(t) if t.format == TextFormat::Phone),
                );
                Kind::Phone(PhoneKind { second, note: self.note(), country, dial })
            }
        }
    }

    /// The path of another field of the same form that takes what does not fit into this one, unless a column fills it.
    fn second(&self, slot: Slot, form: &Form, field: &Field, fits: impl Fn(&Field) -> bool) -> Option<String> {
        let (index, other) =
            form.fields.iter().enumerate().find(|(_, other)| other.name != field.name && fits(other))?;
        let place = match slot {
            Slot::Part { part, .. } => Slot::Part { part, field: index },
            _ => Slot::Own(index),
        };
        let path = self.targets.path(place);
        // only where this is the first of its kind
        let first = form.fields.iter().position(|f| f.name == field.name)? < index || !fits(field);
        (first && self.targets.slot(&path).is_some() && !self.mapped.contains(&path) && !other.read_only)
            .then_some(path)
    }

    /// The long text of the record that takes what could not be read as a number to call.
    fn note(&self) -> Option<String> {
        let long = |f: &&Field| {
            matches!(f.kind, FieldKind::LongText { .. }) && !f.read_only && self.targets.slot(&f.name).is_some()
        };
        let fields = &self.targets.form.fields;
        fields
            .iter()
            .filter(long)
            .find(|f| f.name == "note")
            .or_else(|| fields.iter().find(long))
            .map(|f| f.name.clone())
    }

    /// The record's country, and the calling codes of its choices.
    fn dialling(&self) -> (Option<String>, Arc<HashMap<String, String>>) {
        for field in &self.targets.form.fields {
            let FieldKind::Choice(choice) = &field.kind else { continue };
            let codes: HashMap<String, String> = choice
                .set
                .choices
                .iter()
                .filter_map(|c| Some((c.value.clone(), c.data.get("dial")?.as_str()?.to_string())))
                .collect();
            if !codes.is_empty() {
                return (Some(field.name.clone()), Arc::new(codes));
            }
        }
        (None, Arc::default())
    }

    fn users(&self) -> Arc<ChoiceIndex> {
        let mut index = ChoiceIndex::new();
        for user in self.organisation.users() {
            index.add(&user.row.login, [&user.row.name]);
        }
        Arc::new(index)
    }

    fn departments(&self) -> Arc<ChoiceIndex> {
        let mut index = ChoiceIndex::new();
        for department in self.organisation.departments() {
            index.add(&department.name, department.title.all());
        }
        Arc::new(index)
    }
}

/// The names of a set of choices; of a tree only its leaves, unless groups may be picked.
pub fn index_of(set: &ChoiceSet, groups: bool) -> ChoiceIndex {
    let mut index = ChoiceIndex::new();
    // a retired choice gives way to one that may be picked
    for active in [true, false] {
        for choice in set.choices.iter().filter(|c| c.active == active && (groups || !set.is_group(&c.value))) {
            let names = choice.title.all().chain(choice.aliases.iter().map(String::as_str));
            index.add(&choice.value, names);
        }
    }
    index
}

fn is_non_negative(field: &Field) -> bool {
    let text = field.schema.get("minimum").map(Json::to_string);
    text.and_then(|t| t.parse::<rust_decimal::Decimal>().ok()).is_some_and(|least| !least.is_sign_negative())
}
