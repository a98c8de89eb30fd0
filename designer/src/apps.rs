//! Apps as packages: brought in, taken out, and the shipped ones installed.

use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use formwright_core::error_code as code;
use formwright_engine::apps::{self, Files, SaveSink};
use formwright_engine::publish::Publication;
use formwright_engine::{Context, Refusal};
use formwright_server::answer::json;
use formwright_server::body::{self, ObjectBody};
use formwright_server::caller::Caller;
use formwright_server::multipart::{Parts, Upload};
use formwright_server::params::Params;
use formwright_server::routes::Routes;
use formwright_server::state::App;
use formwright_server::{Answer, Problem};
use serde_json::{Value as Json, json};

/// Largest package as it is sent.
const LIMIT: usize = 16 << 20;

pub fn routes() -> Routes {
    Routes::default()
        .get("/api/apps", list_apps)
        .post("/api/apps/import", import_app)
        .post("/api/apps/{app}/install", install_app)
        .get("/api/apps/{app}/export.zip", export_app)
}

/// Published and shipped apps.
async fn list_apps(caller: Caller) -> Answer {
    let cx = &caller.cx;
    let locale = cx.locale;
    let mut items: Vec<Json> = cx
        .catalog
        .apps
        .iter()
        .map(|app| {
            let title = formwright_core::text::Title::new(app.title.clone(), app.labels.clone());
            json!({"name": app.name, "title": title.get(locale), "version": app.version, "installed": true, "requires": app.requires.keys().collect::<Vec<_>>()})
        })
        .collect();
    for shipped in apps::shipped() {
        let known = items
            .iter_mut()
            .find(|i| i.get("name").and_then(Json::as_str) == Some(shipped.name.as_str()))
            .and_then(Json::as_object_mut);
        match known {
            Some(known) => {
                known.insert("shipped".into(), json!(shipped.version));
            }
            None => items.push(json!({
                "name": shipped.name, "title": shipped.title.get(locale), "description": shipped.description.get(locale), "version": null,
                "installed": false, "shipped": shipped.version, "requires": shipped.requires, "has_sample": shipped.has_sample,
            })),
        }
    }
    Ok(json(&json!({ "items": items, "next": null })))
}

/// What is sent: a zip as it is, a zip as a part, or documents as JSON; with what is confirmed.
struct Package {
    files: Files,
    publication: Publication,
}

impl Package {
    async fn read(app: &App, params: &mut Params, request: Request) -> Result<Package, Problem> {
        let kind = content_type(request.headers());
        let split = |text: Option<String>| -> Vec<String> {
            text.into_iter()
                .flat_map(|t| t.split(',').map(|c| c.trim().to_string()).collect::<Vec<_>>())
                .filter(|c| !c.is_empty())
                .collect()
        };
        let mut publication = Publication {
            note: params.text("note").unwrap_or_default(),
            confirm: split(params.text("confirm")),
            ..Publication::default()
        };
        let files = match kind.as_str() {
            "application/zip" | "application/x-zip-compressed" | "application/octet-stream" => {
                let (parts, sent) = request.into_parts();
                apps::read_zip(&body::read_body(&parts.headers, sent, LIMIT).await?)?
            }
            "multipart/form-data" => {
                let parts = Parts::from_request(request, app).await?;
                let mut upload = Upload::read(parts, u64::try_from(LIMIT).unwrap_or(u64::MAX)).await?;
                publication.confirm.extend(split(upload.text("confirm")));
                if let Some(note) = upload.text("note") {
                    publication.note = note;
                }
                let (name, bytes) = upload.finish()?;
                if name.to_ascii_lowercase().ends_with(".json") {
                    apps::read_json(body::parse_json(&bytes)?)?
                } else {
                    apps::read_zip(&bytes)?
                }
            }
            "application/json" => {
                let (parts, sent) = request.into_parts();
                let mut documents = body::parse_json(&body::read_body(&parts.headers, sent, LIMIT).await?)?;
                if let Some(map) = documents.as_object_mut().filter(|m| m.contains_key("documents")) {
                    let confirm = map
                        .shift_remove("confirm")
                        .and_then(|c| serde_json::from_value::<Vec<String>>(c).ok())
                        .unwrap_or_default();
                    publication.confirm.extend(confirm);
                    if let Some(Json::String(note)) = map.shift_remove("note") {
                        publication.note = note;
                    }
                }
                apps::read_json(documents)?
            }
            _ => {
                return Err(Problem(
                    Refusal::new(&code::UNSUPPORTED_MEDIA_TYPE)
                        .with("expected", "application/zip, multipart/form-data or application/json")
                        .into(),
                ));
            }
        };
        Ok(Package { files, publication })
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let text = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn import_app(State(app): State<App>, caller: Caller, mut params: Params, request: Request) -> Answer {
    let only_plan = params.value::<bool>("plan", "true or false").unwrap_or(false);
    let package = Package::read(&app, &mut params, request).await?;
    params.finish()?;
    let _turn = caller.heavy().await?;
    let applied = apps::apply_files(&caller.cx, &package.files, only_plan, &package.publication).await?;
    Ok(json(&match applied.published {
        Some(published) => published.to_json(),
        None => applied.planned.to_json(caller.cx.locale),
    }))
}

/// `{"sample": true, "password": "…"}` also loads people and records to look at.
async fn install_app(caller: Caller, Path(name): Path<String>, body: ObjectBody) -> Answer {
    caller.must_be_admin("install apps")?;
    let mut members = body::Members::new(body.object);
    let (sample, password) = (members.flag("sample").unwrap_or(false), members.text("password"));
    if sample && password.is_none() {
        members.required("password");
    }
    members.finish()?;
    let _turn = caller.heavy().await?;
    let cx = Context { catalog: caller.cx.engine.catalog(), ..caller.cx.clone() };
    let loaded = apps::install(&cx, &name, password.as_deref().filter(|_| sample), &mut SaveSink).await?;
    Ok(json(&json!({ "created": loaded.created, "known": loaded.known })))
}

async fn export_app(caller: Caller, Path(name): Path<String>) -> Answer {
    let bytes = apps::export_zip(&caller.cx, &name).await?;
    let mut response = axum::response::Response::new(axum::body::Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}.zip\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
