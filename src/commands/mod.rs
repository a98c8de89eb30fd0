//! The commands, one file for each.

mod apps;
mod audit;
pub mod backup;
mod demo;
mod doctor;
mod import;
mod key_file;
mod keys;
mod serve;
mod token;
mod user;

use crate::arguments::{Arguments, Command, Place, Serve};
use crate::config::{self, Config};
use crate::{installation, logging};
use formwright_engine::{Context, Engine, jobs};
use serde_json::Value as Json;
use std::future::Future;
use std::time::Duration;
use uuid::Uuid;

/// Between two looks at a job that another process works on.
const PAUSE: Duration = Duration::from_millis(200);

/// Runs what was asked for.
///
/// # Errors
/// A sentence for the operator.
pub fn run(arguments: Arguments) -> Result<(), String> {
    let place = arguments.place;
    match arguments.command.unwrap_or_else(|| Command::Serve(Serve::default())) {
        Command::Serve(options) => serve::run(&options, &place),
        Command::Apply { folder, plan, yes } => {
            on_any(&place, |engine, _| async move { apps::apply(&engine, &folder, plan, yes).await })
        }
        Command::Export { app, folder } => {
            on_installation(&place, |engine, _| async move { apps::export(&engine, &app, &folder).await })
        }
        Command::Import(options) => on_installation(&place, |engine, _| import::run(options, engine)),
        Command::Backup { file, passphrase } => {
            let archive = backup::archive(file, passphrase)?;
            on_installation(&place, |engine, config| async move { backup::write(&engine, &config, &archive).await })
        }
        Command::Restore { file, passphrase, key_file, replace } => {
            let archive = backup::archive(file, passphrase)?;
            let config = config::load(place.source(), place.config.as_deref())?;
            backup::restore(&config, &archive, key_file.as_deref(), replace)
        }
        Command::Keys(command) => on_installation(&place, |engine, config| keys::run(command, engine, config)),
        Command::Doctor => on_installation(&place, doctor::run),
        Command::Check { folder } => runtime(2)?.block_on(apps::check(&folder, installation::now())),
        Command::User(command) => on_installation(&place, |engine, config| user::run(command, engine, config)),
        Command::Token(command) => on_installation(&place, |engine, _| token::run(command, engine)),
        Command::Audit(command) => on_installation(&place, |engine, _| audit::run(command, engine)),
    }
}

/// Runs a command on the installation that is there; it may be served by another process at the same time.
fn on_installation<F>(place: &Place, command: impl FnOnce(Engine, Config) -> F) -> Result<(), String>
where
    F: Future<Output = Result<(), String>>,
{
    run_on(place, true, command)
}

/// Runs a command on the installation, which comes into being where there is none.
fn on_any<F>(place: &Place, command: impl FnOnce(Engine, Config) -> F) -> Result<(), String>
where
    F: Future<Output = Result<(), String>>,
{
    run_on(place, false, command)
}

fn run_on<F>(place: &Place, only_existing: bool, command: impl FnOnce(Engine, Config) -> F) -> Result<(), String>
where
    F: Future<Output = Result<(), String>>,
{
    let config = config::load(place.source(), place.config.as_deref())?;
    let _log = logging::start("warn", config.log_json)?;
    config.variables.warn_of_unknown();
    runtime(2)?.block_on(async {
        if only_existing {
            installation::must_exist(&config).await?;
        }
        let engine = installation::open(&config, None).await?;
        let db = engine.db().clone();
        let done = command(engine, config).await;
        let closed = db.close().await.map_err(|e| e.to_string());
        done.and(closed)
    })
}

/// A runtime with so many workers.
fn runtime(workers: usize) -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build().map_err(|e| e.to_string())
}

/// Works on what is due until a job has ended, by us or by a server beside us; the job as it ended.
async fn finished(engine: &Engine, cx: &Context, job: Uuid) -> Result<Json, String> {
    loop {
        jobs::run_due(engine).await.map_err(|e| installation::explain(&e))?;
        let state = engine.job(cx, job).await.map_err(|e| installation::explain(&e))?;
        if !matches!(state.get("state").and_then(Json::as_str), Some("queued" | "running")) {
            return Ok(state);
        }
        // a server beside us has taken it
        tokio::time::sleep(PAUSE).await;
    }
}

/// The context of a command: the operator's own authority.
fn operator(engine: &Engine) -> Context {
    Context::system(engine, "command line")
}
