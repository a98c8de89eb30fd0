//! Writing records: rows, child rows, lists, full text, history, events. All in the caller's transaction.

mod load;
pub(crate) mod trail;
mod visible;
mod write;

pub(crate) use load::{FIRST_FIELD, SELECT_RECORD, read_record, read_value, record_id};
pub use load::{Loaded, load, peek, probe};
pub use trail::{Change, HistoryRow, append_event, append_events, append_history};
pub use visible::{Visible, visible};
pub use write::{Deletion, delete, index_record, insert, set_deleted, update};
pub(crate) use write::{columns_of, words};
