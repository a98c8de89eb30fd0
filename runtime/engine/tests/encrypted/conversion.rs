//! A field that was plain is encrypted, and one that was encrypted is plain again: with its history.

use super::*;

fn plain_bank() -> Json {
    json!({"type": "string", "title": "Bank", "field": {"type": "text", "unique": "normalized"}})
}

fn plain_people() -> Json {
    json!({"type": "array", "title": "People", "field": {"type": "table"}, "items": {"type": "object", "properties": {
        "who": {"type": "string", "title": "Who"}, "mail": {"type": "string", "title": "Mail"}}}})
}

fn plain() -> Json {
    let long = json!({"type": "string", "title": "Note", "field": {"type": "long_text"}});
    supplier(
        json!({"bank": plain_bank(), "note": long, "people": plain_people()}),
        json!({"search": ["name", "bank", "note"]}),
    )
}

async fn everything(house: &House, of: &Json) -> (Json, Json) {
    let cx = house.system();
    (read(house, &cx, of).await, house.engine.history(&cx, "supplier", id(of), None, 10).await.unwrap())
}

#[test]
fn switching_encryption_on_and_off_carries_values_and_history_along() {
    on_both(|db| async move {
        let house = House::open(db.clone(), documents(plain())).await;
        let karl = create(&house.engine, &house.system(), "supplier", karl()).await.unwrap();
        let body = object(json!({"bank": "FR14 2004 1010 05", "note": "was paid once"}));
        house.engine.update(&house.system(), "supplier", id(&karl), body, None).await.unwrap();
        let blank =
            create(&house.engine, &house.system(), "supplier", json!({"name": "Blank", "note": " "})).await.unwrap();
        let before = everything(&house, &karl).await;
        let texts = [BANK, NOTE, MAIL, "FR14 2004 1010 05", "was paid once"];
        assert_eq!(left_in(&db, &texts).await.len(), texts.len());

        let done = change(&house, supplier(json!({}), json!({}))).await.unwrap();
        let steps: Vec<(&str, &str)> =
            done.steps.iter().map(|s| (s["class"].as_str().unwrap(), s["code"].as_str().unwrap())).collect();
        for wanted in ["bank", "note", "people.mail"] {
            let code = format!("converting:form/supplier/{wanted}:encrypt");
            assert!(steps.contains(&("converting", code.as_str())), "{wanted} in {steps:?}");
        }
        assert_eq!(left_in(&db, &texts).await, Vec::<String>::new());
        assert_eq!(everything(&house, &karl).await, before);
        assert_eq!(read(&house, &house.system(), &blank).await["note"], " ");
        let cx = house.system();
        assert_eq!(names(&house, &cx, term("bank", "eq", json!("fr14 2004 1010 05"))).await.unwrap(), ["Karl"]);
        assert_eq!(names(&house, &cx, term("people.mail", "eq", json!(MAIL))).await.unwrap(), ["Karl"]);
        let twin = json!({"name": "Twin", "bank": "FR14 2004 1010 05"});
        assert_eq!(code(&create(&house.engine, &cx, "supplier", twin).await.unwrap_err()), "validation_failed");

        // the exact search alone goes and comes
        let opaque = json!({"type": "string", "title": "Bank", "field": {"type": "text", "encrypted": true}});
        change(&house, supplier(json!({"bank": opaque}), json!({"key": "name"}))).await.unwrap();
        let error = names(&house, &house.system(), term("bank", "eq", json!("x"))).await.unwrap_err();
        assert_eq!(code(&error), "field_encrypted");
        assert_eq!(everything(&house, &karl).await, before);
        change(&house, supplier(json!({}), json!({}))).await.unwrap();
        let found = names(&house, &house.system(), term("bank", "eq", json!("FR14 2004 1010 05"))).await.unwrap();
        assert_eq!(found, ["Karl"]);

        let done = change(&house, plain()).await.unwrap();
        assert!(done.steps.iter().any(|s| s["code"] == "converting:form/supplier/bank:decrypt"));
        assert_eq!(everything(&house, &karl).await, before);
        let cx = house.system();
        assert_eq!(names(&house, &cx, term("bank", "contains", json!("2004"))).await.unwrap(), ["Karl"]);
        let searched = ListRequest { q: Some("FR14".into()), ..ListRequest::default() };
        let page: Json = serde_json::from_slice(&house.engine.list(&cx, "supplier", searched).await.unwrap()).unwrap();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn values_that_repeat_only_when_folded_hold_up_the_exact_search_of_what_must_be_unique() {
    on_both(|db| async move {
        let exact = json!({"type": "string", "title": "Bank", "field": {"type": "text", "unique": true}});
        let house = House::open(db, documents(supplier(json!({"bank": exact}), json!({})))).await;
        for bank in ["AB 1", "ab  1"] {
            create(&house.engine, &house.system(), "supplier", json!({"name": bank, "bank": bank})).await.unwrap();
        }
        let error = change(&house, supplier(json!({}), json!({}))).await.unwrap_err();
        assert_eq!(code(&error), "values_repeat");
        assert_eq!(names(&house, &house.system(), term("bank", "eq", json!("AB 1"))).await.unwrap(), ["AB 1"]);
    });
}

#[test]
fn a_new_required_encrypted_field_is_filled_for_each_record_on_its_own() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        let karl = create(&house.engine, &house.system(), "supplier", karl()).await.unwrap();
        let terms =
            json!({"type": "string", "default": "net thirty secretly", "field": {"type": "text", "encrypted": true}});
        let mut form = supplier(json!({"terms": terms}), json!({}));
        form["record"]["required"] = json!(["name", "terms"]);
        change(&house, form).await.unwrap();
        assert_eq!(read(&house, &house.system(), &karl).await["terms"], "net thirty secretly");
    });
}

#[test]
fn what_a_conversion_left_of_a_field_goes_when_it_is_encrypted() {
    on_both(|db| async move {
        let number = json!({"type": "number", "title": "Bank", "field": {"type": "number", "scale": 0}});
        let members = json!({"key": "name"});
        let house = House::open(db.clone(), documents(supplier(json!({"bank": number}), members.clone()))).await;
        let karl = create(&house.engine, &house.system(), "supplier", json!({"name": "Karl", "bank": 47_110_815}))
            .await
            .unwrap();
        let text = json!({"type": "string", "title": "Bank", "field": {"type": "text"}});
        change(&house, supplier(json!({"bank": text}), members)).await.unwrap();
        let refused = json!({"type": "number", "title": "Bank", "field": {"type": "number", "scale": 0}});
        change(&house, supplier(json!({}), json!({}))).await.unwrap();
        assert_eq!(read(&house, &house.system(), &karl).await["bank"], "47110815");
        assert_eq!(left_in(&db, &["47110815"]).await, Vec::<String>::new());
        let error = change(&house, supplier(json!({"bank": refused}), json!({"key": "name"}))).await.unwrap_err();
        assert_eq!(faults(&error).first().map(|f| f.0.as_str()), Some("conversion_refused"));
    });
}

#[test]
fn whoever_still_works_by_the_definitions_of_before_neither_writes_plain_text_nor_reads_what_is_encrypted() {
    on_both(|db| async move {
        let house = House::open(db.clone(), documents(plain())).await;
        let karl = create(&house.engine, &house.system(), "supplier", karl()).await.unwrap();
        let by_plain = house.system();
        change(&house, supplier(json!({}), json!({}))).await.unwrap();
        let by_encrypted = house.system();
        for round in 0..2 {
            let old = if round == 0 { &by_plain } else { &by_encrypted };
            let late = json!({"name": "Late", "note": "a late secret", "people": [{"mail": "late@example.com"}]});
            assert!(create(&house.engine, old, "supplier", late).await.is_err(), "{round}");
            let body = object(json!({"note": "a late secret"}));
            assert!(house.engine.update(old, "supplier", id(&karl), body, None).await.is_err());
            assert!(house.engine.read(old, "supplier", id(&karl), &ReadRequest::default()).await.is_err());
            assert!(house.engine.list(old, "supplier", ListRequest::default()).await.is_err());
            if round == 0 {
                assert_eq!(left_in(&db, &["a late secret", "late@example.com"]).await, Vec::<String>::new());
                change(&house, plain()).await.unwrap();
            }
        }
        assert_eq!(read(&house, &house.system(), &karl).await["note"], NOTE);
    });
}
