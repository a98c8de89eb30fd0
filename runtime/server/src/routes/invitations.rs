//! One-time links: making one for a person, looking at it, and using it to set a password.

use super::Routes;
use super::session::signed_in;
use crate::answer::{json, with_status};
use crate::body::{Members, ObjectBody};
use crate::caller::{Caller, Visitor};
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use formwright_engine::accounts::{self, OneTimeLink, Purpose};
use serde_json::{Value as Json, json};

pub fn routes() -> Routes {
    Routes::default()
        .post("/api/invitations", create_invitation)
        .get("/api/invitations/{token}", read_invitation)
        .post("/api/invitations/{token}", use_invitation)
}

/// A link as the API shows it: absolute where the installation knows its own address.
pub fn link_json(app: &App, link: &OneTimeLink) -> Json {
    let path = format!("/invite/{}", link.token);
    let url = app.config().base_url.as_ref().map_or_else(|| path.clone(), |base| base.url(&path));
    json!({"url": url, "token": link.token, "expires_at": link.expires_at})
}

async fn create_invitation(State(app): State<App>, caller: Caller, body: ObjectBody) -> Answer {
    let mut members = Members::new(body.object);
    let user = members.required("user");
    let purpose = match members.text("purpose").as_deref() {
        None | Some("invite") => Purpose::Invite,
        Some("reset") => Purpose::Reset,
        Some(other) => {
            members.fault(
                Fault::new("purpose", &code::CHOICE_UNKNOWN)
                    .with("value", other)
                    .suggest(other, ["invite", "reset"].into_iter()),
            );
            Purpose::Invite
        }
    };
    members.finish()?;
    let user = user.parse().map_err(|_| Problem::fault(Fault::new("user", &code::NOT_FOUND_REFERENCE)))?;
    let link = accounts::create_link(&caller.cx, user, purpose).await?;
    Ok(with_status(StatusCode::CREATED, link_json(&app, &link).to_string().into_bytes()))
}

async fn read_invitation(State(app): State<App>, Path(token): Path<String>) -> Answer {
    let Some(view) = accounts::look_at_link(app.engine(), &token).await? else {
        return Err(Problem(EngineError::not_found()));
    };
    Ok(unreferred(json(
        &json!({"login": view.login, "name": view.name, "purpose": view.purpose, "expires_at": view.expires_at}),
    )))
}

async fn use_invitation(
    State(app): State<App>,
    visitor: Visitor,
    Path(token): Path<String>,
    body: ObjectBody,
) -> Answer {
    let mut members = Members::new(body.object);
    let password = members.required("password");
    members.finish()?;
    let signed = accounts::use_link(app.engine(), &visitor.client, &token, &password).await?;
    visitor.trace.sign(signed.principal.person.id, signed.principal.locale);
    Ok(unreferred(signed_in(&app, &visitor, &signed).await?))
}

/// The address holds a secret: it is told to nobody.
fn unreferred(mut response: Response) -> Response {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
