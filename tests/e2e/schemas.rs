//! JSON Schemas as people have them become forms that take a valid record and refuse an invalid one.

use serde_json::{Value as Json, json};

/// Name, schema, a valid record, and a record with what is wrong about it.
fn schemas() -> Vec<(&'static str, Json, Json, Json)> {
    let draft = "https://json-schema.org/draft/2020-12/schema";
    vec![
        (
            "resume",
            json!({"$schema": draft, "title": "Resume", "type": "object", "required": ["basics"], "properties": {
            "basics": {"type": "object", "required": ["name", "email"], "properties": {"name": {"type": "string", "minLength": 1}, "label": {"type": "string"}, "email": {"type": "string", "format": "email"}, "summary": {"type": "string", "maxLength": 5000}}},
            "work": {"type": "array", "items": {"type": "object", "properties": {"company": {"type": "string"}, "position": {"type": "string"}, "start_date": {"type": "string", "format": "date"}, "highlights": {"type": "array", "items": {"type": "string"}}}}},
            "skills": {"type": "array", "items": {"type": "object", "properties": {"skill": {"type": "string"}, "level": {"enum": ["beginner", "skilled", "master"]}}}}}}),
            json!({"basics": {"name": "Li Na", "email": "li.na@x.example"}, "work": [{"company": "Yimeng", "position": "Head of sales", "start_date": "2019-03-01", "highlights": ["Opened Vietnam"]}], "skills": [{"skill": "Spanish", "level": "skilled"}]}),
            json!({"basics": {"name": "Li Na", "email": "nowhere"}, "skills": [{"skill": "Spanish", "level": "godlike"}]}),
        ),
        (
            "invoice",
            json!({"$schema": draft, "type": "object", "required": ["invoice_number", "issued", "currency", "lines"], "properties": {
            "invoice_number": {"type": "string", "pattern": "^INV-[0-9]{6}$"}, "issued": {"type": "string", "format": "date"}, "due": {"type": "string", "format": "date"},
            "currency": {"enum": ["USD", "EUR", "CNY"]}, "seller": {"$ref": "#/$defs/party"}, "buyer": {"$ref": "#/$defs/party"},
            "lines": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["description", "quantity", "unit_price"], "properties": {"description": {"type": "string"}, "quantity": {"type": "number", "exclusiveMinimum": 0}, "unit_price": {"type": "number", "minimum": 0}, "vat": {"type": "number", "minimum": 0, "maximum": 1}}}}},
            "$defs": {"party": {"type": "object", "required": ["legal_name"], "properties": {"legal_name": {"type": "string"}, "tax_id": {"type": "string"}}}}}),
            json!({"invoice_number": "INV-000123", "issued": "2026-11-20", "currency": "EUR", "seller": {"legal_name": "Yimeng"}, "buyer": {"legal_name": "Nordwald"}, "lines": [{"description": "Plywood 18 mm", "quantity": 120, "unit_price": 21.35, "vat": 0.13}]}),
            json!({"invoice_number": "123", "issued": "2026-11-20", "currency": "EUR", "lines": []}),
        ),
        (
            "package_manifest",
            json!({"$schema": draft, "type": "object", "required": ["name", "release"], "properties": {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "maxLength": 214}, "release": {"type": "string", "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+$"}, "private": {"type": "boolean"},
            "keywords": {"type": "array", "items": {"type": "string"}, "uniqueItems": true}, "license": {"type": "string"}, "homepage": {"type": "string", "format": "uri"},
            "dependencies": {"type": "object", "additionalProperties": {"type": "string"}}, "engines": {"type": "object", "properties": {"node": {"type": "string"}}}}}),
            json!({"name": "price-list", "release": "1.4.0", "private": false, "keywords": ["price", "list"], "homepage": "https://x.example", "dependencies": {"left": "^1.0.0"}}),
            json!({"name": "Price List", "release": "1.4", "dependencies": {"left": 1}}),
        ),
        (
            "patient",
            json!({"$schema": draft, "type": "object", "required": ["family", "gender"], "properties": {
            "family": {"type": "string"}, "given": {"type": "array", "items": {"type": "string"}}, "gender": {"type": "string", "enum": ["male", "female", "other", "unknown"]}, "birth_date": {"type": "string", "format": "date"}, "deceased": {"type": "boolean"},
            "telecom": {"type": "array", "items": {"type": "object", "required": ["system", "value"], "properties": {"system": {"enum": ["phone", "email", "sms"]}, "value": {"type": "string"}, "rank": {"type": "integer", "minimum": 1}}}},
            "address": {"type": "object", "properties": {"line": {"type": "string"}, "city": {"type": "string"}, "postal_code": {"type": "string"}}}}}),
            json!({"family": "Okafor", "given": ["Ali", "B."], "gender": "male", "birth_date": "1980-02-29", "telecom": [{"system": "phone", "value": "+234 1 234", "rank": 1}], "address": {"city": "Lagos"}}),
            json!({"family": "Okafor", "gender": "M", "birth_date": "1981-02-29", "telecom": [{"system": "phone", "value": "1", "rank": 0}]}),
        ),
        (
            "feature",
            json!({"$schema": draft, "type": "object", "required": ["geometry"], "properties": {
            "type": {"const": "Feature"}, "label": {"type": "string"},
            "geometry": {"type": "object", "required": ["type", "coordinates"], "properties": {"type": {"enum": ["Point", "LineString"]}, "coordinates": {"type": "array", "minItems": 2, "items": {"type": "number"}}}}, "bbox": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}}}}),
            json!({"type": "Feature", "label": "Linyi", "geometry": {"type": "Point", "coordinates": [118.35, 35.05]}, "bbox": [118, 35, 119, 36]}),
            json!({"type": "Feature", "geometry": {"type": "Point", "coordinates": [118.35]}, "bbox": [1, 2]}),
        ),
        (
            "calendar_event",
            json!({"$schema": draft, "type": "object", "required": ["summary", "dtstart"], "properties": {
            "summary": {"type": "string", "minLength": 1}, "dtstart": {"type": "string", "format": "date-time"}, "dtend": {"type": "string", "format": "date-time"}, "all_day": {"type": "boolean", "default": false}, "url": {"type": "string", "format": "uri"},
            "status": {"oneOf": [{"const": "tentative", "title": "Tentative"}, {"const": "confirmed", "title": "Confirmed"}, {"const": "cancelled", "title": "Cancelled"}]},
            "attendees": {"type": "array", "maxItems": 50, "items": {"type": "object", "required": ["email"], "properties": {"email": {"type": "string", "format": "email"}, "optional": {"type": "boolean"}}}}, "categories": {"type": "array", "items": {"enum": ["fair", "visit", "call"]}, "uniqueItems": true}}}),
            json!({"summary": "Canton Fair", "dtstart": "2026-10-15T01:00:00Z", "status": "confirmed", "attendees": [{"email": "a@x.example"}], "categories": ["fair", "visit"]}),
            json!({"summary": "", "dtstart": "tomorrow", "status": "maybe", "attendees": [{"optional": true}]}),
        ),
        (
            "product_card",
            json!({"$schema": draft, "type": "object", "required": ["sku", "price"], "properties": {
            "sku": {"type": "string", "minLength": 3, "maxLength": 40}, "price": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.01}, "stock": {"type": "integer", "minimum": 0}, "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": true},
            "dimensions": {"type": "object", "required": ["length", "width"], "properties": {"length": {"type": "number"}, "width": {"type": "number"}, "height": {"type": "number"}}}, "discontinued": {"type": "boolean"}}}),
            json!({"sku": "PLY-18", "price": 21.35, "stock": 400, "tags": ["plywood"], "dimensions": {"length": 2440, "width": 1220}}),
            json!({"sku": "P", "price": 21.355, "stock": -1, "tags": []}),
        ),
        (
            "blog_post",
            json!({"$schema": draft, "type": "object", "required": ["headline", "body"], "properties": {
            "headline": {"type": "string", "maxLength": 120}, "slug": {"type": "string", "pattern": "^[a-z0-9-]+$"}, "body": {"type": "string", "maxLength": 20000}, "published_on": {"type": ["string", "null"], "format": "date"}, "state": {"enum": ["draft", "live"], "default": "draft"},
            "author": {"type": "object", "properties": {"name": {"type": "string"}, "site": {"type": "string", "format": "uri"}}}, "comments": {"type": "array", "items": {"type": "object", "required": ["text"], "properties": {"by": {"type": "string"}, "text": {"type": "string", "maxLength": 2000}}}}}}),
            json!({"headline": "How plywood is graded", "slug": "plywood-grades", "body": "Long text", "published_on": null, "comments": [{"by": "Ann", "text": "Thanks"}]}),
            json!({"headline": "x".repeat(121), "slug": "No Slug", "body": "b", "comments": [{"by": "Ann"}]}),
        ),
        (
            "purchase",
            json!({"$schema": draft, "type": "object", "required": ["reference", "items", "payment"], "properties": {
            "reference": {"type": "string"}, "placed_at": {"type": "string", "format": "date-time"}, "payment": {"enum": ["card", "transfer", "letter_of_credit"]}, "card_last4": {"type": "string", "pattern": "^[0-9]{4}$"},
            "items": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["sku", "count"], "properties": {"sku": {"type": "string"}, "count": {"type": "integer", "minimum": 1}, "price": {"type": "number", "minimum": 0}}}}, "notes": {"type": "string"}},
            "if": {"required": ["payment"], "properties": {"payment": {"const": "card"}}}, "then": {"required": ["card_last4"]}}),
            json!({"reference": "PO-7", "placed_at": "2026-11-20T08:00:00Z", "payment": "card", "card_last4": "4242", "items": [{"sku": "PLY-18", "count": 3, "price": 21.35}]}),
            json!({"reference": "PO-8", "payment": "card", "items": [{"sku": "PLY-18", "count": 1}]}),
        ),
        (
            "device",
            json!({"$schema": draft, "type": "object", "required": ["serial_no", "kind", "ip"], "properties": {
            "serial_no": {"type": "string", "minLength": 4}, "kind": {"enum": ["sensor", "gateway", "meter"]}, "ip": {"type": "string", "format": "ipv4"}, "mac": {"type": "string", "pattern": "^([0-9a-f]{2}:){5}[0-9a-f]{2}$"}, "battery": {"type": "number", "minimum": 0, "maximum": 100}, "firmware": {"type": "string"}, "last_seen": {"type": "string", "format": "date-time"},
            "readings": {"type": "array", "items": {"type": "object", "required": ["metric", "reading"], "properties": {"metric": {"type": "string"}, "reading": {"type": "number"}, "unit": {"type": "string"}}}}, "extra": {}}}),
            json!({"serial_no": "SN-0001", "kind": "sensor", "ip": "192.0.2.7", "mac": "00:1b:44:11:3a:b7", "battery": 87.5, "readings": [{"metric": "humidity", "reading": 8.2, "unit": "%"}], "extra": {"any": ["thing", 1]}}),
            json!({"serial_no": "SN-0002", "kind": "sensor", "ip": "999.0.0.1", "battery": 101}),
        ),
    ]
}

on_both! {
    fn ten_schemas_of_the_world_become_forms_that_judge_as_they_do(site) {
        let admin = site.admin();
        let mut documents = vec![json!({"kind": "app", "app": "world", "name": "world", "title": "World"})];
        for (name, schema, _, _) in schemas() {
            documents.push(json!({"kind": "form", "app": "world", "name": name, "title": name, "record": schema}));
        }
        for document in documents {
            let path = format!("/api/definitions/{}/{}", document["kind"].as_str().unwrap(), document["name"].as_str().unwrap());
            let saved = admin.put(&path, document);
            assert_eq!(saved.status, 200, "{path} {}", saved.text());
        }
        let published = admin.post("/api/publications", json!({}));
        assert_eq!(published.status, 200, "{}", published.text());
        for (name, _, valid, invalid) in schemas() {
            let path = format!("/api/records/{name}");
            let made = admin.post(&path, valid.clone());
            assert_eq!(made.status, 201, "{name} {}", made.text());
            let read = admin.get(&format!("{path}/{}", made.json()["id"].as_str().unwrap())).json();
            for (key, value) in valid.as_object().unwrap() {
                assert!(holds(&read[key], value), "{name}.{key}: {value} came back as {}", read[key]);
            }
            let refused = admin.post(&path, invalid);
            assert_eq!(refused.problem(), (422, "validation_failed".into()), "{name}");
            assert!(!refused.faults().is_empty(), "{name} {}", refused.text());
            assert_eq!(admin.count(name), 1);
            let schema = admin.get(&format!("/api/forms/{name}/schema.json"));
            assert_eq!((schema.status, schema.json()["type"].clone()), (200, json!("object")));
        }
    }
}

/// Whether what came back holds everything that was sent; rows have ids of their own besides.
fn holds(back: &Json, sent: &Json) -> bool {
    match (back, sent) {
        (Json::Object(back), Json::Object(sent)) => sent.iter().all(|(k, v)| back.get(k).is_some_and(|b| holds(b, v))),
        (Json::Array(back), Json::Array(sent)) => {
            back.len() == sent.len() && back.iter().zip(sent).all(|(b, s)| holds(b, s))
        }
        (Json::Number(back), Json::Number(sent)) => back.as_f64() == sent.as_f64(),
        _ => back == sent,
    }
}
