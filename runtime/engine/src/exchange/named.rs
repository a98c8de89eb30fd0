//! Which records the cells of link columns name.

use super::bound::Shape;
use super::incoming::Incoming;
use super::kind::After;
use super::mapping::Missing;
use crate::EngineResult;
use crate::duplicates::rule::text_of_val;
use crate::records::{SaveOptions, Saver};
use formwright_core::field::{Field, FieldKind};
use formwright_core::value::decimal_from_text;
use formwright_store::exchange::{By, Folding, Scope, find, folding};
use formwright_store::select::AccessSource;
use formwright_store::{Kind, Tx, Val};
use serde_json::{Map, Value as Json};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Records of one name that are looked at.
const MOST: usize = 2_000;

/// What a name means.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    One(Uuid),
    Nobody,
    /// Titles or ids of the first three.
    Several(Vec<String>),
}

/// The names met so far, by path.
#[derive(Default)]
pub struct Names(HashMap<String, HashMap<String, Named>>);

/// The names in a cell of a field with several links.
pub fn divided(text: &str) -> Vec<&str> {
    let marks: &[char] = if text.contains('|') { &['|'] } else { &['、', ';', '；', '\n', ',', '，'] };
    text.split(marks).map(str::trim).filter(|part| !part.is_empty()).collect()
}

impl Names {
    /// What a name of a column means, once the page was learnt.
    pub fn get(&self, path: &str, name: &str) -> Option<&Named> {
        self.0.get(path)?.get(name)
    }

    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// Looks up all names of a page that are not known yet.
    pub async fn learn(&mut self, saver: &Saver, shape: &Shape, rows: &[Incoming], tx: &mut Tx) -> EngineResult<()> {
        for (path, (slot, after)) in &shape.places {
            if !matches!(after, After::Link | After::Links) || !shape.filled.contains(path) {
                continue;
            }
            let Some((_, field)) = shape.targets.field(*slot) else { continue };
            let Some(to) = field.kind.link().and_then(|l| shape.targets.catalog.form_index(&l.form)) else { continue };
            let known = self.0.entry(path.clone()).or_default();
            let mut names: Vec<String> = Vec::new();
            let mut seen = HashSet::new();
            let values = |row: &Incoming| -> Vec<String> {
                let own = row.clean.values.get(path).into_iter();
                let all = own.chain(row.children.iter().filter_map(|child| child.values.get(path)));
                all.filter_map(Json::as_str).map(str::to_string).collect()
            };
            for text in rows.iter().flat_map(values) {
                let text = text.as_str();
                let parts = if *after == After::Links { divided(text) } else { Vec::new() };
                for name in std::iter::once(text).chain(parts) {
                    if !known.contains_key(name) && seen.insert(name.to_string()) {
                        names.push(name.to_string());
                    }
                }
            }
            if names.is_empty() {
                continue;
            }
            let by = shape.links.get(path).map(|rule| rule.by.as_slice()).unwrap_or_default();
            for (name, named) in look_up(saver, to, by, names, tx).await? {
                known.insert(name, named);
            }
        }
        Ok(())
    }

    /// The record of that name made new, where the mapping says so and the caller may.
    pub async fn make(
        &mut self,
        saver: &Saver,
        shape: &Shape,
        path: &str,
        name: &str,
        batch: Uuid,
        tx: &mut Tx,
    ) -> EngineResult<Option<Uuid>> {
        let wanted = shape.links.get(path).is_some_and(|rule| rule.missing == Missing::Create);
        let slot = shape.places.get(path).map(|(slot, _)| *slot);
        let to = slot
            .and_then(|slot| shape.targets.field(slot))
            .and_then(|(_, f)| f.kind.link())
            .and_then(|l| shape.targets.catalog.form_index(&l.form));
        let Some((to, form)) =
            to.and_then(|to| shape.targets.catalog.forms.get(to).map(|f| (to, f))).filter(|_| wanted)
        else {
            return Ok(None);
        };
        let Some(title) =
            form.title_field.and_then(|t| form.fields.get(t)).filter(|_| saver.access.allows(to, "create"))
        else {
            return Ok(None);
        };
        let mut body = Map::new();
        body.insert(title.name.clone(), Json::String(name.to_string()));
        let patch = saver.read_patch(to, form, &body)?;
        let options = SaveOptions { cause: Some(crate::records::Cause::Import), batch: Some(batch), migrate: false };
        let record = saver.create(to, form, &patch, options, tx).await?;
        self.0.entry(path.to_string()).or_default().insert(name.to_string(), Named::One(record.id));
        Ok(Some(record.id))
    }
}

/// Names by id, by the fields of the mapping, by the form's key, by its title: the first that any record answers to.
pub(super) async fn look_up(
    saver: &Saver,
    to: usize,
    by: &[String],
    names: Vec<String>,
    tx: &mut Tx,
) -> EngineResult<Vec<(String, Named)>> {
    let compiler = saver.compiler(tx);
    let Some(form) = compiler.catalog.forms.get(to) else { return Ok(Vec::new()) };
    let layout = compiler.form_layout(to)?;
    let access = saver.access.access(to);
    let sees = |field: &usize| access.sees(*field, None);
    let mut fields: Vec<usize> = by.iter().filter_map(|name| form.field(name).map(|(i, _)| i)).collect();
    for own in [form.key_field, form.title_field].into_iter().flatten() {
        if !fields.contains(&own) {
            fields.push(own);
        }
    }
    let title = form.title_field.filter(sees);
    let mut left: Vec<String> = Vec::new();
    let mut out: Vec<(String, Named)> = Vec::new();
    for name in names {
        // whether there is such a record is asked when the link is written, as of any id
        match Uuid::try_parse(&name) {
            Ok(id) => out.push((name, Named::One(id))),
            Err(_) => left.push(name),
        }
    }
    for field in fields.into_iter().filter(sees) {
        let (Some(of), Some(place)) = (form.fields.get(field), layout.fields.get(field)) else { continue };
        if left.is_empty() {
            break;
        }
        let fold_as = folding(place);
        let keys: Vec<Option<Val>> = left.iter().map(|name| value_of(of, place.kind, fold_as, name)).collect();
        let mut wanted: Vec<Val> = Vec::new();
        for key in keys.iter().flatten() {
            if !wanted.contains(key) {
                wanted.push(key.clone());
            }
        }
        if wanted.is_empty() {
            continue;
        }
        let mut shown = vec![By::Folded(field), By::Field(field)];
        shown.extend(title.map(By::Field));
        let hits =
            find(&compiler, to, &[(By::Folded(field), wanted)], &shown, Scope::Caller, MOST.max(left.len() * 4), tx)
                .await?;
        let mut by_key: HashMap<String, Vec<&formwright_store::exchange::Found>> = HashMap::new();
        for hit in &hits {
            if let Some(key) = hit.values.first().and_then(text_of_val) {
                by_key.entry(key).or_default().push(hit);
            }
        }
        let mut still = Vec::new();
        for (name, key) in left.into_iter().zip(keys) {
            let hits = key.as_ref().and_then(text_of_val).and_then(|key| by_key.get(&key));
            let Some(hits) = hits else {
                still.push(name);
                continue;
            };
            // of those that differ in case or width the one that is written so
            let exact: Vec<_> = hits
                .iter()
                .filter(|hit| hit.values.get(1).and_then(text_of_val).as_deref() == Some(name.as_str()))
                .collect();
            let named = match (hits.as_slice(), exact.as_slice()) {
                ([one], _) => Named::One(one.id),
                (_, [one]) => Named::One(one.id),
                (several, _) => {
                    let called =
                        |hit: &&formwright_store::exchange::Found| match hit.values.get(2).and_then(text_of_val) {
                            Some(title) if title != name => title,
                            Some(title) => format!("{title} ({})", hit.id),
                            None => hit.id.to_string(),
                        };
                    Named::Several(several.iter().take(3).map(called).collect())
                }
            };
            out.push((name, named));
        }
        left = still;
    }
    out.extend(left.into_iter().map(|name| (name, Named::Nobody)));
    Ok(out)
}

/// A name as a value of the column that is asked.
fn value_of(field: &Field, kind: Kind, fold_as: Folding, name: &str) -> Option<Val> {
    match (&field.kind, kind) {
        (FieldKind::Number(number), Kind::Dec(scale)) => {
            decimal_from_text(name, number.scale).ok().map(|d| Val::Dec(d, scale))
        }
        (_, Kind::Text) => Some(Val::text(fold_as.of(name))),
        (_, Kind::Date) => name.parse().ok().map(Val::Date),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_names_stand_in_one_cell() {
        assert_eq!(divided("甲、乙；丙"), ["甲", "乙", "丙"]);
        assert_eq!(divided("Smith, Jones & Co|Brown"), ["Smith, Jones & Co", "Brown"]);
        assert_eq!(divided(" a "), ["a"]);
    }
}
