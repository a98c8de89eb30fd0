//! `keys`: which keys encrypt, new ones for old, and the end of those that nothing needs.

use super::{finished, operator};
use crate::arguments::{Keys, Rotate};
use crate::config::Config;
use crate::installation::explain;
use chrono::{DateTime, Utc};
use formwright_engine::keys::Keys as KeyFile;
use formwright_engine::rotation::{self, Status};
use formwright_engine::{Context, Engine};
use serde_json::Value as Json;

pub async fn run(command: Keys, engine: Engine, config: Config) -> Result<(), String> {
    let cx = operator(&engine);
    match command {
        Keys::Status => {
            print(&rotation::status(&cx).await.map_err(|e| explain(&e))?);
            Ok(())
        }
        Keys::Rotate(Rotate::Kek) => {
            let id = rotation::rotate_kek(&cx).await.map_err(|e| explain(&e))?;
            println!("the installation's key is now {id}");
            println!(
                "it is not in any backup: keep {} elsewhere",
                KeyFile::path_beside(&config.settings.data).display()
            );
            Ok(())
        }
        Keys::Rotate(Rotate::Field { field }) => rotate_field(&engine, &cx, &field).await,
        Keys::Prune => prune(&cx).await,
    }
}

async fn rotate_field(engine: &Engine, cx: &Context, field: &str) -> Result<(), String> {
    let job = rotation::rotate_field(cx, field).await.map_err(|e| explain(&e))?;
    let done = finished(engine, cx, job).await?;
    let values = done.get("done").and_then(Json::as_i64).unwrap_or(0);
    match done.get("state").and_then(Json::as_str) {
        Some("done") => {
            println!("{field}: {values} values are under the new key");
            Ok(())
        }
        state => Err(format!(
            "{field}: the job ended as \"{}\" after {values} values; the others are still under older keys",
            state.unwrap_or_default()
        )),
    }
}

async fn prune(cx: &Context) -> Result<(), String> {
    let pruned = rotation::prune(cx).await.map_err(|e| explain(&e))?;
    for id in &pruned.keys {
        println!("the key {id} is gone");
    }
    if pruned.field_keys > 0 {
        println!("{} older keys of fields are gone", pruned.field_keys);
    }
    let needed = pruned.needed.iter().map(|(id, at)| format!("the key {id} is needed by the backup of {}", day(*at)));
    let unfinished = pruned.unfinished.iter().map(|name| format!("values of {name} stand under an older key"));
    let kept: Vec<String> = needed.chain(unfinished).collect();
    match kept.is_empty() {
        true if pruned.keys.is_empty() && pruned.field_keys == 0 => {
            println!("there is nothing to remove");
            Ok(())
        }
        true => Ok(()),
        false => Err(format!("not removed: {}", kept.join("; "))),
    }
}

fn print(status: &Status) {
    for key in &status.keys {
        let state = match (key.line.is_current, key.line.retired) {
            (true, _) => "in use".to_string(),
            (false, Some(at)) => format!("retired {}", day(at)),
            (false, None) => "not in use".to_string(),
        };
        let needed = match (key.line.is_current, key.needed_by) {
            (true, _) => String::new(),
            (false, Some(at)) => format!(", needed by the backup of {}", day(at)),
            (false, None) => ", can be pruned".to_string(),
        };
        println!("key {}: {state}, wraps {} keys{needed}", key.line.id, key.wraps);
    }
    for field in &status.fields {
        let older = if field.older == 0 { String::new() } else { format!(", {} older", field.older) };
        println!("field {}: key {} of {}{older}", field.name, field.number, day(field.since));
    }
}

fn day(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}
