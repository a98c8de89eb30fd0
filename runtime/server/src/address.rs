//! Whose address it is: networks, trusted proxies, and the installation's own public address.

use axum::http::HeaderMap;
use std::net::IpAddr;

/// A network such as `10.0.0.0/8`, or a single address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl std::str::FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let bad = || format!("\"{text}\" is no network: write 10.0.0.0/8 or an address");
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.trim().parse().map_err(|_| bad())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => most,
            Some(p) => p.trim().parse().ok().filter(|p| *p <= most).ok_or_else(bad)?,
        };
        Ok(Network { address, prefix })
    }
}

impl Network {
    /// Whether the address lies in it. IPv4 addresses written as IPv6 are unwrapped first.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - u32::from(self.prefix.min(32));
                shift == 32 || a.to_bits() >> shift == b.to_bits() >> shift
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128 - u32::from(self.prefix);
                shift == 128 || a.to_bits() >> shift == b.to_bits() >> shift
            }
            _ => false,
        }
    }
}

/// The client's address: the peer, unless it is a trusted proxy; then the right-most entry of `X-Forwarded-For` that is none.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |a: IpAddr| trusted.iter().any(|n| n.contains(a));
    let peer = peer.to_canonical();
    if trusted.is_empty() || !is_trusted(peer) {
        return peer;
    }
    let mut client = peer;
    let entries =
        headers.get_all("x-forwarded-for").iter().rev().filter_map(|v| v.to_str().ok()).flat_map(|v| v.rsplit(','));
    for entry in entries {
        let Some(address) = read_address(entry.trim()) else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// An address, perhaps with a port or in brackets.
fn read_address(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|a| a.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

/// The address under which people reach the installation, as the operator states it; never taken from a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    /// `https://host[:port]`
    origin: String,
    /// Empty, or `/crm` without a slash at its end.
    path: String,
}

impl std::str::FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<BaseUrl, String> {
        let bad = |why: &str| format!("base URL \"{text}\": {why}");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("write https://host/path"))?;
        let scheme = scheme.to_ascii_lowercase();
        if scheme != "http" && scheme != "https" {
            return Err(bad("only http and https"));
        }
        let (host, path) = rest.find('/').map_or((rest, ""), |i| rest.split_at(i));
        let path = path.trim_end_matches('/');
        if host.is_empty() || host.contains(['@', '?', '#', ' ', '\\']) {
            return Err(bad("the host is missing or has characters that do not belong there"));
        }
        let clean = |c: char| c.is_ascii_alphanumeric() || "-._~/".contains(c);
        if !path.chars().all(clean) || path.contains("//") || path.split('/').any(|s| s == "." || s == "..") {
            return Err(bad("the path may have letters, digits, - . _ ~ and single slashes"));
        }
        let default = if scheme == "https" { ":443" } else { ":80" };
        let host = host.to_ascii_lowercase();
        let host = host.strip_suffix(default).unwrap_or(&host);
        Ok(BaseUrl { origin: format!("{scheme}://{host}"), path: path.to_string() })
    }
}

impl BaseUrl {
    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Empty, or a path without a slash at its end.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether cookies must be `Secure`.
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// The whole address of a path of ours, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.origin, self.path)
    }
}

/// The path to go to after signing in: below our base and clean, else our home.
pub fn safe_next(next: Option<&str>, base_path: &str) -> String {
    let home = format!("{base_path}/");
    let Some(next) = next else { return home };
    let is_path =
        next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.chars().any(char::is_control);
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let decoded_trick = path.to_ascii_lowercase().contains("%2f") || path.to_ascii_lowercase().contains("%5c");
    let below = path == base_path
        || path.strip_prefix(base_path).is_some_and(|rest| rest.starts_with('/') && !rest.starts_with("//"));
    let climbs = path.split('/').any(|s| matches!(s.to_ascii_lowercase().replace("%2e", ".").as_str(), ".." | "."));
    if is_path && below && !decoded_trick && !climbs { next.to_string() } else { home }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(values: &[&'static str]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for v in values {
            map.append("x-forwarded-for", v.parse().unwrap());
        }
        map
    }

    #[test]
    fn forwarded_addresses_count_only_from_trusted_proxies_and_from_the_right() {
        let proxy: Vec<Network> = vec!["127.0.0.1".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
        let cases: [(&str, &[&'static str], &[Network], &str); 6] = [
            ("203.0.113.9", &["1.2.3.4"], &proxy, "203.0.113.9"),
            ("127.0.0.1", &["1.2.3.4"], &[], "127.0.0.1"),
            ("127.0.0.1", &["6.6.6.6, 1.2.3.4"], &proxy, "1.2.3.4"),
            ("127.0.0.1", &["6.6.6.6", "1.2.3.4, 10.1.1.1"], &proxy, "1.2.3.4"),
            ("::ffff:127.0.0.1", &["[2001:db8::1]:443"], &proxy, "2001:db8::1"),
            ("127.0.0.1", &["nonsense"], &proxy, "127.0.0.1"),
        ];
        for (peer, forwarded, trusted, want) in cases {
            let got = client_address(peer.parse().unwrap(), &headers(forwarded), trusted);
            assert_eq!(got.to_string(), want, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn a_network_holds_its_own_addresses_only() {
        let net: Network = "192.168.16.0/20".parse().unwrap();
        assert!(net.contains("192.168.31.255".parse().unwrap()) && !net.contains("192.168.32.0".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains("9.9.9.9".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Network>().is_err() && "host".parse::<Network>().is_err());
    }

    #[test]
    fn a_base_url_has_an_origin_and_a_path_without_a_slash_at_its_end() {
        let base: BaseUrl = "https://Host.example:443/crm/".parse().unwrap();
        assert_eq!((base.origin(), base.path(), base.is_secure()), ("https://host.example", "/crm", true));
        assert_eq!(base.url("/api/me"), "https://host.example/crm/api/me");
        for wrong in ["host/crm", "ftp://h", "https:///x", "https://u@h", "https://h/a/../b", "https://h/a?b"] {
            assert!(wrong.parse::<BaseUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_return_address_stays_on_this_site_and_below_the_base() {
        let good = ["/crm/", "/crm", "/crm/forms/customer?q=a#b"];
        let bad = [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/other",
            "/crmx",
            "/crm//evil.example",
            "/crm/../admin",
            "/crm/%2e%2e/admin",
            "/crm/%2F%2Fevil",
            "/crm/a\nb",
            "crm",
            "",
            "\\/evil",
            "/crm/..",
            "/crm/%5cevil",
        ];
        for next in good {
            assert_eq!(safe_next(Some(next), "/crm"), next);
        }
        for next in bad {
            assert_eq!(safe_next(Some(next), "/crm"), "/crm/", "{next:?}");
        }
        assert_eq!(safe_next(Some("/forms"), ""), "/forms");
        assert_eq!(safe_next(Some("//evil"), ""), "/");
        assert_eq!(safe_next(None, ""), "/");
    }
}
