//! What publications do to the database, on both databases: tables come, change, go out of sight and come back with their data.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "ddl/complete.rs"]
mod complete;
#[path = "ddl/conversion.rs"]
mod conversion;
mod support;
#[path = "ddl/table.rs"]
mod table;

use chrono::{DateTime, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::definition::{Document, Kind};
use formwright_core::plan::{Conversion, FormShape, Plan, Retired, identity, index_specs};
use formwright_store::ddl::{self, Converter, Execution};
use formwright_store::layout::Layout;
use formwright_store::seal::NoSealers;
use formwright_store::{Db, Ident, Snapshot, StoreError, Val, definitions, tables};
use serde_json::{Value as Json, json};
use std::sync::Arc;
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
