//! Finished values, as lists, records and histories show them.

use serde::Serialize;

/// One of the ten named colours of tags, choices and avatars. People never type a colour; a definition names one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hue {
    /// Blue.
    C1,
    /// Green (teal).
    C2,
    /// Amber.
    C3,
    /// Pink.
    C4,
    /// Violet.
    C5,
    /// Orange.
    C6,
    /// Cyan.
    C7,
    /// Olive (lime).
    C8,
    /// Grey: what has no colour.
    #[default]
    C9,
    /// Red.
    C10,
}

impl Hue {
    /// The colour a definition names (`"color": "green"`). What is unknown is grey.
    pub fn from_name(name: &str) -> Self {
        match name {
            "blue" | "c1" => Self::C1,
            "green" | "teal" | "c2" => Self::C2,
            "amber" | "yellow" | "gold" | "c3" => Self::C3,
            "pink" | "magenta" | "c4" => Self::C4,
            "violet" | "purple" | "indigo" | "c5" => Self::C5,
            "orange" | "c6" => Self::C6,
            "cyan" | "sky" | "c7" => Self::C7,
            "olive" | "lime" | "c8" => Self::C8,
            "red" | "c10" => Self::C10,
            _ => Self::C9,
        }
    }

    /// A colour that stays the same for the same key: avatars of people, letters of records.
    pub fn for_key(key: &str) -> Self {
        const HUES: [Hue; 8] = [Hue::C1, Hue::C2, Hue::C3, Hue::C4, Hue::C5, Hue::C6, Hue::C7, Hue::C8];
        let sum = key.bytes().fold(0usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
        HUES.get(sum % HUES.len()).copied().unwrap_or_default()
    }
}

/// How much a value asks for attention. Never the only sign: the words say it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Ordinary.
    #[default]
    Plain,
    /// Less important than its neighbours.
    Muted,
    /// Good.
    Ok,
    /// Needs care.
    Warn,
    /// Wrong, late, over a limit.
    Bad,
}

/// A choice, a tag, a grade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tag {
    /// The choice's title.
    pub text: String,
    /// Its colour.
    pub hue: Hue,
}

impl Tag {
    /// A tag with a colour.
    pub fn new(text: impl Into<String>, hue: Hue) -> Self {
        Self { text: text.into(), hue }
    }
}

/// A person, as far as the reader may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    /// Shown name.
    pub name: String,
    /// One or two characters for the avatar.
    pub initials: String,
    /// Colour of the avatar.
    pub hue: Hue,
    /// The account is switched off; shown in grey with that word.
    pub inactive: bool,
}

impl Person {
    /// A person with initials and colour made from the name and id: the last character of the given name for Chinese names, else the
    /// first letters of the first and last word.
    pub fn new(id: &str, name: impl Into<String>) -> Self {
        let name = name.into();
        Self { initials: initials(&name), hue: Hue::for_key(id), name, inactive: false }
    }
}

/// One or two characters that stand for a name.
pub fn initials(name: &str) -> String {
    let name = name.trim();
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    if let Some(last) = name.chars().last()
        && han(last)
    {
        return last.to_string();
    }
    let mut words =
        name.split(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | '@' | '_')).filter(|word| !word.is_empty());
    let first = words.next().and_then(|word| word.chars().next());
    let last = words.next_back().and_then(|word| word.chars().next());
    let text: String = first.into_iter().chain(last).flat_map(char::to_uppercase).take(2).collect();
    if text.is_empty() { "?".to_owned() } else { text }
}

/// What a file is, for its icon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// A picture a browser shows.
    Image,
    /// PDF.
    Pdf,
    /// Workbook or CSV.
    Sheet,
    /// Text document.
    Document,
    /// ZIP and the like.
    Archive,
    /// Anything else.
    #[default]
    Other,
}

impl FileKind {
    /// Judged by the stored content type.
    pub fn from_content_type(content_type: &str) -> Self {
        match content_type {
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => Self::Image,
            "application/pdf" => Self::Pdf,
            "text/csv"
            | "application/vnd.ms-excel"
            | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Self::Sheet,
            "application/zip" | "application/x-7z-compressed" | "application/gzip" => Self::Archive,
            "text/plain"
            | "application/msword"
            | "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Document,
            _ => Self::Other,
        }
    }
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileChip {
    /// The file's id.
    pub id: String,
    /// The name its owner gave it.
    pub name: String,
    /// Finished size, `48 KB`.
    pub size: String,
    /// For the icon.
    pub kind: FileKind,
    /// Where it is opened or downloaded (`/api/files/{id}`).
    pub href: String,
    /// Address of the thumbnail; pictures only.
    pub thumbnail: Option<String>,
}

/// A finished value. Serialised with `kind` as its tag.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cell {
    /// No value: drawn as a dash.
    #[default]
    Empty,
    /// The reader may know that there is a value, not which: a lock and the sentence (`text`; `None`: "No access").
    Masked {
        /// Who may see it, if the mask says so.
        text: Option<String>,
    },
    /// A line of text.
    Text {
        /// The text.
        text: String,
        /// Attention.
        tone: Tone,
    },
    /// Several lines, line breaks kept.
    Lines {
        /// The text.
        text: String,
    },
    /// Markdown made into HTML by the server **and cleaned with the allow-list**; inserted as it is.
    Rich {
        /// Cleaned HTML.
        html: String,
    },
    /// Numbers, codes, ids: fixed-width letters.
    Code {
        /// The text.
        text: String,
    },
    /// A figure, right-aligned, digits of equal width. `text` is finished; the unit stands in the column's head or here.
    Number {
        /// `86,420.40`.
        text: String,
        /// `USD`, `pcs`; shown before the figure when `Some`.
        unit: Option<String>,
        /// Attention.
        tone: Tone,
    },
    /// A share of a whole, drawn as a bar with the figure.
    Progress {
        /// `68.7%`.
        text: String,
        /// 0–100, for the bar.
        percent: u8,
    },
    /// A grade in stars.
    Stars {
        /// Filled ones.
        value: u8,
        /// All of them.
        of: u8,
    },
    /// Yes or no.
    Boolean {
        /// The value.
        value: bool,
    },
    /// A date or a moment.
    Date {
        /// As shown: `11-24`, `today 15:00`.
        text: String,
        /// Machine form.
        iso: String,
        /// The whole of it, for the tooltip.
        full: String,
        /// The zone of a moment, where it is said beside it: `Europe/Berlin`.
        zone: Option<String>,
        /// Attention (overdue).
        tone: Tone,
    },
    /// One choice.
    Tag {
        /// The choice.
        tag: Tag,
    },
    /// A status: a dot and the word.
    Status {
        /// The state.
        tag: Tag,
    },
    /// Several choices or tags, outlined.
    Tags {
        /// The choices.
        tags: Vec<Tag>,
    },
    /// One person.
    Person {
        /// Who.
        person: Person,
    },
    /// Several people.
    People {
        /// Who.
        people: Vec<Person>,
    },
    /// A link to a record or an outside address (`mailto:`, `tel:`, `https:`). `http(s)` addresses open in a new tab.
    Link {
        /// Shown text.
        text: String,
        /// Where to.
        href: String,
    },
    /// Several links.
    Links {
        /// (text, href).
        links: Vec<super::shell::Link>,
    },
    /// Attachments.
    Files {
        /// The files.
        files: Vec<FileChip>,
    },
    /// A picture on its own: a signature.
    Picture {
        /// The file.
        file: FileChip,
    },
    /// A place.
    Location {
        /// Address or coordinates.
        text: String,
        /// A map, if one is configured.
        href: Option<String>,
    },
    /// JSON, indented.
    Json {
        /// The text.
        text: String,
    },
}

impl Cell {
    /// A line of text; empty text is [`Cell::Empty`].
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Empty } else { Self::Text { text, tone: Tone::Plain } }
    }

    /// A figure without a unit.
    pub fn number(text: impl Into<String>) -> Self {
        Self::Number { text: text.into(), unit: None, tone: Tone::Plain }
    }

    /// A link.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link { text: text.into(), href: href.into() }
    }

    /// A status.
    pub fn status(text: impl Into<String>, hue: Hue) -> Self {
        Self::Status { tag: Tag::new(text, hue) }
    }
}
