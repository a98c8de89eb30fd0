//! What an import has come to, as it is kept with its job and told in its summary.

use super::page::Came;
use formwright_exchange::row::Summary;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

/// What an import has come to, as it is kept with its job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    pub batch: Uuid,
    /// The last row that was dealt with.
    pub position: u32,
    pub summary: Counts,
    #[serde(skip_serializing_if = "Json::is_null")]
    pub message: Json,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub rows: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub merged: u64,
    pub refused: u64,
    /// Rows that are no data, by why.
    pub skipped: Skipped,
    pub passed_over: u64,
    pub hidden_rows: Vec<u32>,
    /// Sheets that the file's author hid; they can be read all the same.
    pub hidden_sheets: Vec<String>,
    /// Rows of child tables.
    pub child_rows: u64,
    pub ignored_columns: Vec<String>,
    pub dry_run: bool,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Skipped {
    pub blank: Vec<u32>,
    pub totals: Vec<u32>,
    pub header: Vec<u32>,
}

impl Counts {
    pub fn add(&mut self, came: Came) {
        self.created += came.created;
        self.updated += came.updated;
        self.unchanged += came.unchanged;
        self.merged += came.merged;
        self.refused += came.refused;
    }

    pub fn passed(&mut self, walked: &Summary) {
        self.rows = walked.rows;
        self.skipped = Skipped {
            blank: walked.blank.listed.clone(),
            totals: walked.totals.listed.clone(),
            header: walked.header.listed.clone(),
        };
        self.passed_over = walked.blank.count + walked.totals.count + walked.header.count;
        self.hidden_rows = walked.hidden.listed.clone();
    }
}
