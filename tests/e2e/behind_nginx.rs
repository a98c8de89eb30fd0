//! The program itself below a path behind a real nginx, by the configuration that the documentation gives.

use crate::site::{PASSWORD, root};
use serde_json::{Value as Json, json};
use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, Request};

/// How long starting may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // asked first: nginx killed at once would leave its workers behind
        let until = Instant::now() + PATIENCE;
        // the number of one that has ended may be another's by now
        let lives = matches!(self.0.try_wait(), Ok(None));
        if lives && Command::new("kill").arg(self.0.id().to_string()).status().is_ok_and(|asked| asked.success()) {
            while matches!(self.0.try_wait(), Ok(None)) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Running {
    /// Asks it to end, as an init system does, and waits for it.
    fn stop(mut self) {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(asked.success());
        assert!(self.0.wait().unwrap().success(), "it ends in good order");
    }
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

struct Browser {
    agent: ureq::Agent,
    /// `http://127.0.0.1:1234`
    origin: String,
    headers: Vec<(&'static str, String)>,
}

impl Browser {
    fn new(port: u16) -> Browser {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Browser { agent, origin: format!("http://127.0.0.1:{port}"), headers: Vec::new() }
    }

    fn try_send(&self, method: &str, path: &str, kind: &str, body: Option<&[u8]>) -> Result<Reply, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        let response = match body {
            None => self.agent.run(request.body(()).unwrap()),
            Some(body) => self.agent.run(request.header("content-type", kind).body(body).unwrap()),
        }?;
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(64 << 20).read_to_vec()?;
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    fn get(&self, path: &str) -> Reply {
        self.try_send("GET", path, "", None).unwrap()
    }

    fn send(&self, method: &str, path: &str, body: Json) -> Reply {
        self.try_send(method, path, "application/json", Some(body.to_string().as_bytes())).unwrap()
    }

    fn wait_for(&self, path: &str, status: u16) {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.try_send("GET", path, "", None) {
                Ok(reply) if reply.status == status => return,
                other => assert!(Instant::now() < until, "{path}: {:?}", other.map(|r| r.status)),
            }
            // the process that is waited for needs the processor too
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn formwright(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_formwright"));
    command.current_dir(data.parent().unwrap()).arg("--data").arg(data).env("FORMWRIGHT_TRUSTED_PROXIES", "127.0.0.1");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn serve(data: &Path, port: u16, front: u16) -> Running {
    let mut command = formwright(data);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.args(["--base-url", &format!("http://127.0.0.1:{front}/crm")]).env("FORMWRIGHT_LOG", "warn");
    Running(command.spawn().unwrap())
}

/// nginx with the documented configuration, on ports of this test and without encryption.
fn nginx(folder: &Path, port: u16, front: u16) -> Running {
    let mut site = std::fs::read_to_string(root().join("docs/nginx.conf")).unwrap();
    for (from, to) in [
        ("server 127.0.0.1:8080;", format!("server 127.0.0.1:{port};")),
        ("listen 443 ssl;", format!("listen 127.0.0.1:{front};")),
        ("ssl_certificate /etc/ssl/office.pem;", String::new()),
        ("ssl_certificate_key /etc/ssl/private/office.key;", String::new()),
    ] {
        assert!(site.contains(from), "{from}");
        site = site.replace(from, &to);
    }
    let dir = folder.display();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|part| format!("{part}_temp_path {dir}/{part};\n"))
        .concat();
    let whole = format!(
        "daemon off;\nworker_processes 1;\npid {dir}/nginx.pid;\nerror_log {dir}/error.log;\n\
         events {{ worker_connections 256; }}\nhttp {{\naccess_log off;\n{temporary}{site}\n}}\n"
    );
    let file = folder.join("nginx.conf");
    std::fs::write(&file, whole).unwrap();
    let program = if Path::new("/usr/sbin/nginx").exists() { "/usr/sbin/nginx" } else { "nginx" };
    let mut command = Command::new(program);
    command.arg("-p").arg(folder).arg("-c").arg(&file).arg("-e").arg(folder.join("error.log"));
    Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

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
    let folder = tempfile::tempdir().unwrap();
    // nginx gives its workers to another user where it is started by root
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    let (port, front) = (free_port(), free_port());
    let mut add = formwright(&data);
    add.args(["user", "add", "--login", "admin", "--role", "admin", "--password-stdin"]);
    let mut adding = add.stdin(Stdio::piped()).spawn().unwrap();
    adding.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(adding.wait().unwrap().success());
    let server = serve(&data, port, front);
    let _nginx = nginx(folder.path(), port, front);
    let mut browser = Browser::new(front);
    browser.wait_for("/crm/readyz", 200);

    // who is a stranger is led to the sign-in page, below the path
    let home = browser.get("/crm/");
    assert!((300..400).contains(&home.status), "{}", home.status);
    let to = home.header("location").to_string();
    let to = to.strip_prefix(browser.origin.as_str()).unwrap_or(&to).to_string();
    assert!(to.starts_with("/crm/"), "{to}");
    check_page(&browser, &to);
    let bare = browser.get("/crm");
    assert!(bare.status == 200 || bare.header("location").contains("/crm/"), "{} {}", bare.status, bare.text());

    let signed = browser.send("POST", "/crm/api/session", json!({"login": "admin", "password": PASSWORD}));
    assert_eq!(signed.status, 200, "{}", signed.text());
    let cookies: Vec<&str> = signed.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap()).collect();
    assert!(cookies.iter().all(|c| c.contains("Path=/crm")), "{cookies:?}");
    let session = cookies.iter().find(|c| c.contains("session=")).unwrap().split(';').next().unwrap().to_string();
    browser.headers = vec![("cookie", session), ("x-csrf-token", signed.json()["csrf"].as_str().unwrap().to_string())];
    check_page(&browser, "/crm/");

    for (kind, name, document) in [
        ("app", "desk", json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"})),
        (
            "form",
            "paper",
            json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": {
                "name": {"type": "string"}, "files": {"type": "array", "field": {"type": "files"}}}}}),
        ),
    ] {
        let saved = browser.send("PUT", &format!("/crm/api/definitions/{kind}/{name}"), document);
        assert_eq!(saved.status, 200, "{}", saved.text());
    }
    assert_eq!(browser.send("POST", "/crm/api/publications", json!({})).status, 200);
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
    let mut part = Browser::new(front);
    part.headers = browser.headers.clone();
    part.headers.push(("range", "bytes=1000-1999".into()));
    let middle = part.get(&format!("/crm/api/files/{file}"));
    assert_eq!((middle.status, middle.body.as_slice() == &content[1000..2000]), (206, true));

    // what is for the machine itself stays there
    assert_eq!(browser.get("/crm/metrics").status, 404, "asked through a proxy");
    let behind = Browser::new(port);
    assert_eq!(behind.get("/healthz").status, 200);
    assert_eq!(behind.get("/readyz").status, 200);
    assert_eq!(behind.get("/crm/metrics").status, 200, "asked on the machine");
    assert_eq!(behind.get("/api/me").status, 404, "nothing else is outside the path");

    // a restart: for a moment nobody answers, then all goes on, the session too
    server.stop();
    assert_eq!(browser.get("/crm/healthz").status, 502);
    let _server = serve(&data, port, front);
    // nginx asks an upstream that was gone again after ten seconds at the latest
    browser.wait_for("/crm/readyz", 200);
    assert_eq!(browser.get("/crm/api/me").json()["login"], "admin");
    check_page(&browser, "/crm/");
}
