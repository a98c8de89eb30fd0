//! The expression language of formulas, rules, flow conditions, report measures and print templates, in the notation of
//! spreadsheets.
//!
//! `token` and `parse` make the tree of `ast`, `print` writes it; `check` looks up names ([`Names`]) and functions
//! ([`functions`]) and gives types; `eval` computes the checked tree over an [`Environment`]. Numbers are exact decimals.
//!
//! - Arithmetic and comparison with an empty value are empty; a text of white space only counts as empty there. A condition
//!   is met only by true; `AND`, `OR` and `NOT` know three values. `&` and `CONCAT` read empty as nothing.
//! - Text is compared exactly, character by character, unlike in spreadsheets.
//! - A minus binds tighter than `^`, and `^` goes from left to right, as in spreadsheets: `-2^2` is 4, `2^3^2` is 64.
//! - An operator, or a function of one value, given a list is computed for each element: `SUM(lines.quantity * lines.price)`.
//! - `//` to the end of the line and `/* … */` are comments.

pub mod ast;
pub mod calendar;
mod check;
pub mod depends;
mod environment;
mod eval;
mod format;
pub mod functions;
mod math;
mod names;
pub mod operator;
pub mod parse;
mod print;
mod rename;
pub mod scale;
#[cfg(test)]
mod tests;
pub mod token;
mod types;
mod value;

pub use calendar::{Hours, WorkCalendar};
pub use depends::Path;
pub use environment::{Environment, RowPlace, Stay, Warning};
pub use eval::Call;
pub use functions::Uses;
pub use names::RecordNames;
pub use rename::{recode, rename, rename_texts};
pub use types::{ClockUse, NameType, Names, Set, Type};
pub use value::{Value, format_duration};

use crate::diagnostic::Fault;
use crate::error_code as code;
use check::Checker;
use eval::{Machine, Node};
use std::sync::Arc;

/// A checked expression, ready to be computed many times.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    tree: Arc<ast::Expr>,
    node: Arc<Node>,
    ty: Type,
    reads: Arc<[Path]>,
    uses: Uses,
    hints: Arc<[Fault]>,
}

impl Expression {
    /// Reads and checks an expression.
    ///
    /// # Errors
    /// All faults, each with `position` and `length` in characters, what was `found` and, where there is one, a `suggestion`.
    /// Their path is empty: put the field's before it with [`Fault::under`].
    pub fn compile(source: &str, names: &dyn Names) -> Result<Expression, Vec<Fault>> {
        let tree = parse::parse(source).map_err(|fault| vec![fault])?;
        let mut checker = Checker::new(source, names);
        let typed = checker.check(&tree);
        match typed {
            Some(typed) if checker.faults.is_empty() => Ok(Expression {
                source: Arc::from(source),
                tree: Arc::new(tree),
                node: Arc::new(typed.node),
                ty: typed.ty,
                reads: checker.reads.into(),
                uses: checker.uses,
                hints: checker.hints.into(),
            }),
            _ => Err(checker.faults),
        }
    }

    /// Like [`Expression::compile`], for a place that takes one type only: a condition is a boolean.
    ///
    /// # Errors
    /// As there; besides, an expression of another type.
    pub fn compile_as(source: &str, names: &dyn Names, wanted: &Type) -> Result<Expression, Vec<Fault>> {
        let expression = Expression::compile(source, names)?;
        match expression.ty.common(wanted) {
            Some(ty) if ty == *wanted => Ok(expression),
            _ => Err(vec![
                Fault::new("", &code::EXPRESSION_RESULT)
                    .with("expected", wanted)
                    .with("got", &expression.ty)
                    .with("position", 1)
                    .with("length", source.chars().count()),
            ]),
        }
    }

    /// The type of its values. [`Type::Empty`] if it can only be empty.
    pub fn result_type(&self) -> &Type {
        &self.ty
    }

    /// The paths it reads, each once. Their indexes are what [`Environment::get`] is asked for.
    pub fn reads(&self) -> &[Path] {
        &self.reads
    }

    /// What it reads besides.
    pub fn uses(&self) -> Uses {
        self.uses
    }

    /// Whether its value changes by time alone: such a formula is not stored.
    pub fn reads_clock(&self) -> bool {
        self.uses.clock != ClockUse::None
    }

    /// Computes it. The warnings say why a value is empty; one of them may be a fault ([`Warning::is_fault`]).
    pub fn eval(&self, environment: &dyn Environment) -> (Value, Vec<Warning>) {
        let mut machine = Machine::new(environment);
        let value = machine.run(&self.node);
        (value, machine.warnings)
    }

    /// As written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The tree as written, for translation to SQL.
    pub fn tree(&self) -> &ast::Expr {
        &self.tree
    }

    /// What is no fault but probably not meant, such as a comparison with `""`, which is always empty.
    pub fn hints(&self) -> &[Fault] {
        &self.hints
    }
}
