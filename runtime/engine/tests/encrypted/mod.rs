//! Encrypted fields: what can be done with them and what cannot, and that the database never holds them.

mod conversion;
mod rotation;
mod traces;
mod vouched;

use super::house::{House, code, rows_of};
use super::support::{on_both, run};
use formwright_core::definition::Document;
use formwright_engine::exchange::{ExportRequest, ImportMode, ImportRequest};
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication, Published};
use formwright_engine::records::{ListRequest, ReadRequest};
use formwright_engine::{Context, Engine, EngineError, Settings};
use formwright_exchange::source::Cell;
use formwright_store::idempotency::IdempotencyKey;
use formwright_store::{Db, Snapshot, StoreError};
use serde_json::{Map, Value as Json, json};
use traces::left_in;
use uuid::Uuid;

const BANK: &str = "DE89 3704 0044 0532 0130 00";
const NOTE: &str = "pays late, threatened to sue";
const MAIL: &str = "karl.secret@example.com";

/// Where the tests' definitions are changed: properties of the form, and members of its document.
fn supplier(properties: Json, members: Json) -> Json {
    let mut record = json!({
        "name": {"type": "string", "title": "Name"},
        "bank": {"type": "string", "title": "Bank", "field": {"type": "text", "unique": true, "encrypted": {"exact": true}}},
        "note": {"type": "string", "title": "Note", "field": {"type": "long_text", "encrypted": true}},
        "phone": {"type": "string", "title": "Phone", "field": {"type": "text", "format": "phone", "encrypted": true}},
        "people": {"type": "array", "title": "People", "field": {"type": "table"}, "items": {"type": "object", "properties": {
            "who": {"type": "string", "title": "Who"},
            "mail": {"type": "string", "title": "Mail", "field": {"type": "text", "format": "email", "encrypted": {"exact": true}}}}}}});
    for (name, property) in properties.as_object().unwrap() {
        record[name] = property.clone();
    }
    let mut form = json!({"kind": "form", "app": "buying", "name": "supplier", "title": "Supplier", "title_field": "name", "key": "bank",
        "search": ["name"], "record": {"type": "object", "required": ["name"], "properties": record}});
    for (key, member) in members.as_object().unwrap() {
        form[key] = member.clone();
    }
    form
}

fn documents(form: Json) -> Vec<Json> {
    let all = json!(["read", "create", "update", "export", "import", "delete"]);
    vec![
        json!({"kind": "app", "name": "buying", "app": "buying", "title": "Buying", "version": "1.0.0", "locale": "en"}),
        form,
        json!({"kind": "form", "app": "buying", "name": "order", "title": "Order", "record": {"type": "object", "properties": {
            "no": {"type": "string"}, "supplier": {"type": "string", "field": {"type": "link", "form": "supplier"}}}}}),
        json!({"kind": "role", "app": "buying", "name": "buyer", "grants": [
            {"form": "supplier", "actions": all}, {"form": "order", "actions": all}]}),
        json!({"kind": "role", "app": "buying", "name": "clerk", "grants": [
            {"form": "supplier", "actions": all, "hidden": ["bank", "people.mail"]}, {"form": "order", "actions": all}]}),
        json!({"kind": "role", "app": "buying", "name": "teller", "grants": [
            {"form": "supplier", "actions": ["read", "export"], "mask": {"bank": "last4"}},
            {"form": "supplier", "actions": ["read"], "rows": {"field": "name", "op": "eq", "value": "Open"}}]}),
    ]
}

async fn open(db: Db) -> House {
    House::open(db, documents(supplier(json!({}), json!({})))).await
}

async fn change(house: &House, form: Json) -> Result<Published, EngineError> {
    let cx = house.system();
    let document = Document::read(form.clone()).unwrap();
    publish::save_draft(&cx, document.key.kind, &document.key.name, form, None).await?;
    publish::publish(&house.system(), &Publication { confirm_all: true, ..Default::default() }).await
}

async fn create(engine: &Engine, cx: &Context, form: &str, body: Json) -> Result<Json, EngineError> {
    let answer = engine.create(cx, form, body.as_object().unwrap().clone(), None).await?;
    Ok(serde_json::from_slice(&answer.body).unwrap())
}

fn karl() -> Json {
    json!({"name": "Karl", "bank": BANK, "note": NOTE, "phone": "+49 151 234567", "people": [{"who": "Karl", "mail": MAIL}, {"who": "Ina"}]})
}

fn id(record: &Json) -> Uuid {
    record["id"].as_str().unwrap().parse().unwrap()
}

async fn read(house: &House, cx: &Context, of: &Json) -> Json {
    let answer = house.engine.read(cx, "supplier", id(of), &ReadRequest::default()).await.unwrap();
    serde_json::from_slice(&answer.body).unwrap()
}

async fn names(house: &House, cx: &Context, filter: Json) -> Result<Vec<String>, EngineError> {
    let request = ListRequest { filter: Some(filter), sort: vec!["name".into()], ..ListRequest::default() };
    let page: Json = serde_json::from_slice(&house.engine.list(cx, "supplier", request).await?).unwrap();
    Ok(page["items"].as_array().unwrap().iter().map(|r| r["name"].as_str().unwrap().to_string()).collect())
}

fn term(field: &str, op: &str, value: Json) -> Json {
    json!({"field": field, "op": op, "value": value})
}

/// The codes and places of what stands in the way.
fn faults(error: &EngineError) -> Vec<(String, String)> {
    match error {
        EngineError::Refused(r) => r.faults.iter().map(|f| (f.code.code.to_string(), f.path.clone())).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_encrypted_value_comes_back_to_whoever_may_see_it_wherever_records_are_shown() {
    on_both(|db| async move {
        let house = open(db).await;
        let (buyer, clerk) = (house.person("bea", &["buyer"]).await, house.person("cem", &["clerk"]).await);
        let made = create(&house.engine, &buyer, "supplier", karl()).await.unwrap();
        for (key, value) in [("bank", BANK), ("note", NOTE), ("phone", "+49 151 234567")] {
            assert_eq!(made[key], value);
        }
        assert_eq!(read(&house, &buyer, &made).await["people"][0]["mail"], MAIL);
        assert_eq!(house.records(&buyer, "supplier").await[0]["bank"], BANK);
        let order = json!({"no": "1", "supplier": made["id"]});
        create(&house.engine, &buyer, "order", order).await.unwrap();
        for (cx, bank) in [(&buyer, json!(BANK)), (&clerk, Json::Null)] {
            let request = ListRequest { expand: vec!["supplier".into()], ..ListRequest::default() };
            let page: Json = serde_json::from_slice(&house.engine.list(cx, "order", request).await.unwrap()).unwrap();
            assert_eq!(page["items"][0]["supplier"].get("bank").cloned().unwrap_or_default(), bank);
            assert_eq!(page["items"][0]["supplier"]["note"], NOTE);
        }
        let request = ListRequest { select: vec!["no".into(), "supplier.bank".into()], ..ListRequest::default() };
        let page: Json = serde_json::from_slice(&house.engine.list(&buyer, "order", request).await.unwrap()).unwrap();
        assert_eq!(page["items"][0]["supplier"]["bank"], BANK);
        let seen = read(&house, &clerk, &made).await;
        assert!(seen.get("bank").is_none() && seen["people"][0].get("mail").is_none(), "{seen}");
        let answer = house.engine.update(
            &buyer,
            "supplier",
            id(&made),
            object(json!({"phone": "+49 110 2345", "note": ""})),
            None,
        );
        let changed: Json = serde_json::from_slice(&answer.await.unwrap().body).unwrap();
        assert_eq!(
            (&changed["phone"], &changed["note"], &changed["bank"]),
            (&json!("+49 110 2345"), &json!(""), &json!(BANK))
        );
    });
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

#[test]
fn only_equality_and_emptiness_are_asked_of_encrypted_fields_and_only_where_they_say_so() {
    on_both(|db| async move {
        let house = open(db).await;
        let cx = house.person("bea", &["buyer"]).await;
        create(&house.engine, &cx, "supplier", karl()).await.unwrap();
        create(&house.engine, &cx, "supplier", json!({"name": "Ida", "bank": "other", "note": " "})).await.unwrap();
        create(&house.engine, &cx, "supplier", json!({"name": "Nobody"})).await.unwrap();
        let folded = format!("  {}", BANK.to_lowercase());
        for (filter, found) in [
            (term("bank", "eq", json!(BANK)), vec!["Karl"]),
            (term("bank", "eq", json!(folded)), vec!["Karl"]),
            (term("bank", "eq", json!("DE89")), vec![]),
            (term("bank", "ne", json!(BANK)), vec!["Ida", "Nobody"]),
            (term("bank", "in", json!([BANK, "OTHER", "x"])), vec!["Ida", "Karl"]),
            (term("bank", "not_in", json!(["other"])), vec!["Karl", "Nobody"]),
            (json!({"field": "bank", "op": "is_empty"}), vec!["Nobody"]),
            (json!({"field": "note", "op": "is_empty"}), vec!["Ida", "Nobody"]),
            (json!({"field": "phone", "op": "not_empty"}), vec!["Karl"]),
            (term("people.mail", "eq", json!(MAIL)), vec!["Karl"]),
            (json!({"not": term("people.mail", "eq", json!(MAIL))}), vec!["Ida", "Nobody"]),
        ] {
            assert_eq!(names(&house, &cx, filter.clone()).await.unwrap(), found, "{filter}");
        }
        for (field, op) in [
            ("bank", "contains"),
            ("bank", "starts_with"),
            ("bank", "gt"),
            ("bank", "between"),
            ("note", "eq"),
            ("phone", "in"),
            ("people.mail", "ends_with"),
        ] {
            let value = if op == "in" { json!(["1"]) } else { json!("1") };
            let error = names(&house, &cx, term(field, op, value)).await.unwrap_err();
            assert_eq!(code(&error), "field_encrypted", "{field} {op}");
        }
        let sorted = ListRequest { sort: vec!["bank".into()], ..ListRequest::default() };
        assert_eq!(code(&house.engine.list(&cx, "supplier", sorted).await.unwrap_err()), "field_encrypted");
        for body in [
            json!({"group": [{"field": "bank"}], "measures": [{"function": "count"}]}),
            json!({"measures": [{"function": "max", "field": "bank"}]}),
            json!({"measures": [{"function": "count_distinct", "field": "note"}]}),
        ] {
            let error = house.engine.aggregate(&cx, "supplier", object(body)).await.unwrap_err();
            assert_eq!(code(&error), "field_encrypted");
        }
        let counted = json!({"measures": [{"function": "count", "field": "bank", "name": "n"}]});
        let counted = house.engine.aggregate(&cx, "supplier", object(counted)).await.unwrap();
        assert_eq!(counted["rows"][0]["n"], 2, "{counted}");
        let searched = ListRequest { q: Some("3704".into()), ..ListRequest::default() };
        let page: Json = serde_json::from_slice(&house.engine.list(&cx, "supplier", searched).await.unwrap()).unwrap();
        assert_eq!(page["items"], json!([]));
        let view =
            json!({"form": "supplier", "title": "Karl's", "type": "table", "filter": term("bank", "eq", json!(BANK))});
        let error = house.engine.create_view(&cx, object(view)).await.unwrap_err();
        assert_eq!(faults(&error), [("value_not_kept".to_string(), "filter".to_string())]);
    });
}

#[test]
fn what_must_be_unique_is_so_whatever_its_case_and_space_are() {
    on_both(|db| async move {
        let house = open(db).await;
        let cx = house.system();
        create(&house.engine, &cx, "supplier", karl()).await.unwrap();
        let again = json!({"name": "Karl again", "bank": format!(" {}  ", BANK.to_lowercase())});
        let error = create(&house.engine, &cx, "supplier", again).await.unwrap_err();
        assert_eq!(faults(&error), [("duplicate".to_string(), "bank".to_string())]);
        for name in ["A", "B"] {
            create(&house.engine, &cx, "supplier", json!({"name": name, "bank": ""})).await.unwrap();
        }
    });
}

#[test]
fn part_of_a_value_is_shown_where_a_grant_shows_only_that() {
    on_both(|db| async move {
        let house = open(db).await;
        let teller = house.person("tea", &["teller"]).await;
        for (name, bank) in [("Karl", BANK), ("Open", "AT61 1904"), ("Short", "1234"), ("None", "")] {
            create(&house.engine, &house.system(), "supplier", json!({"name": name, "bank": bank})).await.unwrap();
        }
        let list = house.records(&teller, "supplier").await;
        let of = |name: &str| list.iter().find(|r| r["name"] == name).unwrap()["bank"].clone();
        assert_eq!(
            [of("Karl"), of("Open"), of("Short"), of("None")],
            [json!("••••0 00"), json!("AT61 1904"), json!(null), json!(null)]
        );
        assert_eq!(names(&house, &teller, term("bank", "eq", json!(BANK))).await.unwrap(), Vec::<String>::new());
        assert_eq!(names(&house, &teller, term("bank", "eq", json!("at61 1904"))).await.unwrap(), ["Open"]);
        let (bytes, _) = house.export(&teller, "supplier", ExportRequest::default()).await.unwrap();
        let (head, rows) = rows_of(&bytes);
        let at = head.iter().position(|h| h == "Bank").unwrap();
        let shown: Vec<String> = rows.iter().filter_map(|row| row.get(at)).map(Cell::shown).collect();
        assert!(shown.contains(&"••••0 00".to_string()) && shown.iter().all(|s| !s.contains("3704")), "{shown:?}");
        let clerk = house.person("cem", &["clerk"]).await;
        let (bytes, _) = house.export(&clerk, "supplier", ExportRequest::default()).await.unwrap();
        assert!(!rows_of(&bytes).0.contains(&"Bank".to_string()));
        let buyer = house.person("bea", &["buyer"]).await;
        let (bytes, _) = house.export(&buyer, "supplier", ExportRequest::default()).await.unwrap();
        assert!(rows_of(&bytes).1.iter().any(|row| row.iter().any(|cell| cell.shown() == BANK)));
    });
}

#[test]
fn history_and_the_record_at_a_time_give_what_was_there_under_the_mask_of_today() {
    on_both(|db| async move {
        let house = open(db).await;
        let (buyer, clerk) = (house.person("bea", &["buyer"]).await, house.person("cem", &["clerk"]).await);
        let made = create(&house.engine, &house.system(), "supplier", karl()).await.unwrap();
        house.pass(1);
        let row = made["people"][0]["id"].clone();
        let body = object(json!({"bank": "NEW", "people": [{"id": row, "who": "Karl", "mail": "new@example.com"}]}));
        house.engine.update(&house.system(), "supplier", id(&made), body, None).await.unwrap();
        let history = house.engine.history(&buyer, "supplier", id(&made), None, 10).await.unwrap();
        let changes = history["items"][0]["changes"].as_array().unwrap();
        let of = |name: &str| changes.iter().find(|c| c["field"] == name).unwrap().clone();
        assert_eq!((&of("bank")["from"], &of("bank")["to"]), (&json!(BANK), &json!("NEW")));
        assert_eq!(of("people")["from"][0]["mail"], MAIL);
        assert_eq!(of("people")["to"][0]["mail"], "new@example.com");
        let hidden = house.engine.history(&clerk, "supplier", id(&made), None, 10).await.unwrap().to_string();
        assert!(!hidden.contains("bank") && !hidden.contains("mail") && hidden.contains("Karl"), "{hidden}");
        let request = ReadRequest { as_of: Some("2026-11-20T10:30:00Z".into()), ..ReadRequest::default() };
        for (cx, bank) in [(&buyer, Some(json!(BANK))), (&clerk, None)] {
            let answer = house.engine.read(cx, "supplier", id(&made), &request).await.unwrap();
            let then: Json = serde_json::from_slice(&answer.body).unwrap();
            assert_eq!(then.get("bank").cloned(), bank);
        }
        let stale = house.engine.update(&buyer, "supplier", id(&made), object(json!({"bank": "X"})), Some(1)).await;
        let EngineError::Refused(refusal) = stale.unwrap_err() else { panic!() };
        assert_eq!(refusal.extra["changed_fields"], json!(["bank", "people"]));
    });
}

#[test]
fn a_ciphertext_that_was_moved_is_a_fault_and_never_shown() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        let cx = house.system();
        let karl = create(&house.engine, &cx, "supplier", karl()).await.unwrap();
        let ida = create(&house.engine, &cx, "supplier", json!({"name": "Ida", "note": "kind"})).await.unwrap();
        let form = house.engine.catalog().form("supplier").unwrap().clone();
        let (table, note) = (format!("d_{}", form.id), form.field("note").unwrap().1.column());
        let phone = form.field("phone").unwrap().1.column();
        let rid = |name: &str| {
            format!(
                "(SELECT x.\"{note}\" FROM \"{table}\" x WHERE x.\"{}\" = '{name}')",
                form.field("name").unwrap().1.id
            )
        };
        let moved = format!("UPDATE \"{table}\" SET \"{note}\" = {} WHERE \"{note}\" <> {}", rid("Karl"), rid("Karl"));
        assert_eq!(run(&db, moved.leak()).await.unwrap(), 1);
        let error = house.engine.read(&cx, "supplier", id(&ida), &ReadRequest::default()).await.unwrap_err();
        assert!(matches!(error, EngineError::Store(StoreError::Damaged(_))), "{error:?}");
        assert!(!format!("{error:?}").contains("sue"));
        assert_eq!(read(&house, &cx, &karl).await["note"], NOTE);
        // nor does it open in another field of the same record
        let across = format!("UPDATE \"{table}\" SET \"{phone}\" = \"{note}\" WHERE \"{phone}\" IS NOT NULL");
        assert_eq!(run(&db, across.leak()).await.unwrap(), 1);
        assert!(house.engine.read(&cx, "supplier", id(&karl), &ReadRequest::default()).await.is_err());
    });
}

#[test]
fn another_key_is_refused_at_the_start() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        create(&house.engine, &house.system(), "supplier", karl()).await.unwrap();
        let other = Keys::from_bytes([8; 32]).unwrap();
        let now = house.engine.now();
        assert!(Engine::open_with(db.clone(), Settings::default(), other, move || now).await.is_err());
        let same = Keys::from_bytes([7; 32]).unwrap();
        let again = Engine::open_with(db, Settings::default(), same, move || now).await.unwrap();
        let page = again.list(&Context::system(&again, "test"), "supplier", ListRequest::default()).await.unwrap();
        assert!(String::from_utf8(page).unwrap().contains(BANK));
    });
}

#[test]
fn whatever_would_need_the_plain_text_is_refused_where_it_stands() {
    on_both(|db| async move {
        let house = open(db).await;
        let field = |more: Json| json!({"type": "string", "field": more});
        for (properties, members, place) in [
            (json!({}), json!({"title_field": "bank"}), "/title_field"),
            (json!({}), json!({"key": "note"}), "/key"),
            (json!({}), json!({"search": ["name", "bank"]}), "/search/1"),
            (json!({}), json!({"search": ["people.mail"]}), "/search/0"),
            (json!({}), json!({"search": ["people"]}), "/search/0"),
            (json!({}), json!({"indexes": [["bank"]]}), "/indexes/0"),
            (json!({}), json!({"unique": [["name", "phone"]]}), "/unique/0"),
            (json!({}), json!({"tell": ["note"]}), "/tell/0"),
            (
                json!({}),
                json!({"duplicate_check": [{"name": "d", "fields": ["phone"], "on_hit": "warn"}]}),
                "/duplicate_check/0/fields/0",
            ),
            (json!({}), json!({"views": [{"name": "v", "type": "table", "sort": ["bank"]}]}), "/views/0/sort/0"),
            (
                json!({}),
                json!({"views": [{"name": "v", "type": "table", "filter": term("note", "contains", json!("a"))}]}),
                "/views/0/filter/op",
            ),
            (json!({}), json!({"views": [{"name": "v", "type": "kanban", "group": "bank"}]}), "/views/0/group"),
            (
                json!({"short": {"field": {"type": "formula", "expression": "LEFT(bank, 4)"}}}),
                json!({}),
                "/record/properties/short/field/expression",
            ),
            (
                json!({"n": {"field": {"type": "formula", "expression": "LEN(note)"}}}),
                json!({}),
                "/record/properties/n/field/expression",
            ),
            (
                json!({"no": field(json!({"type": "serial", "pattern": "{bank}-{seq:3}"}))}),
                json!({}),
                "/record/properties/no/field/pattern",
            ),
            (
                json!({"code": field(json!({"type": "text", "unique": true, "encrypted": true}))}),
                json!({}),
                "/record/properties/code/field/unique",
            ),
        ] {
            let error = change(&house, supplier(properties, members)).await.unwrap_err();
            let found = faults(&error);
            assert!(
                found.len() == 1 && found[0].0 == "field_encrypted" && found[0].1.ends_with(place),
                "{place}: {found:?}"
            );
        }
        for (property, found) in [
            (json!({"type": "number", "field": {"type": "number", "encrypted": true}}), "kind_not_offered"),
            (field(json!({"type": "text", "encrypted": "yes"})), "wrong_type"),
            (field(json!({"type": "text", "encrypted": {"deterministic": true}})), "unknown_key"),
            (json!({"field": {"type": "formula", "expression": "LEN(note)", "encrypted": true}}), "kind_not_offered"),
        ] {
            let error = change(&house, supplier(json!({"extra": property}), json!({}))).await.unwrap_err();
            assert_eq!(faults(&error).first().map(|f| f.0.as_str()), Some(found));
        }
    });
}

#[test]
fn a_formula_that_is_encrypted_itself_reads_encrypted_fields() {
    on_both(|db| async move {
        let house = open(db).await;
        let cx = house.system();
        let karl = create(&house.engine, &cx, "supplier", karl()).await.unwrap();
        let short = json!({"field": {"type": "formula", "expression": "LEFT(bank, 4)", "encrypted": {"exact": true}}});
        change(&house, supplier(json!({"short": short}), json!({}))).await.unwrap();
        let cx = house.system();
        assert_eq!(read(&house, &cx, &karl).await["short"], "DE89");
        house.engine.update(&cx, "supplier", id(&karl), object(json!({"bank": "AT61 1"})), None).await.unwrap();
        assert_eq!(read(&house, &cx, &karl).await["short"], "AT61");
        assert_eq!(names(&house, &cx, term("short", "eq", json!("at61"))).await.unwrap(), ["Karl"]);
        let no_longer_exact = json!({"field": {"type": "formula", "expression": "LEFT(bank, 4)", "encrypted": true}});
        change(&house, supplier(json!({"short": no_longer_exact}), json!({}))).await.unwrap();
        assert_eq!(read(&house, &house.system(), &karl).await["short"], "AT61");
    });
}

#[test]
fn an_import_finds_records_by_an_encrypted_key_and_duplicates_by_encrypted_fields() {
    on_both(|db| async move {
        let rule = json!({"duplicate_check": [{"name": "same bank", "fields": [{"field": "bank", "as": "normalized"}], "on_hit": "warn"}]});
        let house = House::open(db, documents(supplier(json!({}), rule))).await;
        let cx = house.person("bea", &["buyer"]).await;
        let karl = create(&house.engine, &cx, "supplier", karl()).await.unwrap();
        let file = format!("Name,Bank\nKarl & Sons,{}\nIda,AT61 1904\n", BANK.to_lowercase());
        let request = ImportRequest { mode: ImportMode::Upsert, key: vec!["bank".into()], ..ImportRequest::default() };
        let job = house.import(&cx, "supplier", file.as_bytes(), request).await.unwrap();
        assert_eq!((&job["summary"]["created"], &job["summary"]["updated"]), (&json!(1), &json!(1)), "{job}");
        assert_eq!(read(&house, &cx, &karl).await["name"], "Karl & Sons");
        let draft = object(json!({"bank": format!("{} ", BANK.to_lowercase())}));
        let hits = house.engine.duplicates(&cx, "supplier", draft).await.unwrap();
        assert_eq!(hits["hits"][0]["record"]["title"], "Karl & Sons", "{hits}");
    });
}
