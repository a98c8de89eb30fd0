//! What the database is asked about a step before anything is done, and what it answers.

use super::change::{Conversion, Place};
use super::index::IndexSpec;
use crate::field::Storage;
use rust_decimal::Decimal;
use serde_json::Value as Json;

/// What the database is asked about a step before it is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Count {
    /// Records of a table.
    Rows { table: String, rows: bool },
    /// Records with a value.
    Values(Place),
    /// Records without a value.
    Empty(Place),
    /// Records of which another has the same values.
    Duplicates(IndexSpec),
    /// The same for folded text that has no column yet.
    FoldedDuplicates(Place),
    /// Values that become another type, and those that cannot.
    Convertible(Box<Conversion>),
    /// Records that hold one of these values.
    Holding { place: Place, storage: Storage, values: Vec<String> },
    /// Values that are none of these.
    Outside { place: Place, values: Vec<String> },
    /// Values that one of the bounds refuses.
    Unfit { place: Place, storage: Storage, bounds: Vec<Bound> },
    /// Records with fewer or more rows of a child table.
    UnfitRows { table: String, row_table: String, fewest: u64, most: Option<u64> },
    /// Values that do not pass a schema that no database can ask: each is judged, up to a bound.
    Unjudged { place: Place, storage: Storage, schema: Json },
    /// Different values, up to a bound.
    Distinct { place: Place, enough: u64 },
}

/// What a bound refuses.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// Texts of fewer characters.
    Shorter(i64),
    /// Texts of more characters.
    Longer(i64),
    /// Numbers below it.
    Below(Decimal),
    /// Numbers above it.
    Above(Decimal),
    /// Numbers below it, and itself.
    NotAbove(Decimal),
    /// Numbers above it, and itself.
    NotBelow(Decimal),
}

impl Count {
    /// Whether what stands in the way is counted beside what was looked at.
    pub(super) fn finds_bad(&self) -> bool {
        matches!(
            self,
            Count::Duplicates(_)
                | Count::FoldedDuplicates(_)
                | Count::Outside { .. }
                | Count::Unfit { .. }
                | Count::UnfitRows { .. }
                | Count::Unjudged { .. }
        )
    }
}

/// A value that stands in the way, with the record that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub record: Option<uuid::Uuid>,
    pub value: String,
}

/// What the database answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Rows concerned.
    pub rows: u64,
    /// Those of them that do not fit.
    pub bad: u64,
    pub samples: Vec<Sample>,
    /// There are more rows than were looked at.
    pub is_partial: bool,
}
