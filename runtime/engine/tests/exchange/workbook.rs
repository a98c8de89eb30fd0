//! A file of rows goes in and what is kept comes out: good rows, faulty ones, interrupted and cancelled imports.

use super::house::{House, bytes_of, faulty, rows_of, workbook};
use super::support::on_both;
use super::{HEAD, KEYS, comparable, good, shop, text, wrong};
use chrono::{DateTime, Utc};
use formwright_engine::exchange::{ExportFormat, ExportRequest, ImportMode, ImportRequest, Upload};
use formwright_engine::jobs;
use formwright_exchange::write::Out;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

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
        let told = super::support::number(
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
