//! Rows of child tables leave and come back with their records: on sheets of their own or beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod house;
#[path = "../../store/tests/support/mod.rs"]
mod support;

use formwright_engine::exchange::{ExportFormat, ExportRequest, ImportMode, ImportRequest, PreviewRequest};
use formwright_exchange::source::{Cell, OpenOptions, open};
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use house::{House, bytes_of, code};
use serde_json::{Map, Value as Json, json};
use std::ops::ControlFlow;
use std::sync::Arc;
use support::on_both;
use uuid::Uuid;

fn shop() -> Vec<Json> {
    let item = json!({"type": "object", "required": ["product"], "properties": {
        "product": {"type": "string", "title": "Product", "field": {"type": "link", "form": "product"}},
        "quantity": {"type": "integer", "title": "Quantity", "minimum": 1},
        "price": {"type": "number", "title": "Price", "field": {"type": "number", "scale": 4}},
        "due": {"type": "string", "format": "date", "title": "Due"},
        "grade": {"title": "Grade", "oneOf": [{"const": "a", "title": "First", "labels": {"zh-CN": "一等"}}, {"const": "b", "title": "Second"}]},
        "cost": {"type": "number", "title": "Cost", "field": {"type": "number", "scale": 2}}}});
    vec![
        json!({"kind": "app", "name": "shop", "app": "shop", "title": "Shop", "version": "1.0.0", "locale": "en"}),
        json!({"kind": "form", "app": "shop", "name": "product", "title": "Product", "title_field": "name", "key": "code", "record": {"type": "object", "required": ["code", "name"], "properties": {
            "code": {"type": "string", "title": "Code", "field": {"type": "text", "unique": true}},
            "name": {"type": "string", "title": "Name"}}}}),
        json!({"kind": "form", "app": "shop", "name": "sale", "title": "Sale", "key": "number", "title_field": "number", "record": {"type": "object", "required": ["number"], "properties": {
            "number": {"type": "string", "title": "Number", "field": {"type": "text", "unique": true}},
            "buyer": {"type": "string", "title": "Buyer"},
            "lines": {"type": "array", "title": "Lines", "labels": {"zh-CN": "明细"}, "field": {"type": "table"}, "items": item},
            "fees": {"type": "array", "title": "Fees", "field": {"type": "table"}, "items": {"type": "object", "properties": {
                "what": {"type": "string", "title": "What"}, "amount": {"type": "number", "title": "Amount", "field": {"type": "money", "currency": "USD"}}}}}}}}),
        // nothing but its id tells one note from another
        json!({"kind": "form", "app": "shop", "name": "note", "title": "Note", "title_field": "text", "record": {"type": "object", "properties": {
            "text": {"type": "string", "title": "Text"},
            "tasks": {"type": "array", "title": "Tasks", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string", "title": "What"}}}}}}}),
        json!({"kind": "role", "app": "shop", "name": "clerk", "grants": [
            {"form": "product", "actions": ["read"]},
            {"form": "sale", "actions": ["read", "create", "update", "import", "export"], "hidden": ["lines.cost", "fees"]}]}),
    ]
}

async fn stocked(db: formwright_store::Db) -> House {
    let house = House::open(db, shop()).await;
    let cx = house.system();
    let mut products = Vec::new();
    for (code, name) in [("P1", "Plywood 木业"), ("P2", "Board"), ("P3", "Board")] {
        let body = json!({"code": code, "name": name});
        let made = house.engine.create(&cx, "product", body.as_object().unwrap().clone(), None).await.unwrap();
        products.push(made.id);
    }
    let line = |product: usize, quantity: i64, price: &str, cost: i64| {
        let price: Json = serde_json::from_str(price).unwrap();
        json!({"product": products[product], "quantity": quantity, "price": price, "cost": cost, "due": "2026-12-01", "grade": "a"})
    };
    for (number, lines, fees) in [
        ("S1", vec![line(0, 10, "12.5", 7), line(1, 3, "0.0001", 8)], vec![json!({"what": "=1+1", "amount": 5})]),
        ("S2", vec![line(2, 1, "3", 9)], vec![]),
        ("S3", vec![], vec![json!({"what": "freight", "amount": 9})]),
    ] {
        let body = json!({"number": number, "buyer": format!("Buyer of {number}"), "lines": lines, "fees": fees});
        house.engine.create(&cx, "sale", body.as_object().unwrap().clone(), None).await.unwrap();
    }
    house
}

/// All sheets of a workbook as the cells show them.
fn sheets(bytes: &[u8]) -> Vec<(String, Vec<Vec<String>>)> {
    let book = open(Arc::<[u8]>::from(bytes), "x.xlsx", &OpenOptions::default()).unwrap();
    let names: Vec<String> = book.sheets().iter().filter(|s| !s.hidden).map(|s| s.name.clone()).collect();
    let shown = |sheet: usize| {
        let mut rows = Vec::new();
        book.for_each_row(sheet, |row| {
            rows.push(row.cells.iter().map(Cell::shown).collect());
            ControlFlow::Continue(())
        })
        .unwrap();
        rows
    };
    names.into_iter().enumerate().map(|(at, name)| (name, shown(at))).collect()
}

/// A workbook whose cells are all text, as somebody else would write it.
fn book(sheets: &[(&str, Vec<Vec<&str>>)]) -> Vec<u8> {
    let columns = |rows: &Vec<Vec<&str>>| rows[0].iter().map(|title| Column::titled(*title)).collect::<Vec<_>>();
    let (first, rest) = sheets.split_first().unwrap();
    let mut writer = XlsxWriter::new(first.0, columns(&first.1), false).unwrap();
    for (name, rows) in rest {
        writer.add_sheet(name, columns(rows)).unwrap();
    }
    for (at, (_, rows)) in sheets.iter().enumerate() {
        for row in &rows[1..] {
            writer.row_on(at, &row.iter().map(|cell| Out::text(*cell)).collect::<Vec<_>>()).unwrap();
        }
    }
    let mut out = std::io::Cursor::new(Vec::new());
    writer.finish(&mut out).unwrap();
    out.into_inner()
}

fn rebuilt(sheets: &[(String, Vec<Vec<String>>)]) -> Vec<u8> {
    let borrowed: Vec<(&str, Vec<Vec<&str>>)> = sheets
        .iter()
        .map(|(name, rows)| (name.as_str(), rows.iter().map(|r| r.iter().map(String::as_str).collect()).collect()))
        .collect();
    book(&borrowed)
}

fn upsert(key: &str) -> ImportRequest {
    let key = key.split(',').filter(|k| !k.is_empty()).map(str::to_string).collect();
    ImportRequest { mode: ImportMode::Upsert, key, ..ImportRequest::default() }
}

/// Records by a field, without what a save changes by itself.
async fn by(house: &House, form: &str, key: &str) -> Vec<Map<String, Json>> {
    let mut all = house.records(&house.system(), form).await;
    all.sort_by_key(|record| record[key].to_string());
    for record in &mut all {
        record.remove("updated_at");
    }
    all
}

fn table(record: &Map<String, Json>, name: &str, column: &str) -> Vec<Json> {
    record[name].as_array().unwrap().iter().map(|row| row[column].clone()).collect()
}

#[test]
fn an_export_has_a_sheet_for_each_child_table_and_goes_back_in_without_changing_anything() {
    on_both(|db| async move {
        let house = stocked(db).await;
        let cx = house.system();
        let before = by(&house, "sale", "number").await;
        let sorted = || ExportRequest { sort: vec!["number".into()], ..ExportRequest::default() };
        let (file, rows) = house.export(&cx, "sale", sorted()).await.unwrap();
        assert_eq!(rows, 3);
        let out = sheets(&file);
        assert_eq!(out.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Sale", "Lines", "Fees"]);
        assert_eq!(out[0].1[0], ["Number", "Buyer"]);
        assert_eq!(out[1].1[0], ["_parent", "Product", "Quantity", "Price", "Due", "Grade", "Cost", "_id"]);
        let lines: Vec<&[String]> = out[1].1[1..].iter().map(|row| &row[..7]).collect();
        assert_eq!(
            lines,
            [
                ["S1", "P1", "10", "12.5", "2026-12-01", "First", "7"],
                ["S1", "P2", "3", "0.0001", "2026-12-01", "First", "8"],
                ["S2", "P3", "1", "3", "2026-12-01", "First", "9"],
            ]
        );
        assert_eq!(out[2].1[1][..2], ["S1", "=1+1"]);
        let job = house.import(&cx, "sale", &file, upsert("number")).await.unwrap();
        assert_eq!(job["faults"], json!([]), "{job}");
        assert_eq!(
            (&job["summary"]["unchanged"], &job["summary"]["updated"], &job["summary"]["child_rows"]),
            (&json!(3), &json!(0), &json!(5))
        );
        assert_eq!(by(&house, "sale", "number").await, before);
        let (text, _) =
            house.export(&cx, "sale", ExportRequest { format: ExportFormat::Csv, ..sorted() }).await.unwrap();
        assert!(!String::from_utf8(text).unwrap().contains("P1"), "a text file holds the records alone");
        let chosen = ExportRequest { select: vec!["buyer".into(), "fees".into()], ..sorted() };
        let chosen = sheets(&house.export(&cx, "sale", chosen).await.unwrap().0);
        assert_eq!(
            (chosen.len(), &chosen[0].1[0], chosen[1].0.as_str()),
            (2, &vec!["Buyer".to_string(), "Number".into()], "Fees")
        );
    });
}

#[test]
fn rows_changed_added_and_removed_in_an_export_are_so_in_the_records() {
    on_both(|db| async move {
        let house = stocked(db).await;
        let cx = house.person("ann", &["clerk"]).await;
        let before = by(&house, "sale", "number").await;
        let (file, _) = house
            .export(&cx, "sale", ExportRequest { sort: vec!["number".into()], ..Default::default() })
            .await
            .unwrap();
        let mut out = sheets(&file);
        assert_eq!(
            out.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            ["Sale", "Lines"],
            "fees are not his"
        );
        assert!(!out[1].1[0].contains(&"Cost".to_string()), "nor are costs");
        // the first line goes, the second changes, a third is added to another record
        out[1].1.remove(1);
        out[1].1[1][2] = "77".into();
        out[1].1.push(["S3", "P1", "5", "1.5", "2027-01-31", "Second", ""].map(String::from).to_vec());
        let job = house.import(&cx, "sale", &rebuilt(&out), upsert("number")).await.unwrap();
        assert_eq!(job["faults"], json!([]), "{job}");
        let after = by(&house, "sale", "number").await;
        assert_eq!(table(&after[0], "lines", "quantity"), [json!(77)]);
        assert_eq!(after[0]["lines"][0]["id"], before[0]["lines"][1]["id"], "the row is the one that it was");
        assert_eq!(table(&after[0], "lines", "cost"), [json!(8)], "what he does not see stays");
        assert_eq!(after[0]["fees"], before[0]["fees"]);
        assert_eq!(after[1], before[1]);
        assert_eq!(
            (table(&after[2], "lines", "quantity"), table(&after[2], "lines", "grade")),
            (vec![json!(5)], vec![json!("b")])
        );
        let again = house.import(&cx, "sale", &rebuilt(&out), upsert("number")).await.unwrap();
        assert_eq!(again["summary"]["unchanged"], json!(3), "{again}");
    });
}

#[test]
fn records_without_a_key_are_named_by_their_id() {
    on_both(|db| async move {
        let house = stocked(db).await;
        let cx = house.system();
        for tasks in [json!([{"what": "call"}, {"what": "write"}]), json!([{"what": "wait"}])] {
            let body = json!({"text": "the same", "tasks": tasks});
            house.engine.create(&cx, "note", body.as_object().unwrap().clone(), None).await.unwrap();
        }
        let before = by(&house, "note", "id").await;
        let (file, _) = house.export(&cx, "note", ExportRequest::default()).await.unwrap();
        let mut out = sheets(&file);
        assert_eq!(out[0].1[0], ["Text", "ID"]);
        let wait = out[1].1.iter().position(|row| row[1] == "wait").unwrap();
        out[1].1[wait][1] = "wait no more".into();
        let job = house.import(&cx, "note", &rebuilt(&out), upsert("id")).await.unwrap();
        assert_eq!((&job["faults"], &job["summary"]["updated"]), (&json!([]), &json!(1)), "{job}");
        let after = by(&house, "note", "id").await;
        assert_eq!((&after[0], table(&after[1], "tasks", "what")), (&before[0], vec![json!("wait no more")]));
    });
}

#[test]
fn faulty_rows_are_named_by_sheet_and_row_and_come_back_with_their_records() {
    on_both(|db| async move {
        let house = stocked(db).await;
        let cx = house.system();
        let sale =
            vec![vec!["Number", "Buyer"], vec!["N1", "Ann"], vec!["N2", "Bob"], vec!["N3", "Cid"], vec!["N4", "Dan"]];
        let lines = vec![
            vec!["_parent", "Product", "Quantity"],
            vec!["N1", "P1", "4"],
            vec!["N2", "P1", "many"],
            vec!["N2", "P2", "2"],
            vec!["N3", "P9", "2"],
            vec!["N9", "P1", "2"],
            vec!["N4", "P1", "0"],
            vec!["N4", "", "1"],
        ];
        let file = book(&[("Sale", sale), ("Lines", lines)]);
        for dry_run in [true, false] {
            let job = house.import(&cx, "sale", &file, ImportRequest { dry_run, ..Default::default() }).await.unwrap();
            let mut told: Vec<(u64, &str, &str)> = job["faults"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| {
                    assert_eq!(f["sheet"], json!("Lines"), "{f}");
                    (f["row"].as_u64().unwrap(), f["field"].as_str().unwrap(), f["code"].as_str().unwrap())
                })
                .collect();
            told.sort_unstable();
            assert_eq!(
                told,
                [
                    (3, "lines.quantity", "number_invalid"),
                    (5, "lines.product", "import_link_unknown"),
                    (6, "_parent", "import_parent_unknown"),
                    (8, "lines.product", "required"),
                ],
                "{job}"
            );
            assert_eq!((&job["summary"]["created"], &job["summary"]["refused"]), (&json!(1), &json!(4)));
            let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
            let back = sheets(&bytes_of(house.engine.job_result(&cx, id).await.unwrap()));
            let firsts = |at: usize| back[at].1[1..].iter().map(|row| row[0].as_str()).collect::<Vec<_>>();
            assert_eq!((firsts(0), firsts(1)), (vec!["N2", "N3", "N4"], vec!["N2", "N2", "N3", "N9", "N4", "N4"]));
            assert_eq!(back[1].1[0], ["_parent", "Product", "Quantity", "Errors"]);
            assert!(back[1].1[1][3].starts_with("Quantity: "), "{:?}", back[1].1[1]);
        }
        // what a rule of the record says of a row is told at that row too
        let id = {
            let rows = vec![vec!["_parent", "Product", "Quantity"], vec!["N4", "P1", "1"], vec!["N4", "P1", "0"]];
            let file = book(&[("Sale", vec![vec!["Number", "Buyer"], vec!["N4", "Dan"]]), ("Lines", rows)]);
            let job = house.import(&cx, "sale", &file, ImportRequest::default()).await.unwrap();
            let fault = &job["faults"][0];
            assert_eq!(
                (&fault["sheet"], &fault["row"], &fault["field"]),
                (&json!("Lines"), &json!(3), &json!("lines.quantity")),
                "{job}"
            );
            job["id"].as_str().unwrap().parse::<Uuid>().unwrap()
        };
        // mended, the workbook that came back goes in
        let mut back = sheets(&bytes_of(house.engine.job_result(&cx, id).await.unwrap()));
        back[1].1[2][2] = "9".into();
        let job = house.import(&cx, "sale", &rebuilt(&back), ImportRequest::default()).await.unwrap();
        assert_eq!((&job["faults"], &job["summary"]["created"]), (&json!([]), &json!(1)), "{job}");
        let made = by(&house, "sale", "number").await.into_iter().find(|r| r["number"] == "N4").unwrap();
        assert_eq!(table(&made, "lines", "quantity"), [json!(1), json!(9)]);
    });
}

#[test]
fn rows_stand_beside_records_that_are_repeated() {
    on_both(|db| async move {
        let house = stocked(db).await;
        let cx = house.system();
        let csv = "Number,Buyer,lines.product,Lines · Quantity,明细 · Price\r\nR1,Ann,P1,1,2\r\nR1,Ann,P2,2,3\r\n,,P3,3,\r\nR2,Bob,,,\r\nR1,,P1,4,\r\nR3,Cid,P1,x,\r\nR3,Cid,P1,1,\r\nR4,Dan,P1,1,\r\nR4,Eve,P1,1,\r\n";
        let job = house.import(&cx, "sale", csv.as_bytes(), ImportRequest::default()).await.unwrap();
        let told: Vec<(u64, &str)> = job["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["row"].as_u64().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [(7, "number_invalid"), (10, "import_row_differs")], "{job}");
        assert_eq!(
            (&job["total"], &job["summary"]["created"], &job["summary"]["refused"]),
            (&json!(4), &json!(2), &json!(2))
        );
        let all = by(&house, "sale", "number").await;
        let one = all.iter().find(|r| r["number"] == "R1").unwrap();
        assert_eq!(table(one, "lines", "quantity"), [json!(1), json!(2), json!(3), json!(4)]);
        assert_eq!(all.iter().find(|r| r["number"] == "R2").unwrap()["lines"], json!([]));
        let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
        let back = sheets(&bytes_of(house.engine.job_result(&cx, id).await.unwrap()));
        assert_eq!(back[0].1[1..].iter().map(|row| row[0].as_str()).collect::<Vec<_>>(), ["R3", "R3", "R4", "R4"]);

        // by a mapping, and into records that are there: rows that say the same stay what they were
        let csv = "No,Item,Qty\r\nR1,P1,1\r\nR1,P2,20\r\nR1,P3,3\r\nR1,P1,4\r\n";
        let mapping = json!({"columns": {"No": "number", "Item": "lines.product", "Qty": "lines.quantity"}});
        let request = ImportRequest { mapping: Some(mapping), ..upsert("number") };
        let job = house.import(&cx, "sale", csv.as_bytes(), request).await.unwrap();
        assert_eq!((&job["faults"], &job["summary"]["updated"]), (&json!([]), &json!(1)), "{job}");
        let after = by(&house, "sale", "number").await.into_iter().find(|r| r["number"] == "R1").unwrap();
        assert_eq!(table(&after, "lines", "quantity"), [json!(1), json!(20), json!(3), json!(4)]);
        assert_eq!(table(&after, "lines", "id"), table(one, "lines", "id"));
        assert_eq!(
            table(&after, "lines", "price"),
            table(one, "lines", "price"),
            "columns that are not in the file stay"
        );
    });
}

#[test]
fn a_template_has_the_sheets_and_is_taken_back_and_a_preview_names_them() {
    on_both(|db| async move {
        let house = stocked(db).await;
        let cx = house.person("ann", &["clerk"]).await;
        let template = bytes_of(house.engine.import_template(&cx, "sale").await.unwrap());
        let mut out = sheets(&template);
        assert_eq!(
            out.iter().map(|(name, rows)| (name.as_str(), rows[0].join(","))).collect::<Vec<_>>(),
            [
                ("Sale", "Number *,Buyer".to_string()),
                ("Lines", "_parent *,Product *,Quantity,Price,Due,Grade".to_string())
            ]
        );
        let untouched = house.import(&cx, "sale", &template, upsert("")).await.unwrap();
        assert_eq!(untouched["summary"]["rows"], json!(0), "{untouched}");
        out[0].1.push(["T1", "Ann"].map(String::from).to_vec());
        out[1].1.push(["T1", "P2", "6", "1", "2026-12-24", "First"].map(String::from).to_vec());
        let file = rebuilt(&out);
        let upload = formwright_engine::exchange::Upload { name: "t.xlsx".into(), bytes: file.clone() };
        let shown = house.engine.import_preview(&cx, "sale", upload, PreviewRequest::default()).await.unwrap();
        assert_eq!(shown["tables"], json!([{"field": "lines", "title": "Lines", "sheet": "Lines", "rows": 1}]));
        let fields: Vec<&str> =
            shown["fields"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
        assert!(fields.contains(&"lines.quantity") && !fields.contains(&"lines.cost"), "{fields:?}");
        let mapping = json!({"sheets": {"lines": null}});
        let left = ImportRequest { mapping: Some(mapping), dry_run: true, ..upsert("") };
        assert_eq!(house.import(&cx, "sale", &file, left).await.unwrap()["summary"]["child_rows"], json!(0));
        for wrong in [
            json!({"sheets": {"fees": "Lines"}}),
            json!({"sheets": {"lines": "Nowhere"}}),
            json!({"sheets": {"buyer": null}}),
        ] {
            let request = ImportRequest { mapping: Some(wrong), ..upsert("") };
            let error = house.import(&cx, "sale", &file, request).await.unwrap_err();
            assert!(["import_mapping_invalid", "sheet_unknown"].contains(&code(&error)), "{error:?}");
        }
        let job = house.import(&cx, "sale", &file, upsert("")).await.unwrap();
        assert_eq!((&job["faults"], &job["summary"]["created"]), (&json!([]), &json!(1)), "{job}");
        let made = by(&house, "sale", "number").await.into_iter().find(|r| r["number"] == "T1").unwrap();
        assert_eq!(table(&made, "lines", "quantity"), [json!(6)]);
    });
}
