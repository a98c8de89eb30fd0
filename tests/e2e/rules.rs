//! Rules of a form as people and other programs meet them.

use boon::{Compiler, Draft, Schemas};
use serde_json::{Map, Value as Json, json};

fn app() -> Json {
    json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"})
}

fn offer(rules: Json) -> Json {
    json!({"kind": "form", "app": "desk", "name": "offer", "title": "Offer", "rules": rules, "record": {"type": "object", "required": ["title", "stage", "contact", "due"], "properties": {
        "title": {"type": "string", "maxLength": 20}, "contact": {"type": "string"}, "reason": {"type": "string"}, "note": {"type": "string", "field": {"type": "long_text"}},
        "stage": {"enum": ["open", "won", "lost"], "default": "open", "field": {"type": "choice"}},
        "term": {"oneOf": [{"const": "FOB", "title": "f"}, {"const": "CIF", "title": "c"}, {"const": "EXW", "title": "e"}], "field": {"type": "choice"}},
        "discount": {"field": {"type": "percent"}}, "count": {"type": "integer", "minimum": 0}, "paid": {"type": "boolean"}, "due": {"type": "string", "format": "date"},
        "tags": {"type": "array", "field": {"type": "tags"}}, "cost": {"type": "number", "field": {"type": "number", "scale": 2}},
        "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "required": ["what"], "properties": {"what": {"type": "string"}, "qty": {"type": "integer"}}}}}}})
}

fn term(field: &str, op: &str, value: Json) -> Json {
    if value.is_null() { json!({"field": field, "op": op}) } else { json!({"field": field, "op": op, "value": value}) }
}

/// Rules of all sorts that JSON Schema can say.
fn sayable() -> Json {
    json!([
        {"when": term("stage", "eq", json!("lost")), "then": [{"require": ["reason"]}, {"hide": ["contact"]}]},
        {"unless": term("stage", "in", json!(["won", "lost"])), "then": [{"options": {"field": "term", "values": ["FOB", "CIF"]}}]},
        {"when": {"and": [term("stage", "ne", json!("open")), term("discount", "gt", json!(0.125))]}, "then": [{"fault": {"field": "discount", "message": "Too high"}}]},
        {"when": {"or": [term("tags", "has_any", json!(["rush", "vip"])), term("count", "between", json!([3, 5]))]}, "then": [{"show": ["due"]}, {"require": ["lines"]}]},
        {"when": {"not": term("note", "is_empty", Json::Null)}, "then": [{"require": ["count", "paid"]}]},
        {"when": term("paid", "eq", json!(true)), "unless": term("term", "not_empty", Json::Null), "then": [{"fault": {"message": "Say the term"}}]},
        {"when": {"and": [term("due", "eq", json!("2026-12-01")), term("tags", "has_all", json!(["rush", "vip"]))]}, "then": [{"fault": {"field": "due", "message": "No"}}]},
        {"when": term("lines", "is_empty", Json::Null), "then": [{"options": {"field": "stage", "values": ["open", "lost"]}}]},
        {"then": [{"warn": {"field": "title", "message": "Look"}}]}
    ])
}

/// A small generator of its own, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }
}

fn random_offer(dice: &mut Dice) -> Json {
    let choices: [(&str, Vec<Json>); 13] = [
        (
            "title",
            vec![
                json!("A"),
                json!("B"),
                json!("C"),
                json!("D"),
                json!("E"),
                json!("F"),
                json!("G"),
                json!("much too long a title to be kept"),
            ],
        ),
        ("contact", vec![json!("Ann"), json!("Bob"), json!(""), Json::Null]),
        ("reason", vec![json!("price"), json!(""), json!(" "), Json::Null]),
        ("note", vec![json!("x"), json!(" \t"), json!(""), Json::Null, Json::Null]),
        ("stage", vec![json!("open"), json!("won"), json!("lost"), json!("won"), json!("lost"), json!("gone")]),
        ("term", vec![json!("FOB"), json!("CIF"), json!("EXW"), Json::Null]),
        ("discount", vec![json!(0), json!(0.125), json!(0.25), json!(0.5), Json::Null]),
        ("count", vec![json!(0), json!(3), json!(4), json!(6), Json::Null, json!(-1)]),
        ("paid", vec![json!(true), json!(false), Json::Null]),
        ("due", vec![json!("2026-12-01"), json!("2026-12-02"), json!("2026-12-02"), Json::Null]),
        ("tags", vec![json!([]), json!(["rush"]), json!(["vip", "rush"]), json!(["old"]), Json::Null]),
        ("cost", vec![json!(1.25), Json::Null]),
        (
            "lines",
            vec![
                json!([]),
                json!([{"what": "bolt"}]),
                json!([{"what": "nut", "qty": 2}, {"what": "bolt"}]),
                json!([{"what": "nut"}]),
                json!([{"qty": 1}]),
            ],
        ),
    ];
    let mut body = Map::new();
    for (name, values) in choices {
        // what is required is mostly there, so that enough records are taken
        let is_left_out = dice.roll(if ["title", "due", "contact"].contains(&name) { 12 } else { 3 }) == 0;
        if !is_left_out {
            body.insert(name.into(), values[dice.roll(values.len())].clone());
        }
    }
    Json::Object(body)
}

/// Validates with another implementation of JSON Schema than the product's own. It divides in binary: figures that are judged by it are
/// such as have no remainder there.
fn judge_of(schema: &Json) -> impl Fn(&Json) -> Result<(), String> {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler.set_default_draft(Draft::V2020_12);
    compiler.enable_format_assertions();
    compiler.add_resource("record.json", schema.clone()).unwrap();
    let index = compiler.compile("record.json", &mut schemas).unwrap();
    move |record| schemas.validate(record, index).map_err(|e| format!("{e:#}"))
}

on_both! {
    fn another_validator_takes_and_refuses_the_records_that_the_rules_do(site) {
        site.publish(vec![app(), offer(sayable())]);
        let admin = site.admin();
        let schema = admin.get("/api/forms/offer/schema.json").json();
        assert!(schema.get("$comment").is_none(), "all of these rules can be said: {schema}");
        let judge = judge_of(&schema);
        let mut dice = Dice(7);
        let records: Vec<Json> = (0..600).map(|_| random_offer(&mut dice)).collect();
        let operations: Vec<Json> = records.iter().map(|r| json!({"op": "create", "record": r})).collect();
        let reply = admin.post("/api/records/offer/batch", json!({"operations": operations, "atomic": false}));
        assert_eq!(reply.status, 200, "{}", reply.text());
        let results = reply.json()["results"].as_array().unwrap().clone();
        let mut taken = 0;
        for (record, result) in records.iter().zip(&results) {
            let is_taken = result["status"] == 201;
            taken += usize::from(is_taken);
            let judged = judge(record);
            assert_eq!(judged.is_ok(), is_taken, "{record}: {result} {judged:?}");
        }
        assert!((40..560).contains(&taken), "{taken} of {} were taken", records.len());
    }

    fn what_json_schema_cannot_say_is_named_and_the_rest_is_said(site) {
        let rules = json!([
            {"when": term("stage", "eq", json!("lost")), "then": [{"require": ["reason"]}]},
            {"when": {"expression": "count > 3"}, "then": [{"require": ["note"]}]},
            {"when": term("due", "lt", json!({"var": "today"})), "then": [{"fault": {"field": "due", "message": "Past"}}]},
            {"when": term("created_by", "eq", json!({"var": "me"})), "then": [{"require": ["reason"]}]},
            {"when": term("cost", "gt", json!(9)), "then": [{"fault": {"field": "title", "message": "Dear"}}]}]);
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "offer", "actions": ["read", "create", "update"], "hidden": ["cost"]}]});
        site.publish(vec![app(), offer(rules), clerk]);
        let schema = site.admin().get("/api/forms/offer/schema.json").json();
        let comment = schema["$comment"].as_str().unwrap();
        assert!(["/rules/1", "/rules/2", "/rules/3"].iter().all(|r| comment.contains(r)) && !comment.contains("/rules/0") && !comment.contains("/rules/4"), "{comment}");
        let judge = judge_of(&schema);
        let whole = json!({"title": "A", "contact": "Ann", "due": "2026-12-01", "stage": "lost"});
        assert!(judge(&whole).is_err());
        let told = json!({"title": "A", "contact": "Ann", "due": "2026-12-01", "stage": "lost", "reason": "x"});
        assert_eq!(judge(&told), Ok(()));
        // of a field that he may not know, nothing is said to a clerk
        let seen = site.person("cleo", &["clerk"]).get("/api/forms/offer/schema.json").json().to_string();
        assert!(!seen.contains("cost") && !seen.contains("/rules/4"), "{seen}");
    }

    fn a_rule_about_a_hidden_field_holds_and_does_not_name_it(site) {
        let rules = json!([
            {"when": term("cost", "gt", json!(100)), "then": [{"fault": {"field": "cost", "message": "The cost of {x} is secret"}}, {"warn": {"field": "cost", "message": "costly"}}]},
            {"when": term("stage", "eq", json!("won")), "then": [{"require": ["cost"]}]}]);
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "offer", "actions": ["read", "create", "update"], "hidden": ["cost"]}]});
        site.publish(vec![app(), offer(rules), clerk]);
        let (admin, clerk) = (site.admin(), site.person("cleo", &["clerk"]));
        let made = clerk.create("offer", json!({"title": "A", "contact": "Ann", "due": "2026-12-01"}));
        let path = format!("/api/records/offer/{}", made["id"].as_str().unwrap());
        let refused = clerk.patch(&path, json!({"stage": "won"}));
        assert_eq!(refused.faults(), [(String::new(), "rule_failed".to_string())]);
        assert!(!refused.text().to_lowercase().contains("cost"), "{}", refused.text());
        let seen = clerk.post("/api/records/offer/preview", json!({"id": made["id"], "stage": "won"}));
        assert!(!seen.text().contains("cost"), "{}", seen.text());
        assert_eq!(seen.json()["faults"].as_array().unwrap().len(), 1, "the page says beforehand that it will be refused: {}", seen.text());
        assert_eq!(admin.patch(&path, json!({"cost": 120})).faults(), [("cost".to_string(), "rule_failed".to_string())]);
        assert_eq!(admin.patch(&path, json!({"cost": 20, "stage": "won"})).status, 200);
    }

    fn an_import_obeys_the_rules_and_says_in_which_row_it_does_not(site) {
        let rules = json!([{"when": term("stage", "eq", json!("lost")), "then": [{"require": ["reason"]}]},
            {"when": term("term", "eq", json!("FOB")), "then": [{"set": {"field": "cost", "value": 0}}]}]);
        site.publish(vec![app(), offer(rules)]);
        let admin = site.admin();
        let sheet = "title,contact,due,stage,reason,term,cost\r\nA,Ann,2026-12-01,lost,,FOB,5\r\nB,Bob,2026-12-01,lost,price,FOB,7\r\nC,Cid,2026-12-01,open,,CIF,7\r\n";
        let reply = admin.post_parts("/api/records/offer/import", &[("mode", "create")], ("file", "offers.csv", sheet.as_bytes()));
        assert_eq!(reply.status, 202, "{}", reply.text());
        let job = admin.job(reply.json()["job"].as_str().unwrap());
        let faults: Vec<(i64, String, String)> = job["faults"].as_array().unwrap().iter()
            .map(|f| (f["row"].as_i64().unwrap(), f["field"].as_str().unwrap().to_string(), f["code"].as_str().unwrap().to_string())).collect();
        assert_eq!(faults, [(2, "reason".to_string(), "required".to_string())], "{job}");
        let kept: Vec<(Json, Json)> = admin.items("offer", json!({"sort": ["title"], "select": ["title", "cost"]})).into_iter()
            .map(|r| (r["title"].clone(), r["cost"].clone())).collect();
        assert_eq!(kept, [(json!("B"), json!(0)), (json!("C"), json!(7))]);
    }

    fn a_status_says_where_it_may_go_and_by_whom(site) {
        let status = json!({"title": "Status", "default": "new", "oneOf": [{"const": "new", "title": "New"}, {"const": "sent", "title": "Sent"}, {"const": "done", "title": "Done"}, {"const": "void", "title": "Void"}],
            "field": {"type": "status", "initial": ["new"], "back": {"require": ["note"]}, "transitions": {
                "new": ["sent", {"to": "void", "roles": ["boss"], "require": ["note"]}],
                "sent": [{"to": "done", "when": {"field": "paid", "op": "eq", "value": true}}, {"to": "new"}, {"to": "void", "by": "flow"}],
                "void": [{"to": "$previous"}]}}});
        let mut form = offer(json!([]));
        form["record"]["properties"]["status"] = status;
        let grants = json!([{"form": "offer", "actions": ["read", "create", "update"]}]);
        site.publish(vec![app(), form, json!({"kind": "role", "app": "desk", "name": "clerk", "grants": grants}), json!({"kind": "role", "app": "desk", "name": "boss", "grants": grants})]);
        let (clerk, boss) = (site.person("cleo", &["clerk"]), site.person("bo", &["boss"]));
        let made = clerk.create("offer", json!({"title": "A", "contact": "Ann", "due": "2026-12-01"}));
        let moves = |who: &crate::site::Client<'_>, draft: Json| {
            let mut draft = draft;
            draft["id"] = made["id"].clone();
            who.post("/api/records/offer/preview", draft).json()["moves"]["status"].clone()
        };
        assert_eq!(clerk.post("/api/records/offer/preview", json!({})).json()["moves"]["status"], json!([{"to": "new", "require": []}]));
        assert_eq!(moves(&clerk, json!({})), json!([{"to": "sent", "require": []}]));
        assert_eq!(moves(&boss, json!({})), json!([{"to": "sent", "require": []}, {"to": "void", "require": ["note"]}]));
        let path = format!("/api/records/offer/{}", made["id"].as_str().unwrap());
        assert_eq!(clerk.patch(&path, json!({"status": "void", "note": "x"})).faults(), [("status".to_string(), "transition_not_allowed".to_string())]);
        assert_eq!(clerk.patch(&path, json!({"status": "sent"})).status, 200);
        assert_eq!(moves(&clerk, json!({})), json!([{"to": "new", "require": ["note"]}]));
        assert_eq!(moves(&clerk, json!({"paid": true})), json!([{"to": "done", "require": []}, {"to": "new", "require": ["note"]}]));
        // the condition of a move is asked of the record as it is saved
        assert_eq!(clerk.patch(&path, json!({"status": "done"})).faults(), [("status".to_string(), "transition_not_allowed".to_string())]);
        assert_eq!(clerk.patch(&path, json!({"status": "new"})).faults(), [("note".to_string(), "required".to_string())]);
        assert_eq!(clerk.patch(&path, json!({"status": "done", "paid": true})).status, 200);
        let preview = clerk.post("/api/records/offer/preview", json!({"id": made["id"], "status": "new"})).json();
        assert_eq!((preview["options"]["status"].clone(), preview["faults"][0]["code"].clone()), (json!(["done"]), json!("transition_not_allowed")));
    }
}
