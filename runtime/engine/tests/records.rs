//! Records are written along one path and read as the caller may see them, alike on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../store/tests/support/mod.rs"]
mod support;

use chrono::{DateTime, Utc};
use formwright_core::definition::{Document, Kind};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{BatchRequest, CountMode, ListRequest, ReadRequest};
use formwright_engine::{Authority, Context, Engine, EngineError, Principal, Settings, Via, accounts, organisation};
use formwright_store::Db;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use support::on_both;
use uuid::Uuid;

/// An installation with a small sales app, two salespeople and their manager.
struct House {
    engine: Engine,
}

fn definitions() -> Vec<Json> {
    let own = json!({"field": "owner", "op": "eq", "value": {"var": "me"}});
    vec![
        json!({"kind": "app", "name": "crm", "app": "crm", "title": "CRM", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "crm", "name": "customer", "title": "Customer", "title_field": "company", "search": ["company", "note", "contacts.name"],
            "record_owner": "owner", "unique": [["company", "country"]], "record": {"type": "object", "required": ["company"], "properties": {
                "no": {"field": {"type": "serial", "pattern": "C{yyyy}-{seq:4}", "reset": "year"}},
                "company": {"type": "string", "title": "Company", "minLength": 2, "maxLength": 200, "field": {"type": "text"}},
                "tax": {"type": "string", "field": {"type": "text", "unique": "normalized"}},
                "country": {"enum": ["DE", "CN", "US"], "field": {"type": "choice"}},
                "tags": {"type": "array", "field": {"type": "tags"}},
                "limit": {"type": "number", "minimum": 0, "field": {"type": "money", "currency": "USD"}},
                "since": {"type": "string", "format": "date"},
                "seen_at": {"type": "string", "format": "date-time"},
                "owner": {"type": "string", "field": {"type": "user"}, "default": {"var": "me"}},
                "note": {"type": "string", "field": {"type": "long_text"}},
                "contacts": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "required": ["name"], "properties": {
                    "name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}}}}}}}),
        json!({"kind": "form", "app": "crm", "name": "deal", "title": "Deal", "record": {"type": "object", "properties": {
                "customer": {"type": "string", "field": {"type": "link", "form": "customer", "on_delete": "cascade"}},
                "amount": {"type": "number", "field": {"type": "number", "scale": 2}},
                "margin": {"type": "number", "field": {"type": "number", "scale": 2}},
                "signed_on": {"type": "string", "format": "date"}}}}),
        json!({"kind": "role", "app": "crm", "name": "seller", "grants": [
            {"form": "customer", "actions": ["read", "create", "update"], "rows": own, "hidden": ["limit"]},
            {"form": "customer", "actions": ["read"], "rows": {"field": "country", "op": "eq", "value": "US"}, "hidden": ["contacts", "tax", "limit"]},
            {"form": "deal", "actions": ["read", "create"], "rows": {"follows": "customer"}, "hidden": ["margin"]}]}),
        json!({"kind": "role", "app": "crm", "name": "manager", "grants": [
            {"form": "customer", "actions": ["read", "create", "update", "delete"]}, {"form": "deal", "actions": ["read", "create", "update", "delete"]}]}),
    ]
}

impl House {
    async fn open(db: Db) -> House {
        let now: DateTime<Utc> = "2026-11-20T01:00:00Z".parse().unwrap();
        let engine =
            Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), move || now).await.unwrap();
        let cx = Context::system(&engine, "test");
        for doc in definitions() {
            let document = Document::read(doc.clone()).unwrap();
            publish::save_draft(&cx, document.key.kind, &document.key.name, doc, None).await.unwrap();
        }
        publish::publish(&cx, &Publication { confirm_all: true, ..Default::default() }).await.unwrap();
        for (login, role) in [("ann", "seller"), ("bob", "seller"), ("may", "manager")] {
            let body = json!({"login": login, "name": login, "password": "plywood and hardware", "roles": [role]});
            accounts::create_user(&Context::system(&engine, "test"), &body).await.unwrap();
        }
        organisation::fresh(&engine).await.unwrap();
        House { engine }
    }

    fn system(&self) -> Context {
        Context::system(&self.engine, "test")
    }

    fn person(&self, login: &str) -> Context {
        let organisation = organisation::current(&self.engine);
        let user = organisation.user_by_login(login).unwrap();
        let role = if login == "may" { "manager" } else { "seller" };
        let mut roles = vec!["everyone".to_string(), role.to_string()];
        roles.sort();
        let person =
            formwright_core::query::Person { id: user.row.id, login: login.into(), roles, ..Default::default() };
        let principal = Principal {
            person,
            name: login.into(),
            locale: None,
            time_zone: None,
            admin: false,
            rights: vec![],
            designs: vec![],
            must_enrol: false,
            via: Via::CommandLine("t".into()),
            acting: None,
        };
        Context { authority: Authority::Person(Arc::new(principal)), ..self.system() }
    }

    async fn create(&self, cx: &Context, form: &str, body: Json) -> Result<Json, EngineError> {
        let answer = self.engine.create(cx, form, object(body), None).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap())
    }

    async fn list(&self, cx: &Context, form: &str, request: ListRequest) -> Result<Json, EngineError> {
        Ok(serde_json::from_slice(&self.engine.list(cx, form, request).await?).unwrap())
    }

    async fn companies(&self, cx: &Context, filter: Json) -> Vec<String> {
        let request = ListRequest { filter: Some(filter), sort: vec!["company".into()], ..Default::default() };
        names(&self.list(cx, "customer", request).await.unwrap())
    }
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn names(list: &Json) -> Vec<String> {
    list["items"].as_array().unwrap().iter().map(|r| r["company"].as_str().unwrap().to_string()).collect()
}

fn code(error: &EngineError) -> (&'static str, Vec<(String, &'static str)>) {
    match error {
        EngineError::Refused(r) => (r.code.code, r.faults.iter().map(|f| (f.path.clone(), f.code.code)).collect()),
        other => panic!("{other:?}"),
    }
}

fn id(record: &Json) -> Uuid {
    record["id"].as_str().unwrap().parse().unwrap()
}

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
fn filters_mean_the_same_on_both_databases() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        for (company, country, tags, limit, since) in [
            ("Alpha", json!("DE"), json!(["x", "y"]), json!(10), json!("2026-11-20")),
            ("Beta", json!("CN"), json!(["y"]), json!(20.5), json!("2026-08-19")),
            ("gamma 木业", Json::Null, Json::Null, Json::Null, Json::Null),
            ("Straße", json!("US"), json!(["x"]), json!(0.1), json!("2026-08-20")),
        ] {
            house
                .create(
                    &cx,
                    "customer",
                    json!({"company": company, "country": country, "tags": tags, "limit": limit, "since": since}),
                )
                .await
                .unwrap();
        }
        let all = ["Alpha", "Beta", "gamma 木业", "Straße"];
        for (filter, wanted) in [
            (json!({"field": "country", "op": "eq", "value": "DE"}), vec!["Alpha"]),
            (json!({"field": "country", "op": "ne", "value": "DE"}), vec!["Beta", "gamma 木业", "Straße"]),
            (json!({"not": {"field": "country", "op": "eq", "value": "DE"}}), vec!["Beta", "gamma 木业", "Straße"]),
            (json!({"field": "country", "op": "not_in", "value": ["DE", "CN"]}), vec!["gamma 木业", "Straße"]),
            (json!({"field": "country", "op": "is_empty"}), vec!["gamma 木业"]),
            (json!({"field": "tags", "op": "has_any", "value": ["x"]}), vec!["Alpha", "Straße"]),
            (json!({"field": "tags", "op": "has_all", "value": ["x", "y"]}), vec!["Alpha"]),
            (json!({"field": "tags", "op": "has_none", "value": ["x"]}), vec!["Beta", "gamma 木业"]),
            (json!({"field": "tags", "op": "is_empty"}), vec!["gamma 木业"]),
            (json!({"field": "limit", "op": "gt", "value": 10}), vec!["Beta"]),
            (json!({"field": "limit", "op": "le", "value": 10.001}), vec!["Alpha", "Straße"]),
            (json!({"field": "limit", "op": "between", "value": [0.1, 10]}), vec!["Alpha", "Straße"]),
            (json!({"field": "company", "op": "contains", "value": "STRASSE"}), vec!["Straße"]),
            (json!({"field": "company", "op": "starts_with", "value": "GA"}), vec!["gamma 木业"]),
            (json!({"field": "company", "op": "lt", "value": "b"}), vec!["Alpha"]),
            (json!({"field": "since", "op": "within", "value": {"last": 3, "unit": "month"}}), vec!["Alpha", "Straße"]),
            (json!({"field": "since", "op": "within", "value": "this_month"}), vec!["Alpha"]),
            (json!({"field": "created_at", "op": "eq", "value": "2026-11-20"}), all.to_vec()),
            (json!({"field": "created_at", "op": "lt", "value": "2026-11-20"}), vec![]),
            (
                json!({"or": [{"field": "country", "op": "eq", "value": "US"}, {"field": "limit", "op": "eq", "value": 20.5}]}),
                vec!["Beta", "Straße"],
            ),
            (json!({"and": []}), all.to_vec()),
        ] {
            assert_eq!(house.companies(&cx, filter.clone()).await, wanted, "{filter}");
        }
        for wrong in [
            json!({"field": "contry", "op": "eq", "value": "DE"}),
            json!({"field": "country", "op": "gt", "value": "DE"}),
            json!({"field": "limit", "op": "eq", "value": "ten"}),
            json!({"field": "country"}),
            json!([]),
        ] {
            let error = house
                .list(&cx, "customer", ListRequest { filter: Some(wrong.clone()), ..Default::default() })
                .await
                .unwrap_err();
            assert!(matches!(error, EngineError::Refused(ref r) if r.code.status == 422), "{wrong}: {error:?}");
        }
    });
}

#[test]
fn words_are_found_in_chinese_and_latin() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        house.create(&cx, "customer", json!({"company": "Linyi", "note": "询价桦木胶合板，QT-2026"})).await.unwrap();
        house
            .create(&cx, "customer", json!({"company": "Nordwald Plywood", "contacts": [{"name": "Gärtner"}]}))
            .await
            .unwrap();
        for (q, wanted) in [
            ("胶", vec!["Linyi"]),
            ("胶合", vec!["Linyi"]),
            ("合板", vec!["Linyi"]),
            ("胶合板", vec!["Linyi"]),
            ("胶板", vec![]),
            ("ply", vec!["Nordwald Plywood"]),
            ("ＰＬＹ nord", vec!["Nordwald Plywood"]),
            ("2026 胶", vec!["Linyi"]),
            ("gärt", vec!["Nordwald Plywood"]),
            ("!!!", vec!["Nordwald Plywood", "Linyi"]),
        ] {
            let list =
                house.list(&cx, "customer", ListRequest { q: Some(q.into()), ..Default::default() }).await.unwrap();
            let mut found = names(&list);
            let mut wanted = wanted;
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{q}");
        }
    });
}

#[test]
fn pages_follow_each_other_without_gap_or_repetition() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let operations: Vec<Json> = (0..23).map(|i| json!({"op": "create", "record": {"company": format!("Company {i:02}"), "limit": if i % 3 == 0 { Json::Null } else { json!(i % 5) }}})).collect();
        house.engine.batch(&cx, "customer", BatchRequest { operations, atomic: true }, None).await.unwrap();
        for sort in [
            vec![],
            vec!["limit".to_string()],
            vec!["-limit".to_string(), "company".to_string()],
            vec!["-updated_at".to_string()],
        ] {
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let page = house
                    .list(&cx, "customer", ListRequest { sort: sort.clone(), limit: 5, cursor, ..Default::default() })
                    .await
                    .unwrap();
                seen.extend(names(&page));
                cursor = page["next"].as_str().map(str::to_string);
                if cursor.is_none() {
                    break;
                }
            }
            let whole = names(
                &house
                    .list(&cx, "customer", ListRequest { sort: sort.clone(), limit: 100, ..Default::default() })
                    .await
                    .unwrap(),
            );
            assert_eq!(seen, whole, "{sort:?}");
            assert_eq!(seen.len(), 23);
        }
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
fn a_seller_sees_his_own_rows_and_no_hidden_field_by_any_way() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let (ann, bob, may) = (house.person("ann"), house.person("bob"), house.person("may"));
        let own = house
            .create(
                &ann,
                "customer",
                json!({"company": "Anns", "country": "DE", "tax": "T1", "contacts": [{"name": "Secret Person"}]}),
            )
            .await
            .unwrap();
        let other = house.create(&bob, "customer", json!({"company": "Bobs", "country": "DE"})).await.unwrap();
        let pool = house
            .create(
                &bob,
                "customer",
                json!({"company": "Pool", "country": "US", "tax": "T2", "contacts": [{"name": "Hidden Person"}]}),
            )
            .await
            .unwrap();
        house.engine.update(&may, "customer", id(&own), object(json!({"limit": 83745.5})), None).await.unwrap();
        assert!(own.get("limit").is_none(), "a hidden field is not even named");
        assert_eq!(house.companies(&ann, Json::Null).await, ["Anns", "Pool"]);
        assert!(house.engine.read(&ann, "customer", id(&other), &ReadRequest::default()).await.is_err());
        for filter in
            [json!({"field": "limit", "op": "gt", "value": 1}), json!({"field": "limt", "op": "gt", "value": 1})]
        {
            let error = house
                .list(&ann, "customer", ListRequest { filter: Some(filter), ..Default::default() })
                .await
                .unwrap_err();
            assert_eq!(code(&error).0, "unknown_field");
        }
        let seen: Json = serde_json::from_slice(
            &house.engine.read(&ann, "customer", id(&pool), &ReadRequest::default()).await.unwrap().body,
        )
        .unwrap();
        assert_eq!((&seen["tax"], &seen["contacts"]), (&Json::Null, &json!([])), "hidden on this row only");
        assert_eq!(
            house.companies(&ann, json!({"field": "tax", "op": "eq", "value": "T2"})).await,
            Vec::<String>::new()
        );
        assert_eq!(house.companies(&ann, json!({"field": "tax", "op": "not_empty"})).await, ["Anns"]);
        for (q, wanted) in [("Secret", vec!["Anns"]), ("Hidden", vec![]), ("Person", vec!["Anns"])] {
            let list =
                house.list(&ann, "customer", ListRequest { q: Some(q.into()), ..Default::default() }).await.unwrap();
            assert_eq!(names(&list), wanted, "{q}");
        }
        let refused =
            house.engine.update(&ann, "customer", id(&own), object(json!({"limit": 1})), None).await.unwrap_err();
        assert_eq!(code(&refused).1, [("limit".to_string(), "unknown_field")]);
        let given_away = house
            .engine
            .update(&ann, "customer", id(&own), object(json!({"owner": other["owner"]})), None)
            .await
            .unwrap_err();
        assert_eq!(code(&given_away).0, "forbidden", "the grant must admit the record as it will be");
        let not_own =
            house.engine.update(&ann, "customer", id(&pool), object(json!({"note": "x"})), None).await.unwrap_err();
        assert_eq!(code(&not_own).0, "forbidden");
        assert_eq!(code(&house.engine.delete(&ann, "customer", id(&own), None).await.unwrap_err()).0, "forbidden");
        let history = house.engine.history(&ann, "customer", id(&own), None, 50).await.unwrap();
        assert!(history.to_string().contains("Secret Person"), "{history}");
        assert!(!history.to_string().contains("limit") && !history.to_string().contains("83745"), "{history}");
        let deal = house.create(&may, "deal", json!({"customer": id(&own), "amount": 10, "margin": 3})).await.unwrap();
        house.create(&may, "deal", json!({"customer": id(&other), "amount": 7})).await.unwrap();
        let list = house
            .list(
                &ann,
                "deal",
                ListRequest {
                    expand: vec!["customer".into()],
                    count: CountMode::Exact,
                    titles: true,
                    ..Default::default()
                },
            )
            .await
            .unwrap();
        assert_eq!((list["count"].as_i64(), &list["items"][0]["id"]), (Some(1), &deal["id"]));
        assert_eq!(
            (&list["items"][0]["customer"]["company"], &list["items"][0]["_titles"]["customer"]),
            (&json!("Anns"), &json!("Anns"))
        );
        assert!(list["items"][0]["customer"].get("limit").is_none() && list["items"][0].get("margin").is_none());
        let sums = house.engine.aggregate(&ann, "deal", object(json!({"measures": [{"name": "n", "function": "count"}, {"name": "s", "function": "sum", "field": "amount"}], "group": [{"field": "customer.country"}]}))).await.unwrap();
        assert_eq!(sums["rows"], json!([{"customer.country": "DE", "n": 1, "s": 10}]));
        assert!(
            house
                .engine
                .aggregate(
                    &ann,
                    "deal",
                    object(json!({"measures": [{"name": "s", "function": "sum", "field": "margin"}]}))
                )
                .await
                .is_err()
        );
        assert!(
            house
                .engine
                .aggregate(&ann, "deal", object(json!({"group": [{"field": "customer.limit"}]})))
                .await
                .is_err()
        );
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
fn sums_and_averages_are_exact_by_group() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        for (amount, day) in
            [("0.1", "2026-01-31"), ("0.2", "2026-01-01"), ("1.01", "2026-04-02"), ("-0.3", "2026-01-05")]
        {
            let amount: Json = serde_json::from_str(amount).unwrap();
            house.create(&cx, "deal", json!({"amount": amount, "signed_on": day})).await.unwrap();
        }
        house.create(&cx, "deal", json!({})).await.unwrap();
        let body = json!({"group": [{"field": "signed_on", "by": "month"}], "measures": [{"name": "s", "function": "sum", "field": "amount"}, {"name": "a", "function": "avg", "field": "amount"}, {"name": "n", "function": "count"}]});
        let rows = house.engine.aggregate(&cx, "deal", object(body)).await.unwrap();
        assert_eq!(
            rows["rows"],
            json!([{"signed_on_month": "2026-01", "s": 0, "a": 0, "n": 3}, {"signed_on_month": "2026-04", "s": 1.01, "a": 1.01, "n": 1}, {"signed_on_month": null, "s": null, "a": null, "n": 1}])
        );
        for (by, wanted) in [
            ("quarter", json!(["2026-Q1", "2026-Q2", null])),
            ("week", json!(["2026-W01", "2026-W02", "2026-W05", "2026-W14", null])),
            ("year", json!(["2026", null])),
        ] {
            let rows = house
                .engine
                .aggregate(&cx, "deal", object(json!({"group": [{"field": "signed_on", "by": by}]})))
                .await
                .unwrap();
            let keys: Vec<Json> =
                rows["rows"].as_array().unwrap().iter().map(|r| r[format!("signed_on_{by}")].clone()).collect();
            assert_eq!(json!(keys), wanted);
        }
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
