//! A step of a plan: what happens, how grave it is, and what it says to a person.

use super::count::{Count, Counted};
use super::what::What;
use crate::text::{Locale, Title};
use serde_json::{Map, Value as Json, json};

/// How grave a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Nothing is touched.
    Safe,
    /// Empty cells get a default, or every value is carried over.
    Filling,
    /// Values become values of another type.
    Converting,
    /// Records that no longer pass stay as they are until they are edited.
    Narrowing,
    /// A field or form goes out of sight; its data are kept.
    Hiding,
    /// Somebody gains rows, fields or rights.
    Widening,
    /// Something reaches outside the installation.
    Outside,
}

impl Class {
    pub fn name(self) -> &'static str {
        match self {
            Class::Safe => "safe",
            Class::Filling => "filling",
            Class::Converting => "converting",
            Class::Narrowing => "narrowing",
            Class::Hiding => "hiding",
            Class::Widening => "widening",
            Class::Outside => "outside",
        }
    }

    /// Whether a person must say yes to it.
    pub fn needs_confirmation(self) -> bool {
        self > Class::Filling
    }
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub class: Class,
    /// `form/customer`, `form/customer/note`, `role/salesperson`.
    pub object: String,
    pub what: What,
    /// Title of what is changed.
    pub title: Title,
    /// Tells steps of one object and kind apart, and stands in the code: an action, a field, the columns of a key.
    pub part: Option<String>,
    pub detail: Title,
    pub count: Option<Count>,
    pub counted: Option<Counted>,
}

impl Step {
    pub(super) fn new(class: Class, what: What, object: impl Into<String>, title: Title) -> Step {
        Step {
            class,
            object: object.into(),
            what,
            title,
            part: None,
            detail: Title::default(),
            count: None,
            counted: None,
        }
    }

    #[must_use]
    pub(super) fn detail(mut self, detail: impl Into<String>) -> Step {
        self.detail = Title::new(detail, Default::default());
        self
    }

    #[must_use]
    pub(super) fn part(mut self, part: impl Into<String>) -> Step {
        self.part = Some(part.into());
        self
    }

    #[must_use]
    pub(super) fn count(mut self, count: Count) -> Step {
        self.count = Some(count);
        self
    }

    /// `hiding:form/customer/note:retire`
    pub fn code(&self) -> String {
        let part = self.part.as_deref().map(|p| format!(":{p}")).unwrap_or_default();
        format!("{}:{}:{}{part}", self.class.name(), self.object, self.what.word())
    }

    /// Whether the step cannot be done at all as the data are.
    pub fn is_blocked(&self) -> bool {
        matches!(self.count, Some(Count::Duplicates(_) | Count::FoldedDuplicates(_)))
            && self.counted.as_ref().is_some_and(|c| c.bad > 0)
    }

    /// Takes the database's answer and lets it decide how grave the step is: what touches no row is safe.
    pub fn settle(&mut self, counted: Counted) {
        let untouched = match &self.count {
            Some(Count::Convertible(_)) => counted.rows == 0,
            Some(count) if count.finds_bad() => counted.bad == 0 && !counted.is_partial,
            _ => counted.rows == 0,
        };
        if untouched && !matches!(self.what, What::Retire) {
            self.class = Class::Safe;
        } else if self.class == Class::Filling && counted.bad > 0 {
            self.class = Class::Converting;
        }
        self.counted = Some(counted);
    }

    /// Whether there is nothing to say after all, by what was counted.
    pub fn is_moot(&self) -> bool {
        match (&self.count, &self.counted) {
            (Some(Count::Distinct { enough, .. }), Some(counted)) => counted.rows == 0 || counted.rows >= *enough,
            _ => false,
        }
    }

    /// Rows concerned, where they were counted and the number means something.
    pub fn rows(&self) -> Option<u64> {
        let finds_bad = self.count.as_ref().is_some_and(Count::finds_bad);
        if self.what == What::Stricter && !finds_bad {
            return None;
        }
        self.counted.as_ref().map(|c| if finds_bad { c.bad } else { c.rows })
    }

    /// The step in the reader's language.
    pub fn text(&self, locale: Locale) -> String {
        let (en, zh) = self.what.sentence();
        let kind = kind_word(&self.object, locale);
        let template = match locale {
            Locale::En => en,
            Locale::ZhCn => zh,
        };
        let mut text = template
            .replace("{kind}", kind)
            .replace("{detail}", self.detail.get(locale))
            .replace("{object}", self.title.get(locale));
        if let Some(first) = text.chars().next().filter(char::is_ascii_lowercase) {
            text.replace_range(..1, &first.to_ascii_uppercase().to_string());
        }
        if let Some(more) = self.unfit_text(locale) {
            text.push_str(&more);
            return text;
        }
        let Some(counted) = &self.counted else { return text };
        let samples: Vec<&str> = counted.samples.iter().map(|s| s.value.as_str()).collect();
        let samples = samples.join(if locale == Locale::En { ", " } else { "、" });
        match (&self.count, locale) {
            (Some(Count::Convertible(_)), Locale::En) => {
                text.push_str(&format!("; {} values convert", counted.rows - counted.bad.min(counted.rows)));
                if counted.bad > 0 {
                    text.push_str(&format!(", {} do not and are kept aside: {samples}", counted.bad));
                }
            }
            (Some(Count::Convertible(_)), Locale::ZhCn) => {
                text.push_str(&format!("；{} 个值可转换", counted.rows - counted.bad.min(counted.rows)));
                if counted.bad > 0 {
                    text.push_str(&format!("，{} 个不能转换，原值保留：{samples}", counted.bad));
                }
            }
            (Some(Count::Duplicates(_) | Count::FoldedDuplicates(_)), Locale::En) if counted.bad > 0 => {
                text.push_str(&format!("; {} records repeat a value: {samples}", counted.bad))
            }
            (Some(Count::Duplicates(_) | Count::FoldedDuplicates(_)), Locale::ZhCn) if counted.bad > 0 => {
                text.push_str(&format!("；{} 条记录重复：{samples}", counted.bad))
            }
            (Some(Count::Outside { .. }), Locale::En) if counted.bad > 0 => {
                text.push_str(&format!("; {} values are no choice: {samples}", counted.bad))
            }
            (Some(Count::Outside { .. }), Locale::ZhCn) if counted.bad > 0 => {
                text.push_str(&format!("；{} 个值不在选项中：{samples}", counted.bad))
            }
            (Some(Count::Empty(_)), Locale::En) if self.what == What::Require => {
                let words = if counted.rows == 1 { "record has" } else { "records have" };
                text.push_str(&format!("; {} {words} no value", counted.rows))
            }
            (Some(Count::Empty(_)), Locale::ZhCn) if self.what == What::Require => {
                text.push_str(&format!("；{} 条记录没有值", counted.rows))
            }
            _ => {
                if let Some(rows) = self.rows().filter(|r| *r > 0) {
                    text.push_str(&match locale {
                        Locale::En if rows == 1 => " (1 record)".to_string(),
                        Locale::En => format!(" ({rows} records)"),
                        Locale::ZhCn => format!("（{rows} 条记录）"),
                    });
                }
            }
        }
        text
    }

    /// How many values a stricter schema refuses, or that nobody counted them.
    fn unfit_text(&self, locale: Locale) -> Option<String> {
        if self.what != What::Stricter {
            return None;
        }
        let counted = self.counted.clone().unwrap_or_default();
        let rows = counted.rows;
        Some(match (self.rows(), locale) {
            (None, _) if self.counted.is_some() && rows == 0 => String::new(),
            (None, Locale::En) => "; how many records no longer pass is not counted beforehand".into(),
            (None, Locale::ZhCn) => "；不再符合的记录数未预先统计".into(),
            (Some(bad), Locale::En) => {
                let of = if counted.is_partial { format!(" of the first {rows}") } else { String::new() };
                let stay = if bad > 0 { "; they stay, marked, until they are edited" } else { "" };
                format!("; {bad} records{of} no longer pass{stay}")
            }
            (Some(bad), Locale::ZhCn) => {
                let of = if counted.is_partial { format!("前 {rows} 条中有 ") } else { String::new() };
                let stay = if bad > 0 { "，将保留并标记，直到被修改" } else { "" };
                format!("；{of}{bad} 条记录不再符合{stay}")
            }
        })
    }

    /// The step as the contract writes it.
    pub fn to_json(&self, locale: Locale) -> Json {
        let mut out = Map::new();
        out.insert("class".into(), json!(self.class.name()));
        out.insert("code".into(), json!(self.code()));
        out.insert("object".into(), json!(self.object));
        out.insert("text".into(), json!(self.text(locale)));
        out.insert("rows".into(), json!(self.rows()));
        if let Some(counted) = self.counted.as_ref().filter(|c| c.bad > 0) {
            let samples: Vec<Json> =
                counted.samples.iter().map(|s| json!({"record": s.record, "value": s.value})).collect();
            out.insert("faults".into(), json!(counted.bad));
            out.insert("values".into(), Json::Array(samples));
        }
        Json::Object(out)
    }
}

fn kind_word(object: &str, locale: Locale) -> &'static str {
    let mut parts = object.splitn(3, '/');
    let kind = parts.next().unwrap_or_default();
    let has_field = parts.nth(1).is_some();
    match (kind, has_field, locale) {
        ("form", true, Locale::En) => "field",
        ("form", true, Locale::ZhCn) => "字段",
        ("form", false, Locale::En) => "form",
        ("form", false, Locale::ZhCn) => "表单",
        ("options", _, Locale::En) => "list of choices",
        ("options", _, Locale::ZhCn) => "选项列表",
        ("role", _, Locale::En) => "role",
        ("role", _, Locale::ZhCn) => "角色",
        ("app", _, Locale::En) => "app",
        ("app", _, Locale::ZhCn) => "应用",
        (_, _, Locale::En) => "definition",
        (_, _, Locale::ZhCn) => "定义",
    }
}
