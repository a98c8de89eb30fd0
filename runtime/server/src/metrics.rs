//! Counters and durations by route pattern, in Prometheus' text format. No names of forms, people or filters become labels.

use ahash::AHashMap;
use axum::http::Method;
use parking_lot::RwLock;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

const METHODS: [&str; 6] = ["GET", "POST", "PUT", "PATCH", "DELETE", "OTHER"];
/// Upper edges of the histogram's buckets, in microseconds.
const EDGES: [u64; 12] =
    [250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 2_000_000, 10_000_000];

#[derive(Default)]
struct Series {
    /// By first digit of the status, 1 to 5.
    classes: [AtomicU64; 5],
    buckets: [AtomicU64; EDGES.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

#[derive(Default)]
struct Route {
    methods: [Series; METHODS.len()],
}

/// All counters of the process.
#[derive(Default)]
pub struct Metrics {
    routes: RwLock<AHashMap<Arc<str>, Arc<Route>>>,
    in_flight: AtomicU64,
    panics: AtomicU64,
    connections: AtomicU64,
}

impl Metrics {
    /// A request has begun.
    pub fn begin(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// A request of this route pattern has ended.
    pub fn end(&self, method: &Method, route: &str, status: u16, took: Duration) {
        self.in_flight.fetch_sub(1, Relaxed);
        let known = self.routes.read().get(route).cloned();
        let entry = known.unwrap_or_else(|| self.routes.write().entry(Arc::from(route)).or_default().clone());
        let position = METHODS.iter().position(|m| *m == method.as_str()).unwrap_or(METHODS.len() - 1);
        let Some(series) = entry.methods.get(position) else { return };
        if let Some(class) = series.classes.get(usize::from(status / 100).saturating_sub(1)) {
            class.fetch_add(1, Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(bucket) = EDGES.iter().position(|edge| micros <= *edge).and_then(|i| series.buckets.get(i)) {
            bucket.fetch_add(1, Relaxed);
        }
        series.count.fetch_add(1, Relaxed);
        series.micros.fetch_add(micros, Relaxed);
    }

    /// A request ended in a panic.
    pub fn note_panic(&self) {
        self.panics.fetch_add(1, Relaxed);
    }

    /// A connection was accepted (`true`) or closed.
    pub fn note_connection(&self, opened: bool) {
        if opened {
            self.connections.fetch_add(1, Relaxed);
        } else {
            self.connections.fetch_sub(1, Relaxed);
        }
    }

    /// Everything in Prometheus' text format, version 0.0.4.
    pub fn render(&self) -> String {
        let mut routes: Vec<(Arc<str>, Arc<Route>)> =
            self.routes.read().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        routes.sort_by(|a, b| a.0.cmp(&b.0));
        let mut out = String::with_capacity(4096);
        let gauge = |out: &mut String, name: &str, kind: &str, help: &str, value: u64| {
            let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
        };
        gauge(
            &mut out,
            "formwright_requests_in_flight",
            "gauge",
            "Requests being answered.",
            self.in_flight.load(Relaxed),
        );
        gauge(&mut out, "formwright_connections", "gauge", "Open connections.", self.connections.load(Relaxed));
        gauge(
            &mut out,
            "formwright_panics_total",
            "counter",
            "Requests that ended in a panic.",
            self.panics.load(Relaxed),
        );
        out.push_str("# HELP formwright_requests_total Requests by route, method and class of status.\n# TYPE formwright_requests_total counter\n");
        each(&routes, |route, method, series| {
            for (i, class) in series.classes.iter().enumerate() {
                let n = class.load(Relaxed);
                if n > 0 {
                    let _ = writeln!(
                        out,
                        "formwright_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{}xx\"}} {n}",
                        i + 1
                    );
                }
            }
        });
        out.push_str("# HELP formwright_request_seconds Time to answer, by route and method.\n# TYPE formwright_request_seconds histogram\n");
        each(&routes, |route, method, series| {
            let labels = format!("method=\"{method}\",route=\"{route}\"");
            let mut sum = 0;
            for (edge, bucket) in EDGES.iter().zip(&series.buckets) {
                sum += bucket.load(Relaxed);
                let _ = writeln!(out, "formwright_request_seconds_bucket{{{labels},le=\"{}\"}} {sum}", seconds(*edge));
            }
            let count = series.count.load(Relaxed);
            let _ = writeln!(out, "formwright_request_seconds_bucket{{{labels},le=\"+Inf\"}} {count}");
            let _ =
                writeln!(out, "formwright_request_seconds_sum{{{labels}}} {}", seconds(series.micros.load(Relaxed)));
            let _ = writeln!(out, "formwright_request_seconds_count{{{labels}}} {count}");
        });
        out
    }
}

fn each(routes: &[(Arc<str>, Arc<Route>)], mut f: impl FnMut(&str, &str, &Series)) {
    for (route, entry) in routes {
        for (method, series) in METHODS.iter().zip(&entry.methods) {
            if series.count.load(Relaxed) > 0 {
                f(route, method, series);
            }
        }
    }
}

/// Microseconds as seconds, exactly.
fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_by_route_method_and_class_and_timed_in_growing_buckets() {
        let metrics = Metrics::default();
        for (status, ms) in [(200, 1), (200, 30), (422, 3)] {
            metrics.begin();
            metrics.end(&Method::POST, "/api/records/{form}", status, Duration::from_millis(ms));
        }
        let text = metrics.render();
        for line in [
            "formwright_requests_total{method=\"POST\",route=\"/api/records/{form}\",status=\"2xx\"} 2",
            "formwright_requests_total{method=\"POST\",route=\"/api/records/{form}\",status=\"4xx\"} 1",
            "formwright_request_seconds_bucket{method=\"POST\",route=\"/api/records/{form}\",le=\"0.001000\"} 1",
            "formwright_request_seconds_bucket{method=\"POST\",route=\"/api/records/{form}\",le=\"0.005000\"} 2",
            "formwright_request_seconds_bucket{method=\"POST\",route=\"/api/records/{form}\",le=\"+Inf\"} 3",
            "formwright_request_seconds_sum{method=\"POST\",route=\"/api/records/{form}\"} 0.034000",
            "formwright_requests_in_flight 0",
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
