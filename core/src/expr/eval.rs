//! The evaluator: a checked tree and an environment give a value. No names are looked up here: paths are numbers.

use super::ast::{Operator, Sign};
use super::environment::{Environment, RowPlace, Warning};
use super::functions::{Function, Kind};
use super::operator::{self, Trouble};
use super::token::Span;
use super::value::Value;
use crate::error_code::{self as code, ErrorCode};
use crate::time::Clock;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::sync::Arc;

/// Most warnings that one evaluation keeps.
const MAX_WARNINGS: usize = 20;
/// Most elements of a list that a function makes.
pub const MAX_LIST: usize = 10_000;
/// Most bytes of a text that a function makes.
pub const MAX_TEXT: usize = 65_536;

/// A checked tree.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Value),
    Read(usize),
    Signed {
        sign: Sign,
        operand: Box<Node>,
        span: Span,
    },
    Chain {
        first: Box<Node>,
        rest: Vec<Step>,
    },
    /// `spread`: arguments that are lists where the function takes one value; it is computed for each element.
    Call {
        function: &'static Function,
        arguments: Vec<Node>,
        spread: Vec<bool>,
        span: Span,
    },
    /// A date as its day's first instant, where dates and instants meet.
    Instant(Box<Node>),
}

#[derive(Debug)]
pub(super) struct Step {
    pub operator: Operator,
    pub operand: Node,
    pub span: Span,
}

pub(super) struct Machine<'e> {
    pub environment: &'e dyn Environment,
    pub warnings: Vec<Warning>,
    /// Another row of the child table, while SUM_BEFORE and ALLOCATE look at it.
    pub row: Option<usize>,
}

impl<'e> Machine<'e> {
    pub fn new(environment: &'e dyn Environment) -> Machine<'e> {
        Machine { environment, warnings: Vec::new(), row: None }
    }

    fn warn(&mut self, warning: Warning) {
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(warning);
        }
    }

    fn settle(&mut self, result: Result<Value, Trouble>, span: Span) -> Value {
        let code = match result {
            Ok(value) => return value,
            Err(Trouble::Empty) => return Value::Empty,
            Err(Trouble::DivisionByZero) => &code::DIVISION_BY_ZERO,
            Err(Trouble::Overflow) => &code::RESULT_TOO_LARGE,
        };
        self.warn(Warning { code, span, args: Vec::new() });
        Value::Empty
    }

    pub fn run(&mut self, node: &Node) -> Value {
        match node {
            Node::Constant(value) => value.clone(),
            Node::Read(read) => match self.row {
                Some(row) => self.environment.get_in(row, *read),
                None => self.environment.get(*read),
            },
            Node::Signed { sign, operand, span } => {
                let value = self.run(operand);
                self.signed(*sign, &value, *span)
            }
            Node::Chain { first, rest } => {
                let mut left = self.run(first);
                for step in rest {
                    let right = self.run(&step.operand);
                    left = self.between(step.operator, &left, &right, step.span);
                }
                left
            }
            Node::Instant(inner) => {
                let value = self.run(inner);
                self.to_instant(value)
            }
            Node::Call { function, arguments, spread, span } => self.call(function, arguments, spread, *span),
        }
    }

    fn signed(&mut self, sign: Sign, value: &Value, span: Span) -> Value {
        match value {
            Value::List(list) => Value::list(list.iter().map(|v| self.signed(sign, v, span)).collect::<Vec<_>>()),
            one => {
                let result = operator::apply_sign(sign, one);
                self.settle(result, span)
            }
        }
    }

    /// An operator between two values; lists are taken element by element, a shorter one being continued with empties.
    fn between(&mut self, operator: Operator, left: &Value, right: &Value, span: Span) -> Value {
        let count = match (left, right) {
            (Value::List(l), Value::List(r)) => l.len().max(r.len()),
            (Value::List(l), _) => l.len(),
            (_, Value::List(r)) => r.len(),
            _ => return self.one(operator, left, right, span),
        };
        let values: Vec<Value> =
            (0..count).map(|i| self.one(operator, element(left, i), element(right, i), span)).collect();
        Value::list(values)
    }

    fn one(&mut self, operator: Operator, left: &Value, right: &Value, span: Span) -> Value {
        if operator == Operator::Join {
            return Value::text(self.print(left) + &self.print(right));
        }
        let environment = self.environment;
        let result = operator::apply(operator, left, right, &|| environment.clock());
        self.settle(result, span)
    }

    fn to_instant(&self, value: Value) -> Value {
        match value {
            Value::Date(day) => Value::DateTime(self.environment.clock().day_start(day)),
            Value::List(list) => Value::list(list.iter().map(|v| self.to_instant(v.clone()))),
            other => other,
        }
    }

    /// A value as CONCAT writes it; instants in the company's zone.
    pub fn print(&self, value: &Value) -> String {
        match value {
            Value::DateTime(t) => {
                t.with_timezone(&self.environment.clock().zone).format("%Y-%m-%d %H:%M:%S").to_string()
            }
            Value::List(l) => l.iter().map(|v| self.print(v)).collect::<Vec<_>>().join(", "),
            other => other.to_text(),
        }
    }

    fn call(&mut self, function: &'static Function, arguments: &[Node], spread: &[bool], span: Span) -> Value {
        if !spread.contains(&true) {
            return Call { machine: self, function, arguments, given: &[], index: 0, span }.run();
        }
        let given: Vec<Option<Value>> = arguments
            .iter()
            .enumerate()
            .map(|(i, node)| spread.get(i).copied().unwrap_or(false).then(|| self.run(node)))
            .collect();
        let count = given.iter().flatten().map(|v| if let Value::List(l) = v { l.len() } else { 0 }).max().unwrap_or(0);
        let values: Vec<Value> = (0..count)
            .map(|index| Call { machine: self, function, arguments, given: &given, index, span }.run())
            .collect();
        Value::list(values)
    }
}

fn element(value: &Value, index: usize) -> &Value {
    match value {
        Value::List(list) => list.get(index).unwrap_or(&Value::Empty),
        one => one,
    }
}

/// A call under way: arguments are computed when the function asks for them.
pub struct Call<'m, 'e> {
    machine: &'m mut Machine<'e>,
    function: &'static Function,
    arguments: &'m [Node],
    /// Arguments spread over their elements, already computed.
    given: &'m [Option<Value>],
    index: usize,
    span: Span,
}

impl<'m, 'e> Call<'m, 'e> {
    fn run(&mut self) -> Value {
        (self.function.evaluate)(self).unwrap_or(Value::Empty)
    }

    /// How many arguments were written.
    pub fn count(&self) -> usize {
        self.arguments.len()
    }

    pub fn is_given(&self, i: usize) -> bool {
        i < self.arguments.len()
    }

    pub fn value(&mut self, i: usize) -> Value {
        if let Some(Some(list)) = self.given.get(i) {
            return element(list, self.index).clone();
        }
        self.arguments.get(i).map_or(Value::Empty, |node| self.machine.run(node))
    }

    pub fn number(&mut self, i: usize) -> Option<Decimal> {
        match self.value(i) {
            Value::Number(n) => Some(n),
            _ => None,
        }
    }

    /// A number, or what stands for it where the argument was left out; `None` where it is empty.
    pub fn number_or(&mut self, i: usize, otherwise: impl Into<Decimal>) -> Option<Decimal> {
        if self.is_given(i) { self.number(i) } else { Some(otherwise.into()) }
    }

    /// A whole number; a fraction is cut off, one too large is a warning.
    pub fn whole(&mut self, i: usize) -> Option<i64> {
        let number = self.number(i)?;
        let whole = number.trunc().to_i64();
        if whole.is_none() {
            self.refuse(number.to_string());
        }
        whole
    }

    pub fn whole_or(&mut self, i: usize, otherwise: i64) -> Option<i64> {
        if self.is_given(i) { self.whole(i) } else { Some(otherwise) }
    }

    pub fn text(&mut self, i: usize) -> Option<Arc<str>> {
        match self.value(i) {
            Value::Text(t) => Some(t),
            _ => None,
        }
    }

    pub fn boolean(&mut self, i: usize) -> Option<bool> {
        match self.value(i) {
            Value::Boolean(b) => Some(b),
            _ => None,
        }
    }

    /// A day: a date, or an instant's day in the company's zone.
    pub fn day(&mut self, i: usize) -> Option<NaiveDate> {
        match self.value(i) {
            Value::Date(d) => Some(d),
            Value::DateTime(t) => Some(t.with_timezone(&self.clock().zone).date_naive()),
            _ => None,
        }
    }

    /// An instant, or a date's first one.
    pub fn instant(&mut self, i: usize) -> Option<DateTime<Utc>> {
        let clock = self.clock();
        operator::instant(&self.value(i), &|| clock)
    }

    /// The path that an argument of kind `Field` names.
    pub fn path(&self, i: usize) -> Option<usize> {
        match self.arguments.get(i) {
            Some(Node::Read(read)) => Some(*read),
            _ => None,
        }
    }

    /// The elements of an argument that is a list or one value.
    pub fn elements(&mut self, i: usize) -> Vec<Value> {
        match self.value(i) {
            Value::List(list) => list.to_vec(),
            one => vec![one],
        }
    }

    /// All values from argument `from` on, lists opened.
    pub fn all(&mut self, from: usize) -> Vec<Value> {
        (from..self.count()).flat_map(|i| self.elements(i)).collect()
    }

    /// The numbers from argument `from` on, empties left out.
    pub fn numbers(&mut self, from: usize) -> Vec<Decimal> {
        self.all(from).into_iter().filter_map(|v| if let Value::Number(n) = v { Some(n) } else { None }).collect()
    }

    pub fn environment(&self) -> &'e dyn Environment {
        self.machine.environment
    }

    pub fn clock(&self) -> Clock {
        self.machine.environment.clock()
    }

    pub fn print(&self, value: &Value) -> String {
        self.machine.print(value)
    }

    /// The row being computed: another one while a function looks at it.
    pub fn row(&self) -> Option<RowPlace> {
        let own = self.machine.environment.row()?;
        Some(RowPlace { index: self.machine.row.unwrap_or(own.index), count: own.count })
    }

    /// An argument's value in another row.
    pub fn value_in(&mut self, row: usize, i: usize) -> Value {
        let before = self.machine.row.replace(row);
        let value = self.value(i);
        self.machine.row = before;
        value
    }

    /// Computes an argument and says whether that failed; its warnings are then taken back.
    pub fn attempt(&mut self, i: usize) -> (Value, bool) {
        let outer = std::mem::take(&mut self.machine.warnings);
        let value = self.value(i);
        let inner = std::mem::replace(&mut self.machine.warnings, outer);
        let failed = value == Value::Empty && !inner.is_empty();
        if !failed {
            inner.into_iter().for_each(|w| self.machine.warn(w));
        }
        (value, failed)
    }

    /// A result that may have failed.
    pub fn settle(&mut self, result: Result<Decimal, Trouble>) -> Option<Value> {
        let span = self.span;
        Some(self.machine.settle(result.map(Value::Number), span)).filter(|v| *v != Value::Empty)
    }

    /// Warns that a value cannot be used here; the result is empty.
    pub fn refuse(&mut self, value: impl Into<String>) -> Option<Value> {
        let args = vec![("function", self.function.name.to_string()), ("value", value.into())];
        self.warn(&code::ARGUMENT_UNUSABLE, args)
    }

    /// Warns; the result is empty.
    pub fn warn(&mut self, code: &'static ErrorCode, args: Vec<(&'static str, String)>) -> Option<Value> {
        let span = self.span;
        self.machine.warn(Warning { code, span, args });
        None
    }

    /// Warns that the result would be too large; it is empty.
    pub fn too_large(&mut self) -> Option<Value> {
        self.warn(&code::RESULT_TOO_LARGE, Vec::new())
    }

    /// A text, unless it is longer than any field could keep.
    pub fn made_text(&mut self, text: String) -> Option<Value> {
        if text.len() > MAX_TEXT { self.too_large() } else { Some(Value::text(text)) }
    }

    /// The kind of the parameter that takes an argument.
    pub fn kind(&self, i: usize) -> Option<Kind> {
        self.function.param(i, self.count()).map(|p| p.kind)
    }
}
