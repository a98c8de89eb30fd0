//! A record as the file has it, and why it was not written.

use super::child_rows::ChildRow;
use super::finish::Finished;
use super::note::{noted, refused_record};
use crate::EngineError;
use formwright_exchange::row::CleanRow;
use formwright_store::jobs::JobFault;

/// A record as the file has it.
pub struct Incoming {
    pub clean: CleanRow,
    pub children: Vec<ChildRow>,
}

impl Incoming {
    /// What cleaning found wrong with the row and those that belong to it.
    pub fn faults(&self) -> Vec<JobFault> {
        let own = self.clean.faults.iter().map(|f| noted(self.clean.number, &f.target, &f.notice, false));
        own.chain(self.children.iter().flat_map(|child| child.found(self.clean.number, false))).collect()
    }

    pub fn warnings(&self) -> Vec<JobFault> {
        let own = self.clean.warnings.iter().map(|w| noted(self.clean.number, &w.target, &w.notice, true));
        own.chain(self.children.iter().flat_map(|child| child.found(self.clean.number, true))).collect()
    }
}

/// Why a row was not written.
pub enum Failure {
    Refused(Vec<JobFault>),
    /// The page cannot go on.
    Broken(EngineError),
}

impl Failure {
    /// What a save says of a record; `prefix` names the part of it that was saved.
    pub fn of(row: &Finished, prefix: &str, error: EngineError) -> Failure {
        match error {
            EngineError::Refused(refusal) => Failure::Refused(refused_record(row, prefix, &refusal)),
            other => Failure::Broken(other),
        }
    }
}
