//! Why something did not happen: a refusal that the caller can understand, or a failure that only the log may know.

use formwright_core::diagnostic::{Argument, Fault, fill, without_repeats};
use formwright_core::error_code::{self as code, ErrorCode};
use formwright_core::text::Locale;
use formwright_store::StoreError;
use serde_json::{Map, Value as Json};

/// A refusal in public words: a code of the table, its arguments, the faults by place, and further members of the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    pub code: &'static ErrorCode,
    pub args: Vec<(&'static str, Argument)>,
    pub faults: Vec<Fault>,
    /// Further members of the problem document, such as what changed since.
    pub extra: Map<String, Json>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u64>,
}

impl Refusal {
    pub fn new(code: &'static ErrorCode) -> Refusal {
        Refusal { code, args: Vec::new(), faults: Vec::new(), extra: Map::new(), retry_after: None }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Refusal {
        self.args.push((name, value.to_string().into()));
        self
    }

    /// The detail in the reader's language.
    pub fn detail(&self, locale: Locale) -> String {
        fill(self.code.message(locale), &self.args, locale)
    }
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error("{}", .0.code.code)]
    Refused(Box<Refusal>),
    #[error("database: {0}")]
    Store(StoreError),
    /// For the log only.
    #[error("{0}")]
    Internal(String),
}

impl EngineError {
    pub fn refused(code: &'static ErrorCode) -> EngineError {
        Refusal::new(code).into()
    }

    pub fn not_found() -> EngineError {
        EngineError::refused(&code::NOT_FOUND)
    }

    /// Several faults under one head: a record's, a query's, a definition's.
    pub fn faults(head: &'static ErrorCode, faults: Vec<Fault>) -> EngineError {
        let faults = without_repeats(faults);
        let mut refusal = Refusal::new(head).with("count", faults.len());
        refusal.faults = faults;
        refusal.into()
    }

    /// Faults of a request: a single one speaks for itself, so that its code is the answer's code.
    pub fn request_faults(mut faults: Vec<Fault>) -> EngineError {
        match faults.len() {
            1 => match faults.pop() {
                Some(fault) => {
                    let mut refusal =
                        Refusal { code: fault.code, args: fault.args.clone(), ..Refusal::new(fault.code) };
                    refusal.faults = vec![fault];
                    refusal.into()
                }
                None => EngineError::Internal("no fault".into()),
            },
            _ => EngineError::faults(&code::VALIDATION, faults),
        }
    }
}

impl From<Refusal> for EngineError {
    fn from(refusal: Refusal) -> EngineError {
        EngineError::Refused(Box::new(refusal))
    }
}

impl From<StoreError> for EngineError {
    fn from(error: StoreError) -> EngineError {
        EngineError::Store(error)
    }
}

pub type EngineResult<T> = Result<T, EngineError>;
