//! What is uploaded for an import, and the workbook of refused rows, lie sealed in the data folder and go with their job.

use super::house::{House, bytes_of, rows_of};
use super::shop;
use super::support::on_both;
use formwright_engine::exchange::{ImportRequest, Upload};
use formwright_engine::{Context, jobs};
use formwright_store::{Snapshot, keys};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

const REFUSED: &str = "Confidential Trading";
const TAKEN: &str = "Discreet Plywood";

fn rows() -> String {
    format!("Code,Company,Country\nA1,{TAKEN},DE\nA2,{REFUSED},Atlantis\nA3,Open Tools,US\n")
}

pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(files_below(&path)) } else { out.push(path) }
    }
    out
}

/// What of the data folder somebody could read who has nothing else: files with these texts, and workbooks.
fn readable(data: &Path) -> Vec<PathBuf> {
    let legible = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        let tells = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        bytes.starts_with(b"PK") || [REFUSED, TAKEN, "Company"].into_iter().any(tells)
    };
    files_below(data).into_iter().filter(legible).collect()
}

fn refused_rows(out: Vec<u8>) -> Vec<String> {
    rows_of(&out).1.iter().map(|row| row[1].shown()).collect()
}

/// An import that is queued, as an older version left it: the upload as it was sent, no key.
async fn as_before(house: &House, cx: &Context) -> Uuid {
    let upload = Upload { name: "rows.csv".into(), bytes: rows().into_bytes() };
    let id = house.engine.import(cx, "buyer", upload, ImportRequest::default()).await.unwrap();
    let folder = house.engine.settings().data.join("imports").join(id.to_string());
    std::fs::remove_file(folder.join("upload.sealed")).unwrap();
    std::fs::write(folder.join("upload"), rows()).unwrap();
    let name = vec![format!("imports/{id}")];
    let forget = house.engine.db().write(move |tx| Box::pin(async move { keys::forget_named(&name, tx).await }));
    forget.await.unwrap();
    id
}

#[test]
fn nothing_of_an_import_can_be_read_in_the_data_folder() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let data = &house.engine.settings().data;
        let upload = Upload { name: "rows.csv".into(), bytes: rows().into_bytes() };
        let id = house.engine.import(&cx, "buyer", upload, ImportRequest::default()).await.unwrap();
        assert_eq!(readable(data), Vec::<PathBuf>::new(), "while it waits");
        jobs::run_due(&house.engine).await.unwrap();
        let job = house.engine.job(&cx, id).await.unwrap();
        assert_eq!((job["created"].as_u64(), job["state"].as_str()), (Some(2), Some("done")), "{job}");
        assert!(job["result"]["file"].is_string(), "{job}");
        assert_eq!(readable(data), Vec::<PathBuf>::new(), "when it is over");
        assert_eq!(files_below(&data.join("imports")).len(), 2);
        let result = house.engine.job_result(&cx, id).await.unwrap();
        assert_eq!(refused_rows(bytes_of(result)), [REFUSED]);
        assert_eq!(readable(data), Vec::<PathBuf>::new(), "when it was taken");
    });
}

#[test]
fn a_changed_upload_is_not_imported() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let upload = Upload { name: "rows.csv".into(), bytes: rows().into_bytes() };
        let id = house.engine.import(&cx, "buyer", upload, ImportRequest::default()).await.unwrap();
        let path = house.engine.settings().data.join("imports").join(id.to_string()).join("upload.sealed");
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        jobs::run_due(&house.engine).await.unwrap();
        assert_eq!(house.engine.job(&cx, id).await.unwrap()["state"], "failed");
        assert_eq!(house.count("buyer", None).await, 0);
    });
}

#[test]
fn files_of_an_older_version_are_read_and_sealed_by_the_housekeeping() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let data = &house.engine.settings().data;
        let (first, second) = (as_before(&house, &cx).await, as_before(&house, &cx).await);
        assert_eq!(readable(data).len(), 2);
        jobs::run_due(&house.engine).await.unwrap();
        for id in [first, second] {
            let job = house.engine.job(&cx, id).await.unwrap();
            assert_eq!(job["state"], "done", "{job}");
        }
        // a result as it lay there
        let folder = data.join("imports").join(first.to_string());
        let result = bytes_of(house.engine.job_result(&cx, first).await.unwrap());
        std::fs::remove_file(folder.join("result.sealed")).unwrap();
        std::fs::write(folder.join("result.xlsx"), &result).unwrap();
        assert_eq!(bytes_of(house.engine.job_result(&cx, first).await.unwrap()), result);
        jobs::forget_old(&house.engine).await.unwrap();
        assert_eq!(readable(data), Vec::<PathBuf>::new());
        assert_eq!(bytes_of(house.engine.job_result(&cx, first).await.unwrap()), result);
        assert_eq!(files_below(&data.join("imports")).len(), 4);
    });
}

#[test]
fn the_files_of_a_job_go_with_it_and_those_of_no_job_after_a_day() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let job = house.import(&cx, "buyer", rows().as_bytes(), ImportRequest::default()).await.unwrap();
        let imports = house.engine.settings().data.join("imports");
        let (old, young) = (imports.join(Uuid::now_v7().to_string()), imports.join(Uuid::now_v7().to_string()));
        for folder in [&old, &young] {
            std::fs::create_dir(folder).unwrap();
            std::fs::write(folder.join("upload.sealed"), "x").unwrap();
        }
        let long_ago = SystemTime::now() - Duration::from_secs(25 * 3600);
        std::fs::File::open(&old).unwrap().set_modified(long_ago).unwrap();
        house.pass(29 * 24);
        jobs::forget_old(&house.engine).await.unwrap();
        assert!(young.exists() && !old.exists());
        assert_eq!(files_below(&imports).len(), 3);
        house.pass(2 * 24);
        assert_eq!(jobs::forget_old(&house.engine).await.unwrap(), 1);
        assert_eq!(files_below(&imports), [young.join("upload.sealed")]);
        let name = format!("imports/{}", job["id"].as_str().unwrap());
        let mut tx = house.engine.db().reader(Snapshot::No).await.unwrap();
        assert_eq!(keys::named(&name, &mut tx).await.unwrap(), None);
    });
}
