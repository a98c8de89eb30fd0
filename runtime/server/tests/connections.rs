//! What silent and stuck clients get: nothing that others need.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_server::listen::Patience;
use formwright_server::serve::serve_with;
use formwright_server::{ServerConfig, router};
use std::time::Duration;
use support::server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

#[tokio::test]
async fn a_head_that_does_not_come_is_hung_up_on_and_an_idle_connection_is_kept_longer() {
    let s = server(ServerConfig::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let patience =
        Patience { head: Duration::from_millis(60), idle: Duration::from_secs(60), write: Duration::from_secs(60) };
    let (stop, stopped) = oneshot::channel::<()>();
    let (app, routes) = (s.app.clone(), router(s.app.clone(), formwright_server::routes::Routes::default()));
    let serving = tokio::spawn(async move {
        serve_with(&app, listener, routes, patience, async {
            let _ = stopped.await;
        })
        .await
    });
    let mut kept = TcpStream::connect(address).await.unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut buffer = vec![0; 4096];
    let read = kept.read(&mut buffer).await.unwrap();
    assert!(buffer.get(..read).unwrap().starts_with(b"HTTP/1.1 200"));

    let mut slow = TcpStream::connect(address).await.unwrap();
    slow.write_all(b"GET /healthz HTTP/1.1\r\nhost").await.unwrap();
    assert_eq!(slow.read(&mut buffer).await.unwrap_or(0), 0, "hung up on, after the head's time");

    // the idle one outlived the head's time: it waited through it
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let read = kept.read(&mut buffer).await.unwrap();
    assert!(buffer.get(..read).unwrap().starts_with(b"HTTP/1.1 200"));

    let metrics = s.app.metrics().render();
    assert!(
        metrics
            .lines()
            .any(|l| l.starts_with("formwright_requests_total{method=\"GET\",route=\"/healthz\",status=\"2xx\"} 2")),
        "{metrics}"
    );
    stop.send(()).unwrap();
    serving.await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "no connection is taken any more");
}
