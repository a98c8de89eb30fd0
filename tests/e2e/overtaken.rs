//! Requests that a publication overtakes are answered all the same: nobody sees that tables change under him.

use serde_json::{Value as Json, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;

const READERS: usize = 8;

fn form(kind: &str) -> Json {
    json!({"kind": "form", "app": "desk", "name": "note", "title": "Note", "record": {"type": "object", "properties": {
        "title": {"type": "string"},
        "size": {"type": kind},
        "lines": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}}}}})
}

on_both! {
    fn reads_and_writes_go_on_while_the_type_of_a_field_changes(site) {
        let app = json!({"kind": "app", "name": "desk", "app": "desk", "title": "Desk", "version": "1.0.0", "locale": "en"});
        site.publish(vec![app, form("string")]);
        let admin = site.admin();
        let id = admin.create("note", json!({"title": "a", "size": "Yes"}))["id"].as_str().unwrap().to_string();
        let done = AtomicBool::new(false);
        let (round, rounds) = mpsc::channel();
        std::thread::scope(|scope| {
            for number in 0..READERS {
                let (admin, id, done, round) = (admin.clone(), &id, &done, round.clone());
                scope.spawn(move || {
                    while !done.load(Ordering::Relaxed) {
                        let list = admin.get("/api/records/note?select=title,size&count=exact");
                        assert_eq!(list.status, 200, "{}", list.text());
                        let one = admin.get(&format!("/api/records/note/{id}"));
                        assert_eq!(one.status, 200, "{}", one.text());
                        let found = admin.post("/api/records/note/query", json!({"filter": {"field": "size", "op": "not_empty"}}));
                        assert_eq!(found.status, 200, "{}", found.text());
                        let changed = admin.patch(&format!("/api/records/note/{id}"), json!({"title": format!("by {number}")}));
                        assert_eq!(changed.status, 200, "{}", changed.text());
                        round.send(()).unwrap();
                    }
                });
            }
            drop(round);
            for kind in ["boolean", "string"].repeat(5) {
                // every connection has its statements before the tables change
                let heard = rounds.iter().take(3 * READERS).count();
                if heard < 3 * READERS {
                    break;
                }
                site.publish(vec![form(kind)]);
            }
            done.store(true, Ordering::Relaxed);
        });
        let note = admin.get(&format!("/api/records/note/{id}")).json();
        assert_eq!(note["size"], json!("Yes"));
    }
}
