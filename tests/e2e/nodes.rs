//! Several processes of one installation on PostgreSQL: what one does, the others know at the next request.

use crate::site::{Client, Database, Site};
use crate::stream::Stream;
use serde_json::{Value as Json, json};

fn definitions(more: &Json) -> Vec<Json> {
    let mut properties = json!({"name": {"type": "string"}, "owner": {"type": "string", "field": {"type": "user"}}});
    for (name, property) in more.as_object().unwrap() {
        properties[name] = property.clone();
    }
    let own = json!({"field": "owner", "op": "eq", "value": {"var": "me"}});
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": properties}}),
        json!({"kind": "role", "app": "desk", "name": "owner", "grants": [{"form": "paper", "actions": ["read", "create"], "rows": own}]}),
        json!({"kind": "role", "app": "desk", "name": "chief", "grants": [{"form": "paper", "actions": ["read", "create", "update"]}]}),
    ]
}

/// The same person at another node.
fn at<'a>(node: &'a Site, client: &Client<'_>) -> Client<'a> {
    Client { headers: client.headers.clone(), id: client.id.clone(), site: node }
}

#[test]
fn definitions_rights_sessions_and_events_of_one_node_count_on_the_other() {
    let first = Site::open(Database::Postgres);
    first.publish(definitions(&json!({})));
    first.admin();
    let (ann, chief) = (first.person("ann", &["owner"]), first.person("chief", &["chief"]));
    let second = first.another_node();
    let ann_there = at(&second, &ann);
    let path = "/api/records/paper";

    // events cross from one process to the other, and only those that the listener may know of
    let mut stream = Stream::open(&second.address, "/api/events", &ann.headers, "");
    chief.create("paper", json!({"name": "theirs", "owner": chief.id}));
    let hers = chief.create("paper", json!({"name": "hers", "owner": ann.id}));
    assert_eq!(stream.record(), ("created".into(), hers["id"].as_str().unwrap().into()));

    // a publication there is known here with the very next request
    second.publish(definitions(&json!({"pages": {"type": "integer"}})));
    assert_eq!(ann.post(path, json!({"name": "x", "owner": ann.id, "pages": 3})).status, 201);
    assert_eq!(stream.next().unwrap().event, "revision");

    // a role taken away on one node
    assert_eq!(ann_there.get(path).json()["items"].as_array().unwrap().len(), 2);
    assert_eq!(first.session("admin").patch(&format!("/api/users/{}", ann.id), json!({"roles": []})).status, 200);
    assert_eq!(ann_there.get(path).status, 404, "the form is none of hers any more");

    // a session ended on one node
    let session = first.session("chief");
    let session_there = at(&second, &session);
    assert_eq!(session_there.get("/api/me").status, 200);
    assert_eq!(session.delete("/api/session").status, 204);
    assert_eq!(session_there.get("/api/me").status, 401);
}

#[test]
fn numbers_and_versions_are_given_once_however_many_nodes_write() {
    let first = Site::open(Database::Postgres);
    let number = json!({"type": "string", "field": {"type": "serial", "pattern": "P-{seq:4}"}});
    first.publish(definitions(&json!({"no": number})));
    let chief = first.person("chief", &["chief"]);
    let second = first.another_node();
    let chief_there = at(&second, &chief);
    let mut numbers: Vec<String> = std::thread::scope(|scope| {
        let writers: Vec<_> = [&chief, &chief_there, &chief, &chief_there]
            .into_iter()
            .map(|client| {
                scope.spawn(move || {
                    let number = |_| client.create("paper", json!({"name": "x"}))["no"].as_str().unwrap().to_string();
                    (0..10).map(number).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    numbers.sort();
    let expected: Vec<String> = (1..=40).map(|n| format!("P-{n:04}")).collect();
    assert_eq!(numbers, expected);

    // of two changes made from the same version one is told of the other
    let record = chief.create("paper", json!({"name": "one"}));
    let place = format!("/api/records/paper/{}", record["id"].as_str().unwrap());
    let change = |client: &Client<'_>| {
        client.with("if-match", "\"1\"").patch(&place, json!({"name": client.site.address})).status
    };
    let mut statuses = std::thread::scope(|scope| {
        let there = scope.spawn(|| change(&chief_there));
        [change(&chief), there.join().unwrap()]
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}
