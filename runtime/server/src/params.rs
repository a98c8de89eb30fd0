//! The parameters of an address: each is taken by name, and what is left over is refused.

use crate::problem::Problem;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use std::str::FromStr;

/// Parameters that any route takes and that are read elsewhere.
const COMMON: [&str; 1] = ["as"];

/// The parameters of a request.
#[derive(Debug, Default)]
pub struct Params {
    given: Vec<(String, String)>,
    taken: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Params, Problem> {
        Params::read(parts)
    }
}

impl Params {
    /// Reads the query of an address.
    ///
    /// # Errors
    /// `bad_request` for what is no query, `text_invalid` for characters that cannot be stored.
    pub fn read(parts: &Parts) -> Result<Params, Problem> {
        let given = match parts.uri.query() {
            None | Some("") => Vec::new(),
            Some(_) => match Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) {
                Ok(Query(given)) => given,
                Err(_) => return Err(Problem::parameter("query", "it cannot be read")),
            },
        };
        if let Some(name) = parts.uri.query().and_then(not_text) {
            return Err(Problem::fault(Fault::new(name, &code::TEXT_INVALID)));
        }
        match given.iter().find(|(k, v)| !crate::body::is_storable(k) || !crate::body::is_storable(v)) {
            Some((name, _)) => Err(Problem::fault(Fault::new(name.as_str(), &code::TEXT_INVALID))),
            None => Ok(Params { given, taken: Vec::new(), faults: Vec::new() }),
        }
    }

    /// The value of a parameter; given twice it is a fault.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.taken.push(name);
        let mut values = self.given.iter().filter(|(k, _)| k == name).map(|(_, v)| v);
        let value = values.next()?.clone();
        if values.next().is_some() {
            self.fault(name, "it is given twice");
        }
        Some(value)
    }

    /// A value of any type that reads itself from text.
    pub fn value<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(_) => {
                self.fault(name, format!("expected {expected}"));
                None
            }
        }
    }

    /// A whole number within bounds.
    pub fn int(&mut self, name: &'static str, least: i64, most: i64) -> Option<i64> {
        let n: i64 = self.value(name, "a whole number")?;
        if (least..=most).contains(&n) {
            return Some(n);
        }
        self.fault(name, format!("expected {least} to {most}"));
        None
    }

    /// A number of entries from 1 to `most`; `default` when absent.
    pub fn size(&mut self, name: &'static str, default: usize, most: usize) -> usize {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.int(name, 1, most).and_then(|n| usize::try_from(n).ok()).unwrap_or(default)
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&mut self, name: &'static str) -> bool {
        self.value(name, "true or false").unwrap_or(false)
    }

    /// A list separated by commas; empty entries are left out.
    pub fn list(&mut self, name: &'static str) -> Vec<String> {
        self.text(name)
            .map(|t| t.split(',').map(str::trim).filter(|s| !s.is_empty()).map(str::to_string).collect())
            .unwrap_or_default()
    }

    /// Notes a fault of a parameter.
    pub fn fault(&mut self, name: &str, reason: impl ToString) {
        self.faults.push(Fault::new(name, &code::PARAMETER_INVALID).with("name", name).with("reason", reason));
    }

    /// Ends the reading: all faults at once, parameters that nobody asked for among them.
    ///
    /// # Errors
    /// `parameter_invalid`, or `validation_failed` for several.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in &self.given {
            let known = self.taken.contains(&name.as_str()) || COMMON.contains(&name.as_str());
            if !known && !self.faults.iter().any(|f| f.path == *name) {
                self.faults.push(
                    Fault::new(name.as_str(), &code::UNKNOWN_KEY)
                        .with("name", name)
                        .suggest(name, self.taken.iter().copied()),
                );
            }
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem(EngineError::request_faults(self.faults))) }
    }
}

/// The name of the first parameter whose bytes are no UTF-8: reading it would put other characters in their place.
fn not_text(query: &str) -> Option<String> {
    query.split('&').find_map(|pair| {
        let broken = percent_encoding::percent_decode_str(pair).decode_utf8().is_err();
        let name = pair.split('=').next().unwrap_or_default();
        broken.then(|| percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use axum::http::Request;

    fn params(query: &str) -> Result<Params, Problem> {
        let (parts, ()) = Request::builder().uri(format!("/x?{query}")).body(()).unwrap().into_parts();
        Params::read(&parts)
    }

    fn codes(problem: &Problem) -> Vec<(String, &'static str)> {
        match &problem.0 {
            EngineError::Refused(r) => r.faults.iter().map(|f| (f.path.clone(), f.code.code)).collect(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn all_faults_of_the_parameters_come_at_once() {
        let mut p = params("limit=900&count=exact&limt=5&titles=maybe&as=x").unwrap();
        assert_eq!(p.int("limit", 1, 500), None);
        assert_eq!(p.text("count").as_deref(), Some("exact"));
        assert!(!p.flag("titles"));
        let got = codes(&p.finish().unwrap_err());
        let want = [("limit", "parameter_invalid"), ("titles", "parameter_invalid"), ("limt", "unknown_key")];
        assert_eq!(got, want.map(|(p, c)| (p.to_string(), c)));
    }

    #[test]
    fn lists_are_split_and_forbidden_characters_are_refused() {
        let mut p = params("sort=-updated_at,%20company,,").unwrap();
        assert_eq!(p.list("sort"), ["-updated_at", "company"]);
        assert!(p.finish().is_ok());
        for broken in ["q=a%00b", "q=%ff", "q=%ED%A0%80"] {
            assert_eq!(codes(&params(broken).unwrap_err()), [("q".to_string(), "text_invalid")], "{broken}");
        }
    }
}
