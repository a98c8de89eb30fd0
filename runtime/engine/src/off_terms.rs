//! What of a view no longer fits the form: found in saved views when they are read, and told of all views with the reason.
//!
//! A reader is told of a term that he could write himself. Of what he may not know, nothing is said; of what nobody knows any
//! more, only that something was there, unless the view is his own.

use formwright_core::definition::{OffDoc, leave_out, view_terms};
use formwright_core::diagnostic::Fault;
use formwright_core::query::{AllSight, Limits, Place, QueryContext, read_condition, resolve_open, resolve_path};
use formwright_core::text::Locale;
use serde_json::{Map, Value as Json, json};

/// What is wrong with a term of a view, as `cx` sees the form.
fn fault_of(cx: &QueryContext<'_>, place: Place, at: &str, term: &Json) -> Option<Fault> {
    if at == "filter" {
        let mut faults = Vec::new();
        read_condition(cx, place, term, "", Limits::default(), &mut faults);
        return faults.into_iter().next();
    }
    let path = term.as_str()?.trim_start_matches('-');
    let resolve = if matches!(at, "fields" | "card") { resolve_path } else { resolve_open };
    resolve(cx, place, path, "").err()
}

/// Takes out of a saved view what does not fit the form whoever looks; what that was.
pub(crate) fn take_unfit(cx: &QueryContext<'_>, form: usize, view: &mut Map<String, Json>) -> Vec<OffDoc> {
    let place = Place::form(form);
    let all = QueryContext { catalog: cx.catalog, sight: &AllSight, vars: cx.vars };
    let unfit: Vec<OffDoc> = view_terms(view)
        .into_iter()
        .filter_map(|(at, term)| {
            let fault = fault_of(&all, place, at, &term)?;
            Some(OffDoc { at: at.to_string(), term, why: fault.code.code.to_string() })
        })
        .collect();
    leave_out(view, &|at, term| unfit.iter().any(|off| off.at == at && off.term == *term));
    unfit
}

/// `[{"at", "why", "term"?, "message"?}]`: what is switched off in a view, as the reader of `cx` may know it. `own` says that he
/// wrote it.
pub(crate) fn tell_off(cx: &QueryContext<'_>, form: usize, off: &[OffDoc], own: bool, locale: Locale) -> Vec<Json> {
    let place = Place::form(form);
    let all = QueryContext { catalog: cx.catalog, sight: &AllSight, vars: cx.vars };
    let tell = |off: &OffDoc| {
        let path = off.term.as_str().or_else(|| off.term.get("field").and_then(Json::as_str));
        let known =
            |cx: &QueryContext<'_>| path.map(|p| resolve_path(cx, place, p.trim_start_matches('-'), "").is_ok());
        let is_named = match (known(cx), known(&all)) {
            (Some(true), _) => true,
            // it exists, and he may not know it
            (Some(false), Some(true)) => return None,
            _ => own,
        };
        if !is_named {
            return Some(json!({"at": off.at, "why": off.why}));
        }
        let message = fault_of(cx, place, &off.at, &off.term).map(|fault| fault.message(locale));
        Some(json!({"at": off.at, "why": off.why, "term": off.term, "message": message}))
    };
    off.iter().filter_map(tell).collect()
}
