//! A throw-away PostgreSQL cluster: its data in a temporary folder, its socket there too, stopped when the process ends.

use std::ffi::OsString;
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// Address of a server on which databases may be created, ending in `/postgres`.
pub fn url() -> String {
    static URL: OnceLock<String> = OnceLock::new();
    URL.get_or_init(|| std::env::var("FORMWRIGHT_TEST_POSTGRES").unwrap_or_else(|_| start())).clone()
}

fn program(name: &str) -> PathBuf {
    ["/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin", "/usr/local/bin"]
        .iter()
        .map(|folder| Path::new(folder).join(name))
        .find(|path| path.exists())
        .unwrap_or_else(|| panic!("PostgreSQL's {name} is not installed; set FORMWRIGHT_TEST_POSTGRES"))
}

/// The command as a user that PostgreSQL accepts: it refuses to run as root.
fn command(name: &str, root: bool) -> Command {
    if !root {
        return Command::new(program(name));
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program(name));
    command
}

fn checked(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn start() -> String {
    let folder = tempfile::Builder::new().prefix("fw-pg-").tempdir().unwrap().keep();
    let root = std::fs::metadata(&folder).unwrap().uid() == 0;
    if root {
        checked(Command::new("chown").arg("postgres:postgres").arg(&folder));
    }
    let data = folder.join("data");
    checked(
        command("initdb", root)
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data),
    );
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut options = OsString::from(format!(
        "-p {port} -c listen_addresses=127.0.0.1 -c fsync=off -c full_page_writes=off -c max_connections=200 -k "
    ));
    options.push(&folder);
    let mut start = command("pg_ctl", root);
    start
        .args(["start", "--wait", "--silent", "-l"])
        .arg(folder.join("log"))
        .arg("-D")
        .arg(&data)
        .arg("-o")
        .arg(options);
    let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    assert!(status.success(), "{}", std::fs::read_to_string(folder.join("log")).unwrap_or_default());
    watch(&folder, &data, root);
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// Leaves a child behind that stops the server and removes the folder when this process is gone, however it ends: it
/// reads from a pipe that closes with us.
fn watch(folder: &Path, data: &Path, root: bool) {
    let stop = command("pg_ctl", root);
    let mut script = OsString::from("cat >/dev/null; ");
    for part in std::iter::once(stop.get_program()).chain(stop.get_args()) {
        script.push(part);
        script.push(" ");
    }
    script.push("stop --mode=immediate --silent -D '");
    script.push(data);
    script.push("'; rm -rf '");
    script.push(folder);
    script.push("'");
    let child: Child = Command::new("sh")
        .arg("-c")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The writing end of the pipe must live as long as the process.
    std::mem::forget(child);
}
