//! Writing records: rows, child rows, lists, full text, history, events. All in the caller's transaction.

mod load;
mod trail;
mod visible;
mod write;

pub use load::{Loaded, load, peek, probe};
pub use trail::{Change, HistoryRow, append_event, append_history};
pub use visible::{Visible, visible};
pub(crate) use write::words;
pub use write::{Deletion, delete, index_record, insert, set_deleted, update};
