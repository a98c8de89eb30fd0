//! The currency of an amount and the decimals in which it is written.

use formwright_core::field::NumberOptions;
use serde_json::Value as Json;

/// The currency of an amount: the field's own, or what the record's currency field says.
pub fn currency(options: &NumberOptions, record: &Json) -> Option<String> {
    options.currency.clone().or_else(|| record.get(options.currency_field.as_deref()?)?.as_str().map(str::to_string))
}

/// Decimals in which amounts of a currency are written; never more than the field keeps.
pub fn decimals(currency: Option<&str>, scale: u32) -> u32 {
    let usual = match currency {
        Some(
            "JPY" | "KRW" | "VND" | "CLP" | "ISK" | "PYG" | "UGX" | "XAF" | "XOF" | "XPF" | "RWF" | "KMF" | "GNF"
            | "DJF" | "BIF" | "VUV",
        ) => 0,
        Some("KWD" | "BHD" | "OMR" | "JOD" | "TND" | "IQD" | "LYD") => 3,
        _ => 2,
    };
    usual.min(scale)
}
