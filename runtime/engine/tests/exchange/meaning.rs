//! What cells mean: links, choices, people, times, rows of child tables; and what a preview proposes.

use super::house::{House, rows_of, workbook};
use super::messy::trade;
use super::support::on_both;
use super::{HEAD, good, shop, text};
use formwright_engine::exchange::{ExportRequest, ImportMode, ImportRequest, PreviewRequest, Upload};
use formwright_engine::records::ReadRequest;
use serde_json::{Value as Json, json};

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
