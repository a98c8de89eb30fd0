//! The records that there are, as the rules see them: asked for in pages, kept for as long as an import runs.

use super::rule::{Rule, Where, text_of_val};
use formwright_exchange::clean::near::{self, NearIndex};
use formwright_store::exchange::{By, Scope, find, folding};
use formwright_store::select::Compiler;
use formwright_store::{StoreResult, Tx, Val};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// Records that one question may bring; beyond it the oldest are known.
const MOST: usize = 200_000;

/// Records that share what a statement asks for, by what remains to be compared.
#[derive(Default)]
struct Bucket {
    by_rest: HashMap<String, Uuid>,
    near: NearIndex<usize>,
    records: Vec<(String, Uuid)>,
}

/// What is known so far.
#[derive(Default)]
pub struct Known {
    buckets: HashMap<(usize, String), Bucket>,
}

impl Known {
    /// Learns all that is needed to answer for these values, each with the number of its rule.
    pub async fn learn(
        &mut self,
        compiler: &Compiler<'_>,
        form: usize,
        rules: &[Rule],
        wanted: &[(usize, Vec<String>)],
        tx: &mut Tx,
    ) -> StoreResult<()> {
        for (number, rule) in rules.iter().enumerate() {
            let mut new: Vec<&Vec<String>> = Vec::new();
            let mut seen = HashSet::new();
            for (_, values) in wanted.iter().filter(|(n, _)| *n == number) {
                let key = rule.asked_key(values);
                if !self.buckets.contains_key(&(number, key.clone())) && seen.insert(key) {
                    new.push(values);
                }
            }
            if new.is_empty() {
                continue;
            }
            for key in seen {
                self.buckets.insert((number, key), Bucket::default());
            }
            self.ask(compiler, form, number, rule, &new, tx).await?;
        }
        Ok(())
    }

    async fn ask(
        &mut self,
        compiler: &Compiler<'_>,
        form: usize,
        number: usize,
        rule: &Rule,
        new: &[&Vec<String>],
        tx: &mut Tx,
    ) -> StoreResult<()> {
        let target = match rule.place {
            Where::Own => form,
            Where::Linked { form, .. } => form,
        };
        let layout = compiler.form_layout(target)?;
        let mut questions: Vec<(By, Vec<Val>)> = Vec::new();
        for (at, part) in rule.parts.iter().enumerate() {
            let Some(place) = layout.fields.get(part.field) else { continue };
            let mut values: Vec<Val> = Vec::new();
            let mut column = None;
            for value in new.iter().filter_map(|values| values.get(at)) {
                if let Some((by, asked)) = part.form.asked(part.field, value, folding(place), place.kind) {
                    column = Some(by);
                    values.extend(asked.into_iter().filter(|v| !values.contains(v)).collect::<Vec<_>>());
                }
            }
            questions.extend(column.map(|by| (by, values)));
        }
        let mut shown: Vec<By> = rule.parts.iter().map(|part| By::Field(part.field)).collect();
        if let Where::Linked { via, .. } = rule.place {
            shown.push(By::Field(via));
        }
        for found in find(compiler, target, &questions, &shown, Scope::All, MOST, tx).await? {
            let values: Option<Vec<String>> = rule
                .parts
                .iter()
                .zip(&found.values)
                .map(|(part, value)| text_of_val(value).map(|text| part.form.of(&text)).filter(|t| !t.is_empty()))
                .collect();
            let record = match (rule.place, found.values.last()) {
                (Where::Own, _) => Some(found.id),
                (Where::Linked { .. }, Some(Val::Uuid(id))) => Some(*id),
                _ => None,
            };
            let (Some(values), Some(record)) = (values, record) else { continue };
            // what a statement finds may be more than was asked for: pairs of values that do not belong together
            if let Some(bucket) = self.buckets.get_mut(&(number, rule.asked_key(&values))) {
                let rest = rule.rest_key(&values);
                bucket.near.add(&rest, bucket.records.len());
                bucket.records.push((rest.clone(), record));
                bucket.by_rest.entry(rest).or_insert(record);
            }
        }
        Ok(())
    }

    /// The oldest record that is the same.
    pub fn same(&self, number: usize, rule: &Rule, values: &[String]) -> Option<Uuid> {
        self.buckets.get(&(number, rule.asked_key(values)))?.by_rest.get(&rule.rest_key(values)).copied()
    }

    /// All records that are the same or, by a rule with a distance, nearly so.
    pub fn all(&self, number: usize, rule: &Rule, values: &[String]) -> Vec<Uuid> {
        let Some(bucket) = self.buckets.get(&(number, rule.asked_key(values))) else { return Vec::new() };
        let rest = rule.rest_key(values);
        let mut out: Vec<Uuid> = match rule.distance {
            None => bucket.records.iter().filter(|(other, _)| *other == rest).map(|(_, id)| *id).collect(),
            Some(_) => self.near(number, rule, values),
        };
        out.dedup();
        out.truncate(near::MOST_FOUND);
        out
    }

    /// Records that nearly are the same, by a rule with a distance.
    pub fn near(&self, number: usize, rule: &Rule, values: &[String]) -> Vec<Uuid> {
        let Some(bucket) = self.buckets.get(&(number, rule.asked_key(values))) else { return Vec::new() };
        let near = bucket.near.find(&rule.rest_key(values), edits(rule));
        near.into_iter().filter_map(|at| bucket.records.get(at)).map(|(_, id)| *id).collect()
    }
}

/// The rows of the file that were taken, as the rules see them.
#[derive(Default)]
pub struct Taken {
    same: HashMap<(usize, String, String), u32>,
    near: HashMap<(usize, String), NearIndex<u32>>,
}

impl Taken {
    /// Takes note of a row.
    pub fn add(&mut self, number: usize, rule: &Rule, values: &[String], row: u32) {
        let (asked, rest) = (rule.asked_key(values), rule.rest_key(values));
        if rule.distance.is_some() {
            self.near.entry((number, asked)).or_default().add(&rest, row);
        } else {
            self.same.entry((number, asked, rest)).or_insert(row);
        }
    }

    /// The first row that is the same.
    pub fn same(&self, number: usize, rule: &Rule, values: &[String]) -> Option<u32> {
        self.same.get(&(number, rule.asked_key(values), rule.rest_key(values))).copied()
    }

    /// Rows that nearly are the same.
    pub fn near(&self, number: usize, rule: &Rule, values: &[String]) -> Vec<u32> {
        let Some(index) = self.near.get(&(number, rule.asked_key(values))) else { return Vec::new() };
        index.find(&rule.rest_key(values), edits(rule))
    }
}

/// Edits that a rule admits; none where it asks for the same.
fn edits(rule: &Rule) -> u8 {
    rule.distance.map_or(0, |most| u8::try_from(most).unwrap_or(near::EDITS).min(near::EDITS))
}
