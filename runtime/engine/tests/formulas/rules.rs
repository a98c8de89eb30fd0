//! The rules of a form: what they show, require, set, narrow and refuse, for whoever saves in whatever way.

use super::support::on_both;
use super::{
    create, cx, digits, draft, faults, form, formula, lines, number, object, open, parsed, patch, publish_all, refusal,
};
use formwright_engine::Engine;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::BatchRequest;
use serde_json::{Value as Json, json};

fn deal(rules: Json) -> Json {
    json!({"kind": "form", "app": "shop", "name": "sale", "title": "Sale", "rules": rules, "record": {"type": "object", "required": ["stage", "contact"], "properties": {
        "stage": {"title": "Stage", "enum": ["open", "won", "lost"], "default": "open", "field": {"type": "choice"}},
        "reason": {"type": "string", "title": "Reason"}, "rival": {"type": "string"}, "contact": {"type": "string", "title": "Contact"},
        "term": {"enum": ["FOB", "CIF", "EXW"], "field": {"type": "choice"}}, "freight": number(2), "discount": {"field": {"type": "percent"}},
        "signed_on": {"type": "string", "format": "date"}, "ship_on": {"type": "string", "format": "date"},
        "net": formula("SUM(lines.amount)"), "total": formula("net + COALESCE(freight, 0)"),
        "lines": lines(json!({"qty": number(0), "price": number(2), "amount": formula("qty * price"), "note": {"type": "string"}}))}}})
}

async fn install_deal(engine: &Engine, rules: Json) {
    draft(engine, deal(rules)).await;
    publish_all(engine).await;
}

async fn preview(engine: &Engine, body: Json) -> Json {
    engine.preview(&cx(engine), "sale", object(body)).await.unwrap()
}

fn has(list: &Json, name: &str) -> bool {
    list.as_array().unwrap().iter().any(|n| n == name)
}

fn codes(list: &Json) -> Vec<(String, String)> {
    let text = |v: &Json| v.as_str().unwrap().to_string();
    list.as_array().unwrap().iter().map(|f| (text(&f["field"]), text(&f["code"]))).collect()
}

fn is_lost() -> Json {
    json!({"field": "stage", "op": "eq", "value": "lost"})
}

#[test]
fn a_condition_requires_shows_warns_and_refuses_alike_in_preview_save_and_batch() {
    on_both(|db| async move {
        let engine = open(db).await;
        install_deal(
            &engine,
            json!([
                {"when": is_lost(), "then": [{"require": ["reason"]}, {"show": ["rival"]}]},
                {"when": {"field": "discount", "op": "gt", "value": 0.15}, "then": [{"warn": {"field": "discount", "message": "High", "labels": {"zh-CN": "折扣偏高"}}}]},
                {"unless": {"expression": "COALESCE(ship_on >= signed_on, TRUE)"}, "then": [{"fault": {"field": "ship_on", "message": "Ships before it is signed"}}]},
                {"when": {"and": [is_lost(), {"expression": "SUM(lines.qty) > 10"}]}, "then": [{"fault": {"message": "Too much to lose"}}]}
            ]),
        )
        .await;
        let draft = json!({"contact": "Ann", "stage": "lost", "discount": 0.2, "signed_on": "2026-11-20", "ship_on": "2026-11-19", "lines": [{"qty": 6}, {"qty": 5}]});
        let seen = preview(&engine, draft.clone()).await;
        assert!(
            has(&seen["require"], "reason") && has(&seen["show"], "rival") && !has(&seen["hide"], "rival"),
            "{seen}"
        );
        let expected = [("reason", "required"), ("ship_on", "rule_failed"), ("", "rule_failed")]
            .map(|(f, c)| (f.to_string(), c.to_string()));
        assert_eq!(codes(&seen["faults"]), expected);
        assert_eq!(codes(&seen["warnings"]), [("discount".to_string(), "rule_failed".to_string())]);
        let refused = refusal(create(&engine, draft.clone()).await.unwrap_err());
        let told: Vec<(String, String)> =
            refused.faults.iter().map(|f| (f.path.clone(), f.code.code.to_string())).collect();
        assert_eq!(told, expected);
        assert_eq!(refused.faults[1].message(formwright_core::text::Locale::En), "Ships before it is signed");
        let operations = vec![json!({"op": "create", "record": draft})];
        let request = BatchRequest { operations, atomic: false };
        let batch = engine.batch(&cx(&engine), "sale", request, None).await.unwrap();
        let problem = &batch["results"][0]["problem"];
        assert_eq!((codes(&problem["errors"]), batch["results"][0]["status"].clone()), (expected.to_vec(), json!(422)));

        let open = preview(&engine, json!({"contact": "Ann"})).await;
        assert!(has(&open["hide"], "rival") && !has(&open["require"], "reason"), "{open}");
        assert_eq!(open["faults"], json!([]));
        let sale = create(&engine, json!({"contact": "Ann", "signed_on": "2026-11-20", "ship_on": "2026-11-21"}))
            .await
            .unwrap();
        // a field that the condition reads is changed: what is required of another one is asked for
        let refused = faults(patch(&engine, &sale["id"], json!({"stage": "lost"})).await.unwrap_err());
        assert_eq!(refused, [("reason".to_string(), "required")]);
        let refused = faults(patch(&engine, &sale["id"], json!({"signed_on": "2026-11-22"})).await.unwrap_err());
        assert_eq!(refused, [("ship_on".to_string(), "rule_failed")]);
        patch(&engine, &sale["id"], json!({"stage": "lost", "reason": "price"})).await.unwrap();
    });
}

#[test]
fn what_was_refused_by_no_rule_then_is_not_held_against_another_change() {
    on_both(|db| async move {
        let engine = open(db).await;
        install_deal(&engine, json!([])).await;
        let sale = create(&engine, json!({"contact": "Ann", "stage": "lost", "discount": 0.5})).await.unwrap();
        install_deal(
            &engine,
            json!([{"when": is_lost(), "then": [{"require": ["reason"]}]},
                {"when": {"field": "discount", "op": "gt", "value": 0.15}, "then": [{"fault": {"field": "discount", "message": "Too high"}}]}]),
        )
        .await;
        patch(&engine, &sale["id"], json!({"contact": "Bob"})).await.unwrap();
        assert_eq!(preview(&engine, json!({"id": sale["id"], "contact": "Cid"})).await["faults"], json!([]));
        let refused = faults(patch(&engine, &sale["id"], json!({"discount": 0.4})).await.unwrap_err());
        assert_eq!(refused, [("discount".to_string(), "rule_failed")]);
    });
}

#[test]
fn what_is_hidden_is_not_required_and_keeps_its_value_unless_it_is_cleared() {
    on_both(|db| async move {
        let engine = open(db).await;
        install_deal(
            &engine,
            json!([
                {"when": is_lost(), "then": [{"hide": ["contact"]}, {"hide": ["discount"], "clear": true}]},
                {"when": {"field": "stage", "op": "eq", "value": "won"}, "then": [{"show": ["lines.note", "rival"]}, {"require": ["rival"]}]}
            ]),
        )
        .await;
        let sale = create(&engine, json!({"contact": "Ann", "discount": 0.1, "rival": "Acme"})).await.unwrap();
        let lost = patch(&engine, &sale["id"], json!({"stage": "lost"})).await.unwrap();
        assert_eq!(
            (lost["contact"].clone(), lost["discount"].clone(), lost["rival"].clone()),
            (json!("Ann"), Json::Null, json!("Acme"))
        );
        let seen = preview(&engine, json!({"stage": "lost"})).await;
        assert!(
            has(&seen["hide"], "contact") && has(&seen["hide"], "lines.note") && !has(&seen["require"], "contact"),
            "{seen}"
        );
        let hidden = create(&engine, json!({"stage": "lost"})).await.unwrap();
        // as soon as it comes into sight it is asked for
        let refused = faults(patch(&engine, &hidden["id"], json!({"stage": "open"})).await.unwrap_err());
        assert_eq!(refused, [("contact".to_string(), "required")]);
        assert!(has(&preview(&engine, json!({"stage": "won"})).await["show"], "lines.note"));
    });
}

#[test]
fn a_value_is_kept_in_step_and_formulas_follow_it() {
    on_both(|db| async move {
        let engine = open(db).await;
        install_deal(
            &engine,
            json!([
                {"then": [{"set": {"field": "freight", "expression": "IF(term = \"FOB\", 0, freight)"}}]},
                {"when": {"field": "term", "op": "eq", "value": "CIF"}, "then": [{"default": {"field": "discount", "value": 0.05}}, {"default": {"field": "signed_on", "value": {"var": "today"}}}]},
                {"when": {"field": "total", "op": "ge", "value": 100}, "then": [{"set": {"field": "reason", "expression": "CONCAT(\"big: \", total)"}}]}
            ]),
        )
        .await;
        let sale = create(
            &engine,
            json!({"contact": "Ann", "term": "FOB", "freight": 30, "lines": [{"qty": 2, "price": 45}]}),
        )
        .await
        .unwrap();
        assert_eq!(
            (digits(&sale["freight"]), digits(&sale["total"]), sale["reason"].clone()),
            ("0".into(), "90".into(), Json::Null)
        );
        let sale = patch(&engine, &sale["id"], json!({"term": "EXW", "freight": 12.5})).await.unwrap();
        assert_eq!(
            (digits(&sale["total"]), sale["reason"].clone(), sale["discount"].clone()),
            ("102.5".into(), json!("big: 102.5"), Json::Null)
        );
        let seen = preview(&engine, json!({"contact": "Ann", "term": "CIF"})).await;
        assert_eq!(
            (digits(&seen["record"]["discount"]), seen["record"]["signed_on"].clone()),
            ("0.05".into(), json!("2026-11-20"))
        );
        // what somebody touched is his, an emptied field too
        let sale = create(&engine, json!({"contact": "Ann", "term": "CIF", "discount": null})).await.unwrap();
        assert_eq!((sale["discount"].clone(), sale["signed_on"].clone()), (Json::Null, json!("2026-11-20")));
        let sale = patch(&engine, &sale["id"], json!({"signed_on": null})).await.unwrap();
        assert_eq!(sale["signed_on"], Json::Null);
    });
}

#[test]
fn choices_are_narrowed_and_what_is_read_only_now_is_not_written() {
    on_both(|db| async move {
        let engine = open(db).await;
        install_deal(
            &engine,
            json!([
                {"when": {"field": "stage", "op": "eq", "value": "won"}, "then": [{"options": {"field": "term", "values": ["FOB", "CIF"]}}, {"readonly": ["discount", "lines.price"]}]},
                {"when": {"field": "freight", "op": "not_empty"}, "then": [{"options": {"field": "term", "values": ["CIF", "EXW"]}}]}
            ]),
        )
        .await;
        let seen = preview(&engine, json!({"stage": "won", "freight": 1, "term": "EXW"})).await;
        assert_eq!(seen["options"], json!({"term": ["CIF"]}));
        assert!(has(&seen["readonly"], "discount") && has(&seen["readonly"], "lines.price"), "{seen}");
        assert!(codes(&seen["faults"]).contains(&("term".to_string(), "choice_unknown".to_string())), "{seen}");
        let sale = create(
            &engine,
            json!({"contact": "Ann", "discount": 0.1, "term": "FOB", "lines": [{"qty": 1, "price": 5}]}),
        )
        .await
        .unwrap();
        let won = patch(&engine, &sale["id"], json!({"stage": "won"})).await.unwrap();
        let refused = faults(patch(&engine, &sale["id"], json!({"discount": 0.2})).await.unwrap_err());
        assert_eq!(refused, [("discount".to_string(), "field_read_only")]);
        let row = &won["lines"][0]["id"];
        let refused = faults(
            patch(&engine, &sale["id"], json!({"lines": [{"id": row, "price": 6}, {"qty": 1}]})).await.unwrap_err(),
        );
        assert_eq!(refused, [("lines/0/price".to_string(), "field_read_only")]);
        patch(&engine, &sale["id"], json!({"lines": [{"id": row, "qty": 2}]})).await.unwrap();
    });
}

#[test]
fn rules_that_never_stand_still_are_told_and_nothing_is_kept() {
    on_both(|db| async move {
        let engine = open(db).await;
        install_deal(
            &engine,
            json!([{"then": [{"set": {"field": "freight", "expression": "COALESCE(freight, 0) + 1"}}]}]),
        )
        .await;
        let refused = faults(create(&engine, json!({"contact": "Ann"})).await.unwrap_err());
        assert_eq!(refused, [("freight".to_string(), "rules_unsettled")]);
    });
}

#[test]
fn names_that_a_rule_does_not_find_are_faults_at_their_place_with_the_nearest_one() {
    on_both(|db| async move {
        let engine = open(db).await;
        draft(
            &engine,
            deal(json!([
                {"when": {"field": "stag", "op": "eq", "value": "lost"}, "then": [{"require": ["resaon"]}, {"show": ["lines.nota"]}]},
                {"when": {"expression": "shipon > 1"}, "then": [{"set": {"field": "frieght", "value": 1}}, {"options": {"field": "term", "values": ["FOP"]}}]},
                {"then": [{"set": {"field": "freight", "expression": "contact"}}, {"set": {"field": "net", "value": 1}}, {"fault": {"field": "no", "message": "x"}}, {"require": ["reason"], "hide": ["reason"]}]}
            ])),
        )
        .await;
        let refused = publish::publish(&cx(&engine), &Publication { confirm_all: true, ..Publication::default() })
            .await
            .unwrap_err();
        let told: Vec<(String, String)> = refusal(refused)
            .faults
            .into_iter()
            .map(|f| (f.path.clone(), f.message(formwright_core::text::Locale::En)))
            .collect();
        let expected = [
            ("/rules/0/when/field", "There is no field \"stag\". Did you mean \"stage\"?"),
            ("/rules/0/then/0/require/0", "There is no field \"resaon\". Did you mean \"reason\"?"),
            ("/rules/0/then/1/show/0", "There is no field \"lines.nota\". Did you mean \"note\"?"),
            ("/rules/1/when/expression", "Character 1: there is no \"shipon\" here. Did you mean \"ship_on\"?"),
            ("/rules/1/then/0/set/field", "There is no field \"frieght\". Did you mean \"freight\"?"),
            ("/rules/1/then/1/options/values/0", "\"FOP\" is no choice here. Did you mean \"FOB\"?"),
            ("/rules/2/then/0/set/expression", "The expression must give number, not text."),
            ("/rules/2/then/1/set/field", "A formula field cannot be set by a rule."),
            ("/rules/2/then/2/fault/field", "There is no field \"no\"."),
            (
                "/rules/2/then/3",
                "An effect is exactly one of show, hide, require, readonly, set, default, options, warn, fault.",
            ),
        ];
        for (path, message) in expected {
            assert!(told.iter().any(|(p, m)| p.ends_with(path) && m == message), "{path}: {message}\n{told:#?}");
        }
        assert_eq!(told.len(), expected.len(), "{told:#?}");
    });
}

#[test]
fn a_rule_follows_the_new_name_of_a_field_and_the_new_value_of_a_choice() {
    on_both(|db| async move {
        let engine = open(db).await;
        let mut properties = json!({"stage": {"oneOf": [{"const": "lost", "title": "Lost it"}, {"const": "won", "title": "Won it"}], "field": {"type": "choice"}}, "reason": {"type": "string"}, "net": number(2), "copy": number(2)});
        let mut document = form(properties.clone());
        document["rules"] = json!([{"when": {"or": [{"field": "stage", "op": "eq", "value": "lost"}, {"expression": "stage = \"lost\" // why"}]},
            "then": [{"require": ["reason"]}, {"set": {"field": "copy", "expression": "net * 2"}}, {"warn": {"field": "reason", "message": "m"}}]}]);
        let saved = draft(&engine, document).await;
        publish_all(&engine).await;
        let mut renamed = saved;
        let old = renamed["record"]["properties"].clone();
        properties = json!({"phase": old["stage"], "why": old["reason"], "net_sum": old["net"], "twice": old["copy"]});
        properties["phase"]["oneOf"][0]["const"] = json!("dead");
        renamed["record"]["properties"] = properties;
        draft(&engine, renamed).await;
        publish_all(&engine).await;
        let refused = faults(create(&engine, json!({"phase": "dead", "net_sum": 2})).await.unwrap_err());
        assert_eq!(refused, [("why".to_string(), "required")]);
        let sale = create(&engine, json!({"phase": "dead", "net_sum": 2, "why": "x"})).await.unwrap();
        assert_eq!(digits(&sale["twice"]), "4");
    });
}

fn buyer() -> Json {
    json!({"kind": "form", "app": "shop", "name": "buyer", "record": {"type": "object", "properties": {"grade": {"type": "string"}}}})
}

/// A sale to a buyer, whose grade is looked up, with a code that is kept encrypted.
fn sold(rules: Json) -> Json {
    let sealed = |exact: bool| json!({"type": "string", "field": {"type": "text", "encrypted": {"exact": exact}}});
    let mut document = form(json!({
        "buyer": {"type": "string", "field": {"type": "link", "form": "buyer"}}, "limit": number(0), "note": {"type": "string"},
        "grade": {"field": {"type": "lookup", "via": "buyer", "field": "grade"}}, "code": sealed(true), "copy": sealed(false)}));
    document["rules"] = rules;
    document
}

#[test]
fn what_is_looked_up_is_asked_where_it_stands_also_when_only_the_link_changes() {
    on_both(|db| async move {
        let engine = open(db).await;
        draft(&engine, buyer()).await;
        let is_poor = json!({"field": "grade", "op": "eq", "value": "C"});
        draft(&engine, sold(json!([{"when": is_poor, "then": [{"require": ["limit"]}]}]))).await;
        publish_all(&engine).await;
        let mut buyers = Vec::new();
        for grade in ["A", "C"] {
            let made = engine.create(&cx(&engine), "buyer", object(json!({"grade": grade})), None).await.unwrap();
            buyers.push(parsed(&made.body)["id"].clone());
        }
        let missing = [("limit".to_string(), "required")];
        assert_eq!(faults(create(&engine, json!({"buyer": buyers[1]})).await.unwrap_err()), missing);
        assert!(has(&preview(&engine, json!({"buyer": buyers[1]})).await["require"], "limit"));
        assert!(!has(&preview(&engine, json!({"buyer": buyers[0]})).await["require"], "limit"));
        let sale = create(&engine, json!({"buyer": buyers[0]})).await.unwrap();
        assert_eq!(faults(patch(&engine, &sale["id"], json!({"buyer": buyers[1]})).await.unwrap_err()), missing);
        patch(&engine, &sale["id"], json!({"buyer": buyers[1], "limit": 5})).await.unwrap();
    });
}

#[test]
fn a_rule_reads_neither_what_is_encrypted_nor_what_is_not_kept() {
    on_both(|db| async move {
        let engine = open(db).await;
        draft(&engine, buyer()).await;
        let warn = json!([{"warn": {"message": "m"}}]);
        let rules = json!([
            {"when": {"expression": "code = \"x\""}, "then": warn},
            {"then": [{"set": {"field": "note", "expression": "code"}}]},
            {"when": {"field": "note", "op": "eq", "value": {"var": "record.code"}}, "then": warn},
            {"when": {"field": "code", "op": "contains", "value": "x"}, "then": warn},
            {"when": {"expression": "grade = \"C\""}, "then": warn},
            {"when": {"field": "note", "op": "eq", "value": {"var": "record.grade"}}, "then": warn},
            {"when": {"expression": "buyer.grade = \"C\""}, "then": warn}]);
        draft(&engine, sold(rules)).await;
        let all = Publication { confirm_all: true, ..Publication::default() };
        let refused = faults(publish::publish(&cx(&engine), &all).await.unwrap_err());
        let expected = [
            ("/rules/0/when/expression", "field_encrypted"),
            ("/rules/1/then/0/set/expression", "field_encrypted"),
            ("/rules/2/when/value/var", "field_encrypted"),
            ("/rules/3/when/op", "field_encrypted"),
            ("/rules/4/when/expression", "kind_not_offered"),
            ("/rules/5/when/value/var", "kind_not_offered"),
            ("/rules/6/when/expression", "kind_not_offered"),
        ];
        assert_eq!(refused.len(), expected.len(), "{refused:?}");
        for (path, code) in expected {
            assert!(refused.iter().any(|(p, c)| p.ends_with(path) && *c == code), "{path} {code}: {refused:?}");
        }
        // what is encrypted itself may take it over, and equality is asked as of any encrypted field
        let rules = json!([
            {"then": [{"set": {"field": "copy", "expression": "code"}}]},
            {"when": {"field": "code", "op": "eq", "value": "SECRET 1"}, "then": [{"require": ["note"]}]}]);
        draft(&engine, sold(rules)).await;
        publish_all(&engine).await;
        let refused = faults(create(&engine, json!({"code": "secret 1"})).await.unwrap_err());
        assert_eq!(refused, [("note".to_string(), "required")]);
        let sale = create(&engine, json!({"code": "secret 2"})).await.unwrap();
        assert_eq!(sale["copy"], "secret 2");
    });
}
