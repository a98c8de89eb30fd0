//! Choices whose value changed while their title stayed: the same choice under another name.

use crate::field::ChoiceSet;
use serde_json::Value as Json;

/// Pairs of old and new values. A choice is the same where its title is, where that says more than the value, and where the
/// title belongs to one choice only.
pub(super) fn recoded(old: &[(String, String)], new: &[(String, String)]) -> Vec<(String, String)> {
    let said_once = |list: &[(String, String)], title: &str| list.iter().filter(|(_, t)| t == title).count() == 1;
    old.iter()
        .filter(|(value, title)| {
            title != value && !new.iter().any(|(v, _)| v == value) && said_once(old, title) && said_once(new, title)
        })
        .filter_map(|(value, title)| {
            new.iter()
                .find(|(v, t)| t == title && !old.iter().any(|(o, _)| o == v))
                .map(|(v, _)| (value.clone(), v.clone()))
        })
        .collect()
}

/// Values and titles of a list of choices.
pub(super) fn of_set(set: &ChoiceSet) -> Vec<(String, String)> {
    set.choices.iter().map(|c| (c.value.clone(), c.title.title.clone())).collect()
}

/// Values and titles of `oneOf` or of a shared list's `items`.
pub(super) fn of_list(list: Option<&Json>, key: &str) -> Vec<(String, String)> {
    list.and_then(Json::as_array)
        .into_iter()
        .flatten()
        .filter_map(|c| {
            let value = c.get(key)?.as_str()?;
            Some((
                value.to_string(),
                c.get("title").and_then(Json::as_str).filter(|t| !t.is_empty()).unwrap_or(value).to_string(),
            ))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_renamed_where_its_title_stays_and_is_unmistakable() {
        let list = |items: &[(&str, &str)]| -> Vec<(String, String)> {
            items.iter().map(|(v, t)| ((*v).to_string(), (*t).to_string())).collect()
        };
        let old = list(&[("a", "High"), ("b", "Low"), ("c", "c"), ("d", "Twice"), ("e", "Twice")]);
        let new = list(&[("high", "High"), ("b", "Low"), ("x", "c"), ("f", "Twice")]);
        assert_eq!(recoded(&old, &new), list(&[("a", "high")]));
    }
}
