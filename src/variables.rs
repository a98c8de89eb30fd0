//! The environment: reading it, and finding what looks like a setting there and is none.

use crate::commands::backup;
use formwright_core::diagnostic::nearest;
use std::cell::RefCell;

/// How the names of our variables begin.
const OURS: &str = "FORMWRIGHT_";
/// Variables of ours that are read elsewhere.
const ELSEWHERE: [&str; 2] = ["FORMWRIGHT_CONFIG", backup::PASSPHRASE];

/// The environment, which remembers what it was asked for: only that is a setting.
#[derive(Debug, Default)]
pub struct Variables {
    asked: RefCell<Vec<String>>,
}

impl Variables {
    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<String> {
        self.asked.borrow_mut().push(name.to_string());
        std::env::var(name).ok()
    }

    /// Warns of variables that are no settings, so that a misspelt one is not missed. Comes after everything was read.
    pub fn warn_of_unknown(&self) {
        for (name, meant) in self.unknown(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok())) {
            match meant {
                Some(meant) => tracing::warn!("{name} is no setting and does nothing. Is {meant} meant?"),
                None => tracing::warn!("{name} is no setting and does nothing"),
            }
        }
    }

    /// Those of the variables that begin like settings and were not asked for, each with the setting that may be meant.
    fn unknown(&self, set: impl Iterator<Item = String>) -> Vec<(String, Option<String>)> {
        let asked = self.asked.borrow();
        let known = || asked.iter().map(String::as_str).chain(ELSEWHERE);
        set.filter(|name| name.starts_with(OURS) && known().all(|setting| setting != name))
            .map(|name| {
                // by what distinguishes them
                let own = name.strip_prefix(OURS).unwrap_or(&name);
                let meant = nearest(own, known().filter_map(|setting| setting.strip_prefix(OURS)));
                (name, meant.map(|meant| format!("{OURS}{meant}")))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Source;

    #[test]
    fn a_misspelt_variable_is_named_with_the_one_that_may_be_meant() {
        let variables = Variables::default();
        Source::from_environment(&|name| variables.get(name)).unwrap();
        let set = ["PATH", "FORMWRIGHT_LISTNE", "FORMWRIGHT_LISTEN", "FORMWRIGHT_CONFIG", "FORMWRIGHT_X"];
        let found = variables.unknown(set.map(str::to_string).into_iter());
        let listen = ("FORMWRIGHT_LISTNE".to_string(), Some("FORMWRIGHT_LISTEN".to_string()));
        assert_eq!(found, [listen, ("FORMWRIGHT_X".to_string(), None)]);
    }
}
