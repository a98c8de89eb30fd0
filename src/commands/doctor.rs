//! `doctor`: what is wrong with an installation, or will be.

use super::operator;
use crate::config::Config;
use crate::installation::explain;
use formwright_core::permission::ADMIN;
use formwright_core::plan::FormShape;
use formwright_engine::keys::Keys;
use formwright_engine::{Engine, audit, organisation};
use formwright_store::{Snapshot, ddl, tables};
use std::path::Path;

/// What was found: `Ok` is in order, `Err` is not, the sentence says what.
type Finding = Result<String, String>;

pub async fn run(engine: Engine, config: Config) -> Result<(), String> {
    let mut findings = vec![key(&config), address(&config)];
    findings.push(schema(&engine).await);
    findings.extend(forms(&engine).await);
    findings.extend(computed_values(&engine).await);
    findings.push(files(&engine).await);
    findings.push(administrators(&engine).await);
    findings.push(chain(&engine).await);
    let mut wrong = 0;
    for finding in findings {
        match finding {
            Ok(text) => println!("ok    {text}"),
            Err(text) => {
                wrong += 1;
                println!("WRONG {text}");
            }
        }
    }
    match wrong {
        0 => Ok(()),
        1 => Err("1 thing is wrong".into()),
        _ => Err(format!("{wrong} things are wrong")),
    }
}

fn key(config: &Config) -> Finding {
    let path = Keys::path_beside(&config.settings.data);
    if is_open_to_others(&path) {
        return Err(format!("{} can be read by others: chmod 600", path.display()));
    }
    Ok(format!("key file {}", path.display()))
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

fn address(config: &Config) -> Finding {
    match &config.settings.base_url {
        Some(base) => Ok(format!("base_url {base}")),
        None if config.listen.ip().is_loopback() => Ok("no base_url: links are good on this machine only".into()),
        None => Err("no base_url: no link in a mail can be right".into()),
    }
}

async fn schema(engine: &Engine) -> Finding {
    match tables::version(engine.db()).await {
        Ok(version) if version == tables::latest() => Ok(format!("system tables, version {version}")),
        Ok(version) => Err(format!("system tables are of version {version}, not {}", tables::latest())),
        Err(error) => Err(format!("database: {error}")),
    }
}

async fn forms(engine: &Engine) -> Vec<Finding> {
    let catalog = engine.catalog();
    let shapes: Vec<FormShape> = catalog.forms.iter().map(|f| FormShape::of(f, Vec::new())).collect();
    let looked = async {
        let mut tx = engine.db().reader(Snapshot::Yes).await?;
        ddl::verify(&mut tx, &shapes).await
    };
    match looked.await {
        Ok(missing) if missing.is_empty() => {
            vec![Ok(format!("{} forms of revision {}", catalog.forms.len(), catalog.revision))]
        }
        Ok(missing) => missing.into_iter().map(Err).collect(),
        Err(error) => vec![Err(format!("forms: {error}"))],
    }
}

/// Works out every kept computed value again and compares.
async fn computed_values(engine: &Engine) -> Vec<Finding> {
    let (reports, waiting) = match engine.compare_computed().await {
        Ok(found) => found,
        Err(error) => return vec![Err(format!("computed values: {}", explain(&error)))],
    };
    let mut findings: Vec<Finding> = reports
        .into_iter()
        .map(|(form, report)| {
            if report.differing == 0 {
                return Ok(format!("computed values of {form}, {} records", report.records));
            }
            let named: Vec<String> = report.named.iter().map(|(id, path)| format!("{id} ({path})")).collect();
            Err(format!(
                "computed values of {form}: {} of {} records hold another value than they should: {}",
                report.differing,
                report.records,
                named.join(", ")
            ))
        })
        .collect();
    if waiting > 0 {
        findings.push(Ok(format!("{waiting} computed values wait for their job")));
    }
    findings
}

/// Whether the content of every file is there and opens under its key.
async fn files(engine: &Engine) -> Finding {
    let report = engine.look_over_files().await.map_err(|e| format!("files: {}", explain(&e)))?;
    if report.faulty > 0 {
        let (faulty, all) = (report.faulty, report.contents);
        return Err(format!("files: {faulty} of {all} contents cannot be opened: {}", report.named.join("; ")));
    }
    Ok(match report.plain {
        0 => format!("files, {} contents", report.contents),
        plain => format!("files, {} contents; {plain} lie unencrypted", report.contents),
    })
}

async fn administrators(engine: &Engine) -> Finding {
    let people = organisation::fresh(engine).await.map_err(|e| explain(&e))?;
    let now = engine.now();
    let able =
        people.users().iter().filter(|u| u.row.active && people.roles_at(u, now).0.iter().any(|r| r == ADMIN)).count();
    match able {
        0 => Err("there is no active administrator: formwright user add --login … --role admin".into()),
        1 => Ok("1 administrator".into()),
        n => Ok(format!("{n} administrators")),
    }
}

async fn chain(engine: &Engine) -> Finding {
    let report = audit::verify(&operator(engine), None).await.map_err(|e| explain(&e))?;
    match report.first_bad {
        None => Ok(format!("audit log, {} entries", report.rows)),
        Some(fault) => Err(format!("audit log: {}", super::audit::told(&fault))),
    }
}
