//! Query strings of pages: read, changed parameter by parameter, written again.

use axum::extract::Query as Decoded;
use axum::http::Uri;

/// Parameters in their order. Unknown ones are kept out of what is written by naming those that are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query of an address; what cannot be read is no query.
    pub fn of(uri: &Uri) -> Query {
        match Decoded::<Vec<(String, String)>>::try_from_uri(uri) {
            Ok(Decoded(pairs)) => Query(
                pairs.into_iter().filter(|(k, v)| crate::body::is_storable(k) && crate::body::is_storable(v)).collect(),
            ),
            Err(_) => Query::default(),
        }
    }

    /// Reads a query string without `?`, such as the body of a posted form.
    pub fn parse(text: &str) -> Query {
        format!("/?{text}").parse().map(|uri| Query::of(&uri)).unwrap_or_default()
    }

    /// The value of a parameter, trimmed; an empty one is absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(k, _)| k == name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty())
    }

    /// The value of a parameter as it was sent, empty where it is absent. Passwords are not trimmed.
    pub fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str())
    }

    /// All parameters.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v.as_str()))
    }

    /// Only these parameters, in this order.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Query {
        Query(
            names
                .iter()
                .filter_map(|name| self.get(name).map(|value| ((*name).to_string(), value.to_string())))
                .collect(),
        )
    }

    /// With a parameter set; `None` or empty text takes it away.
    #[must_use]
    pub fn with(&self, name: &str, value: Option<&str>) -> Query {
        let mut pairs = self.0.clone();
        let value = value.filter(|v| !v.is_empty());
        match (pairs.iter().position(|(k, _)| k == name), value) {
            (Some(at), Some(value)) => {
                if let Some(pair) = pairs.get_mut(at) {
                    pair.1 = value.to_string();
                }
            }
            (Some(at), None) => {
                pairs.remove(at);
            }
            (None, Some(value)) => pairs.push((name.to_string(), value.to_string())),
            (None, None) => {}
        }
        Query(pairs)
    }

    /// The path with this query behind it.
    pub fn href(&self, path: &str) -> String {
        let text = self.to_text();
        if text.is_empty() { path.to_string() } else { format!("{path}?{text}") }
    }

    /// Encoded, without `?`.
    pub fn to_text(&self) -> String {
        let pairs: Vec<String> = self.0.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect();
        pairs.join("&")
    }
}

/// Percent-encodes a value for a query or a path segment.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let query = Query::default()
            .with("filter", Some(r#"{"field":"名称","op":"eq","value":"a&b=c +%"}"#))
            .with("sort", Some("-amount"));
        assert_eq!(Query::parse(&query.to_text()), query);
        assert_eq!(query.with("filter", None).href("/forms/x"), "/forms/x?sort=-amount");
        assert_eq!(query.with("sort", Some("")).get("sort"), None);
    }

    #[test]
    fn only_named_parameters_are_carried_on() {
        let query = Query::parse("q=a&evil=1&sort=-b&cursor=");
        assert_eq!(query.only(&["sort", "q", "cursor"]).to_text(), "sort=-b&q=a");
    }

    #[test]
    fn a_posted_password_keeps_its_spaces() {
        assert_eq!(Query::parse("password=+a%20b+").exact("password"), " a b ");
    }
}
