//! Whether a writing request that comes with a cookie really comes from our own pages.

use axum::http::{HeaderMap, header};
use formwright_core::error_code::{self as code, ErrorCode};

/// Checks where a request comes from. Where both headers are absent the token alone suffices (`curl`, older libraries);
/// where one is present it must be right.
///
/// `own` is the configured origin; without one, the page must have come from the host that is asked.
///
/// # Errors
/// `origin`.
pub fn check_origin(headers: &HeaderMap, own: Option<&str>) -> Result<(), &'static ErrorCode> {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let site = text("sec-fetch-site");
    if site.is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(&code::ORIGIN);
    }
    // a page with a secret in its address tells no referrer, and its forms then come from `null`; what the browser says of the
    // site still holds: a page of no origin (a sandbox) is `cross-site`
    if let Some(origin) = text("origin").filter(|origin| site.is_none() || *origin != "null") {
        let right = match own {
            Some(own) => origin.eq_ignore_ascii_case(own),
            None => match (origin.split_once("://"), headers.get(header::HOST).and_then(|h| h.to_str().ok())) {
                (Some((_, host)), Some(asked)) => host.eq_ignore_ascii_case(asked),
                _ => false,
            },
        };
        if !right {
            return Err(&code::ORIGIN);
        }
    }
    Ok(())
}

/// Checks the token of a cookie's session: in the header, in constant time.
///
/// # Errors
/// `csrf`.
pub fn check_token(given: Option<&str>, expected: &str) -> Result<(), &'static ErrorCode> {
    match given {
        Some(given) if same(given.as_bytes(), expected.as_bytes()) => Ok(()),
        _ => Err(&code::CSRF),
    }
}

/// Whether two texts are the same, in a time that depends on their length only.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0u8, |sum, (x, y)| sum | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_header_that_is_there_must_be_right_and_both_may_be_absent() {
        let own = Some("https://crm.example");
        let cases: [(&[(&str, &str)], Option<&str>, bool); 13] = [
            (&[], own, true),
            (&[("sec-fetch-site", "same-origin")], own, true),
            (&[("sec-fetch-site", "none")], own, true),
            (&[("sec-fetch-site", "same-site")], own, false),
            (&[("sec-fetch-site", "cross-site")], own, false),
            (&[("origin", "https://crm.example")], own, true),
            (&[("origin", "https://crm.example.evil")], own, false),
            (&[("origin", "null")], own, false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "null")], own, true),
            (&[("sec-fetch-site", "cross-site"), ("origin", "null")], own, false),
            (&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")], own, false),
            (&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], None, true),
            (&[("origin", "http://evil.example"), ("host", "127.0.0.1:8080")], None, false),
        ];
        for (given, own, right) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.insert(axum::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
            }
            assert_eq!(check_origin(&headers, own).is_ok(), right, "{given:?}");
        }
    }

    #[test]
    fn only_the_sessions_own_token_passes() {
        assert!(check_token(Some("abc"), "abc").is_ok());
        for wrong in [None, Some(""), Some("abd"), Some("abcd")] {
            assert_eq!(check_token(wrong, "abc").unwrap_err().code, "csrf");
        }
    }
}
