//! Served under a certificate: both versions of HTTP, cookies for encrypted ways only, and a certificate that is renewed
//! while connections are open.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_server::ServerConfig;
use formwright_server::serve::serve;
use formwright_server::tls::Tls;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, KeyPair};
use rustls_pki_types::ServerName;
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

const OLD: [&SupportedProtocolVersion; 1] = [&version::TLS12];
const NEW: [&SupportedProtocolVersion; 1] = [&version::TLS13];

fn certificate(folder: &Path) -> CertifiedKey<KeyPair> {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made
}

/// Connects as one who trusts this certificate and no other.
async fn connect(
    address: SocketAddr,
    trusted: &CertifiedKey<KeyPair>,
    versions: &[&'static SupportedProtocolVersion],
    http: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![http.to_vec()];
    let stream = TcpStream::connect(address).await.unwrap();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

fn sign_in(version: &str, origin: &str) -> Request<Full<Bytes>> {
    let body = json!({"login": "admin", "password": support::PASSWORD}).to_string();
    // HTTP/2 names the host in the address, HTTP/1.1 in a header
    let (uri, host) =
        if version == "h2" { ("https://localhost/api/session", None) } else { ("/api/session", Some("localhost")) };
    let mut request = Request::post(uri).header("content-type", "application/json").header("origin", origin);
    if let Some(host) = host {
        request = request.header("host", host);
    }
    request.body(Full::from(body)).unwrap()
}

async fn check(answer: Response<Incoming>) {
    assert_eq!(answer.status(), 200);
    let headers = answer.headers().clone();
    assert_eq!(headers["strict-transport-security"], "max-age=31536000");
    let cookies: Vec<&str> = headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
    assert!(cookies.iter().any(|c| c.starts_with("__Host-fw_session=")), "{cookies:?}");
    assert!(cookies.iter().all(|c| c.contains("; Secure")), "{cookies:?}");
    let body: Json = serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(body["user"]["login"], "admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn sign_in_works_by_both_versions_of_http_and_a_renewed_certificate_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let tls = Arc::new(Tls::load(&folder.path().join("cert.pem"), &folder.path().join("key.pem")).unwrap());
    let server = support::server(ServerConfig { tls: Some(tls.clone()), ..ServerConfig::default() }).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (app, router) = (server.app.clone(), server.router.clone());
    let serving = tokio::spawn(async move {
        serve(&app, listener, router, async {
            let _ = stopped.await;
        })
        .await
    });

    // somebody who connects and says nothing holds nobody up
    let silent = TcpStream::connect(address).await.unwrap();

    let stream = connect(address, &first, &OLD, b"http/1.1").await.unwrap();
    let (mut one, connection) = conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    check(one.send_request(sign_in("h1", "https://localhost")).await.unwrap()).await;

    let stream = connect(address, &first, &NEW, b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
    let (mut two, connection) = conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    check(two.send_request(sign_in("h2", "https://localhost")).await.unwrap()).await;
    let foreign = two.send_request(sign_in("h2", "https://elsewhere.example")).await.unwrap();
    assert_eq!(foreign.status(), 403, "a page of another host");

    // in the clear there is nothing to be had
    let mut plain = TcpStream::connect(address).await.unwrap();
    plain.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"), "{}", String::from_utf8_lossy(&answer));

    let second = certificate(folder.path());
    tls.reload().unwrap();
    assert!(connect(address, &first, &NEW, b"h2").await.is_err(), "the old certificate is shown no more");
    assert!(connect(address, &second, &NEW, b"h2").await.is_ok());
    check(two.send_request(sign_in("h2", "https://localhost")).await.unwrap()).await;

    stop.send(()).unwrap();
    drop((one, two, silent));
    serving.await.unwrap().unwrap();
}
