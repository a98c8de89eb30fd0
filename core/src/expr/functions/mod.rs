//! The one table of functions: what each takes and gives, its documentation in both languages, examples that are run as
//! tests, and its evaluation. A new function is one more entry in the file of its family.

mod aggregate;
mod business;
mod conversion;
mod date;
mod finance;
mod list;
mod logic;
mod number;
mod row;
mod status;
mod text;

pub use conversion::capital_amount;

use super::eval::Call;
use super::types::{ClockUse, Set};
use super::value::Value;
use crate::text::Locale;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What a function computes; `None` is empty.
pub type Evaluate = for<'c, 'm, 'e> fn(&'c mut Call<'m, 'e>) -> Option<Value>;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One value of these types. Given a list, the function is computed for each element.
    One(Set),
    /// One value; all such arguments, and the lists and values of kinds `Each` and `List`, have one type.
    Same(Set),
    /// One value; all such arguments have one type of their own.
    Key(Set),
    /// A value or a list; counted into the common type.
    Each(Set),
    /// A value or a list of any of these types.
    Any(Set),
    /// A list; counted into the common type.
    List(Set),
    /// A value to be equal to, or a text such as `">100"` or `"CN*"`.
    Criterion,
    /// The path of a status field.
    Field,
    /// A text written in place.
    Literal,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    Text,
    Number,
    Boolean,
    Date,
    DateTime,
    Time,
    Duration,
    /// The common type of the arguments.
    Same,
    /// A list of the common type.
    List,
    TextList,
    /// The type of the setting named by the first argument.
    Setting,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    pub name: &'static str,
    pub kind: Kind,
    pub optional: bool,
}

/// A parameter that must be given.
pub(super) const fn needs(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, optional: false }
}

/// A parameter that may be left out, with those after it.
pub(super) const fn may(name: &'static str, kind: Kind) -> Param {
    Param { name, kind, optional: true }
}

/// What a function reads besides its arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Uses {
    pub clock: ClockUse,
    /// Exchange rates.
    pub rates: bool,
    /// Work calendars.
    pub calendar: bool,
    /// Settings of the app, or data of shared options.
    pub settings: bool,
    /// The history of a status field.
    pub stays: bool,
    /// The other rows of the child table.
    pub rows: bool,
}

impl Uses {
    pub(super) const NONE: Uses =
        Uses { clock: ClockUse::None, rates: false, calendar: false, settings: false, stays: false, rows: false };

    /// Both together.
    #[must_use]
    pub fn with(self, other: Uses) -> Uses {
        Uses {
            clock: self.clock.max(other.clock),
            rates: self.rates || other.rates,
            calendar: self.calendar || other.calendar,
            settings: self.settings || other.settings,
            stays: self.stays || other.stays,
            rows: self.rows || other.rows,
        }
    }
}

/// Where the editor lists a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Logic,
    Number,
    Text,
    Date,
    Aggregate,
    List,
    Conversion,
    Finance,
    Row,
    Status,
}

impl Family {
    pub fn title(self, locale: Locale) -> &'static str {
        let (en, zh) = match self {
            Family::Logic => ("Logic", "逻辑"),
            Family::Number => ("Numbers", "数值"),
            Family::Text => ("Text", "文本"),
            Family::Date => ("Dates and times", "日期时间"),
            Family::Aggregate => ("Totals", "汇总"),
            Family::List => ("Lists", "列表"),
            Family::Conversion => ("Conversion", "转换"),
            Family::Finance => ("Finance", "财务"),
            Family::Row => ("Rows of a child table", "子表行"),
            Family::Status => ("History of a status", "状态历史"),
        };
        match locale {
            Locale::En => en,
            Locale::ZhCn => zh,
        }
    }
}

/// An entry of the table.
pub struct Function {
    pub name: &'static str,
    pub family: Family,
    pub params: &'static [Param],
    /// Parameters that come again and again after `params`, at least once.
    pub group: &'static [Param],
    /// A last one after the groups, which may be left out.
    pub tail: Option<Param>,
    pub gives: Gives,
    pub uses: Uses,
    pub en: &'static str,
    pub zh: &'static str,
    /// Expressions with the text of their values, computed for the sample record of the tests.
    pub examples: &'static [(&'static str, &'static str)],
    pub(super) evaluate: Evaluate,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.signature())
    }
}

impl Function {
    pub(super) const fn new(name: &'static str, family: Family, gives: Gives, evaluate: Evaluate) -> Function {
        Function {
            name,
            family,
            params: &[],
            group: &[],
            tail: None,
            gives,
            uses: Uses::NONE,
            en: "",
            zh: "",
            examples: &[],
            evaluate,
        }
    }

    pub(super) const fn takes(mut self, params: &'static [Param]) -> Function {
        self.params = params;
        self
    }

    pub(super) const fn repeats(mut self, group: &'static [Param]) -> Function {
        self.group = group;
        self
    }

    pub(super) const fn ends(mut self, tail: Param) -> Function {
        self.tail = Some(tail);
        self
    }

    pub(super) const fn uses(mut self, uses: Uses) -> Function {
        self.uses = uses;
        self
    }

    pub(super) const fn says(mut self, en: &'static str, zh: &'static str) -> Function {
        self.en = en;
        self.zh = zh;
        self
    }

    pub(super) const fn shows(mut self, examples: &'static [(&'static str, &'static str)]) -> Function {
        self.examples = examples;
        self
    }

    /// The documentation in the reader's language.
    pub fn about(&self, locale: Locale) -> &'static str {
        match locale {
            Locale::En => self.en,
            Locale::ZhCn => self.zh,
        }
    }

    /// Fewest and most arguments; `None` where there is no most.
    pub fn count(&self) -> (usize, Option<usize>) {
        let needed = self.params.iter().filter(|p| !p.optional).count() + self.group.len();
        let most =
            if self.group.is_empty() { Some(self.params.len() + usize::from(self.tail.is_some())) } else { None };
        (needed, most)
    }

    /// The parameter that takes the argument at `index` of `count`, or `None` where so many do not fit.
    pub fn param(&self, index: usize, count: usize) -> Option<&Param> {
        if index < self.params.len() {
            return self.params.get(index);
        }
        if self.group.is_empty() {
            return self.tail.as_ref().filter(|_| index == self.params.len());
        }
        let (at, repeated) = (index - self.params.len(), count.checked_sub(self.params.len())?);
        let whole = repeated - repeated % self.group.len();
        if at < whole { self.group.get(at % self.group.len()) } else { self.tail.as_ref().filter(|_| at == whole) }
    }

    /// `ROUND(number: number, digits?: number) → number`
    pub fn signature(&self) -> String {
        let kind = |k: Kind| match k {
            Kind::One(s) | Kind::Same(s) | Kind::Key(s) => s.to_string(),
            Kind::Each(s) | Kind::Any(s) => format!("{s} or list"),
            Kind::List(s) => format!("list of {s}"),
            Kind::Criterion => "value or \">…\"".to_string(),
            Kind::Field => "status field".to_string(),
            Kind::Literal => "text".to_string(),
        };
        let mut parts: Vec<String> = self
            .params
            .iter()
            .map(|p| format!("{}{}: {}", p.name, if p.optional { "?" } else { "" }, kind(p.kind)))
            .collect();
        parts.extend(self.group.iter().map(|p| format!("{}: {}", p.name, kind(p.kind))));
        if !self.group.is_empty() {
            parts.push("…".to_string());
        }
        parts.extend(self.tail.iter().map(|p| format!("{}?: {}", p.name, kind(p.kind))));
        let gives = match self.gives {
            Gives::Text => "text",
            Gives::Number => "number",
            Gives::Boolean => "boolean",
            Gives::Date => "date",
            Gives::DateTime => "datetime",
            Gives::Time => "time",
            Gives::Duration => "duration",
            Gives::Same => "the same",
            Gives::List => "list of the same",
            Gives::TextList => "list of text",
            Gives::Setting => "the setting's type",
        };
        format!("{}({}) → {gives}", self.name, parts.join(", "))
    }
}

static TABLE: [&[Function]; 11] = [
    logic::TABLE,
    number::TABLE,
    text::TABLE,
    date::TABLE,
    business::TABLE,
    aggregate::TABLE,
    list::TABLE,
    conversion::TABLE,
    finance::TABLE,
    row::TABLE,
    status::TABLE,
];

static BY_NAME: LazyLock<HashMap<&'static str, &'static Function>> =
    LazyLock::new(|| all().map(|f| (f.name, f)).collect());

/// Every function, family by family.
pub fn all() -> impl Iterator<Item = &'static Function> {
    TABLE.iter().flat_map(|t| t.iter())
}

/// The function of a name, in any case of letters.
pub fn find(name: &str) -> Option<&'static Function> {
    BY_NAME.get(name.to_ascii_uppercase().as_str()).copied()
}
