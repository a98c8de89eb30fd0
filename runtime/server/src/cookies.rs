//! The cookies that we read: the session's, the one by which a browser is known again, and that of a visitor.

use crate::state::ServerConfig;
use axum::http::{HeaderMap, HeaderValue, header};
use formwright_core::error_code as code;
use formwright_engine::EngineError;

/// Name of the cookie of a known browser.
pub const DEVICE: &str = "fw_device";
const DEVICE_SECONDS: i64 = 30 * 24 * 3600;
/// Name of the cookie of a browser in which nobody is signed in: what its forms carry is bound to it.
pub const VISIT: &str = "fw_visit";

/// Name of the session's cookie. The prefixes make browsers refuse it from anywhere but us.
pub fn session_name(config: &ServerConfig) -> &'static str {
    match (config.is_secure(), config.base_path().is_empty()) {
        (true, true) => "__Host-fw_session",
        (true, false) => "__Secure-fw_session",
        (false, _) => "fw_session",
    }
}

/// The value of a cookie.
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}

/// Sets the session's cookie; it lives as long as the browser, and no longer than the session on the server.
///
/// # Errors
/// [`EngineError::Internal`] for a value that is no cookie.
pub fn session(config: &ServerConfig, value: &str) -> Result<HeaderValue, EngineError> {
    cookie(config, session_name(config), value, None)
}

/// Takes the session's cookie away.
///
/// # Errors
/// As [`session`].
pub fn no_session(config: &ServerConfig) -> Result<HeaderValue, EngineError> {
    cookie(config, session_name(config), "", Some(0))
}

/// Sets the cookie of a known browser.
///
/// # Errors
/// As [`session`].
pub fn device(config: &ServerConfig, value: &str) -> Result<HeaderValue, EngineError> {
    cookie(config, DEVICE, value, Some(DEVICE_SECONDS))
}

/// Sets the cookie of a browser in which nobody is signed in.
///
/// # Errors
/// As [`session`].
pub fn visit(config: &ServerConfig, value: &str) -> Result<HeaderValue, EngineError> {
    cookie(config, VISIT, value, None)
}

fn cookie(config: &ServerConfig, name: &str, value: &str, seconds: Option<i64>) -> Result<HeaderValue, EngineError> {
    let path = if config.base_path().is_empty() { "/" } else { config.base_path() };
    let secure = if config.is_secure() { "; Secure" } else { "" };
    let age = seconds.map(|s| format!("; Max-Age={s}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{name}={value}; Path={path}; HttpOnly; SameSite=Lax{secure}{age}"))
        .map_err(|e| EngineError::Internal(format!("cookie {name}: {e} ({})", code::INTERNAL.code)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_cookie_follows_scheme_and_path_of_the_base_url() {
        let of = |base: Option<&str>| {
            let config = ServerConfig { base_url: base.map(|b| b.parse().unwrap()), ..ServerConfig::default() };
            session(&config, "abc").unwrap().to_str().unwrap().to_string()
        };
        assert_eq!(of(None), "fw_session=abc; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(of(Some("https://h")), "__Host-fw_session=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(of(Some("https://h/crm")), "__Secure-fw_session=abc; Path=/crm; HttpOnly; SameSite=Lax; Secure");
    }

    #[test]
    fn a_cookie_is_found_among_others_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", "xfw_session=no; a=b".parse().unwrap());
        headers.append("cookie", "fw_session=yes=1; c=d".parse().unwrap());
        assert_eq!(read(&headers, "fw_session"), Some("yes=1"));
        assert_eq!(read(&headers, "session"), None);
    }
}
