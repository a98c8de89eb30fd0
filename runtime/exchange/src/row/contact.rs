//! What importing does with people beside the record: naming them, knowing them again, filling only what is empty.

use super::empty;
use indexmap::IndexMap;
use serde_json::Value;

/// Gives a contact without a name the company's, when there is anything of it (an address, a number); tells whether there is a contact.
pub fn name_contact(values: &mut IndexMap<String, Value>, name: &str, company: &str, others: &[&str]) -> bool {
    let filled = |key: &str| values.get(key).is_some_and(|value| !empty(value));
    if filled(name) {
        return true;
    }
    if !others.iter().any(|key| filled(key)) {
        return false;
    }
    let company = values.get(company).cloned().unwrap_or(Value::Null);
    values.insert(name.to_owned(), company);
    true
}

/// Fills the empty values of `base` from `later` and never overwrites; gives the keys that were filled.
pub fn fill_empty(
    base: &mut IndexMap<String, Value>,
    later: &IndexMap<String, Value>,
    keys: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut filled = Vec::new();
    for (key, value) in later.iter().filter(|(key, value)| keys(key) && !empty(value)) {
        let place = base.entry(key.clone()).or_insert(Value::Null);
        if empty(place) {
            place.clone_from(value);
            filled.push(key.clone());
        }
    }
    filled
}

/// Whether a contact is among those there are: by e-mail, else by phone, and without both by name.
pub fn contact_is_known<'a>(
    contact: (Option<&str>, Option<&str>, Option<&str>),
    known: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>, Option<&'a str>)>,
) -> bool {
    let (email, phone, name) = contact;
    let folded = |text: Option<&str>| text.map(crate::clean::choice::fold);
    known.into_iter().any(|(known_email, known_phone, known_name)| match (email, phone) {
        (None, None) => name.is_some() && folded(name) == folded(known_name),
        _ => (email.is_some() && folded(email) == folded(known_email)) || (phone.is_some() && phone == known_phone),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(pairs: &[(&str, Value)]) -> IndexMap<String, Value> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
    }

    #[test]
    fn a_contact_without_a_name_takes_the_companys() {
        let mut row =
            values(&[("company", json!("Crown")), ("contact.name", json!(null)), ("contact.email", json!("a@x.com"))]);
        assert!(name_contact(&mut row, "contact.name", "company", &["contact.email"]));
        assert_eq!(row.get("contact.name"), Some(&json!("Crown")));
        let mut row = values(&[("company", json!("Crown"))]);
        assert!(!name_contact(&mut row, "contact.name", "company", &["contact.email"]));
    }

    #[test]
    fn merging_fills_what_is_empty_and_overwrites_nothing() {
        let mut base = values(&[("a", json!("x")), ("b", json!(null)), ("c", json!([]))]);
        let later = values(&[("a", json!("y")), ("b", json!(1)), ("c", json!(["z"])), ("d", json!(2))]);
        assert_eq!(fill_empty(&mut base, &later, |key| key != "d"), ["b", "c"]);
        assert_eq!(base, values(&[("a", json!("x")), ("b", json!(1)), ("c", json!(["z"]))]));
    }

    #[test]
    fn contacts_are_known_again() {
        let known = [(Some("a@x.com"), Some("+49123456"), Some("Anna"))];
        assert!(contact_is_known((Some("A@x.com"), None, Some("Other")), known));
        assert!(contact_is_known((None, Some("+49123456"), None), known));
        assert!(contact_is_known((None, None, Some("anna")), known));
        assert!(!contact_is_known((Some("b@x.com"), None, Some("Anna")), known));
    }
}
