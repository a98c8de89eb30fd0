//! Definitions made live, taken back, exported and applied, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../store/tests/support/mod.rs"]
mod support;

use formwright_core::definition::Kind;
use formwright_engine::apps::{self, RecordSink, SaveSink};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, DefinitionQuery, Publication, Selection};
use formwright_engine::records::ListRequest;
use formwright_engine::{Context, Engine, EngineError, Refusal, Settings, accounts};
use formwright_store::Db;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use support::on_both;
use uuid::Uuid;

async fn open(db: Db) -> Engine {
    Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), || {
        "2026-11-20T01:00:00Z".parse().unwrap()
    })
    .await
    .unwrap()
}

fn cx(engine: &Engine) -> Context {
    Context::system(engine, "test")
}

async fn save(engine: &Engine, doc: Json) -> Json {
    let kind = Kind::parse(doc["kind"].as_str().unwrap()).unwrap();
    let name = doc["name"].as_str().unwrap().to_string();
    publish::save_draft(&cx(engine), kind, &name, doc, None).await.unwrap()
}

fn app() -> Json {
    json!({"kind": "app", "app": "crm", "name": "crm", "title": "CRM"})
}

fn client(properties: Json) -> Json {
    json!({"kind": "form", "app": "crm", "name": "client", "title": "Client", "record": {"type": "object", "properties": properties}})
}

fn refusal(error: EngineError) -> Refusal {
    match error {
        EngineError::Refused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

fn yes() -> Publication {
    Publication { confirm_all: true, ..Publication::default() }
}

async fn create(engine: &Engine, form: &str, values: Json) -> Uuid {
    let id = Uuid::now_v7();
    let mut values = values.as_object().unwrap().clone();
    values.insert("id".into(), json!(id));
    let write = apps::RecordWrite { form: form.into(), id, values, update: false, place: "test".into() };
    SaveSink.write(&cx(engine), vec![write]).await.unwrap();
    id
}

async fn list(engine: &Engine, form: &str) -> Vec<Json> {
    let body = engine
        .list(&cx(engine), form, ListRequest { sort: vec!["created_at".into()], limit: 500, ..ListRequest::default() })
        .await
        .unwrap();
    serde_json::from_slice::<Json>(&body).unwrap()["items"].as_array().unwrap().clone()
}

#[test]
fn a_draft_touches_nothing_and_a_publication_makes_it_live() {
    on_both(|db| async move {
        let engine = open(db.clone()).await;
        save(&engine, app()).await;
        let state = save(&engine, client(json!({"name": {"type": "string"}, "people": {"type": "array", "items": {"type": "object", "properties": {"mail": {"type": "string"}}}}}))).await;
        assert_eq!((state["published"].clone(), state["state"].clone()), (Json::Null, json!("new")));
        assert!(state["draft"]["record"]["properties"]["name"]["field"]["id"].as_str().unwrap().starts_with("c_"));
        assert!(engine.catalog().form("client").is_none());
        let plan = publish::plan(&cx(&engine), &Selection::default()).await.unwrap();
        let published = publish::publish(
            &cx(&engine),
            &Publication { note: "first".into(), plan: Some(plan.hash.clone()), ..Publication::default() },
        )
        .await
        .unwrap();
        assert_eq!(published.revision, 1);
        assert_eq!(
            published.steps.iter().map(|s| s["code"].as_str().unwrap()).collect::<Vec<_>>(),
            ["safe:form/client:create", "safe:app/crm:create"]
        );
        let now = publish::definition(&cx(&engine), Kind::Form, "client", None).await.unwrap();
        assert_eq!(
            (now["state"].clone(), now["draft"].clone(), now["published"]["title"].clone()),
            (json!("published"), Json::Null, json!("Client"))
        );
        create(&engine, "client", json!({"name": "A", "people": [{"mail": "a@b.c"}]})).await;
        assert_eq!(list(&engine, "client").await[0]["people"][0]["mail"], "a@b.c");
        assert_eq!(refusal(publish::publish(&cx(&engine), &yes()).await.unwrap_err()).code.code, "nothing_to_publish");
        let again = open(db).await;
        assert_eq!(again.catalog().revision, 1);
        assert_eq!(list(&again, "client").await.len(), 1, "what is published is there after a start");
    });
}

#[test]
fn loss_must_be_confirmed_and_going_back_brings_the_data() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        let full = client(
            json!({"name": {"type": "string"}, "note": {"type": "string"}, "people": {"type": "array", "items": {"type": "object", "properties": {"mail": {"type": "string"}}}}}),
        );
        save(&engine, full).await;
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        create(&engine, "client", json!({"name": "A", "note": "n", "people": [{"mail": "a@b.c"}]})).await;
        save(&engine, client(json!({"name": {"type": "string"}}))).await;
        let refused = refusal(publish::publish(&cx(&engine), &Publication::default()).await.unwrap_err());
        assert_eq!(refused.code.code, "confirmation_required");
        assert_eq!(
            refused.extra["confirm"],
            json!(["hiding:form/client/note:retire", "hiding:form/client/people:retire"])
        );
        assert_eq!(refused.faults.len(), 2);
        assert_eq!(list(&engine, "client").await[0]["note"], "n");
        let confirm =
            refused.extra["confirm"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_string()).collect();
        let done = publish::publish(&cx(&engine), &Publication { confirm, ..Publication::default() }).await.unwrap();
        assert_eq!((done.revision, done.steps[0]["rows"].clone()), (2, json!(1)));
        assert!(list(&engine, "client").await[0].get("note").is_none());
        let back = publish::rollback(&cx(&engine), 1, &Publication::default()).await.unwrap();
        assert_eq!(back.revision, 3);
        let record = &list(&engine, "client").await[0];
        assert_eq!((record["note"].clone(), record["people"][0]["mail"].clone()), (json!("n"), json!("a@b.c")));
        let history = publish::publications(&cx(&engine), None, Some(2)).await.unwrap();
        assert_eq!(
            history["items"].as_array().unwrap().iter().map(|r| r["revision"].as_i64().unwrap()).collect::<Vec<_>>(),
            [3, 2]
        );
        assert_eq!(refusal(publish::rollback(&cx(&engine), 9, &yes()).await.unwrap_err()).code.code, "not_found");
    });
}

#[test]
fn every_fault_of_all_drafts_is_named_with_its_place() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        save(&engine, client(json!({"a": {"field": {"type": "link", "form": "custmer"}}}))).await;
        save(
            &engine,
            json!({"kind": "role", "app": "crm", "name": "x", "grants": [{"form": "client", "actions": ["reed"]}]}),
        )
        .await;
        let refused = refusal(publish::publish(&cx(&engine), &yes()).await.unwrap_err());
        assert_eq!(refused.code.code, "definition_invalid");
        assert_eq!(refused.faults[0].place(), "form/client/record/properties/a/field/form");
        assert_eq!(refused.faults[0].path, "/record/properties/a/field/form");
        assert_eq!(engine.catalog().revision, 0);
        let wrong = publish::save_draft(&cx(&engine), Kind::Form, "client", json!({"kind": "form", "app": "crm", "name": "client", "record": {"properties": {"id": {"type": "string"}, "b": {"requird": true}}}}), None).await;
        let mut paths: Vec<String> =
            refusal(wrong.unwrap_err()).faults.iter().map(|f| format!("{} {}", f.path, f.code.code)).collect();
        paths.sort();
        assert_eq!(paths, ["/record/properties/b/requird unknown_key", "/record/properties/id reserved_name"]);
    });
}

#[test]
fn of_two_publications_at_once_one_wins_and_a_process_behind_catches_up() {
    on_both(|db| async move {
        let (one, two) = (open(db.clone()).await, open(db).await);
        save(&one, app()).await;
        save(&one, client(json!({"name": {"type": "string"}}))).await;
        let (first, second) = (yes(), yes());
        let (cx_one, cx_two) = (cx(&one), cx(&two));
        let done = tokio::join!(publish::publish(&cx_one, &first), publish::publish(&cx_two, &second));
        let outcomes: Vec<String> = [done.0, done.1]
            .into_iter()
            .map(|d| d.map_or_else(|e| refusal(e).code.code.to_string(), |p| p.revision.to_string()))
            .collect();
        assert!(outcomes.contains(&"1".to_string()), "{outcomes:?}");
        assert!(outcomes.iter().any(|o| o == "publication_conflict" || o == "nothing_to_publish"), "{outcomes:?}");
        for engine in [&one, &two] {
            engine.catch_up().await.unwrap();
            assert_eq!(engine.catalog().revision, 1);
            assert!(engine.catalog().form("client").is_some());
        }
    });
}

#[test]
fn two_designers_do_not_overwrite_each_other_and_what_is_used_is_not_deleted() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        let first = save(&engine, client(json!({"name": {"type": "string"}}))).await;
        let version = first["version"].as_str().unwrap().to_string();
        let cx = cx(&engine);
        publish::save_draft(
            &cx,
            Kind::Form,
            "client",
            client(json!({"name": {"type": "string"}, "b": {"type": "string"}})),
            Some(&version),
        )
        .await
        .unwrap();
        let stale = publish::save_draft(&cx, Kind::Form, "client", client(json!({})), Some(&version)).await;
        assert_eq!(refusal(stale.unwrap_err()).code.code, "draft_conflict");
        save(
            &engine,
            json!({"kind": "role", "app": "crm", "name": "x", "grants": [{"form": "client", "actions": ["read"]}]}),
        )
        .await;
        publish::publish(&cx, &yes()).await.unwrap();
        let used = refusal(publish::delete_definition(&cx, Kind::Form, "client", None, None).await.unwrap_err());
        assert_eq!(
            (used.code.code, used.extra["usage"][0]["at"].clone()),
            ("definition_in_use", json!(["/grants/0/form"]))
        );
        publish::delete_definition(&cx, Kind::Role, "x", None, None).await.unwrap();
        let listed = publish::definitions(&cx, &DefinitionQuery { kind: Some(Kind::Role), app: None }).await.unwrap();
        assert_eq!(listed["items"][0]["state"], "removed");
        publish::discard_draft(&cx, Kind::Role, "x", None, None).await.unwrap();
        assert_eq!(publish::definition(&cx, Kind::Role, "x", None).await.unwrap()["state"], "published");
        // what another app adds to is not taken away under it; the addition itself is
        save(&engine, json!({"kind": "app", "app": "plus", "name": "plus", "title": "Plus", "version": "1.0.0", "requires": {"crm": ">=1"}})).await;
        save(&engine, json!({"kind": "role", "app": "plus", "name": "x", "extends": "crm", "grants": []})).await;
        let extended = refusal(publish::delete_definition(&cx, Kind::Role, "x", Some("crm"), None).await.unwrap_err());
        assert_eq!(
            (extended.code.code, extended.extra["usage"][0]["at"].clone(), extended.extra["people"].clone()),
            ("definition_in_use", json!(["/extends"]), json!(0))
        );
        publish::delete_definition(&cx, Kind::Role, "x", Some("plus"), None).await.unwrap();
    });
}

#[test]
fn a_role_that_people_hold_is_not_published_away_and_follows_its_new_name() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        save(&engine, json!({"kind": "role", "app": "crm", "name": "clerk", "grants": []})).await;
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        // the removal is drafted while nobody has the role
        publish::delete_definition(&cx(&engine), Kind::Role, "clerk", None, None).await.unwrap();
        let ann = json!({"login": "ann", "name": "Ann", "password": "a long enough password", "roles": ["clerk"]});
        let (user, _) = accounts::create_user(&cx(&engine), &ann).await.unwrap();
        let user: Uuid = user["id"].as_str().unwrap().parse().unwrap();
        for refused in [
            publish::plan(&cx(&engine), &Selection::default()).await.map(|_| ()),
            publish::publish(&cx(&engine), &yes()).await.map(|_| ()),
            publish::delete_definition(&cx(&engine), Kind::Role, "clerk", None, None).await,
        ] {
            let refused = refusal(refused.unwrap_err());
            assert_eq!((refused.code.code, refused.extra["people"].clone()), ("definition_in_use", json!(1)));
        }
        assert!(engine.catalog().role("clerk").is_some());
        publish::discard_draft(&cx(&engine), Kind::Role, "clerk", None, None).await.unwrap();
        let now = publish::definition(&cx(&engine), Kind::Role, "clerk", None).await.unwrap();
        let mut doc = now["published"].clone();
        doc["name"] = json!("desk_clerk");
        publish::save_draft(&cx(&engine), Kind::Role, "clerk", doc, None).await.unwrap();
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        let roles = accounts::user(&cx(&engine), user).await.unwrap()["roles"].clone();
        assert_eq!(roles[0]["role"], "desk_clerk", "{roles}");
        accounts::update_user(&cx(&engine), user, &json!({"roles": []}), None).await.unwrap();
        publish::delete_definition(&cx(&engine), Kind::Role, "desk_clerk", None, None).await.unwrap();
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        assert!(engine.catalog().role("desk_clerk").is_none());
    });
}

#[test]
fn a_default_by_expression_is_filled_in_where_nothing_was_sent_and_follows_a_rename() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        let doc = |boss: &str| {
            client(json!({
                "free": {"type": "boolean", "readOnly": true, "default": {"expression": format!("ISBLANK({boss})")}},
                boss: {"type": "string", "field": {"id": "c_01jd3w0000000000000000bass"}},
                "rank": {"type": "string", "enum": ["A", "B"], "default": {"expression": "IF(size > 10, \"A\", \"B\")"}},
                "size": {"type": "number", "multipleOf": 0.01, "default": {"expression": "twice / 3"}},
                "twice": {"field": {"type": "formula", "expression": "base * 2"}},
                "base": {"type": "integer", "default": 20},
                "due": {"type": "string", "format": "date", "default": {"expression": "TODAY() + 30"}}}))
        };
        save(&engine, doc("boss")).await;
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        create(&engine, "client", json!({})).await;
        create(&engine, "client", json!({"boss": "Li", "base": 3, "due": null})).await;
        create(&engine, "client", json!({"size": 99, "rank": "B", "free": false})).await;
        let seen: Vec<Json> = list(&engine, "client")
            .await
            .iter()
            .map(|r| json!([r["free"], r["rank"], r["size"].to_string(), r["due"]]))
            .collect();
        assert_eq!(
            seen,
            [
                json!([true, "A", "13.33", "2026-12-20"]),
                json!([false, "B", "2", null]),
                json!([false, "B", "99", "2026-12-20"])
            ]
        );
        save(&engine, doc("chief")).await;
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        let now = publish::definition(&cx(&engine), Kind::Form, "client", None).await.unwrap();
        assert_eq!(now["published"]["record"]["properties"]["free"]["default"]["expression"], "ISBLANK(chief)");
        create(&engine, "client", json!({"chief": "Li"})).await;
        assert_eq!(list(&engine, "client").await.last().unwrap()["free"], false);
    });
}

#[test]
fn one_draft_one_plan_and_one_check_name_every_fault() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        let unfinished = json!({"kind": "form", "app": "crm", "name": "deal", "title_field": "nowhere", "views": [{"name": "v", "fields": ["client.name", "gone"]}],
            "record": {"type": "object", "properties": {"client": {"type": "string", "field": {"type": "link", "form": "clent"}}, "note": {"type": "object"}}}});
        let saved = save(&engine, unfinished.clone()).await;
        let places = |faults: &Json| -> Vec<(String, String)> {
            let text = |f: &Json, key: &str| f[key].as_str().unwrap().to_string();
            faults.as_array().unwrap().iter().map(|f| (text(f, "field"), text(f, "code"))).collect()
        };
        let wanted: Vec<(String, String)> = [
            ("/title_field", "unknown_field"),
            ("/record/properties/client/field/form", "unknown_reference"),
            ("/views/0/fields/1", "unknown_field"),
        ]
        .map(|(at, code)| (at.to_string(), code.to_string()))
        .into();
        assert_eq!(places(&saved["faults"]), wanted, "a draft may be incomplete");
        assert_eq!(saved["faults"][0]["definition"], json!({"kind": "form", "app": "crm", "name": "deal"}));
        let planned = refusal(publish::plan(&cx(&engine), &Selection::default()).await.err().unwrap());
        let told: Vec<(String, String)> =
            planned.faults.iter().map(|f| (f.path.clone(), f.code.code.to_string())).collect();
        assert_eq!(told, wanted);
        let mut misspelt = unfinished.clone();
        misspelt["record"]["requird"] = json!(["client"]);
        let refused =
            refusal(publish::save_draft(&cx(&engine), Kind::Form, "deal", misspelt.clone(), None).await.unwrap_err());
        assert_eq!(refused.faults.len(), 4, "{:?}", refused.faults);
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("forms")).unwrap();
        std::fs::write(folder.path().join("app.json"), app().to_string()).unwrap();
        std::fs::write(folder.path().join("forms/deal.json"), misspelt.to_string()).unwrap();
        let found = apps::check(folder.path()).unwrap();
        let mut lines: Vec<String> = found.faults.iter().map(|f| format!("{}{}", f.file, f.fault.path)).collect();
        lines.sort();
        assert_eq!(
            lines,
            [
                "forms/deal.json/record/properties/client/field/form",
                "forms/deal.json/record/requird",
                "forms/deal.json/title_field",
                "forms/deal.json/views/0/fields/1"
            ]
        );
        let applied = refusal(apps::apply(&cx(&engine), folder.path(), true, false).await.err().unwrap());
        let mut places: Vec<String> = applied.faults.iter().map(formwright_core::diagnostic::Fault::place).collect();
        places.sort();
        assert_eq!(places, lines);
        // mended, it is published; what its schema says beyond fields is noted wherever it is looked at
        save(&engine, client(json!({"name": {"type": "string"}}))).await;
        let whole = json!({"kind": "form", "app": "crm", "name": "deal", "record": {"type": "object", "properties": {
            "client": {"type": "string", "field": {"type": "link", "form": "client"}}, "note": {"type": "object"}}}});
        assert_eq!(save(&engine, whole).await["faults"], json!([]));
        let plan = publish::plan(&cx(&engine), &Selection::default()).await.unwrap();
        let notices = plan.to_json(formwright_core::text::Locale::En)["notices"].clone();
        assert_eq!(
            (notices[0]["field"].clone(), notices[0]["code"].clone()),
            (json!("/record/properties/note"), json!("not_mapped"))
        );
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        let described = engine.describe_form(&cx(&engine), "deal").unwrap();
        assert_eq!(described["notices"][0]["field"], "/record/properties/note");
    });
}

#[test]
fn a_renamed_form_and_field_keep_their_records() {
    on_both(|db| async move {
        let engine = open(db).await;
        save(&engine, app()).await;
        save(&engine, client(json!({"note": {"type": "string"}}))).await;
        save(&engine, json!({"kind": "role", "app": "crm", "name": "staff", "grants": [{"form": "client", "actions": ["read"], "hidden": ["note"]}]})).await;
        publish::publish(&cx(&engine), &yes()).await.unwrap();
        create(&engine, "client", json!({"note": "kept"})).await;
        let mut doc = publish::definition(&cx(&engine), Kind::Form, "client", None).await.unwrap()["published"].clone();
        doc["name"] = json!("customer");
        let note = doc["record"]["properties"]["note"].clone();
        doc["record"]["properties"] = json!({ "remark": note });
        publish::save_draft(&cx(&engine), Kind::Form, "client", doc, None).await.unwrap();
        let done = publish::publish(&cx(&engine), &Publication::default()).await.unwrap();
        assert_eq!(
            done.steps.iter().map(|s| s["code"].as_str().unwrap()).collect::<Vec<_>>(),
            ["safe:form/customer:rename", "safe:form/customer/remark:rename", "safe:role/staff:change"]
        );
        let role = publish::definition(&cx(&engine), Kind::Role, "staff", None).await.unwrap();
        assert_eq!(
            (role["published"]["grants"][0]["form"].clone(), role["published"]["grants"][0]["hidden"].clone()),
            (json!("customer"), json!(["remark"]))
        );
        assert_eq!(list(&engine, "customer").await[0]["remark"], "kept");
        assert!(engine.catalog().form("client").is_none());
    });
}

#[test]
fn a_shipped_app_is_installed_with_its_records_exported_and_applied_elsewhere() {
    on_both(|db| async move {
        let engine = open(db).await;
        let loaded =
            apps::install(&cx(&engine), "trade_crm", Some("plywood and hardware"), &mut SaveSink).await.unwrap();
        assert_eq!(loaded.known, 0);
        assert!(loaded.created["customer"] > 20 && loaded.created["payment_term"] > 2, "{loaded:?}");
        let customers = list(&engine, "customer").await;
        assert_eq!(customers.len(), loaded.created["customer"]);
        assert!(customers.iter().all(|c| c["owner"].is_string()));
        let again =
            apps::install(&cx(&engine), "trade_crm", Some("plywood and hardware"), &mut SaveSink).await.unwrap();
        assert!(again.created.is_empty() && again.known > 100, "what is there is left alone: {again:?}");

        let folder = tempfile::tempdir().unwrap();
        for app in ["trade_base", "trade_crm"] {
            apps::export(&cx(&engine), app, &folder.path().join(app)).await.unwrap();
        }
        let found = apps::check(&folder.path().join("trade_crm")).unwrap();
        assert!(found.definitions > 10 && found.faults.is_empty() && found.notices.is_empty(), "{found:?}");
        let revision = engine.catalog().revision;
        let same = apps::apply(&cx(&engine), &folder.path().join("trade_crm"), false, false).await.unwrap();
        assert!(same.published.is_none() && same.planned.changes_nothing());
        assert_eq!(engine.catalog().revision, revision);
        let zip = apps::export_zip(&cx(&engine), "trade_crm").await.unwrap();
        assert_eq!(apps::read_zip(&zip).unwrap(), apps::app_files(&cx(&engine), "trade_crm").await.unwrap());
    });
}

#[test]
fn an_app_applied_to_an_empty_installation_exports_the_same_files() {
    on_both(|db| async move {
        let engine = open(db).await;
        let files = [
            ("app.json", app()),
            (
                "forms/client.json",
                client(json!({"name": {"type": "string"}, "land": {"field": {"type": "choice", "options": "lands"}}})),
            ),
            (
                "options/lands.json",
                json!({"kind": "options", "app": "crm", "name": "lands", "items": [{"value": "DE"}]}),
            ),
        ];
        let files = files.into_iter().map(|(name, doc)| (name.to_string(), doc.to_string().into_bytes())).collect();
        let done = apps::apply_files(&cx(&engine), &files, false, &Publication::default()).await.unwrap();
        assert_eq!(done.published.unwrap().revision, 1);
        let first = apps::app_files(&cx(&engine), "crm").await.unwrap();
        let mut more = first.clone();
        let mut doc: Json = serde_json::from_slice(&first["forms/client.json"]).unwrap();
        doc["record"]["properties"]["phone"] = json!({"type": "string", "title": "Phone"});
        more.insert("forms/client.json".into(), doc.to_string().into_bytes());
        let plan = apps::apply_files(&cx(&engine), &more, true, &Publication::default()).await.unwrap();
        assert!(apps::plan_text(&plan.planned, formwright_core::text::Locale::En).contains("form/client/phone"));
        assert_eq!(apps::app_files(&cx(&engine), "crm").await.unwrap(), first, "a plan publishes nothing");

        let folder = tempfile::tempdir().unwrap();
        let other =
            Db::open_sqlite(&folder.path().join("other.db"), formwright_store::SqliteOptions::default()).await.unwrap();
        let other = open(other).await;
        apps::apply_files(&cx(&other), &first, false, &Publication::default()).await.unwrap();
        assert_eq!(apps::app_files(&cx(&other), "crm").await.unwrap(), first);
    });
}

#[test]
fn what_breaks_a_test_of_its_app_is_not_published() {
    on_both(|db| async move {
        let engine = open(db).await;
        let files = |limit: u32| -> BTreeMap<String, Vec<u8>> {
            let test = json!({"title": "Names of five letters are good",
                "do": {"create": {"form": "client", "name": "c", "values": {"name": "Meier"}}}, "expect": {"values": {"c": {"name": "Meier"}}}});
            [
                ("app.json", app()),
                ("forms/client.json", client(json!({"name": {"type": "string", "maxLength": limit}}))),
                ("tests/names.json", test),
            ]
            .into_iter()
            .map(|(name, doc)| (name.to_string(), doc.to_string().into_bytes()))
            .collect()
        };
        let all = Publication { confirm_all: true, ..Publication::default() };
        apps::apply_files(&cx(&engine), &files(5), false, &all).await.unwrap();
        let refused = apps::apply_files(&cx(&engine), &files(4), false, &all).await;
        let Err(formwright_engine::EngineError::Refused(refusal)) = refused else { panic!("refused") };
        let places: Vec<_> = refusal.faults.iter().map(|f| format!("{} {}", f.place(), f.code.code)).collect();
        assert_eq!(
            places,
            ["tests/names.json/expect/faults test_failed", "tests/names.json/expect/values/c test_failed"]
        );
        assert_eq!(engine.catalog().revision, 1, "nothing was published");
        assert!(apps::apply_files(&cx(&engine), &files(4), true, &all).await.is_ok(), "a plan plays nothing");
    });
}
