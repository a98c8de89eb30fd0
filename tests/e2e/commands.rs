//! The command line: what makes an installation and what does not, and how a backup finds its key.

use crate::cluster;
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::Runtime;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder for installations; on PostgreSQL with databases of their own.
struct Places {
    folder: tempfile::TempDir,
    postgres: Option<(Runtime, String, Vec<String>)>,
}

impl Places {
    fn new(postgres: bool) -> Places {
        let postgres = postgres.then(|| (Runtime::new().unwrap(), cluster::url(), Vec::new()));
        Places { folder: tempfile::tempdir().unwrap(), postgres }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What names an installation on the command line: a folder that is not there, and on PostgreSQL an empty database.
    fn installation(&mut self, name: &str) -> Vec<String> {
        let mut place = vec!["--data".to_string(), self.path(name).display().to_string()];
        if let Some((runtime, server, made)) = &mut self.postgres {
            let database = format!("c_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            runtime.block_on(sql(server, format!("CREATE DATABASE {database}")));
            place.extend(["--database-url".into(), format!("{}/{database}", server.rsplit_once('/').unwrap().0)]);
            made.push(database);
        }
        place
    }

    /// Tables of the database that was made last.
    fn tables(&self) -> i64 {
        let Some((runtime, server, made)) = &self.postgres else { return 0 };
        let url = format!("{}/{}", server.rsplit_once('/').unwrap().0, made.last().unwrap());
        runtime.block_on(async {
            let mut there = PgConnection::connect(&url).await.unwrap();
            sqlx::query_scalar("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
                .fetch_one(&mut there)
                .await
                .unwrap()
        })
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        if let Some((runtime, server, made)) = &self.postgres {
            for database in made {
                runtime.block_on(sql(server, format!("DROP DATABASE {database} WITH (FORCE)")));
            }
        }
    }
}

async fn sql(server: &str, text: String) {
    PgConnection::connect(server).await.unwrap().execute(sqlx::raw_sql(AssertSqlSafe(text))).await.unwrap();
}

fn formwright(place: &[String], arguments: &[&str], passphrase: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_formwright"));
    command
        .args(arguments)
        .args(place)
        .stdin(Stdio::null())
        .env("FORMWRIGHT_BACKUP_PASSPHRASE", passphrase.unwrap_or(""));
    command.output().unwrap()
}

/// What a command said that went well.
fn done(place: &[String], arguments: &[&str], passphrase: Option<&str>) -> String {
    let output = formwright(place, arguments, passphrase);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// What a command said that was refused.
fn refused(place: &[String], arguments: &[&str], passphrase: Option<&str>) -> String {
    let output = formwright(place, arguments, passphrase);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
    said
}

fn app(places: &Places) -> String {
    let folder = places.path("desk");
    std::fs::create_dir_all(&folder).unwrap();
    let app =
        json!({"kind": "app", "name": "desk", "app": "desk", "title": "Desk", "version": "1.0.0", "locale": "en"});
    std::fs::write(folder.join("app.json"), app.to_string()).unwrap();
    folder.display().to_string()
}

fn entries(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

fn only_some_commands_make_an_installation(postgres: bool) {
    let mut places = Places::new(postgres);
    let place = places.installation("data");
    for command in [
        vec!["audit", "verify"],
        vec!["doctor"],
        vec!["user", "add", "--login", "ann"],
        vec!["token", "add", "--login", "ann", "--name", "x"],
        vec!["export", "desk", "out"],
        vec!["backup", "b.fwbackup"],
    ] {
        let said = refused(&place, &command, None);
        assert!(said.contains("there is no installation in"), "{command:?}: {said}");
        assert_eq!((entries(places.folder.path()), places.tables()), (vec![], 0), "{command:?}");
    }
    let app = app(&places);
    done(&place, &["apply", &app, "--yes"], None);
    assert!(done(&place, &["audit", "verify"], None).contains("entries"));
    // a key file that is gone is not made anew
    let key = places.path("data.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(refused(&place, &["doctor"], None).contains("data.key is not there"));
    assert!(!key.exists());
    std::fs::write(&key, kept).unwrap();
    done(&place, &["audit", "verify"], None);
}

#[test]
fn only_some_commands_make_an_installation_on_sqlite() {
    only_some_commands_make_an_installation(false);
}

#[test]
fn only_some_commands_make_an_installation_on_postgres() {
    only_some_commands_make_an_installation(true);
}

fn a_restore_finds_the_key_by_its_name(postgres: bool) {
    const PASSPHRASE: Option<&str> = Some("birch and poplar");
    let mut places = Places::new(postgres);
    let first = places.installation("data");
    let app = app(&places);
    done(&first, &["apply", &app, "--yes"], None);
    let root = places.folder.path().to_path_buf();
    let file = |name: &str| root.join(name).display().to_string();
    let (plain, sealed) = (file("plain.fwbackup"), file("sealed.fwbackup"));
    assert!(done(&first, &["backup", &plain], None).contains("the key is not in it"));
    assert!(done(&first, &["backup", &sealed, "--passphrase"], PASSPHRASE).contains("the key is in it"));
    let key = std::fs::read(places.path("data.key")).unwrap();
    let secret = String::from_utf8_lossy(&key).trim().to_string();
    for archive in [&plain, &sealed] {
        let bytes = std::fs::read(archive).unwrap();
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{archive}");
    }
    let key_of = |name: &str| std::fs::read(root.join(format!("{name}.key"))).ok();

    // beside the original its key is found where it lay
    let beside = places.installation("beside");
    done(&beside, &["restore", &plain], None);
    assert_eq!(key_of("beside"), Some(key.clone()));
    assert!(done(&beside, &["audit", "verify"], None).contains("entries"));

    // on another machine it must be brought, and another key is none
    std::fs::rename(places.path("data.key"), places.path("kept.key")).unwrap();
    std::fs::write(places.path("wrong.key"), format!("{}\n", "ab".repeat(32))).unwrap();
    let elsewhere = places.installation("elsewhere");
    let said = refused(&elsewhere, &["restore", &plain], None);
    assert!(said.contains("the backup belongs to the key") && said.contains("--key-file"), "{said}");
    let (wrong, kept) = (file("wrong.key"), file("kept.key"));
    let said = refused(&elsewhere, &["restore", &plain, "--key-file", &wrong], None);
    assert!(said.contains("wrong.key does not hold"), "{said}");
    assert!(key_of("elsewhere").is_none() && !places.path("elsewhere").exists());
    done(&elsewhere, &["restore", &plain, "--key-file", &kept], None);
    assert_eq!(key_of("elsewhere"), Some(key.clone()));

    // under a passphrase it travels inside; a key that is in its place is not overwritten
    let travelled = places.installation("travelled");
    std::fs::copy(places.path("wrong.key"), places.path("travelled.key")).unwrap();
    let said = refused(&travelled, &["restore", &sealed, "--passphrase"], PASSPHRASE);
    assert!(said.contains("travelled.key holds another"), "{said}");
    std::fs::remove_file(places.path("travelled.key")).unwrap();
    assert!(refused(&travelled, &["restore", &sealed, "--passphrase"], Some("wrong")).contains("passphrase is wrong"));
    done(&travelled, &["restore", &sealed, "--passphrase"], PASSPHRASE);
    assert_eq!(key_of("travelled"), Some(key));
    assert!(done(&travelled, &["audit", "verify"], None).contains("entries"));
}

#[test]
fn a_shipped_app_is_applied_by_its_name() {
    let mut places = Places::new(false);
    let place = places.installation("data");
    assert!(done(&place, &["apply", "trade_base", "--plan"], None).contains("payment_term"));
    let said = done(&place, &["apply", "trade_base", "--yes"], None);
    assert!(said.contains("revision 1") && said.contains(" records"), "{said}");
    assert!(done(&place, &["apply", "trade_base"], None).contains("Nothing changes"));
    assert!(refused(&place, &["apply", "trade_bass"], None).contains("trade_bass"));
}

#[test]
fn a_restore_finds_the_key_by_its_name_on_sqlite() {
    a_restore_finds_the_key_by_its_name(false);
}

#[test]
fn a_restore_finds_the_key_by_its_name_on_postgres() {
    a_restore_finds_the_key_by_its_name(true);
}

#[test]
fn a_database_that_is_not_there_is_named_and_so_is_a_setting_that_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_formwright"))
        .args(["doctor", "--database-url", "postgres://postgres@127.0.0.1:9/none", "--data"])
        .arg(folder.path().join("data"))
        .env("FORMWRIGHT_DATABSE_URL", "x")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot be reached: 127.0.0.1:9") && !said.contains("busy"), "{said}");
    assert!(
        said.contains("FORMWRIGHT_DATABSE_URL is no setting") && said.contains("FORMWRIGHT_DATABASE_URL"),
        "{said}"
    );
}
