//! Records: read as the caller sees them, written along one path.
//!
//! A save: body → patch → the row through the caller's scope, locked → version → draft with defaults → schema and references →
//! the grant must still admit it → row, history, audit, event: one transaction. There is no second way to write a record.

mod aggregate;
mod answer;
mod batch;
mod changes;
mod comments;
mod computed;
mod describe;
pub(crate) mod follow;
mod history;
mod idempotent;
mod json;
mod list;
mod preview;
mod references;
mod removal;
mod reveal;
mod rules;
mod save;
mod saver;
mod search;
mod serial;
mod status;
mod unfit;
mod unseen;

pub use answer::ANSWERED;
pub use batch::BatchRequest;
pub use describe::describe_field;
pub(crate) use list::must_read;
pub use list::{CheckedList, Shape, check_list, check_shape};
pub use list::{CountMode, ListRequest};
pub use references::files_of;
pub use saver::{Cause, SaveOptions, Saver};

use uuid::Uuid;

/// A record as answered.
#[derive(Clone, Debug)]
pub struct RecordAnswer {
    /// JSON of the record as the caller sees it.
    pub body: Vec<u8>,
    pub id: Uuid,
    pub version: i64,
}

/// What of a record is asked for.
#[derive(Clone, Debug, Default)]
pub struct ReadRequest {
    pub select: Vec<String>,
    pub expand: Vec<String>,
    pub titles: bool,
    pub as_of: Option<String>,
}
