//! What happens, pushed to whoever listens: server-sent events.

use super::Routes;
use crate::caller::{Caller, pass_of};
use crate::params::Params;
use crate::problem::{Answer, Problem};
use crate::state::App;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use formwright_core::error_code as code;
use formwright_engine::events::{Listener, Told};
use futures_util::stream;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// Silence after which a comment says that the stream lives.
const PING: Duration = Duration::from_secs(20);
/// How long one stream goes on; the client comes back by itself.
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// How soon a client comes back.
const RETRY: &str = "retry: 3000\n";
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub fn routes() -> Routes {
    Routes::default().get("/api/events", follow_events)
}

async fn follow_events(State(app): State<App>, caller: Caller, headers: HeaderMap, mut params: Params) -> Answer {
    let forms = params.list("forms");
    params.finish()?;
    let since = match headers.get("last-event-id") {
        Some(value) => Some(value.to_str().map_err(|_| Problem::parameter("Last-Event-ID", "no id of an event"))?),
        None => None,
    };
    if forms.len() > 200 {
        return Err(Problem::refused(&code::TOO_MANY));
    }
    let pass = pass_of(&headers, &app)?;
    let listener = app.engine().listen(&caller.cx, pass, &forms, since).await?;
    // the place among the person's requests is given back: a stream may go on for long
    drop(caller);
    let mut response = Response::new(Body::from_stream(chunks(listener)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // a proxy that collects answers would keep the stream back
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}

struct Stream {
    listener: Listener,
    begun: Instant,
    spoken: Instant,
    is_new: bool,
}

fn chunks(listener: Listener) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send {
    let start = Stream { listener, begun: Instant::now(), spoken: Instant::now(), is_new: true };
    stream::unfold(Some(start), |state| async move {
        let mut state = state?;
        if std::mem::take(&mut state.is_new) {
            let first = format!("{RETRY}{}", ping(&state.listener));
            return Some((Ok(Bytes::from(first)), Some(state)));
        }
        let left = LONGEST.checked_sub(state.begun.elapsed())?;
        let silence = PING.saturating_sub(state.spoken.elapsed()).min(left);
        let text = match tokio::time::timeout(silence, state.listener.next()).await {
            Ok(Ok(Some(told))) => written(&told),
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a stream of events ended");
                return None;
            }
            Err(_) => ping(&state.listener),
        };
        state.spoken = Instant::now();
        Some((Ok(Bytes::from(text)), Some(state)))
    })
}

/// A comment, with the place from which to go on: an id without data is remembered and not told.
fn ping(listener: &Listener) -> String {
    match listener.place() {
        Ok(place) => format!(": ping\nid: {place}\n\n"),
        Err(_) => ": ping\n\n".to_string(),
    }
}

fn written(told: &Told) -> String {
    let id = told.id.as_ref().map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("event: {}\n{id}data: {}\n\n", told.event, told.data)
}
