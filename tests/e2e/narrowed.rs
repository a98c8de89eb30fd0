//! Stricter validation: the plan says how many records no longer pass; they stay, marked, until somebody edits them.

use crate::site::{Client, escape};
use serde_json::{Value as Json, json};

fn app() -> Json {
    json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"})
}

/// A paper whose fields ask for more (`strict`) or little.
fn paper(strict: bool) -> Json {
    let ask = |plain: Json, more: Json| {
        let mut out = plain;
        if strict {
            out.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        out
    };
    json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper",
        "rules": [{"when": {"field": "name", "op": "eq", "value": "hidden"}, "then": [{"hide": ["note"]}]}],
        "record": {"type": "object", "required": if strict { json!(["name", "note"]) } else { json!(["name"]) }, "properties": {
        "name": {"type": "string", "title": "Name"},
        "code": ask(json!({"type": "string", "title": "Code"}), json!({"minLength": 3, "maxLength": 5})),
        "size": ask(json!({"type": "number", "title": "Size", "field": {"type": "number", "scale": 2}}), json!({"minimum": 0.005, "exclusiveMaximum": 10})),
        "mark": ask(json!({"type": "string", "title": "Mark"}), json!({"pattern": "^[a-z]+$"})),
        "note": {"type": "string", "title": "Note"},
        "secret": ask(json!({"type": "string", "title": "Secret"}), json!({"minLength": 9})),
        "lines": ask(json!({"type": "array", "title": "Lines", "field": {"type": "table"}, "items": {"type": "object", "properties": {
            "what": ask(json!({"type": "string", "title": "What"}), json!({"maxLength": 2}))}}}), json!({"minItems": 1}))}}})
}

fn clerk() -> Json {
    json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "paper", "actions": ["read", "update"], "hidden": ["secret"], "readonly": ["mark"]}]})
}

fn step<'p>(plan: &'p Json, code: &str) -> &'p Json {
    plan["steps"].as_array().unwrap().iter().find(|s| s["code"] == code).unwrap_or_else(|| panic!("{code} of {plan}"))
}

/// Titles of the records that do not pass, with their faults, as this client is told.
fn found(client: &Client<'_>) -> Vec<(String, Vec<String>)> {
    let (mut out, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/api/records/paper/unfit?limit=4{cursor}")).json();
        out.extend(page["items"].as_array().unwrap_or_else(|| panic!("{page}")).iter().map(|item| {
            let text = |fault: &Json, key: &str| fault[key].as_str().unwrap().to_string();
            let faults = item["faults"].as_array().unwrap().iter();
            let faults = faults.map(|f| format!("{} {}", text(f, "field"), text(f, "code"))).collect::<Vec<_>>();
            (item["title"].as_str().unwrap().to_string(), faults)
        }));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={}", escape(next)),
            None => return out,
        }
    }
}

fn page(client: &Client<'_>, path: &str) -> String {
    client.get(&path.replace("/api/records/", "/forms/")).text()
}

on_both! {
    fn records_that_no_longer_pass_are_counted_marked_found_and_mended_by_the_next_edit(site) {
        site.publish(vec![app(), paper(false), clerk()]);
        let (admin, clerk) = (site.admin(), site.person("clara", &["clerk"]));
        let good = json!({"name": "good", "code": "龙龙龙", "size": 9.99, "mark": "abc", "note": "n", "secret": "long enough", "lines": [{"what": "ab"}]});
        let with = |name: &str, change: Json| {
            let mut record = good.clone();
            record["name"] = json!(name);
            record.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            format!("/api/records/paper/{}", admin.create("paper", record)["id"].as_str().unwrap())
        };
        let good_one = with("good", json!({}));
        let short = with("short", json!({"code": "ab"}));
        let long = with("long", json!({"code": "abcdef", "size": 10}));
        let zero = with("zero", json!({"size": 0}));
        let marked = with("marked", json!({"mark": "A1"}));
        let secret = with("secret", json!({"secret": "short"}));
        with("bare", json!({"lines": []}));
        with("wordy", json!({"lines": [{"what": "abc"}, {"what": "abcd"}, {"what": "a"}]}));
        with("noteless", json!({"note": null}));
        with("hidden", json!({"note": null}));
        let binned = with("binned", json!({"code": "a"}));
        assert!(matches!(admin.delete(&binned).status, 200 | 204));

        assert_eq!(admin.put("/api/definitions/form/paper", paper(true)).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        for (field, rows) in [("code", 2), ("size", 2), ("mark", 1), ("secret", 1), ("lines", 1), ("lines.what", 1)] {
            let found = step(&plan, &format!("narrowing:form/paper/{field}:stricter"));
            assert_eq!(found["rows"], rows, "{found}");
            assert!(found["text"].as_str().unwrap().contains(&format!("{rows} records no longer pass; they stay, marked")), "{found}");
        }
        assert_eq!(step(&plan, "narrowing:form/paper/code:stricter")["values"].as_array().unwrap().len(), 2);
        assert_eq!(step(&plan, "narrowing:form/paper/note:require")["rows"], 2);
        assert_eq!(admin.post("/api/publications", json!({"confirm": plan["confirm"]})).status, 200);

        // they stay, and are found; whoever looks hears of what he may know
        assert_eq!(admin.get(&short).json()["code"], "ab");
        let list = |faults: &[&str]| faults.iter().map(|f| (*f).to_string()).collect::<Vec<_>>();
        let all = [
            ("short".to_string(), list(&["code too_short"])),
            ("long".into(), list(&["code too_long", "size not_below"])),
            ("zero".into(), list(&["size too_small"])),
            ("marked".into(), list(&["mark pattern_mismatch"])),
            ("secret".into(), list(&["secret too_short"])),
            ("bare".into(), list(&["lines too_few"])),
            ("wordy".into(), list(&["lines/0/what too_long", "lines/1/what too_long"])),
            ("noteless".into(), list(&["note required"])),
        ];
        assert_eq!(found(&admin), all);
        let seen: Vec<_> = all.iter().filter(|(name, _)| name != "secret").cloned().collect();
        assert_eq!(found(&clerk), seen);

        // and marked on their pages
        assert!(page(&admin, &short).contains("data-unfit") && page(&admin, &short).contains("Code: At least 3 characters"));
        assert!(!page(&admin, &good_one).contains("data-unfit"));
        assert!(page(&admin, &secret).contains("data-unfit") && !page(&clerk, &secret).contains("data-unfit"));

        // an edit must leave a record that passes
        let refused = clerk.patch(&short, json!({"note": "new"}));
        assert_eq!(refused.faults(), [("code".to_string(), "too_short".to_string())]);
        let id = |path: &str| path.rsplit('/').next().unwrap().to_string();
        let preview = clerk.post("/api/records/paper/preview", json!({"id": id(&short), "note": "new"})).json();
        assert_eq!(preview["faults"][0]["field"], "code", "{preview}");
        assert_eq!(clerk.patch(&short, json!({"note": "new", "code": "abc"})).status, 200);
        assert!(!page(&admin, &short).contains("data-unfit"), "what was mended is no longer marked");
        // as far as the editor can mend it
        assert_eq!(clerk.patch(&marked, json!({"note": "new"})).status, 200);
        assert_eq!(clerk.patch(&secret, json!({"note": "new"})).status, 200);
        // one act on many records leaves the mark to whoever edits them
        let many = admin.post("/api/records/paper/batch", json!({"atomic": false, "operations": [{"op": "update", "id": id(&long), "record": {"note": "all"}}]}));
        assert_eq!(many.json()["results"][0]["status"], 200, "{}", many.text());
        assert_eq!(clerk.patch(&zero, json!({"size": 0.01})).status, 200);
        let left: Vec<String> = found(&admin).into_iter().map(|(name, _)| name).collect();
        assert_eq!(left, ["long", "marked", "secret", "bare", "wordy", "noteless"]);
    }

    fn what_no_record_fails_is_safe_and_what_cannot_be_counted_is_said_to_be_so(site) {
        let form = |title: Json, whole: Option<Json>| {
            let mut record = json!({"type": "object", "properties": {"title": title, "kept": {"type": "string", "field": {"encrypted": true}}}});
            if let Some(whole) = whole {
                record["dependentRequired"] = whole;
            }
            json!({"kind": "form", "app": "desk", "name": "sheet", "title": "Sheet", "record": record})
        };
        site.publish(vec![app(), form(json!({"type": "string"}), None)]);
        let admin = site.admin();
        admin.create("sheet", json!({"title": "abc", "kept": "x"}));
        let mut next = form(json!({"type": "string", "minLength": 2}), Some(json!({"title": ["kept"]})));
        next["record"]["properties"]["kept"]["minLength"] = json!(3);
        assert_eq!(admin.put("/api/definitions/form/sheet", next).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        assert_eq!(step(&plan, "safe:form/sheet/title:stricter")["rows"], 0, "{plan}");
        for code in ["narrowing:form/sheet/kept:stricter", "narrowing:form/sheet:stricter"] {
            let found = step(&plan, code);
            assert_eq!(found["rows"], Json::Null);
            assert!(found["text"].as_str().unwrap().ends_with("how many records no longer pass is not counted beforehand"), "{found}");
        }
    }

    fn equality_over_few_encrypted_values_is_warned_of(site) {
        let form = |own: Json| json!({"kind": "form", "app": "desk", "name": "sheet", "title": "Sheet", "record": {"type": "object", "properties": {"colour": {"type": "string", "title": "Colour", "field": own}}}});
        let admin = site.admin();
        let warned = |own: Json| {
            assert_eq!(admin.put("/api/definitions/form/sheet", form(own)).status, 200);
            let plan = admin.post("/api/publications/plan", json!({})).json();
            assert_eq!(plan["confirm"].as_array().unwrap().len(), 1, "a warning is not asked about: {plan}");
            plan["steps"].as_array().unwrap().iter().find(|s| s["code"] == "safe:form/sheet/colour:few_values").cloned()
        };
        site.publish(vec![app(), form(json!({}))]);
        for colour in ["red", "green", "red", "blue"] {
            admin.create("sheet", json!({"colour": colour}));
        }
        let step = warned(json!({"encrypted": {"exact": true}})).unwrap();
        assert_eq!(step["rows"], 3, "{step}");
        assert!(step["text"].as_str().unwrap().contains("few different values"), "{step}");
        assert_eq!(warned(json!({"encrypted": true})), None, "without equality there is nothing to tell apart");
        let operations: Vec<Json> = (0..1000).map(|n| json!({"op": "create", "record": {"colour": format!("shade {n}")}})).collect();
        let made = admin.post("/api/records/sheet/batch", json!({"operations": operations}));
        assert_eq!(made.status, 200, "{}", made.text());
        assert_eq!(warned(json!({"encrypted": {"exact": true}})), None);
    }
}
