//! Paths that lead to several values: selected they are lists, under the scope and the masks of what they lead over; what cannot
//! be one column is refused where one is wanted.

use crate::site::{Client, Site};
use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "firm", "title": "Firm", "title_field": "name", "record": {"type": "object", "properties": {
            "name": {"type": "string"}, "kinds": {"type": "array", "uniqueItems": true, "items": {"enum": ["x", "y", "z"]}},
            "team": {"type": "array", "items": {"type": "string"}, "field": {"type": "users"}}, "grade": {"enum": ["A", "B"]}, "meta": {"type": "object", "field": {"type": "json"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {
                "what": {"type": "string"}, "amount": {"type": "number", "field": {"type": "number", "scale": 2}}, "marks": {"type": "array", "uniqueItems": true, "items": {"enum": ["p", "q"]}}}}}}}}),
        json!({"kind": "form", "app": "desk", "name": "person", "title": "Person", "title_field": "name", "record": {"type": "object", "properties": {
            "name": {"type": "string"}, "email": {"type": "string"}, "phone": {"type": "string"}, "level": {"type": "integer"},
            "firm": {"type": "string", "field": {"type": "link", "form": "firm", "inverse": {"name": "people", "title": "People"}}}}}}),
        // people of level 1 without their address, those of level 2 with it; nobody's telephone, no amounts
        json!({"kind": "role", "app": "desk", "name": "reader", "grants": [
            {"form": "firm", "actions": ["read"], "hidden": ["lines.amount"]},
            {"form": "person", "actions": ["read"], "rows": {"field": "level", "op": "eq", "value": 1}, "hidden": ["email", "phone"]},
            {"form": "person", "actions": ["read"], "rows": {"field": "level", "op": "eq", "value": 2}, "hidden": ["phone"]}]}),
        json!({"kind": "role", "app": "desk", "name": "outsider", "grants": [{"form": "firm", "actions": ["read"], "hidden": ["lines"]}]}),
    ]
}

/// Two firms, one with people and lines; the id of its first person too.
fn world(site: &Site) -> (Client<'_>, String, String) {
    site.publish(definitions());
    let admin = site.admin();
    let text = |record: &Json| record["id"].as_str().unwrap().to_string();
    let full = text(&admin.create(
        "firm",
        json!({"name": "Full", "kinds": ["x", "z"], "team": [admin.id], "grade": "A", "lines": [
        {"what": "b", "amount": 2.5, "marks": ["p", "q"]}, {"what": "a", "amount": 40, "marks": ["q"]}]}),
    ));
    admin.create("firm", json!({"name": "Empty"}));
    let mut first = String::new();
    for (name, email, level) in [
        ("Ann", json!("ann@x.example"), 1),
        ("Bob", json!("bob@x.example"), 2),
        ("Cid", Json::Null, 2),
        ("Dan", json!("dan@x.example"), 3),
    ] {
        let made =
            admin.create("person", json!({"name": name, "email": email, "phone": "1", "level": level, "firm": full}));
        if first.is_empty() {
            first = text(&made);
        }
    }
    (admin, full, first)
}

fn firms(client: &Client, select: &[&str]) -> Vec<Json> {
    client.items("firm", json!({"sort": ["-name"], "select": select}))
}

on_both! {
    fn a_path_that_leads_to_several_values_gives_a_list_for_each_record(site) {
        let (admin, full, first) = world(site);
        let select = ["name", "people.email", "people.name", "people.level", "lines.what", "lines.amount", "lines.marks", "team.login"];
        let rows = firms(&admin, &select);
        let people = json!({"email": ["ann@x.example", "bob@x.example", null, "dan@x.example"], "name": ["Ann", "Bob", "Cid", "Dan"], "level": [1, 2, 2, 3]});
        let lines = json!({"what": ["b", "a"], "amount": [2.5, 40], "marks": ["p", "q", "q"]});
        assert_eq!((&rows[0]["name"], &rows[0]["people"], &rows[0]["lines"], &rows[0]["team"]), (&json!("Full"), &people, &lines, &json!({"login": ["admin"]})), "{}", rows[0]);
        assert_eq!((&rows[1]["people"], &rows[1]["lines"]), (&json!({"email": [], "name": [], "level": []}), &json!({"what": [], "amount": [], "marks": []})));
        // by GET and for one record alike
        let listed = admin.get("/api/records/firm?sort=-name&select=people.email,name").json();
        assert_eq!(listed["items"][0]["people"]["email"], people["email"]);
        let one = admin.get(&format!("/api/records/firm/{full}?select=people.name,lines.what")).json();
        assert_eq!((&one["people"]["name"], &one["lines"]["what"]), (&people["name"], &lines["what"]));
        // behind a single link, with what that link itself leads to
        let back = admin.get(&format!("/api/records/person/{first}?select=firm.name,firm.people.name,firm.lines.what,firm.kinds,firm.team.login")).json();
        assert_eq!(back["firm"], json!({"id": full, "name": "Full", "people.name": people["name"], "lines.what": lines["what"], "kinds": ["x", "z"], "team.login": ["admin"]}), "{back}");
        let csv = admin.get("/api/records/firm/export.csv?sort=-name&select=name,people.email").text();
        assert!(csv.contains("ann@x.example, bob@x.example, dan@x.example"), "{csv}");
        let page = admin.site.session("admin").get("/forms/firm?columns=name,people.email");
        assert!(page.status == 200 && page.text().contains("ann@x.example, bob@x.example, dan@x.example"), "{}", page.text());
        let whole = admin.get(&format!("/api/records/firm/{full}?select=lines,lines.what")).json();
        assert_eq!((whole["lines"].as_array().unwrap().len(), &whole["lines"][0]["what"]), (2, &json!("b")), "whole rows hold their columns");
    }

    fn scopes_and_masks_hold_on_every_step(site) {
        let (admin, full, _) = world(site);
        let reader = site.person("reader", &["reader"]);
        let rows = firms(&reader, &["name", "people.email", "people.name", "lines.what"]);
        assert_eq!((&rows[0]["people"], &rows[0]["lines"]), (&json!({"email": [null, "bob@x.example", null], "name": ["Ann", "Bob", "Cid"]}), &json!({"what": ["b", "a"]})));
        for unknown in ["people.phone", "lines.amount", "people.phon"] {
            let reply = reader.post("/api/records/firm/query", json!({"select": [unknown]}));
            assert_eq!(reply.faults(), [("select/0".to_string(), "unknown_field".to_string())], "{unknown}");
            assert!(!reply.text().contains("hone\"?") && !reply.text().contains("mean"), "{}", reply.text());
        }
        let outsider = site.person("outsider", &["outsider"]);
        for unknown in ["people.name", "lines.what"] {
            assert_eq!(outsider.post("/api/records/firm/query", json!({"select": [unknown]})).faults(), [("select/0".to_string(), "unknown_field".to_string())], "{unknown}");
        }
        // what was deleted is not there
        let gone = admin.items("person", json!({"filter": {"field": "name", "op": "eq", "value": "Bob"}}))[0]["id"].as_str().unwrap().to_string();
        assert_eq!(admin.delete(&format!("/api/records/person/{gone}")).status, 204);
        assert_eq!(firms(&admin, &["people.name"])[0]["people"]["name"], json!(["Ann", "Cid", "Dan"]));
        assert_eq!(admin.get(&format!("/api/records/firm/{full}?select=people.name")).json()["people"]["name"], json!(["Ann", "Cid", "Dan"]));
    }

    fn what_is_no_single_column_is_refused_where_one_is_wanted(site) {
        let (admin, ..) = world(site);
        let measures = json!([{"name": "n", "function": "count"}]);
        let wrong = |reply: crate::site::Reply, about: &str| assert_eq!(reply.problem(), (422, "value_invalid".into()), "{about} {}", reply.text());
        for path in ["people.email", "people.name", "people.firm.name", "team.login", "grade.parent", "grade.data.x", "lines"] {
            wrong(admin.post("/api/records/firm/aggregate", json!({"group": [{"field": path}], "measures": measures})), path);
            for function in ["min", "max", "count", "count_distinct", "sum", "avg"] {
                wrong(admin.post("/api/records/firm/aggregate", json!({"measures": [{"name": "n", "function": function, "field": path}]})), &format!("{function} {path}"));
            }
            wrong(admin.post("/api/records/firm/query", json!({"sort": [path]})), path);
        }
        for path in ["grade.parent", "grade.data.x", "meta.a"] {
            wrong(admin.post("/api/records/firm/query", json!({"select": [path]})), path);
        }
        for path in ["firm.grade.parent", "firm.grade.data.x", "firm.lines"] {
            wrong(admin.post("/api/records/person/query", json!({"select": [path]})), path);
        }
        // rows of the record's own tables are grouped, each record once in every group
        let grouped = admin.post("/api/records/firm/aggregate", json!({"group": [{"field": "lines.what"}], "measures": [{"name": "sum", "function": "sum", "field": "lines.amount"}]}));
        assert_eq!(grouped.status, 200, "{}", grouped.text());
        assert_eq!(grouped.json()["overlapping"], true);
    }
}
