//! Serving until told to stop: then no more connections are taken, running requests end, at most ten seconds.

use crate::listen::{BoundedListener, Patience, Peer};
use crate::state::App;
use axum::Router;
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long running requests may take to end.
pub const DRAIN: Duration = Duration::from_secs(10);

/// Serves `router` on `listener` until `stop` is done.
///
/// # Errors
/// What listening gives.
pub async fn serve(
    app: &App,
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    serve_with(app, listener, router, Patience::default(), stop).await
}

/// As [`serve`], with other limits on silence.
///
/// # Errors
/// What listening gives.
pub async fn serve_with(
    app: &App,
    listener: TcpListener,
    router: Router,
    patience: Patience,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let engine = app.engine().clone();
    let service = router.into_make_service_with_connect_info::<Peer>();
    let serving =
        axum::serve(BoundedListener::new(listener, app, patience), service).with_graceful_shutdown(async move {
            stop.await;
            engine.end_listening();
            let _ = stopping.send(true);
        });
    tokio::select! {
        done = serving => done,
        () = async {
            let _ = stopped.wait_for(|s| *s).await;
            tokio::time::sleep(DRAIN).await;
        } => {
            tracing::warn!("requests still ran after {} seconds and were broken off", DRAIN.as_secs());
            Ok(())
        }
    }
}
