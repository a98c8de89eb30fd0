//! Rows that repeat an earlier row or a record, or nearly do, by the form's rules.

use super::ImportMode;
use super::finish::Finished;
use super::incoming::Incoming;
use super::note::noted;
use super::page::{Desk, Ground};
use crate::EngineResult;
use crate::duplicates::rule::{Rule, Where, text_of_json};
use crate::duplicates::title_of;
use formwright_exchange::Code;
use formwright_exchange::notice::Notice;
use formwright_exchange::row::CleanRow;
use formwright_store::Tx;
use formwright_store::jobs::JobFault;
use uuid::Uuid;

impl Ground {
    /// What the rules compare of a row, by number of the rule.
    pub(super) fn compared(&self, row: &CleanRow) -> Vec<(usize, Vec<String>)> {
        let text = |rule: &Rule, path: &str| {
            let tail = path.rsplit('.').next().unwrap_or(path);
            let path = match rule.place {
                Where::Own => path.to_string(),
                Where::Linked { form, .. } => {
                    format!("{}.{tail}", self.shape.targets.parts.iter().find(|p| p.form == form)?.name)
                }
            };
            row.values.get(&path).and_then(text_of_json)
        };
        let rules = self.rules.iter().enumerate();
        rules
            .filter_map(|(number, rule)| rule.values(|part| text(rule, &part.path)).map(|values| (number, values)))
            .collect()
    }

    pub(super) async fn learn_records(
        &self,
        desk: &mut Desk,
        rows: &[Incoming],
        finished: &[Result<Finished, Vec<JobFault>>],
        tx: &mut Tx,
    ) -> EngineResult<()> {
        if self.rules.is_empty() || self.shape.mode == ImportMode::Update {
            return Ok(());
        }
        let wanted: Vec<(usize, Vec<String>)> = rows
            .iter()
            .zip(finished)
            .filter(|(_, f)| f.is_ok())
            .flat_map(|(row, _)| self.compared(&row.clean))
            .collect();
        let compiler = self.saver.compiler(tx);
        desk.known.learn(&compiler, self.shape.targets.index, &self.rules, &wanted, tx).await?;
        Ok(())
    }

    /// The fault of a row that repeats an earlier one or a record, with the record it repeats. A file cannot be asked back:
    /// whatever is the same by a rule without a distance is refused, also where a person at a page would only be warned.
    pub(super) async fn repeated(
        &self,
        desk: &Desk,
        row: u32,
        compared: &[(usize, Vec<String>)],
        tx: &mut Tx,
    ) -> EngineResult<Option<(JobFault, Option<Uuid>)>> {
        for (number, values) in compared {
            let Some(rule) = self.rules.get(*number).filter(|r| r.distance.is_none()) else { continue };
            let (of, record) = match desk.taken.same(*number, rule, values) {
                Some(earlier) => (format!("row {earlier}"), desk.made.get(&earlier).copied()),
                None => match desk.known.same(*number, rule, values) {
                    Some(id) => (self.called(id, tx).await?, Some(id)),
                    None => continue,
                },
            };
            let notice = Notice::new(Code::Duplicate).with("of", of).with("matched", &rule.name);
            return Ok(Some((noted(row, &self.told_at(rule), &notice, false), record)));
        }
        Ok(None)
    }

    /// Warns of rows and records that nearly have the same name.
    pub(super) async fn nearly(
        &self,
        desk: &Desk,
        compared: &[(usize, Vec<String>)],
        clean: &CleanRow,
        tx: &mut Tx,
    ) -> EngineResult<Vec<JobFault>> {
        let mut out = Vec::new();
        for (number, values) in compared {
            let Some(rule) = self.rules.get(*number).filter(|r| r.distance.is_some()) else { continue };
            let mut names: Vec<String> =
                desk.taken.near(*number, rule, values).into_iter().map(|row| format!("row {row}")).collect();
            for id in desk.known.near(*number, rule, values) {
                names.push(self.called(id, tx).await?);
            }
            if names.is_empty() {
                continue;
            }
            names.truncate(3);
            let at = self.told_at(rule);
            let value = clean.values.get(&at).and_then(text_of_json).unwrap_or_default();
            let notice = Notice::new(Code::PossibleDuplicate).with("of", names.join(", ")).with("value", value);
            out.push(noted(clean.number, &at, &notice, true));
        }
        Ok(out)
    }

    /// What the caller may know of a record: its title, else only that there is one.
    pub(super) async fn called(&self, id: Uuid, tx: &mut Tx) -> EngineResult<String> {
        let compiler = self.saver.compiler(tx);
        Ok(title_of(&compiler, self.shape.targets.index, id, tx).await?.unwrap_or_else(|| "…".to_string()))
    }

    pub(super) fn told_at(&self, rule: &Rule) -> String {
        let Some(part) = rule.told_at() else { return String::new() };
        match rule.place {
            Where::Own => part.path.clone(),
            Where::Linked { form, .. } => {
                let head = self.shape.targets.parts.iter().find(|p| p.form == form).map_or("", |p| p.name.as_str());
                format!("{head}.{}", part.path.rsplit('.').next().unwrap_or_default())
            }
        }
    }
}
