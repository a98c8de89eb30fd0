//! Normal forms: what texts are compared by where it is not their letters that matter.

use super::{Field, FieldKind, TextFormat};
use crate::{fold, phone};

/// What the column of a field's normal form holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normal {
    /// The text without regard to case, width and space.
    Folded,
    /// The number that is dialled.
    Phone,
}

impl Normal {
    /// The normal form of a text; none of a blank one, and of what is no number where numbers are meant: these are compared as
    /// they stand.
    pub fn of(self, text: &str) -> Option<String> {
        if fold::is_blank(text) {
            return None;
        }
        match self {
            Normal::Folded => Some(fold::normalize(text)),
            Normal::Phone => phone::dialled(text),
        }
    }

    /// What of the normal form a part of a text is, where that can be told.
    pub fn part_of(self, text: &str) -> Option<String> {
        if self == Normal::Phone { phone::part(text) } else { None }
    }
}

impl Field {
    /// What its normal form is, where it has one.
    pub fn normal(&self) -> Normal {
        match &self.kind {
            FieldKind::Text(text) if text.format == TextFormat::Phone => Normal::Phone,
            _ => Normal::Folded,
        }
    }

    /// What a text is found by besides its own words.
    pub fn normal_form_words(&self, text: &str) -> Option<String> {
        let dialled = if self.normal() == Normal::Phone { phone::dialled(text)? } else { return None };
        Some(match dialled.strip_prefix('+') {
            Some(digits) => format!("{digits} \n 00{digits}"),
            None => dialled,
        })
    }

    /// Whether values are equal where their normal forms are, whoever asks.
    pub fn equals_by_normal(&self) -> bool {
        self.is_encrypted() || self.normal() == Normal::Phone
    }
}
