//! Names for what a designer gave a title.

use super::require_any_design;
use crate::{Context, EngineResult};
use formwright_core::definition::{is_name, propose_name};
use std::collections::HashSet;

/// Most names proposed at once.
const MOST: usize = 1_000;

/// Names for titles, each different from all others and from those taken. `fallback` is for titles that give none.
///
/// # Errors
/// 403 for whoever designs nothing.
pub fn names(cx: &Context, titles: &[String], taken: Vec<String>, fallback: Option<&str>) -> EngineResult<Vec<String>> {
    require_any_design(cx)?;
    let fallback = fallback.filter(|name| is_name(name)).unwrap_or("field");
    let mut taken: HashSet<String> = taken.into_iter().collect();
    let propose = |title: &String| {
        let name = propose_name(title, fallback, &taken);
        taken.insert(name.clone());
        name
    };
    Ok(titles.iter().take(MOST).map(propose).collect())
}
