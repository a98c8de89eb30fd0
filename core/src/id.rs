//! Identifiers of definitions and fields: a prefix and 26 characters of Crockford base32, lower case.
//!
//! Randomness comes in as an argument, so that this crate stays pure.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new id of `prefix` from 128 bits that the caller made unique (a UUIDv7's bits keep ids in the order of their making).
pub fn definition_id(prefix: &str, bits: u128) -> String {
    let mut out = String::with_capacity(prefix.len() + 27);
    out.push_str(prefix);
    out.push('_');
    for i in (0..26).rev() {
        let at = usize::try_from((bits >> (i * 5)) & 31).unwrap_or(0);
        out.push(ALPHABET.get(at).copied().map_or('0', char::from));
    }
    out
}

/// True for `<letters>_<26 characters of the alphabet>`, the only ids that may become names of tables and columns.
pub fn is_definition_id(id: &str) -> bool {
    let Some((prefix, rest)) = id.split_once('_') else { return false };
    !prefix.is_empty()
        && prefix.len() <= 3
        && prefix.bytes().all(|b| b.is_ascii_lowercase())
        && rest.len() == 26
        && rest.bytes().all(|b| ALPHABET.contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_bits_in_order_and_is_recognised() {
        let (a, b) = (definition_id("f", 1 << 80), definition_id("f", (1 << 80) + 1));
        assert!(a < b && a.len() == 28 && is_definition_id(&a));
        assert!(!is_definition_id("f_1; DROP TABLE x") && !is_definition_id("company"));
    }
}
