//! Values of rows as JSON, numbers exact.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

/// A decimal as a JSON number with just its digits.
pub fn decimal_value(value: Decimal) -> Value {
    serde_json::from_str::<Number>(&value.to_string()).map_or(Value::Null, Value::Number)
}

/// Whether a value is nothing: null, a text of blanks, an empty list.
pub fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_digits() {
        for value in [Decimal::new(3_600_000, 2), Decimal::new(-5, 9), Decimal::from(123_456_789_012_345_678_i64)] {
            assert_eq!(decimal_value(value).to_string(), value.to_string());
        }
    }
}
