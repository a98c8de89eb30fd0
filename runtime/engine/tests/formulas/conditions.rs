//! A condition means the same in memory, where a rule asks it, and in the database, where a list asks it.

use super::support::on_both;
use super::{cx, draft, number, object, open, parsed, publish_all};
use formwright_engine::Engine;
use formwright_engine::records::{ListRequest, ReadRequest};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// A small generator of its own, so that a failure can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len())]
    }

    fn maybe(&mut self, value: Json) -> Json {
        if self.roll(4) == 0 { Json::Null } else { value }
    }
}

const WORDS: [&str; 9] = ["Oak", "oak", " ", "Ölmühle", "胶合板", "Straße 9", "oak board", "ＯＡＫ", "Zinc"];
const KINDS: [&str; 4] = ["wood", "steel", "zinc", "paper"];
const DAYS: [&str; 4] = ["2026-11-19", "2026-11-20", "2026-10-31", "2027-01-01"];
const TIMES: [&str; 4] =
    ["2026-11-20T01:00:00Z", "2026-11-19T23:59:59.5Z", "2026-11-20T12:30:00Z", "2025-01-01T00:00:00Z"];

fn documents() -> Vec<Json> {
    let kind = json!({"type": "string", "field": {"type": "choice", "options": "materials", "pick": "any"}});
    vec![
        json!({"kind": "options", "app": "shop", "name": "materials", "items": [
            {"value": "metal"}, {"value": "wood", "data": {"soft": "yes"}}, {"value": "steel", "parent": "metal", "data": {"soft": "no"}},
            {"value": "zinc", "parent": "metal"}, {"value": "paper", "parent": "wood"}]}),
        json!({"kind": "form", "app": "shop", "name": "part", "record": {"type": "object", "properties": {
            "name": {"type": "string"}, "size": number(1), "kind": kind, "thing": {"field": {"type": "link", "form": "thing", "inverse": {"name": "parts"}}},
            "owner": {"type": "string", "field": {"type": "user"}}}}}),
    ]
}

fn lookup(field: &str) -> Json {
    json!({"field": {"type": "lookup", "via": "part", "field": field}})
}

fn thing() -> Json {
    let kind = json!({"type": "string", "field": {"type": "choice", "options": "materials", "pick": "any"}});
    json!({
        "name": {"type": "string"}, "note": {"type": "string", "field": {"type": "long_text"}}, "amount": number(2),
        "count": {"type": "integer"}, "day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
        "span": {"type": "string", "format": "duration"}, "hour": {"type": "string", "format": "time"}, "done": {"type": "boolean"},
        "kind": kind, "tags": {"type": "array", "field": {"type": "tags", "new": true}},
        "kinds": {"type": "array", "field": {"type": "choices", "options": "materials", "pick": "any"}},
        "owner": {"type": "string", "field": {"type": "user"}},
        "part": {"field": {"type": "link", "form": "part"}}, "others": {"type": "array", "field": {"type": "links", "form": "part"}},
        "code": {"type": "string", "field": {"type": "text", "encrypted": {"exact": true}}},
        "part_name": lookup("name"), "part_kind": lookup("kind"), "part_owner": lookup("owner"),
        "mine": {"field": {"type": "rollup", "form": "part", "via": "thing", "function": "count", "scope": "reader"}},
        "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {
            "name": {"type": "string"}, "qty": number(2), "kind": kind, "part": {"field": {"type": "link", "form": "part"}},
            "part_size": lookup("size")}}},
    })
}

fn random_thing(dice: &mut Dice, parts: &[Json]) -> Json {
    let texts = |dice: &mut Dice, from: &[&str]| {
        let word = *dice.pick(from);
        dice.maybe(json!(word))
    };
    let number = |dice: &mut Dice| {
        let n = *dice.pick(&["0", "-1.5", "10", "10.25", "99.99", "1000"]);
        let number: serde_json::Number = n.parse().unwrap();
        dice.maybe(Json::Number(number))
    };
    let mut body = json!({
        "name": texts(dice, &WORDS), "note": texts(dice, &WORDS), "amount": number(dice), "day": texts(dice, &DAYS), "at": texts(dice, &TIMES),
        "span": texts(dice, &["PT1H", "PT60M", "PT90M", "PT0S"]), "hour": texts(dice, &["08:30:00", "08:30:00.5", "23:00:00"]),
        "kind": texts(dice, &KINDS), "code": texts(dice, &WORDS),
    });
    let count = dice.roll(5);
    body["count"] = dice.maybe(json!(count));
    let done = dice.roll(2) == 0;
    body["done"] = dice.maybe(json!(done));
    let part = dice.pick(parts).clone();
    body["part"] = dice.maybe(part);
    for (name, from) in [("tags", &["a", "b", "c"][..]), ("kinds", &KINDS[..])] {
        let list: Vec<&str> = from.iter().copied().filter(|_| dice.roll(3) == 0).collect();
        body[name] = json!(list);
    }
    body["others"] = parts.iter().filter(|_| dice.roll(4) == 0).cloned().collect();
    let rows: Vec<Json> = (0..dice.roll(4))
        .map(|_| {
            let part = dice.pick(parts).clone();
            json!({"name": texts(dice, &WORDS), "qty": number(dice), "kind": texts(dice, &KINDS), "part": dice.maybe(part)})
        })
        .collect();
    body["lines"] = json!(rows);
    body
}

/// A term over a path whose values are of a sort.
fn term(dice: &mut Dice) -> Json {
    let paths = [
        ("name", "text"),
        ("note", "words"),
        ("amount", "number"),
        ("count", "number"),
        ("day", "day"),
        ("at", "at"),
        ("span", "span"),
        ("hour", "hour"),
        ("done", "bool"),
        ("kind", "kind"),
        ("kind.parent", "root"),
        ("kind.data.soft", "soft"),
        ("tags", "tags"),
        ("kinds", "kinds"),
        ("part", "id"),
        ("part.name", "text"),
        ("part.size", "number"),
        ("part.kind", "kind"),
        ("others.name", "text"),
        ("others.size", "number"),
        ("lines.name", "text"),
        ("lines.qty", "number"),
        ("lines.kind", "kind"),
        ("lines.part.name", "text"),
        ("parts.name", "text"),
        ("parts.size", "number"),
        ("created_by.name", "words"),
        ("version", "number"),
        ("lines", "rows"),
        ("parts.part", "skip"),
        ("code", "sealed"),
        ("part_name", "text"),
        ("part_kind", "kind"),
        ("part_kind.parent", "root"),
        ("part_owner.name", "words"),
        ("mine", "number"),
        ("lines.part_size", "number"),
    ];
    let (path, sort) = *dice.pick(&paths);
    if dice.roll(5) == 0 && sort != "skip" && sort != "root" && sort != "soft" {
        return json!({"field": path, "op": *dice.pick(&["is_empty", "not_empty"])});
    }
    let (ops, value) = match sort {
        "text" | "words" => {
            let compared = ["eq", "ne", "lt", "le", "gt", "ge", "contains", "starts_with", "ends_with", "in", "not_in"];
            // a text without a sort key has no order of its own
            let ops = if sort == "text" {
                compared.to_vec()
            } else {
                compared.iter().copied().filter(|o| !["lt", "le", "gt", "ge"].contains(o)).collect()
            };
            (ops, json!(*dice.pick(&["Oak", "oak", "胶", "ß", "ölm", "OAK", "Zinc", "board"])))
        }
        "number" => {
            let number: serde_json::Number =
                dice.pick(&["0", "10", "10.255", "-1.5", "1", "2", "99.99"]).parse().unwrap();
            (vec!["eq", "ne", "lt", "le", "gt", "ge", "in", "not_in"], Json::Number(number))
        }
        "day" => (vec!["eq", "ne", "lt", "le", "gt", "ge", "in"], json!(*dice.pick(&DAYS))),
        "at" => {
            let wanted = if dice.roll(2) == 0 { *dice.pick(&DAYS) } else { *dice.pick(&TIMES) };
            (vec!["eq", "ne", "lt", "le", "gt", "ge", "in"], json!(wanted))
        }
        "span" => (vec!["eq", "ne", "lt", "le", "gt", "ge"], json!(*dice.pick(&["PT1H", "PT89M", "PT3600S"]))),
        "hour" => (vec!["eq", "ne", "lt", "le", "gt", "ge"], json!(*dice.pick(&["08:30:00", "12:00:00"]))),
        "bool" => (vec!["eq", "ne"], json!(dice.roll(2) == 0)),
        "kind" => {
            (vec!["eq", "ne", "in", "not_in", "under", "contains"], json!(*dice.pick(&["wood", "metal", "zinc"])))
        }
        "root" => (vec!["eq", "ne", "under"], json!("metal")),
        "soft" => (vec!["eq", "ne"], json!(*dice.pick(&["yes", "no"]))),
        "sealed" => (vec!["eq", "ne", "in", "not_in"], json!(*dice.pick(&["Oak", " ", "ölmühle", "Zinc"]))),
        "tags" | "kinds" => {
            let from: &[&str] = if sort == "tags" { &["a", "b", "c"] } else { &KINDS };
            let list: Vec<&str> = from.iter().copied().filter(|_| dice.roll(2) == 0).collect();
            (vec!["has_any", "has_all", "has_none", "in", "not_in"], json!(list))
        }
        _ => return json!({"field": "day", "op": "within", "value": {"last": 2, "unit": "month"}}),
    };
    let op = *dice.pick(&ops);
    let value = if ["contains", "starts_with", "ends_with"].contains(&op) && value.is_string() {
        value
    } else if op == "between" {
        json!([value, Json::Null])
    } else {
        value
    };
    json!({"field": path, "op": op, "value": value})
}

fn condition(dice: &mut Dice, depth: usize) -> Json {
    match dice.roll(if depth == 0 { 4 } else { 9 }) {
        5 => json!({"and": [condition(dice, depth - 1), condition(dice, depth - 1)]}),
        6 => json!({"or": [condition(dice, depth - 1), condition(dice, depth - 1), term(dice)]}),
        7 => json!({"not": condition(dice, depth - 1)}),
        8 => {
            let comparison = *dice.pick(&["ge", "le", "eq", "ne", "lt"]);
            let bound = dice.roll(3);
            match dice.roll(3) {
                0 => {
                    json!({"related": "thing.lines", "where": {"field": "qty", "op": "gt", "value": 1}, "count": {comparison: bound}})
                }
                1 => {
                    json!({"related": "thing.lines", "where": {"field": "part.size", "op": "not_empty"}, "sum": {"field": "qty", comparison: bound}})
                }
                _ => {
                    json!({"related": "part", "via": "thing", "where": {"field": "size", "op": "ge", "value": 0}, "count": {comparison: bound}})
                }
            }
        }
        _ => term(dice),
    }
}

#[test]
fn a_condition_holds_in_memory_where_it_holds_in_the_database() {
    on_both(|db| async move {
        let engine = open(db).await;
        let mut dice = Dice(20_261_120);
        let conditions: Vec<Json> = (0..150).map(|_| condition(&mut dice, 3)).collect();
        for document in documents() {
            draft(&engine, document).await;
        }
        let mut properties = object(thing());
        for i in 0..conditions.len() {
            properties.insert(format!("c{i}"), json!({"type": "boolean"}));
        }
        let rules: Vec<Json> = conditions
            .iter()
            .enumerate()
            .map(|(i, c)| json!({"when": c, "then": [{"hide": [format!("c{i}")]}]}))
            .collect();
        draft(&engine, json!({"kind": "form", "app": "shop", "name": "thing", "record": {"type": "object", "properties": properties}, "rules": rules})).await;
        publish_all(&engine).await;
        let cx = cx(&engine);
        let made = |body: &[u8]| parsed(body)["id"].clone();
        let mut parts = Vec::new();
        for (name, size) in [("Oak", "10"), ("Zinc", "-1.5"), ("oak board", "2"), ("", "0")] {
            let body =
                json!({"name": name, "size": size.parse::<serde_json::Number>().unwrap(), "kind": KINDS[parts.len()]});
            parts.push(made(&engine.create(&cx, "part", object(body), None).await.unwrap().body));
        }
        let mut things = Vec::new();
        for _ in 0..40 {
            let body = random_thing(&mut dice, &parts);
            things.push(made(&engine.create(&cx, "thing", object(body), None).await.unwrap().body));
        }
        // parts point back at things
        for (i, part) in parts.iter().enumerate() {
            let id: Uuid = part.as_str().unwrap().parse().unwrap();
            engine.update(&cx, "part", id, object(json!({"thing": things[i % 2]})), None).await.unwrap();
        }
        let mut stored = Vec::new();
        for (i, condition) in conditions.iter().enumerate() {
            let request = ListRequest {
                filter: Some(condition.clone()),
                select: vec!["id".into()],
                limit: 500,
                ..ListRequest::default()
            };
            let answer =
                parsed(&engine.list(&cx, "thing", request).await.unwrap_or_else(|e| panic!("{i} {condition}: {e:?}")));
            stored.push(answer["items"].as_array().unwrap().iter().map(|r| r["id"].clone()).collect::<Vec<Json>>());
        }
        let mut held = 0;
        for thing in &things {
            let preview = engine.preview(&cx, "thing", object(json!({"id": thing}))).await.unwrap();
            let hidden: Vec<&str> = preview["hide"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
            let record = read_thing(&engine, thing).await;
            for (i, condition) in conditions.iter().enumerate() {
                let in_memory = hidden.contains(&format!("c{i}").as_str());
                held += usize::from(in_memory);
                assert_eq!(in_memory, stored[i].contains(thing), "{condition} of {record}");
            }
        }
        assert!(held > 500 && held < things.len() * conditions.len() - 500, "{held} say too little");
    });
}

async fn read_thing(engine: &Engine, id: &Json) -> Json {
    let id: Uuid = id.as_str().unwrap().parse().unwrap();
    parsed(&engine.read(&cx(engine), "thing", id, &ReadRequest::default()).await.unwrap().body)
}
