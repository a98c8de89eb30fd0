//! Published forms as the caller sees them.

use super::Routes;
use crate::answer::{json, json_bytes};
use crate::caller::Caller;
use crate::problem::Answer;
use axum::extract::Path;
use axum::http::{HeaderValue, header};

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/forms", list_forms)
        .get("/api/forms/{form}", read_form)
        .get("/api/forms/{form}/schema.json", read_form_schema)
}

async fn list_forms(caller: Caller) -> Answer {
    Ok(json(&caller.cx.engine.describe_forms(&caller.cx)))
}

async fn read_form(caller: Caller, Path(form): Path<String>) -> Answer {
    Ok(json(&caller.cx.engine.describe_form(&caller.cx, &form)?))
}

async fn read_form_schema(caller: Caller, Path(form): Path<String>) -> Answer {
    let schema = caller.cx.engine.form_schema(&caller.cx, &form)?;
    let mut response = json_bytes(schema.to_string().into_bytes());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/schema+json"));
    Ok(response)
}
