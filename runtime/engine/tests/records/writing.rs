//! Records written: faults, changes, unique values, the bin and batches.

use super::support::on_both;
use super::{House, code, id, names, object};
use formwright_core::definition::{Document, Kind};
use formwright_engine::records::{BatchRequest, CountMode, ListRequest, ReadRequest};
use serde_json::{Value as Json, json};

#[test]
fn a_record_comes_back_as_it_was_written() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let made = house
            .create(&cx, "customer", json!({"company": "Müller 木业", "country": "DE", "limit": serde_json::from_str::<Json>("12345678901234.56").unwrap(), "tags": ["a", "胶合板"], "since": "2026-01-05",
                "seen_at": "2026-11-19T16:30:00+08:00", "contacts": [{"name": "Ann", "age": 30}, {"name": "Bob"}]}))
            .await
            .unwrap();
        assert_eq!(made["no"], "C2026-0001");
        assert_eq!(made["limit"].to_string(), "12345678901234.56");
        assert_eq!(made["tags"], json!(["a", "胶合板"]));
        assert_eq!(made["seen_at"], "2026-11-19T08:30:00Z");
        assert_eq!(made["contacts"][1]["name"], "Bob");
        assert_eq!(made["contacts"][1]["age"], Json::Null);
        let again = house.engine.read(&cx, "customer", id(&made), &ReadRequest::default()).await.unwrap();
        assert_eq!(serde_json::from_slice::<Json>(&again.body).unwrap(), made);
    });
}

#[test]
fn all_faults_of_a_record_come_at_once() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let error =
            house.create(&cx, "customer", json!({"country": "ZZ", "limit": 1.005, "compny": "x"})).await.unwrap_err();
        let (head, faults) = code(&error);
        assert_eq!(head, "validation_failed");
        for wanted in [("country", "choice_unknown"), ("limit", "too_many_decimals"), ("compny", "unknown_field")] {
            assert!(faults.contains(&(wanted.0.to_string(), wanted.1)), "{wanted:?} in {faults:?}");
        }
        let error = house
            .create(&cx, "customer", json!({"company": "x", "limit": -1, "contacts": [{"age": -3}]}))
            .await
            .unwrap_err();
        let (_, faults) = code(&error);
        for wanted in [
            ("company", "too_short"),
            ("limit", "too_small"),
            ("contacts/0/name", "required"),
            ("contacts/0/age", "too_small"),
        ] {
            assert!(faults.contains(&(wanted.0.to_string(), wanted.1)), "{wanted:?} in {faults:?}");
        }
        let list =
            house.list(&cx, "customer", ListRequest { count: CountMode::Exact, ..Default::default() }).await.unwrap();
        assert_eq!(list["count"], 0);
        let next = house.create(&cx, "customer", json!({"company": "First"})).await.unwrap();
        assert_eq!(next["no"], "C2026-0001", "what was refused took no number");
    });
}

#[test]
fn changes_are_merged_kept_and_explained() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let made = house
            .create(
                &cx,
                "customer",
                json!({"company": "Alpha", "note": "n", "contacts": [{"name": "A"}, {"name": "B", "age": 4}]}),
            )
            .await
            .unwrap();
        let record = id(&made);
        let b = made["contacts"][1]["id"].clone();
        let body = object(json!({"note": null, "contacts": [{"id": b, "name": "Bea"}, {"name": "C"}]}));
        let answer = house.engine.update(&cx, "customer", record, body, Some(1)).await.unwrap();
        let now: Json = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.version, &now["note"], now["contacts"].as_array().unwrap().len()), (2, &Json::Null, 2));
        assert_eq!(now["contacts"][0], json!({"id": b, "name": "Bea", "age": 4}));
        let stale =
            house.engine.update(&cx, "customer", record, object(json!({"note": "late"})), Some(1)).await.unwrap_err();
        assert_eq!(code(&stale).0, "record_conflict");
        let same = house.engine.update(&cx, "customer", record, object(now.clone()), None).await.unwrap();
        assert_eq!(same.version, 2, "a record sent back as it came changes nothing");
        let history = house.engine.history(&cx, "customer", record, None, 50).await.unwrap();
        assert_eq!(history["items"].as_array().unwrap().len(), 2);
        assert!(
            history["items"][0]["changes"]
                .as_array()
                .unwrap()
                .iter()
                .any(|c| c["field"] == "note" && c["from"] == "n" && c["to"].is_null())
        );
    });
}

#[test]
fn unique_values_are_taken_once_also_folded_and_by_several_fields() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        house.create(&cx, "customer", json!({"company": "Alpha", "country": "DE", "tax": "ABC 1"})).await.unwrap();
        let error = house.create(&cx, "customer", json!({"company": "Beta", "tax": "ａｂｃ１"})).await.unwrap_err();
        assert_eq!(code(&error).1, [("tax".to_string(), "duplicate")]);
        let error = house.create(&cx, "customer", json!({"company": "Alpha", "country": "DE"})).await.unwrap_err();
        assert_eq!(code(&error).1.iter().map(|f| f.1).collect::<Vec<_>>(), ["duplicate", "duplicate"]);
        house.create(&cx, "customer", json!({"company": "Alpha", "country": "CN"})).await.unwrap();
    });
}

#[test]
fn what_is_deleted_waits_in_the_bin_with_what_hung_on_it() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let may = house.person("may");
        let made = house.create(&may, "customer", json!({"company": "Alpha", "tax": "T"})).await.unwrap();
        let deal = house.create(&may, "deal", json!({"customer": id(&made), "amount": 1})).await.unwrap();
        house.engine.delete(&may, "customer", id(&made), Some(1)).await.unwrap();
        assert!(house.engine.read(&may, "deal", id(&deal), &ReadRequest::default()).await.is_err());
        let bin: Json =
            serde_json::from_slice(&house.engine.recycle_bin(&may, "customer", None, 50).await.unwrap()).unwrap();
        assert_eq!(names(&bin), ["Alpha"]);
        house.engine.restore(&may, "customer", id(&made)).await.unwrap();
        assert!(house.engine.read(&may, "deal", id(&deal), &ReadRequest::default()).await.is_ok());
        assert_eq!(
            names(
                &house
                    .list(&may, "customer", ListRequest { q: Some("alpha".into()), ..Default::default() })
                    .await
                    .unwrap()
            ),
            ["Alpha"]
        );
    });
}

#[test]
fn a_batch_is_whole_or_each_for_itself() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let operations = vec![
            json!({"op": "create", "record": {"company": "One"}}),
            json!({"op": "create", "record": {"company": "x"}}),
        ];
        let error = house
            .engine
            .batch(&cx, "customer", BatchRequest { operations: operations.clone(), atomic: true }, None)
            .await
            .unwrap_err();
        assert_eq!(code(&error).1, [("operations/1/company".to_string(), "too_short")]);
        assert!(house.companies(&cx, Json::Null).await.is_empty());
        let done = house.engine.batch(&cx, "customer", BatchRequest { operations, atomic: false }, None).await.unwrap();
        assert_eq!(
            (done["results"][0]["status"].as_i64(), done["results"][1]["status"].as_i64()),
            (Some(201), Some(422))
        );
        assert_eq!(house.companies(&cx, Json::Null).await, ["One"]);
    });
}

#[test]
fn kinds_that_later_versions_bring_are_refused_by_name() {
    let fault = Document::read(json!({"kind": "flow", "app": "crm", "name": "x"})).unwrap_err();
    assert_eq!(fault[0].code.code, "kind_not_offered");
    assert!(Kind::parse("form").is_ok());
}
