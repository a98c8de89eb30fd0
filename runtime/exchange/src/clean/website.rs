//! Web addresses: a missing scheme is added.

use super::text::plain;
use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;

/// Cleans a web address.
///
/// # Errors
/// `website_invalid`, `cell_error`, `formula_without_value`.
pub fn clean(cell: &Cell) -> Result<Cleaned<String>, Fault> {
    readable(cell)?;
    let shown = cell.shown();
    let text = plain(&shown);
    let text = text.trim_end_matches([',', ';', '。']);
    let invalid = || Notice::new(Code::WebsiteInvalid).with("value", shown.trim());
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") => {
            (Some(scheme.to_ascii_lowercase()), rest)
        }
        Some(_) => return Err(invalid()),
        None => (None, text.trim_start_matches("//")),
    };
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let labels: Vec<&str> = host.split('.').collect();
    let fits = labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
        })
        && !rest.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '@' | '\\'));
    if !fits {
        return Err(invalid());
    }
    Ok(match scheme {
        Some(scheme) => Cleaned::of(format!("{scheme}://{rest}")),
        None => Cleaned::of(format!("https://{rest}")).warn(Notice::new(Code::SchemeAdded).with("value", rest)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_get_their_scheme() {
        for (text, address, warnings) in [
            ("www.red.example.com", Some("https://www.red.example.com"), 1),
            ("https://sunrise.example.com", Some("https://sunrise.example.com"), 0),
            ("HTTP://x.com/A?b=1", Some("http://x.com/A?b=1"), 0),
            ("ｗｗｗ．x.com", Some("https://www.x.com"), 1),
            ("javascript:alert(1)", None, 0),
            ("ftp://x.com", None, 0),
            ("no website", None, 0),
            ("a@x.com", None, 0),
        ] {
            let read = clean(&Cell::text(text));
            assert_eq!(
                read.ok().map(|cleaned| (cleaned.value, cleaned.warnings.len())),
                address.map(|address| (address.to_owned(), warnings)),
                "{text}"
            );
        }
    }
}
