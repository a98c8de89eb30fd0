//! E-mail addresses: one or several in a cell.

use super::{Cleaned, readable};
use crate::messages::Code;
use crate::notice::{Fault, Notice};
use crate::source::Cell;
use unicode_normalization::UnicodeNormalization;

/// Cleans a cell of addresses: the valid ones in order, each once.
///
/// # Errors
/// `email_invalid` when something is there but no valid address; `cell_error`, `formula_without_value`.
pub fn clean(cell: &Cell) -> Result<Cleaned<Vec<String>>, Fault> {
    readable(cell)?;
    let shown = cell.shown();
    let folded: String = shown.nfkc().filter(|c| !super::text::is_invisible(*c)).collect();
    let mut cleaned = Cleaned::of(Vec::new());
    for segment in folded.to_lowercase().split([';', ',', '、', '/', '|', '\n', '\r']) {
        for word in addresses(segment) {
            let word = word
                .strip_prefix("mailto:")
                .unwrap_or(word)
                .trim_matches(['<', '>', '"', '\'', '(', ')', '.', ':', ' ']);
            if word.is_empty() {
                continue;
            }
            if is_address(word) {
                if !cleaned.value.iter().any(|known| known == word) {
                    cleaned.value.push(word.to_owned());
                }
            } else {
                cleaned.warnings.push(Notice::new(Code::EmailPartlyInvalid).with("value", word));
            }
        }
    }
    if cleaned.value.is_empty() {
        return Err(Notice::new(Code::EmailInvalid).with("value", shown.trim()));
    }
    Ok(cleaned)
}

/// The words of a segment that may be addresses: what stands in angle brackets, else every word.
fn addresses(segment: &str) -> Vec<&str> {
    if let Some((_, rest)) = segment.split_once('<')
        && let Some((inner, _)) = rest.split_once('>')
    {
        return vec![inner.trim()];
    }
    segment.split_whitespace().collect()
}

/// Whether a text is an address as mail servers take it in practice.
pub fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let local_fits = !local.is_empty()
        && local.len() <= 64
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-=?^_`{}~.".contains(c));
    let labels: Vec<&str> = domain.split('.').collect();
    let domain_fits = domain.len() <= 253
        && labels.len() > 1
        && labels.iter().all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        })
        && labels.last().is_some_and(|last| last.chars().count() >= 2 && !last.chars().all(|c| c.is_ascii_digit()));
    local_fits && domain_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found() {
        for (text, addresses, warnings) in [
            ("SALES@EXAMPLE.COM", vec!["sales@example.com"], 0),
            ("buy＠example.com", vec!["buy@example.com"], 0),
            ("<a@x.com>", vec!["a@x.com"], 0),
            ("mailto:a@x.com", vec!["a@x.com"], 0),
            ("Hans Müller <hans@x.de>", vec!["hans@x.de"], 0),
            ("a@x.com、b@x.com / c@y.org", vec!["a@x.com", "b@x.com", "c@y.org"], 0),
            ("a@x.com\nb@x.com", vec!["a@x.com", "b@x.com"], 0),
            ("a@x.com; not-an-address", vec!["a@x.com"], 1),
            ("a@x.com a@x.com", vec!["a@x.com"], 0),
        ] {
            assert_eq!(
                clean(&Cell::text(text)).map(|cleaned| (cleaned.value, cleaned.warnings.len())),
                Ok((addresses.into_iter().map(str::to_owned).collect(), warnings)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_cell_without_an_address_is_a_fault() {
        for text in [
            "not an address",
            "john at mail dot com",
            "a@@b.example.com",
            "微信联系",
            "a@b",
            "a@.com",
            "@x.com",
            "a@1.2.3.4",
        ] {
            assert_eq!(clean(&Cell::text(text)).map_err(|fault| fault.code).err(), Some(Code::EmailInvalid), "{text}");
        }
    }
}
