//! Titles and labels: what a person reads, in the reader's language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The languages of the product's own texts. Definitions may carry labels in any language; the product answers in these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Locale {
    #[default]
    En,
    ZhCn,
}

impl Locale {
    /// BCP 47 tag, as it stands in `<html lang>` and in a user's profile.
    pub fn tag(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::ZhCn => "zh-CN",
        }
    }

    /// The label for a reader: of his locale, else of his language.
    pub fn of(self, labels: &Labels) -> Option<&str> {
        let tag = self.tag();
        let language = tag.split('-').next().unwrap_or(tag);
        labels.get(tag).or_else(|| labels.get(language)).map(String::as_str)
    }

    /// The locale of a tag such as `zh`, `zh-Hans-CN`, `en-US`.
    pub fn from_tag(tag: &str) -> Option<Locale> {
        let lower = tag.trim().to_ascii_lowercase();
        match lower.split(['-', '_']).next() {
            Some("zh") => Some(Locale::ZhCn),
            Some("en") => Some(Locale::En),
            _ => None,
        }
    }

    /// The first supported language of an `Accept-Language` header, by quality; English where none is supported.
    pub fn from_accept_language(header: &str) -> Locale {
        let mut wanted: Vec<(f32, Locale)> = header
            .split(',')
            .take(20)
            .filter_map(|part| {
                let mut bits = part.split(';');
                let locale = Locale::from_tag(bits.next()?)?;
                let quality = bits.find_map(|b| b.trim().strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
                (quality > 0.0).then_some((quality, locale))
            })
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
        wanted.first().map_or(Locale::En, |w| w.1)
    }
}

/// Translations by language tag.
pub type Labels = BTreeMap<String, String>;

/// A title in the app's own language with its translations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Title {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    pub labels: Labels,
}

impl Title {
    pub fn new(title: impl Into<String>, labels: Labels) -> Title {
        Title { title: title.into(), labels }
    }

    /// The text for a reader: the label of his locale, else of his language, else the title.
    pub fn get(&self, locale: Locale) -> &str {
        locale.of(&self.labels).unwrap_or(&self.title)
    }

    /// Every text under which a person may know the thing: title and all labels.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.title.as_str()).chain(self.labels.values().map(String::as_str))
    }
}

/// `sales_order` → `Sales order`: the title of a thing that was given none.
pub fn title_from_name(name: &str) -> String {
    let spaced = name.replace('_', " ");
    let mut chars = spaced.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().collect::<String>() + chars.as_str(),
        None => spaced,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_reader_gets_his_locale_then_his_language_then_the_title() {
        let t = Title::new("Customer", [("zh".to_string(), "客户".to_string())].into());
        assert_eq!(t.get(Locale::ZhCn), "客户");
        assert_eq!(t.get(Locale::En), "Customer");
    }

    #[test]
    fn accept_language_is_judged_by_quality() {
        assert_eq!(Locale::from_accept_language("fr, en;q=0.5, zh-CN;q=0.9"), Locale::ZhCn);
        assert_eq!(Locale::from_accept_language("ja"), Locale::En);
        assert_eq!(Locale::from_accept_language("zh;q=0, en"), Locale::En);
    }
}
