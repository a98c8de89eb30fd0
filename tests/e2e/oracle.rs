//! Random roles, records and questions, compared with a small model written for this purpose: rows that no grant admits are not
//! there, a value that no admitting grant shows is empty.
//!
//! The seed is printed and fixed; `FORMWRIGHT_TEST_SEED` sets another.

use crate::site::{Client, Site};
use serde_json::{Map, Value as Json, json};
use std::cmp::Ordering;
use std::collections::BTreeMap;

const FIELDS: [&str; 6] = ["name", "country", "owner", "amount", "score", "note"];
const COUNTRIES: [&str; 4] = ["BR", "CN", "DE", "US"];
const WORDS: [&str; 8] = ["alder", "birch", "cedar", "dogwood", "elm", "fir", "hazel", "juniper"];

/// xorshift: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % n
    }
    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A right to read: which rows, and what of them is hidden.
#[derive(Clone, Debug)]
struct Grant {
    rows: Option<Json>,
    hidden: Vec<&'static str>,
}

fn grant(random: &mut Random) -> Grant {
    let rows = match random.below(5) {
        0 => None,
        1 => Some(json!({"field": "owner", "op": "eq", "value": {"var": "me"}})),
        2 => Some(json!({"field": "country", "op": "eq", "value": random.pick(&COUNTRIES)})),
        3 => Some(json!({"field": "country", "op": "in", "value": [random.pick(&COUNTRIES), random.pick(&COUNTRIES)]})),
        _ => Some(
            json!({"or": [{"field": "owner", "op": "eq", "value": {"var": "me"}}, {"field": "country", "op": "eq", "value": random.pick(&COUNTRIES)}]}),
        ),
    };
    // the name stays: it makes every order total
    let hidden = FIELDS[1..].iter().copied().filter(|_| random.one_in(3)).collect();
    Grant { rows, hidden }
}

fn record(random: &mut Random, n: usize, people: &[String]) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("name".into(), json!(format!("r{n:03}")));
    let mut put = |name: &str, value: Json, random: &mut Random| {
        if !random.one_in(6) {
            out.insert(name.into(), value);
        }
    };
    let country = json!(random.pick(&COUNTRIES));
    put("country", country, random);
    let owner = json!(people[random.below(people.len())]);
    put("owner", owner, random);
    let cents = random.below(4000);
    put("amount", json!(f64::from(u32::try_from(cents).unwrap()) / 4.0), random);
    let score = random.below(6);
    put("score", json!(score), random);
    let note = format!("{} {}", random.pick(&WORDS), random.pick(&WORDS));
    put("note", json!(note), random);
    out
}

/// What a person sees of the records.
fn seen(records: &[Map<String, Json>], grants: &[Grant], me: &str) -> Vec<Map<String, Json>> {
    let mut out = Vec::new();
    for record in records {
        let admitting: Vec<&Grant> =
            grants.iter().filter(|g| g.rows.as_ref().is_none_or(|rows| meets(record, rows, me))).collect();
        if admitting.is_empty() {
            continue;
        }
        let shown = record.iter().filter(|(k, _)| admitting.iter().any(|g| !g.hidden.contains(&k.as_str())));
        out.push(shown.map(|(k, v)| (k.clone(), v.clone())).collect());
    }
    out
}

fn order(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).unwrap(),
        (a, b) => a.as_str().cmp(&b.as_str()),
    }
}

fn meets(record: &Map<String, Json>, condition: &Json, me: &str) -> bool {
    let all = |key: &str| {
        condition[key].as_array().map(|parts| parts.iter().map(|p| meets(record, p, me)).collect::<Vec<_>>())
    };
    if let Some(parts) = all("and") {
        return parts.into_iter().all(|p| p);
    }
    if let Some(parts) = all("or") {
        return parts.into_iter().any(|p| p);
    }
    if let Some(inner) = condition.get("not") {
        return !meets(record, inner, me);
    }
    let value = record.get(condition["field"].as_str().unwrap());
    let wanted = if condition["value"]["var"] == "me" { json!(me) } else { condition["value"].clone() };
    let compare = |test: fn(Ordering) -> bool| value.is_some_and(|v| test(order(v, &wanted)));
    let listed = || wanted.as_array().unwrap().iter().any(|w| value.is_some_and(|v| order(v, w).is_eq()));
    match condition["op"].as_str().unwrap() {
        "eq" => compare(Ordering::is_eq),
        "ne" => !compare(Ordering::is_eq),
        "lt" => compare(Ordering::is_lt),
        "le" => compare(Ordering::is_le),
        "gt" => compare(Ordering::is_gt),
        "ge" => compare(Ordering::is_ge),
        "in" => listed(),
        "not_in" => !listed(),
        "contains" => value.is_some_and(|v| v.as_str().unwrap().contains(wanted.as_str().unwrap())),
        "is_empty" => value.is_none(),
        "not_empty" => value.is_some(),
        other => panic!("{other}"),
    }
}

fn condition(random: &mut Random, fields: &[&str], people: &[String], depth: usize) -> Json {
    if depth > 0 && random.one_in(2) {
        let parts: Vec<Json> = (0..2).map(|_| condition(random, fields, people, depth - 1)).collect();
        return match random.below(3) {
            0 => json!({"and": parts}),
            1 => json!({"or": parts}),
            _ => json!({"not": parts[0]}),
        };
    }
    let field = random.pick(fields);
    let comparison = ["eq", "ne", "lt", "le", "gt", "ge"];
    let (op, value) = match field {
        _ if random.one_in(5) => return json!({"field": field, "op": random.pick(&["is_empty", "not_empty"])}),
        "amount" => (random.pick(&comparison), json!(random.below(1000))),
        "score" => (random.pick(&comparison), json!(random.below(6))),
        "owner" if random.one_in(2) => ("eq", json!({"var": "me"})),
        "owner" => (random.pick(&["eq", "ne"]), json!(people[random.below(people.len())])),
        "country" => match random.pick(&["eq", "ne", "in", "not_in"]) {
            op @ ("in" | "not_in") => (op, json!([random.pick(&COUNTRIES), random.pick(&COUNTRIES)])),
            op => (op, json!(random.pick(&COUNTRIES))),
        },
        "note" => ("contains", json!(random.pick(&WORDS))),
        _ => ("contains", json!(random.below(10).to_string())),
    };
    json!({"field": field, "op": op, "value": value})
}

/// Asks one random question and compares the answer.
fn ask(random: &mut Random, client: &Client, world: &[Map<String, Json>], known: &[&str], people: &[String]) {
    let filter = (!random.one_in(4)).then(|| condition(random, known, people, 3));
    let word = (known.contains(&"note") && random.one_in(5)).then(|| random.pick(&WORDS));
    let mut rows: Vec<&Map<String, Json>> = world
        .iter()
        .filter(|r| filter.as_ref().is_none_or(|f| meets(r, f, &client.id)))
        .filter(|r| word.is_none_or(|w| r.get("note").is_some_and(|n| n.as_str().unwrap().split(' ').any(|t| t == w))))
        .collect();
    if word.is_none() && random.one_in(3) {
        return aggregate(random, client, &rows, filter.as_ref(), known);
    }
    let by = random.pick(known);
    let down = random.one_in(2);
    let field_order = |a: &Map<String, Json>, b: &Map<String, Json>| match (a.get(by), b.get(by)) {
        (Some(a), Some(b)) => {
            if down {
                order(b, a)
            } else {
                order(a, b)
            }
        }
        // empty values count as greatest
        (a, b) => {
            if down {
                a.is_some().cmp(&b.is_some())
            } else {
                b.is_some().cmp(&a.is_some())
            }
        }
    };
    rows.sort_by(|a, b| field_order(a, b).then_with(|| order(&a["name"], &b["name"])));
    let mut query =
        json!({"sort": [format!("{}{by}", if down { "-" } else { "" }), "name"], "count": "exact", "limit": 7});
    if by == "name" {
        query["sort"] = json!([if down { "-name" } else { "name" }]);
    }
    if let Some(filter) = &filter {
        query["filter"] = filter.clone();
    }
    if let Some(word) = word {
        query["q"] = json!(word);
    }
    let selected: Option<Vec<&str>> = random.one_in(2).then(|| vec!["name", random.pick(known)]);
    if let Some(selected) = &selected {
        query["select"] = json!(selected);
    }
    let mut got: Vec<Json> = Vec::new();
    loop {
        let reply = client.post("/api/records/deal/query", query.clone());
        assert_eq!(reply.status, 200, "{query} {}", reply.text());
        let page = reply.json();
        assert_eq!(page["count"], json!(rows.len()), "{query}");
        got.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => query["cursor"] = json!(next),
            None => break,
        }
    }
    let shape = |get: &dyn Fn(&str) -> Option<Json>| -> Vec<Json> {
        FIELDS
            .iter()
            .filter(|f| selected.as_ref().is_none_or(|s| s.contains(f)))
            .map(|f| match get(f).unwrap_or_default() {
                Json::Number(n) => json!(n.as_f64()),
                other => other,
            })
            .collect()
    };
    let told: Vec<Vec<Json>> = got.iter().map(|r| shape(&|f| r.get(f).cloned())).collect();
    let wanted: Vec<Vec<Json>> = rows.iter().map(|r| shape(&|f| r.get(f).cloned())).collect();
    assert_eq!(told, wanted, "{query}");
    for row in &got {
        for field in FIELDS.iter().filter(|f| !known.contains(f)) {
            assert!(row.get(*field).is_none(), "{field} is hidden in every grant: {row}");
        }
    }
}

fn aggregate(random: &mut Random, client: &Client, rows: &[&Map<String, Json>], filter: Option<&Json>, known: &[&str]) {
    let by = known.iter().copied().find(|f| *f == "country");
    let summed = known.iter().copied().find(|f| *f == "amount");
    let mut measures = vec![json!({"name": "n", "function": "count"})];
    if let Some(field) = summed {
        measures.push(json!({"name": "total", "function": "sum", "field": field}));
    }
    let mut query = json!({"measures": measures});
    let grouped = by.filter(|_| !random.one_in(3));
    if let Some(by) = grouped {
        query["group"] = json!([{"field": by}]);
    }
    if let Some(filter) = filter {
        query["filter"] = filter.clone();
    }
    let mut wanted: BTreeMap<String, (u64, f64)> = BTreeMap::new();
    if grouped.is_none() {
        wanted.insert("null".into(), (0, 0.0));
    }
    for row in rows {
        let key = grouped.and_then(|by| row.get(by).cloned()).unwrap_or_default();
        let entry = wanted.entry(key.to_string()).or_default();
        entry.0 += 1;
        entry.1 += summed.and_then(|f| row.get(f)).and_then(Json::as_f64).unwrap_or_default();
    }
    let reply = client.post("/api/records/deal/aggregate", query.clone());
    assert_eq!(reply.status, 200, "{query} {}", reply.text());
    let told: BTreeMap<String, (u64, f64)> = reply.json()["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| {
            let key = grouped.map(|by| r[by].clone()).unwrap_or_default().to_string();
            (key, (r["n"].as_u64().unwrap(), r["total"].as_f64().unwrap_or_default()))
        })
        .collect();
    assert_eq!(told, wanted, "{query}");
}

fn run(site: &Site) {
    let seed: u64 = std::env::var("FORMWRIGHT_TEST_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(20_261_120);
    println!("FORMWRIGHT_TEST_SEED={seed}");
    let mut random = Random(seed | 1);
    let roles: Vec<Vec<Grant>> =
        (0..4).map(|n| (0..if n == 0 { 1 } else { 2 }).map(|_| grant(&mut random)).collect()).collect();
    let mut documents = vec![
        json!({"kind": "app", "app": "shop", "name": "shop", "title": "Shop"}),
        json!({"kind": "form", "app": "shop", "name": "deal", "title": "Deal", "title_field": "name", "search": ["name", "note"], "record": {"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"}, "country": {"enum": COUNTRIES}, "owner": {"type": "string", "field": {"type": "user"}},
            "amount": {"type": "number", "field": {"type": "number", "scale": 2}}, "score": {"type": "integer"}, "note": {"type": "string"}}}}),
    ];
    for (n, grants) in roles.iter().enumerate() {
        let grants: Vec<Json> = grants
            .iter()
            .map(|g| {
                let mut grant = json!({"form": "deal", "actions": ["read"], "hidden": g.hidden});
                if let Some(rows) = &g.rows {
                    grant["rows"] = rows.clone();
                }
                grant
            })
            .collect();
        documents.push(json!({"kind": "role", "app": "shop", "name": format!("role{n}"), "grants": grants}));
    }
    site.publish(documents);
    let admin = site.admin();
    let clients: Vec<Client> =
        (0..roles.len()).map(|n| site.person(&format!("person{n}"), &[&format!("role{n}")])).collect();
    let people: Vec<String> = clients.iter().map(|c| c.id.clone()).collect();
    let records: Vec<Map<String, Json>> = (0..50).map(|n| record(&mut random, n, &people)).collect();
    let operations: Vec<Json> = records.iter().map(|r| json!({"op": "create", "record": r})).collect();
    let made = admin.post("/api/records/deal/batch", json!({"operations": operations}));
    assert_eq!(made.status, 200, "{}", made.text());
    for (client, grants) in clients.iter().zip(&roles) {
        let world = seen(&records, grants, &client.id);
        let known: Vec<&str> =
            FIELDS.iter().copied().filter(|f| grants.iter().any(|g| !g.hidden.contains(f))).collect();
        for hidden in FIELDS.iter().filter(|f| !known.contains(f)) {
            let reply = client.post("/api/records/deal/query", json!({"filter": {"field": hidden, "op": "not_empty"}}));
            assert!(reply.status == 422 && reply.text().contains("unknown_field"), "{hidden} {}", reply.text());
        }
        for _ in 0..25 {
            ask(&mut random, client, &world, &known, &people);
        }
    }
}

on_both! {
    fn a_hundred_random_questions_are_answered_as_the_model_says(site) {
        run(site);
    }
}
