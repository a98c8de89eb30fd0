//! The tree of an expression as it was written: names are not yet looked up.

use super::token::Span;
use rust_decimal::Decimal;

/// Operators between two values, from the loosest to the tightest: comparison, `&`, `+ -`, `* /`, `^`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Join,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

impl Operator {
    /// Every operator.
    pub const ALL: [Operator; 12] = [
        Operator::Equal,
        Operator::NotEqual,
        Operator::Less,
        Operator::LessOrEqual,
        Operator::Greater,
        Operator::GreaterOrEqual,
        Operator::Join,
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Divide,
        Operator::Power,
    ];

    /// How tightly it binds; operators of one strength are taken from left to right.
    pub fn strength(self) -> u8 {
        match self {
            Operator::Equal
            | Operator::NotEqual
            | Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => 1,
            Operator::Join => 2,
            Operator::Add | Operator::Subtract => 3,
            Operator::Multiply | Operator::Divide => 4,
            Operator::Power => 5,
        }
    }

    /// How it is written.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Equal => "=",
            Operator::NotEqual => "<>",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Join => "&",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Power => "^",
        }
    }

    pub fn is_comparison(self) -> bool {
        self.strength() == 1
    }
}

/// Signs at one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `-x`. As in spreadsheets it binds tighter than `^`: `-2^2` is 4.
    Minus,
    /// `+x`
    Plus,
    /// `x%`: a hundredth.
    Percent,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub name: String,
    pub span: Span,
}

/// A node with its place in the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// Never negative: a minus is a sign of its own.
    Number(Decimal),
    Text(String),
    Boolean(bool),
    /// The word EMPTY.
    Empty,
    /// `customer.owner.name`
    Path(Vec<Segment>),
    /// `name` as written; functions are known in any case of letters.
    Call {
        name: String,
        name_span: Span,
        arguments: Vec<Expr>,
    },
    Signed {
        sign: Sign,
        operand: Box<Expr>,
    },
    /// Operators of one strength, from left to right: `a - b + c` is one chain, so that long sums are not deep trees.
    Chain {
        first: Box<Expr>,
        rest: Vec<Link>,
    },
}

/// An operator of a chain with what follows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub operator: Operator,
    pub operand: Expr,
}

impl Expr {
    /// Calls `visit` for this node and every one below it, in the order of the source.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Call { arguments, .. } => arguments.iter().for_each(|a| a.walk(visit)),
            ExprKind::Signed { operand, .. } => operand.walk(visit),
            ExprKind::Chain { first, rest } => {
                first.walk(visit);
                rest.iter().for_each(|l| l.operand.walk(visit));
            }
            _ => {}
        }
    }

    /// The tree with all places forgotten: two sources that mean the same are then equal.
    #[must_use]
    pub fn without_spans(mut self) -> Expr {
        self.forget_spans();
        self
    }

    fn forget_spans(&mut self) {
        self.span = Span::default();
        match &mut self.kind {
            ExprKind::Path(segments) => segments.iter_mut().for_each(|s| s.span = Span::default()),
            ExprKind::Call { name_span, arguments, .. } => {
                *name_span = Span::default();
                arguments.iter_mut().for_each(Expr::forget_spans);
            }
            ExprKind::Signed { operand, .. } => operand.forget_spans(),
            ExprKind::Chain { first, rest } => {
                first.forget_spans();
                rest.iter_mut().for_each(|l| l.operand.forget_spans());
            }
            _ => {}
        }
    }
}
