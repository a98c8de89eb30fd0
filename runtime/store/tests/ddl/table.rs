//! Tables made and changed: fields come, go and come back, and nothing is left of a publication that failed.

use super::House;
use super::conversion::{codes, some};
use super::support::on_both;
use formwright_core::plan::Change;
use formwright_store::{Ident, Snapshot, Val, definitions};
use serde_json::json;

#[test]
fn a_form_with_every_kind_of_field_is_made_and_found_complete() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put(
            "all",
            json!({
                "name": {"type": "string", "field": {"unique": "normalized"}},
                "no": {"field": {"type": "serial", "pattern": "A{seq:3}"}},
                "price": {"field": {"type": "money"}},
                "lasts": {"type": "string", "format": "duration"},
                "at": {"type": "string", "format": "date-time"},
                "tags": {"type": "array", "field": {"type": "tags"}},
                "owner": {"field": {"type": "user"}},
                "parent": {"field": {"type": "link", "form": "all"}},
                "raw": {"field": {"type": "json"}},
                "rows": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}, "marks": {"type": "array", "field": {"type": "tags"}}}}}
            }),
            json!({"search": ["name", "rows.text", "tags"], "record_owner": "owner", "indexes": [["price", "updated_at"]],
                   "unique": [["name", "price"], {"fields": ["owner"], "when": {"and": [{"field": "price", "op": "gt", "value": 1.5}, {"not": {"field": "name", "op": "eq", "value": "it's"}}]}}]}),
        );
        let plan = house.publish().await;
        assert_eq!(codes(&plan), ["safe:form/all:create", "safe:app/x:create"]);
        house.insert("all", &[("name", Val::from("a")), ("price", Val::Dec("1.5".parse().unwrap(), 2))]).await;
    });
}

#[test]
fn added_renamed_and_removed_fields_keep_what_was_written() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put("customer", json!({"company": {"type": "string"}, "note": {"type": "string"}, "people": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}, "mail": {"type": "string"}}}}}), json!({}));
        house.publish().await;
        let id = house.insert("customer", &[("company", Val::from("A")), ("note", Val::from("kept"))]).await;
        house.insert_row("customer", "people", id, "name", Val::from("Ann")).await;
        let before = house.docs.clone();

        let note = house.docs[1]["record"]["properties"]["note"]["field"]["id"].clone();
        house.put("customer", json!({"company": {"type": "string"}, "remark": {"type": "string", "field": {"id": note}}, "size": {"type": "integer", "default": 7}}), json!({"required": ["size"]}));
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            [
                "safe:form/customer/remark:rename",
                "safe:form/customer/size:create",
                "filling:form/customer/size:fill",
                "hiding:form/customer/people:retire"
            ]
        );
        assert_eq!(plan.steps[3].rows(), Some(1));
        assert_eq!(house.values("customer", "remark").await, some(&["kept"]));
        assert_eq!(house.values("customer", "size").await, some(&["7"]));

        house.docs = before;
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            ["safe:form/customer/note:rename", "safe:form/customer/people:return", "hiding:form/customer/size:retire"]
        );
        assert_eq!(house.values("customer", "note").await, some(&["kept"]));
        assert_eq!(house.values("customer", "people.name").await, some(&["Ann"]));
    });
}

#[test]
fn a_form_goes_out_of_sight_and_comes_back_with_its_records() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put("customer", json!({"company": {"type": "string"}}), json!({"search": ["company"]}));
        house.publish().await;
        house.insert("customer", &[("company", Val::from("A"))]).await;
        let doc = house.docs.pop().unwrap();
        let plan = house.publish().await;
        assert_eq!((codes(&plan), plan.steps[0].rows()), (vec!["hiding:form/customer:retire".to_string()], Some(1)));
        house.docs.push(doc);
        house.put(
            "customer",
            json!({"company": {"type": "string"}, "phone": {"type": "string"}}),
            json!({"search": ["company", "phone"]}),
        );
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            ["safe:form/customer:return", "safe:form/customer/phone:create", "filling:form/customer:search"]
        );
        assert_eq!(house.values("customer", "company").await, some(&["A"]));
    });
}

#[test]
fn a_publication_that_fails_leaves_everything_as_it_was() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put(
            "customer",
            json!({"size": {"type": "string"}, "note": {"type": "string"}}),
            json!({"search": ["note"]}),
        );
        house.publish().await;
        house.insert("customer", &[("size", Val::from("12")), ("note", Val::from("n"))]).await;
        house.put(
            "customer",
            json!({"size": {"type": "integer"}, "more": {"type": "array", "field": {"type": "tags"}}}),
            json!({"search": ["more"]}),
        );
        house.put("second", json!({"a": {"type": "string"}}), json!({"search": ["a"]}));
        assert!(house.carry_out(true).await.is_err());
        house.verify().await;
        assert_eq!(house.values("customer", "size").await, some(&["12"]));
        let mut tx = house.db.reader(Snapshot::No).await.unwrap();
        assert!(definitions::retired(&mut tx).await.unwrap().is_empty());
        drop(tx);
        let plan = house.publish().await;
        assert!(plan.changes.iter().any(|c| matches!(c, Change::Convert(_))), "the same plan succeeds afterwards");
        assert_eq!(house.values("customer", "size").await, some(&["12"]));
    });
}

#[test]
fn the_full_text_is_filled_from_records_and_their_rows() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        let properties = json!({"name": {"type": "string"}, "kind": {"oneOf": [{"const": "b", "title": "Birch"}]}, "rows": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}}}});
        house.put("customer", properties.clone(), json!({}));
        house.publish().await;
        let id = house.insert("customer", &[("name", Val::from("桦木胶合板")), ("kind", Val::from("b"))]).await;
        house.insert_row("customer", "rows", id, "text", Val::from("plywood")).await;
        house.put("customer", properties, json!({"search": ["name", "kind", "rows.text"]}));
        house.publish().await;
        let table = Ident::new(&format!("s_{}", house.catalog.form("customer").unwrap().id)).unwrap();
        for word in ["胶合", "birch", "plywood"] {
            let mut tx = house.db.reader(Snapshot::No).await.unwrap();
            let mut sql = tx.sql();
            sql.push("SELECT count(*) FROM ").ident(&table).push(" WHERE ");
            match house.db.dialect() {
                formwright_store::Dialect::Sqlite => sql.ident(&table).push(" MATCH ").val(format!("\"{word}\"")),
                formwright_store::Dialect::Postgres => {
                    sql.push("(x0 || x1 || x2) @@ CAST(").val(format!("'{word}'")).push(" AS tsquery)")
                }
            };
            assert_eq!(tx.one(&sql.build(), |row| row.int(0)).await.unwrap(), Some(1), "{word}");
        }
    });
}
