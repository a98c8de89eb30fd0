//! Files of rows go in and come out, alike on both databases: what is wrong is told by row, and what comes out goes back in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod encrypted;
mod house;
#[path = "../../store/tests/support/mod.rs"]
mod support;

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use formwright_engine::exchange::{ExportFormat, ExportRequest, ImportMode, ImportRequest, PreviewRequest, Upload};
use formwright_engine::files::{self, Size, UploadTarget};
use formwright_engine::records::ReadRequest;
use formwright_engine::{Context, EngineError, accounts, jobs, organisation};
use formwright_exchange::write::Out;
use formwright_store::Db;
use futures_util::stream;
use house::{House, app, bytes_of, code, faulty, read_json, rows_of, seeds, workbook};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use support::on_both;
use uuid::Uuid;

const HEAD: [&str; 9] = ["Code", "Company", "Country", "E-mail", "Signed on", "Amount", "Quantity", "Active", "Note"];
const KEYS: [&str; 9] = ["code", "company", "country", "email", "signed_on", "amount", "quantity", "active", "note"];

fn buyer(name: &str) -> Json {
    json!({"kind": "form", "app": "shop", "name": name, "title": name, "title_field": "company", "record": {"type": "object", "required": ["code", "company", "country"], "properties": {
        "code": {"type": "string", "title": "Code", "field": {"type": "text", "unique": true}},
        "company": {"type": "string", "title": "Company", "minLength": 2},
        "country": {"title": "Country", "enum": ["DE", "US", "CN", "BR", "VN"]},
        "email": {"type": "string", "format": "email", "title": "E-mail"},
        "signed_on": {"type": "string", "format": "date", "title": "Signed on"},
        "amount": {"type": "number", "title": "Amount", "minimum": 0, "maximum": 10_000_000, "field": {"type": "money", "currency": "USD"}},
        "quantity": {"type": "integer", "title": "Quantity", "minimum": 1},
        "active": {"type": "boolean", "title": "Active"},
        "note": {"type": "string", "title": "Note", "field": {"type": "long_text"}}}}})
}

fn shop() -> Vec<Json> {
    let link = |form: &str| json!({"type": "string", "field": {"type": "link", "form": form}});
    vec![
        json!({"kind": "app", "name": "shop", "app": "shop", "title": "Shop", "version": "1.0.0", "locale": "en"}),
        buyer("buyer"),
        buyer("buyer2"),
        json!({"kind": "form", "app": "shop", "name": "deal", "title": "Deal", "key": "number", "record": {"type": "object", "properties": {
            "number": {"type": "string", "field": {"type": "serial", "pattern": "D{seq:4}", "reset": "never"}},
            "buyer": link("buyer"),
            "stage": {"type": "string", "oneOf": [{"const": "open", "title": "Open", "labels": {"zh-CN": "进行中"}}, {"const": "won", "title": "Won / signed"}], "field": {"type": "choice"}},
            "tags": {"type": "array", "field": {"type": "tags"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"what": {"type": "string"}}}},
            "seen_at": {"type": "string", "format": "date-time"},
            "took": {"type": "string", "format": "duration"},
            "share": {"type": "number", "field": {"type": "percent"}},
            "owner": {"type": "string", "field": {"type": "user"}},
            "secret": {"type": "string"},
            "photos": {"type": "array", "field": {"type": "files", "accept": ["image/*"], "max_size": "1MB"}}}}}),
        json!({"kind": "role", "app": "shop", "name": "seller", "grants": [
            {"form": "buyer", "actions": ["read", "create", "update", "import"]},
            {"form": "deal", "actions": ["read", "create", "update"], "rows": {"field": "owner", "op": "eq", "value": {"var": "me"}}, "hidden": ["secret"]}]}),
        json!({"kind": "role", "app": "shop", "name": "head", "limits": {"export_rows": 5}, "grants": [
            {"form": "buyer", "actions": ["read", "export"], "rows": {"field": "country", "op": "eq", "value": "DE"}, "hidden": ["amount"]},
            {"form": "deal", "actions": ["read", "create", "update", "import", "export"], "hidden": ["secret"]}]}),
    ]
}

fn text(value: impl Into<String>) -> Out {
    Out::text(value)
}

fn good(i: usize) -> Vec<Out> {
    let companies = ["Linyi Plywood 木业", "Müller & Söhne", "Zäpfchen, GmbH", "Quote \"Inc\"", "山东工具"];
    let notes = [
        None,
        Some("line one\nline two"),
        Some("=1+1"),
        Some("+cmd|' /C calc'!A0"),
        Some("@SUM(A1)"),
        Some("-2+3"),
        Some("plain"),
    ];
    vec![
        text(format!("K{i:06}")),
        text(format!("{} {i}", companies[i % 5])),
        text(["DE", "US", "CN", "BR", "VN"][i % 5]),
        if !i.is_multiple_of(3) { text(format!("a{i}@example.com")) } else { Out::Blank },
        Out::Date(NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new((i % 2000) as u64)),
        Out::Number(rust_decimal::Decimal::new((i * 137 % 1_000_000) as i64, 2)),
        Out::Number((i % 500 + 1).into()),
        Out::Bool(i.is_multiple_of(2)),
        notes[i % 7].map_or(Out::Blank, text),
    ]
}

/// What is wrong with the n-th faulty row: the column and its cell.
fn wrong(n: usize) -> (usize, Out) {
    let number = |text: &str| Out::Number(text.parse().unwrap());
    let all = [
        (1, Out::Blank),
        (1, text("x")),
        (2, text("Atlantis")),
        (2, Out::Blank),
        (0, Out::Blank),
        (3, text("not an address")),
        (4, text("31.02.2026")),
        (4, text("soon")),
        (5, text("many")),
        (5, number("-5")),
        (5, number("10000001")),
        (6, number("0")),
        (6, number("2.5")),
        (6, text("ten")),
        (7, text("perhaps")),
        (0, text("K000001")),
    ];
    all[n % 16].clone()
}

fn comparable(record: &Map<String, Json>) -> Vec<Json> {
    KEYS.iter().map(|k| record.get(*k).cloned().unwrap_or(Json::Null)).collect()
}

#[test]
fn of_a_workbook_the_faulty_rows_come_back_and_the_others_go_in_and_an_export_goes_back_in_without_loss() {
    on_both(|db| async move {
        const ROWS: usize = 1_300;
        let house = House::open(db, shop()).await;
        let cx = house.system();
        let mut rows: Vec<Vec<Out>> = (1..=ROWS).map(good).collect();
        let mut want: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for n in 0..37 {
            let at = 10 + n * (ROWS - 20) / 37;
            let (column, cell) = wrong(n);
            rows[at][column] = cell;
            want.insert(at as u64 + 2, [KEYS[column].to_string()].into());
        }
        let file = workbook(&HEAD, &rows);

        let dry =
            house.import(&cx, "buyer", &file, ImportRequest { dry_run: true, ..Default::default() }).await.unwrap();
        assert_eq!(faulty(&dry), want, "trial");
        assert_eq!(house.count("buyer", None).await, 0);

        let job = house.import(&cx, "buyer", &file, ImportRequest::default()).await.unwrap();
        assert_eq!(faulty(&job), want);
        assert_eq!((job["total"].as_u64(), job["done"].as_u64()), (Some(1_300), Some(1_300)));
        assert_eq!(job["summary"]["created"], json!(ROWS - 37));
        assert_eq!(house.count("buyer", None).await, ROWS as i64 - 37);
        let here: BTreeMap<String, Map<String, Json>> =
            house.records(&cx, "buyer").await.into_iter().map(|r| (r["code"].as_str().unwrap().into(), r)).collect();
        let sample = &here["K000004"];
        assert_eq!(
            comparable(sample)[1..8],
            [
                json!("山东工具 4"),
                json!("VN"),
                json!("a4@example.com"),
                json!("2020-01-05"),
                serde_json::from_str("5.48").unwrap(),
                json!(5),
                json!(true)
            ]
        );
        assert_eq!(here["K000001"]["note"], json!("line one\nline two"));

        // what was refused comes back as it was, with reasons, and goes in once mended
        let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
        let (head, back) = rows_of(&bytes_of(house.engine.job_result(&cx, id).await.unwrap()));
        assert_eq!((&head[..9], head[9].as_str(), back.len()), (&HEAD.map(String::from)[..], "Errors", 37));
        assert!(back.iter().all(|row| row[9].shown().len() > 5));
        let mended: Vec<Vec<Out>> = want
            .keys()
            .zip(&back)
            .map(|(row, back)| {
                let mut cells = good(*row as usize - 1);
                cells.push(text(back[9].shown()));
                cells
            })
            .collect();
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let again = house.import(&cx, "buyer", &workbook(&head, &mended), ImportRequest::default()).await.unwrap();
        assert_eq!((faulty(&again).len(), again["summary"]["ignored_columns"].clone()), (0, json!(["Errors"])));
        assert_eq!(house.count("buyer", None).await, ROWS as i64);

        // out and in again
        let (export, count) = house.export(&cx, "buyer", ExportRequest::default()).await.unwrap();
        assert_eq!(count, ROWS as u64);
        let before: BTreeMap<String, Map<String, Json>> =
            house.records(&cx, "buyer").await.into_iter().map(|r| (r["id"].as_str().unwrap().into(), r)).collect();
        house.pass(1);
        let key = vec!["code".to_string()];
        let back = house
            .import(
                &cx,
                "buyer",
                &export,
                ImportRequest { mode: ImportMode::Upsert, key: key.clone(), ..Default::default() },
            )
            .await
            .unwrap();
        assert_eq!((back["faults"].clone(), back["summary"]["unchanged"].clone()), (json!([]), json!(ROWS)));
        let after: BTreeMap<String, Map<String, Json>> =
            house.records(&cx, "buyer").await.into_iter().map(|r| (r["id"].as_str().unwrap().into(), r)).collect();
        assert_eq!(before, after);
        let copy = house.import(&cx, "buyer2", &export, ImportRequest::default()).await.unwrap();
        assert_eq!((copy["faults"].clone(), house.count("buyer2", None).await), (json!([]), ROWS as i64));
        let sorted = |mut list: Vec<Vec<Json>>| {
            list.sort_by_key(|r| r[0].to_string());
            list
        };
        let values = |list: Vec<Map<String, Json>>| sorted(list.iter().map(comparable).collect());
        assert_eq!(values(house.records(&cx, "buyer").await), values(house.records(&cx, "buyer2").await));

        // changed by key
        let part: Vec<Vec<Out>> = (1..=50)
            .map(|i| {
                let mut row = good(i);
                row[5] = Out::Number("77.77".parse().unwrap());
                row
            })
            .collect();
        let update = house
            .import(
                &cx,
                "buyer",
                &workbook(&HEAD, &part),
                ImportRequest { mode: ImportMode::Update, key, ..Default::default() },
            )
            .await
            .unwrap();
        assert_eq!(update["summary"]["updated"], json!(50));
        assert_eq!(house.count("buyer", Some(json!({"field": "amount", "op": "eq", "value": 77.77}))).await, 50);
        let told = support::number(
            house.engine.db(),
            "SELECT count(*) FROM \"fw_history\" WHERE \"cause\" = 'import' AND \"batch\" IS NOT NULL",
        )
        .await;
        assert_eq!(told, 2 * ROWS as i64 + 50);

        // CSV: nothing in it would run, and it goes in too
        let (csv, _) = house
            .export(&cx, "buyer", ExportRequest { format: ExportFormat::Csv, ..Default::default() })
            .await
            .unwrap();
        assert!(csv.starts_with(b"\xef\xbb\xbfCode,Company"));
        let shown = String::from_utf8(csv.clone()).unwrap();
        assert!(!shown.contains(",=1+1") && !shown.contains(",@SUM") && !shown.contains(",+cmd"));
        let in_again = house
            .import(
                &cx,
                "buyer",
                &csv,
                ImportRequest { mode: ImportMode::Upsert, key: vec!["code".into()], ..Default::default() },
            )
            .await
            .unwrap();
        assert_eq!((in_again["faults"].clone(), in_again["summary"]["unchanged"].clone()), (json!([]), json!(ROWS)));
    });
}

#[test]
fn all_or_nothing_keeps_nothing_of_a_file_with_a_faulty_row() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.system();
        let mut rows: Vec<Vec<Out>> = (1..=600).map(good).collect();
        rows[599][2] = text("Atlantis");
        let request = ImportRequest { atomic: true, ..Default::default() };
        let job = house.import(&cx, "buyer", &workbook(&HEAD, &rows), request.clone()).await.unwrap();
        assert_eq!(
            (job["state"].clone(), faulty(&job).len(), house.count("buyer", None).await),
            (json!("failed"), 1, 0)
        );
        assert_eq!(job["result"]["message"], json!("1 row is faulty; nothing was imported."));
        rows.pop();
        let job = house.import(&cx, "buyer", &workbook(&HEAD, &rows), request).await.unwrap();
        assert_eq!((job["state"].clone(), house.count("buyer", None).await), (json!("done"), 599));
    });
}

#[test]
fn an_interrupted_import_goes_on_after_its_last_page_and_a_cancelled_one_does_not() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.system();
        let rows: Vec<Vec<Out>> = (1..=1_200).map(good).collect();
        let upload = Upload { name: "rows.xlsx".into(), bytes: workbook(&HEAD, &rows) };
        let id = house.engine.import(&cx, "buyer", upload.clone(), ImportRequest::default()).await.unwrap();
        // as another process left it: the first page was written, and its lease has ended
        let left = house
            .engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let long_ago: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
                    let mut job = formwright_store::jobs::lease("other", Utc::now(), long_ago, tx).await?.unwrap();
                    assert_eq!(job.id, id);
                    let mut account: Json = serde_json::from_str(job.result.as_deref().unwrap()).unwrap();
                    account["position"] = json!(501);
                    account["summary"] = json!({"created": 500});
                    job.result = Some(account.to_string());
                    job.done = 500;
                    formwright_store::jobs::progress(&job, long_ago, tx).await
                })
            })
            .await;
        assert!(left.unwrap());
        assert_eq!(jobs::run_due(&house.engine).await.unwrap(), 1);
        let job = house.engine.job(&cx, id).await.unwrap();
        assert_eq!(
            (job["state"].clone(), job["done"].clone(), job["summary"]["created"].clone()),
            (json!("done"), json!(1_200), json!(1_200))
        );
        assert_eq!(house.count("buyer", None).await, 700);

        let id = house.engine.import(&cx, "buyer2", upload, ImportRequest::default()).await.unwrap();
        assert_eq!(house.engine.cancel_job(&cx, id).await.unwrap()["state"], json!("cancelled"));
        assert_eq!(jobs::run_due(&house.engine).await.unwrap(), 0);
        assert_eq!(house.count("buyer2", None).await, 0);
    });
}

#[test]
fn damaged_files_and_unfit_mappings_are_refused_in_words_before_any_work() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.system();
        for (bytes, want) in [
            (&b"PK\x03\x04 not a workbook"[..], "file_damaged"),
            (b"", "file_empty"),
            (b"\xff\xfe\x00\x00\x00", "text_invalid"),
        ] {
            let refused = house.import(&cx, "buyer", bytes, ImportRequest::default()).await.unwrap_err();
            assert!(code(&refused) == want || code(&refused).starts_with("file_"), "{want}: {refused:?}");
        }
        let file = workbook(&HEAD, &[good(1)]);
        for mapping in [
            json!({"columns": {"Code": "nothing"}}),
            json!({"columns": {"Kode": "code"}}),
            json!({"form": "deal"}),
            json!({"colums": {}}),
            json!({"columns": {"Code": "code", "Company": "code"}}),
        ] {
            let refused = house
                .import(&cx, "buyer", &file, ImportRequest { mapping: Some(mapping), ..Default::default() })
                .await
                .unwrap_err();
            assert_eq!(code(&refused), "import_mapping_invalid");
        }
        let refused = house
            .import(
                &cx,
                "buyer",
                &file,
                ImportRequest { mode: ImportMode::Update, key: vec!["nothing".into()], ..Default::default() },
            )
            .await
            .unwrap_err();
        assert_eq!(code(&refused), "import_mapping_invalid");
        assert_eq!(house.count("buyer", None).await, 0);
    });
}

#[test]
fn links_choices_people_and_times_are_found_by_what_people_call_them() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let head = house.person("may", &["head", "seller"]).await;
        let cx = house.system();
        house
            .import(&cx, "buyer", &workbook(&HEAD, &[good(1), good(2), good(3)]), ImportRequest::default())
            .await
            .unwrap();
        let twins = [["T1", "Twin"], ["T2", "Twin"]].map(|[c, n]| vec![text(c), text(n), text("DE")]);
        house
            .import(&cx, "buyer", &workbook(&["Code", "Company", "Country"], &twins), ImportRequest::default())
            .await
            .unwrap();
        let csv = "Buyer,Stage,Tags,Seen at,Took,Share,Owner,Lines,Secret\n\
            müller & söhne 1,进行中,\"a, b\",2026-11-20 09:00,1:30,5%,may,x,\n\
            Twin,won,,,,,,,\n\
            Nobody,won,,,,,,,\n\
            Quote \"\"Inc\"\" 3,won,,,,,ghost,,\n";
        let job = house.import(&head, "deal", csv.as_bytes(), ImportRequest::default()).await.unwrap();
        let told: Vec<(u64, &str, &str)> = job["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["row"].as_u64().unwrap(), f["field"].as_str().unwrap(), f["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            told,
            [(3, "buyer", "import_ambiguous"), (4, "buyer", "import_link_unknown"), (5, "owner", "user_unknown")],
            "{job}"
        );
        // neither tables nor what the importer may not see can be filled
        assert_eq!(job["summary"]["ignored_columns"], json!(["Lines", "Secret"]));
        let deal = house.records(&cx, "deal").await.remove(0);
        assert_eq!(
            (
                deal["stage"].clone(),
                deal["tags"].clone(),
                deal["seen_at"].clone(),
                deal["took"].clone(),
                deal["share"].clone()
            ),
            (json!("open"), json!(["a", "b"]), json!("2026-11-20T01:00:00Z"), json!("PT1H30M"), json!(0.05))
        );
        assert_eq!((deal["number"].clone(), deal["owner"].clone()), (json!("D0001"), json!(head.author())));

        // by a key of the mapping, and made where it is missing
        let mapping = json!({"columns": {"Buyer": "buyer", "Stage": "stage"}, "links": {"buyer": {"by": ["code"], "missing": "empty"}}, "values": {"stage": {"gewonnen": "won"}}, "defaults": {"tags": ["new"]}});
        let request = ImportRequest { mapping: Some(mapping), ..Default::default() };
        let job =
            house.import(&cx, "deal", "Buyer,Stage\nT2,gewonnen\nNobody,open\n".as_bytes(), request).await.unwrap();
        assert_eq!(job["faults"], json!([]), "{job}");
        let mut deals = house.records(&cx, "deal").await;
        deals.sort_by_key(|d| d["number"].to_string());
        assert_eq!(
            (deals[1]["stage"].clone(), deals[1]["tags"].clone(), deals[2]["buyer"].clone()),
            (json!("won"), json!(["new"]), json!(null))
        );
        let buyer = house
            .engine
            .read(&cx, "buyer", deals[1]["buyer"].as_str().unwrap().parse().unwrap(), &ReadRequest::default())
            .await
            .unwrap();
        assert!(String::from_utf8(buyer.body).unwrap().contains("\"T2\""));

        // and all of it out and in again
        let before = house.records(&cx, "deal").await;
        let (export, _) = house.export(&head, "deal", ExportRequest::default()).await.unwrap();
        let (titles, rows) = rows_of(&export);
        assert!(
            !titles.contains(&"Secret".to_string()) && rows.iter().any(|r| r.iter().any(|c| c.shown() == "Open")),
            "{titles:?}"
        );
        house.pass(1);
        let back = house
            .import(&head, "deal", &export, ImportRequest { mode: ImportMode::Upsert, ..Default::default() })
            .await
            .unwrap();
        assert_eq!((back["faults"].clone(), back["summary"]["unchanged"].clone()), (json!([]), json!(3)), "{back}");
        assert_eq!(house.records(&cx, "deal").await, before);
    });
}

#[test]
fn what_may_go_in_and_out_is_what_grants_say() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let (seller, head) = (house.person("ann", &["seller"]).await, house.person("may", &["head"]).await);
        let cx = house.system();
        let rows: Vec<Vec<Out>> = (1..=40).map(good).collect();
        let file = workbook(&HEAD, &rows);
        let refused = house.import(&head, "buyer", &file, ImportRequest::default()).await.unwrap_err();
        assert_eq!(code(&refused), "forbidden");
        let job = house.import(&seller, "buyer", &file, ImportRequest::default()).await.unwrap();
        assert_eq!(job["summary"]["created"], json!(40));
        let id: Uuid = job["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(code(&house.engine.job(&head, id).await.unwrap_err()), "not_found");
        assert_eq!(code(&house.engine.job_result(&seller, id).await.unwrap_err()), "not_found");

        assert_eq!(code(&house.export(&seller, "buyer", ExportRequest::default()).await.unwrap_err()), "forbidden");
        // eight rows are his, five may leave at once
        let error = house.export(&head, "buyer", ExportRequest::default()).await.unwrap_err();
        let EngineError::Refused(refusal) = &error else { panic!("{error:?}") };
        assert_eq!(
            (refusal.code.code, refusal.detail(cx.locale).as_str()),
            ("export_limit", "8 rows are wanted, 5 are allowed.")
        );
        let filter = Some(json!({"field": "quantity", "op": "le", "value": 21}));
        let (export, count) =
            house.export(&head, "buyer", ExportRequest { filter, ..Default::default() }).await.unwrap();
        let (titles, rows) = rows_of(&export);
        assert_eq!((count, rows.len()), (4, 4));
        assert!(!titles.contains(&"Amount".to_string()) && rows.iter().all(|r| r.iter().any(|c| c.shown() == "DE")));
        let refused = house
            .export(&head, "buyer", ExportRequest { select: vec!["amount".into()], ..Default::default() })
            .await
            .unwrap_err();
        assert_eq!(code(&refused), "unknown_field");
        let selected = ExportRequest {
            format: ExportFormat::Csv,
            bom: false,
            select: vec!["created_at".into(), "code".into()],
            filter: Some(json!({"field": "code", "op": "eq", "value": "K000005"})),
            ..Default::default()
        };
        let (csv, _) = house.export(&head, "buyer", selected).await.unwrap();
        assert_eq!(String::from_utf8(csv).unwrap(), "Created at,Code\r\n2026-11-20 18:00:00,K000005\r\n");

        let template = rows_of(&bytes_of(house.engine.import_template(&seller, "buyer").await.unwrap())).0;
        assert_eq!(template[..3], ["Code *", "Company *", "Country *"].map(String::from));
        assert_eq!(code(&house.engine.import_template(&head, "buyer").await.unwrap_err()), "forbidden");
    });
}

#[test]
fn a_preview_proposes_fields_and_an_import_is_remembered() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("ann", &["seller"]).await;
        let csv = "Customers of 2026,,,\nCode *,Firm,Country,Colour\nK1,Ann,DE,red\nK2,Bob,US,\n";
        let upload = Upload { name: "a.csv".into(), bytes: csv.into() };
        let shown = house.engine.import_preview(&cx, "buyer", upload.clone(), PreviewRequest::default()).await.unwrap();
        assert_eq!(
            (shown["header_row"].clone(), shown["rows"].clone(), shown["encoding"].clone()),
            (json!(2), json!(2), json!("UTF-8"))
        );
        let fields = |shown: &Json| -> Vec<Json> {
            shown["columns"].as_array().unwrap().iter().map(|c| c["field"].clone()).collect()
        };
        assert_eq!(fields(&shown), [json!("code"), json!(null), json!("country"), json!(null)]);
        assert_eq!(shown["columns"][3]["samples"], json!(["red"]));
        assert_eq!(shown["fields"][0], json!({"path": "code", "title": "Code", "required": true, "type": "text"}));
        assert_eq!((&shown["last"], &shown["duplicates"]), (&json!(null), &json!(false)));
        let mapping = json!({"columns": {"Code *": "code", "Firm": "company", "Country": "country"}});
        let job = house
            .import(&cx, "buyer", csv.as_bytes(), ImportRequest { mapping: Some(mapping), ..Default::default() })
            .await
            .unwrap();
        assert_eq!(job["summary"]["created"], json!(2), "{job}");
        let shown = house.engine.import_preview(&cx, "buyer", upload.clone(), PreviewRequest::default()).await.unwrap();
        assert_eq!(fields(&shown), [json!("code"), json!("company"), json!("country"), json!(null)]);
        assert_eq!(shown["last"]["used"], json!(true));
        let fresh = PreviewRequest { fresh: true, ..PreviewRequest::default() };
        let shown = house.engine.import_preview(&cx, "buyer", upload, fresh).await.unwrap();
        assert_eq!(fields(&shown), [json!("code"), json!(null), json!("country"), json!(null)]);
        assert_eq!(shown["last"]["used"], json!(false));
    });
}

async fn trade(db: Db) -> House {
    let mut documents = app("trade_base");
    documents.extend(app("trade_crm"));
    let house = House::open(db, documents).await;
    let folder = seeds().join("trade_base/data/sample");
    accounts::load_people(
        &house.engine,
        &read_json(&folder.join("_users.json")),
        &read_json(&folder.join("_departments.json")),
        "plywood and hardware",
    )
    .await
    .unwrap();
    organisation::fresh(&house.engine).await.unwrap();
    house
}

fn messy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/messy").join(name)
}

/// The mapping with the rates of its day.
fn messy_mapping() -> Json {
    let mut mapping = read_json(&messy("customers-messy.mapping.json"));
    mapping["options"]["rates"] = json!({"CNY": 1, "USD": "7.370161", "EUR": "8.397030"});
    mapping
}

fn counted(list: &Json) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for item in list.as_array().unwrap() {
        *out.entry(item["code"].as_str().unwrap().to_string()).or_default() += 1;
    }
    out
}

/// Warnings of one code in one row count once.
fn warned(job: &Json) -> BTreeMap<String, u64> {
    let rows: BTreeSet<(u64, String)> = job["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| (w["row"].as_u64().unwrap(), w["code"].as_str().unwrap().to_string()))
        .collect();
    let mut out = BTreeMap::new();
    for (_, code) in rows {
        *out.entry(code).or_default() += 1;
    }
    out
}

#[test]
fn four_hundred_messy_customers_go_in_as_expected_and_a_second_time_none_does() {
    on_both(|db| async move {
        let house = trade(db).await;
        let cx = house.system();
        let want = read_json(&messy("customers-messy.expected.json"));
        let file = std::fs::read(messy("customers-messy.xlsx")).unwrap();
        let request = ImportRequest { mapping: Some(messy_mapping()), ..Default::default() };
        let refused: BTreeSet<(u64, String, String)> = want["refused"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|r| {
                r["faults"].as_array().unwrap().iter().map(|f| {
                    (
                        r["row"].as_u64().unwrap(),
                        f["field"].as_str().unwrap().into(),
                        f["code"].as_str().unwrap().into(),
                    )
                })
            })
            .collect();
        let dry =
            house.import(&cx, "customer", &file, ImportRequest { dry_run: true, ..request.clone() }).await.unwrap();
        let job = {
            assert_eq!((house.count("customer", None).await, house.count("contact", None).await), (0, 0));
            house.import(&cx, "customer", &file, request.clone()).await.unwrap()
        };
        for job in [&dry, &job] {
            let told: BTreeSet<(u64, String, String)> = job["faults"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| {
                    (
                        f["row"].as_u64().unwrap(),
                        f["field"].as_str().unwrap().into(),
                        f["code"].as_str().unwrap().into(),
                    )
                })
                .collect();
            assert_eq!(told, refused);
            assert_eq!(json!(counted(&job["faults"])), want["counts"]["faults_by_code"]);
            assert_eq!(json!(warned(job)), want["counts"]["warnings_by_code"]);
            let summary = &job["summary"];
            assert_eq!(
                json!([
                    summary["rows"],
                    summary["created"],
                    summary["refused"],
                    summary["merged"],
                    summary["skipped"],
                    summary["ignored_columns"],
                    summary["hidden_rows"]
                ]),
                json!([
                    want["counts"]["data_rows"],
                    want["counts"]["accepted"],
                    want["counts"]["refused"],
                    0,
                    want["skipped"],
                    want["ignored_columns"],
                    want["hidden_rows"]
                ])
            );
        }
        // "the same as in row 362" where the first one is in the file
        let of: BTreeMap<u64, u64> = want["refused"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|r| Some((r["row"].as_u64()?, r["faults"][0]["of"].as_u64()?)))
            .collect();
        for fault in job["faults"].as_array().unwrap().iter().filter(|f| f["code"] == "duplicate") {
            assert!(
                fault["message"]
                    .as_str()
                    .unwrap()
                    .ends_with(&format!("in row {}.", of[&fault["row"].as_u64().unwrap()])),
                "{fault}"
            );
        }

        let people = organisation::fresh(&house.engine).await.unwrap();
        let login = |id: &Json| id.as_str().map(|id| people.user(id.parse().unwrap()).unwrap().row.login.clone());
        let contacts: BTreeMap<String, Map<String, Json>> = house
            .records(&cx, "contact")
            .await
            .into_iter()
            .map(|c| (c["customer"].as_str().unwrap().to_string(), c))
            .collect();
        let here: BTreeSet<String> = house
            .records(&cx, "customer")
            .await
            .iter()
            .map(|r| {
                let contact = contacts.get(r["id"].as_str().unwrap()).map(|c| {
                    json!([
                        c["name"],
                        c["title"],
                        c["email"],
                        c["emails_other"].as_array().cloned().unwrap_or_default(),
                        c["phone"],
                        c["mobile"]
                    ])
                });
                let amount = r["annual_purchase_usd"]
                    .as_number()
                    .map(|n| n.to_string().parse::<rust_decimal::Decimal>().unwrap().normalize().to_string());
                json!([
                    r["company"],
                    r["country"],
                    r["source"],
                    r["product_lines"],
                    amount,
                    r["created_on"],
                    login(&r["owner"]),
                    r["website"],
                    r["note"],
                    contact
                ])
                .to_string()
            })
            .collect();
        let expected: BTreeSet<String> = want["accepted"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| {
                let c = &r["contact"];
                let contact = json!([c["name"], c["title"], c["email"], c["emails_other"], c["phone"], c["mobile"]]);
                let amount = r["annual_purchase_usd"]
                    .as_str()
                    .map(|n| n.parse::<rust_decimal::Decimal>().unwrap().normalize().to_string());
                json!([
                    r["company"],
                    r["country"],
                    r["source"],
                    r["product_lines"],
                    amount,
                    r["created_on"],
                    r["owner"],
                    r["website"],
                    r["note"],
                    contact
                ])
                .to_string()
            })
            .collect();
        let missing: Vec<&String> = expected.difference(&here).take(4).collect();
        let surplus: Vec<&String> = here.difference(&expected).take(4).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "missing {missing:#?}\nsurplus {surplus:#?}");

        house.pass(1);
        let again = house.import(&cx, "customer", &file, request.clone()).await.unwrap();
        assert_eq!((again["summary"]["created"].clone(), house.count("customer", None).await), (json!(0), 356));
        let merging = {
            let mut mapping = messy_mapping();
            mapping["options"]["on_duplicate"] = json!("merge");
            house.import(&cx, "customer", &file, ImportRequest { mapping: Some(mapping), ..request }).await.unwrap()
        };
        assert_eq!(
            (merging["summary"]["created"].clone(), merging["summary"]["merged"].clone()),
            (json!(0), json!(384)),
            "{}",
            merging["summary"]
        );
        assert_eq!(house.count("customer", None).await, 356);
    });
}

#[test]
fn what_belongs_to_a_record_is_known_again_when_the_record_is_changed_by_its_key() {
    on_both(|db| async move {
        let house = trade(db).await;
        let cx = house.system();
        let mapping = json!({"columns": {"Company": "company", "Country": "country", "Source": "source", "Products": "product_lines",
            "Contact": "contact.name", "E-mail": "contact.email", "Term": "payment_term"}, "links": {"payment_term": {"missing": "create"}}});
        let file = |rows: &str| format!("Company,Country,Source,Products,Contact,E-mail,Term\n{rows}");
        let request = |mode| ImportRequest {
            mapping: Some(mapping.clone()),
            key: vec!["company".into(), "country".into()],
            mode,
            ..Default::default()
        };
        let rows = "Crown,GB,fair,hardware,Anna,anna@crown.example.com,\nCrown,DE,fair,hardware,Bert,,\n";
        let job = house.import(&cx, "customer", file(rows).as_bytes(), request(ImportMode::Upsert)).await.unwrap();
        assert_eq!(job["summary"]["created"], json!(2), "{job}");
        let rows = "Crown,GB,fair,hardware,Anna Lee,ANNA@crown.example.com,\nCrown,GB,fair,hardware,Carl,carl@crown.example.com,\nCrown,DE,email,hardware,Bert,,\nCrown,FR,fair,hardware,,,\n";
        let job = house.import(&cx, "customer", file(rows).as_bytes(), request(ImportMode::Update)).await.unwrap();
        let told: Vec<(&str, u64)> = job["faults"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["code"].as_str().unwrap(), f["row"].as_u64().unwrap()))
            .collect();
        assert_eq!(told, [("import_no_record", 5)], "{job}");
        assert_eq!((job["summary"]["unchanged"].clone(), job["summary"]["updated"].clone()), (json!(0), json!(3)));
        let mut people: Vec<String> =
            house.records(&cx, "contact").await.iter().map(|c| c["name"].as_str().unwrap().to_string()).collect();
        people.sort();
        assert_eq!(people, ["Anna Lee", "Bert", "Carl"]);
        // the row and what belongs to it stand or fall together
        let rows = "Other,GB,fair,hardware,Dora,anna@crown.example.com,\n";
        let job = house.import(&cx, "customer", file(rows).as_bytes(), request(ImportMode::Upsert)).await.unwrap();
        assert_eq!(
            (job["faults"][0]["field"].clone(), job["faults"][0]["code"].clone()),
            (json!("contact.email"), json!("duplicate"))
        );
        assert_eq!(house.count("customer", None).await, 2);
    });
}

#[test]
fn duplicates_are_told_across_permissions_without_telling_more_than_the_form_says() {
    on_both(|db| async move {
        let house = trade(db).await;
        let cx = house.system();
        let rows = "公司名称,国家/地区,客户来源,主营产品,业务员,邮箱,电话\nCrown Tools Ltd,GB,展会,五金,li.na,anna@crown.example.com,+44 20 7946 0958\n";
        let mapping = json!({"columns": {"公司名称": "company", "国家/地区": "country", "客户来源": "source", "主营产品": "product_lines", "业务员": "owner", "邮箱": "contact.email", "电话": "contact.phone"}});
        let job = house
            .import(&cx, "customer", rows.as_bytes(), ImportRequest { mapping: Some(mapping), ..Default::default() })
            .await
            .unwrap();
        assert_eq!(job["summary"]["created"], json!(1), "{job}");
        let (owner, other) = (house.person("li.na", &[]).await, house.person("zhang.wei", &[]).await);
        let ask = |draft: Json| draft.as_object().unwrap().clone();
        let own = house
            .engine
            .duplicates(&owner, "customer", ask(json!({"company": "CROWN TOOLS", "country": "GB"})))
            .await
            .unwrap();
        assert_eq!(
            (
                own["hits"][0]["rule"].clone(),
                own["hits"][0]["readable"].clone(),
                own["hits"][0]["record"]["title"].clone(),
                own["hits"][0]["tell"]["owner"]["name"].clone()
            ),
            (json!("company"), json!(true), json!("Crown Tools Ltd"), json!("李娜")),
            "{own}"
        );
        for (draft, rule) in [
            (
                json!({"company": "Other", "country": "GB", "contacts": [{"email": "x@y.z"}, {"email": "ANNA@crown.example.com"}]}),
                "email",
            ),
            (json!({"contacts.phone": "0044 20 7946 0958"}), "phone"),
            (json!({"company": "Crwn Tools", "country": "GB"}), "near"),
        ] {
            let hits = house.engine.duplicates(&other, "customer", ask(draft)).await.unwrap()["hits"].clone();
            assert_eq!(
                (hits[0]["rule"].clone(), hits[0]["readable"].clone(), hits[0]["tell"]["owner"]["name"].clone()),
                (json!(rule), json!(false), json!("李娜")),
                "{hits}"
            );
            assert!(!hits.to_string().contains("Crown"), "{hits}");
        }
        for draft in [json!({"company": "Crown Tools", "country": "DE"}), json!({"company": "", "country": "GB"})] {
            assert_eq!(house.engine.duplicates(&other, "customer", ask(draft)).await.unwrap()["hits"], json!([]));
        }
        // made anyway it is refused, whoever may read the first one; its contact too
        let draft =
            |name: &str| json!({"company": name, "country": "GB", "source": "fair", "product_lines": ["hardware"]});
        let refused = |error: EngineError| match error {
            EngineError::Refused(r) => r.faults.iter().map(|f| (f.path.clone(), f.code.code)).collect::<Vec<_>>(),
            other => panic!("{other}"),
        };
        let again = house.engine.create(&other, "customer", ask(draft("CROWN tools")), None).await;
        assert_eq!(refused(again.unwrap_err()), [("company".to_string(), "duplicate")]);
        let made = house.engine.create(&other, "customer", ask(draft("Bell Timber")), None).await.unwrap();
        let renamed =
            house.engine.update(&other, "customer", made.id, ask(json!({"company": "Crown Tools"})), None).await;
        assert_eq!(refused(renamed.unwrap_err()), [("company".to_string(), "duplicate")]);
        let contact = json!({"customer": made.id, "name": "Anna", "email": "Anna@Crown.example.com"});
        let made = house.engine.create(&other, "contact", ask(contact), None).await;
        assert_eq!(refused(made.unwrap_err()), [("email".to_string(), "duplicate")]);
    });
}

fn stream_of(bytes: &[u8]) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Unpin + Send + use<> {
    stream::iter(bytes.chunks(1000).map(|c| Ok(Bytes::copy_from_slice(c))).collect::<Vec<_>>())
}

fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(800, 400).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

#[test]
fn a_file_is_its_uploaders_until_a_record_holds_it_and_goes_when_none_does() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let (ann, bob, may) = (
            house.person("ann", &["seller"]).await,
            house.person("bob", &["seller"]).await,
            house.person("may", &["head"]).await,
        );
        let target = UploadTarget { form: Some("deal".into()), field: Some("photos".into()) };
        let upload = |cx: Context, name: &'static str, bytes: Vec<u8>| {
            let (engine, target) = (house.engine.clone(), target.clone());
            async move { engine.upload_file(&cx, &target, name, stream_of(&bytes)).await }
        };
        let refused = upload(ann.clone(), "a.png", b"<html>".to_vec()).await.unwrap_err();
        assert_eq!(code(&refused), "file_type_not_accepted");
        let large = upload(ann.clone(), "a.png", vec![0x89; (1 << 20) + 1]).await.unwrap_err();
        assert_eq!(code(&large), "file_too_large");
        let file = upload(ann.clone(), "../仓库.png", picture()).await.unwrap();
        assert_eq!((file["name"].clone(), file["type"].clone()), (json!("仓库.png"), json!("image/png")));
        let id: Uuid = file["id"].as_str().unwrap().parse().unwrap();
        let get = |cx: Context, size: Size| {
            let engine = house.engine.clone();
            async move { engine.file(&cx, id, size).await }
        };
        let mine = get(ann.clone(), Size::Original).await.unwrap();
        assert_eq!(std::fs::read(&mine.path).unwrap(), picture());
        assert!(
            mine.disposition.starts_with("inline; filename=\"__.png\"; filename*=UTF-8''%E4%BB%93"),
            "{}",
            mine.disposition
        );
        assert_eq!(code(&get(bob.clone(), Size::Original).await.unwrap_err()), "not_found");

        let attach = |cx: Context, owner: Json| {
            let engine = house.engine.clone();
            let body = json!({"photos": [id], "owner": owner}).as_object().unwrap().clone();
            async move { engine.create(&cx, "deal", body, None).await }
        };
        assert_eq!(code(&attach(bob.clone(), json!(bob.author())).await.unwrap_err()), "validation_failed");
        let record = attach(ann.clone(), json!(ann.author())).await.unwrap();
        for (cx, sees) in [(&ann, true), (&may, true), (&bob, false)] {
            assert_eq!(get(cx.clone(), Size::Original).await.is_ok(), sees);
            assert_eq!(get(cx.clone(), Size::Thumb).await.is_ok(), sees);
        }
        let thumb = get(may.clone(), Size::Thumb).await.unwrap();
        assert_eq!(
            (image::image_dimensions(&thumb.path).is_err(), thumb.content_type.as_str(), thumb.thumbnail),
            (true, "image/jpeg", true)
        );
        assert_eq!(
            image::ImageReader::open(&thumb.path).unwrap().with_guessed_format().unwrap().into_dimensions().unwrap(),
            (320, 160)
        );

        // a second upload of the same content that nobody holds goes alone; the held one stays
        let second = upload(bob.clone(), "b.png", picture()).await.unwrap();
        house.pass(25);
        assert_eq!(files::collect(&house.engine).await.unwrap(), 1);
        let gone: Uuid = second["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(code(&house.engine.file(&bob, gone, Size::Original).await.unwrap_err()), "not_found");
        assert!(get(ann.clone(), Size::Original).await.is_ok());
        assert_eq!(record.version, 1);
    });
}
