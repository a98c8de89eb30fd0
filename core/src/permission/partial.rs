//! What a grant shows of a value whose end alone it shows.

/// Stands for what is left out.
pub const MARK: &str = "••••";

/// How many characters of the end are shown.
pub const SHOWN: usize = 4;

/// The value as it is shown, nothing of it where it is so short that this would be all of it.
pub fn partial(text: &str) -> Option<String> {
    let kept = text.chars().count().checked_sub(SHOWN).filter(|kept| *kept > 0)?;
    Some(text.chars().skip(kept).fold(MARK.to_string(), |mut shown, c| {
        shown.push(c);
        shown
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_shown_unless_it_is_all_there_is() {
        assert_eq!(partial("+49301112222").as_deref(), Some("••••2222"));
        assert_eq!(partial("胶合板厂家").as_deref(), Some("••••合板厂家"));
        assert_eq!(partial("2222"), None);
        assert_eq!(partial(""), None);
    }
}
