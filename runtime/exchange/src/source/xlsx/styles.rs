//! Cell styles, as far as they decide what a number is: the number format of each.

use crate::notice::FileFault;
use crate::source::archive::Archive;
use crate::source::number_format::NumberFormat;
use crate::source::xml::{Part, attribute};
use quick_xml::events::Event;
use std::collections::HashMap;

/// The number format of each cell style.
#[derive(Default)]
pub struct Styles {
    formats: Vec<NumberFormat>,
}

impl Styles {
    /// Reads the part of styles.
    pub fn read(archive: &mut Archive, part: &str) -> Result<Self, FileFault> {
        let Some(content) = archive.small(part)? else {
            return Ok(Self::default());
        };
        let mut reader = Part::new(content.as_slice());
        let mut codes: HashMap<u32, NumberFormat> = HashMap::new();
        let mut styles = Self::default();
        let mut in_cell_styles = false;
        loop {
            match reader.next()? {
                Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                    b"numFmt" => {
                        if let (Some(id), Some(code)) = (
                            attribute(&element, b"numFmtId").and_then(|id| id.parse().ok()),
                            attribute(&element, b"formatCode"),
                        ) {
                            codes.insert(id, NumberFormat::parse(&code));
                        }
                    }
                    b"cellXfs" => in_cell_styles = true,
                    b"xf" if in_cell_styles => {
                        let id = attribute(&element, b"numFmtId").and_then(|id| id.parse().ok()).unwrap_or(0);
                        styles.formats.push(codes.get(&id).cloned().unwrap_or_else(|| NumberFormat::built_in(id)));
                    }
                    _ => {}
                },
                Event::End(element) if element.local_name().as_ref() == b"cellXfs" => in_cell_styles = false,
                Event::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    /// The number format of a style.
    pub fn format(&self, style: usize) -> Option<&NumberFormat> {
        self.formats.get(style)
    }
}
