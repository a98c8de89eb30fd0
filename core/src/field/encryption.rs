//! The option `encrypted`: which fields may have it, and what else they cannot have then.

use super::{Encryption, Field, FieldKind, Unique};
use crate::definition::type_name;
use crate::diagnostic::Fault;
use crate::error_code as code;
use serde_json::{Map, Value as Json};

/// Reads `encrypted`: `true`, `false`, or `{"exact": true}`.
pub(super) fn parse_encryption(own: &Map<String, Json>, at: &str, faults: &mut Vec<Fault>) -> Option<Encryption> {
    let here = || format!("{at}/field/encrypted");
    match own.get("encrypted")? {
        Json::Null | Json::Bool(false) => None,
        Json::Bool(true) => Some(Encryption { exact: false }),
        Json::Object(map) => {
            for key in map.keys().filter(|key| *key != "exact") {
                faults.push(
                    Fault::new(format!("{}/{key}", here()), &code::UNKNOWN_KEY)
                        .with("name", key)
                        .suggest(key, ["exact"].into_iter()),
                );
            }
            match map.get("exact") {
                None => Some(Encryption { exact: false }),
                Some(Json::Bool(exact)) => Some(Encryption { exact: *exact }),
                Some(other) => {
                    faults.push(wrong(format!("{}/exact", here()), "boolean", other));
                    None
                }
            }
        }
        other => {
            faults.push(wrong(here(), "boolean or object", other));
            None
        }
    }
}

fn wrong(path: String, expected: &str, got: &Json) -> Fault {
    Fault::new(path, &code::WRONG_TYPE).with("expected", expected).with("got", type_name(got))
}

/// What stands in the way of keeping a field encrypted, once its kind is known. `at` is the pointer of its property.
pub(super) fn check_encryption(field: &Field, at: &str) -> Option<Fault> {
    if !field.is_encrypted() {
        return None;
    }
    match &field.kind {
        FieldKind::Text(text) if text.unique != Unique::No && !field.finds_equals() => {
            Some(refused(&field.name, format!("{at}/field/unique")))
        }
        FieldKind::Text(_) | FieldKind::LongText { .. } => None,
        other => Some(
            Fault::new(format!("{at}/field/encrypted"), &code::KIND_NOT_OFFERED)
                .with("what", format!("encrypted {}", other.type_name())),
        ),
    }
}

/// The fault of a use that an encrypted field does not allow, at the place of the use.
pub fn refused(name: &str, at: impl Into<String>) -> Fault {
    Fault::new(at, &code::FIELD_ENCRYPTED).with("name", name)
}
