//! Values as people read them. All input is exact; nothing here rounds but where a function says so.

mod moment;
mod number;

pub use moment::{date, date_near, datetime, datetime_near, day_and_month, duration, hour, long_date};
pub use number::{file_size, group_digits, money, number, percent, plain};
