//! A cell as words: for titles, sentences and places that are links themselves.

use formwright_core::text;
use formwright_templates::view::Cell;

/// A cell as words, for titles and sentences.
pub fn words_of(cell: &Cell, locale: text::Locale) -> String {
    let listed = |words: Vec<&str>| words.join(if locale == text::Locale::ZhCn { "、" } else { ", " });
    match cell {
        Cell::Text { text, .. }
        | Cell::Lines { text }
        | Cell::Code { text }
        | Cell::Date { text, .. }
        | Cell::Link { text, .. }
        | Cell::Location { text, .. }
        | Cell::Json { text }
        | Cell::Progress { text, .. } => text.clone(),
        Cell::Number { text, unit, .. } => {
            unit.as_ref().map_or_else(|| text.clone(), |unit| format!("{unit}\u{a0}{text}"))
        }
        Cell::Stars { value, of } => format!("{value}/{of}"),
        Cell::Tag { tag } | Cell::Status { tag } => tag.text.clone(),
        Cell::Tags { tags } => listed(tags.iter().map(|t| t.text.as_str()).collect()),
        Cell::Person { person } => person.name.clone(),
        Cell::People { people } => listed(people.iter().map(|p| p.name.as_str()).collect()),
        Cell::Links { links } => listed(links.iter().map(|l| l.text.as_str()).collect()),
        Cell::Files { files } => listed(files.iter().map(|f| f.name.as_str()).collect()),
        Cell::Picture { file } => file.name.clone(),
        Cell::Masked { text } => text.clone().unwrap_or_default(),
        Cell::Boolean { .. } | Cell::Rich { .. } | Cell::Empty => String::new(),
    }
}

/// A cell for a place that is itself a link: what would be a link of its own becomes text.
pub fn unlinked(cell: Cell, locale: text::Locale) -> Cell {
    match cell {
        Cell::Link { .. } | Cell::Links { .. } | Cell::Files { .. } => Cell::text(words_of(&cell, locale)),
        other => other,
    }
}
