//! Day numbers of spreadsheets (1900 and 1904 systems) as dates, times and durations.

use super::cell::Cell;
use super::number_format::Shows;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const MILLIS_PER_DAY: i64 = 86_400_000;
/// The last day spreadsheets know: 9999-12-31 (1900 system).
const LAST_DAY: i64 = 2_958_465;

/// The moment of a day number; `None` before the first and after the last day, and for the 1900 system's day 60, which never was.
pub fn moment(serial: Decimal, date1904: bool) -> Option<NaiveDateTime> {
    let millis = millis(serial)?;
    let (days, rest) = (millis.div_euclid(MILLIS_PER_DAY), millis.rem_euclid(MILLIS_PER_DAY));
    if !(0..=LAST_DAY).contains(&days) {
        return None;
    }
    let first = if date1904 {
        NaiveDate::from_ymd_opt(1904, 1, 1)?
    } else if days < 60 {
        NaiveDate::from_ymd_opt(1899, 12, 31)?
    } else if days == 60 {
        return None;
    } else {
        NaiveDate::from_ymd_opt(1899, 12, 30)?
    };
    first.and_time(NaiveTime::MIN).checked_add_signed(TimeDelta::try_milliseconds(days * MILLIS_PER_DAY + rest)?)
}

/// The cell for a number whose format shows a date, time or duration; `None` when it cannot be one.
pub fn dated_cell(serial: Decimal, shows: Shows, date1904: bool) -> Option<Cell> {
    match shows {
        Shows::Duration => Some(Cell::Duration(TimeDelta::try_milliseconds(millis(serial)?)?)),
        Shows::Time if serial >= Decimal::ZERO && serial < Decimal::ONE => {
            Some(Cell::Time(NaiveTime::MIN + TimeDelta::try_milliseconds(millis(serial)?)?))
        }
        Shows::Date | Shows::Time | Shows::DateTime => {
            let at = moment(serial, date1904)?;
            Some(if shows == Shows::Date && at.time() == NaiveTime::MIN {
                Cell::Date(at.date())
            } else {
                Cell::DateTime(at)
            })
        }
        Shows::General | Shows::Text | Shows::Number => None,
    }
}

/// Days as whole milliseconds: floats of 15 digits hold no more.
fn millis(days: Decimal) -> Option<i64> {
    days.checked_mul(Decimal::from(MILLIS_PER_DAY))?.round().to_i64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::str::FromStr;

    #[test]
    fn day_numbers_count_from_the_right_day() {
        for (serial, date1904, text) in [
            ("45356", false, "2024-03-05 00:00:00"),
            ("1", false, "1900-01-01 00:00:00"),
            ("59", false, "1900-02-28 00:00:00"),
            ("61", false, "1900-03-01 00:00:00"),
            ("45356.604166666664", false, "2024-03-05 14:30:00"),
            ("43894", true, "2024-03-05 00:00:00"),
            ("0", true, "1904-01-01 00:00:00"),
        ] {
            let at = Decimal::from_str(serial).ok().and_then(|serial| moment(serial, date1904));
            assert_eq!(at.map(|at| at.to_string()).as_deref(), Some(text), "{serial}");
        }
        assert_eq!(moment(Decimal::from(60), false), None);
        assert_eq!(moment(Decimal::from(-1), false), None);
        assert_eq!(moment(Decimal::from(2_958_466), false), None);
    }

    #[test]
    fn the_format_decides_what_a_day_number_is() {
        let half = Decimal::new(5, 1);
        assert_eq!(dated_cell(half, Shows::Time, false), NaiveTime::from_hms_opt(12, 0, 0).map(Cell::Time));
        assert_eq!(
            dated_cell(Decimal::new(105, 2), Shows::Duration, false),
            Some(Cell::Duration(TimeDelta::seconds(90_720)))
        );
        assert_eq!(
            dated_cell(Decimal::from(45356), Shows::Date, false),
            NaiveDate::from_ymd_opt(2024, 3, 5).map(Cell::Date)
        );
    }
}
