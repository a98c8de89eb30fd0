//! Texts of any length: unique, indexed, sorted by and looked for.

use super::support::{on_both, on_postgres};
use super::{code, names, object};
use formwright_core::definition::Document;
use formwright_core::plan::index_specs;
use formwright_engine::keys::Keys;
use formwright_engine::publish::{self, Publication};
use formwright_engine::records::ListRequest;
use formwright_engine::{Context, Engine, EngineError, Settings};
use formwright_store::{Db, Ident, StoreError};
use serde_json::{Value as Json, json};

/// Letters that no database presses together.
fn letters(seed: u64, length: usize) -> String {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

async fn open(db: Db) -> Engine {
    let now = || "2026-11-20T01:00:00Z".parse().unwrap();
    Engine::open_with(db, Settings::default(), Keys::from_bytes([7; 32]).unwrap(), now).await.unwrap()
}

async fn publish(engine: &Engine, docs: &[Json]) -> Result<(), EngineError> {
    let cx = Context::system(engine, "test");
    for doc in docs {
        let document = Document::read(doc.clone()).unwrap();
        publish::save_draft(&cx, document.key.kind, &document.key.name, doc.clone(), None).await.unwrap();
    }
    publish::publish(&cx, &Publication { confirm_all: true, ..Default::default() }).await.map(|_| ())
}

fn app() -> Json {
    json!({"kind": "app", "name": "crm", "app": "crm", "title": "CRM", "version": "1.0.0", "locale": "en"})
}

fn form(properties: Json, more: &Json) -> Json {
    let mut doc = json!({"kind": "form", "app": "crm", "name": "text", "title": "Text", "record": {"type": "object", "properties": properties}});
    doc.as_object_mut().unwrap().extend(object(more.clone()));
    doc
}

/// A form with a text that is unique to the letter, one that is unique when folded, one of an index, and two that are unique together.
fn strict() -> Json {
    let text = |unique: Json| json!({"type": "string", "field": {"type": "text", "unique": unique}});
    form(
        json!({"company": {"type": "string"}, "exact": text(json!(true)), "folded": text(json!("normalized")),
            "found": {"type": "string"}, "left": {"type": "string"}, "right": {"type": "string"}}),
        &json!({"unique": [["left", "right"]], "indexes": [["found", "updated_at"]], "search": ["company", "found"]}),
    )
}

async fn create(engine: &Engine, body: Json) -> Result<(), EngineError> {
    engine.create(&Context::system(engine, "test"), "text", object(body), None).await.map(|_| ())
}

async fn list(engine: &Engine, request: ListRequest) -> Json {
    let cx = Context::system(engine, "test");
    serde_json::from_slice(&engine.list(&cx, "text", request).await.unwrap()).unwrap()
}

async fn found(engine: &Engine, filter: Json) -> Vec<String> {
    names(&list(engine, ListRequest { filter: Some(filter), sort: vec!["company".into()], ..Default::default() }).await)
}

fn faults(result: Result<(), EngineError>) -> Vec<(String, &'static str)> {
    code(&result.unwrap_err()).1
}

#[test]
fn a_text_of_any_length_may_be_unique_and_is_found_by_an_index() {
    on_both(|db| async move {
        let engine = open(db).await;
        publish(&engine, &[app(), strict()]).await.unwrap();
        let long = letters(1, 60_000);
        let other = format!("{}!", letters(1, 59_999));
        for (company, text) in [("a", &long), ("b", &other)] {
            let body =
                json!({"company": company, "exact": text, "folded": text, "found": text, "left": text, "right": text});
            create(&engine, body).await.unwrap();
        }
        let duplicate = |path: &str| vec![(path.to_string(), "duplicate")];
        assert_eq!(faults(create(&engine, json!({"company": "c", "exact": long})).await), duplicate("exact"));
        assert_eq!(
            faults(create(&engine, json!({"company": "c", "folded": format!(" {}", long.to_uppercase())})).await),
            duplicate("folded")
        );
        let pair = faults(create(&engine, json!({"company": "c", "left": long, "right": long})).await);
        assert_eq!(pair, [duplicate("left"), duplicate("right")].concat());
        create(&engine, json!({"company": "c", "exact": long.to_uppercase(), "left": long, "right": other}))
            .await
            .unwrap();

        for field in ["exact", "found", "left"] {
            let one = json!({"field": field, "op": "eq", "value": other});
            assert_eq!(found(&engine, one.clone()).await, ["b"], "{field}");
            assert_eq!(found(&engine, json!({"field": field, "op": "eq", "value": other[..500]})).await, [""; 0]);
            assert!(!found(&engine, json!({"not": one})).await.contains(&"b".to_string()));
        }
        assert_eq!(
            found(&engine, json!({"field": "found", "op": "in", "value": [long, other, "x"]})).await,
            ["a", "b"]
        );
        assert_eq!(found(&engine, json!({"field": "found", "op": "is_empty"})).await, ["c"]);
    });
}

#[test]
fn uniqueness_and_indexes_are_published_over_long_texts_that_are_there() {
    on_both(|db| async move {
        let engine = open(db).await;
        let plain = json!({"company": {"type": "string"}, "found": {"type": "string"}});
        publish(&engine, &[app(), form(plain, &json!({}))]).await.unwrap();
        let long = letters(2, 60_000);
        create(&engine, json!({"company": "a", "found": long})).await.unwrap();
        create(&engine, json!({"company": "b", "found": format!("{long}b")})).await.unwrap();
        for (unique, index) in
            [(json!(false), json!([["found"]])), (json!(true), json!([])), (json!("normalized"), json!([["found"]]))]
        {
            let properties = json!({"company": {"type": "string"}, "found": {"type": "string", "field": {"type": "text", "unique": unique}}});
            publish(&engine, &[form(properties, &json!({"indexes": index}))]).await.unwrap();
            assert_eq!(found(&engine, json!({"field": "found", "op": "eq", "value": long})).await, ["a"]);
        }
        assert_eq!(
            faults(create(&engine, json!({"company": "c", "found": long})).await),
            [("found".to_string(), "duplicate")]
        );
    });
}

#[test]
fn indexes_of_an_earlier_version_are_made_anew_at_the_start() {
    on_postgres(|db| async move {
        let engine = open(db.clone()).await;
        publish(&engine, &[app(), strict()]).await.unwrap();
        let catalog = engine.catalog();
        let specs: Vec<_> = catalog
            .forms
            .iter()
            .flat_map(|form| index_specs(&catalog, form, &mut Vec::new()))
            .filter(|s| !s.texts.is_empty())
            .collect();
        assert_eq!(specs.len(), 4);
        db.write(move |tx| {
            Box::pin(async move {
                for spec in &specs {
                    let columns: Vec<Ident> = spec.columns.iter().map(|c| Ident::new(c).unwrap()).collect();
                    let name = Ident::new(&spec.name)?;
                    let mut sql = tx.sql();
                    sql.push("DROP INDEX ").ident(&name);
                    tx.execute(&sql.build().once()).await?;
                    let mut sql = tx.sql();
                    sql.push(if spec.unique { "CREATE UNIQUE INDEX " } else { "CREATE INDEX " })
                        .ident(&name)
                        .push(" ON ");
                    sql.ident(&Ident::new(&spec.table)?)
                        .push(" (")
                        .idents(&columns)
                        .push(") WHERE \"deleted_at\" IS NULL");
                    tx.execute(&sql.build().once()).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
        let long = letters(3, 9_000);
        let body = json!({"company": "a", "exact": long, "folded": long, "found": long, "left": long, "right": long});
        assert_eq!(faults(create(&engine, body.clone()).await), [(String::new(), "record_too_wide")]);
        let engine = open(db).await;
        create(&engine, body).await.unwrap();
        assert_eq!(
            faults(create(&engine, json!({"company": "b", "exact": long})).await),
            [("exact".to_string(), "duplicate")]
        );
    });
}

#[test]
fn a_page_that_ends_at_a_long_text_is_followed_by_a_short_cursor() {
    on_both(|db| async move {
        let engine = open(db).await;
        publish(&engine, &[app(), strict()]).await.unwrap();
        let same = letters(4, 60_000);
        let mut wanted: Vec<String> = (0..5).map(|n| format!("{same}{n}")).collect();
        wanted.push(same.clone());
        wanted.extend([same[..300].to_string(), "b".to_string()]);
        for company in &wanted {
            create(&engine, json!({"company": company})).await.unwrap();
        }
        wanted.sort();
        for sort in ["company", "-company"] {
            let mut seen = Vec::new();
            let mut cursor = None;
            loop {
                let request = ListRequest { sort: vec![sort.into()], limit: 1, cursor, ..Default::default() };
                let page = list(&engine, request).await;
                seen.extend(names(&page));
                match page["next"].as_str() {
                    Some(next) => cursor = Some(next.to_string()),
                    None => break,
                }
                assert!(cursor.as_ref().is_some_and(|c| c.len() < 1000));
            }
            assert!(seen == wanted, "{sort}");
            wanted.reverse();
        }
    });
}

#[test]
fn a_page_goes_on_where_the_record_it_ended_at_is_gone() {
    on_both(|db| async move {
        let engine = open(db).await;
        publish(&engine, &[app(), strict()]).await.unwrap();
        let same = letters(5, 1_000);
        for n in 0..3 {
            create(&engine, json!({"company": format!("{same}{n}")})).await.unwrap();
        }
        let cx = Context::system(&engine, "test");
        for (sort, left) in [("company", 2), ("-company", 1)] {
            let first = list(&engine, ListRequest { sort: vec![sort.into()], limit: 1, ..Default::default() }).await;
            let id = first["items"][0]["id"].as_str().unwrap().parse().unwrap();
            engine.delete(&cx, "text", id, None).await.unwrap();
            let cursor = first["next"].as_str().map(str::to_string);
            let rest = list(&engine, ListRequest { sort: vec![sort.into()], cursor, ..Default::default() }).await;
            assert_eq!(names(&rest).len(), left, "{sort}");
        }
    });
}

#[test]
fn a_search_text_of_any_length_is_answered() {
    on_both(|db| async move {
        let engine = open(db).await;
        publish(&engine, &[app(), strict()]).await.unwrap();
        let word = letters(6, 3_000);
        create(&engine, json!({"company": "a", "found": format!("birch {word} plywood")})).await.unwrap();
        create(&engine, json!({"company": "b", "found": "胶".repeat(5_000)})).await.unwrap();
        for (q, wanted) in [
            (word.clone(), vec!["a"]),
            (word[..50].to_string(), vec!["a"]),
            (format!("\"birch {word} plywood\""), vec!["a"]),
            ("x".repeat(50_000), vec![]),
            ("胶".repeat(4_000), vec!["b"]),
            (format!("\"{}\"", "word ".repeat(20_000)), vec![]),
            ("word ".repeat(20_000), vec![]),
        ] {
            let short: String = q.chars().take(20).collect();
            assert_eq!(
                names(&list(&engine, ListRequest { q: Some(q), ..Default::default() }).await),
                wanted,
                "{short}"
            );
        }
    });
}

#[test]
fn what_a_table_and_a_row_have_no_room_for_is_refused() {
    on_both(|db| async move {
        let engine = open(db).await;
        let fields = |prefix: &str| -> Json {
            (0..500)
                .map(|n| (format!("{prefix}{n}"), json!({"type": "string"})))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        publish(&engine, &[app(), form(fields("a"), &json!({}))]).await.unwrap();
        let refused = publish(&engine, &[form(fields("b"), &json!({}))]).await.unwrap_err();
        let (what, faults) = code(&refused);
        assert_eq!((what, faults.len()), ("definition_invalid", 1));
        assert_eq!(faults[0].1, "columns_exhausted");
        assert!(faults[0].0.ends_with("/record/properties"), "{faults:?}");
        publish(&engine, &[form(fields("a"), &json!({"title": "Same"}))]).await.unwrap();
        let filled = |count: usize| -> Json {
            (0..count).map(|n| (format!("a{n}"), json!(letters(9, 50)))).collect::<serde_json::Map<_, _>>().into()
        };
        create(&engine, filled(420)).await.unwrap();
        if let Err(refused) = create(&engine, filled(500)).await {
            assert_eq!(code(&refused).1, [(String::new(), "record_too_wide")]);
        }
    });
}
