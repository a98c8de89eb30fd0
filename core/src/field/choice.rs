//! Choices: a list or tree of values with their titles.

use crate::definition::OptionDoc;
use crate::fold;
use crate::text::Title;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// One choice.
#[derive(Clone, Debug)]
pub struct Choice {
    pub value: String,
    pub title: Title,
    pub parent: Option<String>,
    /// One of the named hues.
    pub color: Option<String>,
    pub active: bool,
    pub aliases: Vec<String>,
    pub data: Map<String, Json>,
}

/// The choices of a field in their order.
#[derive(Clone, Debug, Default)]
pub struct ChoiceSet {
    pub choices: Vec<Choice>,
    by_value: HashMap<String, usize>,
    groups: HashMap<String, ()>,
}

impl ChoiceSet {
    pub fn new(choices: Vec<Choice>) -> ChoiceSet {
        let by_value = choices.iter().enumerate().map(|(i, c)| (c.value.clone(), i)).collect();
        let groups = choices.iter().filter_map(|c| c.parent.clone()).map(|p| (p, ())).collect();
        ChoiceSet { choices, by_value, groups }
    }

    pub fn from_options(items: &[OptionDoc]) -> ChoiceSet {
        ChoiceSet::new(
            items
                .iter()
                .map(|o| Choice {
                    value: o.value.clone(),
                    title: Title::new(
                        if o.title.is_empty() { o.value.clone() } else { o.title.clone() },
                        o.labels.clone(),
                    ),
                    parent: o.parent.clone(),
                    color: o.color.clone(),
                    active: o.active,
                    aliases: o.aliases.clone(),
                    data: o.data.clone(),
                })
                .collect(),
        )
    }

    pub fn get(&self, value: &str) -> Option<&Choice> {
        self.by_value.get(value).and_then(|i| self.choices.get(*i))
    }

    /// Place of a choice in the list: its order.
    pub fn position(&self, value: &str) -> Option<usize> {
        self.by_value.get(value).copied()
    }

    /// Whether the choice has entries below it.
    pub fn is_group(&self, value: &str) -> bool {
        self.groups.contains_key(value)
    }

    /// The choice itself and all below it.
    pub fn subtree(&self, value: &str) -> Vec<String> {
        let mut out = Vec::new();
        if self.by_value.contains_key(value) {
            out.push(value.to_string());
        }
        let mut at = 0;
        while let Some(parent) = out.get(at).cloned() {
            for c in &self.choices {
                if c.parent.as_deref() == Some(parent.as_str()) && !out.contains(&c.value) {
                    out.push(c.value.clone());
                }
            }
            at += 1;
        }
        out
    }

    /// The choice that a person means: by value, title or label in any language, or alias; case, spaces and `. - _ '` ignored.
    pub fn meant(&self, text: &str) -> Option<&Choice> {
        if let Some(exact) = self.get(text) {
            return Some(exact);
        }
        let plain = |s: &str| fold::normalize(s).replace(['.', '-', '_', '\'', '’'], "");
        let wanted = plain(text);
        let hit = |c: &&Choice| {
            plain(&c.value) == wanted
                || c.title.all().any(|t| plain(t) == wanted)
                || c.aliases.iter().any(|a| plain(a) == wanted)
        };
        self.choices.iter().find(|c| c.active && hit(c)).or_else(|| self.choices.iter().find(hit))
    }
}
