//! The rules of a form by which records are told to be the same.

use formwright_core::catalog::Catalog;
use formwright_core::definition::{DuplicateFieldDoc, OnHit};
use formwright_core::field::Normal;
use formwright_core::form::Form;
use formwright_core::{fold, phone};
use formwright_exchange::clean::company::company_key;
use formwright_store::exchange::{By, Folding};
use formwright_store::{Kind, Val};
use serde_json::Value as Json;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Plain,
    /// Without regard to case, width and space.
    Normalized,
    /// Names of companies without what kind of company they are.
    CompanyKey,
    Email,
    EmailDomain,
    Phone,
}

/// A value of a rule.
#[derive(Clone, Debug)]
pub struct Part {
    /// Field of the form that the rule looks at.
    pub field: usize,
    /// As drafts name it: `company`, `contacts.email`.
    pub path: String,
    pub form: Shape,
}

/// Where a rule looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Where {
    /// At the records themselves.
    Own,
    /// At records of another form that link to them.
    Linked { form: usize, via: usize },
}

/// Records are the same when all the parts are.
#[derive(Clone, Debug)]
pub struct Rule {
    pub name: String,
    pub place: Where,
    pub parts: Vec<Part>,
    /// Most letters in which names may differ; equality without.
    pub distance: Option<u32>,
    pub refuse: bool,
}

/// The rules of a form. One that mixes fields of the record with those of others, or names what is not there, is left out.
pub fn rules_of(catalog: &Catalog, index: usize, form: &Form) -> Vec<Rule> {
    form.duplicate_check
        .iter()
        .filter_map(|doc| {
            let mut place = None;
            let mut parts = Vec::new();
            for field in &doc.fields {
                let (path, form_) = match field {
                    DuplicateFieldDoc::Path(path) => (path, Shape::Plain),
                    DuplicateFieldDoc::As { field, form } => (field, Shape::named(form)?),
                };
                let (at, field) = match path.split_once('.') {
                    None => (Where::Own, form.field(path)?.0),
                    Some((head, tail)) => {
                        let (from, via) = catalog.inverse(index, head)?;
                        (Where::Linked { form: from, via }, catalog.forms.get(from)?.field(tail)?.0)
                    }
                };
                if *place.get_or_insert(at) != at {
                    return None;
                }
                parts.push(Part { field, path: path.clone(), form: form_ });
            }
            Some(Rule {
                name: doc.name.clone(),
                place: place?,
                parts,
                distance: doc.distance,
                refuse: matches!(doc.on_hit, OnHit::Refuse),
            })
        })
        .collect()
}

impl Shape {
    fn named(name: &str) -> Option<Shape> {
        Some(match name {
            "normalized" => Shape::Normalized,
            "company_key" => Shape::CompanyKey,
            "email" => Shape::Email,
            "email_domain" => Shape::EmailDomain,
            "phone" => Shape::Phone,
            _ => return None,
        })
    }

    /// What is compared of a text; empty where there is nothing to compare.
    pub fn of(self, text: &str) -> String {
        let text = text.trim();
        match self {
            Shape::Plain => text.to_string(),
            Shape::Normalized => fold::normalize(text),
            Shape::CompanyKey if text.is_empty() => String::new(),
            Shape::CompanyKey => company_key(text),
            Shape::Email => text.to_lowercase(),
            Shape::EmailDomain => text.rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_lowercase()),
            Shape::Phone => {
                // one without the sign of another country may be either
                phone::dialled(text).map_or_else(String::new, |number| number.trim_start_matches('+').to_string())
            }
        }
    }

    /// The column to look in and the values that mean this one there; none where only reading all of them tells.
    pub fn asked(self, field: usize, value: &str, folding: Folding, kind: Kind) -> Option<(By, Vec<Val>)> {
        match self {
            Shape::Plain => match kind {
                Kind::Text => Some((By::Field(field), vec![Val::text(value)])),
                Kind::Uuid => uuid::Uuid::try_parse(value).ok().map(|id| (By::Field(field), vec![Val::Uuid(id)])),
                _ => None,
            },
            Shape::Normalized | Shape::Email => Some((By::Folded(field), vec![Val::text(folding.of(value))])),
            Shape::Phone if folding == Folding::Normal(Normal::Phone) => {
                Some((By::Folded(field), [format!("+{value}"), value.to_string()].into_iter().map(Val::text).collect()))
            }
            Shape::Phone => Some((
                By::Field(field),
                [format!("+{value}"), value.to_string(), format!("00{value}")].into_iter().map(Val::text).collect(),
            )),
            Shape::CompanyKey | Shape::EmailDomain => None,
        }
    }
}

impl Rule {
    /// The parts that a statement can ask for.
    pub fn is_asked(part: &Part) -> bool {
        !matches!(part.form, Shape::CompanyKey | Shape::EmailDomain)
    }

    /// What a rule compares of a draft, part by part; nothing where a part is empty.
    pub fn values(&self, text_of: impl Fn(&Part) -> Option<String>) -> Option<Vec<String>> {
        self.parts
            .iter()
            .map(|part| text_of(part).map(|text| part.form.of(&text)).filter(|text| !text.is_empty()))
            .collect()
    }

    /// The values that a statement asks for, as one key.
    pub fn asked_key(&self, values: &[String]) -> String {
        joined(self.parts.iter().zip(values).filter(|(part, _)| Rule::is_asked(part)).map(|(_, value)| value.as_str()))
    }

    /// The other values, as one key.
    pub fn rest_key(&self, values: &[String]) -> String {
        joined(self.parts.iter().zip(values).filter(|(part, _)| !Rule::is_asked(part)).map(|(_, value)| value.as_str()))
    }

    /// The part that a hit is told at: the last one that says more than a plain value.
    pub fn told_at(&self) -> Option<&Part> {
        self.parts.iter().rev().find(|part| part.form != Shape::Plain).or_else(|| self.parts.last())
    }
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join("\u{1f}")
}

/// A stored value as text to compare.
pub fn text_of_val(value: &Val) -> Option<String> {
    Some(match value {
        Val::Null(_) => return None,
        Val::Text(text) | Val::Json(text) => text.clone(),
        Val::Int(number) => number.to_string(),
        Val::Bool(yes) => yes.to_string(),
        Val::Dec(number, _) => number.normalize().to_string(),
        Val::Date(day) => day.to_string(),
        Val::Uuid(id) => id.to_string(),
        Val::Ts(at) => formwright_core::value::format_instant(*at),
        Val::Time(_) | Val::Bytes(_) => return None,
    })
}

/// A value of a draft as text to compare.
pub fn text_of_json(value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(yes) => Some(yes.to_string()),
        Json::Object(map) => map.get("id").and_then(Json::as_str).map(str::to_string),
        Json::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_in_their_form() {
        for (form, a, b, same) in [
            (Shape::CompanyKey, "Crown Tools Ltd.", "CROWN TOOLS", true),
            (Shape::CompanyKey, "Crown Tools", "Crown Doors", false),
            (Shape::Email, "Ann@X.com ", "ann@x.com", true),
            (Shape::EmailDomain, "ann@x.com", "bob@X.COM", true),
            (Shape::Phone, "+49 (151) 234-5678", "0049 151 2345678", true),
            (Shape::Normalized, "ＡＢ c", "ab c", true),
            (Shape::Plain, "DE", "de", false),
        ] {
            assert_eq!(form.of(a) == form.of(b), same, "{form:?} {a} {b}");
        }
        assert_eq!(Shape::Phone.of("110"), "");
    }
}
