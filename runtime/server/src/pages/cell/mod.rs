//! Values as people read them: a field, its JSON, and out comes a finished cell.

mod json;
mod money;
mod words;

pub use json::{decimal, id_of, is_empty, iso, line, moment};
pub use money::{currency, decimals};
pub use words::{unlinked, words_of};

use super::reader::Reader;
use chrono::{DateTime, NaiveDate, Utc};
use formwright_core::field::{ChoiceSet, Field, FieldKind, NumberFlavor, NumberOptions, SystemField, TextFormat};
use formwright_core::text;
use formwright_engine::organisation::Organisation;
use formwright_templates::view::cell::{FileChip, Hue, Tone};
use formwright_templates::view::{Cell, Link, Person, Tag};
use formwright_templates::{Locale, format, i18n};
use json::{list, plain};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::HashMap;
use uuid::Uuid;

/// Most words of a list of values in one cell.
const MOST: usize = 50;

/// Where a cell stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A row of a table: one line, days near today in words.
    Row,
    /// A page of its own: everything.
    Page,
}

/// What turns values into cells: the reader's language and zone, and the names of what values point to.
pub struct Teller<'a> {
    pub locale: Locale,
    pub words: text::Locale,
    pub zone: chrono_tz::Tz,
    /// The name of that zone, where it is not the company's: moments say it.
    pub abroad: Option<String>,
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
    pub organisation: &'a Organisation,
    /// Files by id, as far as they were asked for.
    pub files: HashMap<Uuid, FileChip>,
}

impl<'a> Teller<'a> {
    pub fn of(reader: &'a Reader) -> Teller<'a> {
        Teller {
            locale: reader.locale(),
            words: reader.cx().locale,
            zone: reader.zone(),
            abroad: reader.abroad(),
            now: reader.cx().now,
            today: reader.today(),
            organisation: &reader.organisation,
            files: HashMap::new(),
        }
    }

    /// The cell of a value. `titles` is the value's title (or list of titles) where it points to records; `record` the record or
    /// row it stands in, for currencies.
    pub fn cell(&self, field: &Field, value: &Json, titles: Option<&Json>, record: &Json, place: Place) -> Cell {
        if is_empty(value) {
            return Cell::Empty;
        }
        match &field.kind {
            FieldKind::Text(text) => self.text(text.format, value),
            FieldKind::LongText { markdown } => match (value.as_str(), place) {
                (Some(text), Place::Row) => Cell::text(line(text)),
                (Some(text), Place::Page) if *markdown => Cell::Rich { html: super::markdown::to_html(text) },
                (Some(text), Place::Page) => Cell::Lines { text: text.to_string() },
                (None, _) => plain_text(value),
            },
            FieldKind::Number(number) => self.number(number, value, record, place),
            FieldKind::Boolean => value.as_bool().map_or_else(|| plain_text(value), |value| Cell::Boolean { value }),
            FieldKind::Date => self.date(value, place),
            FieldKind::DateTime => self.moment(value, place),
            FieldKind::Time => value.as_str().map_or_else(|| plain_text(value), |t| Cell::text(short_time(t))),
            FieldKind::Duration => {
                value.as_str().map_or_else(|| plain_text(value), |t| Cell::text(format::duration(t, self.locale)))
            }
            FieldKind::Choice(choice) => match tag(&choice.set, value, self.words) {
                Some((tag, true)) => Cell::Tag { tag },
                Some((tag, false)) => Cell::text(tag.text),
                None => plain_text(value),
            },
            FieldKind::Status(status) => {
                tag(&status.set, value, self.words).map_or_else(|| plain_text(value), |(tag, _)| Cell::Status { tag })
            }
            FieldKind::Choices(choice) => self.tags(Some(&choice.set), value),
            FieldKind::Tags(tags) => self.tags(tags.set.as_deref(), value),
            FieldKind::User => {
                id_of(value).map_or_else(|| plain_text(value), |id| Cell::Person { person: self.person(id) })
            }
            FieldKind::Users => {
                Cell::People { people: list(value).filter_map(id_of).map(|id| self.person(id)).collect() }
            }
            FieldKind::Department => {
                id_of(value).map_or_else(|| plain_text(value), |id| Cell::text(self.department(id)))
            }
            FieldKind::Departments => Cell::Tags {
                tags: list(value).filter_map(id_of).map(|id| Tag::new(self.department(id), Hue::C9)).collect(),
            },
            FieldKind::Link(link) => self.link(&link.form, value, titles),
            FieldKind::Links(link) => self.links(&link.form, value, titles),
            FieldKind::Table(_) => Cell::text(list(value).count().to_string()),
            FieldKind::Files(_) => Cell::Files {
                files: list(value).filter_map(id_of).filter_map(|id| self.files.get(&id).cloned()).collect(),
            },
            FieldKind::Signature => id_of(value)
                .and_then(|id| self.files.get(&id).cloned())
                .map_or(Cell::Empty, |file| Cell::Picture { file }),
            FieldKind::Location => location(value),
            FieldKind::Scan | FieldKind::Serial(_) => {
                value.as_str().map_or_else(|| plain_text(value), |text| Cell::Code { text: text.to_string() })
            }
            FieldKind::Json => match place {
                Place::Row => Cell::text(line(&value.to_string())),
                Place::Page => Cell::Json { text: serde_json::to_string_pretty(value).unwrap_or_default() },
            },
        }
    }

    /// The cell of a field that every record has.
    pub fn system(&self, field: SystemField, value: &Json, place: Place) -> Cell {
        match field {
            _ if is_empty(value) => Cell::Empty,
            SystemField::CreatedAt | SystemField::UpdatedAt | SystemField::DeletedAt => self.moment(value, place),
            SystemField::CreatedBy | SystemField::UpdatedBy => match id_of(value) {
                Some(id) if !id.is_nil() => Cell::Person { person: self.person(id) },
                _ => Cell::text(i18n::text(self.locale, "system", &[])),
            },
            SystemField::FlowState => match value.as_str() {
                Some("none") | None => Cell::Empty,
                Some(state) => Cell::text(i18n::text(self.locale, &format!("handler.flow.{state}"), &[])),
            },
            SystemField::Id | SystemField::Version => Cell::Code { text: plain(value) },
        }
    }

    /// A person by id, also one who was switched off.
    pub fn person(&self, id: Uuid) -> Person {
        match self.organisation.user(id) {
            Some(user) => Person { inactive: !user.row.active, ..Person::new(&id.to_string(), user.row.name.clone()) },
            None => Person::new(
                &id.to_string(),
                i18n::text(self.locale, if id.is_nil() { "system" } else { "handler.unknown_person" }, &[]),
            ),
        }
    }

    fn department(&self, id: Uuid) -> String {
        self.organisation
            .department_title(id, self.words)
            .map_or_else(|| i18n::text(self.locale, "handler.unknown_department", &[]), str::to_string)
    }

    fn text(&self, format: TextFormat, value: &Json) -> Cell {
        let Some(text) = value.as_str() else { return plain_text(value) };
        match format {
            TextFormat::Email if text.contains('@') && !text.contains(char::is_whitespace) => {
                Cell::link(text, format!("mailto:{text}"))
            }
            TextFormat::Uri => match text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) {
                Some(short) => Cell::link(short.trim_end_matches('/'), text),
                None => Cell::text(text),
            },
            TextFormat::Phone => match dialled(text) {
                Some(number) => Cell::link(text, format!("tel:{number}")),
                None => Cell::text(text),
            },
            _ => Cell::text(text),
        }
    }

    fn number(&self, options: &NumberOptions, value: &Json, record: &Json, place: Place) -> Cell {
        let Some(number) = decimal(value) else { return plain_text(value) };
        let currency = currency(options, record);
        match (options.flavor, options.display.as_deref()) {
            (_, Some("stars")) => Cell::Stars { value: small(number).min(5), of: 5 },
            (NumberFlavor::Percent, Some("progress")) => {
                Cell::Progress { text: format::percent(number), percent: small(number * Decimal::ONE_HUNDRED).min(100) }
            }
            (_, Some("progress")) => {
                Cell::Progress { text: format::number(number, 0), percent: small(number).min(100) }
            }
            (NumberFlavor::Percent, _) => Cell::number(format::percent(number)),
            (NumberFlavor::Money, _) => {
                // a currency that all rows share stands in the column's head
                let unit = currency.clone().filter(|_| place == Place::Page || options.currency.is_none());
                Cell::Number {
                    text: format::number(number, decimals(currency.as_deref(), options.scale)),
                    unit,
                    tone: Tone::Plain,
                }
            }
            _ => Cell::number(format::number(number, 0)),
        }
    }

    fn date(&self, value: &Json, place: Place) -> Cell {
        let Some(day) = value.as_str().and_then(|t| t.parse::<NaiveDate>().ok()) else { return plain_text(value) };
        let full = format::date(day);
        let text = match place {
            Place::Row => format::date_near(day, self.today, self.locale),
            Place::Page => full.clone(),
        };
        Cell::Date { text, iso: full.clone(), full, zone: None, tone: Tone::Plain }
    }

    /// A moment whole, with the zone where it must be said.
    pub fn whole(&self, moment: DateTime<Utc>) -> String {
        let text = format::datetime(moment, self.zone);
        self.abroad.as_ref().map_or_else(|| text.clone(), |zone| format!("{text} {zone}"))
    }

    fn moment(&self, value: &Json, place: Place) -> Cell {
        let Some(moment) = moment(value) else { return plain_text(value) };
        // over a column of moments the zone stands once
        let (text, zone) = match place {
            Place::Row => (format::datetime_near(moment, self.now, self.zone, self.locale), None),
            Place::Page => (format::datetime(moment, self.zone), self.abroad.clone()),
        };
        Cell::Date { text, iso: iso(moment), full: self.whole(moment), zone, tone: Tone::Plain }
    }

    fn tags(&self, set: Option<&ChoiceSet>, value: &Json) -> Cell {
        let of = |v: &Json| {
            set.and_then(|set| tag(set, v, self.words)).map_or_else(|| Tag::new(plain(v), Hue::C9), |(tag, _)| tag)
        };
        Cell::Tags { tags: list(value).take(MOST).map(of).collect() }
    }

    fn link(&self, form: &str, value: &Json, title: Option<&Json>) -> Cell {
        let Some(id) = id_of(value) else { return plain_text(value) };
        match title.and_then(Json::as_str).filter(|t| !t.is_empty()) {
            Some(title) => Cell::link(line(title), format!("/forms/{form}/{id}")),
            None => Cell::Masked { text: None },
        }
    }

    fn links(&self, form: &str, value: &Json, titles: Option<&Json>) -> Cell {
        let mut masked = 0;
        let mut links = Vec::new();
        for (i, id) in list(value).take(MOST).enumerate() {
            match (id_of(id), titles.and_then(|t| t.get(i)).and_then(Json::as_str)) {
                (Some(id), Some(title)) => links.push(Link::new(line(title), format!("/forms/{form}/{id}"))),
                _ => masked += 1,
            }
        }
        match (links.is_empty(), masked) {
            (true, _) => Cell::Masked { text: None },
            (false, 0) => Cell::Links { links },
            (false, _) => {
                links.push(Link::new(i18n::text(self.locale, "no_access", &[]), format!("/forms/{form}")));
                Cell::Links { links }
            }
        }
    }
}

/// A choice's title and colour, and whether any choice of its list has a colour.
fn tag(set: &ChoiceSet, value: &Json, locale: formwright_core::text::Locale) -> Option<(Tag, bool)> {
    let choice = set.get(value.as_str()?)?;
    let hue = choice.color.as_deref().map(Hue::from_name).unwrap_or_default();
    let coloured = set.choices.iter().any(|c| c.color.is_some());
    Some((Tag::new(choice.title.get(locale), hue), coloured))
}

fn small(number: Decimal) -> u8 {
    use rust_decimal::prelude::ToPrimitive;
    number.trunc().max(Decimal::ZERO).min(Decimal::ONE_HUNDRED).to_u8().unwrap_or(0)
}

/// Whatever a value is, as text: also parts of masked values, which are texts whatever their field is.
fn plain_text(value: &Json) -> Cell {
    Cell::text(line(&plain(value)))
}

/// `15:00:00` as `15:00`; seconds that say something stay.
fn short_time(text: &str) -> &str {
    match text.strip_suffix(":00") {
        Some(short) if short.len() == 5 => short,
        _ => text,
    }
}

/// The digits that a telephone dials, where a text is a number.
fn dialled(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let is_number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '.' | '/'));
    (is_number && number.len() >= 5).then_some(number)
}

fn location(value: &Json) -> Cell {
    match (value.get("lat").and_then(decimal), value.get("lng").and_then(decimal)) {
        (Some(lat), Some(lng)) => {
            Cell::Location { text: format!("{}, {}", format::plain(lat), format::plain(lng)), href: None }
        }
        _ => Cell::Empty,
    }
}

#[cfg(test)]
mod tests;
