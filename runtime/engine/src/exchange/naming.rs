//! By what rows are told apart, and which columns name the record that a row is about.

use super::ImportMode;
use super::bound::{Binding, system_named};
use super::child_rows::MainColumns;
use super::mapping::unfit;
use super::target::Slot;
use crate::EngineResult;
use formwright_core::field::{Storage, SystemField};
use formwright_exchange::heading::Heading;

impl Binding<'_> {
    /// By what records are told apart and named: the key of the import, the form's key, its title.
    pub(super) fn main_columns(
        &self,
        columns: &[(usize, Slot)],
        named: &[(usize, Slot)],
        key: &[String],
        heading: &Heading,
    ) -> MainColumns {
        let form = &self.targets.form;
        let of = |slot: Slot| named.iter().find(|(_, s)| *s == slot).map(|(column, _)| *column);
        let by_key: Vec<usize> = key.iter().filter_map(|path| of(self.targets.slot(path)?)).collect();
        let by_form = form.key_field.and_then(|field| of(Slot::Own(field)));
        let by_title = form.title_field.and_then(|field| of(Slot::Own(field)));
        let own: Vec<usize> = columns.iter().map(|(column, _)| *column).collect();
        let identity = match (by_key.is_empty(), by_form.or(by_title)) {
            (false, _) => by_key.clone(),
            (true, Some(column)) => vec![column],
            (true, None) => own.clone(),
        };
        // an export of ours names records by their id where nothing surer is there, also where the import has another key
        let is_free = |column: usize| !named.iter().any(|(taken, _)| *taken == column);
        let mut titles = heading.titles.iter().enumerate();
        let by_id = of(Slot::System(SystemField::Id)).or_else(|| {
            titles.find(|(at, t)| is_free(*at) && system_named(t) == Some(SystemField::Id)).map(|(at, _)| at)
        });
        let mut names: Vec<usize> = by_id.into_iter().collect();
        names.extend(by_key.first().filter(|_| by_key.len() == 1));
        names.extend(by_form);
        names.extend(by_title);
        names.dedup();
        MainColumns { own, identity, names }
    }

    /// The fields that name a record: those given, else the form's key.
    pub(super) fn key_paths(&self, columns: &[(usize, Slot)]) -> EngineResult<Vec<String>> {
        if self.mode == ImportMode::Create {
            return Ok(Vec::new());
        }
        let mut names: Vec<String> = self.key.to_vec();
        if names.is_empty() {
            let own = self.targets.form.key_field.and_then(|i| self.targets.form.fields.get(i));
            names.extend(own.map(|f| f.name.clone()));
        }
        let fits = |name: &String| {
            let slot = self.targets.slot(name)?;
            let single = match slot {
                Slot::Own(_) => {
                    matches!(self.targets.field(slot)?.1.kind.storage(), Storage::Column(kind) if kind != formwright_core::field::ColumnKind::Json)
                }
                Slot::System(system) => system == SystemField::Id,
                Slot::Part { .. } | Slot::Row { .. } => false,
            };
            (single && columns.iter().any(|(_, s)| *s == slot)).then(|| self.targets.path(slot))
        };
        if names.is_empty() {
            return Err(unfit("key: ∅"));
        }
        names.iter().map(|name| fits(name).ok_or_else(|| unfit(format!("key: {name}")))).collect()
    }
}
