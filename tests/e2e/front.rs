//! The program itself below a path behind a real nginx, by the configuration that the documentation gives.

use crate::stream::Stream;
use serde_json::{Value as Json, json};
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use ureq::http::{HeaderMap, Request};

const PASSWORD: &str = "Accept-7391-Linyi!";

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

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{} {}", self.status, self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// Somebody who sends requests.
pub struct Browser {
    agent: ureq::Agent,
    /// `http://127.0.0.1:1234`
    pub origin: String,
    pub headers: Vec<(String, String)>,
}

impl Browser {
    pub fn new(port: u16) -> Browser {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Browser { agent, origin: format!("http://127.0.0.1:{port}"), headers: Vec::new() }
    }

    pub fn try_send(&self, method: &str, path: &str, kind: &str, body: Option<&[u8]>) -> Result<Reply, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = match body {
            None => self.agent.run(request.body(()).unwrap()),
            Some(body) => self.agent.run(request.header("content-type", kind).body(body).unwrap()),
        }?;
        let (parts, mut body) = response.into_parts();
        let body = body.with_config().limit(64 << 20).read_to_vec()?;
        Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
    }

    pub fn get(&self, path: &str) -> Reply {
        self.try_send("GET", path, "", None).unwrap()
    }

    pub fn send(&self, method: &str, path: &str, body: Json) -> Reply {
        self.try_send(method, path, "application/json", Some(body.to_string().as_bytes())).unwrap()
    }

    /// Signs in as the administrator; gives the answer.
    pub fn sign_in(&mut self) -> Reply {
        let signed = self.send("POST", "/crm/api/session", json!({"login": "admin", "password": PASSWORD}));
        assert_eq!(signed.status, 200, "{}", signed.text());
        let cookies = signed.headers.get_all("set-cookie").iter().map(|c| c.to_str().unwrap());
        let session = cookies.filter_map(|c| c.split(';').next()).find(|c| c.contains("session=")).unwrap().to_string();
        let csrf = signed.json()["csrf"].as_str().unwrap().to_string();
        self.headers = vec![("cookie".into(), session), ("x-csrf-token".into(), csrf)];
        signed
    }

    pub fn wait_for(&self, path: &str, status: u16) {
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
    let mut site = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/nginx.conf")).unwrap();
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

/// An installation with an administrator behind the proxy.
pub struct Front {
    folder: tempfile::TempDir,
    /// Where the program listens.
    pub port: u16,
    /// Where the proxy listens.
    front: u16,
    server: Option<Running>,
    _nginx: Running,
}

impl Front {
    pub fn start() -> Front {
        let folder = tempfile::tempdir().unwrap();
        // nginx gives its workers to another user where it is started by root
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let (port, front) = (free_port(), free_port());
        let data = folder.path().join("data");
        let server = Some(serve(&data, port, front));
        let nginx = nginx(folder.path(), port, front);
        let started = Front { folder, port, front, server, _nginx: nginx };
        started.browser().wait_for("/crm/readyz", 200);
        let mut add = formwright(&data);
        add.args(["user", "add", "--login", "admin", "--role", "admin", "--password-stdin"]);
        let mut adding = add.stdin(Stdio::piped()).spawn().unwrap();
        adding.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
        assert!(adding.wait().unwrap().success());
        started
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Somebody who comes through the proxy.
    pub fn browser(&self) -> Browser {
        Browser::new(self.front)
    }

    /// Ends the program; the proxy goes on.
    pub fn stop(&mut self) {
        self.server.take().unwrap().stop();
    }

    pub fn start_again(&mut self) {
        self.server = Some(serve(&self.data(), self.port, self.front));
    }

    /// Publishes a form `paper` with a name and files.
    pub fn publish_papers(&self, browser: &Browser) {
        let properties = json!({"name": {"type": "string"}, "files": {"type": "array", "field": {"type": "files"}}});
        let app = json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"});
        let form = json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "record": {"type": "object", "properties": properties}});
        for (path, document) in [("app/desk", app), ("form/paper", form)] {
            let saved = browser.send("PUT", &format!("/crm/api/definitions/{path}"), document);
            assert_eq!(saved.status, 200, "{}", saved.text());
        }
        assert_eq!(browser.send("POST", "/crm/api/publications", json!({})).status, 200);
    }

    /// Listens to what happens, through the proxy; `since` is the last event heard, or empty.
    pub fn listen(&self, browser: &Browser, since: &str) -> Stream {
        Stream::open(&format!("127.0.0.1:{}", self.front), "/crm/api/events", &browser.headers, since)
    }
}
