//! A file as people send it: four hundred customers from three heads of spelling.

use super::house::{House, app, read_json, seeds};
use super::support::on_both;
use formwright_engine::exchange::ImportRequest;
use formwright_engine::{accounts, organisation};
use formwright_store::Db;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub async fn trade(db: Db) -> House {
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
