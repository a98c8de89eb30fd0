//! Guesses the type of a property that carries no `field`, from what JSON Schema says about it.

use super::registry::{self, COMMON};
use serde_json::{Map, Value as Json};

/// Follows local references (`#/…`) inside the record's schema; anything else, and circles, give nothing.
pub fn resolve<'a>(root: &'a Json, schema: &'a Json) -> Option<&'a Json> {
    let mut at = schema;
    for _ in 0..16 {
        match at.get("$ref") {
            None => return Some(at),
            Some(r) => {
                let target = r.as_str()?.strip_prefix('#')?;
                at = root.pointer(target)?;
            }
        }
    }
    None
}

/// The field type of a plain property; `json` where nothing better fits.
pub fn infer_type(root: &Json, property: &Json, nested: bool) -> &'static str {
    let Some(schema) = resolve(root, property).and_then(Json::as_object) else { return "json" };
    if is_constants(schema) {
        return "choice";
    }
    // a combination says more than a type can carry
    if ["allOf", "anyOf", "oneOf", "not", "if", "$dynamicRef", "const"].iter().any(|k| schema.contains_key(*k)) {
        return "json";
    }
    let format = schema.get("format").and_then(Json::as_str).unwrap_or_default();
    match single_type(schema) {
        Some("string") => match format {
            "date" => "date",
            "date-time" => "datetime",
            // a reference keeps what its schema says: a time with its zone is a text
            "time" if property.get("$ref").is_none() => "time",
            "duration" => "duration",
            _ if schema.get("maxLength").and_then(Json::as_u64).is_some_and(|m| m > 500) => "long_text",
            _ => "text",
        },
        Some("integer") => "integer",
        Some("number") if scale_of(schema).is_some() => "number",
        Some("boolean") => "boolean",
        Some("array") => {
            let Some(items) = schema.get("items").and_then(|i| resolve(root, i)).and_then(Json::as_object) else {
                return "json";
            };
            if is_constants(items)
                && !["contains", "prefixItems", "unevaluatedItems"].iter().any(|k| schema.contains_key(*k))
            {
                "choices"
            } else if !nested
                && single_type(items) == Some("object")
                && items.get("properties").is_some_and(Json::is_object)
                && is_closed_list(schema, items)
            {
                "table"
            } else {
                "json"
            }
        }
        _ => "json",
    }
}

/// As [`infer_type`], for a property whose `field` has options and names no type: a number with options that only a decimal
/// takes is that decimal.
pub fn infer_with_options(root: &Json, property: &Json, nested: bool, own: &Map<String, Json>) -> &'static str {
    let inferred = infer_type(root, property, nested);
    let takes = |name: &str| {
        let known = registry::find(name).map_or(&[][..], |t| t.options);
        own.keys().all(|key| COMMON.contains(&key.as_str()) || known.contains(&key.as_str()))
    };
    let schema = resolve(root, property).and_then(Json::as_object);
    let is_number = schema.and_then(single_type).is_some_and(|t| matches!(t, "number" | "integer"));
    let decimal = || ["number", "money"].into_iter().find(|name| takes(name));
    if !takes(inferred) && is_number { decimal().unwrap_or(inferred) } else { inferred }
}

/// Arrays of objects become rows only where rows say all that the schema says.
fn is_closed_list(array: &Map<String, Json>, items: &Map<String, Json>) -> bool {
    !["contains", "prefixItems", "unevaluatedItems", "uniqueItems"].iter().any(|k| array.contains_key(*k))
        && ![
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "if",
            "patternProperties",
            "propertyNames",
            "additionalProperties",
            "dependentSchemas",
        ]
        .iter()
        .any(|k| items.contains_key(*k))
}

/// `"string"`, or `["string", "null"]`.
fn single_type(schema: &Map<String, Json>) -> Option<&str> {
    match schema.get("type")? {
        Json::String(one) => Some(one),
        Json::Array(many) => {
            let mut names = many.iter().filter_map(Json::as_str).filter(|n| *n != "null");
            match (names.next(), names.next()) {
                (Some(one), None) => Some(one),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `enum` of texts, `oneOf` of `const` texts, or one `const` text.
pub fn is_constants(schema: &Map<String, Json>) -> bool {
    let nullable = |v: &Json| v.is_string() || v.is_null();
    if let Some(values) = schema.get("enum").and_then(Json::as_array) {
        return values.iter().any(Json::is_string) && values.iter().all(nullable);
    }
    if let Some(only) = schema.get("const") {
        return only.is_string() && !schema.contains_key("oneOf");
    }
    schema
        .get("oneOf")
        .and_then(Json::as_array)
        .is_some_and(|o| !o.is_empty() && o.iter().all(|c| c.get("const").is_some_and(Json::is_string)))
}

/// Decimals that `multipleOf` allows, where it is a power of ten.
pub fn scale_of(schema: &Map<String, Json>) -> Option<u32> {
    let text = schema.get("multipleOf")?.to_string();
    if text == "1" || text == "1.0" {
        return Some(0);
    }
    let fraction = text.strip_prefix("0.")?.trim_end_matches('0');
    let scale = u32::try_from(fraction.len()).ok()?;
    (scale <= 9 && fraction.ends_with('1') && fraction.bytes().rev().skip(1).all(|b| b == b'0')).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_properties_become_the_fields_a_person_would_choose() {
        let root = json!({"$defs": {"day": {"type": "string", "format": "date"}, "clock": {"type": "string", "format": "time"}, "loop": {"$ref": "#/$defs/loop"}}});
        for (schema, want) in [
            (json!({"type": "string"}), "text"),
            (json!({"type": "string", "maxLength": 501}), "long_text"),
            (json!({"type": ["string", "null"], "format": "date-time"}), "datetime"),
            (json!({"$ref": "#/$defs/day"}), "date"),
            (json!({"$ref": "#/$defs/loop"}), "json"),
            (json!({"$ref": "https://example.com/x"}), "json"),
            (json!({"enum": ["a", "b"]}), "choice"),
            (json!({"enum": [1, 2]}), "json"),
            (json!({"const": "Patient"}), "choice"),
            (json!({"type": "string", "const": "Patient"}), "choice"),
            (json!({"const": 1}), "json"),
            (json!({"type": "string", "format": "time"}), "time"),
            (json!({"$ref": "#/$defs/clock"}), "text"),
            (json!({"type": "number"}), "json"),
            (json!({"type": "number", "multipleOf": 0.01}), "number"),
            (json!({"type": "integer"}), "integer"),
            (json!({"type": "array", "items": {"type": "object", "properties": {"a": {"type": "string"}}}}), "table"),
            (json!({"type": "array", "items": {"type": "string"}}), "json"),
            (json!({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}), "choices"),
            (
                json!({"type": "array", "uniqueItems": true, "items": {"oneOf": [{"const": "a"}, {"const": "b"}]}}),
                "choices",
            ),
            (json!({"type": "array", "items": {"enum": ["a"]}, "contains": {"const": "a"}}), "json"),
            (json!({"type": "object"}), "json"),
            (json!({"type": "string", "anyOf": [{"minLength": 2}]}), "json"),
            (json!(true), "json"),
        ] {
            assert_eq!(infer_type(&root, &schema, false), want, "{schema}");
        }
    }

    #[test]
    fn a_number_with_options_of_a_decimal_is_that_decimal() {
        for (schema, own, want) in [
            (json!({"type": "number"}), json!({"scale": 2}), "number"),
            (json!({"type": ["number", "null"]}), json!({"id": "c_1", "scale": 2, "display": "stars"}), "number"),
            (json!({"type": "number"}), json!({"currency": "EUR"}), "money"),
            (json!({"type": "integer"}), json!({"scale": 0}), "integer"),
            (json!({"type": "integer"}), json!({"currency_field": "unit"}), "money"),
            (json!({"type": "number"}), json!({"id": "c_1", "personal": true}), "json"),
            (json!({"type": "number"}), json!({"scael": 2}), "json"),
            (json!({"type": "number", "not": {"const": 3}}), json!({"scale": 2}), "number"),
            (json!({"type": "string"}), json!({"scale": 2}), "text"),
        ] {
            let options = own.as_object().cloned().unwrap_or_default();
            assert_eq!(infer_with_options(&schema, &schema, false, &options), want, "{schema} {own}");
        }
    }
}
