//! An example of a text that a pattern asks for, to be told where one does not match: nobody at a form reads patterns.

use jsonschema::PatternOptions;
use serde_json::{Value as Json, json};
use std::iter::Peekable;
use std::str::Chars;

/// Longest example that is told.
const MOST: usize = 60;
const DEEPEST: usize = 20;

/// A short text that matches; `None` where none was found.
pub(super) fn example_of(pattern: &str) -> Option<String> {
    let mut maker = Maker { rest: pattern.chars().peekable(), depth: 0 };
    let text = maker.alternatives()?;
    if maker.rest.next().is_some() || text.trim().is_empty() || text.chars().count() > MOST {
        return None;
    }
    let validator = jsonschema::draft202012::options()
        .with_pattern_options(PatternOptions::regex())
        .build(&json!({ "pattern": pattern }))
        .ok()?;
    validator.is_valid(&Json::String(text.clone())).then_some(text)
}

struct Maker<'a> {
    rest: Peekable<Chars<'a>>,
    depth: usize,
}

impl Maker<'_> {
    /// The first of the alternatives that says something.
    fn alternatives(&mut self) -> Option<String> {
        let mut chosen = self.sequence()?;
        while self.rest.next_if_eq(&'|').is_some() {
            let other = self.sequence()?;
            if chosen.trim().is_empty() {
                chosen = other;
            }
        }
        Some(chosen)
    }

    fn sequence(&mut self) -> Option<String> {
        let mut out = String::new();
        while let Some(c) = self.rest.next_if(|c| !matches!(c, '|' | ')')) {
            let one = match c {
                '^' | '$' => String::new(),
                '.' => "a".to_string(),
                '(' => self.group()?,
                '[' => self.class()?.to_string(),
                '\\' => escaped(self.rest.next()?)?.to_string(),
                '*' | '+' | '?' | '{' => return None,
                plain => plain.to_string(),
            };
            let (least, most) = self.times()?;
            // what may be left out is left out, but for what may be repeated
            let times = if least == 0 && most != Some(1) { 1 } else { least };
            out.push_str(&one.repeat(times));
            if out.len() > MOST * 4 {
                return None;
            }
        }
        Some(out)
    }

    fn group(&mut self) -> Option<String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        if self.rest.next_if_eq(&'?').is_some() {
            match self.rest.next()? {
                ':' => {}
                'P' | '<' => while self.rest.next()? != '>' {},
                _ => return None,
            }
        }
        let inner = self.alternatives()?;
        self.depth -= 1;
        (self.rest.next() == Some(')')).then_some(inner)
    }

    fn class(&mut self) -> Option<char> {
        let negated = self.rest.next_if_eq(&'^').is_some();
        let mut members: Vec<(char, char)> = Vec::new();
        loop {
            let first = match self.rest.next()? {
                ']' if !members.is_empty() => break,
                '[' => return None,
                '\\' => escaped(self.rest.next()?)?,
                c => c,
            };
            let mut last = first;
            let mut ahead = self.rest.clone();
            if ahead.next() == Some('-') && ahead.next().is_some_and(|c| c != ']') {
                self.rest.next();
                last = match self.rest.next()? {
                    '\\' => escaped(self.rest.next()?)?,
                    c => c,
                };
            }
            members.push((first, last));
        }
        if !negated {
            return members.first().map(|(first, _)| *first);
        }
        "a0A-_ ".chars().find(|c| !members.iter().any(|(first, last)| (first..=last).contains(&c)))
    }

    /// How often what stood before comes: at least, and at most where that is said.
    fn times(&mut self) -> Option<(usize, Option<usize>)> {
        let times = match self.rest.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                let text: String = std::iter::from_fn(|| self.rest.next_if(|c| *c != '}')).skip(1).collect();
                let (least, most) = text.split_once(',').unwrap_or((&text, &text));
                (least.parse().ok().filter(|least| *least <= MOST)?, most.parse().ok())
            }
            _ => return Some((1, Some(1))),
        };
        self.rest.next();
        self.rest.next_if_eq(&'?');
        Some(times)
    }
}

fn escaped(c: char) -> Option<char> {
    match c {
        'd' => Some('0'),
        'w' => Some('a'),
        's' => Some(' '),
        't' => Some('\t'),
        c if c.is_ascii_alphanumeric() => None,
        c => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_matches_its_pattern_or_there_is_none() {
        for (pattern, example) in [
            ("^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$", Some("01-01")),
            (r"^\d{4}/\d{2,}$", Some("0000/00")),
            ("^[A-Z]{2}[0-9]*$", Some("AA0")),
            ("^(?:|[a-z]+)@x$", Some("a@x")),
            (r"^[^a\d]-?b$", Some("Ab")),
            ("^(a", None),
            (r"^\p{L}+$", None),
            ("^a{9999}$", None),
            ("", None),
        ] {
            assert_eq!(example_of(pattern).as_deref(), example, "{pattern}");
        }
    }
}
