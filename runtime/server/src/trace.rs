//! What one request leaves behind for the log, the metrics and the language of its refusals.

use formwright_core::text::Locale;
use formwright_engine::Context;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// Notes of one request, shared by the edge, the extractors and the handler.
pub struct Trace {
    /// The request's id: stands in the log, in `X-Request-Id` and in answers about internal errors.
    pub id: Arc<str>,
    /// Address of the client, as far as trusted proxies tell it.
    pub address: Option<IpAddr>,
    /// The language asked for by `Accept-Language`, where the header is there.
    pub asked: Option<Locale>,
    person: OnceLock<(Uuid, Option<Locale>)>,
    context: OnceLock<Context>,
}

impl Trace {
    /// Notes of a request that has just come in.
    pub fn new(id: Arc<str>, address: Option<IpAddr>, asked: Option<Locale>) -> Trace {
        Trace { id, address, asked, person: OnceLock::new(), context: OnceLock::new() }
    }

    /// Notes who is asking, once that is known, with the language of his profile.
    pub fn sign(&self, person: Uuid, locale: Option<Locale>) {
        let _ = self.person.set((person, locale));
    }

    /// Keeps the context in which the request is answered, so that a refusal can be put into the audit log.
    pub fn keep(&self, cx: &Context) {
        let _ = self.context.set(cx.clone());
    }

    /// The context in which the request is answered, once somebody was admitted.
    pub fn context(&self) -> Option<&Context> {
        self.context.get()
    }

    /// Who is asking.
    pub fn person(&self) -> Option<Uuid> {
        self.person.get().map(|p| p.0)
    }

    /// The language of the answer: what the request asks for, else the person's, else English.
    pub fn locale(&self) -> Locale {
        self.asked.or_else(|| self.person.get().and_then(|p| p.1)).unwrap_or_default()
    }
}

/// Makes ids of requests: random for the process, counting within it.
#[derive(Debug)]
pub struct RequestIds {
    prefix: String,
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> RequestIds {
        // the last characters of such an id are random
        let prefix: String = Uuid::now_v7().simple().to_string().chars().skip(24).collect();
        RequestIds { prefix, next: AtomicU64::new(1) }
    }
}

impl RequestIds {
    /// The next id, such as `3f9c02ab-1e4`.
    pub fn next(&self) -> Arc<str> {
        Arc::from(format!("{}-{:x}", self.prefix, self.next.fetch_add(1, Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_wins_over_the_profile_and_the_profile_over_english() {
        let trace = |asked| Trace::new(Arc::from("r"), None, asked);
        let plain = trace(None);
        assert_eq!(plain.locale(), Locale::En);
        plain.sign(Uuid::nil(), Some(Locale::ZhCn));
        assert_eq!(plain.locale(), Locale::ZhCn);
        let asked = trace(Some(Locale::En));
        asked.sign(Uuid::nil(), Some(Locale::ZhCn));
        assert_eq!(asked.locale(), Locale::En);
    }
}
