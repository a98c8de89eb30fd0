//! Writing records: rows, child rows, lists, full text, history, events. All in the caller's transaction.

mod columns;
mod index;
mod load;
mod removal;
mod rows;
pub(crate) mod trail;
mod visible;
mod write;

pub(crate) use columns::{columns_of, normal_of};
pub use index::index_record;
pub(crate) use index::words;
pub(crate) use load::{FIRST_FIELD, SELECT_RECORD, read_record, read_value, record_id};
pub use load::{Loaded, load, peek, probe};
pub use removal::{Deletion, delete, set_deleted};
pub use trail::{Change, HistoryRow, append_event, append_events, append_history};
pub use visible::{Visible, visible};
pub use write::{insert, update};
