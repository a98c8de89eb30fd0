//! A backup is the installation as it was at one moment, and is known by a single changed byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bytes::Bytes;
use chrono::{DateTime, Utc};
use formwright_core::definition::Document;
use formwright_engine::backup::{BackupFault, backup, restore, verify};
use formwright_engine::files::{Size, UploadTarget};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{CountMode, ListRequest};
use formwright_engine::{Context, Engine, Settings};
use formwright_store::{Db, SqliteOptions};
use serde_json::{Value as Json, json};
use std::path::Path;
use uuid::Uuid;

async fn open(data: &Path, key: u8) -> Result<Engine, formwright_engine::EngineError> {
    std::fs::create_dir_all(data).unwrap();
    let db = Db::open_sqlite(&data.join("formwright.db"), SqliteOptions::default()).await.unwrap();
    let now: DateTime<Utc> = "2026-11-20T10:00:00Z".parse().unwrap();
    let settings = Settings { data: data.to_path_buf(), ..Settings::default() };
    Engine::open_with(db, settings, Keys::from_bytes([key; 32]).unwrap(), move || now).await
}

async fn publish_notes(engine: &Engine) {
    let cx = Context::system(engine, "test");
    for doc in [
        json!({"kind": "app", "name": "desk", "app": "desk", "title": "Desk", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "desk", "name": "note", "title": "Note", "search": ["text"], "record": {"type": "object", "properties": {
            "text": {"type": "string"}, "files": {"type": "array", "field": {"type": "files"}}}}}),
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

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_while_writing_holds_all_that_was_acknowledged_before_it_and_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let (data, archive) = (folder.path().join("data"), folder.path().join("b.fwbackup"));
    let engine = open(&data, 7).await.unwrap();
    publish_notes(&engine).await;
    let cx = Context::system(&engine, "test");
    let content = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"%PDF-1.7 a contract"))]);
    let file = engine.upload_file(&cx, &UploadTarget::default(), "contract.pdf", content).await.unwrap();
    let body = json!({"text": "held", "files": [file["id"]]});
    engine.create(&cx, "note", body.as_object().unwrap().clone(), None).await.unwrap();
    let writer = {
        let (engine, cx) = (engine.clone(), cx.clone());
        tokio::spawn(async move {
            for i in 0..200 {
                engine
                    .create(&cx, "note", json!({"text": format!("note {i}")}).as_object().unwrap().clone(), None)
                    .await
                    .unwrap();
            }
        })
    };
    let before = count(&engine).await;
    let report = backup(&cx, &data.join("formwright.db"), &archive).await.unwrap();
    writer.await.unwrap();
    assert_eq!((report.files, report.manifest.revision), (1, 1));
    assert_eq!(verify(&archive).unwrap(), report);
    assert!(matches!(backup(&cx, &data.join("formwright.db"), &archive).await, Err(BackupFault::Exists(_))));
    let leftovers: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .filter(|n| n.to_string_lossy().starts_with("b.fwbackup."))
        .collect();
    assert!(leftovers.is_empty(), "{leftovers:?}");

    let key_id = engine.keys().key_id().to_string();
    assert!(matches!(restore(&archive, &data, &key_id), Err(BackupFault::NotEmpty(_))));
    let other = folder.path().join("other");
    assert!(matches!(restore(&archive, &other, "another"), Err(BackupFault::OtherKey { .. })));
    assert!(!other.exists());
    restore(&archive, &other, &key_id).unwrap();
    let again = open(&other, 7).await.unwrap();
    let restored = count(&again).await;
    assert!((before..=201).contains(&restored), "{before} {restored}");
    let id: Uuid = file["id"].as_str().unwrap().parse().unwrap();
    let held = again.file(&Context::system(&again, "test"), id, Size::Original).await.unwrap();
    assert_eq!(std::fs::read(held.path).unwrap(), b"%PDF-1.7 a contract");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_and_a_missing_part_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let (data, archive) = (folder.path().join("data"), folder.path().join("b.fwbackup"));
    let engine = open(&data, 7).await.unwrap();
    publish_notes(&engine).await;
    backup(&Context::system(&engine, "test"), &data.join("formwright.db"), &archive).await.unwrap();
    let whole = std::fs::read(&archive).unwrap();
    let broken = folder.path().join("broken");
    for at in (40..whole.len()).step_by(whole.len() / 40) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&broken, &bytes).unwrap();
        // a byte of the container that means nothing may change; what it holds may not
        if let Ok(report) = verify(&broken) {
            assert_eq!(report.manifest, verify(&archive).unwrap().manifest, "byte {at}");
        }
    }
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 0xff;
    std::fs::write(&broken, &bytes).unwrap();
    assert!(matches!(verify(&broken), Err(BackupFault::Damaged(_))));
    std::fs::write(&broken, &whole[..whole.len() / 2]).unwrap();
    assert!(matches!(verify(&broken), Err(BackupFault::NoBackup(_))));
    assert!(restore(&broken, &folder.path().join("new"), "x").is_err());
    assert!(!folder.path().join("new").exists());
}
