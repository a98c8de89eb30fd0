//! What an import refuses: damaged files, unfit mappings, and what grants do not say.

use super::house::{House, bytes_of, code, rows_of, workbook};
use super::support::on_both;
use super::{HEAD, good, shop};
use formwright_engine::EngineError;
use formwright_engine::exchange::{ExportFormat, ExportRequest, ImportMode, ImportRequest};
use formwright_exchange::write::Out;
use serde_json::json;
use uuid::Uuid;

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
