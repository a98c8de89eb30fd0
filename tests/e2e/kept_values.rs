//! Values as they are kept and found: telephone numbers however they are typed, times as their schema says, choices that are
//! offered no longer, and what is said where a value does not fit.

use crate::site::Client;
use serde_json::{Value as Json, json};

fn app(name: &str) -> Json {
    json!({"kind": "app", "app": name, "name": name, "title": name})
}

fn form(properties: Json, more: Json) -> Json {
    let mut form = json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name",
        "record": {"type": "object", "properties": properties}});
    form.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    form
}

fn names(client: &Client<'_>, filter: Json) -> Vec<String> {
    let query = json!({"filter": filter, "sort": ["name"]});
    client.items("paper", query).iter().map(|r| r["name"].as_str().unwrap().to_string()).collect()
}

fn term(field: &str, op: &str, value: Json) -> Json {
    json!({"field": field, "op": op, "value": value})
}

/// Publishes a definition again, changed.
fn change(admin: &Client<'_>, kind: &str, name: &str, how: impl Fn(&mut Json)) -> Json {
    let path = format!("/api/definitions/{kind}/{name}");
    let mut doc = admin.get(&path).json()["published"].clone();
    how(&mut doc);
    let saved = admin.put(&path, doc);
    assert_eq!(saved.status, 200, "{}", saved.text());
    let plan = admin.post("/api/publications/plan", json!({})).json();
    let done = admin.post("/api/publications", json!({"confirm": plan["confirm"]}));
    assert_eq!(done.status, 200, "{}", done.text());
    plan
}

fn phones() -> Json {
    let phone = json!({"type": "string", "title": "Phone", "field": {"format": "phone"}});
    form(
        json!({"name": {"type": "string"}, "phone": {"type": "string", "title": "Phone"}, "open": {"type": "boolean"},
            "people": {"type": "array", "title": "People", "field": {"type": "table"}, "items": {"type": "object", "properties": {"who": {"type": "string"}, "phone": phone}}}}),
        json!({"search": ["name", "phone"], "duplicate_check": [{"name": "phone", "fields": [{"field": "phone", "as": "phone"}], "on_hit": "warn"}]}),
    )
}

fn found(client: &Client<'_>, words: &str) -> usize {
    client.items("paper", json!({"q": words})).len()
}

on_both! {
    fn a_telephone_number_is_found_by_what_is_dialled_however_it_was_typed(site) {
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [
            {"form": "paper", "actions": ["read"], "rows": {"field": "open", "op": "eq", "value": true}},
            {"form": "paper", "actions": ["read"], "mask": {"phone": "last4"}}]});
        site.publish(vec![app("desk"), phones(), clerk]);
        let (admin, clerk) = (site.admin(), site.person("clara", &["clerk"]));
        let make = |name: &str, phone: &str| admin.create("paper", json!({"name": name, "phone": phone, "open": name < "c", "people": [{"who": "x", "phone": phone}]}));
        // what was there before the field was one of telephone numbers stays, and is found by them
        make("a", "+49 30 5551234");
        make("b", "0049 30/555-1234");
        make("c", "+49 (0)30 5551234 ext. 7");
        admin.create("paper", json!({"name": "d", "phone": "call Ann", "people": [{"who": "y", "phone": "0049305551235"}]}));
        let plan = change(&admin, "form", "paper", |doc| doc["record"]["properties"]["phone"]["field"]["format"] = json!("phone"));
        assert_eq!(plan["confirm"].as_array().map(Vec::len), Some(1), "{plan}");
        make("e", "＋49 30 5551234");
        make("f", "030 5551234");
        let all = ["a", "b", "c", "e"];
        assert_eq!(admin.items("paper", json!({"sort": ["name"]}))[1]["phone"], "0049 30/555-1234", "what was typed stays");
        for typed in ["+49305551234", "+49 30 5551234", "0049305551234"] {
            assert_eq!(names(&admin, term("phone", "eq", json!(typed))), all, "{typed}");
            assert_eq!(names(&admin, term("phone", "in", json!([typed, "call Ann"]))), ["a", "b", "c", "d", "e"], "{typed}");
            assert_eq!(names(&admin, term("people.phone", "eq", json!(typed))), all, "{typed}");
            if !typed.contains(' ') {
                assert_eq!(found(&admin, typed), 4, "{typed}");
            }
        }
        assert_eq!(names(&admin, term("phone", "ne", json!("+49305551234"))), ["d", "f"]);
        assert_eq!(names(&admin, term("phone", "contains", json!("305551234"))), ["a", "b", "c", "e", "f"]);
        assert_eq!(names(&admin, term("phone", "starts_with", json!("+49 30 555"))), all);
        assert_eq!(names(&admin, term("phone", "contains", json!("ann"))), ["d"]);
        // nothing of what is masked is told by its normal form
        for (op, typed) in [("eq", "+49305551234"), ("contains", "305551234")] {
            assert_eq!(names(&clerk, term("phone", op, json!(typed))), ["a", "b"], "{op}");
        }
        let same = admin.post("/api/records/paper/duplicates", json!({"phone": "0049 30 5551234"})).json();
        assert_eq!(same["hits"].as_array().map(Vec::len), Some(4), "{same}");

        let refused = admin.post("/api/records/paper", json!({"name": "x", "phone": "not a phone", "people": [{"phone": "12345"}]}));
        let mut faults = refused.faults();
        faults.sort();
        assert_eq!(faults, [("people/0/phone".to_string(), "format_invalid".to_string()), ("phone".to_string(), "format_invalid".to_string())]);
        assert!(refused.text().contains("write it like +49 30 5551234"), "{}", refused.text());
        // what was no number before the field was one of numbers goes back as it was read
        let ann = admin.items("paper", json!({"filter": term("name", "eq", json!("d"))})).remove(0);
        let path = format!("/api/records/paper/{}", ann["id"].as_str().unwrap());
        let whole = admin.get(&path).json();
        let back = admin.patch(&path, whole);
        assert_eq!(back.status, 200, "{}", back.text());
        assert_eq!(admin.patch(&path, json!({"phone": "call Bob"})).faults().len(), 1);
        let schema = admin.get("/api/forms/paper/schema.json").json();
        assert!(schema["properties"]["phone"]["pattern"].is_string(), "{schema}");
    }

    fn times_and_moments_are_taken_as_their_schema_says_and_nothing_of_them_is_dropped(site) {
        site.publish(vec![app("desk"), form(json!({"name": {"type": "string"}, "hour": {"type": "string", "format": "time"}, "at": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"}}), json!({}))]);
        let admin = site.admin();
        let schema = admin.get("/api/forms/paper/schema.json").json();
        assert!(schema["properties"]["hour"].get("format").is_none(), "{schema}");
        assert!(schema["properties"]["hour"]["pattern"].is_string() && schema["properties"]["at"]["pattern"].is_string(), "{schema}");
        for (given, kept) in [("10:30", "10:30:00"), ("10:30:00", "10:30:00")] {
            assert_eq!(admin.create("paper", json!({"hour": given}))["hour"], kept);
        }
        for given in ["10:30:00+08:00", "10:30:00Z", "23:59:60", "24:00", "10:30:00.1234567"] {
            let refused = admin.post("/api/records/paper", json!({"hour": given}));
            assert_eq!(refused.faults(), [("hour".to_string(), "format_invalid".to_string())], "{given}");
            assert!(refused.text().contains("write it like 08:30, without a zone"), "{}", refused.text());
        }
        for given in ["2026-11-25 10:00:00Z", "2026-06-30T23:59:60Z", "2026-11-25T10:00:00.123456789Z", "2026-11-25T10:00:00"] {
            assert_eq!(admin.post("/api/records/paper", json!({"at": given})).faults(), [("at".to_string(), "format_invalid".to_string())], "{given}");
        }
        assert_eq!(admin.create("paper", json!({"at": "2026-11-25T10:00:00+08:00"}))["at"], "2026-11-25T02:00:00Z");
    }

    fn a_choice_that_is_offered_no_longer_stays_readable_and_is_found_and_never_picked_again(site) {
        let lands = json!({"kind": "options", "app": "desk", "name": "lands", "title": "Lands", "items": [{"value": "DE", "title": "Germany"}, {"value": "FR", "title": "France"}]});
        let grade = json!({"oneOf": [{"const": "A", "title": "First"}, {"const": "B", "title": "Second"}, {"const": "C", "title": "Third"}]});
        let properties = json!({"name": {"type": "string"}, "grade": grade, "grades": {"type": "array", "uniqueItems": true, "items": grade},
            "land": {"type": "string", "field": {"type": "choice", "options": "lands"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"grade": grade}}}});
        site.publish(vec![app("desk"), lands, form(properties, json!({"search": ["name", "grade"]}))]);
        let admin = site.admin();
        let made = admin.create("paper", json!({"name": "x", "grade": "B", "grades": ["A", "B"], "land": "DE", "lines": [{"grade": "B"}]}));
        let path = format!("/api/records/paper/{}", made["id"].as_str().unwrap());
        let without = |list: &mut Json, member: &str, gone: &[&str]| {
            list.as_array_mut().unwrap().retain(|c| !gone.contains(&c[member].as_str().unwrap()));
        };
        // first what no record has, then what one has
        for gone in ["C", "B"] {
            change(&admin, "form", "paper", |doc| {
                let properties = &mut doc["record"]["properties"];
                for place in ["/grade/oneOf", "/grades/items/oneOf", "/lines/items/properties/grade/oneOf"] {
                    without(properties.pointer_mut(place).unwrap(), "const", &[gone]);
                }
            });
        }
        change(&admin, "options", "lands", |doc| without(&mut doc["items"], "value", &["DE"]));

        for filter in [term("grade", "eq", json!("B")), term("grade", "in", json!(["B"])), term("grades", "has_any", json!(["B"])), term("land", "eq", json!("DE")), term("lines.grade", "eq", json!("B"))] {
            assert_eq!(names(&admin, filter.clone()), ["x"], "{filter}");
        }
        assert_eq!(names(&admin, term("grade", "ne", json!("B"))), Vec::<String>::new());
        // the whole record goes back, and its page and its file say the title
        let whole = admin.get(&path).json();
        let back = admin.patch(&path, whole);
        assert_eq!(back.status, 200, "{}", back.text());
        assert_eq!(admin.patch(&path, json!({"name": "y"})).status, 200);
        let csv = admin.get("/api/records/paper/export.csv").text();
        assert!(csv.contains("Second") && csv.contains("Germany"), "{csv}");
        assert!(admin.get(&path.replace("/api/records/", "/forms/")).text().contains("Germany"));
        // nobody picks it again
        let picked = admin.post("/api/records/paper", json!({"name": "z", "grade": "B", "grades": ["B"], "land": "DE", "lines": [{"grade": "B"}]}));
        let mut faults = picked.faults();
        faults.sort();
        let unknown = |at: &str| (at.to_string(), "choice_unknown".to_string());
        assert_eq!(faults, [unknown("grade"), unknown("grades/0"), unknown("land"), unknown("lines/0/grade")]);
        let schema = admin.get("/api/forms/paper/schema.json").json();
        assert!(!schema.to_string().contains("\"DE\"") && !schema["properties"]["grade"].to_string().contains("\"B\""), "{schema}");
        // what no record had is gone
        let refused = admin.post("/api/records/paper/query", json!({"filter": term("grade", "eq", json!("C"))}));
        assert_eq!(refused.faults()[0].1, "choice_unknown");
        // what comes back may be picked again
        change(&admin, "options", "lands", |doc| doc["items"].as_array_mut().unwrap().push(json!({"value": "DE", "title": "Deutschland"})));
        assert_eq!(admin.create("paper", json!({"name": "w", "land": "DE"}))["land"], "DE");
        assert_eq!(admin.patch(&path, json!({"name": "v"})).status, 200);
    }

    fn what_does_not_fit_is_said_in_words_that_help(site) {
        let properties = json!({"name": {"type": "string"}, "kind": {"const": "Patient"}, "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"},
            "owner": {"type": "string", "field": {"type": "user"}}, "any": {"type": "object", "properties": {"sort": {"enum": ["a", "b"]}}},
            "lines": {"type": "array", "minItems": 1, "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}}}}});
        let clerk = json!({"kind": "role", "app": "desk", "name": "clerk", "grants": [{"form": "paper", "actions": ["read", "create"]}]});
        site.publish(vec![app("desk"), app("other"), form(properties, json!({})), clerk]);
        let (admin, clerk, gone) = (site.admin(), site.person("clara", &["clerk"]), site.person("gone", &["clerk"]).id.clone());
        assert_eq!(site.session("admin").patch(&format!("/api/users/{gone}"), json!({"active": false})).status, 200);
        let one = json!([{"what": "w"}]);
        let made = admin.create("paper", json!({"kind": "Patient", "lines": one}));
        assert_eq!(made["kind"], "Patient");
        let refused = admin.post("/api/records/paper", json!({"kind": "Patien", "code": "x", "owner": gone, "any": {"sort": "c"}, "lines": []}));
        let text = refused.text();
        for words in ["At least 1 entry is needed.", "Write it like AA-000.", "gone is disabled and cannot be picked", "\\\"c\\\" is no choice here"] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("\\\"\\\\\\\"") && !text.contains("[A-Z]"), "{text}");
        // the id of another record's row, at its place
        let row = made["lines"][0]["id"].clone();
        let twice = admin.post("/api/records/paper", json!({"lines": [{"id": row, "what": "w"}]}));
        assert_eq!(twice.faults(), [("lines/0/id".to_string(), "duplicate".to_string())]);

        // who may not design hears that first, whatever he sent
        for body in [json!({}), json!({"kind": "form", "app": "desk", "name": "paper"})] {
            assert_eq!(clerk.put("/api/definitions/form/paper", body).status, 403);
        }
        // a schema is never fetched, and an app adds only to what it requires
        let remote = json!({"kind": "form", "app": "desk", "name": "far", "title": "Far", "record": {"type": "object", "properties": {"a": {"$ref": "https://example.com/a.json"}}}});
        assert!(admin.put("/api/definitions/form/far", remote).text().contains("reference_remote"));
        let extension = json!({"kind": "form", "app": "other", "name": "paper", "extends": "desk", "record": {"properties": {"more": {"type": "string"}}}});
        let added = admin.put("/api/definitions/form/paper", extension.clone());
        assert!(added.text().contains("not_required"), "{}", added.text());
        let mut requiring = app("other");
        requiring["requires"] = json!({"desk": ">=0"});
        assert_eq!(admin.put("/api/definitions/app/other", requiring).status, 200);
        let added = admin.put("/api/definitions/form/paper", extension);
        assert!(added.status == 200 && !added.text().contains("not_required"), "{}", added.text());
    }

    fn a_workbook_with_rows_goes_back_in_by_any_key(site) {
        let rows = json!({"type": "array", "title": "Lines", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string", "title": "What"}}}});
        site.publish(vec![app("desk"), form(json!({"name": {"type": "string", "title": "Name"}, "serial": {"type": "string", "title": "Serial", "field": {"type": "serial", "pattern": "P-{seq:4}"}}, "lines": rows}), json!({}))]);
        let admin = site.admin();
        for name in ["one", "two"] {
            admin.create("paper", json!({"name": name, "lines": [{"what": format!("{name} a")}, {"what": format!("{name} b")}]}));
        }
        let before = admin.items("paper", json!({"sort": ["name"], "select": ["name", "lines"]}));
        for key in ["name", "serial", "id", ""] {
            let book = admin.get("/api/records/paper/export.xlsx").body;
            let texts = [("mode", "update"), ("key", key)];
            let reply = admin.post_parts("/api/records/paper/import", if key.is_empty() { &texts[..1] } else { &texts }, ("file", "paper.xlsx", &book));
            assert_eq!(reply.status, 202, "{key}: {}", reply.text());
            let job = admin.job(reply.json()["job"].as_str().unwrap());
            assert_eq!((&job["state"], &job["faults"], &job["summary"]["unchanged"]), (&json!("done"), &json!([]), &json!(2)), "{key}: {job}");
        }
        assert_eq!(admin.items("paper", json!({"sort": ["name"], "select": ["name", "lines"]})), before);
    }
}
