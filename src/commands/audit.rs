//! `audit`: going through the chain of the audit log.

use super::operator;
use crate::arguments::Audit;
use crate::installation::explain;
use formwright_engine::{Engine, audit};
use formwright_store::audit::{Fault, FaultKind};

pub async fn run(command: Audit, engine: Engine) -> Result<(), String> {
    match command {
        Audit::Verify => {
            let report = audit::verify(&operator(&engine), None).await.map_err(|e| explain(&e))?;
            println!(
                "{} entries, {} not yet linked, {} vouch for their history",
                report.rows, report.unlinked, report.history
            );
            match report.first_bad {
                None => Ok(()),
                Some(fault) => Err(told(&fault)),
            }
        }
    }
}

/// What is wrong with the log, for the operator.
pub fn told(fault: &Fault) -> String {
    let seq = fault.seq;
    match fault.kind {
        FaultKind::Content => format!("entry {seq} is not what was written"),
        FaultKind::Place => format!("entries are missing before entry {seq}, or it is not in its place"),
        FaultKind::End => format!("entries are missing after entry {seq}"),
        FaultKind::Anchor => {
            format!("the log, which ends at entry {seq}, does not go through the head that was kept elsewhere")
        }
        FaultKind::Damaged => format!("entry {seq} is damaged"),
        FaultKind::Repeated => format!("entry {seq} is a copy of another entry"),
        FaultKind::Emptied => "the log is empty, though there are people or records: it was removed".into(),
        FaultKind::History => format!("the history that entry {seq} tells of was changed or removed"),
        FaultKind::Untold => format!("there is history that none of the entries, the last of which is {seq}, tells of"),
    }
}
