//! Styles, scripts and icons of the pages, under names that change with their content.

use crate::problem::{Answer, Problem};
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use formwright_engine::EngineError;
use formwright_templates::asset::{Asset, find_asset};

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

pub async fn show(Path(name): Path<String>, headers: HeaderMap) -> Answer {
    let asset = find_asset(&name).ok_or_else(|| Problem(EngineError::not_found()))?;
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let (bytes, encoding) = choose(asset, accepted);
    let mut response = Response::new(Body::from(bytes));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    headers.insert(header::CACHE_CONTROL, FOR_EVER);
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Ok(response)
}

/// The smallest form that the browser takes.
fn choose(asset: &'static Asset, accepted: &str) -> (&'static [u8], Option<&'static str>) {
    if let Some(bytes) = asset.brotli.filter(|_| takes(accepted, "br")) {
        return (bytes, Some("br"));
    }
    if let Some(bytes) = asset.gzip.filter(|_| takes(accepted, "gzip")) {
        return (bytes, Some("gzip"));
    }
    (asset.bytes, None)
}

fn takes(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|part| {
        let mut pieces = part.split(';');
        let is_it = pieces.next().is_some_and(|name| name.trim().eq_ignore_ascii_case(encoding));
        let refused = pieces
            .any(|p| matches!(p.trim().strip_prefix("q="), Some(q) if q.trim().parse::<f32>().is_ok_and(|q| q == 0.0)));
        is_it && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_an_encoding_only_where_it_takes_it() {
        assert!(takes("gzip, deflate, br", "br") && takes("br;q=0.5", "br") && takes("GZIP", "gzip"));
        assert!(!takes("gzip", "br") && !takes("br;q=0", "br") && !takes("", "gzip") && !takes("brotli", "br"));
    }
}
