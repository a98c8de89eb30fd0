//! Who may do what, as a table (`tests/fixtures/permission_matrix.json`): each cell is asked, and what is refused changes
//! nothing.

use crate::site::{Client, Reply, Site, read, root};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn definitions() -> Vec<Json> {
    let own = json!({"field": "owner", "op": "eq", "value": {"var": "me"}});
    let departments = json!({"field": "owner.department", "op": "under", "value": {"var": "me.department"}});
    vec![
        json!({"kind": "app", "name": "crm", "app": "crm", "title": "CRM"}),
        json!({"kind": "app", "name": "finance", "app": "finance", "title": "Finance"}),
        json!({"kind": "form", "app": "crm", "name": "customer", "title": "Customer", "search": ["name"], "record": {"type": "object", "properties": {
            "name": {"type": "string"}, "note": {"type": "string"}, "credit_limit": {"type": "integer"},
            "owner": {"type": "string", "field": {"type": "user"}, "default": {"var": "me"}},
            "files": {"type": "array", "field": {"type": "files"}}}}}),
        json!({"kind": "form", "app": "crm", "name": "sales_order", "title": "Order", "record": {"type": "object", "properties": {
            "number": {"type": "string"}, "customer": {"type": "string", "field": {"type": "link", "form": "customer"}},
            "owner": {"type": "string", "field": {"type": "user"}, "default": {"var": "me"}}}}}),
        json!({"kind": "role", "app": "crm", "name": "salesperson", "grants": [
            {"form": "customer", "actions": ["read", "create", "update", "comment"], "rows": own, "hidden": ["credit_limit"]},
            {"form": "sales_order", "actions": ["read", "create", "update"], "rows": own}]}),
        json!({"kind": "role", "app": "crm", "name": "manager", "grants": [
            {"form": "customer", "actions": ["read", "create", "update", "comment", "export"], "rows": departments},
            {"form": "sales_order", "actions": ["read"], "rows": departments}]}),
        json!({"kind": "role", "app": "crm", "name": "accountant", "grants": [
            {"form": "customer", "actions": ["read", "export"]}, {"form": "sales_order", "actions": ["read"]}]}),
        json!({"kind": "role", "app": "crm", "name": "builder", "designs": ["crm"]}),
    ]
}

/// Status, code and text of an answer against a cell: a status, a list of them, or an object that says more.
fn check(cell: &Json, reply: &Reply, about: &str, wrong: &mut Vec<String>) {
    let statuses: Vec<u64> = match cell {
        Json::Array(any) => any.iter().filter_map(Json::as_u64).collect(),
        Json::Object(more) => vec![more["status"].as_u64().unwrap()],
        one => vec![one.as_u64().unwrap()],
    };
    if !statuses.contains(&u64::from(reply.status)) {
        wrong.push(format!("{about}: {} instead of {statuses:?}: {:.300}", reply.status, reply.text()));
        return;
    }
    let text = reply.text();
    if let Some(code) = cell.get("code").and_then(Json::as_str)
        && reply.json()["code"] != code
    {
        wrong.push(format!("{about}: not {code}: {text:.300}"));
    }
    let words = |member: &str| {
        cell.get(member)
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    wrong.extend(words("holds").iter().filter(|w| !text.contains(*w)).map(|w| format!("{about}: no {w}: {text:.300}")));
    wrong.extend(words("lacks").iter().filter(|w| text.contains(*w)).map(|w| format!("{about}: {w}: {text:.300}")));
}

fn everything(admin: &Client) -> String {
    let places = ["records/customer", "records/sales_order", "users", "departments", "definitions"];
    places.map(|place| admin.get(&format!("/api/{place}")).text()).concat()
}

fn people(site: &Site) -> BTreeMap<&'static str, Client<'_>> {
    site.admin();
    let admin = site.session("admin");
    let department = |name: &str| {
        let made = admin.post("/api/departments", json!({"name": name, "title": name}));
        assert_eq!(made.status, 201, "{}", made.text());
        made.json()["id"].clone()
    };
    let (north, south) = (department("north"), department("south"));
    let person = |login: &str, roles: &[&str], department: &Json| {
        let id = site.person(login, roles).id;
        let moved = admin.patch(&format!("/api/users/{id}"), json!({"department": department}));
        assert_eq!(moved.status, 200, "{}", moved.text());
        site.token(login)
    };
    BTreeMap::from([
        ("G", site.visitor()),
        ("S", person("stranger", &[], &north)),
        ("M", person("other", &["salesperson"], &south)),
        ("O", person("owner", &["salesperson"], &north)),
        ("H", person("head", &["manager"], &north)),
        ("A", person("builder", &["builder"], &north)),
        ("F", person("finance", &["accountant"], &south)),
        ("X", site.token("admin")),
    ])
}

on_both! {
    fn every_cell_of_the_matrix_holds_and_what_is_refused_changes_nothing(site) {
        site.publish(definitions());
        let people = people(site);
        let (admin, owner, other) = (&people["X"], &people["O"], &people["M"]);
        let sent = owner.post_parts("/api/files", &[], ("file", "a.txt", b"held"));
        assert_eq!(sent.status, 201, "{}", sent.text());
        let file = sent.json()["id"].as_str().unwrap().to_string();
        let record = owner.create("customer", json!({"name": "Canary GmbH", "files": [file]}));
        let record = record["id"].as_str().unwrap().to_string();
        let limit = admin.patch(&format!("/api/records/customer/{record}"), json!({"credit_limit": 777_123}));
        assert_eq!(limit.status, 200, "{}", limit.text());
        other.create("customer", json!({"name": "Other GmbH"}));
        owner.create("sales_order", json!({"number": "SO-1", "customer": record}));
        let matrix = read(&root().join("tests/fixtures/permission_matrix.json"));
        let mut wrong = Vec::new();
        for row in matrix["rows"].as_array().unwrap() {
            for (name, cell) in row["expect"].as_object().unwrap() {
                let person = &people[name.as_str()];
                let filled = |text: &str| {
                    text.replace("{R}", &record).replace("{file}", &file).replace("{M}", &other.id).replace("{self}", &person.id)
                };
                let (method, path) = (row["method"].as_str().unwrap(), filled(row["path"].as_str().unwrap()));
                let body = row.get("body").map(|body| filled(&body.to_string()));
                let before = (!matches!(method, "GET" | "HEAD")).then(|| everything(admin));
                // who is refused before his body is read may lose the connection: it serves for nothing else
                let reply = person.with("connection", "close").send(method, &path, "application/json", body.as_deref().map(str::as_bytes));
                let about = format!("{} as {name}", row["what"].as_str().unwrap());
                check(cell, &reply, &about, &mut wrong);
                if reply.status >= 400 && before.is_some_and(|before| before != everything(admin)) {
                    wrong.push(format!("{about}: refused, and yet something changed"));
                }
            }
        }
        assert!(wrong.is_empty(), "{} cells:\n{}", wrong.len(), wrong.join("\n"));
    }
}
