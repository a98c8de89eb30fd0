//! Writing records: rows, child rows, lists, full text, history, events. All in the caller's transaction.

mod load;
mod trail;
mod write;

pub use load::{load, peek, probe, Loaded};
pub use trail::{append_event, append_history, Change, HistoryRow};
pub(crate) use write::words;
pub use write::{delete, index_record, insert, set_deleted, update, Deletion};
