//! Choices that definitions no longer name, added to the fields that had them.

use super::Catalog;
use crate::field::{Choice, ChoiceSet, Field, FieldKind};
use std::sync::Arc;

/// Most lookups that lead from one to the other.
const MOST_STEPS: usize = 8;

impl Catalog {
    /// Adds choices to fields and columns by their id; those that are there stay as they are.
    pub(crate) fn add_choices(&mut self, of: &dyn Fn(&str) -> Vec<Choice>) {
        for form in &mut self.forms {
            let holds = |field: &Field| {
                let columns = field.table().map_or(&[][..], |t| &t.fields);
                std::iter::once(field).chain(columns).any(|f| f.kind.choices().is_some() && !of(&f.id).is_empty())
            };
            if !form.fields.iter().any(holds) {
                continue;
            }
            for field in &mut Arc::make_mut(form).fields {
                add(field, of);
                if let FieldKind::Table(table) = &mut field.kind {
                    table.fields.iter_mut().for_each(|column| add(column, of));
                }
            }
        }
        // what is seen from elsewhere has the choices of its field
        for _ in 0..MOST_STEPS {
            if !self.look_up_choices() {
                break;
            }
        }
    }

    /// Gives lookups the choices of what they show; whether one had others.
    fn look_up_choices(&mut self) -> bool {
        let mut found: Vec<(usize, usize, Arc<ChoiceSet>)> = Vec::new();
        for (index, form) in self.forms.iter().enumerate() {
            for (at, field) in form.fields.iter().enumerate() {
                let shown = field.lookup().and_then(|l| self.forms.get(l.to)?.fields.get(l.field));
                if let (Some(set), Some(own)) = (shown.and_then(|f| f.kind.choice_set()), field.kind.choice_set())
                    && !Arc::ptr_eq(set, own)
                {
                    found.push((index, at, set.clone()));
                }
            }
        }
        for (index, at, set) in &found {
            if let Some(field) = self.forms.get_mut(*index).and_then(|form| Arc::make_mut(form).fields.get_mut(*at))
                && let Some(slot) = field.kind.choice_set_mut()
            {
                *slot = set.clone();
            }
        }
        !found.is_empty()
    }
}

fn add(field: &mut Field, of: &dyn Fn(&str) -> Vec<Choice>) {
    let added = of(&field.id);
    let Some(set) = field.kind.choice_set_mut().filter(|_| !added.is_empty()) else { return };
    let new = added.into_iter().filter(|choice| set.get(&choice.value).is_none());
    *set = Arc::new(ChoiceSet::new(set.choices.iter().cloned().chain(new).collect()));
}
