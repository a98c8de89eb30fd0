//! Where in a JSON text reading stopped: the path of the value, as faults name it.
//!
//! Only a text that was refused is looked at again, and only up to where it was.

use formwright_core::definition::pointer_segment;

/// A container that was begun and not ended.
enum Open {
    /// The member whose value is read; none while its name is.
    Object(Option<String>),
    /// The number of the item that is read.
    Array(usize),
}

/// The path of the value in which an error stands: `a/0/b`. Of an error in a member's name that of the object.
pub(crate) fn of_error(text: &[u8], error: &serde_json::Error) -> String {
    let lines = text.split_inclusive(|b| *b == b'\n').take(error.line().saturating_sub(1));
    let before: usize = lines.map(<[u8]>::len).sum();
    // the last byte is the one that was not borne: it may have ended the text
    let end = (before + error.column()).saturating_sub(1).min(text.len());
    path(text.get(..end).unwrap_or_default())
}

fn path(text: &[u8]) -> String {
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' => open.push(Open::Object(None)),
            b'[' => open.push(Open::Array(0)),
            b'}' | b']' => {
                open.pop();
            }
            b',' => match open.last_mut() {
                Some(Open::Object(name)) => *name = None,
                Some(Open::Array(index)) => *index += 1,
                None => {}
            },
            b'"' => {
                let Some(length) = text.get(at..).and_then(string) else { break };
                if let Some(Open::Object(name @ None)) = open.last_mut() {
                    *name = text.get(at..at + length).and_then(|name| serde_json::from_slice(name).ok());
                }
                at += length - 1;
            }
            _ => {}
        }
        at += 1;
    }
    let segments = open.iter().filter_map(|open| match open {
        Open::Object(name) => name.as_deref().map(pointer_segment),
        Open::Array(index) => Some(index.to_string()),
    });
    segments.collect::<Vec<String>>().join("/")
}

/// Bytes of the string that begins here, both its marks included; nothing where it does not end.
fn string(text: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place(text: &str) -> String {
        of_error(text.as_bytes(), &serde_json::from_str::<serde_json::Value>(text).unwrap_err())
    }

    #[test]
    fn an_error_is_found_at_any_depth_and_after_anything() {
        let cases = [
            (r#"{"a": "\ud800"}"#, "a"),
            (r#"{"a": "x", "b": {"c": [1, "\udc00"]}}"#, "b/c/1"),
            (r#"{"a": {"b": 1}, "c": [[], {}, {"d": "\ud800\ud800"}]}"#, "c/2/d"),
            (r#"{"a\"}": "}]", "b,/~": "\ud800x"}"#, "b,~1~0"),
            ("{\n  \"a\": [\n    \"{\",\n    \"\u{1}\"]}", "a/1"),
            (r#"{"客户": "\ud83d"}"#, "客户"),
            (r#"{"a": {"\ud800": 1}}"#, "a"),
            (r#""\ud800""#, ""),
            (r#"["\uD800", "\ud800"]"#, "0"),
            (r#"[[{"a": "\ud800\n"}]]"#, "0/0/a"),
        ];
        for (text, path) in cases {
            assert_eq!(place(text), path, "{text}");
        }
    }

    #[test]
    fn whatever_is_cut_off_has_a_place() {
        let text = r#"{"a": ["x\\\"", {"b": null}], "c": "\ud83d\ude00", "d": -1.5e3, "e": [true, {}]}"#;
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let _ = place(&text[..end]);
        }
        assert_eq!(place(&text[..text.find("null").unwrap() + 2]), "a/1/b");
    }
}
