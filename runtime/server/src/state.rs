//! What all handlers share: the engine and what the operator has set for the server.

use crate::address::{BaseUrl, Network};
use crate::gate::Gates;
use crate::metrics::Metrics;
use crate::openapi::{Descriptions, Operation, operations};
use crate::tls::Tls;
use crate::trace::RequestIds;
use chrono::{DateTime, Utc};
use formwright_engine::Engine;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

/// What the operator has set, already checked.
#[derive(Clone, Debug, Default)]
pub struct ServerConfig {
    /// The address under which people reach the installation; without one, paths begin at the root and nothing absolute is written.
    pub base_url: Option<BaseUrl>,
    /// Peers whose `X-Forwarded-For` counts.
    pub trusted_proxies: Vec<Network>,
    /// Opens `/metrics` to whoever sends it as bearer token; without one only loopback may read them.
    pub metrics_token: Option<String>,
    /// Hosts that may show our pages in a frame, beside none.
    pub frame_ancestors: Vec<String>,
    /// The certificate under which it is served; without one in the clear.
    pub tls: Option<Arc<Tls>>,
}

impl ServerConfig {
    /// Path below which everything is served: empty, or `/crm`.
    pub fn base_path(&self) -> &str {
        self.base_url.as_ref().map_or("", BaseUrl::path)
    }

    /// Whether cookies must be `Secure`.
    pub fn is_secure(&self) -> bool {
        self.tls.is_some() || self.base_url.as_ref().is_some_and(BaseUrl::is_secure)
    }
}

/// A clock that stands still until it is moved, for tests and simulations. Clones share it.
#[derive(Clone, Debug)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new(now: DateTime<Utc>) -> TestClock {
        TestClock(Arc::new(AtomicI64::new(now.timestamp_micros())))
    }

    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(std::sync::atomic::Ordering::SeqCst))
            .unwrap_or(DateTime::UNIX_EPOCH)
    }

    pub fn set(&self, now: DateTime<Utc>) {
        self.0.store(now.timestamp_micros(), std::sync::atomic::Ordering::SeqCst);
    }
}

impl std::str::FromStr for TestClock {
    type Err = String;

    fn from_str(text: &str) -> Result<TestClock, String> {
        text.parse().map(TestClock::new).map_err(|_| format!("\"{text}\" is no time: write 2026-11-20T10:00:00Z"))
    }
}

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    engine: Engine,
    config: ServerConfig,
    gates: Gates,
    metrics: Metrics,
    ids: RequestIds,
    descriptions: Descriptions,
    readiness: crate::routes::health::Readiness,
    test_clock: Option<TestClock>,
    headers: crate::headers::SecurityHeaders,
    press: crate::pages::press::Press,
    /// Operations of other crates, for the description.
    added: &'static [Operation],
}

impl App {
    /// `test_clock` is the clock that the engine was opened with, where it is one for tests; `added` describes the routes that other
    /// crates add.
    pub fn new(
        engine: Engine,
        config: ServerConfig,
        test_clock: Option<TestClock>,
        added: &'static [Operation],
    ) -> App {
        let headers = crate::headers::SecurityHeaders::of(&config);
        let press = crate::pages::press::Press::new(config.base_path());
        App(Arc::new(Inner {
            engine,
            config,
            gates: Gates::default(),
            metrics: Metrics::default(),
            ids: RequestIds::default(),
            descriptions: Descriptions::default(),
            readiness: crate::routes::health::Readiness::default(),
            test_clock,
            headers,
            press,
            added,
        }))
    }

    pub fn engine(&self) -> &Engine {
        &self.0.engine
    }

    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    pub fn gates(&self) -> &Gates {
        &self.0.gates
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    pub fn test_clock(&self) -> Option<&TestClock> {
        self.0.test_clock.as_ref()
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = &'static Operation> + Clone {
        operations().chain(self.0.added)
    }

    pub(crate) fn ids(&self) -> &RequestIds {
        &self.0.ids
    }

    pub(crate) fn descriptions(&self) -> &Descriptions {
        &self.0.descriptions
    }

    pub(crate) fn readiness(&self) -> &crate::routes::health::Readiness {
        &self.0.readiness
    }

    pub(crate) fn press(&self) -> &crate::pages::press::Press {
        &self.0.press
    }

    pub(crate) fn headers(&self) -> &crate::headers::SecurityHeaders {
        &self.0.headers
    }
}
