//! What there is to tell about a row, as it is kept with the job.

use crate::Refusal;
use crate::jobs::in_both;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code::ErrorCode;
use formwright_exchange::notice::Notice;
use formwright_store::jobs::JobFault;

/// A notice of reading and cleaning.
pub fn noted(row: u32, field: &str, notice: &Notice, warning: bool) -> JobFault {
    JobFault {
        row: i64::from(row),
        field: field.to_string(),
        code: notice.code.as_str().to_string(),
        message: in_both(|locale| notice.message(locale.tag())).to_string(),
        warning,
    }
}

/// A fault of a record, its path below `prefix`; of values in a list the field is named.
pub fn faulted(row: u32, prefix: &str, fault: &Fault) -> JobFault {
    let head = fault.path.split('/').next().unwrap_or_default();
    let field = match (prefix.is_empty(), head.is_empty()) {
        (true, _) => head.to_string(),
        (false, true) => prefix.to_string(),
        (false, false) => format!("{prefix}.{head}"),
    };
    JobFault {
        row: i64::from(row),
        field,
        code: fault.code.code.to_string(),
        message: in_both(|locale| fault.message(locale)).to_string(),
        warning: false,
    }
}

/// A fault by its code.
pub fn coded(row: u32, field: &str, code: &'static ErrorCode, args: &[(&'static str, String)]) -> JobFault {
    let mut fault = Fault::new(field, code);
    fault.args = args.to_vec();
    JobFault {
        row: i64::from(row),
        field: field.to_string(),
        code: code.code.to_string(),
        message: in_both(|locale| fault.message(locale)).to_string(),
        warning: false,
    }
}

/// The faults of a refused save.
pub fn refused(row: u32, prefix: &str, refusal: &Refusal) -> Vec<JobFault> {
    if refusal.faults.is_empty() {
        return vec![coded(row, prefix, refusal.code, &refusal.args)];
    }
    refusal.faults.iter().map(|fault| faulted(row, prefix, fault)).collect()
}
