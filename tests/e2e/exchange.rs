//! Workbooks go in and come out over HTTP.

use crate::site::{Client, read, root};
use formwright_exchange::source::{Cell, OpenOptions, open};
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

/// Headings and rows of a workbook, as shown.
fn rows_of(bytes: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
    let book = open(Arc::<[u8]>::from(bytes), "x.xlsx", &OpenOptions::default()).unwrap();
    let mut all: Vec<Vec<String>> = Vec::new();
    book.for_each_row(0, |row| {
        all.push(row.cells.iter().map(Cell::shown).collect());
        ControlFlow::Continue(())
    })
    .unwrap();
    let head = all.remove(0);
    (head, all)
}

fn workbook(head: &[String], rows: &[Vec<String>]) -> Vec<u8> {
    let columns = head.iter().map(|t| Column::titled(t.as_str())).collect();
    let mut writer = XlsxWriter::new("Data", columns, false).unwrap();
    for row in rows {
        let cells: Vec<Out> =
            row.iter().map(|c| if c.is_empty() { Out::Blank } else { Out::text(c.as_str()) }).collect();
        writer.row(&cells).unwrap();
    }
    let mut out = std::io::Cursor::new(Vec::new());
    writer.finish(&mut out).unwrap();
    out.into_inner()
}

fn import(client: &Client, form: &str, texts: &[(&str, &str)], bytes: &[u8]) -> Json {
    let reply = client.post_parts(&format!("/api/records/{form}/import"), texts, ("file", "rows.xlsx", bytes));
    assert_eq!(reply.status, 202, "{}", reply.text());
    let job = client.job(reply.json()["job"].as_str().unwrap());
    assert_eq!(job["state"], "done", "{job}");
    job
}

fn counted(list: &Json) -> Json {
    let mut out: BTreeMap<String, u64> = BTreeMap::new();
    for item in list.as_array().unwrap() {
        *out.entry(item["code"].as_str().unwrap().to_string()).or_default() += 1;
    }
    json!(out)
}

/// Warnings by code; those of one code in one row count once.
fn warned(job: &Json) -> Json {
    let rows: BTreeSet<(u64, &str)> = job["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| (w["row"].as_u64().unwrap(), w["code"].as_str().unwrap()))
        .collect();
    counted(&rows.into_iter().map(|(_, code)| json!({"code": code})).collect())
}

/// Every accepted row is a record with exactly these values; whoever has no owner is in the public pool.
fn stand_as_expected(client: &Client, admin: &Client, expected: &Json) {
    let logins: BTreeMap<String, String> = admin.get("/api/users?limit=500").json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|u| (u["id"].as_str().unwrap().to_string(), u["login"].as_str().unwrap().to_string()))
        .collect();
    let records: BTreeMap<(String, String), Json> = client
        .items("customer", json!({"limit": 500}))
        .into_iter()
        .map(|r| ((r["company"].as_str().unwrap().to_string(), r["country"].as_str().unwrap().to_string()), r))
        .collect();
    let mut wrong = Vec::new();
    for row in expected["accepted"].as_array().unwrap() {
        let key = (row["company"].as_str().unwrap().to_string(), row["country"].as_str().unwrap().to_string());
        let Some(record) = records.get(&key) else {
            wrong.push(format!("row {} is no record", row["row"]));
            continue;
        };
        for name in ["source", "product_lines", "created_on", "in_pool", "website", "note"] {
            if record[name] != row[name] {
                wrong.push(format!("row {}: {name} {} instead of {}", row["row"], record[name], row[name]));
            }
        }
        let owner = record["owner"].as_str().map(|id| logins[id].clone());
        let amount = record["annual_purchase_usd"].as_number().map(|n| n.to_string().parse::<f64>().unwrap());
        let wanted = row["annual_purchase_usd"].as_str().map(|n| n.parse::<f64>().unwrap());
        if json!(owner) != row["owner"] || amount != wanted {
            wrong.push(format!("row {}: {owner:?} {amount:?} instead of {} {wanted:?}", row["row"], row["owner"]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let ownerless = expected["accepted"].as_array().unwrap().iter().filter(|row| row["in_pool"] == true).count();
    assert!(ownerless > 0);
    let pool = json!({"filter": {"field": "in_pool", "op": "eq", "value": true}, "limit": 500});
    assert_eq!(client.items("customer", pool).len(), ownerless);
}

on_both! {
    fn a_messy_workbook_is_tried_out_then_imported_and_a_second_time_makes_nothing(site) {
        site.trade();
        let gm = site.token("chen.guang");
        let folder = root().join("tests/fixtures/messy");
        let file = std::fs::read(folder.join("customers-messy.xlsx")).unwrap();
        let expected = read(&folder.join("customers-messy.expected.json"));
        let mut mapping = read(&folder.join("customers-messy.mapping.json"));
        // the rates of that day; the apps that keep them are not installed here
        mapping["options"]["rates"] = json!({"CNY": 1, "USD": "7.370161", "EUR": "8.397030"});
        let mapping = mapping.to_string();
        let counts = &expected["counts"];
        let refused: BTreeSet<u64> = expected["refused"].as_array().unwrap().iter().map(|r| r["row"].as_u64().unwrap()).collect();
        // a manager may do so too: customers without an owner are in the pool, which she may fill
        let tried = import(&site.token("li.na"), "customer", &[("mapping", &mapping), ("dry_run", "true")], &file);
        assert_eq!(counted(&tried["faults"]), counts["faults_by_code"]);
        for dry in ["true", "false"] {
            let job = import(&gm, "customer", &[("mapping", &mapping), ("dry_run", dry)], &file);
            let summary = &job["summary"];
            assert_eq!((&summary["rows"], &summary["created"], &summary["refused"]), (&counts["data_rows"], &counts["accepted"], &counts["refused"]), "{dry} {summary}");
            assert_eq!(counted(&job["faults"]), counts["faults_by_code"]);
            assert_eq!(warned(&job), counts["warnings_by_code"]);
            let rows: BTreeSet<u64> = job["faults"].as_array().unwrap().iter().map(|f| f["row"].as_u64().unwrap()).collect();
            assert_eq!(rows, refused);
            assert_eq!(gm.count("customer"), if dry == "true" { 0 } else { 356 });
            if dry == "false" {
                // refused rows only, each with its reason
                let result = gm.get(&format!("/api/jobs/{}/result.xlsx", job["id"].as_str().unwrap()));
                assert_eq!(result.status, 200, "{}", result.text());
                let (head, given_back) = rows_of(&result.body);
                assert_eq!(given_back.len(), refused.len(), "{head:?}");
            }
        }
        stand_as_expected(&gm, &site.token("admin"), &expected);
        let again = import(&gm, "customer", &[("mapping", &mapping)], &file);
        assert_eq!((again["summary"]["created"].clone(), gm.count("customer")), (json!(0), 356), "{}", again["summary"]);
    }

    fn the_result_workbook_has_the_refused_rows_and_corrected_they_are_taken(site) {
        site.trade();
        let gm = site.token("chen.guang");
        let head = ["Company", "Country", "Source", "Product lines", "Website"].map(String::from);
        let row = |cells: [&str; 5]| cells.map(String::from).to_vec();
        let rows = [
            row(["Good One Ltd", "DE", "fair", "hardware", ""]),
            row(["Bad Country Ltd", "Atlantis", "fair", "hardware", ""]),
            row(["Good Two Ltd", "US", "fair", "hardware", ""]),
            row(["", "US", "fair", "hardware", "https://nameless.example"]),
        ];
        let mapping = json!({"columns": {"Company": "company", "Country": "country", "Source": "source", "Product lines": "product_lines", "Website": "website"}}).to_string();
        let job = import(&gm, "customer", &[("mapping", &mapping)], &workbook(&head, &rows));
        assert_eq!((job["summary"]["created"].clone(), job["summary"]["refused"].clone()), (json!(2), json!(2)), "{job}");
        let result = gm.get(&format!("/api/jobs/{}/result.xlsx", job["id"].as_str().unwrap()));
        let (titles, mut refused) = rows_of(&result.body);
        assert_eq!(refused.len(), 2);
        let at = |title: &str| titles.iter().position(|t| t == title).unwrap_or_else(|| panic!("{title} in {titles:?}"));
        assert_eq!((refused[0][at("Company")].as_str(), refused[1][at("Website")].as_str()), ("Bad Country Ltd", "https://nameless.example"));
        assert!(refused.iter().all(|r| r.iter().enumerate().any(|(i, c)| i >= head.len() && c.len() > 10)), "each row tells its reason: {titles:?} {refused:?}");
        refused[0][at("Country")] = "DE".into();
        refused[1].resize(titles.len(), String::new());
        refused[1][at("Company")] = "Named Ltd".into();
        let again = import(&gm, "customer", &[("mapping", &mapping)], &workbook(&titles, &refused));
        assert_eq!((again["summary"]["created"].clone(), again["summary"]["refused"].clone()), (json!(2), json!(0)), "{again}");
        assert_eq!(gm.count("customer"), 4);
        let stranger = site.token("zhang.wei");
        assert_eq!(stranger.get(&format!("/api/jobs/{}", job["id"].as_str().unwrap())).problem().0, 404);
        assert_eq!(stranger.get(&format!("/api/jobs/{}/result.xlsx", job["id"].as_str().unwrap())).problem().0, 404);
    }

    fn an_export_needs_the_right_and_holds_only_what_its_reader_sees(site) {
        site.trade();
        site.publish(vec![json!({"kind": "role", "app": "trade_crm", "name": "masked", "title": "Masked", "grants": [
            {"form": "customer", "actions": ["read", "export"], "rows": {"field": "owner.department", "op": "under", "value": {"var": "me.department"}}, "hidden": ["credit_limit_usd"]}]})]);
        let admin = site.token("admin");
        let (gm, head, seller) = (site.token("chen.guang"), site.token("li.na"), site.token("zhang.wei"));
        for (company, owner) in [("=1+1", &seller), ("Plain GmbH", &seller), ("Foreign GmbH", &gm)] {
            gm.create("customer", json!({"company": company, "country": "DE", "source": "fair", "product_lines": ["hardware"], "owner": owner.id, "credit_limit_usd": 91234}));
        }
        assert_eq!(seller.get("/api/records/customer/export.xlsx").problem(), (403, "forbidden".into()));
        assert_eq!(seller.get("/api/records/customer/export.csv").problem(), (403, "forbidden".into()));

        // the manager loses sight of the limit
        let changed = site.session("admin").patch(&format!("/api/users/{}", head.id), json!({"roles": ["masked"]}));
        assert_eq!(changed.status, 200, "{}", changed.text());
        let csv = head.get("/api/records/customer/export.csv");
        assert_eq!((csv.status, csv.header("x-rows")), (200, "2"), "{}", csv.text());
        assert!(csv.text().contains("Plain GmbH") && !csv.text().contains("Foreign GmbH"));
        assert!(!csv.text().contains("91234") && !csv.text().contains("Credit limit"), "{}", csv.text());
        assert!(csv.text().contains("'=1+1") && !csv.text().contains(",=1+1") && !csv.text().contains("\n=1+1"), "{}", csv.text());
        let (titles, rows) = rows_of(&head.get("/api/records/customer/export.xlsx").body);
        assert_eq!(rows.len(), 2);
        assert!(!titles.iter().any(|t| t.contains("Credit limit") || t.contains("信用额度")), "{titles:?}");
        assert!(!rows.iter().flatten().any(|c| c.contains("91234") || c.contains("Foreign")), "{rows:?}");
        // a reader who sees it gets it
        assert!(gm.get("/api/records/customer/export.csv").text().contains("91234"));

        let entries = admin.get("/api/audit?what=export").json();
        let of_head: Vec<&Json> = entries["items"].as_array().unwrap().iter().filter(|e| e.to_string().contains("li.na")).collect();
        assert_eq!(of_head.len(), 2, "{entries}");
        let id = of_head[1]["on"]["export"].as_str().unwrap();
        assert!(csv.header("content-disposition").contains(&format!("{id}.csv")), "{}", csv.header("content-disposition"));
        assert!(!csv.text().contains(id), "programs read it: nothing is added");
        assert!(of_head.iter().all(|e| e.to_string().contains("\"rows\":2")), "{of_head:?}");
    }
}
