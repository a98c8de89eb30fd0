//! A step of a plan: what happens, how grave it is, and what it says to a person.

use super::change::{Conversion, Place};
use super::index::IndexSpec;
use crate::field::Storage;
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

/// What a step does. The word stands in the step's code and never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    Create,
    Change,
    Rename,
    Retire,
    Return,
    /// The values of a field become another type.
    Type,
    /// Another type in the same column.
    Retype,
    /// Values begin to be kept encrypted.
    Encrypt,
    /// Values are no longer kept encrypted.
    Decrypt,
    Fill,
    /// A formula is worked out for the records that are there.
    Compute,
    Require,
    Stricter,
    Unique,
    NotUnique,
    Index,
    Search,
    Choices,
    /// Values of a choice get other names.
    Recode,
    /// A role gains an action on a form.
    Gain,
    /// A role's rows on a form change.
    Rows,
    /// A role gains sight of a field, or may write it.
    Sees,
    Writes,
    /// A role gains a right over the installation or an app.
    Right,
    Inherit,
    /// A role sees a formula that reads a field hidden from it.
    Reveals,
    /// A role loses something.
    Lose,
}

impl What {
    pub fn word(self) -> &'static str {
        match self {
            What::Create => "create",
            What::Change => "change",
            What::Rename => "rename",
            What::Retire => "retire",
            What::Return => "return",
            What::Type => "type",
            What::Retype => "retype",
            What::Encrypt => "encrypt",
            What::Decrypt => "decrypt",
            What::Fill => "fill",
            What::Compute => "compute",
            What::Require => "require",
            What::Stricter => "stricter",
            What::Unique => "unique",
            What::NotUnique => "not_unique",
            What::Index => "index",
            What::Search => "search",
            What::Choices => "choices",
            What::Recode => "recode",
            What::Gain => "gain",
            What::Rows => "rows",
            What::Sees => "sees",
            What::Writes => "writes",
            What::Right => "right",
            What::Inherit => "inherit",
            What::Reveals => "reveals",
            What::Lose => "lose",
        }
    }

    /// The sentence in both languages; `{object}` is the title of what is changed, `{detail}` a further name.
    fn sentence(self) -> (&'static str, &'static str) {
        match self {
            What::Create => ("New {kind} “{object}”", "新增{kind}“{object}”"),
            What::Change => ("Changed {kind} “{object}”", "修改{kind}“{object}”"),
            What::Rename => {
                ("{kind} “{object}” gets the name {detail}; its data stay", "{kind}“{object}”改名为 {detail}，数据保留")
            }
            What::Retire => {
                ("{kind} “{object}” goes out of sight; its data are kept", "{kind}“{object}”将被隐藏，数据保留")
            }
            What::Return => ("{kind} “{object}” comes back with its data", "{kind}“{object}”连同数据恢复"),
            What::Type => ("{kind} “{object}” changes its type: {detail}", "{kind}“{object}”更改类型：{detail}"),
            What::Retype => (
                "{kind} “{object}” changes its type, values stay: {detail}",
                "{kind}“{object}”更改类型，值不变：{detail}",
            ),
            What::Encrypt => (
                "{kind} “{object}” is kept encrypted from now on, in records and history; older backups still hold it as it was",
                "{kind}“{object}”今后加密保存，包括记录和历史；此前的备份中仍为原文",
            ),
            What::Decrypt => (
                "{kind} “{object}” is no longer kept encrypted, neither in records nor in history",
                "{kind}“{object}”不再加密保存，包括记录和历史",
            ),
            What::Fill => ("{kind} “{object}” is filled with its default", "{kind}“{object}”以默认值填充"),
            What::Compute => (
                "{kind} “{object}” is worked out for the records that are there",
                "{kind}“{object}”将为现有记录重新计算",
            ),
            What::Require => ("{kind} “{object}” becomes required", "{kind}“{object}”改为必填"),
            What::Stricter => {
                ("{kind} “{object}” is checked more strictly: {detail}", "{kind}“{object}”的校验更严格：{detail}")
            }
            What::Unique => ("Values must be unique: {detail}", "值须唯一：{detail}"),
            What::NotUnique => ("Values need no longer be unique: {detail}", "值不再要求唯一：{detail}"),
            What::Index => ("Indexes of {kind} “{object}” change", "{kind}“{object}”的索引变更"),
            What::Search => ("The full-text index of {kind} “{object}” is made anew", "重建{kind}“{object}”的全文索引"),
            What::Choices => ("{kind} “{object}” no longer offers {detail}", "{kind}“{object}”不再提供选项 {detail}"),
            What::Recode => (
                "Values of {kind} “{object}” are renamed, records follow: {detail}",
                "{kind}“{object}”的选项值改名，记录随之更新：{detail}",
            ),
            What::Gain => ("Role “{object}” may now: {detail}", "角色“{object}”获得权限：{detail}"),
            What::Rows => {
                ("The rows that role “{object}” reaches change: {detail}", "角色“{object}”的数据范围变更：{detail}")
            }
            What::Sees => ("Role “{object}” now sees {detail}", "角色“{object}”可见字段 {detail}"),
            What::Writes => ("Role “{object}” may now write {detail}", "角色“{object}”可写字段 {detail}"),
            What::Right => ("Role “{object}” gains the right {detail}", "角色“{object}”获得系统权限 {detail}"),
            What::Inherit => ("Role “{object}” now has everything of role {detail}", "角色“{object}”继承角色 {detail}"),
            What::Reveals => (
                "Role “{object}” sees {detail}, which is worked out from a field hidden from it",
                "角色“{object}”可见 {detail}，而该公式引用了对其隐藏的字段",
            ),
            What::Lose => ("Role “{object}” loses: {detail}", "角色“{object}”失去：{detail}"),
        }
    }
}

/// What the database is asked about a step before it is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Count {
    /// Records of a table.
    Rows { table: String, rows: bool },
    /// Records with a value.
    Values(Place),
    /// Records without a value.
    Empty(Place),
    /// Records of which another has the same values.
    Duplicates(IndexSpec),
    /// The same for folded text that has no column yet.
    FoldedDuplicates(Place),
    /// Values that become another type, and those that cannot.
    Convertible(Box<Conversion>),
    /// Records that hold one of these values.
    Holding { place: Place, storage: Storage, values: Vec<String> },
    /// Values that are none of these.
    Outside { place: Place, values: Vec<String> },
}

/// A value that stands in the way, with the record that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub record: Option<uuid::Uuid>,
    pub value: String,
}

/// What the database answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows concerned.
    pub rows: u64,
    /// Those of them that do not fit.
    pub bad: u64,
    pub samples: Vec<Sample>,
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
            Some(Count::Duplicates(_) | Count::FoldedDuplicates(_) | Count::Outside { .. }) => counted.bad == 0,
            _ => counted.rows == 0,
        };
        if untouched && !matches!(self.what, What::Retire) {
            self.class = Class::Safe;
        } else if self.class == Class::Filling && counted.bad > 0 {
            self.class = Class::Converting;
        }
        self.counted = Some(counted);
    }

    /// Rows concerned, where they were counted and the number means something.
    pub fn rows(&self) -> Option<u64> {
        if self.what == What::Stricter {
            return None;
        }
        self.counted.as_ref().map(|c| {
            if matches!(self.count, Some(Count::Duplicates(_) | Count::FoldedDuplicates(_) | Count::Outside { .. })) {
                c.bad
            } else {
                c.rows
            }
        })
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
                text.push_str(&format!("; {} records have no value", counted.rows))
            }
            (Some(Count::Empty(_)), Locale::ZhCn) if self.what == What::Require => {
                text.push_str(&format!("；{} 条记录没有值", counted.rows))
            }
            _ => {
                if let Some(rows) = self.rows().filter(|r| *r > 0) {
                    text.push_str(&match locale {
                        Locale::En => format!(" ({rows} records)"),
                        Locale::ZhCn => format!("（{rows} 条记录）"),
                    });
                }
            }
        }
        text
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
