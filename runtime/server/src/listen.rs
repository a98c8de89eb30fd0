//! Connections: how many there may be, and how long a silent one is kept.
//!
//! A connection is idle, or a request's head is coming in, or a request is being answered. The edge says when the last begins and
//! ends; everything else is seen from the bytes that pass.

use crate::address::Network;
use crate::state::App;
use crate::tls::Wire;
use ahash::AHashMap;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use parking_lot::Mutex;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
use tokio::time::{Instant, Sleep, sleep_until};

const MOST_CONNECTIONS: usize = 4096;
const MOST_PER_ADDRESS: usize = 1024;

/// How long a silent connection is kept.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From the first byte of a request's head to its last.
    pub head: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// Without the client taking a byte of the answer.
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { head: Duration::from_secs(10), idle: Duration::from_secs(75), write: Duration::from_secs(30) }
    }
}

/// The other end of a connection.
#[derive(Clone, Debug)]
pub struct Peer {
    pub address: SocketAddr,
    answering: Arc<AtomicUsize>,
    touched: Arc<AtomicBool>,
}

impl Peer {
    /// A request is being answered until the guard is dropped: no limit on silence of the client holds meanwhile.
    pub fn begin(&self) -> Answering {
        self.answering.fetch_add(1, Ordering::Relaxed);
        self.touched.store(true, Ordering::Relaxed);
        Answering { answering: self.answering.clone(), touched: self.touched.clone() }
    }
}

/// A request being answered on a connection.
pub struct Answering {
    answering: Arc<AtomicUsize>,
    touched: Arc<AtomicBool>,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.answering.fetch_sub(1, Ordering::Relaxed);
        self.touched.store(true, Ordering::Relaxed);
    }
}

type Counts = Arc<Mutex<AHashMap<IpAddr, usize>>>;

/// Accepts connections within the limits; those above are closed at once.
pub struct BoundedListener {
    inner: TcpListener,
    open: Counts,
    total: Arc<AtomicUsize>,
    trusted: Vec<Network>,
    app: App,
    patience: Patience,
}

impl BoundedListener {
    pub fn new(inner: TcpListener, app: &App, patience: Patience) -> BoundedListener {
        BoundedListener {
            inner,
            open: Counts::default(),
            total: Arc::default(),
            trusted: app.config().trusted_proxies.clone(),
            app: app.clone(),
            patience,
        }
    }

    /// A place for one more connection, where there is one. Loopback and trusted proxies speak for many people.
    fn place(&self, address: IpAddr) -> Option<Place> {
        if self.total.load(Ordering::Relaxed) >= MOST_CONNECTIONS {
            return None;
        }
        let mut open = self.open.lock();
        let exempt = address.is_loopback() || self.trusted.iter().any(|n| n.contains(address));
        let count = open.entry(address).or_insert(0);
        if *count >= MOST_PER_ADDRESS && !exempt {
            return None;
        }
        *count += 1;
        self.total.fetch_add(1, Ordering::Relaxed);
        self.app.metrics().note_connection(true);
        Some(Place { address, open: self.open.clone(), total: self.total.clone(), app: self.app.clone() })
    }
}

struct Place {
    address: IpAddr,
    open: Counts,
    total: Arc<AtomicUsize>,
    app: App,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.total.fetch_sub(1, Ordering::Relaxed);
        self.app.metrics().note_connection(false);
        let mut open = self.open.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

impl Listener for BoundedListener {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let (stream, address) = match self.inner.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    // out of descriptors, or the client has gone: neither ends the server
                    if !matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted
                            | io::ErrorKind::ConnectionReset
                            | io::ErrorKind::ConnectionRefused
                    ) {
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    continue;
                }
            };
            let Some(place) = self.place(address.ip().to_canonical()) else {
                tracing::warn!("too many connections: one is refused");
                continue;
            };
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            let peer = Peer { address, answering: Arc::default(), touched: Arc::new(AtomicBool::new(false)) };
            let now = Instant::now();
            let guarded = Guarded {
                stream: Wire::new(stream, self.app.config().tls.as_deref()),
                peer,
                _place: place,
                reading: Box::pin(sleep_until(now + self.patience.head)),
                in_head: true,
                wrote: false,
                writing: None,
                patience: self.patience,
            };
            return (guarded, address);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }
}

impl Connected<IncomingStream<'_, BoundedListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, BoundedListener>) -> Peer {
        stream.io().peer.clone()
    }
}

/// A connection that ends itself when its other side keeps silent for too long.
pub struct Guarded {
    stream: Wire,
    peer: Peer,
    _place: Place,
    /// Until when the head must be complete, or the next request begin.
    reading: Pin<Box<Sleep>>,
    in_head: bool,
    /// Something of an answer went out since the last look.
    wrote: bool,
    patience: Patience,
    /// Until when the client must take something of the answer.
    writing: Option<Pin<Box<Sleep>>>,
}

fn silent(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, what.to_string())
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = &mut *self;
        let before = buffer.filled().len();
        let polled = Pin::new(&mut me.stream).poll_read(cx, buffer);
        let answering = me.peer.answering.load(Ordering::Relaxed) > 0;
        if me.peer.touched.swap(false, Ordering::Relaxed) || std::mem::take(&mut me.wrote) {
            // a request was handed over or answered since: what comes next is its body, or the time between two requests
            me.in_head = false;
            me.reading.as_mut().reset(Instant::now() + me.patience.idle);
        }
        match polled {
            Poll::Ready(result) => {
                if buffer.filled().len() > before && !answering && !me.in_head {
                    me.in_head = true;
                    me.reading.as_mut().reset(Instant::now() + me.patience.head);
                }
                Poll::Ready(result)
            }
            Poll::Pending if answering => Poll::Pending,
            Poll::Pending => {
                ready!(me.reading.as_mut().poll(cx));
                Poll::Ready(Err(silent("the request's head does not come")))
            }
        }
    }
}

impl Guarded {
    fn written(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match polled {
            Poll::Ready(result) => {
                self.writing = None;
                self.wrote = true;
                Poll::Ready(result)
            }
            Poll::Pending => {
                let until = Instant::now() + self.patience.write;
                let stall = self.writing.get_or_insert_with(|| Box::pin(sleep_until(until)));
                ready!(stall.as_mut().poll(cx));
                Poll::Ready(Err(silent("the client does not take the answer")))
            }
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
