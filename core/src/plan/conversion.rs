//! Changing the type of a field: for each pair of types, whether and how its values follow.

use super::shape::FieldShape;
use crate::field::{ColumnKind as C, Storage as S};

/// How the values of a field follow a change of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The column already holds what the new type needs.
    Same,
    /// Every value has its counterpart.
    Lossless,
    /// Some values may have none: they are shown before anything happens.
    Checked,
    /// A new field is the way round.
    Refused,
}

const WORDS: [&str; 6] = ["text", "long_text", "scan", "choice", "status", "serial"];
const PROSE: [&str; 3] = ["text", "long_text", "scan"];

/// The table of type changes.
pub fn way(from: &FieldShape, to: &FieldShape) -> Way {
    let (old, new) = (from.type_name.as_str(), to.type_name.as_str());
    let one_of = |list: &[&str], name: &str| list.contains(&name);
    // what is encrypted becomes another type by way of plain text
    if (from.encrypted || to.encrypted) && old != new && from.encrypted != to.encrypted {
        return Way::Refused;
    }
    match (from.storage, to.storage) {
        (S::Table, S::Table) => Way::Same,
        (S::Table, _) | (_, S::Table) => Way::Refused,
        (S::Column(C::Text), S::Column(C::Text)) => match (old, new) {
            _ if old == new => Way::Same,
            (_, "duration") if one_of(&PROSE, old) => Way::Checked,
            (_, "duration") => Way::Refused,
            _ => Way::Same,
        },
        (a @ (S::Column(C::Uuid) | S::List(C::Uuid)), b) if a == b => {
            if old == new && from.target == to.target {
                Way::Same
            } else {
                Way::Refused
            }
        }
        (S::Column(C::Json), S::Column(C::Json)) => {
            if old == new || new == "json" {
                Way::Same
            } else {
                Way::Refused
            }
        }
        (a, b) if a == b => Way::Same,
        (S::Column(C::Dec(a)), S::Column(C::Dec(b))) => {
            if b > a {
                Way::Lossless
            } else {
                Way::Checked
            }
        }
        (S::Column(C::Uuid), S::List(C::Uuid)) => {
            if is_plural(old, new) && from.target == to.target {
                Way::Lossless
            } else {
                Way::Refused
            }
        }
        (S::List(C::Uuid), S::Column(C::Uuid)) => {
            if is_plural(new, old) && from.target == to.target {
                Way::Checked
            } else {
                Way::Refused
            }
        }
        (S::Column(C::Text), S::List(C::Text)) => match old {
            "choice" | "status" => Way::Lossless,
            _ if one_of(&PROSE, old) => Way::Checked,
            _ => Way::Refused,
        },
        (S::List(C::Text), S::Column(C::Text)) => match new {
            "choice" | "status" => Way::Checked,
            _ if one_of(&PROSE, new) => Way::Lossless,
            _ => Way::Refused,
        },
        (S::Column(C::Uuid) | S::List(C::Uuid), _) | (_, S::Column(C::Uuid) | S::List(C::Uuid)) => Way::Refused,
        (S::Column(C::Json), S::Column(C::Text)) => {
            if one_of(&PROSE, new) {
                Way::Lossless
            } else {
                Way::Refused
            }
        }
        (S::Column(C::Text), S::Column(C::Json)) => {
            if new == "json" && one_of(&PROSE, old) {
                Way::Checked
            } else {
                Way::Refused
            }
        }
        (S::Column(C::Json), _) => Way::Refused,
        (S::Column(C::Dec(_) | C::Bool | C::Date | C::Ts | C::Time) | S::List(_), S::Column(C::Json)) => {
            if new == "json" { Way::Lossless } else { Way::Refused }
        }
        (S::Column(C::Text), S::Column(C::Dec(_) | C::Bool | C::Date | C::Ts | C::Time)) => {
            if one_of(&WORDS, old) {
                Way::Checked
            } else {
                Way::Refused
            }
        }
        (S::Column(C::Dec(_) | C::Bool | C::Date | C::Ts | C::Time), S::Column(C::Text)) => {
            if one_of(&WORDS, new) && new != "serial" { Way::Lossless } else { Way::Refused }
        }
        (S::Column(C::Date), S::Column(C::Ts)) | (S::Column(C::Bool), S::Column(C::Dec(_))) => Way::Lossless,
        (S::Column(C::Ts), S::Column(C::Date)) | (S::Column(C::Dec(_)), S::Column(C::Bool)) => Way::Checked,
        _ => Way::Refused,
    }
}

/// `user` and `users`, `link` and `links`, `department` and `departments`.
fn is_plural(one: &str, many: &str) -> bool {
    many.strip_suffix('s') == Some(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(type_name: &str, storage: S) -> FieldShape {
        FieldShape {
            id: "c_x".into(),
            name: "x".into(),
            type_name: type_name.into(),
            storage,
            sorted: false,
            normalized: false,
            encrypted: false,
            computed: false,
            target: None,
            columns: vec![],
        }
    }

    #[test]
    fn each_pair_of_types_has_its_way() {
        let text = shape("text", S::Column(C::Text));
        let long = shape("long_text", S::Column(C::Text));
        let choice = shape("choice", S::Column(C::Text));
        let tags = shape("tags", S::List(C::Text));
        let two = shape("number", S::Column(C::Dec(2)));
        let four = shape("number", S::Column(C::Dec(4)));
        let user = shape("user", S::Column(C::Uuid));
        let users = shape("users", S::List(C::Uuid));
        let link = shape("link", S::Column(C::Uuid));
        let table = shape("table", S::Table);
        let duration = shape("duration", S::Column(C::Text));
        for (from, to, want) in [
            (&text, &long, Way::Same),
            (&text, &choice, Way::Same),
            (&text, &two, Way::Checked),
            (&two, &text, Way::Lossless),
            (&two, &four, Way::Lossless),
            (&four, &two, Way::Checked),
            (&text, &duration, Way::Checked),
            (&duration, &two, Way::Refused),
            (&user, &users, Way::Lossless),
            (&users, &user, Way::Checked),
            (&user, &link, Way::Refused),
            (&choice, &tags, Way::Lossless),
            (&tags, &text, Way::Lossless),
            (&table, &text, Way::Refused),
            (&table, &table, Way::Same),
        ] {
            assert_eq!(way(from, to), want, "{} to {}", from.type_name, to.type_name);
        }
    }
}
