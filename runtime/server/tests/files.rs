//! Files from outside: uploaded, read in part, imported, exported.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_engine::jobs::run_due;
use formwright_server::ServerConfig;
use serde_json::json;
use support::{Reply, Server, install, server};

/// A form in parts: `file` with this name and content, and texts.
async fn send_parts(
    s: &Server,
    path: &str,
    bearer: &str,
    key: &str,
    file: (&str, &str),
    texts: &[(&str, &str)],
) -> Reply {
    let mut body = String::new();
    for (name, text) in texts {
        body.push_str(&format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n"));
    }
    body.push_str(&format!(
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: text/csv\r\n\r\n{}\r\n--edge--\r\n",
        file.0, file.1
    ));
    let headers =
        [("authorization", bearer), ("content-type", "multipart/form-data; boundary=edge"), ("idempotency-key", key)];
    s.call("POST", path, &headers, &body).await
}

#[tokio::test]
async fn an_upload_is_read_whole_or_in_part_and_once_for_each_key() {
    let s = server(ServerConfig::default()).await;
    let bearer = s.bearer().await;
    let first = send_parts(&s, "/api/files", &bearer, "k", ("a.txt", "hello world"), &[]).await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    assert_eq!(first.json()["size"], 11);
    let again = send_parts(&s, "/api/files", &bearer, "k", ("a.txt", "hello world"), &[]).await;
    assert_eq!((again.status.as_u16(), &again.body), (201, &first.body));
    let other = send_parts(&s, "/api/files", &bearer, "k", ("a.txt", "hello World"), &[]).await;
    assert_eq!(other.problem(), (422, "idempotency_mismatch".into()));
    let path = first.header("location").to_string();
    let auth = ("authorization", bearer.as_str());
    let part = s.call("GET", &path, &[auth, ("range", "bytes=6-")], "").await;
    assert_eq!(
        (part.status.as_u16(), part.header("content-range"), part.body.as_slice()),
        (206, "bytes 6-10/11", b"world".as_slice())
    );
    let whole = s.call("GET", &path, &[auth], "").await;
    assert_eq!((whole.status.as_u16(), whole.body.as_slice()), (200, b"hello world".as_slice()));
    assert!(whole.header("content-disposition").starts_with("attachment"));
    assert!(whole.header("content-security-policy").contains("sandbox"));
    assert_eq!(
        s.call("GET", &path, &[auth, ("range", "bytes=11-")], "").await.problem(),
        (416, "range_not_satisfiable".into())
    );
    assert_eq!(s.call("GET", &format!("{path}?size=huge"), &[auth], "").await.problem().0, 422);
    assert_eq!(s.call("GET", &path, &[], "").await.problem().0, 401);
    assert_eq!(s.call("POST", "/api/files", &[auth], "{}").await.problem(), (415, "unsupported_media_type".into()));
}

/// The only content in the data folder.
fn content_of(data: &std::path::Path) -> std::path::PathBuf {
    let folders = std::fs::read_dir(data.join("files")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders = folders.filter(|path| path.is_dir() && !path.ends_with("tmp"));
    std::fs::read_dir(folders.next().unwrap()).unwrap().next().unwrap().unwrap().path()
}

#[tokio::test]
async fn parts_across_chunks_are_sent_and_what_was_changed_on_the_disk_is_no_answer() {
    let s = server(ServerConfig::default()).await;
    let bearer = s.bearer().await;
    let auth = ("authorization", bearer.as_str());
    let text: String = (0..40_000).map(|i| format!("{i:05}")).collect();
    let made = send_parts(&s, "/api/files", &bearer, "k", ("a.txt", &text), &[]).await;
    let path = made.header("location").to_string();
    assert_eq!(s.call("GET", &path, &[auth], "").await.body, text.as_bytes());
    for (first, last) in [(65_530, 65_545), (0, 131_072), (65_536, 65_536), (131_000, 199_999)] {
        let part = s.call("GET", &path, &[auth, ("range", &format!("bytes={first}-{last}"))], "").await;
        assert_eq!((part.status.as_u16(), part.body.as_slice()), (206, &text.as_bytes()[first..=last]));
    }
    let place = content_of(&s.app.engine().settings().data);
    let sealed = std::fs::read(&place).unwrap();
    let mut changed = sealed.clone();
    changed[100] ^= 1;
    std::fs::write(&place, &changed).unwrap();
    assert_eq!(s.call("GET", &path, &[auth], "").await.problem().0, 500);
    assert_eq!(
        s.call("GET", &path, &[auth, ("range", "bytes=70000-70009")], "").await.body,
        &text.as_bytes()[70_000..70_010]
    );
    std::fs::write(&place, &sealed[..sealed.len() - 10]).unwrap();
    for range in ["bytes=0-9", "bytes=0-"] {
        assert_eq!(s.call("GET", &path, &[auth, ("range", range)], "").await.problem().0, 500);
    }
}

#[tokio::test]
async fn a_text_file_is_imported_in_the_background_and_exported_whole() {
    let s = server(ServerConfig::default()).await;
    install(
        &s,
        vec![
            json!({"kind": "app", "app": "crm", "name": "crm", "title": "CRM", "version": "1.0.0", "locale": "en"}),
            json!({"kind": "form", "app": "crm", "name": "client", "title": "Client", "record": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "title": "Name"}, "n": {"type": "integer", "title": "N"}}}}),
        ],
    )
    .await;
    let bearer = s.bearer().await;
    let auth = ("authorization", bearer.as_str());
    let path = "/api/records/client/import";
    let wrong = send_parts(
        &s,
        path,
        &bearer,
        "w",
        ("a.csv", "Name\nx"),
        &[("mode", "replace"), ("kee", "name"), ("mapping", "{")],
    )
    .await;
    let named: Vec<String> =
        wrong.json()["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap().to_string()).collect();
    assert_eq!((wrong.status.as_u16(), named), (422, vec!["mapping".into(), "mode".into(), "kee".into()]));
    let csv = ("a.csv", "Name,N\nAnn,1\nBob,two\nCy,3\n");
    let taken = send_parts(&s, path, &bearer, "i", csv, &[("mode", "create")]).await;
    assert_eq!(taken.status, 202, "{}", String::from_utf8_lossy(&taken.body));
    run_due(s.app.engine()).await.unwrap();
    let job = s.call("GET", &format!("/api/jobs/{}", taken.json()["job"].as_str().unwrap()), &[auth], "").await.json();
    assert_eq!(
        (job["state"].as_str(), job["faults"][0]["row"].as_i64(), job["faults"][0]["field"].as_str()),
        (Some("done"), Some(3), Some("n"))
    );
    let again = send_parts(&s, path, &bearer, "i", csv, &[("mode", "create")]).await;
    assert_eq!(again.body, taken.body, "the same key imports once");
    let out = s.call("GET", "/api/records/client/export.csv?select=name,n&sort=name&bom=false", &[auth], "").await;
    assert_eq!((out.header("x-rows"), out.header("content-type")), ("2", "text/csv; charset=utf-8"));
    assert_eq!(String::from_utf8_lossy(&out.body), "Name,N\r\nAnn,1\r\nCy,3\r\n");
    assert_eq!(
        s.call("GET", "/api/records/client/export.csv?filter=%7B", &[auth], "").await.problem(),
        (422, "filter_invalid".into())
    );
}
