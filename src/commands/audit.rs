//! `audit`: going through the chain of the audit log.

use super::operator;
use crate::arguments::Audit;
use crate::installation::explain;
use formwright_engine::{Engine, audit};

pub async fn run(command: Audit, engine: Engine) -> Result<(), String> {
    match command {
        Audit::Verify => {
            let report = audit::verify(&operator(&engine), None).await.map_err(|e| explain(&e))?;
            println!("{} entries, {} not yet linked", report.rows, report.unlinked);
            match report.first_bad {
                None => Ok(()),
                Some(fault) => Err(format!("entry {} is not what was written ({:?})", fault.seq, fault.kind)),
            }
        }
    }
}
