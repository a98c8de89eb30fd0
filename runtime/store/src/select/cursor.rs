//! Where a page ended, as an opaque text: the values of its order, bound to the question they belong to.

use crate::value::{Kind, Val};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Characters of a text that a cursor holds.
const BEGINNING: usize = 120;

/// Where a page ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// Values of the sort keys of the last record, then its tie-breaker.
    pub values: Vec<Val>,
    /// Places of texts of which only the beginning was kept.
    pub cut: Vec<usize>,
}

fn to_json(value: &Val) -> Json {
    match value {
        Val::Text(t) if let Some((end, _)) = t.char_indices().nth(BEGINNING) => json!(["p", t.get(..end)]),
        Val::Null(kind) => json!(["n", null, kind_code(*kind)]),
        Val::Text(t) => json!(["t", t]),
        Val::Int(n) => json!(["i", n]),
        Val::Bool(b) => json!(["b", b]),
        Val::Dec(d, scale) => json!(["d", d.to_string(), scale]),
        Val::Date(d) => json!(["D", d.to_string()]),
        Val::Time(t) => json!(["T", t]),
        Val::Ts(t) => json!(["s", t.timestamp_micros()]),
        Val::Uuid(u) => json!(["u", u]),
        Val::Json(_) | Val::Bytes(_) => json!(["n", null, "t"]),
    }
}

fn kind_code(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "i",
        Kind::Bool => "b",
        Kind::Dec(_) => "d",
        Kind::Date => "D",
        Kind::Time => "T",
        Kind::Ts => "s",
        Kind::Uuid => "u",
        _ => "t",
    }
}

fn from_json(json: &Json) -> Option<Val> {
    let (tag, value) = (json.get(0)?.as_str()?, json.get(1)?);
    Some(match tag {
        "n" => Val::Null(match json.get(2)?.as_str()? {
            "i" => Kind::Int,
            "b" => Kind::Bool,
            "d" => Kind::Dec(9),
            "D" => Kind::Date,
            "T" => Kind::Time,
            "s" => Kind::Ts,
            "u" => Kind::Uuid,
            _ => Kind::Text,
        }),
        "t" | "p" => Val::Text(value.as_str().filter(|t| !t.contains('\0'))?.to_string()),
        "i" => Val::Int(value.as_i64()?),
        "b" => Val::Bool(value.as_bool()?),
        "d" => {
            Val::Dec(value.as_str()?.parse().ok()?, u32::try_from(json.get(2)?.as_u64()?).ok().filter(|s| *s <= 18)?)
        }
        "D" => Val::Date(value.as_str()?.parse().ok()?),
        "T" => Val::Time(value.as_i64()?),
        "s" => Val::Ts(DateTime::from_timestamp_micros(value.as_i64()?)?),
        "u" => Val::Uuid(Uuid::try_parse(value.as_str()?).ok()?),
        _ => return None,
    })
}

/// The cursor of a page's end; `question` names the list it belongs to.
pub fn write_cursor(question: u64, values: &[Val]) -> String {
    let json = json!([format!("{question:x}"), values.iter().map(to_json).collect::<Vec<_>>()]);
    URL_SAFE_NO_PAD.encode(json.to_string())
}

/// Where the page of a cursor ended, if it belongs to this question.
pub fn read_cursor(question: u64, text: &str) -> Option<Ending> {
    if text.len() > 8192 {
        return None;
    }
    let json: Json = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    if json.get(0)?.as_str()? != format!("{question:x}") {
        return None;
    }
    let parts = json.get(1)?.as_array()?;
    let values = parts.iter().map(from_json).collect::<Option<Vec<Val>>>()?;
    let is_cut = |part: &Json| part.get(0).and_then(Json::as_str) == Some("p");
    let cut = parts.iter().enumerate().filter(|(_, part)| is_cut(part)).map(|(at, _)| at).collect();
    Some(Ending { values, cut })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cursor_stays_short_whatever_it_points_to() {
        let values = [Val::Text("木".repeat(60_000)), Val::Text("short".into()), Val::Uuid(Uuid::nil())];
        let cursor = write_cursor(7, &values);
        assert!(cursor.len() < 1000, "{}", cursor.len());
        let ending = read_cursor(7, &cursor).unwrap();
        assert_eq!(ending.cut, [0]);
        assert_eq!(ending.values, [Val::Text("木".repeat(120)), values[1].clone(), values[2].clone()]);
        assert_eq!(read_cursor(8, &cursor), None);
    }
}
