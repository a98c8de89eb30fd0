//! Styles of OpenDocument, as far as they matter: hidden tables, and which times are lengths of time.

use crate::source::xml::attribute;
use quick_xml::events::BytesStart;
use std::collections::{HashMap, HashSet};

/// What the styles of a file say.
#[derive(Default)]
pub struct Styles {
    current: Option<String>,
    data_styles: HashMap<String, String>,
    durations: HashSet<String>,
    hidden: HashSet<String>,
}

impl Styles {
    /// Takes note of one element of the styles.
    pub fn open(&mut self, element: &BytesStart<'_>) {
        match element.local_name().as_ref() {
            b"style" => {
                self.current = attribute(element, b"name");
                if let (Some(name), Some(data)) = (&self.current, attribute(element, b"data-style-name")) {
                    self.data_styles.insert(name.clone(), data);
                }
            }
            b"table-properties" if attribute(element, b"display").as_deref() == Some("false") => {
                self.hidden.extend(self.current.clone())
            }
            b"time-style" if attribute(element, b"truncate-on-overflow").as_deref() == Some("false") => {
                self.durations.extend(attribute(element, b"name"))
            }
            _ => {}
        }
    }

    /// Whether a table of that style is hidden.
    pub fn is_hidden(&self, style: &str) -> bool {
        self.hidden.contains(style)
    }

    /// Whether a time in a cell of that style is a length of time.
    pub fn is_duration(&self, style: &str) -> bool {
        self.data_styles.get(style).is_some_and(|data| self.durations.contains(data))
    }
}
