//! The lexer: an expression's characters as tokens, each with the bytes it came from.
//!
//! Full-width digits, letters, operators and brackets, Chinese commas and quotation marks are read as their plain twins.

use super::ast::Operator;
use crate::diagnostic::Fault;
use crate::error_code::{self as code, ErrorCode};
use rust_decimal::Decimal;

/// Bytes of the source, from `start` up to and without `end`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

impl Span {
    /// From the beginning of this span to the end of another.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end }
    }

    /// What stands there.
    pub fn text(self, source: &str) -> &str {
        source.get(self.start..self.end).unwrap_or("")
    }

    /// The number of the first character, counted from 1, as a person counts.
    pub fn position(self, source: &str) -> usize {
        source.get(..self.start).map_or(0, |before| before.chars().count()) + 1
    }

    /// A fault at this place. Arguments: `position` and `length` in characters, and `found`, what stands there.
    pub fn fault(self, source: &str, code: &'static ErrorCode) -> Fault {
        let found: String = self.text(source).chars().take(40).collect();
        Fault::new("", code)
            .with("position", self.position(source))
            .with("length", self.text(source).chars().count())
            .with("found", found)
    }
}

/// What the parser sees.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(Decimal),
    Text(String),
    /// A field's or a function's name, or a word such as TRUE.
    Name(String),
    Operator(Operator),
    Percent,
    Dot,
    Comma,
    Open,
    Close,
    End,
}

/// The plain twin of a character that input methods give.
fn plain(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '、' => ',',
        '×' => '*',
        '÷' => '/',
        '−' | '–' | '—' => '-',
        '≤' | '≦' => '≤',
        '≥' | '≧' => '≥',
        _ => c,
    }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl Lexer<'_> {
    fn raw(&self) -> Option<char> {
        self.source.get(self.at..).and_then(|rest| rest.chars().next())
    }

    fn peek(&self) -> Option<char> {
        self.raw().map(plain)
    }

    fn after(&self) -> Option<char> {
        self.source.get(self.at..).and_then(|rest| rest.chars().nth(1)).map(plain)
    }

    fn bump(&mut self) {
        self.at += self.raw().map_or(0, char::len_utf8);
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.bump();
        }
        found
    }

    fn span(&self, start: usize) -> Span {
        Span { start, end: self.at }
    }

    fn word(&mut self, accept: impl Fn(char) -> bool) -> String {
        let mut out = String::new();
        while let Some(c) = self.peek().filter(|c| accept(*c)) {
            out.push(c);
            self.bump();
        }
        out
    }

    fn skip_blank(&mut self) -> Result<(), Fault> {
        loop {
            match (self.peek(), self.after()) {
                (Some(c), _) if c.is_whitespace() || c == '\u{FEFF}' => self.bump(),
                (Some('/'), Some('/')) => {
                    while self.raw().is_some_and(|c| c != '\n') {
                        self.bump();
                    }
                }
                (Some('/'), Some('*')) => {
                    let start = self.at;
                    self.bump();
                    self.bump();
                    while !(self.peek() == Some('*') && self.after() == Some('/')) {
                        if self.raw().is_none() {
                            return Err(
                                Span { start, end: start + 2 }.fault(self.source, &code::EXPRESSION_COMMENT_OPEN)
                            );
                        }
                        self.bump();
                    }
                    self.bump();
                    self.bump();
                }
                _ => return Ok(()),
            }
        }
    }

    fn number(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        let mut digits = self.word(|c| c.is_ascii_digit());
        if self.peek() == Some('.') {
            digits.push('.');
            self.bump();
            let fraction = self.word(|c| c.is_ascii_digit());
            if fraction.is_empty() {
                return Err(self.span(start).fault(self.source, &code::EXPRESSION_NUMBER));
            }
            digits.push_str(&fraction);
        }
        let significant = digits.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0').count();
        let read = if digits.starts_with('.') { format!("0{digits}") } else { digits };
        match Decimal::from_str_exact(&read) {
            Ok(number) if significant <= 28 => Ok(Token::Number(number)),
            _ => Err(self.span(start).fault(self.source, &code::EXPRESSION_NUMBER)),
        }
    }

    /// A text in quotation marks; the closing mark twice stands for one of it.
    fn text(&mut self, close: char) -> Result<Token, Fault> {
        let start = self.at;
        self.bump();
        let opened = self.span(start);
        let mut out = String::new();
        loop {
            let Some(c) = self.raw() else {
                return Err(opened.fault(self.source, &code::EXPRESSION_TEXT_OPEN));
            };
            self.bump();
            let ends = c == close || (close == '"' && c == '＂');
            if !ends {
                out.push(c);
            } else if self.raw() == Some(c) {
                self.bump();
                out.push(c);
            } else {
                return Ok(Token::Text(out));
            }
        }
    }

    fn next(&mut self, after_name: bool) -> Result<Token, Fault> {
        let start = self.at;
        let Some(c) = self.peek() else { return Ok(Token::End) };
        if c.is_ascii_digit() || (c == '.' && !after_name && self.after().is_some_and(|d| d.is_ascii_digit())) {
            return self.number();
        }
        if c.is_alphabetic() || c == '_' {
            return Ok(Token::Name(self.word(|c| c.is_alphanumeric() || c == '_')));
        }
        match c {
            '"' => return self.text('"'),
            '“' | '”' => return self.text('”'),
            '「' => return self.text('」'),
            _ => {}
        }
        self.bump();
        let operator = match c {
            '+' => Operator::Add,
            '-' => Operator::Subtract,
            '*' => Operator::Multiply,
            '/' => Operator::Divide,
            '^' => Operator::Power,
            '&' => Operator::Join,
            '≤' => Operator::LessOrEqual,
            '≥' => Operator::GreaterOrEqual,
            '≠' => Operator::NotEqual,
            '=' => {
                self.take('=');
                Operator::Equal
            }
            '!' if self.take('=') => Operator::NotEqual,
            '<' if self.take('>') => Operator::NotEqual,
            '<' if self.take('=') => Operator::LessOrEqual,
            '<' => Operator::Less,
            '>' if self.take('=') => Operator::GreaterOrEqual,
            '>' => Operator::Greater,
            '%' => return Ok(Token::Percent),
            '.' => return Ok(Token::Dot),
            ',' => return Ok(Token::Comma),
            '(' => return Ok(Token::Open),
            ')' => return Ok(Token::Close),
            _ => {
                let instead = match c {
                    '\'' | '‘' | '’' | '`' => "\"",
                    ';' => ",",
                    '[' | '{' => "(",
                    ']' | '}' => ")",
                    '|' => "OR(…)",
                    '!' => "NOT(…)",
                    _ => "",
                };
                return Err(self
                    .span(start)
                    .fault(self.source, &code::EXPRESSION_CHARACTER)
                    .with("suggestion", instead));
            }
        };
        Ok(Token::Operator(operator))
    }
}

/// All tokens, the last being [`Token::End`].
pub fn tokens(source: &str) -> Result<Vec<(Token, Span)>, Fault> {
    let mut lexer = Lexer { source, at: 0 };
    let mut out: Vec<(Token, Span)> = Vec::new();
    loop {
        lexer.skip_blank()?;
        let start = lexer.at;
        let token = lexer.next(matches!(out.last(), Some((Token::Name(_), _))))?;
        let end = token == Token::End;
        out.push((token, lexer.span(start)));
        if end {
            return Ok(out);
        }
    }
}
