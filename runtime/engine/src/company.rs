//! What the company has set, ready for use: its zone, its year and week, its name, every setting by key, its working time.

use crate::Engine;
use crate::calendars;
use crate::organisation::{self, Organisation};
use arc_swap::ArcSwapOption;
use chrono::Weekday;
use chrono_tz::Tz;
use formwright_core::catalog::Catalog;
use formwright_core::expr::{Type, Value, WorkCalendar};
use formwright_core::record::{CompanyFacts, read_value};
use formwright_core::setting::{SYSTEM, week_start};
use formwright_core::text::Locale;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The company as of one organisation and one catalogue.
#[derive(Clone, Debug)]
pub struct Company {
    /// Every setting's value by key; null where there is none.
    pub values: Json,
    /// What it is called; nothing until somebody said so.
    pub name: Option<String>,
    /// Days, windows and groups are those of this zone.
    pub zone: Tz,
    /// Of pages where nobody asks for a language.
    pub locale: Option<Locale>,
    /// First month of the fiscal year, 1–12.
    pub fiscal_year_start: u32,
    pub week_start: Weekday,
    /// Working time by name.
    pub calendars: BTreeMap<String, WorkCalendar>,
}

impl Company {
    fn of(engine: &Engine, catalog: &Catalog, organisation: &Organisation) -> Company {
        let mut values = Map::new();
        for settings in catalog.settings() {
            values.extend(settings.values(&|key| organisation.setting(&settings.app, key).cloned()));
        }
        // a setting keeps its key for itself: what the system's say is read by app
        let own = |key: &str| -> Option<String> {
            let stored = organisation.setting(SYSTEM, key).or_else(|| catalog.default_settings().get(key));
            stored.and_then(Json::as_str).map(str::to_string)
        };
        Company {
            name: own("company_name"),
            zone: own("time_zone").and_then(|zone| zone.parse().ok()).unwrap_or(engine.settings().time_zone),
            locale: own("locale").as_deref().and_then(Locale::from_tag),
            fiscal_year_start: own("fiscal_year_start").and_then(|m| m.parse().ok()).unwrap_or(1),
            week_start: own("week_start").map_or(Weekday::Mon, |day| week_start(&day)),
            calendars: organisation
                .calendars()
                .iter()
                .filter_map(|row| Some((row.name.clone(), calendars::stored(&row.doc)?)))
                .collect(),
            values: Json::Object(values),
        }
    }

    /// The value of a setting; nothing where it is empty or there is no such key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    /// A work calendar; without a name, or under one that nobody described, the company's own.
    pub fn calendar(&self, name: Option<&str>) -> Option<&WorkCalendar> {
        name.and_then(|name| self.calendars.get(name)).or_else(|| self.calendars.get(calendars::DEFAULT))
    }
}

/// What formulas ask of the company, by a catalogue that says what its settings are.
#[derive(Clone, Debug)]
pub struct Facts {
    catalog: Arc<Catalog>,
    company: Arc<Company>,
}

impl Facts {
    pub fn new(catalog: Arc<Catalog>, company: Arc<Company>) -> Facts {
        Facts { catalog, company }
    }

    /// Those of a catalogue, as the company is known now.
    pub fn of(engine: &Engine, catalog: &Arc<Catalog>) -> Facts {
        Facts { catalog: catalog.clone(), company: engine.company(catalog) }
    }
}

impl CompanyFacts for Facts {
    fn setting(&self, key: &str) -> Value {
        let found = self.catalog.setting(key).map(|(_, field)| field).zip(self.company.get(key));
        let read = found.and_then(|(field, json)| Some((read_value(field, json, &mut Vec::new())?, field)));
        read.map_or(Value::Empty, |(value, field)| Value::from_field(&value, &Type::of_field(&field.kind, "")))
    }

    fn calendar(&self, name: Option<&str>) -> Option<&WorkCalendar> {
        match name {
            Some(name) => self.company.calendars.get(name),
            None => self.company.calendar(None),
        }
    }
}

struct Worked {
    catalog: Arc<Catalog>,
    organisation: Arc<Organisation>,
    company: Arc<Company>,
}

/// The company of the last request.
#[derive(Default)]
pub(crate) struct Known(ArcSwapOption<Worked>);

impl Known {
    pub(crate) fn of(&self, engine: &Engine, catalog: &Arc<Catalog>) -> Arc<Company> {
        let organisation = organisation::current(engine);
        let known = self.0.load_full();
        if let Some(known) =
            known.filter(|k| Arc::ptr_eq(&k.catalog, catalog) && Arc::ptr_eq(&k.organisation, &organisation))
        {
            return known.company.clone();
        }
        let company = Arc::new(Company::of(engine, catalog, &organisation));
        let worked = Worked { catalog: catalog.clone(), organisation, company: company.clone() };
        self.0.store(Some(Arc::new(worked)));
        company
    }
}
