//! The description of the API as the caller sees it.

use super::Routes;
use crate::answer::with_status;
use crate::caller::Caller;
use crate::openapi::{Described, DescriptionKey, MOST_FORMS, describe};
use crate::params::Params;
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use bytes::Bytes;
use formwright_core::query::Sight;
use formwright_engine::access::CallerAccess;

pub fn routes() -> Routes {
    Routes::default().get("/api/openapi.json", read_description)
}

async fn read_description(State(app): State<App>, caller: Caller, mut params: Params) -> Answer {
    let mut wanted = params.list("forms");
    wanted.sort();
    wanted.dedup();
    params.finish()?;
    let cx = &caller.cx;
    let roles = cx.principal().filter(|p| !p.admin).map(|p| p.person.roles.clone());
    let key = DescriptionKey { revision: cx.catalog.revision, roles, forms: wanted.clone() };
    if let Some(body) = app.descriptions().get(&key) {
        return Ok(answer(body));
    }
    let access = CallerAccess::new(cx);
    let names: Vec<(usize, &str)> = cx
        .catalog
        .forms
        .iter()
        .enumerate()
        .filter(|(i, _)| access.reads(*i))
        .map(|(i, f)| (i, f.name.as_str()))
        .collect();
    if let Some(unknown) = wanted.iter().find(|w| !names.iter().any(|(_, n)| n == w)) {
        return Err(Problem::parameter("forms", format!("there is no form \"{unknown}\"")));
    }
    let chosen: Vec<(usize, &str)> =
        names.into_iter().filter(|(_, n)| wanted.is_empty() || wanted.iter().any(|w| w == n)).collect();
    if chosen.len() > MOST_FORMS {
        return Err(Problem::parameter(
            "forms",
            format!("{} forms are too many for one description: name at most {MOST_FORMS}", chosen.len()),
        ));
    }
    let mut forms = Vec::with_capacity(chosen.len());
    for (index, name) in chosen {
        let Some(form) = cx.catalog.forms.get(index).cloned() else { continue };
        forms.push(Described { index, form, published: cx.engine.form_schema(cx, name)? });
    }
    let body = Bytes::from(describe(app.config(), app.operations(), forms, &access).to_string());
    app.descriptions().put(key, body.clone());
    Ok(answer(body))
}

fn answer(body: Bytes) -> axum::response::Response {
    let mut response = with_status(StatusCode::OK, Vec::new());
    *response.body_mut() = Body::from(body);
    response
}
