//! Choices that a definition no longer names while records have them: kept with their titles, found and never picked again.

use super::change::{Change, RetiredDoc, RetiredRow};
use super::form::At;
use super::{Count, Plan, Retired, What};
use crate::catalog::Catalog;
use crate::field::{Choice, ChoiceSet};
use crate::text::Title;
use serde::{Deserialize, Serialize};

/// A choice as it is kept, by the id of its field or column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetiredChoice {
    pub field: String,
    pub value: String,
    pub title: Title,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
}

impl RetiredChoice {
    fn choice(&self) -> Choice {
        Choice {
            value: self.value.clone(),
            title: self.title.clone(),
            parent: None,
            color: self.color.clone(),
            active: false,
            aliases: Vec::new(),
            data: serde_json::Map::new(),
        }
    }
}

/// The rows that keep choices which a field no longer offers.
pub(super) fn rows(form_id: &str, at: &At, field: &str, before: &ChoiceSet, gone: &[String]) -> Vec<Change> {
    let kept = gone.iter().filter_map(|value| before.get(value)).map(|choice| {
        let kept = RetiredChoice {
            field: field.to_string(),
            value: choice.value.clone(),
            title: choice.title.clone(),
            color: choice.color.clone(),
        };
        Change::Retire(RetiredRow {
            form_id: form_id.to_string(),
            key: key(&at.key, field, &choice.value),
            table: at.table.clone(),
            column: None,
            doc: serde_json::to_value(RetiredDoc::Choice(kept)).unwrap_or_default(),
        })
    });
    kept.collect()
}

fn key(at: &str, field: &str, value: &str) -> String {
    format!("{at}{field}={value}")
}

impl Plan {
    /// Choices that no record has, now that it was counted, go without a trace.
    pub fn drop_unused_choices(&mut self) {
        let unused: Vec<(String, String)> = self
            .steps
            .iter()
            .filter(|step| step.what == What::Choices && step.counted.as_ref().is_some_and(|c| c.rows == 0))
            .filter_map(|step| match &step.count {
                Some(Count::Holding { place, values, .. }) => Some((place, values)),
                _ => None,
            })
            .flat_map(|(place, values)| values.iter().map(|v| (place.table.clone(), key("", &place.column, v))))
            .collect();
        self.changes.retain(|change| match change {
            Change::Retire(row) => !unused.iter().any(|(table, end)| row.table == *table && row.key.ends_with(end)),
            _ => true,
        });
    }

    /// The choices that this plan retires.
    pub fn retired_choices(&self) -> Vec<RetiredChoice> {
        let rows =
            self.changes.iter().filter_map(|change| if let Change::Retire(row) = change { Some(row) } else { None });
        rows.filter_map(|row| match serde_json::from_value(row.doc.clone()) {
            Ok(RetiredDoc::Choice(choice)) => Some(choice),
            _ => None,
        })
        .collect()
    }
}

impl Retired {
    /// The choices among what was retired, in a steady order.
    pub fn choices(&self) -> Vec<RetiredChoice> {
        let docs = self.rows.values().map(|(_, doc)| doc);
        let mut out: Vec<RetiredChoice> = docs
            .filter_map(|doc| if let RetiredDoc::Choice(choice) = doc { Some(choice.clone()) } else { None })
            .collect();
        out.sort_by(|a, b| (&a.field, &a.value).cmp(&(&b.field, &b.value)));
        out
    }
}

impl Catalog {
    /// Adds choices that were retired to the fields that had them, behind those that may be picked. One that is named again by
    /// the field's definition is no longer retired.
    #[must_use]
    pub fn with_retired(mut self, retired: &[RetiredChoice]) -> Catalog {
        if !retired.is_empty() {
            self.add_choices(&|id| retired.iter().filter(|c| c.field == id).map(RetiredChoice::choice).collect());
        }
        self
    }
}
