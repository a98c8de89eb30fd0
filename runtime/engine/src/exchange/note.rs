//! What there is to tell about a row, as it is kept with the job.

use super::finish::Finished;
use crate::Refusal;
use crate::jobs::in_both;
use formwright_core::diagnostic::{Argument, Fault};
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
pub fn coded(row: u32, field: &str, code: &'static ErrorCode, args: &[(&'static str, Argument)]) -> JobFault {
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

/// The faults of a refused save; those of a row of a child table where that stands in the file.
pub fn refused_record(row: &Finished, prefix: &str, refusal: &Refusal) -> Vec<JobFault> {
    if refusal.faults.is_empty() {
        return vec![coded(row.number, prefix, refusal.code, &refusal.args)];
    }
    let of_row = |fault: &Fault| -> Option<JobFault> {
        let mut steps = fault.path.split('/').filter(|_| prefix.is_empty());
        let (table, at) = (steps.next()?, steps.next()?.parse::<usize>().ok()?);
        let child = row.children.iter().filter(|child| child.table == table).nth(at)?;
        let column = steps.next().unwrap_or_default();
        let field = if column.is_empty() { table.to_string() } else { format!("{table}.{column}") };
        Some(child.from.place(row.number, JobFault { field, ..faulted(row.number, "", fault) }))
    };
    refusal.faults.iter().map(|fault| of_row(fault).unwrap_or_else(|| faulted(row.number, prefix, fault))).collect()
}
