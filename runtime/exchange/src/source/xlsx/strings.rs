//! Shared strings, kept in one run of text.

use crate::clean::text::decode_escapes;
use crate::messages::Code;
use crate::notice::FileFault;
use crate::source::Limits;
use crate::source::archive::Archive;
use crate::source::xml::{Part, append};
use quick_xml::events::Event;

/// The strings that cells refer to by number.
#[derive(Default)]
pub struct Strings {
    text: String,
    ends: Vec<usize>,
}

impl Strings {
    /// Reads the part of shared strings.
    pub fn read(archive: &mut Archive, part: &str, limits: &Limits) -> Result<Self, FileFault> {
        if !archive.has(part) {
            return Ok(Self::default());
        }
        let size = archive.size(part);
        if size > limits.shared_strings_bytes {
            return Err(
                FileFault::new(Code::ArchiveRefused).with("detail", format!("shared strings {} MB", size / 1_048_576))
            );
        }
        let mut reader = Part::buffered(archive.entry(part)?);
        let mut strings = Self::default();
        let mut item = String::new();
        let (mut in_text, mut phonetic) = (false, 0_u32);
        loop {
            match reader.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    b"si" => item.clear(),
                    b"t" => in_text = phonetic == 0,
                    b"rPh" => phonetic += 1,
                    _ => {}
                },
                Event::Empty(element) if element.local_name().as_ref() == b"si" => strings.push(""),
                Event::End(element) => match element.local_name().as_ref() {
                    b"si" => {
                        strings.push(&decode_escapes(&item));
                        item.clear();
                    }
                    b"t" => in_text = false,
                    b"rPh" => phonetic = phonetic.saturating_sub(1),
                    _ => {}
                },
                Event::Eof => return Ok(strings),
                event if in_text => append(&event, &mut item)?,
                _ => {}
            }
        }
    }

    /// The string of that number.
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.text.get(start..end)
    }

    /// Adds a string.
    pub fn push(&mut self, item: &str) {
        self.text.push_str(item);
        self.ends.push(self.text.len());
    }
}
