//! What publications do to the database, on both databases: tables come, change, go out of sight and come back with their data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use chrono::{DateTime, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::definition::{Document, Kind};
use formwright_core::plan::{Change, Conversion, Counted, FormShape, Plan, Retired, identity, index_specs};
use formwright_store::ddl::{self, Converter, Execution};
use formwright_store::layout::Layout;
use formwright_store::seal::NoSealers;
use formwright_store::{Db, Ident, Snapshot, StoreError, Val, definitions, tables};
use serde_json::{Value as Json, json};
use std::sync::Arc;
use support::on_both;
use uuid::Uuid;

/// Reads plain integers only, so that the tests see exactly what goes through it.
struct Integers;

impl Converter for Integers {
    fn convert(&self, conversion: &Conversion, value: &Val) -> Option<Val> {
        match (value, conversion.to_shape.type_name.as_str()) {
            (Val::Text(text), "integer") => text.trim().parse::<i64>().ok().map(|n| Val::Dec(n.into(), 0)),
            (Val::Dec(number, _), "text") => Some(Val::Text(number.normalize().to_string())),
            (Val::Dec(number, _), "number") => Some(Val::Dec(*number, 2)),
            (Val::Text(text), "tags") => Some(Val::Json(json!([text]).to_string())),
            _ => None,
        }
    }
}

/// An installation with its documents.
struct House {
    db: Db,
    docs: Vec<Json>,
    catalog: Arc<Catalog>,
    next: u128,
}

fn now() -> DateTime<Utc> {
    "2026-11-20T08:00:00Z".parse().unwrap()
}

impl House {
    async fn open(db: Db) -> House {
        tables::migrate(&db).await.unwrap();
        House {
            db,
            docs: vec![json!({"kind": "app", "name": "x"})],
            catalog: Arc::new(Catalog::default()),
            next: 1 << 80,
        }
    }

    fn put(&mut self, name: &str, properties: Json, more: Json) {
        let mut doc =
            json!({"kind": "form", "app": "x", "name": name, "record": {"type": "object", "properties": properties}});
        for (key, value) in more.as_object().unwrap() {
            if key == "required" { doc["record"]["required"] = value.clone() } else { doc[key] = value.clone() }
        }
        let place = self.docs.iter().position(|d| d["name"] == name && d["kind"] == "form");
        let known: Vec<Json> = place.map(|i| self.docs[i].clone()).into_iter().collect();
        let next = &mut self.next;
        assert!(
            identity::assign(Kind::Form, &mut doc, &known.iter().collect::<Vec<_>>(), &|_| false, &mut || {
                *next += 1;
                *next
            })
            .is_empty()
        );
        match place {
            Some(i) => self.docs[i] = doc,
            None => self.docs.push(doc),
        }
    }

    async fn retired(&self) -> Retired {
        let mut tx = self.db.reader(Snapshot::No).await.unwrap();
        let mut retired = Retired::default();
        for row in definitions::retired(&mut tx).await.unwrap() {
            retired.insert(&row.form_id, &row.key, row.column.as_deref(), &row.doc);
        }
        retired
    }

    async fn plan(&self) -> (Arc<Catalog>, Plan) {
        let docs = self.docs.iter().map(|d| Document::read(d.clone()).unwrap()).collect();
        let new = Arc::new(Catalog::build(self.catalog.revision + 1, docs).map_err(|f| format!("{f:?}")).unwrap());
        let mut plan = Plan::between(&self.catalog, &new, &self.retired().await);
        assert_eq!(plan.faults, []);
        let questions: Vec<_> = plan.steps.iter().map(|s| s.count.clone()).collect();
        let answers = self
            .db
            .read(Snapshot::Yes, move |tx| {
                Box::pin(async move {
                    let mut answers = Vec::new();
                    for question in &questions {
                        answers.push(match question {
                            Some(question) => Some(ddl::count(tx, question, &Integers).await?),
                            None => None,
                        });
                    }
                    Ok::<_, StoreError>(answers)
                })
            })
            .await
            .unwrap();
        for (step, counted) in plan.steps.iter_mut().zip(answers) {
            if let Some(counted) = counted {
                step.settle(counted);
            }
        }
        (new, plan)
    }

    async fn carry_out(&mut self, fail: bool) -> Result<Plan, StoreError> {
        let (catalog, plan) = self.plan().await;
        let (inner, changes) = (catalog.clone(), plan.changes.clone());
        self.db
            .write_alone(move |tx| {
                Box::pin(async move {
                    let execution = Execution {
                        catalog: &inner,
                        revision: inner.revision,
                        now: now(),
                        today: now().date_naive(),
                        clock: formwright_core::time::Clock { now: now(), zone: "UTC".parse().unwrap() },
                        facts: &formwright_core::record::NoFacts,
                        converter: &Integers,
                        layout: &Layout::of(&inner, &NoSealers)?,
                        sealers: &NoSealers,
                    };
                    ddl::execute(tx, &changes, &execution).await?;
                    if fail { Err(StoreError::Other("the power fails".into())) } else { Ok(()) }
                })
            })
            .await?;
        self.catalog = catalog;
        self.verify().await;
        Ok(plan)
    }

    async fn publish(&mut self) -> Plan {
        self.carry_out(false).await.unwrap()
    }

    /// What the catalogue needs is there.
    async fn verify(&self) {
        let shapes: Vec<FormShape> = self
            .catalog
            .forms
            .iter()
            .map(|f| {
                FormShape::of(f, index_specs(&self.catalog, f, &mut Vec::new()).into_iter().map(|i| i.name).collect())
            })
            .collect();
        let mut tx = self.db.reader(Snapshot::No).await.unwrap();
        assert_eq!(ddl::verify(&mut tx, &shapes).await.unwrap(), Vec::<String>::new());
    }

    fn column(&self, form: &str, field: &str) -> (String, String) {
        let form = self.catalog.form(form).unwrap();
        match field.split_once('.') {
            None => (format!("d_{}", form.id), form.field(field).unwrap().1.id.clone()),
            Some((table, column)) => {
                let table = form.field(table).unwrap().1;
                (format!("t_{}", table.id), table.table().unwrap().field(column).unwrap().1.id.clone())
            }
        }
    }

    /// Writes a record with values of the form's own fields; its id.
    async fn insert(&self, form: &str, values: &[(&str, Val)]) -> Uuid {
        let id = Uuid::now_v7();
        let table = format!("d_{}", self.catalog.form(form).unwrap().id);
        let columns: Vec<(String, Val)> =
            values.iter().map(|(name, value)| (self.column(form, name).1, value.clone())).collect();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("INSERT INTO ")
                        .ident(&Ident::new(&table)?)
                        .push(" (\"id\", \"version\", \"created_at\", \"created_by\", \"updated_at\", \"updated_by\"");
                    for (column, _) in &columns {
                        sql.push(", ").ident(&Ident::new(column)?);
                    }
                    sql.push(") VALUES (").vals([
                        Val::Uuid(id),
                        Val::Int(1),
                        Val::Ts(now()),
                        Val::Uuid(Uuid::nil()),
                        Val::Ts(now()),
                        Val::Uuid(Uuid::nil()),
                    ]);
                    for (_, value) in &columns {
                        sql.push(", ").val(value.clone());
                    }
                    sql.push(")");
                    tx.execute(&sql.build()).await
                })
            })
            .await
            .unwrap();
        id
    }

    async fn insert_row(&self, form: &str, table: &str, record: Uuid, column: &str, value: Val) {
        let (table, column) = self.column(form, &format!("{table}.{column}"));
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("INSERT INTO ")
                        .ident(&Ident::new(&table)?)
                        .push(" (\"id\", \"record\", \"pos\", ")
                        .ident(&Ident::new(&column)?);
                    sql.push(") VALUES (")
                        .vals([Val::Uuid(Uuid::now_v7()), Val::Uuid(record), Val::Int(0), value])
                        .push(")");
                    tx.execute(&sql.build()).await
                })
            })
            .await
            .unwrap();
    }

    /// The values of a field in the order of the records' making.
    async fn values(&self, form: &str, field: &str) -> Vec<Option<String>> {
        let (table, column) = self.column(form, field);
        self.texts(&table, &column).await
    }

    async fn texts(&self, table: &str, column: &str) -> Vec<Option<String>> {
        let mut tx = self.db.reader(Snapshot::No).await.unwrap();
        let mut sql = tx.sql();
        sql.push("SELECT CAST(")
            .ident(&Ident::new(column).unwrap())
            .push(" AS text) FROM ")
            .ident(&Ident::new(table).unwrap());
        sql.push(if table.starts_with("d_") { " ORDER BY \"rid\"" } else { " ORDER BY 1" });
        tx.all(&sql.build().once(), |row| Ok(row.text(0)?.map(str::to_owned))).await.unwrap()
    }

    async fn set(&self, form: &str, field: &str, id: Uuid, value: Val) {
        let (table, column) = self.column(form, field);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("UPDATE ")
                        .ident(&Ident::new(&table)?)
                        .push(" SET ")
                        .ident(&Ident::new(&column)?)
                        .push(" = ")
                        .val(value)
                        .push(" WHERE \"id\" = ")
                        .val(id);
                    tx.execute(&sql.build()).await
                })
            })
            .await
            .unwrap();
    }
}

fn codes(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|s| s.code()).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|t| Some((*t).to_string())).collect()
}

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
fn text_becomes_numbers_what_does_not_is_shown_and_going_back_restores_the_originals() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        let text = json!({"size": {"type": "string"}});
        house.put("customer", text.clone(), json!({"search": ["size"]}));
        house.publish().await;
        let mut ids = Vec::new();
        for value in ["1", " 2 ", "three", "4", "five", "six", " "] {
            ids.push(house.insert("customer", &[("size", Val::from(value))]).await);
        }
        house.insert("customer", &[]).await;

        house.put("customer", json!({"size": {"type": "integer"}}), json!({"search": ["size"]}));
        let plan = house.publish().await;
        assert_eq!(codes(&plan), ["converting:form/customer/size:type", "filling:form/customer:search"]);
        let counted = plan.steps[0].counted.clone().unwrap();
        let shown: Vec<&str> = counted.samples.iter().map(|s| s.value.as_str()).collect();
        assert_eq!(
            (counted.rows, counted.bad, shown),
            (6, 3, vec!["three", "five", "six"]),
            "blank never stands in the way"
        );
        let empty = None;
        let number = |n: &str| Some(n.to_string());
        assert_eq!(
            house.values("customer", "size").await,
            [
                number("1"),
                number("2"),
                empty.clone(),
                number("4"),
                empty.clone(),
                empty.clone(),
                empty.clone(),
                empty.clone()
            ]
        );

        house.set("customer", "size", ids[3], Val::Dec(44.into(), 0)).await;
        house.set("customer", "size", ids[4], Val::Dec(5.into(), 0)).await;
        house.put("customer", text, json!({"search": ["size"]}));
        let plan = house.publish().await;
        assert_eq!(codes(&plan), ["filling:form/customer/size:type", "filling:form/customer:search"]);
        assert_eq!(
            house.values("customer", "size").await,
            [number("1"), number(" 2 "), number("three"), number("44"), number("5"), number("six"), number(" "), empty],
            "what nobody changed is back to the letter, what was changed is carried over"
        );
        assert_eq!(house.values("customer", "size").await.len(), 8);
        let (table, column) = house.column("customer", "size");
        assert_eq!(house.texts(&table, &format!("{column}_s")).await[2], number("three"), "sort keys follow");
    });
}

#[test]
fn a_change_of_scale_a_list_from_texts_and_columns_of_child_tables_convert() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put("a", json!({"n": {"type": "integer"}, "t": {"type": "string"}, "rows": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "string"}}}}}), json!({}));
        house.publish().await;
        let id = house.insert("a", &[("n", Val::Dec(5.into(), 0)), ("t", Val::from("x"))]).await;
        house.insert_row("a", "rows", id, "q", Val::from("12")).await;
        house.put("a", json!({"n": {"type": "number", "multipleOf": 0.01}, "t": {"type": "array", "field": {"type": "tags"}}, "rows": {"type": "array", "items": {"type": "object", "properties": {"q": {"type": "integer"}}}}}), json!({}));
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            ["filling:form/a/n:type", "converting:form/a/t:type", "converting:form/a/rows.q:type"]
        );
        let scaled = if house.db.dialect() == formwright_store::Dialect::Sqlite { "500" } else { "5.00" };
        assert_eq!(house.values("a", "n").await, some(&[scaled]));
        assert_eq!(house.values("a", "rows.q").await, some(&["12"]));
        let (_, column) = house.column("a", "t");
        assert_eq!(house.texts(&format!("m_{column}"), "value").await, some(&["x"]));
    });
}

#[test]
fn uniqueness_is_refused_while_values_repeat_and_holds_afterwards() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        house.put("customer", json!({"company": {"type": "string"}, "tax": {"type": "string"}}), json!({}));
        house.publish().await;
        house.insert("customer", &[("company", Val::from("A")), ("tax", Val::from("ABC 1"))]).await;
        let second = house.insert("customer", &[("company", Val::from("A")), ("tax", Val::from("ａｂｃ1"))]).await;
        house.put("customer", json!({"company": {"type": "string", "field": {"unique": true}}, "tax": {"type": "string", "field": {"unique": "normalized"}}}), json!({}));
        let (_, plan) = house.plan().await;
        assert_eq!(codes(&plan), ["narrowing:form/customer:unique:company", "narrowing:form/customer:unique:tax"]);
        for step in plan.steps.iter().filter(|s| s.is_blocked()) {
            assert_eq!(step.counted, Some(Counted { rows: 2, bad: 2, samples: step.counted.clone().unwrap().samples }));
        }
        assert_eq!(plan.steps.iter().filter(|s| s.is_blocked()).count(), 2);
        let refused = house.carry_out(false).await;
        assert!(matches!(refused, Err(StoreError::Unique { .. })), "{refused:?}");
        house.set("customer", "company", second, Val::from("B")).await;
        house.set("customer", "tax", second, Val::from("other")).await;
        let plan = house.publish().await;
        assert!(plan.to_confirm().is_empty(), "{:?}", codes(&plan));
        let (table, column) = house.column("customer", "tax");
        assert_eq!(house.texts(&table, &format!("{column}_n")).await, some(&["abc1", "other"]));
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

#[test]
fn a_choice_under_another_name_takes_its_records_along() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        let choices = |high: &str| json!({"oneOf": [{"const": high, "title": "High"}, {"const": "b", "title": "Low"}]});
        let many = |high: &str| json!({"type": "array", "uniqueItems": true, "items": choices(high)});
        house.put("a", json!({"grade": choices("a"), "marks": many("a")}), json!({"search": ["grade"]}));
        house.publish().await;
        house.insert("a", &[("grade", Val::from("a")), ("marks", Val::Json(r#"["b","a"]"#.into()))]).await;
        house.insert("a", &[("grade", Val::from("b"))]).await;
        house.put("a", json!({"grade": choices("top"), "marks": many("top")}), json!({"search": ["grade"]}));
        let plan = house.publish().await;
        assert_eq!(
            codes(&plan),
            ["converting:form/a/grade:recode", "safe:form/a/marks:recode", "filling:form/a:search"],
            "the side table of the test holds nothing"
        );
        assert_eq!(house.values("a", "grade").await, some(&["top", "b"]));
        assert_eq!(house.values("a", "marks").await[0], Some(r#"["b","top"]"#.into()));
    });
}
