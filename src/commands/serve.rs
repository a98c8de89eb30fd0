//! `serve`: the installation behind its address, until told to stop.

use super::{demo, runtime};
use crate::arguments::{Place, Serve};
use crate::config::{self, Config, Database};
use crate::installation::explain;
use crate::{folder, housekeeping, installation, logging};
use formwright_engine::{Engine, accounts};
use formwright_server::serve::serve;
use formwright_server::tls::Tls;
use formwright_server::{App, TestClock, router};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal;

pub fn run(options: &Serve, place: &Place) -> Result<(), String> {
    let config = config::load(options.source(place), place.config.as_deref())?;
    config.check_listener()?;
    if options.test_clock.is_some() && !config.listen.ip().is_loopback() {
        return Err("--test-clock is for loopback only".into());
    }
    if config.demo && !config.listen.ip().is_loopback() {
        return Err("--demo is for loopback only".into());
    }
    let _log = logging::start(&config.log, config.log_json)?;
    config.variables.warn_of_unknown();
    folder::create(&config.settings.data)?;
    // several nodes may serve one PostgreSQL; a file has one server
    let _lock = match config.database {
        Database::Sqlite(..) => Some(folder::lock(&config.settings.data)?),
        Database::Postgres(_) => None,
    };
    let workers = std::thread::available_parallelism().map_or(4, |n| n.get().max(4));
    runtime(workers)?.block_on(serve_installation(config, options.test_clock.clone()))
}

async fn serve_installation(config: Config, clock: Option<TestClock>) -> Result<(), String> {
    // before the database, so that an address in use is said at once
    let listener = TcpListener::bind(config.listen).await.map_err(|e| format!("{}: {e}", config.listen))?;
    let address = listener.local_addr().map_err(|e| e.to_string())?;
    let engine = installation::open(&config, clock.clone()).await?;
    if config.demo {
        demo::fill(&engine, config.demo_password.as_deref()).await?;
    }
    offer_first_link(&engine, &config, address).await?;
    housekeeping::start(&engine);
    if let Some(tls) = &config.server.tls {
        reload_on_hangup(tls.clone());
    }
    let app = App::new(engine.clone(), config.server, clock, formwright_designer::OPERATIONS);
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "serving");
    let designer = formwright_designer::routes().and(formwright_designer::pages(&app));
    let served = serve(&app, listener, router(app.clone(), designer), told_to_stop()).await.map_err(|e| e.to_string());
    let closed = engine.db().close().await.map_err(|e| e.to_string());
    tracing::info!("stopped");
    served.and(closed)
}

/// Where nobody can sign in as administrator yet, prints the link by which the first one sets his password.
async fn offer_first_link(engine: &Engine, config: &Config, address: std::net::SocketAddr) -> Result<(), String> {
    let Some(link) = accounts::create_first_administrator_link(engine).await.map_err(|e| explain(&e))? else {
        return Ok(());
    };
    let base = config.settings.base_url.clone().unwrap_or_else(|| {
        let scheme = if config.server.is_secure() { "https" } else { "http" };
        format!("{scheme}://{address}")
    });
    eprintln!(
        "formwright: no administrator can sign in yet. Set his password within an hour at\n\n    {}\n",
        link.address(&base)
    );
    Ok(())
}

/// Takes a renewed certificate over when told to by SIGHUP.
fn reload_on_hangup(tls: Arc<Tls>) {
    #[cfg(unix)]
    tokio::spawn(async move {
        let mut signals = match signal::unix::signal(signal::unix::SignalKind::hangup()) {
            Ok(signals) => signals,
            Err(error) => return tracing::error!(%error, "no signals"),
        };
        while signals.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => tracing::info!("the certificate was read again"),
                Err(error) => tracing::error!(%error, "the certificate in use stays"),
            }
        }
    });
    #[cfg(not(unix))]
    drop(tls);
}

/// Done when the process is asked to end.
async fn told_to_stop() {
    let interrupted = async {
        if let Err(error) = signal::ctrl_c().await {
            tracing::error!(%error, "no signals");
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "no signals");
                std::future::pending::<()>().await;
            }
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<()>();
    tokio::select! {
        () = interrupted => {}
        () = terminated => {}
    }
    tracing::info!("stopping: running requests may end");
}
