//! Office Open XML workbooks, read as a stream: sheets, styles and shared strings once, then row by row.

mod sheet;
pub(super) use sheet::formatted;
pub(super) use strings::Strings;
mod strings;
mod styles;
mod tail;

use super::archive::Archive;
use super::cell::SourceRow;
use super::xml::{Part, attribute, is_set};
use super::{Layout, Limits, SheetInfo};
use crate::notice::FileFault;
use quick_xml::events::Event;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use styles::Styles;

/// An opened xlsx or xlsm workbook.
pub struct Xlsx {
    archive: Archive,
    sheets: Vec<(SheetInfo, String)>,
    strings: Arc<Strings>,
    styles: Arc<Styles>,
    date1904: bool,
    properties: HashMap<String, String>,
}

impl Xlsx {
    /// Reads everything but the rows. `main` is the workbook part, as the container's relations name it.
    pub fn open(mut archive: Archive, main: &str, limits: &Limits) -> Result<Self, FileFault> {
        let relations = relations(&mut archive, main)?;
        let by_kind = |kind: &str| {
            relations.values().find(|relation| relation.kind == kind).map(|relation| relation.target.clone())
        };
        let (named, date1904) = workbook(&mut archive, main)?;
        let sheets = named
            .into_iter()
            .filter_map(|(info, id)| {
                let relation = relations.get(&id)?;
                (relation.kind == "worksheet").then(|| (info, relation.target.clone()))
            })
            .collect();
        let strings = match by_kind("sharedStrings") {
            Some(part) => Strings::read(&mut archive, &part, limits)?,
            None => Strings::default(),
        };
        let styles = match by_kind("styles") {
            Some(part) => Styles::read(&mut archive, &part)?,
            None => Styles::default(),
        };
        let properties = custom_properties(&mut archive)?;
        Ok(Self { archive, sheets, strings: Arc::new(strings), styles: Arc::new(styles), date1904, properties })
    }

    /// The worksheets in order.
    pub fn sheets(&self) -> Vec<SheetInfo> {
        self.sheets.iter().map(|(info, _)| info.clone()).collect()
    }

    /// Whether days count from 1904.
    pub fn date1904(&self) -> bool {
        self.date1904
    }

    /// A custom document property.
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str)
    }

    /// Hidden columns and merged ranges of a sheet.
    pub fn layout(&self, index: usize) -> Result<Layout, FileFault> {
        let mut archive = self.archive.clone();
        let part = self.part(index)?;
        let hidden_columns = sheet::hidden_columns(&mut archive, part)?;
        let merged = tail::merged_ranges(&mut archive, part)?;
        Ok(Layout { hidden_columns, merged })
    }

    /// Visits the rows that are in the file, in order.
    pub fn for_each_row(
        &self,
        index: usize,
        limits: &Limits,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut archive = self.archive.clone();
        let part = self.part(index)?;
        let stream = archive.entry(part)?;
        sheet::Rows { strings: &self.strings, styles: &self.styles, date1904: self.date1904, limits }
            .visit(Part::buffered(stream), visit)
    }

    fn part(&self, index: usize) -> Result<&str, FileFault> {
        self.sheets.get(index).map(|(_, part)| part.as_str()).ok_or_else(|| FileFault::damaged("sheet"))
    }
}

/// Where a relation leads.
pub(super) struct Relation {
    /// The last word of the relation's type: `worksheet`, `styles` …
    pub kind: String,
    /// The part's name in the container.
    pub target: String,
}

/// The relations of a part (`""` for the container itself), by id.
pub(super) fn relations(archive: &mut Archive, part: &str) -> Result<HashMap<String, Relation>, FileFault> {
    let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
    let list = if folder.is_empty() { format!("_rels/{name}.rels") } else { format!("{folder}/_rels/{name}.rels") };
    let Some(content) = archive.small(&list)? else {
        return Ok(HashMap::new());
    };
    let mut found = HashMap::new();
    let mut reader = Part::new(content.as_slice());
    loop {
        match reader.next()? {
            Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == b"Relationship" => {
                let (Some(id), Some(kind), Some(target)) =
                    (attribute(&element, b"Id"), attribute(&element, b"Type"), attribute(&element, b"Target"))
                else {
                    continue;
                };
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                found.insert(id, Relation { kind, target: resolve(folder, &target) });
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// A relation's target as a name in the container.
fn resolve(folder: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = folder.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "." | "" => {}
            ".." => {
                steps.pop();
            }
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// The sheets with their relation ids, and the date system.
fn workbook(archive: &mut Archive, part: &str) -> Result<(Vec<(SheetInfo, String)>, bool), FileFault> {
    let content = archive.small(part)?.ok_or_else(|| FileFault::damaged("workbook part"))?;
    let mut reader = Part::new(content.as_slice());
    let (mut sheets, mut date1904) = (Vec::new(), false);
    loop {
        match reader.next()? {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                b"workbookPr" => date1904 = is_set(&element, b"date1904"),
                b"sheet" => {
                    let (Some(name), Some(id)) = (attribute(&element, b"name"), attribute(&element, b"id")) else {
                        continue;
                    };
                    let hidden = attribute(&element, b"state").is_some_and(|state| state != "visible");
                    sheets.push((SheetInfo { name, hidden }, id));
                }
                _ => {}
            },
            Event::Eof => return Ok((sheets, date1904)),
            _ => {}
        }
    }
}

/// Custom document properties: name → text.
fn custom_properties(archive: &mut Archive) -> Result<HashMap<String, String>, FileFault> {
    let Some(content) = archive.small("docProps/custom.xml")? else {
        return Ok(HashMap::new());
    };
    let mut reader = Part::new(content.as_slice());
    let (mut found, mut name, mut value) = (HashMap::new(), None, String::new());
    loop {
        match reader.next()? {
            Event::Start(element) if element.local_name().as_ref() == b"property" => {
                name = attribute(&element, b"name");
                value.clear();
            }
            Event::End(element) if element.local_name().as_ref() == b"property" => {
                if let Some(name) = name.take() {
                    found.insert(name, value.trim().to_owned());
                }
            }
            Event::Eof => return Ok(found),
            event => super::xml::append(&event, &mut value)?,
        }
    }
}
