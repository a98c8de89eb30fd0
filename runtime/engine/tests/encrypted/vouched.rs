//! The audit log vouches for history: what is changed there, removed, added or put in twice is seen, and what is encrypted,
//! decrypted or retired is no change.

use super::*;
use formwright_engine::audit;
use formwright_store::audit::{FaultKind, Report};

/// Links what is written, and goes through all of it.
async fn verify(house: &House) -> Report {
    formwright_store::audit::link(house.engine.db(), house.engine.keys().audit()).await.unwrap();
    audit::verify(&house.system(), None).await.unwrap()
}

async fn written(house: &House) -> Json {
    let karl = create(&house.engine, &house.system(), "supplier", karl()).await.unwrap();
    let body = object(json!({"bank": "FR14 2004 1010 05", "people": [{"who": "Ina", "mail": "ina@example.com"}]}));
    house.engine.update(&house.system(), "supplier", id(&karl), body, None).await.unwrap();
    house.engine.delete(&house.system(), "supplier", id(&karl), None).await.unwrap();
    house.engine.restore(&house.system(), "supplier", id(&karl)).await.unwrap();
    karl
}

#[test]
fn an_entry_names_the_fields_of_a_write_and_tells_no_values() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        written(&house).await;
        let query = audit::AuditQuery { what: Some("record.update".into()), ..Default::default() };
        let entry = audit::read(&house.system(), &query).await.unwrap()["items"][0].clone();
        let form = &house.engine.catalog().form("supplier").unwrap().fields.clone();
        let named = |name: &str| json!(form.iter().find(|field| field.name == name).unwrap().id);
        assert_eq!(entry["fields"], json!([named("bank"), named("people")]), "{entry}");
        assert_eq!(entry["history"].as_str().map(str::len), Some(32), "{entry}");
        assert!(!entry.to_string().contains("FR14") && !entry.to_string().contains("ina@"), "{entry}");
    });
}

#[test]
fn history_that_is_encrypted_decrypted_or_of_a_field_that_is_gone_is_as_it_was_written() {
    on_both(|db| async move {
        let mut all = documents(supplier(json!({}), json!({})));
        all.retain(|document| document["kind"] != "role");
        let house = House::open(db, all).await;
        written(&house).await;
        let plain = json!({"type": "string", "title": "Bank", "field": {"type": "text", "unique": "normalized"}});
        let open_people = json!({"type": "array", "title": "People", "field": {"type": "table"}, "items": {"type": "object", "properties": {
            "who": {"type": "string", "title": "Who"}, "mail": {"type": "string", "title": "Mail"}}}});
        let mut without = supplier(json!({}), json!({"key": "name"}));
        without["record"]["properties"].as_object_mut().unwrap().remove("bank");
        without["record"]["properties"]["people"]["items"]["properties"].as_object_mut().unwrap().remove("mail");
        let versions = [
            None,
            Some(supplier(json!({"bank": plain, "people": open_people}), json!({}))),
            Some(supplier(json!({}), json!({}))),
            Some(without),
        ];
        for form in versions {
            if let Some(form) = form {
                change(&house, form).await.unwrap();
            }
            let report = verify(&house).await;
            assert_eq!((report.first_bad, report.history), (None, 4));
        }
    });
}

#[test]
fn what_is_done_to_history_or_to_the_whole_log_is_seen() {
    const KEPT: [&str; 3] = ["fw_history", "fw_audit", "fw_audit_head"];
    let cases: [(&[&str], FaultKind); 9] = [
        (&["UPDATE fw_history SET changes = '[]' WHERE version = 2"], FaultKind::History),
        (&["UPDATE fw_history SET cause = 'import' WHERE version = 2"], FaultKind::History),
        (&["UPDATE fw_history SET version = 9 WHERE version = 2"], FaultKind::History),
        (&["DELETE FROM fw_history WHERE version = 1"], FaultKind::History),
        (
            &["INSERT INTO fw_history (form, record, version, \"at\", \"by\", cause, changes) \
               SELECT form, record, 9, \"at\", \"by\", cause, changes FROM fw_history WHERE version = 2"],
            FaultKind::Untold,
        ),
        (
            &["INSERT INTO fw_audit (\"at\", lane, body, mac) SELECT \"at\", lane, body, mac FROM fw_audit \
               WHERE lane = 'record' AND body LIKE '%record.update%'"],
            FaultKind::Repeated,
        ),
        (
            &["INSERT INTO fw_audit (\"at\", lane, body, mac) SELECT \"at\", lane, body, mac FROM fw_audit \
               WHERE seq = (SELECT max(seq) FROM fw_audit)"],
            FaultKind::Repeated,
        ),
        (&["DELETE FROM fw_audit", "DELETE FROM fw_audit_head"], FaultKind::Emptied),
        (&["DELETE FROM fw_audit", "DELETE FROM fw_audit_head", "written on"], FaultKind::Untold),
    ];
    on_both(|db| async move {
        let house = open(db.clone()).await;
        written(&house).await;
        assert_eq!(verify(&house).await.first_bad, None);
        let sql = |text: String| {
            let db = db.clone();
            async move { run(&db, Box::leak(text.into_boxed_str())).await.unwrap() }
        };
        for table in KEPT {
            sql(format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
        for (tampering, expected) in cases {
            for step in tampering {
                if *step == "written on" {
                    create(&house.engine, &house.system(), "supplier", json!({"name": "After"})).await.unwrap();
                } else {
                    assert!(sql((*step).into()).await > 0, "{step}");
                }
            }
            let found = verify(&house).await.first_bad.map(|fault| fault.kind);
            assert_eq!(found, Some(expected), "{tampering:?}");
            for table in KEPT {
                sql(format!("DELETE FROM {table}")).await;
                sql(format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            }
            assert_eq!(verify(&house).await.first_bad, None);
        }
    });
}

#[test]
fn entries_of_a_version_that_vouched_for_nothing_stay_right() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        let karl = written(&house).await;
        run(
            &db,
            "INSERT INTO fw_history (form, record, version, \"at\", \"by\", cause, changes) \
             SELECT form, record, 9, \"at\", \"by\", cause, '[]' FROM fw_history WHERE version = 2",
        )
        .await
        .unwrap();
        let form = house.engine.catalog().form("supplier").unwrap().id.clone();
        let old = json!({"request": "r", "what": "record.update", "on": {"form": form, "id": karl["id"], "version": 9}, "result": "ok"});
        // two alike, as one request could write them
        let (key, text, at) = (house.engine.keys().audit().clone(), old.to_string(), house.engine.now());
        let twice = db.write(move |tx| {
            Box::pin(async move {
                formwright_store::audit::append(tx, &key, at, "session", "{\"what\": \"told\"}").await?;
                formwright_store::audit::append(tx, &key, at, "session", "{\"what\": \"told\"}").await?;
                formwright_store::audit::append(tx, &key, at, "record", &text).await
            })
        });
        twice.await.unwrap();
        let report = verify(&house).await;
        assert_eq!((report.first_bad, report.history), (None, 4));
        // what such a version wrote can be put in again, but not unseen
        run(&db, "INSERT INTO fw_audit (\"at\", lane, body, mac) SELECT \"at\", lane, body, mac FROM fw_audit WHERE body LIKE '%told%' LIMIT 1")
            .await
            .unwrap();
        assert_eq!(verify(&house).await.first_bad.map(|fault| fault.kind), Some(FaultKind::Repeated));
    });
}
