//! New keys for old: everything stays readable, nothing stands under the old one afterwards, and other processes notice.

use super::*;
use bytes::Bytes;
use formwright_engine::backup::{self, Archive};
use formwright_engine::files::{Size, UploadTarget};
use formwright_engine::rotation::{self, Pruned};
use formwright_engine::{audit, jobs, organisation};
use formwright_store::Dialect;
use formwright_store::keys::KEY_FACT;
use formwright_store::people::version;
use formwright_store::rotation::{Look, Sealed};
use formwright_store::tables;
use futures_util::stream;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

const FIELDS: [&str; 3] = ["supplier.bank", "supplier.note", "supplier.people.mail"];

/// How many values of a field stand under older keys, in records and in their history; and how many there are.
async fn outdated(engine: &Engine, name: &str) -> (u64, u64) {
    let catalog = engine.catalog();
    let mut parts = name.split('.').skip(1);
    let (_, field) = catalog.form("supplier").unwrap().field(parts.next().unwrap()).unwrap();
    let id = match parts.next() {
        None => field.id.clone(),
        Some(column) => field.table().unwrap().field(column).unwrap().1.id.clone(),
    };
    let layout = engine.layout(&catalog).unwrap();
    let sealed = Sealed::find(&layout, &id).unwrap();
    let mut tx = engine.db().reader(Snapshot::Yes).await.unwrap();
    let values = sealed.values(None, Look::Count, &mut tx).await.unwrap();
    let history = sealed.history(None, Look::Count, &mut tx).await.unwrap();
    (values.outdated + history.outdated, values.seen + history.seen)
}

async fn text_of(house: &House, cx: &Context, record: &Json) -> (Json, Json, Json) {
    let now = read(house, cx, record).await;
    (now["bank"].clone(), now["note"].clone(), now["people"][0]["mail"].clone())
}

async fn history(house: &House, cx: &Context, record: &Json) -> String {
    house.engine.history(cx, "supplier", id(record), None, 100).await.unwrap().to_string()
}

#[test]
fn the_values_of_a_field_and_their_history_go_under_a_new_key() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        let cx = house.person("bea", &["buyer"]).await;
        let one = create(&house.engine, &cx, "supplier", karl()).await.unwrap();
        let two =
            create(&house.engine, &cx, "supplier", json!({"name": "Ina", "note": " ", "bank": null})).await.unwrap();
        let body = json!({"note": "mended his ways"}).as_object().unwrap().clone();
        house.engine.update(&cx, "supplier", id(&one), body, None).await.unwrap();
        let before =
            (text_of(&house, &cx, &one).await, history(&house, &cx, &one).await, read(&house, &cx, &two).await);
        assert!(before.1.contains(NOTE) && before.1.contains("mended"), "{}", before.1);
        // another process, with what it has read of the keys so far
        let now = house.engine.now();
        let keys = || Keys::from_bytes([7; 32]).unwrap();
        let other = Engine::open_with(db.clone(), Settings::default(), keys(), move || now).await.unwrap();
        for field in FIELDS {
            let job = rotation::rotate_field(&house.system(), field).await.unwrap();
            let (old, all) = outdated(&house.engine, field).await;
            assert!(old > 0, "{field}");
            assert_eq!(text_of(&house, &cx, &one).await, before.0, "{field}, while the job waits");
            let refused = rotation::prune(&house.system()).await.unwrap();
            assert_eq!(refused.unfinished, [field.to_string()]);
            jobs::run_due(&house.engine).await.unwrap();
            let done = house.engine.job(&house.system(), job).await.unwrap();
            assert_eq!((done["state"].as_str(), done["done"].as_u64()), (Some("done"), Some(old)), "{done}");
            assert_eq!(outdated(&house.engine, field).await, (0, all));
        }
        let after = (text_of(&house, &cx, &one).await, history(&house, &cx, &one).await, read(&house, &cx, &two).await);
        assert_eq!(after, before);
        assert_eq!(names(&house, &cx, term("bank", "eq", json!(BANK))).await.unwrap(), ["Karl"]);
        let status = rotation::status(&house.system()).await.unwrap();
        let told: Vec<_> = status.fields.iter().map(|f| (f.name.as_str(), f.number, f.older)).collect();
        let expected = [
            ("supplier.bank", 2, 0),
            ("supplier.note", 2, 0),
            ("supplier.people.mail", 2, 1),
            ("supplier.phone", 1, 0),
        ];
        assert_eq!(told, expected);
        // the other process sees what it could not know
        organisation::fresh(&other).await.unwrap();
        let answer = other.read(&Context::system(&other, "test"), "supplier", id(&one), &ReadRequest::default()).await;
        assert!(String::from_utf8(answer.unwrap().body).unwrap().contains(BANK));
        assert_eq!(audit::verify(&house.system(), None).await.unwrap().first_bad, None);
        // and a process that begins now
        let begun = Engine::open_with(db, Settings::default(), keys(), move || now).await.unwrap();
        let answer = begun.read(&Context::system(&begun, "test"), "supplier", id(&one), &ReadRequest::default()).await;
        assert!(String::from_utf8(answer.unwrap().body).unwrap().contains(BANK));
        assert_eq!(rotation::prune(&house.system()).await.unwrap(), Pruned { field_keys: 1, ..Pruned::default() });
        assert_eq!(text_of(&house, &cx, &one).await, before.0);
        for wrong in
            ["supplier.name", "supplier", "supplier.people", "supplier.people.who", "supplier.bank.x", "x.bank"]
        {
            let refused = rotation::rotate_field(&house.system(), wrong).await.unwrap_err();
            assert!(refused.to_string().contains("supplier.people.mail"), "{wrong}: {refused}");
        }
    });
}

#[test]
fn whoever_writes_while_a_field_gets_its_new_key_loses_nothing() {
    on_both(|db| async move {
        let house = Arc::new(open(db).await);
        let cx = house.person("bea", &["buyer"]).await;
        let mut records = Vec::new();
        for n in 0..4 {
            records.push(
                create(&house.engine, &cx, "supplier", json!({"name": format!("S{n}"), "note": "first"}))
                    .await
                    .unwrap(),
            );
        }
        let gate = Arc::new(tokio::sync::Barrier::new(records.len() + 1));
        let writers: Vec<_> = records
            .iter()
            .map(|record| {
                let (house, cx, id, gate) = (house.clone(), cx.clone(), id(record), gate.clone());
                tokio::spawn(async move {
                    gate.wait().await;
                    for round in 0..10 {
                        let body = json!({"note": format!("round {round}")}).as_object().unwrap().clone();
                        house.engine.update(&cx, "supplier", id, body, None).await.unwrap();
                    }
                })
            })
            .collect();
        rotation::rotate_field(&house.system(), "supplier.note").await.unwrap();
        gate.wait().await;
        jobs::run_due(&house.engine).await.unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        for record in &records {
            assert_eq!(read(&house, &cx, record).await["note"], "round 9");
            let told = history(&house, &cx, record).await;
            assert!(told.contains("first") && told.contains("round 0") && told.contains("round 9"), "{told}");
        }
        assert_eq!(outdated(&house.engine, "supplier.note").await.0, 0);
        assert_eq!(rotation::prune(&house.system()).await.unwrap().field_keys, 1);
        assert_eq!(read(&house, &cx, &records[0]).await["note"], "round 9");
    });
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn key_file(&self) -> std::path::PathBuf {
        Keys::path_beside(&self.data())
    }

    async fn open(&self, db: &Db) -> Result<Engine, EngineError> {
        let settings = Settings { data: self.data(), ..Settings::default() };
        let now = "2026-11-20T10:00:00Z".parse().unwrap();
        Engine::open(db.clone(), settings, move || now).await
    }
}

async fn first_bank(engine: &Engine) -> String {
    let request = ListRequest { filter: Some(term("bank", "eq", json!(BANK))), ..ListRequest::default() };
    let page = engine.list(&Context::system(engine, "test"), "supplier", request).await.unwrap();
    serde_json::from_slice::<Json>(&page).unwrap()["items"][0]["bank"].as_str().unwrap_or_default().to_string()
}

async fn publish_all(engine: &Engine) {
    let cx = Context::system(engine, "test");
    for doc in documents(supplier(json!({}), json!({}))) {
        let document = Document::read(doc.clone()).unwrap();
        publish::save_draft(&cx, document.key.kind, &document.key.name, doc, None).await.unwrap();
    }
    publish::publish(&cx, &Publication { confirm_all: true, ..Default::default() }).await.unwrap();
}

async fn database_file(db: &Db) -> std::path::PathBuf {
    if db.dialect() == Dialect::Postgres {
        return std::path::PathBuf::new();
    }
    let mut tx = db.reader(Snapshot::No).await.unwrap();
    let mut sql = tx.sql();
    sql.push("SELECT file FROM pragma_database_list WHERE name = 'main'");
    tx.one(&sql.build(), |row| Ok(row.text(0)?.unwrap_or_default().to_string())).await.unwrap().into()
}

async fn back_up(engine: &Engine, to: &Path) -> Archive {
    let archive = Archive { path: to.to_path_buf(), passphrase: None };
    let cx = Context::system(engine, "test");
    backup::backup(&cx, &database_file(engine.db()).await, &archive).await.unwrap();
    archive
}

#[test]
fn the_installations_key_is_replaced_while_it_works_and_pruned_when_no_backup_needs_it() {
    on_both(|db| async move {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.data()).unwrap();
        let engine = place.open(&db).await.unwrap();
        publish_all(&engine).await;
        let cx = Context::system(&engine, "test");
        create(&engine, &cx, "supplier", karl()).await.unwrap();
        formwright_engine::secrets::set_secret(&cx, "smtp", "open sesame").await.unwrap();
        let served = place.open(&db).await.unwrap();
        let upload = || formwright_engine::exchange::Upload {
            name: "x.csv".into(),
            bytes: b"Name,Bank\nIda,AT61 1904\n".to_vec(),
        };
        let waiting = engine.import(&cx, "supplier", upload(), ImportRequest::default()).await.unwrap();
        let attach = async |engine: &Engine, text: &'static str| {
            let bytes = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(text.as_bytes()))]);
            let cx = Context::system(engine, "test");
            let file = engine.upload_file(&cx, &UploadTarget::default(), "a.txt", bytes).await.unwrap();
            file["id"].as_str().unwrap().parse::<Uuid>().unwrap()
        };
        let attached = attach(&engine, "before").await;
        let old_file = std::fs::read(place.key_file()).unwrap();
        let old = engine.keys().key_id();

        let new = rotation::rotate_kek(&cx).await.unwrap();
        assert_eq!((engine.keys().key_id(), new == old), (new.clone(), false));
        let status = rotation::status(&cx).await.unwrap();
        let told: Vec<_> =
            status.keys.iter().map(|k| (k.line.id.clone(), k.line.is_current, k.wraps > 0, k.needed_by)).collect();
        assert_eq!(told, [(old.clone(), false, false, None), (new.clone(), true, true, None)]);
        assert_eq!(status.fields.len(), 4);
        // a file that was coming in meanwhile is kept all the same, and the earlier one opens in both processes
        let late = attach(&served, "late").await;
        for (engine, file, text) in
            [(&engine, attached, "before"), (&served, attached, "before"), (&engine, late, "late")]
        {
            let cx = Context::system(engine, "test");
            let mut answer = engine.file(&cx, file, Size::Original).await.unwrap();
            let mut found = String::new();
            answer.content.read_to_string(&mut found).unwrap();
            assert_eq!(found, text);
        }
        // the process that served meanwhile wraps by the new key from its next request on
        assert_eq!(first_bank(&served).await, BANK);
        let outside = Context::system(&served, "test");
        let trial = ImportRequest { dry_run: true, ..ImportRequest::default() };
        let by_the_other = served.import(&outside, "supplier", upload(), trial).await.unwrap();
        jobs::run_due(&engine).await.unwrap();
        assert_eq!(engine.job(&cx, waiting).await.unwrap()["created"], 1);
        assert_eq!(served.keys().key_id(), new);
        assert_eq!(engine.job(&cx, by_the_other).await.unwrap()["state"], "done");
        // a process that begins now, and one that has the old file only
        let begun = place.open(&db).await.unwrap();
        assert_eq!(first_bank(&begun).await, BANK);
        assert_eq!(
            formwright_engine::secrets::open_secret(&begun, "smtp").await.unwrap().as_deref(),
            Some("open sesame")
        );
        assert_eq!(audit::verify(&Context::system(&begun, "test"), None).await.unwrap().first_bad, None);
        let file = std::fs::read(place.key_file()).unwrap();
        std::fs::write(place.key_file(), &old_file).unwrap();
        let Err(refused) = place.open(&db).await else { panic!("opened with the old key") };
        assert!(refused.to_string().contains(&new), "{refused}");
        std::fs::write(place.key_file(), &file).unwrap();

        assert_eq!(rotation::prune(&cx).await.unwrap(), Pruned { keys: vec![old], ..Pruned::default() });
        assert_eq!(std::fs::read_to_string(place.key_file()).unwrap().lines().count(), 1);
        assert_eq!(first_bank(&place.open(&db).await.unwrap()).await, BANK);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(place.key_file()).unwrap().permissions().mode() & 0o777, 0o600);
        }
    });
}

#[test]
fn a_backup_opens_by_the_key_it_was_made_under_as_long_as_it_is_kept() {
    on_both(|db| async move {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.data()).unwrap();
        let engine = place.open(&db).await.unwrap();
        publish_all(&engine).await;
        let cx = Context::system(&engine, "test");
        create(&engine, &cx, "supplier", karl()).await.unwrap();
        let before = back_up(&engine, &place.folder.path().join("before")).await;
        let old = engine.keys().key_id();
        let later = Context { now: cx.now + chrono::TimeDelta::hours(1), ..cx.clone() };
        rotation::rotate_kek(&later).await.unwrap();
        let after = back_up(&engine, &place.folder.path().join("after")).await;
        let keys = Keys::load_or_create(&place.key_file()).unwrap();
        for archive in [&before, &after] {
            backup::verify(archive, &keys, &place.data()).unwrap();
        }
        let kept = rotation::prune(&later).await.unwrap();
        assert_eq!((kept.keys, kept.needed), (vec![], vec![(old.clone(), cx.now)]));
        let much_later = Context { now: cx.now + chrono::TimeDelta::days(91), ..cx.clone() };
        assert_eq!(rotation::prune(&much_later).await.unwrap().keys, [old]);
        let keys = Keys::load_or_create(&place.key_file()).unwrap();
        assert!(backup::verify(&before, &keys, &place.data()).is_err());
        backup::verify(&after, &keys, &place.data()).unwrap();
        if db.dialect() == Dialect::Sqlite {
            let target = backup::Target { data: place.folder.path().join("again"), postgres: None, replace: false };
            backup::restore(&after, target, &keys).await.unwrap();
        }
    });
}

#[test]
fn an_installation_that_began_without_a_root_keeps_what_was_derived_from_its_first_key() {
    on_both(|db| async move {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.data()).unwrap();
        tables::migrate(&db).await.unwrap();
        let id = Keys::load_or_create(&place.key_file()).unwrap().key_id();
        let claim = db.write(move |tx| Box::pin(async move { version::claim(tx, KEY_FACT, &id).await }));
        assert!(claim.await.unwrap());
        let engine = place.open(&db).await.unwrap();
        publish_all(&engine).await;
        let cx = Context::system(&engine, "test");
        create(&engine, &cx, "supplier", karl()).await.unwrap();
        formwright_engine::secrets::set_secret(&cx, "smtp", "open sesame").await.unwrap();
        for _ in 0..2 {
            rotation::rotate_kek(&cx).await.unwrap();
        }
        assert_eq!(rotation::prune(&cx).await.unwrap().keys.len(), 2);
        let begun = place.open(&db).await.unwrap();
        assert_eq!(first_bank(&begun).await, BANK);
        assert_eq!(
            formwright_engine::secrets::open_secret(&begun, "smtp").await.unwrap().as_deref(),
            Some("open sesame")
        );
        assert_eq!(audit::verify(&Context::system(&begun, "test"), None).await.unwrap().first_bad, None);
    });
}
