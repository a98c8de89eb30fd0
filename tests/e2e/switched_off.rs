//! What no longer fits after a change of a field: named in the plan, switched off in views and rules, and told to who opens them.

use serde_json::{Value as Json, json};

fn app() -> Json {
    json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"})
}

fn paper(properties: Json, views: Json) -> Json {
    json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": properties}, "views": views})
}

fn views() -> Json {
    json!([
        {"name": "mine", "title": "Mine", "fields": ["name", "size", "secret"], "sort": ["-size", "name"], "filter": {"and": [
            {"field": "size", "op": "starts_with", "value": "1"}, {"field": "secret", "op": "contains", "value": "4"}, {"field": "name", "op": "ne", "value": "z"}]}},
        {"name": "all", "title": "All", "fields": ["name"]}])
}

fn codes(plan: &Json) -> Vec<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|s| s["code"].as_str().unwrap().to_string()).filter(|code| code.contains("switch")).collect()
}

fn view(described: &Json, name: &str) -> Json {
    described["views"].as_array().unwrap().iter().find(|v| v["name"] == name).unwrap().clone()
}

on_both! {
    fn a_term_that_no_longer_fits_is_named_switched_off_and_marked_for_who_opens_the_view(site) {
        let text = |name: &str| json!({"type": "string", "title": name});
        let before = json!({"name": text("Name"), "size": text("Size"), "secret": text("Secret")});
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "paper", "actions": ["read"], "hidden": ["secret"]}]});
        site.publish(vec![app(), paper(before, views()), clerk]);
        let (admin, clerk) = (site.admin(), site.person("clara", &["clerk"]));
        for (name, size) in [("a", "12"), ("b", "7"), ("z", "1")] {
            admin.create("paper", json!({"name": name, "size": size, "secret": "4"}));
        }
        let own = admin.post("/api/views", json!({"form": "paper", "title": "Own", "sort": ["-size"], "filter": {"field": "size", "op": "ends_with", "value": "2"}, "shared_with": {"roles": ["clerk"]}}));
        assert_eq!(own.status, 201, "{}", own.text());
        let own = format!("/api/views/{}", own.json()["id"].as_str().unwrap());

        // both become numbers, and a new wrong term stays a fault
        let whole = |title: &str| json!({"type": "integer", "title": title});
        let after = json!({"name": text("Name"), "size": whole("Size"), "secret": whole("Secret")});
        let mut wrong = views();
        wrong[1]["filter"] = json!({"field": "size", "op": "starts_with", "value": "1"});
        assert_eq!(admin.put("/api/definitions/form/paper", paper(after.clone(), wrong)).status, 200);
        let refused = admin.post("/api/publications/plan", json!({}));
        assert_eq!(refused.faults(), [("/views/1/filter/op".to_string(), "unknown_operator".to_string())]);
        let saved = admin.put("/api/definitions/form/paper", paper(after.clone(), views()));
        assert_eq!(saved.json()["faults"], json!([]), "a draft is not at fault for what will be switched off");
        let plan = admin.post("/api/publications/plan", json!({})).json();
        assert_eq!(codes(&plan), ["hiding:form/paper:switch_off:view-mine"], "{plan}");
        let step = plan["steps"].as_array().unwrap().iter().find(|s| s["code"].as_str().unwrap().contains("switch_off")).unwrap();
        assert_eq!(step["text"], "What no longer fits in form “Paper” is switched off: view “Mine”: filter size starts_with, filter secret contains");
        let done = admin.post("/api/publications", json!({"confirm": plan["confirm"]}));
        assert_eq!(done.status, 200, "{}", done.text());

        let told = view(&admin.get("/api/forms/paper").json(), "mine");
        assert_eq!(told["filter"], json!({"and": [{"field": "name", "op": "ne", "value": "z"}]}), "what is left of it holds");
        assert_eq!(told["sort"], json!(["-size", "name"]));
        let off: Vec<(&str, &str)> = told["off"].as_array().unwrap().iter().map(|o| (o["term"]["field"].as_str().unwrap(), o["why"].as_str().unwrap())).collect();
        assert_eq!(off, [("size", "unknown_operator"), ("secret", "unknown_operator")]);
        assert!(told["off"][0]["message"].as_str().unwrap().contains("starts_with"), "{told}");
        let page = admin.get("/forms/paper?view=mine").text();
        assert!(page.contains("data-view-off") && page.contains("Size: There is no operator") && page.contains(">a<") && page.contains(">b<") && !page.contains(">z<"), "{page}");
        assert!(!admin.get("/forms/paper?view=all").text().contains("data-view-off"));
        let chinese = clerk.with("accept-language", "zh-CN").get("/forms/paper?view=mine").text();
        assert!(chinese.contains("已停用"), "{chinese}");

        // who may not know a field hears nothing of it
        let heard = view(&clerk.get("/api/forms/paper").json(), "mine");
        assert_eq!(heard["off"].as_array().unwrap().len(), 1, "{heard}");
        assert!(!heard.to_string().contains("secret") && !clerk.get("/forms/paper?view=mine").text().to_lowercase().contains("secret"));

        // a saved view goes on without it too, and can be changed
        let saved = admin.get(&own).json();
        assert_eq!((&saved["filter"], &saved["sort"], &saved["off"][0]["term"]["op"]), (&Json::Null, &json!(["-size"]), &json!("ends_with")));
        assert_eq!(clerk.get(&own).json()["off"][0]["why"], "unknown_operator");
        assert_eq!(admin.patch(&own, json!({"title": "Mine own"})).status, 200);
        let renewed = admin.patch(&own, json!({"filter": {"field": "size", "op": "gt", "value": 3}})).json();
        assert!(renewed.get("off").is_none() && renewed["filter"]["op"] == "gt", "{renewed}");

        // a second publication finds nothing new; back as text, all of it holds again
        let draft = admin.get("/api/definitions/form/paper").json()["published"].clone();
        assert_eq!(draft["views"][0]["off"].as_array().unwrap().len(), 2);
        let mut titled = draft.clone();
        titled["title"] = json!("Papers");
        assert_eq!(admin.put("/api/definitions/form/paper", titled).status, 200);
        assert_eq!(codes(&admin.post("/api/publications/plan", json!({})).json()), Vec::<String>::new());
        let mut back = draft;
        for field in ["size", "secret"] {
            back["record"]["properties"][field]["type"] = json!("string");
        }
        assert_eq!(admin.put("/api/definitions/form/paper", back).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        assert_eq!(codes(&plan), ["safe:form/paper:switch_on:view-mine"]);
        assert_eq!(admin.post("/api/publications", json!({"confirm": plan["confirm"]})).status, 200);
        let whole = view(&admin.get("/api/forms/paper").json(), "mine");
        assert_eq!((whole.get("off"), whole["filter"]["and"].as_array().unwrap().len()), (None, 3));
    }

    fn what_names_a_field_that_is_gone_is_switched_off_in_views_and_rules_and_a_rollback_brings_it_back(site) {
        let text = |name: &str| json!({"type": "string", "title": name});
        let shown = json!([{"name": "mine", "title": "Mine", "fields": ["name", "size"], "sort": ["size"]}]);
        let mut form = paper(json!({"name": text("Name"), "size": text("Size")}), shown);
        form["rules"] = json!([{"when": {"field": "size", "op": "eq", "value": "big"}, "then": [{"require": ["name"]}]}]);
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "paper", "actions": ["read"]}]});
        site.publish(vec![app(), form.clone(), clerk]);
        let (admin, clerk) = (site.admin(), site.person("clara", &["clerk"]));
        assert_eq!(admin.post("/api/records/paper", json!({"size": "big"})).status, 422, "the rule holds");
        form["record"]["properties"].as_object_mut().unwrap().remove("size");
        assert_eq!(admin.put("/api/definitions/form/paper", form).status, 200);
        let plan = admin.post("/api/publications/plan", json!({})).json();
        assert_eq!(codes(&plan), ["hiding:form/paper:switch_off:view-mine", "hiding:form/paper:switch_off:rules-0"], "{plan}");
        assert_eq!(admin.post("/api/publications", json!({"confirm": plan["confirm"]})).status, 200);
        assert_eq!(admin.post("/api/records/paper", json!({})).status, 201, "a rule that is switched off does nothing");
        let heard = view(&clerk.get("/api/forms/paper").json(), "mine");
        assert_eq!(heard["off"], json!([{"at": "fields", "why": "unknown_field"}, {"at": "sort", "why": "unknown_field"}]), "it has no name for who did not write it");
        assert!(clerk.get("/forms/paper?view=mine").text().contains("data-view-off"));
        let revision = plan["base"].as_i64().unwrap();
        let back = admin.post(&format!("/api/publications/{revision}/rollback"), json!({}));
        assert_eq!(back.status, 200, "{}", back.text());
        assert_eq!(view(&admin.get("/api/forms/paper").json(), "mine")["sort"], json!(["size"]));
        assert_eq!(admin.post("/api/records/paper", json!({"size": "big"})).status, 422, "the rule holds again");
    }
}
