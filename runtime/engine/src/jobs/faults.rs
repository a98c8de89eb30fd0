//! What is told of the rows of a file names what stood in them, so it is kept encrypted.

use crate::keys::Keys;
use crate::{EngineError, EngineResult, sealing};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use formwright_store::Tx;
use formwright_store::jobs::{self, JobFault};
use serde_json::Value as Json;
use uuid::Uuid;

/// Appends faults of a job in their order.
///
/// # Errors
/// What the store gives; when there is no randomness.
pub(crate) async fn add(keys: &Keys, job: Uuid, faults: &[JobFault], tx: &mut Tx) -> EngineResult<()> {
    let cipher = sealing::cipher(keys.faults());
    let mut sealed = Vec::with_capacity(faults.len());
    for fault in faults {
        let message = sealing::seal(&cipher, &place(job, fault), fault.message.as_bytes())?;
        sealed.push(JobFault { message: Json::String(BASE64.encode(message)).to_string(), ..fault.clone() });
    }
    Ok(jobs::add_faults(job, &sealed, tx).await?)
}

/// Faults of a job as they were added.
///
/// # Errors
/// Where one cannot be opened.
pub(crate) fn opened(keys: &Keys, job: Uuid, faults: Vec<JobFault>) -> EngineResult<Vec<JobFault>> {
    let cipher = sealing::cipher(keys.faults());
    let refused = || EngineError::Internal(format!("what is told of the rows of job {job} cannot be opened"));
    faults
        .into_iter()
        .map(|fault| {
            let kept: String = serde_json::from_str(&fault.message).map_err(|_| refused())?;
            let kept = BASE64.decode(kept).map_err(|_| refused())?;
            let message = sealing::open(&cipher, &place(job, &fault), &kept).ok_or_else(refused)?;
            Ok(JobFault { message: String::from_utf8(message).map_err(|_| refused())?, ..fault })
        })
        .collect()
}

fn place(job: Uuid, fault: &JobFault) -> Vec<u8> {
    format!("fw_job_faults|{job}|{}|{}|{}", fault.row, fault.field, fault.code).into_bytes()
}
