//! What is wrong, where, and what would be right: collected, never thrown one at a time.

use crate::error_code::ErrorCode;
use crate::text::Locale;

/// One fault. `path` names the place: a field's path (`contacts/2/email`) in records, a JSON pointer in definitions.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub path: String,
    pub code: &'static ErrorCode,
    pub args: Vec<(&'static str, String)>,
}

impl Fault {
    pub fn new(path: impl Into<String>, code: &'static ErrorCode) -> Fault {
        Fault { path: path.into(), code, args: Vec::new() }
    }

    /// Adds an argument of the message.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Fault {
        self.args.push((name, value.to_string()));
        self
    }

    /// Adds `{suggestion}`: the nearest of `known`, as a sentence in the reader's language when the message is made.
    #[must_use]
    pub fn suggest<'a>(mut self, name: &str, known: impl Iterator<Item = &'a str>) -> Fault {
        let near = nearest(name, known).unwrap_or_default();
        self.args.push(("suggestion", near));
        self
    }

    /// Puts `prefix` before the path.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Fault {
        self.path = if self.path.is_empty() { prefix.to_string() } else { format!("{prefix}/{}", self.path) };
        self
    }

    /// The message in the reader's language.
    pub fn message(&self, locale: Locale) -> String {
        fill(self.code.message(locale), &self.args, locale)
    }
}

/// Fills `{name}` in a template. An absent argument leaves nothing behind.
pub fn fill(template: &str, args: &[(&'static str, String)], locale: Locale) -> String {
    let mut out = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        if let Some((_, value)) = args.iter().find(|a| a.0 == name) {
            match (name, locale) {
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
    use crate::error_code;

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
}
