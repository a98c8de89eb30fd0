//! The parser: operators by strength (Pratt), with the place and the cause of the first fault.

use super::ast::{Expr, ExprKind, Link, Operator, Segment, Sign};
use super::token::{Span, Token, tokens};
use crate::diagnostic::Fault;
use crate::error_code as code;

/// Most characters of an expression.
pub const MAX_CHARACTERS: usize = 4000;
/// Most parentheses, calls and signs inside each other.
pub const MAX_DEPTH: usize = 64;

/// Reads an expression. Faults carry `position` (in characters, from 1), `length` and `found`.
pub fn parse(source: &str) -> Result<Expr, Fault> {
    if source.len() > MAX_CHARACTERS && source.chars().count() > MAX_CHARACTERS {
        return Err(Fault::new("", &code::EXPRESSION_TOO_LONG)
            .with("limit", MAX_CHARACTERS)
            .with("position", MAX_CHARACTERS + 1));
    }
    let tokens = tokens(source)?;
    if let [(Token::End, _)] = tokens.as_slice() {
        return Err(Fault::new("", &code::EXPRESSION_EMPTY).with("position", 1));
    }
    let mut parser = Parser { source, tokens, at: 0, depth: 0 };
    let expr = parser.expression(0)?;
    match parser.peek() {
        Token::End => Ok(expr),
        _ => Err(parser.left_over()),
    }
}

struct Parser<'s> {
    source: &'s str,
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |t| &t.0)
    }

    fn span(&self) -> Span {
        self.tokens.get(self.at).map_or(Span { start: self.source.len(), end: self.source.len() }, |t| t.1)
    }

    fn bump(&mut self) -> Span {
        let span = self.span();
        self.at += 1;
        span
    }

    fn operator(&self) -> Option<Operator> {
        match self.peek() {
            Token::Operator(o) => Some(*o),
            _ => None,
        }
    }

    /// What comes after a whole expression and does not belong there.
    fn left_over(&self) -> Fault {
        let code = match self.peek() {
            Token::Close => &code::EXPRESSION_PARENTHESIS_EXTRA,
            Token::Comma => &code::EXPRESSION_COMMA,
            _ => &code::EXPRESSION_OPERATOR_MISSING,
        };
        self.span().fault(self.source, code)
    }

    fn deeper<T>(&mut self, span: Span, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(span.fault(self.source, &code::EXPRESSION_TOO_DEEP).with("limit", MAX_DEPTH));
        }
        self.depth += 1;
        let out = read(self);
        self.depth -= 1;
        out
    }

    fn expression(&mut self, least: u8) -> Result<Expr, Fault> {
        let mut left = self.signed()?;
        while let Some(strength) = self.operator().map(Operator::strength).filter(|s| *s >= least) {
            let mut rest = Vec::new();
            while let Some(operator) = self.operator().filter(|o| o.strength() == strength) {
                self.bump();
                let operand = self.expression(strength + 1)?;
                rest.push(Link { operator, operand });
            }
            let span = rest.last().map_or(left.span, |l| left.span.to(l.operand.span));
            left = Expr { kind: ExprKind::Chain { first: Box::new(left), rest }, span };
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Expr, Fault> {
        let sign = match self.operator() {
            Some(Operator::Subtract) => Sign::Minus,
            Some(Operator::Add) => Sign::Plus,
            _ => return self.hundredths(),
        };
        let start = self.bump();
        let operand = self.deeper(start, Self::signed)?;
        let span = start.to(operand.span);
        Ok(Expr { kind: ExprKind::Signed { sign, operand: Box::new(operand) }, span })
    }

    fn hundredths(&mut self) -> Result<Expr, Fault> {
        let mut value = self.primary()?;
        let mut signs = 0;
        while *self.peek() == Token::Percent {
            let sign = self.bump();
            signs += 1;
            if self.depth + signs > MAX_DEPTH {
                return Err(sign.fault(self.source, &code::EXPRESSION_TOO_DEEP).with("limit", MAX_DEPTH));
            }
            let span = value.span.to(sign);
            value = Expr { kind: ExprKind::Signed { sign: Sign::Percent, operand: Box::new(value) }, span };
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expr, Fault> {
        let span = self.span();
        let kind = match self.peek().clone() {
            Token::Number(n) => ExprKind::Number(n),
            Token::Text(t) => ExprKind::Text(t),
            Token::Name(name) => return self.named(name),
            Token::Open => {
                self.bump();
                let mut inner = self.deeper(span, |p| p.expression(0))?;
                inner.span = span.to(self.close(span)?);
                return Ok(inner);
            }
            Token::Close => {
                // what is wrong is not the parenthesis but that nothing stands before it
                return Err(span.fault(self.source, &code::EXPRESSION_OPERAND_MISSING));
            }
            _ => return Err(span.fault(self.source, &code::EXPRESSION_OPERAND_MISSING)),
        };
        self.bump();
        Ok(Expr { kind, span })
    }

    fn close(&mut self, open: Span) -> Result<Span, Fault> {
        match self.peek() {
            Token::Close => Ok(self.bump()),
            Token::End => Err(open.fault(self.source, &code::EXPRESSION_PARENTHESIS_OPEN)),
            _ => Err(self.left_over()),
        }
    }

    /// A word, a call or a path.
    fn named(&mut self, name: String) -> Result<Expr, Fault> {
        let name_span = self.bump();
        match self.peek() {
            Token::Open => return self.call(name, name_span),
            Token::Dot => {}
            _ => {
                let literal = match name.as_str() {
                    "TRUE" | "true" | "True" => Some(ExprKind::Boolean(true)),
                    "FALSE" | "false" | "False" => Some(ExprKind::Boolean(false)),
                    "EMPTY" => Some(ExprKind::Empty),
                    _ => None,
                };
                if let Some(kind) = literal {
                    return Ok(Expr { kind, span: name_span });
                }
            }
        }
        let mut segments = vec![Segment { name, span: name_span }];
        let mut span = name_span;
        while *self.peek() == Token::Dot {
            let dot = self.bump();
            let Token::Name(name) = self.peek().clone() else {
                return Err(dot.fault(self.source, &code::EXPRESSION_PATH));
            };
            let at = self.bump();
            span = span.to(at);
            segments.push(Segment { name, span: at });
        }
        Ok(Expr { kind: ExprKind::Path(segments), span })
    }

    fn call(&mut self, name: String, name_span: Span) -> Result<Expr, Fault> {
        let open = self.bump();
        let mut arguments = Vec::new();
        if *self.peek() != Token::Close {
            loop {
                arguments.push(self.deeper(name_span, |p| p.expression(0))?);
                if *self.peek() != Token::Comma {
                    break;
                }
                self.bump();
            }
        }
        let end = self.close(open)?;
        Ok(Expr { kind: ExprKind::Call { name, name_span, arguments }, span: name_span.to(end) })
    }
}
