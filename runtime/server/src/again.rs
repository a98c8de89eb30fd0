//! A request that a publication or a new key overtook is answered again, by what is there now.
//!
//! A request is checked against one revision. When tables change between that and its statements, the statements fail and
//! nothing was done: then the whole request is run again, which nobody sees. What was sent is kept for that, up to a size.

use crate::body::{RECORD_LIMIT, read_body};
use crate::problem::may_be_outdated;
use crate::state::App;
use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use parking_lot::Mutex;
use std::sync::Arc;

/// What was read of a body so far.
#[derive(Default)]
struct Tape {
    frames: Vec<Bytes>,
    size: usize,
    /// All of it is here.
    whole: bool,
}

/// How often a request is answered; where publications follow each other closely one may be overtaken twice.
const RUNS: usize = 4;

/// What is read before anything else is done: whoever is refused early has then been heard out, and his connection stays good.
const SMALL: usize = 64 << 10;

fn is_small(body: &Body) -> bool {
    body.size_hint().exact().is_some_and(|size| size <= SMALL as u64)
}

/// The layer right around the routes.
pub(crate) async fn once_more(State(app): State<App>, request: Request, next: Next) -> Response {
    // its parts may have been kept before one of them failed
    if request.uri().path().ends_with("/batch") {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let head = parts.clone();
    let tape = Arc::new(Mutex::new(Tape { whole: body.is_end_stream(), ..Tape::default() }));
    let body = if tape.lock().whole {
        body
    } else if is_small(&body) {
        match read_body(&parts.headers, body, SMALL).await {
            Ok(bytes) => {
                *tape.lock() = Tape { frames: vec![bytes.clone()], size: bytes.len(), whole: true };
                Body::from(bytes)
            }
            Err(problem) => return problem.into_response(),
        }
    } else {
        taped(body, tape.clone())
    };
    let mut used = app.engine().standing();
    let mut response = next.clone().run(Request::from_parts(parts, body)).await;
    for _ in 1..RUNS {
        if !may_be_outdated(&response) {
            return response;
        }
        let frames = {
            let tape = tape.lock();
            if !tape.whole {
                return response;
            }
            tape.frames.clone()
        };
        if app.engine().catch_up().await.is_err() || app.engine().standing() == used {
            return response;
        }
        used = app.engine().standing();
        let body = Body::from_stream(stream::iter(frames.into_iter().map(Ok::<_, axum::Error>)));
        response = next.clone().run(Request::from_parts(head.clone(), body)).await;
    }
    response
}

/// The body, of which the tape keeps what passes.
fn taped(body: Body, tape: Arc<Mutex<Tape>>) -> Body {
    let ended = tape.clone();
    let frames = body.into_data_stream().inspect(move |frame| {
        let mut tape = tape.lock();
        match frame {
            Ok(bytes) => {
                tape.size = tape.size.saturating_add(bytes.len());
                if tape.size <= RECORD_LIMIT {
                    tape.frames.push(bytes.clone());
                } else {
                    tape.frames = Vec::new();
                }
            }
            // never whole
            Err(_) => tape.size = usize::MAX,
        }
    });
    let end = stream::once(async move {
        let mut tape = ended.lock();
        tape.whole = tape.size <= RECORD_LIMIT;
        None
    });
    Body::from_stream(frames.map(Some).chain(end).filter_map(|frame| async move { frame }))
}
