//! Formulas are worked out with each save, stay read-only, and follow what is published; so do the rules of a form. Alike on
//! both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "formulas/conditions.rs"]
mod conditions;
#[path = "linked/mod.rs"]
mod linked;
#[path = "formulas/rules.rs"]
mod rules;
#[path = "../../store/tests/support/mod.rs"]
mod support;

use chrono::{DateTime, Utc};
use formwright_core::definition::Kind;
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::{ListRequest, ReadRequest};
use formwright_engine::{Context, Engine, EngineError, Refusal, Settings};
use formwright_store::{Db, Ident, Val};
use serde_json::{Map, Value as Json, json};
use std::sync::{Arc, Mutex};
use support::on_both;
use uuid::Uuid;

async fn open(db: Db) -> Engine {
    let engine = Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), || {
        "2026-11-20T01:00:00Z".parse().unwrap()
    })
    .await
    .unwrap();
    draft(&engine, json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop"})).await;
    engine
}

fn cx(engine: &Engine) -> Context {
    Context::system(engine, "test")
}

async fn draft(engine: &Engine, doc: Json) -> Json {
    let kind = Kind::parse(doc["kind"].as_str().unwrap()).unwrap();
    let name = doc["name"].as_str().unwrap().to_string();
    publish::save_draft(&cx(engine), kind, &name, doc, None).await.unwrap()["draft"].clone()
}

fn form(properties: Json) -> Json {
    json!({"kind": "form", "app": "shop", "name": "sale", "title": "Sale", "record": {"type": "object", "properties": properties}})
}

fn formula(expression: &str) -> Json {
    json!({"field": {"type": "formula", "expression": expression}})
}

fn number(scale: u32) -> Json {
    json!({"type": "number", "field": {"type": "number", "scale": scale}})
}

async fn publish_all(engine: &Engine) -> Vec<Json> {
    publish::publish(&cx(engine), &Publication { confirm_all: true, ..Publication::default() }).await.unwrap().steps
}

async fn install(engine: &Engine, properties: Json) -> Json {
    let saved = draft(engine, form(properties)).await;
    publish_all(engine).await;
    saved
}

fn object(json: Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn parsed(body: &[u8]) -> Json {
    serde_json::from_slice(body).unwrap()
}

async fn create(engine: &Engine, body: Json) -> Result<Json, EngineError> {
    Ok(parsed(&engine.create(&cx(engine), "sale", object(body), None).await?.body))
}

async fn read(engine: &Engine, id: &Json) -> Json {
    let id: Uuid = id.as_str().unwrap().parse().unwrap();
    parsed(&engine.read(&cx(engine), "sale", id, &ReadRequest::default()).await.unwrap().body)
}

async fn patch(engine: &Engine, id: &Json, body: Json) -> Result<Json, EngineError> {
    let id: Uuid = id.as_str().unwrap().parse().unwrap();
    Ok(parsed(&engine.update(&cx(engine), "sale", id, object(body), None).await?.body))
}

fn refusal(error: EngineError) -> Refusal {
    match error {
        EngineError::Refused(refusal) => *refusal,
        other => panic!("{other:?}"),
    }
}

/// Path and code of each fault.
fn faults(error: EngineError) -> Vec<(String, &'static str)> {
    refusal(error).faults.into_iter().map(|f| (f.path, f.code.code)).collect()
}

/// A number as it stands in the answer, digit for digit.
fn digits(json: &Json) -> String {
    json.to_string()
}

#[test]
fn numbers_are_exact_and_rounded_once_at_the_fields_scale() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(
            &engine,
            json!({"price": number(2), "qty": number(3), "pct": {"field": {"type": "percent"}}, "big": number(0),
                "total": {"field": {"type": "formula", "expression": "price * qty * (1 - pct)", "scale": 2}},
                "exact": formula("price * qty"), "third": formula("price / 3"), "twice": formula("third * 2"),
                "tenth": formula("0.1 * 3"), "next": formula("big + 1"), "zero": formula("price / (qty - qty)")}),
        )
        .await;
        let sale = create(&engine, json!({"price": 12345.67, "qty": 9.125, "pct": 0.075, "big": 123456789012345_i64}))
            .await
            .unwrap();
        assert_eq!(digits(&sale["exact"]), "112654.23875");
        assert_eq!(digits(&sale["total"]), "104205.17");
        assert_eq!(digits(&sale["third"]), "4115.223333");
        assert_eq!(digits(&sale["twice"]), "8230.446666", "what is stored is what the next formula reads");
        assert_eq!(digits(&sale["tenth"]), "0.3");
        assert_eq!(digits(&sale["next"]), "123456789012346");
        assert_eq!(sale["zero"], Json::Null, "a division by zero is empty");
        let half = create(&engine, json!({"price": 0.05, "qty": 0.1})).await.unwrap();
        assert_eq!(
            (digits(&half["exact"]), half["total"].clone()),
            ("0.005".into(), Json::Null),
            "empty in, empty out"
        );
        let negative = create(&engine, json!({"price": -0.05, "qty": 0.1, "pct": 0})).await.unwrap();
        assert_eq!(digits(&negative["total"]), "-0.01", "half away from zero");
        let too_long =
            create(&engine, serde_json::from_str(r#"{"price": 9999999999999999.99, "qty": 999999999999999}"#).unwrap())
                .await
                .unwrap_err();
        assert!(faults(too_long).iter().any(|f| f == &("exact".to_string(), "number_too_long")));
    });
}

fn lines(columns: Json) -> Json {
    json!({"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": columns}})
}

#[test]
fn rows_read_their_header_and_the_header_sums_its_rows() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(
            &engine,
            json!({"freight": number(2), "discount": number(2),
                "lines": lines(json!({"qty": number(0), "price": number(2), "amount": formula("qty * price"),
                    "running": formula("SUM_BEFORE(amount) + amount"), "no": formula("ROW()"),
                    "share": formula("ALLOCATE(parent.freight, amount)"), "part": {"field": {"type": "formula", "expression": "amount / parent.net", "scale": 4}}})),
                "net": formula("SUM(lines.amount)"), "total": formula("net + freight - COALESCE(discount, 0)"), "kinds": formula("COUNT(lines.qty)")}),
        )
        .await;
        let body = json!({"freight": 10, "lines": [{"qty": 3, "price": 1.5}, {"qty": 1, "price": 0.25}, {"price": 7}]});
        let sale = create(&engine, body).await.unwrap();
        let row = |sale: &Json, i: usize, name: &str| digits(&sale["lines"][i][name]);
        assert_eq!(
            (digits(&sale["net"]), digits(&sale["total"]), digits(&sale["kinds"])),
            ("4.75".into(), "14.75".into(), "2".into())
        );
        assert_eq!(
            (row(&sale, 0, "amount"), row(&sale, 1, "running"), row(&sale, 2, "no")),
            ("4.5".into(), "4.75".into(), "3".into())
        );
        assert_eq!((row(&sale, 0, "part"), row(&sale, 2, "amount")), ("0.9474".into(), "null".into()));
        assert_eq!(
            (row(&sale, 0, "share"), row(&sale, 1, "share"), row(&sale, 2, "share")),
            ("9.47".into(), "0.53".into(), "0".into())
        );
        let first = sale["lines"][0]["id"].clone();
        let changed =
            patch(&engine, &sale["id"], json!({"lines": {"patch": [{"id": first, "qty": 4}]}})).await.unwrap();
        assert_eq!((row(&changed, 0, "amount"), digits(&changed["total"])), ("6".into(), "16.25".into()));
        let same =
            patch(&engine, &sale["id"], json!({"lines": changed["lines"], "net": changed["net"], "freight": 11}))
                .await
                .unwrap();
        assert_eq!(digits(&same["total"]), "17.25", "a whole record sent back changes what was changed");
        let mut rows = same["lines"].clone();
        rows[1]["amount"] = json!(99);
        let refused = faults(patch(&engine, &sale["id"], json!({"lines": rows})).await.unwrap_err());
        assert_eq!(refused, [("lines/1/amount".to_string(), "field_read_only")]);
    });
}

#[test]
fn nobody_writes_a_formula_but_its_own_value_may_be_sent_back() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(&engine, json!({"a": number(2), "b": formula("a * 2"), "name": formula("CONCAT(\"No. \", a)")})).await;
        let refused = faults(create(&engine, json!({"a": 1, "b": 3})).await.unwrap_err());
        assert_eq!(refused, [("b".to_string(), "field_read_only")]);
        let sale = create(&engine, json!({"a": 1.5, "b": 3})).await.unwrap();
        assert_eq!(
            (digits(&sale["b"]), sale["name"].clone(), sale["version"].clone()),
            ("3".into(), json!("No. 1.5"), json!(1))
        );
        let same = patch(&engine, &sale["id"], json!({"b": 3})).await.unwrap();
        assert_eq!(same["version"], 1, "nothing changed");
        let changed = patch(&engine, &sale["id"], json!({"a": 2, "b": 3})).await.unwrap();
        assert_eq!(digits(&changed["b"]), "4");
        for body in [json!({"b": 5}), json!({"b": null}), json!({"a": 3, "b": 6})] {
            let refused = faults(patch(&engine, &sale["id"], body.clone()).await.unwrap_err());
            assert_eq!(refused, [("b".to_string(), "field_read_only")], "{body}");
        }
        let id: Uuid = sale["id"].as_str().unwrap().parse().unwrap();
        let history = engine.history(&cx(&engine), "sale", id, None, 10).await.unwrap();
        let changes: Vec<&str> =
            history["items"][0]["changes"].as_array().unwrap().iter().map(|c| c["field"].as_str().unwrap()).collect();
        assert_eq!(changes, ["a", "b", "name"], "what followed stands in the history");
    });
}

#[test]
fn a_preview_gives_what_a_save_would_keep() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(&engine, json!({"a": number(2), "third": formula("a / 3"), "half": formula("third / 2"), "zero": formula("1 / (a - a)")})).await;
        let body = json!({"a": 1});
        let preview = engine.preview(&cx(&engine), "sale", object(body.clone())).await.unwrap();
        let saved = create(&engine, body).await.unwrap();
        for name in ["third", "half", "zero"] {
            assert_eq!(preview["record"][name], saved[name], "{name}");
        }
        assert_eq!(digits(&preview["computed"]["third"]), "0.3333333333333333333333333333");
        assert_eq!(digits(&preview["computed"]["half"]), "0.1666665", "it reads what is kept");
        assert_eq!(
            (preview["warnings"][0]["field"].clone(), preview["warnings"][0]["code"].clone()),
            (json!("zero"), json!("division_by_zero"))
        );
        assert_eq!(preview["faults"], json!([]));
    });
}

#[test]
fn lists_filter_sort_and_sum_formulas_like_any_field() {
    on_both(|db| async move {
        let engine = open(db).await;
        install(
            &engine,
            json!({"day": {"type": "string", "format": "date"}, "qty": number(0), "price": number(2), "amount": formula("qty * price"),
                "label": formula("IF(amount > 10, \"large\", \"small\")"), "due": formula("EDATE(day, 1)"), "is_large": formula("amount > 10"), "wait": formula("DAYS(due, day)")}),
        )
        .await;
        for (day, qty, price) in
            [("2026-01-31", 1, "9.99"), ("2026-02-01", 2, "10.50"), ("2026-03-01", 3, "10.50"), ("2026-03-01", 0, "1")]
        {
            create(&engine, json!({"day": day, "qty": qty, "price": serde_json::from_str::<Json>(price).unwrap()}))
                .await
                .unwrap();
        }
        let amounts = |filter: Json, sort: &'static str| {
            let engine = engine.clone();
            async move {
                let request =
                    ListRequest { filter: Some(filter), sort: vec![sort.into()], limit: 10, ..ListRequest::default() };
                let body = parsed(&engine.list(&cx(&engine), "sale", request).await.unwrap());
                body["items"].as_array().unwrap().iter().map(|i| i["amount"].to_string()).collect::<Vec<_>>()
            }
        };
        assert_eq!(
            amounts(json!({"field": "amount", "op": "gt", "value": 9.98}), "-amount").await,
            ["31.5", "21", "9.99"]
        );
        assert_eq!(amounts(json!({"field": "label", "op": "eq", "value": "large"}), "amount").await, ["21", "31.5"]);
        assert_eq!(amounts(json!({"field": "due", "op": "eq", "value": "2026-02-28"}), "due").await, ["9.99"]);
        assert_eq!(amounts(json!({"field": "is_large", "op": "eq", "value": true}), "-label").await.len(), 2);
        let sums = engine
            .aggregate(&cx(&engine), "sale", object(json!({"group": [{"field": "label"}], "measures": [{"name": "sum", "function": "sum", "field": "amount"}, {"name": "longest", "function": "max", "field": "wait"}]})))
            .await
            .unwrap();
        let groups = sums;
        let text = groups.to_string();
        assert!(text.contains("52.5") && text.contains("9.99") && text.contains("31"), "{text}");
    });
}

#[test]
fn a_publication_works_out_what_changed_for_the_records_that_are_there() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved =
            install(&engine, json!({"a": number(2), "b": number(2), "lines": lines(json!({"q": number(0)}))})).await;
        for i in 0..3 {
            create(&engine, json!({"a": i, "b": 10, "lines": [{"q": i}, {"q": 1}]})).await.unwrap();
        }
        let mut doc = saved.clone();
        doc["record"]["properties"]["c"] = formula("a * b + SUM(lines.double)");
        doc["record"]["properties"]["lines"]["items"]["properties"]["double"] = formula("q * 2");
        doc["search"] = json!(["label"]);
        doc["record"]["properties"]["label"] = formula("CONCAT(\"sum \", c)");
        let doc = draft(&engine, doc).await;
        let steps = publish_all(&engine).await;
        let step =
            steps.iter().find(|s| s["code"] == "filling:form/sale/c:compute").unwrap_or_else(|| panic!("{steps:?}"));
        assert_eq!((step["class"].clone(), step["rows"].clone()), (json!("filling"), json!(3)));
        let all = |engine: Engine| async move {
            let request = ListRequest { sort: vec!["a".into()], limit: 10, ..ListRequest::default() };
            parsed(&engine.list(&cx(&engine), "sale", request).await.unwrap())["items"].as_array().unwrap().clone()
        };
        let of = |items: &[Json], name: &str| items.iter().map(|i| i[name].to_string()).collect::<Vec<_>>();
        let items = all(engine.clone()).await;
        assert_eq!(of(&items, "c"), ["2", "14", "26"]);
        assert_eq!(items[2]["lines"][0]["double"], json!(4));
        let found = ListRequest { q: Some("sum 14".into()), limit: 10, ..ListRequest::default() };
        assert_eq!(
            parsed(&engine.list(&cx(&engine), "sale", found).await.unwrap())["items"].as_array().unwrap().len(),
            1
        );

        let mut changed = doc.clone();
        changed["record"]["properties"]["c"]["field"]["expression"] = json!("a - b");
        let changed = draft(&engine, changed).await;
        publish_all(&engine).await;
        assert_eq!(of(&all(engine.clone()).await, "c"), ["-10", "-9", "-8"]);
        assert_eq!(of(&all(engine.clone()).await, "label")[0], "\"sum -10\"", "what reads it follows");

        let mut text = changed.clone();
        text["record"]["properties"]["c"]["field"]["expression"] = json!("IF(a > 0, \"yes\", \"no\")");
        let text = draft(&engine, text).await;
        publish_all(&engine).await;
        assert_eq!(
            of(&all(engine.clone()).await, "c"),
            ["\"no\"", "\"yes\"", "\"yes\""],
            "a formula may change its type"
        );

        // a name that changes keeps its meaning, in spelling and spacing
        let mut renamed = text.clone();
        renamed["record"]["properties"]["c"]["field"]["expression"] = json!("a  +  /* plus */ b");
        draft(&engine, renamed.clone()).await;
        publish_all(&engine).await;
        let properties = renamed["record"]["properties"].as_object_mut().unwrap();
        let a = properties.remove("a").unwrap();
        properties.insert("start".into(), a);
        let q = properties["lines"]["items"]["properties"].as_object_mut().unwrap().remove("q").unwrap();
        properties["lines"]["items"]["properties"]["count"] = q;
        draft(&engine, renamed).await;
        let steps = publish_all(&engine).await;
        assert!(steps.iter().all(|s| !s["code"].as_str().unwrap().ends_with(":compute")), "{steps:?}");
        let now = publish::definition(&cx(&engine), Kind::Form, "sale", None).await.unwrap()["published"].clone();
        assert_eq!(now["record"]["properties"]["c"]["field"]["expression"], "start  +  /* plus */ b");
        assert_eq!(
            now["record"]["properties"]["lines"]["items"]["properties"]["double"]["field"]["expression"],
            "count * 2"
        );
        let sale = create(&engine, json!({"start": 1, "b": 2})).await.unwrap();
        assert_eq!(digits(&sale["c"]), "3");
    });
}

#[test]
fn what_was_typed_is_kept_aside_when_a_formula_takes_its_place() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved = install(&engine, json!({"a": number(2), "b": number(2)})).await;
        let sale = create(&engine, json!({"a": 4, "b": 7})).await.unwrap();
        let mut doc = saved.clone();
        let id = doc["record"]["properties"]["b"]["field"]["id"].clone();
        doc["record"]["properties"]["b"] = json!({"field": {"type": "formula", "id": id, "expression": "a * 2"}});
        draft(&engine, doc).await;
        let refused = refusal(publish::publish(&cx(&engine), &Publication::default()).await.unwrap_err());
        assert_eq!(refused.code.code, "confirmation_required");
        publish_all(&engine).await;
        assert_eq!(digits(&read(&engine, &sale["id"]).await["b"]), "8");
        draft(&engine, saved).await;
        publish_all(&engine).await;
        assert_eq!(digits(&read(&engine, &sale["id"]).await["b"]), "7", "the typed value is back");
        patch(&engine, &sale["id"], json!({"b": 9})).await.unwrap();
    });
}

#[test]
fn a_formula_that_cannot_be_is_refused_with_its_place() {
    on_both(|db| async move {
        let engine = open(db).await;
        let check = |properties: Json| {
            let engine = engine.clone();
            async move {
                let kind = Kind::parse("form").unwrap();
                let refused = match publish::save_draft(&cx(&engine), kind, "sale", form(properties), None).await {
                    Err(error) => error,
                    Ok(_) => publish::publish(&cx(&engine), &Publication::default()).await.err().unwrap(),
                };
                refusal(refused).faults
            }
        };
        let faults =
            check(json!({"a": number(0), "x": formula("z + 1"), "y": formula("x + 1"), "z": formula("a + y")})).await;
        let place = |name: &str| format!("/record/properties/{name}/field/expression");
        assert!(faults.iter().all(|f| f.code.code == "expression_cycle"), "{faults:?}");
        assert!(
            faults[0].path.contains(&place("x"))
                || faults[0].path.contains(&place("y"))
                || faults[0].path.contains(&place("z"))
        );
        assert!(faults[0].args.iter().any(|a| a.0 == "path" && a.1.contains(" → ")), "{faults:?}");
        for (expression, code) in [
            ("a + amuont", "expression_name"),
            ("amount * \"x\"", "expression_operator"),
            ("lines.q", "expression_result"),
            ("x + 1", "expression_cycle"),
            ("ROW()", "expression_rows_only"),
            ("ROUND(", "expression_operand_missing"),
        ] {
            let faults = check(json!({"a": number(0), "amount": number(2), "lines": lines(json!({"q": number(0)})), "x": formula(expression)})).await;
            assert_eq!(faults.len(), 1, "{expression}: {faults:?}");
            assert!(faults[0].path.ends_with(&place("x")), "{:?}", faults[0]);
            assert_eq!(faults[0].code.code, code, "{expression}");
            assert!(faults[0].args.iter().any(|a| a.0 == "position"), "{:?}", faults[0]);
        }
        let faults = check(json!({"a": number(0), "amount": number(2), "x": formula("a + amuont")})).await;
        assert!(
            faults[0].args.contains(&("suggestion", "amount".into()))
                && faults[0].args.contains(&("position", "5".into()))
        );
    });
}

#[test]
fn an_input_cannot_be_taken_from_under_a_formula() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved = install(&engine, json!({"a": number(2), "b": formula("a * 2")})).await;
        let mut doc = saved.clone();
        doc["record"]["properties"].as_object_mut().unwrap().remove("a");
        let refused = match publish::save_draft(&cx(&engine), Kind::parse("form").unwrap(), "sale", doc, None).await {
            Err(error) => error,
            Ok(_) => publish::publish(&cx(&engine), &Publication { confirm_all: true, ..Publication::default() })
                .await
                .err()
                .unwrap(),
        };
        assert_eq!(refusal(refused).faults[0].code.code, "expression_name");
        assert_eq!(engine.catalog().revision, 1);
    });
}

#[test]
fn a_value_that_cannot_be_kept_stops_a_publication_and_names_the_record() {
    on_both(|db| async move {
        let engine = open(db).await;
        let saved = install(&engine, json!({"a": number(0)})).await;
        let sale = create(&engine, json!({"a": 999_999_999_999_i64})).await.unwrap();
        let mut doc = saved;
        doc["record"]["properties"]["b"] = json!({"field": {"type": "formula", "expression": "a * 2", "scale": 9}});
        draft(&engine, doc).await;
        let refused = refusal(publish::publish(&cx(&engine), &Publication::default()).await.unwrap_err());
        let fault = &refused.faults[0];
        assert_eq!((fault.path.as_str(), fault.code.code), ("/record/properties/b/field/expression", "formula_unkept"));
        assert!(fault.args.iter().any(|a| a.0 == "record" && sale["id"] == a.1.as_str()), "{fault:?}");
        assert!(engine.catalog().form("sale").unwrap().field("b").is_none());
    });
}

#[test]
fn a_formula_that_reads_the_clock_is_never_stale_and_says_what_it_cannot_do() {
    on_both(|db| async move {
        let now = Arc::new(Mutex::new("2026-11-20T01:00:00Z".parse::<DateTime<Utc>>().unwrap()));
        let clock = now.clone();
        let engine = Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), move || {
            *clock.lock().unwrap()
        })
        .await
        .unwrap();
        draft(&engine, json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop"})).await;
        draft(
            &engine,
            json!({"kind": "form", "app": "shop", "name": "visit", "title": "Visit", "record": {"type": "object", "properties": {
                "sale": {"type": "string", "field": {"type": "link", "form": "sale"}}}}}),
        )
        .await;
        install(
            &engine,
            json!({"name": {"type": "string"}, "due": {"type": "string", "format": "date"}, "qty": number(0), "double": formula("qty * 2"),
                "left": formula("DAYS(due, TODAY()) * double"), "state": formula("IF(left < 0, \"late\", CONCAT(name, \" in time\"))")}),
        )
        .await;
        let sale = create(&engine, json!({"name": "A", "due": "2026-11-22", "qty": 1})).await.unwrap();
        assert_eq!((digits(&sale["left"]), sale["state"].clone()), ("4".into(), json!("A in time")));
        let visit = parsed(
            &engine.create(&cx(&engine), "visit", object(json!({"sale": sale["id"]})), None).await.unwrap().body,
        );
        *now.lock().unwrap() = "2026-11-25T01:00:00Z".parse().unwrap();
        let later = read(&engine, &sale["id"]).await;
        assert_eq!(
            (digits(&later["left"]), later["state"].clone()),
            ("-6".into(), json!("late")),
            "it follows the day"
        );
        let id: Uuid = visit["id"].as_str().unwrap().parse().unwrap();
        let request = ReadRequest { expand: vec!["sale".into()], ..ReadRequest::default() };
        let expanded = parsed(&engine.read(&cx(&engine), "visit", id, &request).await.unwrap().body);
        assert_eq!(expanded["sale"]["state"], "late");
        let listed = ListRequest { select: vec!["state".into()], limit: 10, ..ListRequest::default() };
        assert_eq!(parsed(&engine.list(&cx(&engine), "sale", listed).await.unwrap())["items"][0]["state"], "late");
        for request in [
            ListRequest { sort: vec!["left".into()], limit: 10, ..ListRequest::default() },
            ListRequest {
                filter: Some(json!({"field": "state", "op": "eq", "value": "late"})),
                limit: 10,
                ..ListRequest::default()
            },
        ] {
            let refused = refusal(engine.list(&cx(&engine), "sale", request).await.unwrap_err());
            let codes: Vec<&str> = refused.faults.iter().map(|f| f.code.code).chain([refused.code.code]).collect();
            assert!(codes.contains(&"query_too_expensive"), "{codes:?}");
        }
        let same = patch(&engine, &sale["id"], json!({"qty": 1, "left": 4, "state": "A in time"})).await.unwrap();
        assert_eq!(same["version"], 1, "what was read earlier may be sent back");
        let described = engine.describe_form(&cx(&engine), "sale").unwrap();
        let left = described["fields"].as_array().unwrap().iter().find(|f| f["name"] == "left").unwrap();
        assert_eq!(
            (left["type"].clone(), left["result"].clone(), left["stored"].clone(), left["operators"].clone()),
            (json!("formula"), json!("number"), json!(false), json!([]))
        );
        let doc = form(json!({"due": {"type": "string", "format": "date"}, "left": formula("DAYS(due, TODAY())")}));
        let mut sorted = doc.clone();
        sorted["views"] = json!([{"name": "all", "title": "All", "sort": ["left"]}]);
        draft(&engine, sorted).await;
        let refused = refusal(
            publish::publish(&cx(&engine), &Publication { confirm_all: true, ..Publication::default() })
                .await
                .unwrap_err(),
        );
        assert_eq!(
            (refused.faults[0].path.as_str(), refused.faults[0].code.code),
            ("/views/0/sort/0", "query_too_expensive")
        );
    });
}

#[test]
fn stored_formulas_are_compared_and_a_wrong_one_is_found() {
    on_both(|db| async move {
        let engine = open(db.clone()).await;
        install(&engine, json!({"a": number(2), "b": formula("a * 2"), "lines": lines(json!({"q": number(0), "d": formula("q * 2")}))})).await;
        let sale = create(&engine, json!({"a": 1, "lines": [{"q": 1}]})).await.unwrap();
        create(&engine, json!({"a": 2})).await.unwrap();
        let catalog = engine.catalog();
        let form = catalog.form("sale").unwrap().clone();
        let report = engine.compare_computed().await.unwrap().0.remove(0).1;
        assert_eq!((report.records, report.differing), (2, 0));
        let (column, table) = (form.field("b").unwrap().1.id.clone(), format!("d_{}", form.id));
        db.write(move |tx| {
            Box::pin(async move {
                let mut sql = tx.sql();
                sql.push("UPDATE ")
                    .ident(&Ident::new(&table)?)
                    .push(" SET ")
                    .ident(&Ident::new(&column)?)
                    .push(" = ")
                    .val(Val::Dec(7.into(), 2));
                sql.push(" WHERE \"rid\" = ").int(1);
                tx.execute(&sql.build()).await
            })
        })
        .await
        .unwrap();
        let report = engine.compare_computed().await.unwrap().0.remove(0).1;
        assert_eq!(
            (report.differing, report.named),
            (1, vec![(sale["id"].as_str().unwrap().parse().unwrap(), "b".to_string())])
        );
    });
}
