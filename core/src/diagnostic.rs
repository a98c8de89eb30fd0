//! What is wrong, where, and what would be right: collected, never thrown one at a time.

use crate::definition::Key;
use crate::error_code::{self, ErrorCode};
use crate::text::{Labels, Locale, Title};
use serde_json::{Map, Value as Json};

/// One fault. `path` names the place: a field's path (`contacts/2/email`) in records, a JSON pointer in definitions.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub path: String,
    pub code: &'static ErrorCode,
    pub args: Vec<(&'static str, Argument)>,
    /// The definition in which the pointer is meant, where there may be several.
    pub home: Option<Box<Home>>,
}

/// What a message says of one thing: the same for every reader, or the title of something in the reader's language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Argument {
    text: String,
    labels: Labels,
}

impl Argument {
    /// The text, of a title the one in the app's own language.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text for a reader.
    pub fn get(&self, locale: Locale) -> &str {
        locale.of(&self.labels).unwrap_or(&self.text)
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Argument {
        Argument { text, labels: Labels::default() }
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Argument {
        text.to_string().into()
    }
}

impl From<&Title> for Argument {
    fn from(title: &Title) -> Argument {
        Argument { text: title.title.clone(), labels: title.labels.clone() }
    }
}

/// The document that a fault is in: a definition, or a file that is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Home {
    pub key: Option<Key>,
    /// Its file in an app's folder.
    pub file: Option<String>,
}

impl Home {
    /// `{"kind", "app", "name", "file"}`, of which it has some.
    pub fn to_json(&self) -> Json {
        let mut out = Map::new();
        if let Some(key) = &self.key {
            out.insert("kind".into(), Json::from(key.kind.name()));
            out.insert("app".into(), Json::from(key.app.as_str()));
            out.insert("name".into(), Json::from(key.name.as_str()));
        }
        if let Some(file) = &self.file {
            out.insert("file".into(), Json::from(file.as_str()));
        }
        Json::Object(out)
    }
}

impl Fault {
    pub fn new(path: impl Into<String>, code: &'static ErrorCode) -> Fault {
        Fault { path: path.into(), code, args: Vec::new(), home: None }
    }

    /// Says which definition it is in.
    #[must_use]
    pub fn of(mut self, key: &Key) -> Fault {
        self.home.get_or_insert_default().key = Some(key.clone());
        self
    }

    /// Says which file it is in.
    #[must_use]
    pub fn in_file(mut self, file: &str) -> Fault {
        self.home.get_or_insert_default().file = Some(file.to_string());
        self
    }

    /// The pointer with what it is in before it: `forms/customer.json/record/…`, `form/customer/record/…`, or as it is.
    pub fn place(&self) -> String {
        match self.home.as_deref() {
            Some(Home { file: Some(file), .. }) => format!("{file}{}", self.path),
            Some(Home { key: Some(key), .. }) => format!("{}/{}{}", key.kind.name(), key.name, self.path),
            _ => self.path.clone(),
        }
    }

    /// Adds an argument of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Fault {
        self.args.push((name, value.to_string().into()));
        self
    }

    /// Adds an argument that every reader sees in his language.
    #[must_use]
    pub fn titled(mut self, name: &'static str, title: &Title) -> Fault {
        self.args.push((name, title.into()));
        self
    }

    /// Adds `{suggestion}`: the nearest of `known`, as a sentence in the reader's language when the message is made.
    #[must_use]
    pub fn suggest<'a>(mut self, name: &str, known: impl Iterator<Item = &'a str>) -> Fault {
        let near = nearest(name, known).unwrap_or_default();
        self.args.push(("suggestion", near.into()));
        self
    }

    /// Puts `prefix` before the path.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Fault {
        self.path = if self.path.is_empty() { prefix.to_string() } else { format!("{prefix}/{}", self.path) };
        self
    }

    /// `{"field", "code", "message", "definition"}` as answers carry it; the last where it may be one of several.
    pub fn to_json(&self, locale: Locale) -> Json {
        let mut out = Map::new();
        out.insert("field".into(), Json::from(self.path.as_str()));
        out.insert("code".into(), Json::from(self.code.code));
        out.insert("message".into(), Json::from(self.message(locale)));
        if let Some(home) = &self.home {
            out.insert("definition".into(), home.to_json());
        }
        Json::Object(out)
    }

    /// The message in the reader's language.
    pub fn message(&self, locale: Locale) -> String {
        fill(self.code.message(locale), &self.args, locale)
    }
}

/// The faults without those that only repeat another of the same place: what cannot be read is not also missing, and what is missing
/// has not also too few entries.
pub fn without_repeats(faults: Vec<Fault>) -> Vec<Fault> {
    let says = |fault: &Fault, code: &ErrorCode| fault.code.code == code.code;
    let repeats = |fault: &Fault| {
        faults
            .iter()
            .filter(|other| other.path == fault.path && other.home == fault.home && !fault.path.is_empty())
            .any(|other| {
                let is_missing = says(other, &error_code::REQUIRED) && says(fault, &error_code::TOO_FEW);
                let is_unread = says(fault, &error_code::REQUIRED)
                    && !says(other, &error_code::REQUIRED)
                    && !says(other, &error_code::TOO_FEW);
                is_missing || is_unread
            })
    };
    let kept: Vec<bool> = faults.iter().map(|fault| !repeats(fault)).collect();
    faults.into_iter().zip(kept).filter_map(|(fault, keep)| keep.then_some(fault)).collect()
}

/// The name of a format, with an example of what would be right.
fn format_words(name: &str, locale: Locale) -> &str {
    match (name, locale) {
        ("uri", Locale::En) => "web address; write it like https://example.com",
        ("uri", Locale::ZhCn) => "网址，请写成 https://example.com 的样子",
        ("email" | "idn-email", Locale::En) => "e-mail address; write it like name@example.com",
        ("email" | "idn-email", Locale::ZhCn) => "邮箱地址，请写成 name@example.com 的样子",
        ("date", Locale::En) => "date; write it like 2026-11-23",
        ("date", Locale::ZhCn) => "日期，请写成 2026-11-23 的样子",
        ("time", Locale::En) => "time of day; write it like 08:30, without a zone",
        ("time", Locale::ZhCn) => "时间，请写成 08:30 的样子，不带时区",
        ("date-time", Locale::En) => "moment; write it like 2026-11-23T08:24:39Z",
        ("date-time", Locale::ZhCn) => "日期时间，请写成 2026-11-23T08:24:39Z 的样子",
        ("duration", Locale::En) => "duration; write it like PT1H30M",
        ("duration", Locale::ZhCn) => "时长，请写成 PT1H30M 的样子",
        ("phone", Locale::En) => "telephone number; write it like +49 30 5551234",
        ("phone", Locale::ZhCn) => "电话号码，请写成 +86 10 65551234 的样子",
        _ => name,
    }
}

/// Fills `{name}` in a template; `{count:one|many}` gives the number and the word that goes with it. An absent argument leaves nothing
/// behind.
pub fn fill(template: &str, args: &[(&'static str, Argument)], locale: Locale) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        let (name, words) = name.split_once(':').unwrap_or((name, ""));
        if let Some((_, value)) = args.iter().find(|a| a.0 == name) {
            let value = value.get(locale);
            match (name, locale) {
                _ if !words.is_empty() => {
                    let (one, many) = words.split_once('|').unwrap_or((words, words));
                    out.push_str(&format!("{value} {}", if value == "1" { one } else { many }));
                }
                ("format", _) => out.push_str(format_words(value, locale)),
                ("suggestion", _) if value.is_empty() => {}
                ("suggestion", Locale::En) => out.push_str(&format!(" Did you mean \"{value}\"?")),
                ("suggestion", Locale::ZhCn) => out.push_str(&format!("是否指“{value}”？")),
                _ => out.push_str(value),
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The known name nearest to `name`, where one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let name: String = name.chars().take(64).collect();
    known
        .map(|k| (strsim::damerau_levenshtein(&name, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.chars().count().min(name.chars().count()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, k)| k.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_the_nearest_known_word_in_both_languages() {
        let f = Fault::new("requird", &error_code::UNKNOWN_KEY)
            .with("name", "requird")
            .suggest("requird", ["required", "title"].into_iter());
        assert_eq!(f.message(Locale::En), "Unknown key \"requird\". Did you mean \"required\"?");
        assert_eq!(f.message(Locale::ZhCn), "未知的键“requird”。是否指“required”？");
        let none = Fault::new("x", &error_code::UNKNOWN_KEY).with("name", "zzz").suggest("zzz", ["title"].into_iter());
        assert_eq!(none.message(Locale::En), "Unknown key \"zzz\".");
    }

    #[test]
    fn a_title_stands_in_the_readers_language() {
        let title = Title::new("Company", [("zh-CN".to_string(), "公司名称".to_string())].into());
        let fault = Fault::new("company", &error_code::REQUIRED).titled("title", &title);
        assert_eq!(fault.message(Locale::En), "Company is required.");
        assert_eq!(fault.message(Locale::ZhCn), "公司名称为必填项。");
    }

    #[test]
    fn a_number_stands_with_the_word_that_goes_with_it() {
        let said = |count: usize, locale| {
            fill(error_code::VALIDATION.message(locale), &[("count", count.to_string().into())], locale)
        };
        assert_eq!(said(1, Locale::En), "The record has 1 fault.");
        assert_eq!(said(2, Locale::En), "The record has 2 faults.");
        assert_eq!(said(1, Locale::ZhCn), "记录有 1 处错误。");
    }

    #[test]
    fn a_format_that_is_not_met_says_what_would_be_right_in_both_languages() {
        let fault = Fault::new("website", &error_code::FORMAT_INVALID).with("format", "uri");
        assert_eq!(fault.message(Locale::En), "This is not a valid web address; write it like https://example.com.");
        assert_eq!(fault.message(Locale::ZhCn), "不是有效的网址，请写成 https://example.com 的样子。");
    }

    #[test]
    fn a_place_is_not_said_to_be_missing_beside_its_real_fault() {
        let faults = without_repeats(vec![
            Fault::new("files", &error_code::REQUIRED),
            Fault::new("files", &error_code::WRONG_TYPE),
            Fault::new("rows", &error_code::TOO_FEW),
            Fault::new("rows", &error_code::REQUIRED),
            Fault::new("name", &error_code::REQUIRED),
            Fault::new("note", &error_code::TOO_LONG),
            Fault::new("note", &error_code::PATTERN_MISMATCH),
        ]);
        let left: Vec<(&str, &str)> = faults.iter().map(|f| (f.path.as_str(), f.code.code)).collect();
        assert_eq!(
            left,
            [
                ("files", error_code::WRONG_TYPE.code),
                ("rows", error_code::REQUIRED.code),
                ("name", error_code::REQUIRED.code),
                ("note", error_code::TOO_LONG.code),
                ("note", error_code::PATTERN_MISMATCH.code),
            ]
        );
    }
}
