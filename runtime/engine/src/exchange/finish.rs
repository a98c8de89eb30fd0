//! Cleaned values become what a record is written with: names become ids, clocks instants, texts lists.

use super::bound::Shape;
use super::child_rows::ChildRow;
use super::incoming::Incoming;
use super::kind::After;
use super::mapping::Missing;
use super::named::{Named, Names, divided};
use super::note::coded;
use super::target::Slot;
use crate::organisation::Organisation;
use chrono::{NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use formwright_core::diagnostic::Argument;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind, SystemField};
use formwright_core::value::format_instant;
use formwright_exchange::row::empty;
use formwright_store::jobs::JobFault;
use serde_json::{Map, Value as Json, json};

/// A row as it is written.
#[derive(Debug, Default)]
pub struct Finished {
    pub number: u32,
    /// Own fields by name.
    pub own: Map<String, Json>,
    /// Creation data, and the id by which a record is found.
    pub system: Map<String, Json>,
    /// Fields of each part by name.
    pub parts: Vec<Map<String, Json>>,
    /// Rows of child tables in the file's order.
    pub children: Vec<FinishedChild>,
    /// Links to records that must be made first.
    pub to_make: Vec<ToMake>,
}

/// A row of a child table as it is written.
#[derive(Clone, Debug)]
pub struct FinishedChild {
    /// Where it stands in the file, and of which table it is.
    pub from: ChildRow,
    /// The table by name.
    pub table: String,
    /// Columns by name.
    pub values: Map<String, Json>,
}

/// A record that must be made for a link.
#[derive(Clone, Debug)]
pub struct ToMake {
    pub path: String,
    pub name: String,
    /// The child row that links to it.
    pub child: Option<usize>,
}

/// What finishing needs to know.
pub struct Finisher<'a> {
    pub shape: &'a Shape,
    pub organisation: &'a Organisation,
    pub names: &'a Names,
    pub zone: Tz,
}

impl Finisher<'_> {
    /// Finishes a row that was cleaned without faults.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn finish(&self, incoming: &Incoming) -> Result<Finished, Vec<JobFault>> {
        let row = &incoming.clean;
        let mut out = Finished {
            number: row.number,
            parts: vec![Map::new(); self.shape.targets.parts.len()],
            ..Finished::default()
        };
        let mut faults = Vec::new();
        for (path, value) in &row.values {
            let Some((slot, after)) = self.shape.places.get(path) else { continue };
            let mut names = Vec::new();
            let value = match self.value(row.number, path, *slot, *after, value, &mut names) {
                Ok(value) => value,
                Err(fault) => {
                    faults.push(*fault);
                    continue;
                }
            };
            out.to_make.extend(names.into_iter().map(|name| ToMake { path: path.clone(), name, child: None }));
            match slot {
                Slot::Row { .. } => None,
                Slot::Own(_) => out.own.insert(path.clone(), value),
                Slot::System(_) => out.system.insert(path.clone(), value),
                Slot::Part { part, .. } => {
                    let name = self.shape.targets.field(*slot).map(|(_, f)| f.name.clone()).unwrap_or_default();
                    out.parts.get_mut(*part).and_then(|map| map.insert(name, value))
                }
            };
        }
        for child in &incoming.children {
            let at = out.children.len();
            let mut values = Map::new();
            for (path, value) in &child.values {
                let Some((slot, after)) = self.shape.places.get(path) else { continue };
                let Some((_, field)) = self.shape.targets.field(*slot) else { continue };
                let mut names = Vec::new();
                match self.value(child.row, path, *slot, *after, value, &mut names) {
                    Ok(value) => values.insert(field.name.clone(), value),
                    Err(fault) => {
                        faults.push(child.place(row.number, *fault));
                        continue;
                    }
                };
                out.to_make.extend(names.into_iter().map(|name| ToMake { path: path.clone(), name, child: Some(at) }));
            }
            let table = self.shape.targets.form.fields.get(child.table).map(|f| f.name.clone()).unwrap_or_default();
            out.children.push(FinishedChild { from: child.clone(), table, values });
        }
        if faults.is_empty() { Ok(out) } else { Err(faults) }
    }

    fn value(
        &self,
        row: u32,
        path: &str,
        slot: Slot,
        after: After,
        value: &Json,
        to_make: &mut Vec<String>,
    ) -> Result<Json, Box<JobFault>> {
        let field = self.shape.targets.field(slot).map(|(_, f)| f);
        if empty(value) {
            return Ok(Json::Null);
        }
        let Json::String(text) = value else {
            return match (after, value) {
                (After::Users, Json::Array(items)) => Ok(items.iter().filter_map(|i| self.user(i.as_str()?)).collect()),
                (After::Departments, Json::Array(items)) => {
                    Ok(items.iter().filter_map(|i| self.department(i.as_str()?)).collect())
                }
                _ => Ok(value.clone()),
            };
        };
        let unfit = |reason: String| Box::new(coded(row, path, &code::VALUE_INVALID, &[("reason", reason.into())]));
        match after {
            After::Nothing => Ok(match (slot, field) {
                (Slot::System(SystemField::Id), _) => json!(text.to_lowercase()),
                _ => value.clone(),
            }),
            After::User => self.user(text).ok_or_else(|| unfit(text.clone())),
            After::Department => self.department(text).ok_or_else(|| unfit(text.clone())),
            After::Users | After::Departments => Ok(value.clone()),
            After::Tags => Ok(self.tags(field, text)),
            After::Zoned => instant(text, self.zone).map(Json::String).ok_or_else(|| unfit(text.clone())),
            After::Parsed => serde_json::from_str(text).map_err(|error| unfit(error.to_string())),
            After::Link => self.link(row, path, field, text, to_make),
            After::Links => {
                if let Some(Named::One(id)) = self.names.get(path, text) {
                    return Ok(json!([id]));
                }
                let mut ids = Vec::new();
                for name in divided(text) {
                    let id = self.link(row, path, field, name, to_make)?;
                    if !id.is_null() && !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                Ok(Json::Array(ids))
            }
        }
    }

    fn link(
        &self,
        row: u32,
        path: &str,
        field: Option<&Field>,
        name: &str,
        to_make: &mut Vec<String>,
    ) -> Result<Json, Box<JobFault>> {
        match self.names.get(path, name) {
            Some(Named::One(id)) => Ok(json!(id)),
            Some(Named::Several(candidates)) => {
                let args = [("value", name.to_string().into()), ("candidates", candidates.join(", ").into())];
                Err(Box::new(coded(row, path, &code::IMPORT_AMBIGUOUS, &args)))
            }
            Some(Named::Nobody) | None => match self.shape.links.get(path).map(|rule| rule.missing).unwrap_or_default()
            {
                Missing::Empty => Ok(Json::Null),
                Missing::Create => {
                    to_make.push(name.to_string());
                    Ok(Json::Null)
                }
                Missing::Fault => {
                    let to = field.and_then(|f| f.kind.link()).and_then(|l| self.shape.targets.catalog.form(&l.form));
                    let form = to.map(|f| Argument::from(&f.title)).unwrap_or_default();
                    let value = Argument::from(name.to_string());
                    let fault = coded(row, path, &code::IMPORT_LINK_UNKNOWN, &[("value", value), ("form", form)]);
                    Err(Box::new(fault))
                }
            },
        }
    }

    fn user(&self, login: &str) -> Option<Json> {
        self.organisation.user_by_login(login).map(|user| json!(user.row.id))
    }

    fn department(&self, name: &str) -> Option<Json> {
        self.organisation.department_by_name(name).map(|department| json!(department.id))
    }

    /// Tags by the list's names where they are in it, else as they are written.
    fn tags(&self, field: Option<&Field>, text: &str) -> Json {
        let set = field.and_then(|f| match &f.kind {
            FieldKind::Tags(tags) => tags.set.as_ref(),
            _ => None,
        });
        let mut out: Vec<Json> = Vec::new();
        for tag in divided(text) {
            let tag = set.and_then(|set| set.meant(tag)).map_or(tag, |choice| &choice.value);
            if !out.iter().any(|t| t == tag) {
                out.push(json!(tag));
            }
        }
        Json::Array(out)
    }
}

/// A time on the clock of a zone as an instant; one that says its offset is what it says. Of a time that the clock shows
/// twice the first, of one that it leaves out the one an hour later.
fn instant(text: &str, zone: Tz) -> Option<String> {
    if let Some(at) = formwright_core::record::parse_instant(text) {
        return Some(format_instant(at));
    }
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    let at = zone
        .from_local_datetime(&local)
        .earliest()
        .or_else(|| zone.from_local_datetime(&(local + chrono::TimeDelta::hours(1))).earliest())?;
    Some(format_instant(at.with_timezone(&Utc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_companys_clock() {
        let berlin = chrono_tz::Europe::Berlin;
        assert_eq!(instant("2026-07-01T08:30:00", berlin).as_deref(), Some("2026-07-01T06:30:00Z"));
        assert_eq!(instant("2026-07-01T08:30:00+08:00", berlin).as_deref(), Some("2026-07-01T00:30:00Z"));
        assert_eq!(instant("2026-03-29T02:30:00", berlin).as_deref(), Some("2026-03-29T01:30:00Z"));
        assert_eq!(instant("soon", berlin), None);
    }
}
