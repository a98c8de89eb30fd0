//! Values of records as cells: as people read them, and as an import takes them back.

use super::kind::index_of;
use crate::EngineResult;
use crate::organisation::Organisation;
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use formwright_core::field::{ChoiceSet, Field, FieldKind, NumberFlavor};
use formwright_core::text::Locale;
use formwright_core::time::duration_micros;
use formwright_exchange::Code;
use formwright_exchange::clean::moment::iso_duration;
use formwright_exchange::clean::text::is_blank_word;
use formwright_exchange::write::Out;
use formwright_store::{Tx, files};
use rust_decimal::Decimal;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Marks that divide several names in a cell; a name that holds one cannot stand among others.
const MARKS: [char; 10] = ['、', ',', '，', ';', '；', '/', '|', '+', '\n', '\r'];

/// How the values of one field are written.
#[derive(Clone)]
pub enum Writing {
    Text,
    Number,
    Bool,
    Date,
    Moment,
    Time,
    Duration,
    /// Titles by value.
    Choice(Arc<HashMap<String, String>>),
    Choices(Arc<HashMap<String, String>>),
    Tags,
    User,
    Users,
    Department,
    Departments,
    /// The member of the linked record that names it, else its title.
    Link(Option<String>),
    Links,
    Files,
    /// As JSON.
    Json,
    /// As its JSON type says: a value reached by a path.
    Plain,
}

/// What is known of the records that a page names.
#[derive(Default)]
pub struct Around {
    /// Names of files.
    pub files: HashMap<Uuid, String>,
    /// Of a column of links the names that lead back to one record, with that record.
    pub leads: HashMap<String, Uuid>,
}

impl Around {
    /// Learns the names of files.
    pub async fn learn_files(&mut self, ids: &[Uuid], tx: &mut Tx) -> EngineResult<()> {
        self.files.clear();
        for page in ids.chunks(500) {
            self.files.extend(files::find(page, tx).await?.into_iter().map(|file| (file.id, file.name)));
        }
        Ok(())
    }
}

/// What writing needs to know.
pub struct CellMaker {
    pub organisation: Arc<Organisation>,
    pub zone: Tz,
    pub locale: Locale,
}

/// How the values of a field are written; child tables have no cell.
pub fn writing(field: &Field, locale: Locale, named_by: impl FnOnce(&str) -> Option<String>) -> Option<Writing> {
    Some(match &field.kind {
        FieldKind::Text(_) | FieldKind::LongText { .. } | FieldKind::Scan | FieldKind::Serial(_) => Writing::Text,
        FieldKind::Number(_) => Writing::Number,
        FieldKind::Boolean => Writing::Bool,
        FieldKind::Date => Writing::Date,
        FieldKind::DateTime => Writing::Moment,
        FieldKind::Time => Writing::Time,
        FieldKind::Duration => Writing::Duration,
        FieldKind::Choice(choice) => Writing::Choice(titles(&choice.set, choice.pick_any, locale, false)),
        FieldKind::Status(status) => Writing::Choice(titles(&status.set, true, locale, false)),
        FieldKind::Choices(choices) => Writing::Choices(titles(&choices.set, choices.pick_any, locale, true)),
        FieldKind::Tags(tags) => match &tags.set {
            Some(set) if !tags.open => Writing::Choices(titles(set, true, locale, true)),
            _ => Writing::Tags,
        },
        FieldKind::User => Writing::User,
        FieldKind::Users => Writing::Users,
        FieldKind::Department => Writing::Department,
        FieldKind::Departments => Writing::Departments,
        FieldKind::Link(link) => Writing::Link(named_by(&link.form)),
        FieldKind::Links(_) => Writing::Links,
        FieldKind::Files(_) | FieldKind::Signature => Writing::Files,
        FieldKind::Location | FieldKind::Json => Writing::Json,
        FieldKind::Table(_) => return None,
    })
}

/// The number format of a field's column in a workbook.
pub fn number_format(field: &Field) -> Option<String> {
    let FieldKind::Number(number) = &field.kind else { return None };
    let zeros = |count: u32| {
        if count == 0 { String::new() } else { format!(".{}", "0".repeat(usize::try_from(count).unwrap_or(0))) }
    };
    match number.flavor {
        NumberFlavor::Money => Some(format!("#,##0{}", zeros(number.scale))),
        NumberFlavor::Percent => Some(format!("0{}%", zeros(number.scale.saturating_sub(2)))),
        NumberFlavor::Integer | NumberFlavor::Number => None,
    }
}

/// The title of each choice in the reader's language; its value where the title would be read as something else.
fn titles(set: &ChoiceSet, groups: bool, locale: Locale, among_others: bool) -> Arc<HashMap<String, String>> {
    let index = index_of(set, groups);
    let text = |value: &str, title: &str| {
        let back = index.find(title, Code::ChoiceUnknown).is_ok_and(|found| found == value);
        let divides = among_others && title.contains(MARKS);
        if back && !divides && !is_blank_word(title) { title.to_string() } else { value.to_string() }
    };
    Arc::new(set.choices.iter().map(|c| (c.value.clone(), text(&c.value, c.title.get(locale)))).collect())
}

/// A value without a field as words; nothing where there is none.
fn plain_words(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

impl CellMaker {
    /// The cell of a value. `title` is what the record's `_titles` say for it.
    pub fn cell(&self, writing: &Writing, value: &Json, title: Option<&Json>, around: &Around) -> Out {
        if value.is_null() {
            return Out::Blank;
        }
        let text = || value.as_str().unwrap_or_default();
        let items = || value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Json::as_str);
        match writing {
            Writing::Text => Out::text(text()),
            Writing::Number => number(value),
            Writing::Bool => value.as_bool().map_or(Out::Blank, Out::Bool),
            Writing::Date => text().parse::<NaiveDate>().map_or_else(|_| Out::text(text()), Out::Date),
            Writing::Moment => self.moment(text()),
            Writing::Time => text().parse().map_or_else(
                |_| Out::text(text()),
                |time: chrono::NaiveTime| if text().contains('.') { Out::text(text()) } else { Out::Time(time) },
            ),
            Writing::Duration => duration(text()),
            Writing::Choice(titles) => Out::text(titles.get(text()).map_or(text(), String::as_str)),
            Writing::Choices(titles) => {
                self.several(items().map(|v| titles.get(v).map_or(v, String::as_str).to_string()).collect())
            }
            Writing::Tags => self.several(items().map(str::to_string).collect()),
            Writing::User => Out::text(self.login(text())),
            Writing::Users => self.several(items().map(|id| self.login(id)).collect()),
            Writing::Department => Out::text(self.department(text())),
            Writing::Departments => self.several(items().map(|id| self.department(id)).collect()),
            Writing::Link(_) => Out::text(
                names(writing, value, title)
                    .into_iter()
                    .map(|(id, name)| leading(around, id, name))
                    .collect::<String>(),
            ),
            Writing::Links => self.several(
                names(writing, value, title).into_iter().map(|(id, name)| leading(around, id, name)).collect(),
            ),
            Writing::Files => {
                let one = value.as_str().into_iter();
                let names = items().chain(one).filter_map(|id| around.files.get(&Uuid::try_parse(id).ok()?).cloned());
                self.several(names.collect())
            }
            Writing::Json => Out::text(value.to_string()),
            Writing::Plain => match value {
                Json::Number(_) => number(value),
                Json::Bool(yes) => Out::Bool(*yes),
                Json::String(text) => text.parse::<NaiveDate>().map_or_else(
                    |_| if text.ends_with('Z') { self.moment(text) } else { Out::text(text.clone()) },
                    Out::Date,
                ),
                // of a path that leads to several values
                Json::Array(values) => self.several(values.iter().filter_map(plain_words).collect()),
                other => Out::text(other.to_string()),
            },
        }
    }

    /// An instant on the clock of the company's zone; with its offset where the clock alone would not tell it.
    fn moment(&self, text: &str) -> Out {
        let Ok(at) = text.parse::<DateTime<Utc>>() else { return Out::text(text) };
        let local = at.with_timezone(&self.zone).naive_local();
        let told = at.timestamp_subsec_nanos() == 0
            && self.zone.from_local_datetime(&local).earliest().is_some_and(|back| back == at);
        if told { Out::DateTime(local) } else { Out::text(text) }
    }

    fn several(&self, names: Vec<String>) -> Out {
        let divides = names.iter().any(|name| name.contains(MARKS));
        let text = match (divides, names.len(), self.locale) {
            (true, 1, _) => format!("{}|", names.concat()),
            (true, _, _) => names.join("|"),
            (false, _, Locale::En) => names.join(", "),
            (false, _, Locale::ZhCn) => names.join("、"),
        };
        Out::text(text)
    }

    fn login(&self, id: &str) -> String {
        let user = Uuid::try_parse(id).ok().and_then(|id| self.organisation.user(id));
        user.map_or_else(|| id.to_string(), |user| user.row.login.clone())
    }

    fn department(&self, id: &str) -> String {
        let found = Uuid::try_parse(id).ok().and_then(|id| self.organisation.department(id));
        let Some(department) = found else { return id.to_string() };
        let title = department.title.get(self.locale);
        let bearers = self
            .organisation
            .departments()
            .iter()
            .filter(|d| d.name == title || d.title.all().any(|t| t == title))
            .count();
        if bearers == 1 && !title.contains(MARKS) { title.to_string() } else { department.name.clone() }
    }
}

/// The records that a link names, each with what a file calls it, where the reader may know that.
pub fn names<'a>(writing: &Writing, value: &'a Json, title: Option<&Json>) -> Vec<(&'a str, Option<String>)> {
    match writing {
        Writing::Link(member) => {
            let Some(id) = value.get("id").unwrap_or(value).as_str() else { return Vec::new() };
            let name = match member {
                Some(member) => value.get(member).and_then(scalar),
                None => title.and_then(scalar),
            };
            vec![(id, name.filter(|text| !text.trim().is_empty()))]
        }
        Writing::Links => {
            let titles = title.and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
            let items = value.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(Json::as_str);
            items.enumerate().map(|(at, id)| (id, titles.get(at).and_then(scalar))).collect()
        }
        _ => Vec::new(),
    }
}

/// The name of a record where it leads back to that record alone; else its id, which is enough to leave the link as it is.
fn leading(around: &Around, id: &str, name: Option<String>) -> String {
    let leads = |name: &String| around.leads.get(name).is_some_and(|to| to.to_string() == id);
    name.filter(leads).unwrap_or_else(|| id.to_string())
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn number(value: &Json) -> Out {
    let Json::Number(number) = value else { return Out::Blank };
    number.as_str().parse::<Decimal>().map_or_else(|_| Out::text(number.to_string()), Out::Number)
}

/// A length of time, where it is written as we would write it; else its own text.
fn duration(text: &str) -> Out {
    let length = duration_micros(text).map(TimeDelta::microseconds);
    match length.filter(|length| iso_duration(*length) == text) {
        Some(length) => Out::Duration(length),
        None => Out::text(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use formwright_core::field::Choice;
    use formwright_core::text::Title;
    use serde_json::json;

    fn maker() -> CellMaker {
        CellMaker {
            organisation: Arc::new(Organisation::unread()),
            zone: chrono_tz::Asia::Shanghai,
            locale: Locale::En,
        }
    }

    fn cell(writing: &Writing, value: Json, title: Option<Json>) -> Out {
        let one = Uuid::from_u128(1);
        let leads = [("C7".to_string(), one), ("Crown".to_string(), one)].into();
        maker().cell(writing, &value, title.as_ref(), &Around { leads, ..Around::default() })
    }

    #[test]
    fn values_become_cells_of_their_type() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        assert_eq!(
            cell(&Writing::Number, serde_json::from_str("123456789.01").unwrap(), None),
            Out::Number("123456789.01".parse().unwrap())
        );
        assert_eq!(cell(&Writing::Date, json!("2026-11-20"), None), Out::Date(day));
        assert_eq!(
            cell(&Writing::Moment, json!("2026-11-20T01:00:00Z"), None),
            Out::DateTime(day.and_hms_opt(9, 0, 0).unwrap())
        );
        assert_eq!(cell(&Writing::Moment, json!("2026-11-20T01:00:00.5Z"), None), Out::text("2026-11-20T01:00:00.5Z"));
        assert_eq!(cell(&Writing::Duration, json!("PT90M"), None), Out::text("PT90M"));
        assert_eq!(cell(&Writing::Tags, json!(["a", "b"]), None), Out::text("a, b"));
        assert_eq!(cell(&Writing::Tags, json!(["a, b"]), None), Out::text("a, b|"));
        let (one, two) = (Uuid::from_u128(1).to_string(), Uuid::from_u128(2).to_string());
        assert_eq!(
            cell(&Writing::Link(Some("code".into())), json!({"id": one, "code": "C7"}), Some(json!("Crown"))),
            Out::text("C7")
        );
        assert_eq!(cell(&Writing::Link(Some("code".into())), json!({"id": one}), None), Out::text(&one));
        assert_eq!(cell(&Writing::Link(None), json!(one), Some(json!("Crown"))), Out::text("Crown"));
        // a name that another record bears
        assert_eq!(cell(&Writing::Link(None), json!(two), Some(json!("Crown"))), Out::text(&two));
        assert_eq!(
            cell(&Writing::Links, json!([one, two]), Some(json!(["Crown", null]))),
            Out::text(format!("Crown, {two}"))
        );
    }

    #[test]
    fn a_choice_is_called_by_its_title_where_that_leads_back_to_it() {
        let choice = |value: &str, title: &str| Choice {
            value: value.into(),
            title: Title::new(title, [].into()),
            parent: None,
            color: None,
            active: true,
            aliases: vec![],
            data: Default::default(),
        };
        let set = ChoiceSet::new(vec![
            choice("a", "Same"),
            choice("b", "Same"),
            choice("c", "Wood / board"),
            choice("d", "None"),
            choice("e", "Good"),
        ]);
        let one = titles(&set, true, Locale::En, false);
        assert_eq!(["a", "b", "c", "e"].map(|v| one[v].as_str()), ["a", "b", "Wood / board", "Good"]);
        assert_eq!(titles(&set, true, Locale::En, true)["c"], "c");
    }
}
