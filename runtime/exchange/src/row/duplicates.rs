//! Duplicates: the same company in the same country, the same e-mail, the same phone, in the file or among the records.

use super::CleanRow;
use crate::clean::company::company_key;
use crate::clean::near::{self, NearIndex};
use crate::messages::Code;
use crate::notice::Notice;
use indexmap::IndexMap;
use serde_json::Value;
use std::collections::HashMap;

/// The targets whose values tell duplicates; each may be left out.
#[derive(Debug, Clone, Default)]
pub struct DuplicateRules {
    /// The company's name.
    pub company: Option<String>,
    /// Its country; companies are compared within one country.
    pub country: Option<String>,
    /// The first e-mail address.
    pub email: Option<String>,
    /// The first phone number.
    pub phone: Option<String>,
}

/// What is repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// An earlier row of the same file.
    Row(u32),
    /// A record that there is.
    Record {
        /// Its id.
        id: String,
        /// What it is called; what the reader may know of it.
        title: String,
    },
}

impl Known {
    fn named(&self) -> String {
        match self {
            Known::Row(row) => format!("row {row}"),
            Known::Record { title, .. } => title.clone(),
        }
    }
}

/// By what a row repeats another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matched {
    /// Country and company key.
    Company,
    /// E-mail.
    Email,
    /// Phone.
    Phone,
}

impl Matched {
    /// Its word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Matched::Company => "company",
            Matched::Email => "email",
            Matched::Phone => "phone",
        }
    }
}

/// A row that repeats another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeat {
    /// What it repeats.
    pub of: Known,
    /// By what.
    pub matched: Matched,
    /// The target that matched.
    pub target: String,
}

impl Repeat {
    /// The fault `duplicate`.
    pub fn notice(&self) -> Notice {
        Notice::new(Code::Duplicate).with("of", self.of.named()).with("matched", self.matched.as_str())
    }
}

/// Asks the records that there are. Keys are made by [`company_key`].
pub trait KnownKeys {
    /// The record of that country and company key.
    fn company(&mut self, country: &str, key: &str) -> Option<Known>;
    /// The record with that e-mail address.
    fn email(&mut self, email: &str) -> Option<Known>;
    /// The record with that phone number.
    fn phone(&mut self, phone: &str) -> Option<Known>;
    /// Records of that country whose company keys are near (see [`near::is_near`]).
    fn near_company(&mut self, country: &str, key: &str) -> Vec<Known>;
}

/// There are no records.
pub struct NoneKnown;

impl KnownKeys for NoneKnown {
    fn company(&mut self, _country: &str, _key: &str) -> Option<Known> {
        None
    }
    fn email(&mut self, _email: &str) -> Option<Known> {
        None
    }
    fn phone(&mut self, _phone: &str) -> Option<Known> {
        None
    }
    fn near_company(&mut self, _country: &str, _key: &str) -> Vec<Known> {
        Vec::new()
    }
}

/// The keys of the rows accepted so far.
#[derive(Debug, Default)]
pub struct Duplicates {
    rules: DuplicateRules,
    companies: HashMap<(String, String), u32>,
    near: HashMap<String, NearIndex<u32>>,
    emails: HashMap<String, u32>,
    phones: HashMap<String, u32>,
}

impl Duplicates {
    /// Begins a file.
    pub fn new(rules: DuplicateRules) -> Self {
        Self { rules, ..Self::default() }
    }

    /// What a row repeats: earlier rows before records; company before e-mail before phone.
    pub fn find(&self, values: &IndexMap<String, Value>, known: &mut dyn KnownKeys) -> Option<Repeat> {
        let repeat = |of: Option<Known>, matched: Matched, target: &Option<String>| {
            of.map(|of| Repeat { of, matched, target: target.clone().unwrap_or_default() })
        };
        if let Some((country, key)) = self.company(values) {
            let of = self
                .companies
                .get(&(country.clone(), key.clone()))
                .copied()
                .map(Known::Row)
                .or_else(|| known.company(&country, &key));
            if let Some(found) = repeat(of, Matched::Company, &self.rules.company) {
                return Some(found);
            }
        }
        if let Some(email) = text(values, self.rules.email.as_deref()) {
            let email = email.to_lowercase();
            let of = self.emails.get(&email).copied().map(Known::Row).or_else(|| known.email(&email));
            if let Some(found) = repeat(of, Matched::Email, &self.rules.email) {
                return Some(found);
            }
        }
        let phone = text(values, self.rules.phone.as_deref())?;
        let of = self.phones.get(phone).copied().map(Known::Row).or_else(|| known.phone(phone));
        repeat(of, Matched::Phone, &self.rules.phone)
    }

    /// What a row nearly repeats by its company's name: earlier rows, then records.
    pub fn find_near(&self, values: &IndexMap<String, Value>, known: &mut dyn KnownKeys) -> Vec<Known> {
        let Some((country, key)) = self.company(values).filter(|(_, key)| key.chars().count() >= near::SHORTEST) else {
            return Vec::new();
        };
        let mut found: Vec<Known> = self
            .near
            .get(&country)
            .map(|index| index.find(&key, near::EDITS))
            .unwrap_or_default()
            .into_iter()
            .map(Known::Row)
            .collect();
        found.extend(known.near_company(&country, &key));
        found
    }

    /// The warning `possible_duplicate` for a row that nearly repeats others.
    pub fn near_notice(&self, row: &CleanRow, of: &[Known]) -> Notice {
        let names: Vec<String> = of.iter().take(3).map(Known::named).collect();
        Notice::new(Code::PossibleDuplicate)
            .with("of", names.join(", "))
            .with("value", text(&row.values, self.rules.company.as_deref()).unwrap_or_default())
    }

    /// Takes note of an accepted row.
    pub fn accept(&mut self, row: u32, values: &IndexMap<String, Value>) {
        if let Some((country, key)) = self.company(values) {
            self.near.entry(country.clone()).or_default().add(&key, row);
            self.companies.entry((country, key)).or_insert(row);
        }
        if let Some(email) = text(values, self.rules.email.as_deref()) {
            self.emails.entry(email.to_lowercase()).or_insert(row);
        }
        if let Some(phone) = text(values, self.rules.phone.as_deref()) {
            self.phones.entry(phone.to_owned()).or_insert(row);
        }
    }

    fn company(&self, values: &IndexMap<String, Value>) -> Option<(String, String)> {
        let name = text(values, self.rules.company.as_deref())?;
        let country = text(values, self.rules.country.as_deref()).unwrap_or_default();
        Some((country.to_owned(), company_key(name)))
    }
}

fn text<'a>(values: &'a IndexMap<String, Value>, key: Option<&str>) -> Option<&'a str> {
    values.get(key?)?.as_str().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(company: &str, country: &str, email: &str, phone: &str) -> IndexMap<String, Value> {
        [("company", company), ("country", country), ("email", email), ("phone", phone)]
            .into_iter()
            .map(|(key, value)| (key.to_owned(), json!(value)))
            .collect()
    }

    fn rules() -> DuplicateRules {
        let some = |key: &str| Some(key.to_owned());
        DuplicateRules {
            company: some("company"),
            country: some("country"),
            email: some("email"),
            phone: some("phone"),
        }
    }

    #[test]
    fn the_first_row_wins_and_company_goes_before_email_before_phone() {
        let mut seen = Duplicates::new(rules());
        seen.accept(4, &row("Crown Tools Ltd", "GB", "a@x.com", "+441"));
        seen.accept(5, &row("Other", "GB", "b@x.com", "+442"));
        let found = |values| seen.find(&values, &mut NoneKnown).map(|repeat| (repeat.of, repeat.matched));
        assert_eq!(found(row("CROWN TOOLS", "GB", "b@x.com", "")), Some((Known::Row(4), Matched::Company)));
        assert_eq!(found(row("Crown Tools", "DE", "B@x.com", "+441")), Some((Known::Row(5), Matched::Email)));
        assert_eq!(found(row("Third", "GB", "c@x.com", "+441")), Some((Known::Row(4), Matched::Phone)));
        assert_eq!(found(row("Third", "GB", "", "")), None);
    }

    #[test]
    fn near_names_are_found_within_one_country_only() {
        let mut seen = Duplicates::new(rules());
        seen.accept(4, &row("Quantum Import", "JP", "", ""));
        assert_eq!(seen.find_near(&row("Quanntum Import", "DE", "", ""), &mut NoneKnown), []);
        assert_eq!(seen.find_near(&row("Quanntum Import", "JP", "", ""), &mut NoneKnown), [Known::Row(4)]);
    }

    struct One;

    impl KnownKeys for One {
        fn company(&mut self, country: &str, key: &str) -> Option<Known> {
            (country == "GB" && key == "crowntools")
                .then(|| Known::Record { id: "7".into(), title: "Crown Tools".into() })
        }
        fn email(&mut self, _email: &str) -> Option<Known> {
            None
        }
        fn phone(&mut self, _phone: &str) -> Option<Known> {
            None
        }
        fn near_company(&mut self, _country: &str, _key: &str) -> Vec<Known> {
            Vec::new()
        }
    }

    #[test]
    fn records_that_there_are_count_too() {
        let repeat = Duplicates::new(rules()).find(&row("Crown Tools Ltd", "GB", "", ""), &mut One);
        assert_eq!(
            repeat.map(|repeat| repeat.notice().message("en")),
            Some("The same company as in Crown Tools.".to_owned())
        );
    }
}
