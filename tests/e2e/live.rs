//! Server-sent events: each person hears of what he may read, and the stream ends with his session.

use crate::site::Client;
use crate::stream::Stream;
use serde_json::{Value as Json, json};

fn listen(client: &Client<'_>, query: &str, since: &str) -> Stream {
    Stream::open(&client.site.address, &format!("/api/events{query}"), &client.headers, since)
}

fn definitions() -> Vec<Json> {
    let own = json!({"field": "owner", "op": "eq", "value": {"var": "me"}});
    let properties = json!({"name": {"type": "string"}, "owner": {"type": "string", "field": {"type": "user"}}});
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": properties}}),
        json!({"kind": "form", "app": "desk", "name": "note", "title": "Note", "record": {"type": "object", "properties": properties}}),
        json!({"kind": "form", "app": "desk", "name": "vault", "title": "Vault", "record": {"type": "object", "properties": properties}}),
        json!({"kind": "role", "app": "desk", "name": "owner", "grants": [{"form": "paper", "actions": ["read", "create", "update", "delete", "comment"], "rows": own}, {"form": "note", "actions": ["read", "create"]}]}),
        json!({"kind": "role", "app": "desk", "name": "chief", "grants": [{"form": "paper", "actions": ["read", "create", "update", "delete", "comment"]}]}),
    ]
}

fn id(record: &Json) -> String {
    record["id"].as_str().unwrap().to_string()
}

on_both! {
    fn a_person_hears_of_what_he_may_read_and_of_nothing_else(site) {
        site.publish(definitions());
        let (ann, chief) = (site.person("ann", &["owner"]), site.person("chief", &["chief"]));
        let mut stream = listen(&ann, "", "");
        chief.create("paper", json!({"name": "theirs", "owner": chief.id}));
        let own = id(&chief.create("paper", json!({"name": "hers", "owner": ann.id})));
        assert_eq!(stream.record(), ("created".into(), own.clone()), "the other one is silent");
        let path = format!("/api/records/paper/{own}");
        assert_eq!(chief.patch(&path, json!({"name": "changed"})).status, 200);
        assert_eq!(stream.record(), ("updated".into(), own.clone()));
        assert_eq!(chief.patch(&path, json!({"owner": chief.id})).status, 200);
        assert_eq!(stream.record(), ("deleted".into(), own.clone()), "what leaves her sight is gone for her");
        assert_eq!(chief.patch(&path, json!({"name": "again"})).status, 200);
        let last = id(&ann.create("paper", json!({"name": "last", "owner": ann.id})));
        assert_eq!(stream.record(), ("created".into(), last.clone()));
        assert_eq!(ann.delete(&format!("/api/records/paper/{last}")).status / 100, 2);
        assert_eq!(stream.record(), ("deleted".into(), last));
    }

    fn only_the_forms_asked_for_are_told_and_unknown_ones_are_refused(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["owner"]);
        for form in ["vault", "nothing"] {
            assert_eq!(ann.get(&format!("/api/events?forms=paper,{form}")).problem(), (422, "unknown_reference".into()));
        }
        assert_eq!(site.visitor().get("/api/events").problem(), (401, "unauthenticated".into()));
        let mut stream = listen(&ann, "?forms=paper", "");
        ann.create("note", json!({"name": "x"}));
        let paper = id(&ann.create("paper", json!({"name": "x", "owner": ann.id})));
        assert_eq!(stream.record(), ("created".into(), paper));
    }

    fn a_change_of_rights_counts_on_an_open_stream(site) {
        site.publish(definitions());
        site.admin();
        let admin = site.session("admin");
        let (ann, chief) = (site.person("ann", &["owner"]), site.person("chief", &["chief"]));
        let mut stream = listen(&ann, "", "");
        assert_eq!(admin.patch(&format!("/api/users/{}", ann.id), json!({"roles": ["chief"]})).status, 200);
        let paper = id(&chief.create("paper", json!({"name": "theirs", "owner": chief.id})));
        assert_eq!(stream.record(), ("created".into(), paper));
        assert_eq!(admin.patch(&format!("/api/users/{}", ann.id), json!({"roles": []})).status, 200);
        chief.create("paper", json!({"name": "unheard", "owner": chief.id}));
        assert_eq!(admin.patch(&format!("/api/users/{}", ann.id), json!({"active": false})).status, 200);
        assert!(stream.next().is_none(), "the stream of a disabled person ends, and tells nothing before");
    }

    fn the_stream_ends_with_the_session(site) {
        site.publish(definitions());
        site.person("ann", &["owner"]);
        let session = site.session("ann");
        let mut stream = listen(&session, "", "");
        assert_eq!(session.delete("/api/session").status, 204);
        assert!(stream.next().is_none());
    }

    fn who_comes_back_is_told_what_he_missed_or_to_read_anew(site) {
        site.publish(definitions());
        let (ann, chief) = (site.person("ann", &["owner"]), site.person("chief", &["chief"]));
        let place = listen(&ann, "", "").part().unwrap().id;
        let first = id(&ann.create("paper", json!({"name": "1", "owner": ann.id})));
        chief.create("paper", json!({"name": "theirs", "owner": chief.id}));
        let mut stream = listen(&ann, "", &place);
        let heard = stream.next().unwrap();
        assert_eq!((heard.data["id"].as_str(), heard.event.as_str()), (Some(first.as_str()), "record"));
        assert_eq!(listen(&chief, "", &heard.id).next().unwrap().event, "resync", "another person's id is none of his");
        assert_eq!(listen(&ann, "", "invented").next().unwrap().event, "resync");
        let later = "2026-11-20T10:10:00Z".parse().unwrap();
        site.clock.set(later);
        assert_eq!(listen(&ann, "", &place).next().unwrap().event, "resync", "ten minutes are too long");
        let quiet = listen(&ann, "", "").part().unwrap().id;
        let mut stream = listen(&ann, "", &quiet);
        let next = id(&ann.create("paper", json!({"name": "2", "owner": ann.id})));
        assert_eq!(stream.record(), ("created".into(), next), "who missed nothing reads nothing anew");
    }

    fn notifications_jobs_and_revisions_are_told_to_whom_they_concern(site) {
        site.publish(definitions());
        let (ann, chief) = (site.person("ann", &["owner"]), site.person("chief", &["chief"]));
        let paper = id(&chief.create("paper", json!({"name": "x", "owner": ann.id})));
        let (mut hers, mut theirs) = (listen(&ann, "?forms=note", ""), listen(&chief, "?forms=paper", ""));
        assert_eq!(chief.post(&format!("/api/records/paper/{paper}/comments"), json!({"text": "@ann"})).status, 201);
        let heard = hers.next().unwrap();
        assert_eq!((heard.event.as_str(), &heard.data["unread"]), ("notification", &json!(1)));
        site.publish(vec![json!({"kind": "form", "app": "desk", "name": "slip", "title": "Slip", "record": {"type": "object", "properties": {"name": {"type": "string"}}}})]);
        for stream in [&mut hers, &mut theirs] {
            let heard = stream.next().unwrap();
            assert_eq!((heard.event.as_str(), &heard.data), ("revision", &json!({"revision": 2})));
        }
    }

    fn streams_of_a_person_are_bounded(site) {
        site.publish(definitions());
        let ann = site.person("ann", &["owner"]);
        let open: Vec<Stream> = (0..16).map(|_| listen(&ann, "", "")).collect();
        assert_eq!(ann.get("/api/events").problem(), (429, "rate_limited".into()));
        drop(open);
        assert_eq!(ann.get("/api/me").status, 200);
    }
}
