//! Cleaning: pure functions from what people type and spreadsheets store to exact values.

pub mod amount;
pub mod boolean;
pub mod choice;
pub mod company;
pub mod date;
pub mod email;
pub mod moment;
pub mod near;
pub mod number;
pub mod phone;
pub mod text;
pub mod website;

use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;

/// A value that was understood, with what is worth telling about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned<T> {
    /// The value.
    pub value: T,
    /// Warnings; the value is taken all the same.
    pub warnings: Vec<Notice>,
}

impl<T> Cleaned<T> {
    /// A value without warnings.
    pub fn of(value: T) -> Self {
        Self { value, warnings: Vec::new() }
    }

    /// The same value with one more warning.
    #[must_use]
    pub fn warn(mut self, warning: Notice) -> Self {
        self.warnings.push(warning);
        self
    }

    /// Another value with the same warnings.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Cleaned<U> {
        Cleaned { value: change(self.value), warnings: self.warnings }
    }
}

/// Cells that can never be read as anything: errors and formulas without a stored value.
///
/// # Errors
/// `cell_error`, `formula_without_value`.
pub fn readable(cell: &Cell) -> Result<(), Fault> {
    match cell {
        Cell::Error(error) => Err(Notice::new(Code::CellError).with("value", error)),
        Cell::FormulaWithoutValue => Err(Notice::new(Code::FormulaWithoutValue)),
        _ => Ok(()),
    }
}
