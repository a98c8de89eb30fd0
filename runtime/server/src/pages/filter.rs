//! Conditions in words, in both languages.

use super::asked;
use super::cell::{Place as Spot, Teller, id_of, words_of};
use super::condition::{Judge, filter_of};
use super::path::{resolve, title_of};
use super::query::Query;
use super::reader::Reader;
use crate::problem::Answer;
use formwright_core::catalog::Catalog;
use formwright_core::field::{Field, FieldKind, SystemField};
use formwright_core::query::{DepartmentAttr, Leaf, Path, UserAttr};
use formwright_templates::view::{Cell, FilterChip};
use formwright_templates::{Locale, format, i18n};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use uuid::Uuid;

/// Most values of a condition that are written out.
const MOST_VALUES: usize = 4;

/// What values of a path are, as far as words need it.
enum Meaning<'a> {
    Field(&'a Field),
    Person,
    Department,
    Boolean,
    Moment,
    Plain,
}

fn meaning<'a>(catalog: &'a Catalog, path: &Path) -> Meaning<'a> {
    match &path.leaf {
        Leaf::Field(_) | Leaf::ChoiceParent(_) => path.field(catalog).map_or(Meaning::Plain, Meaning::Field),
        Leaf::System(SystemField::CreatedBy | SystemField::UpdatedBy)
        | Leaf::User(UserAttr::Id | UserAttr::Manager) => Meaning::Person,
        Leaf::User(UserAttr::Department) | Leaf::Department(DepartmentAttr::Id | DepartmentAttr::Parent) => {
            Meaning::Department
        }
        Leaf::User(UserAttr::Active) => Meaning::Boolean,
        Leaf::System(SystemField::CreatedAt | SystemField::UpdatedAt | SystemField::DeletedAt) => Meaning::Moment,
        _ => Meaning::Plain,
    }
}

/// Writes conditions in words.
pub struct Narrator<'a> {
    teller: &'a Teller<'a>,
    catalog: &'a Catalog,
    /// Titles of records that conditions name.
    titles: HashMap<Uuid, String>,
}

impl<'a> Narrator<'a> {
    pub fn new(teller: &'a Teller<'a>, catalog: &'a Catalog) -> Narrator<'a> {
        Narrator { teller, catalog, titles: HashMap::new() }
    }

    /// Looks up the titles of the records that terms name.
    ///
    /// # Errors
    /// What the engine refuses.
    pub async fn look_up(&mut self, reader: &Reader, judge: &Judge<'_>, form: usize, terms: &[Json]) -> Answer<()> {
        for term in terms {
            let Some(path) =
                term.get("field").and_then(Json::as_str).and_then(|p| resolve(reader, judge.access(), form, p))
            else {
                continue;
            };
            let target = match meaning(self.catalog, &path) {
                Meaning::Field(field) => field.kind.link().map(|l| l.form.clone()),
                _ => None,
            };
            if let Some(target) = target {
                let ids: Vec<Uuid> = values_of(term.get("value")).iter().filter_map(id_of).collect();
                self.titles.extend(asked::titles(reader, &target, &ids).await?);
            }
        }
        Ok(())
    }

    fn locale(&self) -> Locale {
        self.teller.locale
    }

    fn say(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        i18n::text(self.locale(), key, arguments)
    }

    /// Operator and value of a term on a path: `at least 5,000`, `last 3 months`.
    pub fn value(&self, path: &Path, term: &Map<String, Json>) -> String {
        let op = term.get("op").and_then(Json::as_str).unwrap_or_default();
        let value = term.get("value").unwrap_or(&Json::Null);
        let operator = self.say(&format!("js.op.{op}"), &[]);
        let many = values_of(Some(value));
        let meaning = meaning(self.catalog, path);
        if op == "is_empty" || op == "not_empty" {
            return operator;
        }
        if let ("eq" | "in" | "has_any" | "ne" | "not_in" | "has_none", Some(variable)) =
            (op, value.get("var").and_then(Json::as_str))
        {
            let negated = matches!(op, "ne" | "not_in" | "has_none");
            let words = self.variable(variable);
            return if negated { self.say("handler.filter.not", &[("value", &words)]) } else { words };
        }
        match (op, value) {
            ("within", window) => self.window(window),
            ("eq", Json::Bool(true)) => self.say("yes", &[]),
            ("eq", Json::Bool(false)) | ("ne", Json::Bool(true)) => self.say("no", &[]),
            ("between", _) => {
                let ends: Vec<String> = many.iter().map(|v| self.one(&meaning, v)).collect();
                ends.join(" – ")
            }
            ("eq" | "in" | "has_any", _) => self.list(&meaning, &many),
            ("ne" | "not_in" | "has_none", _) => {
                self.say("handler.filter.not", &[("value", &self.list(&meaning, &many))])
            }
            ("gt" | "ge" | "lt" | "le", single) => {
                let sign = match op {
                    "gt" => ">",
                    "ge" => "≥",
                    "lt" => "<",
                    _ => "≤",
                };
                format!("{sign} {}", self.one(&meaning, single))
            }
            ("contains" | "starts_with" | "ends_with", single) => {
                self.say("handler.filter.text", &[("operator", &operator), ("value", &self.one(&meaning, single))])
            }
            _ => format!("{operator} {}", self.list(&meaning, &many)),
        }
    }

    fn list(&self, meaning: &Meaning<'_>, values: &[Json]) -> String {
        let mut shown: Vec<String> = values.iter().take(MOST_VALUES).map(|v| self.one(meaning, v)).collect();
        if values.len() > MOST_VALUES {
            shown.push(format!("+{}", values.len() - MOST_VALUES));
        }
        shown.join(&self.say("handler.filter.comma", &[]))
    }

    fn one(&self, meaning: &Meaning<'_>, value: &Json) -> String {
        if let Some(variable) = value.get("var").and_then(Json::as_str) {
            return self.variable(variable);
        }
        let cell = match meaning {
            Meaning::Person => id_of(value).map(|id| Cell::Person { person: self.teller.person(id) }),
            Meaning::Department => id_of(value)
                .and_then(|id| self.teller.organisation.department_title(id, self.teller.words))
                .map(Cell::text),
            Meaning::Boolean => value.as_bool().map(|yes| Cell::text(self.say(if yes { "yes" } else { "no" }, &[]))),
            Meaning::Moment => Some(self.teller.system(SystemField::UpdatedAt, value, Spot::Page)),
            Meaning::Field(field) => Some(self.of_field(field, value)),
            Meaning::Plain => None,
        };
        match cell.map(|cell| words_of(&cell, self.teller.words)).filter(|text| !text.is_empty()) {
            Some(text) => text,
            None => match value {
                Json::String(text) => text.clone(),
                Json::Null => self.say("empty", &[]),
                Json::Bool(yes) => self.say(if *yes { "yes" } else { "no" }, &[]),
                other => format::group_digits(&other.to_string()),
            },
        }
    }

    /// One value of a field, also of a field that holds several.
    fn of_field(&self, field: &Field, value: &Json) -> Cell {
        let listed = json!([value]);
        let value = if field.kind.is_many() && !value.is_array() { &listed } else { value };
        match &field.kind {
            FieldKind::Link(_) | FieldKind::Links(_) => {
                let id = value.as_array().and_then(|l| l.first()).unwrap_or(value);
                let title = id_of(id).and_then(|id| self.titles.get(&id)).cloned();
                Cell::text(title.unwrap_or_else(|| self.say("no_access", &[])))
            }
            _ => self.teller.cell(field, value, None, &Json::Null, Spot::Page),
        }
    }

    fn variable(&self, name: &str) -> String {
        match name {
            "me" => self.say("handler.filter.me", &[]),
            "me.department" => self.say("js.op.my_department", &[]),
            "today" => self.say("day.today", &[]),
            "now" => self.say("handler.filter.now", &[]),
            other => other.to_string(),
        }
    }

    fn window(&self, window: &Json) -> String {
        if let Some(name) = window.as_str() {
            let key = format!("js.window.{name}");
            return i18n::find_text(self.locale(), &key, &[]).unwrap_or_else(|| name.replace('_', " "));
        }
        for direction in ["last", "next"] {
            if let Some(count) = window.get(direction) {
                let unit = window.get("unit").and_then(Json::as_str).unwrap_or("day");
                return self.say(&format!("handler.filter.{direction}_{unit}"), &[("count", &count.to_string())]);
            }
        }
        let day = |key: &str| window.get(key).and_then(Json::as_str).unwrap_or("…").to_string();
        format!("{} – {}", day("from"), day("to"))
    }

    /// A whole condition as one sentence part, for row scopes: `Owner: me or Collaborators: me`.
    pub fn sentence(&self, form: usize, condition: &Json, resolve: &dyn Fn(&str) -> Option<Path>) -> String {
        let Some(map) = condition.as_object() else { return String::new() };
        for (key, joint) in [("and", "handler.filter.and"), ("or", "or")] {
            if let Some(terms) = map.get(key).and_then(Json::as_array) {
                let nested = |t: &Json| {
                    terms.len() > 1
                        && ["and", "or"]
                            .iter()
                            .any(|k| t.get(*k).and_then(Json::as_array).is_some_and(|inner| inner.len() > 1))
                };
                let part = |t: &Json| {
                    Some(self.sentence(form, t, resolve))
                        .filter(|text| !text.is_empty())
                        .map(|text| if nested(t) { format!("({text})") } else { text })
                };
                let parts: Vec<String> = terms.iter().filter_map(part).collect();
                return parts.join(&format!(" {} ", self.say(joint, &[])));
            }
        }
        if let Some(inner) = map.get("not") {
            return self.say("handler.filter.not", &[("value", &self.sentence(form, inner, resolve))]);
        }
        match map.get("field").and_then(Json::as_str).and_then(resolve) {
            Some(path) => format!(
                "{}{}{}",
                title_of(self.catalog, self.teller.words, form, &path),
                self.say("colon", &[]),
                self.value(&path, map)
            ),
            None => self.say("handler.filter.advanced", &[]),
        }
    }

    /// A chip for each term. Terms that the engine does not take are marked and not among the second result.
    pub fn chips(
        &self,
        reader: &Reader,
        judge: &Judge<'_>,
        form: usize,
        terms: &[Json],
        query: &Query,
        path: &str,
    ) -> (Vec<FilterChip>, Vec<Json>) {
        let mut good = Vec::new();
        let mut chips = Vec::new();
        for (i, term) in terms.iter().enumerate() {
            let rest: Vec<Json> = terms.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, t)| t.clone()).collect();
            let remove_href = query.with("filter", filter_of(rest).map(|f| f.to_string()).as_deref()).href(path);
            let takes = judge.takes(term);
            let named = term.get("field").and_then(Json::as_str);
            let resolved = named.and_then(|name| resolve(reader, judge.access(), form, name));
            let (label, value) = match (resolved, term.as_object(), named) {
                (Some(path), Some(map), _) => {
                    (title_of(self.catalog, self.teller.words, form, &path), self.value(&path, map))
                }
                (None, _, Some(name)) => (name.to_string(), self.say("handler.filter.gone", &[])),
                _ => (self.say("handler.filter.advanced", &[]), String::new()),
            };
            if takes {
                good.push(term.clone());
            }
            chips.push(FilterChip { label, value, remove_href, invalid: !takes });
        }
        (chips, good)
    }
}

fn values_of(value: Option<&Json>) -> Vec<Json> {
    match value {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(items)) => items.clone(),
        Some(single) => vec![single.clone()],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use formwright_core::definition::Document;
    use formwright_core::query::{AllSight, Place, QueryContext, resolve_path};
    use formwright_engine::organisation::Organisation;

    fn catalog() -> Catalog {
        let docs = [
            json!({"kind": "app", "name": "a", "title": "A"}),
            json!({"kind": "form", "app": "a", "name": "deal", "title": "Deal", "record": {"type": "object", "properties": {
                "company": {"type": "string", "title": "Company", "labels": {"zh-CN": "公司"}},
                "amount": {"type": "number", "title": "Amount", "labels": {"zh-CN": "金额"}, "field": {"type": "money", "currency": "USD"}},
                "share": {"type": "number", "title": "Share", "field": {"type": "percent"}},
                "grade": {"title": "Grade", "oneOf": [{"const": "A", "title": "High", "labels": {"zh-CN": "高"}}, {"const": "B", "title": "Middle"}], "field": {"type": "choice"}},
                "signed_on": {"type": "string", "format": "date", "title": "Signed on"},
                "owner": {"type": "string", "title": "Owner", "labels": {"zh-CN": "负责人"}, "field": {"type": "user"}},
                "paid": {"type": "boolean", "title": "Paid"},
            }}}),
        ];
        Catalog::build(1, docs.into_iter().map(|d| Document::read(d).unwrap()).collect()).unwrap()
    }

    fn words(term: Json, locale: Locale) -> String {
        let (catalog, organisation) = (catalog(), Organisation::default());
        let now = "2026-11-24T07:00:00Z".parse().unwrap();
        let teller = Teller {
            locale,
            words: crate::pages::press::core_locale(locale),
            zone: chrono_tz::Asia::Shanghai,
            abroad: None,
            now,
            today: "2026-11-24".parse().unwrap(),
            organisation: &organisation,
            files: HashMap::new(),
        };
        let narrator = Narrator::new(&teller, &catalog);
        let access = formwright_core::query::Person::default();
        let vars = formwright_core::query::Vars {
            clock: formwright_core::time::Clock { now, zone: chrono_tz::Asia::Shanghai },
            fiscal_year_start: 1,
            week_start: chrono::Weekday::Mon,
            me: &access,
            organisation: &formwright_core::query::NoOrganisation,
            record: None,
            settings: None,
            outer: None,
        };
        let cx = QueryContext { catalog: &catalog, sight: &AllSight, vars: &vars };
        narrator.sentence(0, &term, &|name| resolve_path(&cx, Place::form(0), name, "").ok())
    }

    #[test]
    fn conditions_read_as_people_say_them_in_both_languages() {
        let cases = [
            (
                json!({"field": "amount", "op": "ge", "value": 5000}),
                "Amount: ≥ USD\u{a0}5,000.00",
                "金额：≥ USD\u{a0}5,000.00",
            ),
            (json!({"field": "grade", "op": "in", "value": ["A", "B"]}), "Grade: High, Middle", "Grade：高、Middle"),
            (json!({"field": "grade", "op": "not_in", "value": ["A"]}), "Grade: not High", "Grade：非 高"),
            (
                json!({"field": "signed_on", "op": "within", "value": {"last": 3, "unit": "month"}}),
                "Signed on: last 3 months",
                "Signed on：近 3 个月",
            ),
            (
                json!({"field": "signed_on", "op": "within", "value": "this_month"}),
                "Signed on: this month",
                "Signed on：本月",
            ),
            (
                json!({"field": "signed_on", "op": "between", "value": ["2026-01-01", "2026-02-01"]}),
                "Signed on: 2026-01-01 – 2026-02-01",
                "Signed on：2026-01-01 – 2026-02-01",
            ),
            (json!({"field": "owner", "op": "eq", "value": {"var": "me"}}), "Owner: me", "负责人：我"),
            (
                json!({"field": "company", "op": "contains", "value": "GmbH"}),
                "Company: contains “GmbH”",
                "公司：包含“GmbH”",
            ),
            (json!({"field": "company", "op": "is_empty"}), "Company: is empty", "公司：为空"),
            (json!({"field": "paid", "op": "ne", "value": true}), "Paid: No", "Paid：否"),
            (json!({"field": "share", "op": "lt", "value": 0.12}), "Share: < 12%", "Share：< 12%"),
            (
                json!({"field": "signed_on", "op": "within", "value": {"next": 1, "unit": "day"}}),
                "Signed on: next 1 day",
                "Signed on：未来 1 天",
            ),
            (
                json!({"and": [{"field": "company", "op": "is_empty"}, {"or": [{"field": "paid", "op": "eq", "value": true}, {"field": "grade", "op": "eq", "value": "A"}]}]}),
                "Company: is empty and (Paid: Yes or Grade: High)",
                "公司：为空 且 (Paid：是 或 Grade：高)",
            ),
            (
                json!({"or": [{"field": "owner", "op": "eq", "value": {"var": "me"}}, {"field": "owner.department", "op": "under", "value": {"var": "me.department"}}]}),
                "Owner: me or Owner · Department: is under my department",
                "负责人：我 或 负责人 · 部门：属于（含下级） 本部门",
            ),
        ];
        for (term, english, chinese) in cases {
            assert_eq!(words(term.clone(), Locale::English), english, "{term}");
            assert_eq!(words(term.clone(), Locale::Chinese), chinese, "{term}");
        }
    }
}
