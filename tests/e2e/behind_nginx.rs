//! The program itself below a path behind a real nginx, by the configuration that the documentation gives.

use crate::front::{Browser, Front};
use crate::stream::Stream;
use serde_json::json;

/// Addresses in a page that begin at the root, by the attribute they stand in.
fn addresses(page: &str) -> Vec<String> {
    ["href=\"", "src=\"", "action=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .filter_map(|rest| rest.split('"').next())
        .map(|address| address.replace("&#x2f;", "/").replace("&amp;", "&"))
        .filter(|address| address.starts_with('/') || address.starts_with("http"))
        .collect()
}

/// Every address of a page is below the path, and what it loads is there.
fn check_page(browser: &Browser, path: &str) {
    let page = browser.get(path);
    assert_eq!(page.status, 200, "{path}");
    let found = addresses(&page.text());
    assert!(found.iter().any(|a| a.ends_with(".css")) && found.iter().any(|a| a.ends_with(".js")), "{found:?}");
    for address in found {
        let below = address.strip_prefix(browser.origin.as_str()).unwrap_or(&address);
        assert!(below.starts_with("/crm/") || below == "/crm", "{path}: {address}");
        if below.ends_with(".css") || below.ends_with(".js") {
            let asset = browser.get(below);
            assert_eq!(asset.status, 200, "{below}");
            assert!(asset.header("cache-control").contains("immutable"), "{below}");
        }
    }
}

#[test]
fn pages_api_files_and_a_restart_work_below_a_path_behind_nginx() {
    let mut front = Front::start();
    let mut browser = front.browser();

    // who is a stranger is led to the sign-in page, below the path
    let home = browser.get("/crm/");
    assert!((300..400).contains(&home.status), "{}", home.status);
    let to = home.header("location").to_string();
    let to = to.strip_prefix(browser.origin.as_str()).unwrap_or(&to).to_string();
    assert!(to.starts_with("/crm/"), "{to}");
    check_page(&browser, &to);
    let bare = browser.get("/crm");
    assert!(bare.status == 200 || bare.header("location").contains("/crm/"), "{} {}", bare.status, bare.text());

    let signed = browser.sign_in();
    let cookies: Vec<&str> = signed.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    assert!(cookies.iter().all(|c| c.contains("Path=/crm")), "{cookies:?}");
    check_page(&browser, "/crm/");

    front.publish_papers(&browser);
    let described = browser.get("/crm/api/openapi.json").json();
    assert_eq!(described["servers"][0]["url"], format!("{}/crm", browser.origin));

    // a file of 20 MB goes up and comes back, whole and in part
    let content: Vec<u8> =
        (0..20_u32 << 20).map(|i| u8::try_from(i.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    let mut form = b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big.bin\"\r\n\r\n".to_vec();
    form.extend_from_slice(&content);
    form.extend_from_slice(b"\r\n--edge--\r\n");
    let sent = browser.try_send("POST", "/crm/api/files", "multipart/form-data; boundary=edge", Some(&form)).unwrap();
    assert_eq!(sent.status, 201, "{}", sent.text());
    let file = sent.json()["id"].as_str().unwrap().to_string();
    let made = browser.send("POST", "/crm/api/records/paper", json!({"name": "a", "files": [file]}));
    assert_eq!(made.status, 201, "{}", made.text());
    let place = made.header("location").to_string();
    assert!(
        place.strip_prefix(browser.origin.as_str()).unwrap_or(&place).starts_with("/crm/api/records/paper/"),
        "{place}"
    );
    let back = browser.get(&format!("/crm/api/files/{file}"));
    assert_eq!((back.status, back.body == content), (200, true));
    let mut part = front.browser();
    part.headers = browser.headers.clone();
    part.headers.push(("range".into(), "bytes=1000-1999".into()));
    let middle = part.get(&format!("/crm/api/files/{file}"));
    assert_eq!((middle.status, middle.body.as_slice() == &content[1000..2000]), (206, true));

    // what is for the machine itself stays there
    assert_eq!(browser.get("/crm/metrics").status, 404, "asked through a proxy");
    let behind = Browser::new(front.port);
    assert_eq!(behind.get("/healthz").status, 200);
    assert_eq!(behind.get("/readyz").status, 200);
    assert_eq!(behind.get("/crm/metrics").status, 200, "asked on the machine");
    assert_eq!(behind.get("/api/me").status, 404, "nothing else is outside the path");

    // what happens is told at once, through the proxy
    let mut stream = front.listen(&browser, "");
    let told = browser.send("POST", "/crm/api/records/paper", json!({"name": "b"}));
    let heard = stream.next().unwrap();
    assert_eq!((heard.event.as_str(), &heard.data["id"]), ("record", &told.json()["id"]));

    // a restart: the stream ends, for a moment nobody answers, then all goes on, the session and the listener too
    front.stop();
    assert!(stream.next().is_none(), "the end of the stream");
    assert_eq!(browser.get("/crm/healthz").status, 502);
    front.start_again();
    // nginx asks an upstream that was gone again after ten seconds at the latest
    browser.wait_for("/crm/readyz", 200);
    assert_eq!(browser.get("/crm/api/me").json()["login"], "admin");
    check_page(&browser, "/crm/");
    let missed = browser.send("POST", "/crm/api/records/paper", json!({"name": "c"}));
    let mut stream: Stream = front.listen(&browser, &heard.id);
    assert_eq!(stream.record(), ("created".into(), missed.json()["id"].as_str().unwrap().into()));
}
