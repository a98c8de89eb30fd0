//! Headers that every answer carries: nothing is cached, framed, sniffed or run that we did not send.

use crate::state::ServerConfig;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
/// The policy of answers that are no pages.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The headers, made once.
pub struct SecurityHeaders {
    page_policy: HeaderValue,
    transport: bool,
}

impl SecurityHeaders {
    /// The headers for this configuration.
    pub fn of(config: &ServerConfig) -> SecurityHeaders {
        let frames =
            if config.frame_ancestors.is_empty() { "'none'".to_string() } else { config.frame_ancestors.join(" ") };
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
             media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors {frames}"
        );
        let page_policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static(API_POLICY));
        SecurityHeaders { page_policy, transport: config.is_secure() }
    }

    /// Puts them on an answer. What a handler has set itself stays.
    pub fn put(&self, headers: &mut HeaderMap) {
        let is_page = headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().starts_with(b"text/html"));
        let mut put = |name: HeaderName, value: &HeaderValue| {
            headers.entry(name).or_insert_with(|| value.clone());
        };
        put(header::X_CONTENT_TYPE_OPTIONS, &HeaderValue::from_static("nosniff"));
        put(header::REFERRER_POLICY, &HeaderValue::from_static("same-origin"));
        put(header::CACHE_CONTROL, &HeaderValue::from_static("no-store"));
        put(RESOURCE, &HeaderValue::from_static("same-origin"));
        if is_page {
            put(header::CONTENT_SECURITY_POLICY, &self.page_policy);
            put(PERMISSIONS, &HeaderValue::from_static("camera=(self), geolocation=(self), microphone=()"));
            put(OPENER, &HeaderValue::from_static("same-origin"));
        } else {
            put(header::CONTENT_SECURITY_POLICY, &HeaderValue::from_static(API_POLICY));
        }
        if self.transport {
            put(header::STRICT_TRANSPORT_SECURITY, &HeaderValue::from_static("max-age=31536000"));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pages_get_the_whole_policy_the_api_the_strictest_and_a_handlers_own_header_stays() {
        let headers = SecurityHeaders::of(&ServerConfig {
            base_url: Some("https://h/crm".parse().unwrap()),
            ..ServerConfig::default()
        });
        let mut page = HeaderMap::new();
        page.insert("content-type", "text/html; charset=utf-8".parse().unwrap());
        page.insert("cache-control", "public, immutable".parse().unwrap());
        headers.put(&mut page);
        let policy = page.get("content-security-policy").unwrap().to_str().unwrap();
        assert!(
            policy.contains("script-src 'self'")
                && policy.contains("frame-ancestors 'none'")
                && !policy.contains("unsafe-inline")
        );
        assert_eq!(page.get("cache-control").unwrap(), "public, immutable");
        assert!(page.contains_key("strict-transport-security"));
        let mut api = HeaderMap::new();
        headers.put(&mut api);
        assert_eq!(api.get("content-security-policy").unwrap(), API_POLICY);
        assert_eq!(api.get("cache-control").unwrap(), "no-store");
    }
}
