//! Publications: planned, done, listed, taken back.

use crate::kind;
use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use formwright_core::definition::Kind;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::EngineError;
use formwright_engine::publish::{self, Publication, Selection};
use formwright_server::answer::json;
use formwright_server::body::{Members, ObjectBody};
use formwright_server::caller::Caller;
use formwright_server::once::{key_of, once};
use formwright_server::params::Params;
use formwright_server::routes::Routes;
use formwright_server::{Answer, Problem};
use serde_json::{Map, Value as Json};

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/publications", list_publications)
        .post("/api/publications", create_publication)
        .post("/api/publications/plan", plan_publication)
        .get("/api/publications/{revision}", read_publication)
        .post("/api/publications/{revision}/rollback", roll_back)
}

async fn list_publications(caller: Caller, mut params: Params) -> Answer {
    let limit = params.int("limit", 1, 200);
    let cursor = params.int("cursor", 1, i64::MAX);
    params.finish()?;
    Ok(json(&publish::publications(&caller.cx, cursor, limit).await?))
}

async fn read_publication(caller: Caller, Path(revision): Path<String>) -> Answer {
    let revision: i64 = revision.parse().map_err(|_| Problem(EngineError::not_found()))?;
    Ok(json(&publish::publication(&caller.cx, revision).await?))
}

async fn plan_publication(caller: Caller, body: ObjectBody) -> Answer {
    let publication = read(body.object)?;
    let _turn = caller.heavy().await?;
    let planned = publish::plan(&caller.cx, &publication.selection).await?;
    Ok(json(&planned.to_json(caller.cx.locale)))
}

async fn create_publication(caller: Caller, headers: HeaderMap, uri: Uri, body: ObjectBody) -> Answer {
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let publication = read(body.object)?;
    let _turn = caller.heavy().await?;
    let cx = caller.cx.clone();
    once(&caller.cx, key, async move { Ok(json(&publish::publish(&cx, &publication).await?.to_json())) }).await
}

async fn roll_back(
    caller: Caller,
    Path(revision): Path<String>,
    mut params: Params,
    headers: HeaderMap,
    uri: Uri,
    body: ObjectBody,
) -> Answer {
    let only_plan = params.value::<bool>("plan", "true or false").unwrap_or(false);
    params.finish()?;
    let revision: i64 = revision.parse().map_err(|_| Problem(EngineError::not_found()))?;
    let key = key_of(&caller.cx, &headers, &uri, &body.bytes)?;
    let publication = read(body.object)?;
    let _turn = caller.heavy().await?;
    if only_plan {
        let planned = publish::plan_rollback(&caller.cx, revision).await?;
        return Ok(json(&planned.to_json(caller.cx.locale)));
    }
    let cx = caller.cx.clone();
    once(&caller.cx, key, async move { Ok(json(&publish::rollback(&cx, revision, &publication).await?.to_json())) })
        .await
}

/// `{"note", "confirm": [codes], "plan": hash, "app", "only": [{"kind","name"}]}`
fn read(object: Map<String, Json>) -> Result<Publication, Problem> {
    let mut members = Members::new(object);
    let note = members.text("note").unwrap_or_default();
    let confirm = members.list("confirm").unwrap_or_default();
    let plan = members.text("plan");
    let app = members.text("app");
    let only = match members.json("only") {
        None => None,
        Some(list) => match names(&list) {
            Some(names) => Some(
                names.into_iter().map(|(k, n)| Ok((kind(&k)?, n))).collect::<Result<Vec<(Kind, String)>, Problem>>()?,
            ),
            None => {
                members.fault(
                    Fault::new("only", &code::WRONG_TYPE)
                        .with("expected", "array of {kind, name}")
                        .with("got", formwright_core::definition::type_name(&list)),
                );
                None
            }
        },
    };
    members.finish()?;
    Ok(Publication { note, confirm, plan, selection: Selection { app, only }, confirm_all: false })
}

fn names(list: &Json) -> Option<Vec<(String, String)>> {
    list.as_array()?
        .iter()
        .map(|entry| Some((entry.get("kind")?.as_str()?.to_string(), entry.get("name")?.as_str()?.to_string())))
        .collect()
}
