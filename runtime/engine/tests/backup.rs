//! A backup is the installation as it was at one moment, and is known by a single changed byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../store/tests/support/cluster.rs"]
mod cluster;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use formwright_core::definition::Document;
use formwright_engine::backup::{Archive, BackupFault, Target, backup, restore, verify};
use formwright_engine::files::{Size, UploadTarget};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{CountMode, ListRequest};
use formwright_engine::{Context, Engine, Settings, audit};
use formwright_store::{Db, PgOptions, SqliteOptions};
use serde_json::{Value as Json, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::io::Read;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Places for installations on one kind of database.
struct Places {
    folder: tempfile::TempDir,
    /// Address of the server, and the names of the databases made there.
    postgres: Option<(String, Vec<String>)>,
}

impl Places {
    fn new(postgres: bool) -> Places {
        Places { folder: tempfile::tempdir().unwrap(), postgres: postgres.then(|| (cluster::url(), Vec::new())) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database behind a data folder that may not be there yet; on PostgreSQL it is made empty.
    async fn database(&mut self) -> Option<Db> {
        let (server, made) = self.postgres.as_mut()?;
        let database = format!("b_{}", Uuid::now_v7().simple());
        let mut admin = PgConnection::connect(server).await.unwrap();
        admin.execute(sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {database}")))).await.unwrap();
        let url = format!("{}/{database}", server.rsplit_once('/').unwrap().0);
        made.push(database);
        Some(Db::open_postgres(&url, PgOptions { max_connections: 4 }).await.unwrap())
    }

    async fn end(self) {
        if let Some((server, made)) = self.postgres {
            let mut admin = PgConnection::connect(&server).await.unwrap();
            for database in made {
                let drop = format!("DROP DATABASE {database} WITH (FORCE)");
                admin.execute(sqlx::raw_sql(AssertSqlSafe(drop))).await.unwrap();
            }
        }
    }
}

fn keys(key: u8) -> Keys {
    Keys::from_bytes([key; 32]).unwrap()
}

async fn open(data: &Path, db: Option<Db>) -> Engine {
    std::fs::create_dir_all(data).unwrap();
    let db = match db {
        Some(db) => db,
        None => Db::open_sqlite(&data.join("formwright.db"), SqliteOptions::default()).await.unwrap(),
    };
    let now: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
    let settings = Settings { data: data.to_path_buf(), ..Settings::default() };
    Engine::open_with(db, settings, keys(7), move || now).await.unwrap()
}

fn plain(path: PathBuf) -> Archive {
    Archive { path, passphrase: None }
}

fn target(data: &Path, postgres: Option<&Db>, replace: bool) -> Target {
    Target { data: data.to_path_buf(), postgres: postgres.cloned(), replace }
}

async fn publish_notes(engine: &Engine) {
    let cx = Context::system(engine, "test");
    for doc in [
        json!({"kind": "app", "name": "desk", "app": "desk", "title": "Desk", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "desk", "name": "note", "title": "Note", "search": ["text"], "record": {"type": "object", "properties": {
            "text": {"type": "string"}, "code": {"type": "string", "field": {"type": "text", "encrypted": {"exact": true}}}, "files": {"type": "array", "field": {"type": "files"}}}}}),
    ] {
        let document = Document::read(doc.clone()).unwrap();
        publish::save_draft(&cx, document.key.kind, &document.key.name, doc, None).await.unwrap();
    }
    publish::publish(&cx, &Publication { confirm_all: true, ..Default::default() }).await.unwrap();
}

async fn count(engine: &Engine) -> i64 {
    let request = ListRequest { count: CountMode::Exact, ..ListRequest::default() };
    let page: Json =
        serde_json::from_slice(&engine.list(&Context::system(engine, "test"), "note", request).await.unwrap()).unwrap();
    page["count"].as_i64().unwrap()
}

async fn notes(engine: &Engine) -> Vec<Json> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let request = ListRequest { limit: 500, sort: vec!["text".into()], cursor, ..ListRequest::default() };
        let page: Json =
            serde_json::from_slice(&engine.list(&Context::system(engine, "test"), "note", request).await.unwrap())
                .unwrap();
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        cursor = page["next"].as_str().map(str::to_string);
        if cursor.is_none() {
            return all;
        }
    }
}

async fn write_note(engine: &Engine, text: &str) {
    let body = json!({"text": text});
    let cx = Context::system(engine, "test");
    engine.create(&cx, "note", body.as_object().unwrap().clone(), None).await.unwrap();
}

async fn made_while_writing_and_restored(postgres: bool, passphrase: Option<&str>) {
    let mut places = Places::new(postgres);
    let data = places.path("data");
    let archive = Archive { path: places.path("b.fwbackup"), passphrase: passphrase.map(str::to_string) };
    let engine = open(&data, places.database().await).await;
    publish_notes(&engine).await;
    let cx = Context::system(&engine, "test");
    let content = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"%PDF-1.7 a contract"))]);
    let file = engine.upload_file(&cx, &UploadTarget::default(), "contract.pdf", content).await.unwrap();
    let body = json!({"text": "held\t\\ \"quoted\"\n汉字", "code": "a sealed code", "files": [file["id"]]});
    engine.create(&cx, "note", body.as_object().unwrap().clone(), None).await.unwrap();
    let writer = {
        let engine = engine.clone();
        tokio::spawn(async move {
            for i in 0..200 {
                write_note(&engine, &format!("note {i}")).await;
            }
        })
    };
    let before = count(&engine).await;
    let database = data.join("formwright.db");
    let report = backup(&cx, &database, &archive).await.unwrap();
    writer.await.unwrap();
    assert_eq!((report.files, report.manifest.revision), (1, 1));
    assert_eq!(verify(&archive, &keys(7), &data).unwrap(), report);
    assert!(matches!(backup(&cx, &database, &archive).await, Err(BackupFault::Exists(_))));
    let leftovers: Vec<_> = std::fs::read_dir(places.folder.path())
        .unwrap()
        .chain(std::fs::read_dir(&data).unwrap())
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|n| n.starts_with("b.fwbackup.") || n.starts_with("data.") || n.starts_with("formwright.db."))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");
    if passphrase.is_some() {
        let bytes = std::fs::read(&archive.path).unwrap();
        for shown in [b"manifest".as_slice(), b"PK", b"a contract"] {
            // two letters may come about by chance, but not at the beginning
            assert!(!bytes.starts_with(shown) && (shown.len() < 3 || !bytes.windows(shown.len()).any(|w| w == shown)));
        }
        let without = plain(archive.path.clone());
        assert!(matches!(verify(&without, &keys(7), &data), Err(BackupFault::PassphraseWanted)));
        let wrong = Archive { passphrase: Some("another".into()), ..archive.clone() };
        assert!(matches!(verify(&wrong, &keys(7), &data), Err(BackupFault::WrongPassphrase)));
    }

    // nothing happens to what is there, and nothing is left of what is refused
    let db = engine.db().clone();
    let there = postgres.then_some(&db);
    assert!(matches!(restore(&archive, target(&data, there, false), &keys(7)).await, Err(BackupFault::NotEmpty(_))));
    let other = places.path("other");
    let empty = places.database().await;
    let refused = restore(&archive, target(&other, empty.as_ref(), false), &keys(8)).await;
    assert!(matches!(refused, Err(BackupFault::OtherKey { .. })));
    if postgres {
        let refused = restore(&archive, target(&other, there, false), &keys(7)).await;
        assert!(matches!(refused, Err(BackupFault::NotEmpty(_))), "tables are there: {refused:?}");
        let refused = restore(&archive, target(&other, there, true), &keys(7)).await;
        assert!(matches!(refused, Err(BackupFault::InUse)), "{refused:?}");
        let refused = restore(&archive, target(&other, None, false), &keys(7)).await;
        assert!(matches!(refused, Err(BackupFault::OtherDatabase("PostgreSQL", "SQLite"))));
    }
    assert!(!other.exists());

    let restored = restore(&archive, target(&other, empty.as_ref(), false), &keys(7)).await.unwrap();
    assert_eq!(restored, report);
    let again = open(&other, empty).await;
    let found = notes(&again).await;
    assert!((before..=201).contains(&i64::try_from(found.len()).unwrap()), "{before} {}", found.len());
    let written = notes(&engine).await;
    assert!(found.iter().all(|note| written.contains(note)), "every record is as it was written, to the letter");
    let sealed = json!({"field": "code", "op": "eq", "value": "A sealed code"});
    let request = ListRequest { filter: Some(sealed), ..ListRequest::default() };
    let page = again.list(&Context::system(&again, "test"), "note", request).await.unwrap();
    assert!(String::from_utf8(page).unwrap().contains("a sealed code"), "encrypted fields come with their keys");
    let id: Uuid = file["id"].as_str().unwrap().parse().unwrap();
    let mut held = again.file(&Context::system(&again, "test"), id, Size::Original).await.unwrap();
    let mut content = Vec::new();
    held.content.read_to_end(&mut content).unwrap();
    assert_eq!(content, b"%PDF-1.7 a contract");
    let looked = again.look_over_files().await.unwrap();
    assert_eq!((looked.contents, looked.plain, looked.named), (1, 0, Vec::new()));
    let packed = std::fs::read(&archive.path).unwrap();
    assert!(!packed.windows(10).any(|part| part == b"a contract"), "a content is no more readable in a backup");
    // work goes on where it ended: numbers, keys and the chain of the audit log
    write_note(&again, "after").await;
    formwright_store::audit::link(again.db(), again.keys().audit()).await.unwrap();
    let report = audit::verify(&Context::system(&again, "test"), None).await.unwrap();
    assert_eq!((report.first_bad, report.unlinked), (None, 0));

    // a later one gives way where that is said
    let db = again.db().clone();
    let now_there = count(&again).await;
    drop(again);
    let place = if postgres {
        db.close().await.unwrap();
        let (server, made) = places.postgres.as_ref().unwrap();
        let url = format!("{}/{}", server.rsplit_once('/').unwrap().0, made.last().unwrap());
        Some(Db::open_postgres(&url, PgOptions { max_connections: 2 }).await.unwrap())
    } else {
        db.close().await.unwrap();
        None
    };
    restore(&archive, target(&other, place.as_ref(), true), &keys(7)).await.unwrap();
    let last = open(&other, place).await;
    assert_eq!(count(&last).await, now_there - 1, "what was written since is not in it");
    last.db().close().await.unwrap();
    engine.db().close().await.unwrap();
    places.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_writing_can_be_restored_on_sqlite() {
    made_while_writing_and_restored(false, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_writing_can_be_restored_on_postgres() {
    made_while_writing_and_restored(true, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_a_passphrase_is_read_by_it_alone_on_sqlite() {
    made_while_writing_and_restored(false, Some("correct horse battery")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_a_passphrase_is_read_by_it_alone_on_postgres() {
    made_while_writing_and_restored(true, Some("correct horse battery")).await;
}

async fn changes_are_found(postgres: bool) {
    let mut places = Places::new(postgres);
    let data = places.path("data");
    let archive = plain(places.path("b.fwbackup"));
    let engine = open(&data, places.database().await).await;
    publish_notes(&engine).await;
    backup(&Context::system(&engine, "test"), &data.join("formwright.db"), &archive).await.unwrap();
    let manifest = verify(&archive, &keys(7), &data).unwrap().manifest;
    let whole = std::fs::read(&archive.path).unwrap();
    let broken = plain(places.path("broken"));
    for at in (40..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&broken.path, &bytes).unwrap();
        // a byte of the container that means nothing may change; what it holds may not
        if let Ok(report) = verify(&broken, &keys(7), &data) {
            assert_eq!(report.manifest, manifest, "byte {at}");
        }
    }
    let mut bytes = whole.clone();
    bytes[whole.len() / 3..][..128].fill(0xaa);
    std::fs::write(&broken.path, &bytes).unwrap();
    assert!(matches!(verify(&broken, &keys(7), &data), Err(BackupFault::Damaged(_))));
    let empty = places.database().await;
    assert!(restore(&broken, target(&places.path("new"), empty.as_ref(), false), &keys(7)).await.is_err());
    std::fs::write(&broken.path, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(verify(&broken, &keys(7), &data), Err(BackupFault::NoBackup(_))));
    assert!(restore(&broken, target(&places.path("new"), empty.as_ref(), false), &keys(7)).await.is_err());
    assert!(!places.path("new").exists());
    if let Some(db) = empty {
        assert_eq!(formwright_store::tables::version(&db).await.unwrap(), 0, "no table was made");
        db.close().await.unwrap();
    }
    engine.db().close().await.unwrap();
    places.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_and_a_missing_part_are_found_on_sqlite() {
    changes_are_found(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_and_a_missing_part_are_found_on_postgres() {
    changes_are_found(true).await;
}
