//! Whether a value is the one that a test expects.

use rust_decimal::Decimal;
use serde_json::Value as Json;

/// Numbers are compared as numbers; of an object only what is expected of it; an empty list is as good as nothing.
pub(super) fn holds(expected: &Json, found: &Json) -> bool {
    match (expected, found) {
        (Json::Number(a), Json::Number(b)) => {
            let read = |text: String| text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).ok();
            let (x, y) = (read(a.to_string()), read(b.to_string()));
            if x.is_some() { x == y } else { a == b }
        }
        (Json::Object(a), Json::Object(b)) => {
            a.iter().all(|(key, value)| holds(value, b.get(key).unwrap_or(&Json::Null)))
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(x, y)| holds(x, y)),
        (Json::Array(a), Json::Null) => a.is_empty(),
        _ => expected == found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_count_by_value_and_objects_by_what_is_expected() {
        for (expected, found, same) in [
            (json!(12.5), json!(12.50), true),
            (json!(12.5), json!(12.51), false),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), true),
            (json!({"a": 1, "c": null}), json!({"a": 1}), true),
            (json!([1, 2]), json!([1]), false),
            (json!([]), json!(null), true),
            (json!("x"), json!("y"), false),
        ] {
            assert_eq!(holds(&expected, &found), same, "{expected} {found}");
        }
    }
}
