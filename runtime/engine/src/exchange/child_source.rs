//! Where a file holds the rows of child tables: on a sheet of their own that names the record of each row, or in columns
//! beside the record, which is then repeated.

use super::kind::{After, Kinds};
use super::mapping::unfit;
use super::target::{Slot, Targets};
use super::{bound::Binding, bound::find_heading, bound::is_given, bound::unreadable};
use crate::{Context, EngineResult};
use formwright_exchange::heading::{self, Heading, Reason, normal};
use formwright_exchange::row::{Plan, RowOptions, Target};
use formwright_exchange::source::Workbook;
use formwright_exchange::write::xlsx::sheet_name;
use std::collections::HashMap;

/// The heading of the column that names the record of a row.
pub const PARENT: &str = "_parent";
/// The heading of the column with the row's own id.
pub const ROW_ID: &str = "_id";

/// A place of the file with rows of one child table.
pub struct ChildSource {
    /// The table's field.
    pub table: usize,
    /// Its sheet; `None` where the rows stand beside their records.
    pub sheet: Option<usize>,
    /// The name of that sheet.
    pub name: String,
    pub heading: Heading,
    /// The column that names the record, and the one with the row's id.
    pub parent: Option<usize>,
    pub id: Option<usize>,
    pub plan: Plan,
    /// The place of each path.
    pub places: Vec<(String, Slot, After)>,
    /// A record without rows here has none: the file is an export of ours and tells all of them.
    pub whole: bool,
}

impl ChildSource {
    /// The columns that make a row a row of data.
    pub fn mapped(&self) -> Vec<usize> {
        let mut columns = self.plan.columns();
        columns.extend(self.parent);
        columns
    }
}

/// Adds columns to a source's plan; those that the installation fills by itself are left out.
fn take(
    source: &mut ChildSource,
    columns: impl Iterator<Item = (usize, Slot)>,
    targets: &Targets,
    kinds: &Kinds<'_>,
    headings: &mut HashMap<String, String>,
) {
    for (column, slot) in columns {
        let Some((_, field)) = targets.field(slot).filter(|(_, f)| !is_given(f)) else { continue };
        let Some((kind, after)) = kinds.of(slot) else { continue };
        let path = targets.path(slot);
        headings.insert(path.clone(), source.heading.title(column).to_string());
        source.plan.map(column, Target { key: path.clone(), kind, required: field.required });
        source.places.push((path, slot, after));
    }
}

/// The columns beside the records, as one source for each table.
pub fn beside(
    heading: &Heading,
    columns: &[(usize, Slot)],
    targets: &Targets,
    kinds: &Kinds<'_>,
    options: &RowOptions,
    headings: &mut HashMap<String, String>,
) -> Vec<ChildSource> {
    let mut out: Vec<ChildSource> = Vec::new();
    for (column, slot) in columns {
        let Slot::Row { table, .. } = slot else { continue };
        let at = out.iter().position(|s| s.table == *table).unwrap_or_else(|| {
            out.push(ChildSource {
                table: *table,
                sheet: None,
                name: String::new(),
                heading: heading.clone(),
                parent: None,
                id: None,
                plan: Plan::new(options.clone()),
                places: Vec::new(),
                whole: false,
            });
            out.len() - 1
        });
        if let Some(source) = out.get_mut(at) {
            take(source, std::iter::once((*column, *slot)), targets, kinds, headings);
        }
    }
    out.retain(|source| !source.places.is_empty());
    out
}

impl Binding<'_> {
    /// The sheets that hold rows of child tables: those that the mapping names, else those that bear a table's title and
    /// have a column `_parent`.
    ///
    /// # Errors
    /// `import_mapping_invalid` for a sheet that is not there or names no records.
    pub(super) fn sheets_of_rows(
        &self,
        workbook: &Workbook,
        main: usize,
        taken: &[usize],
        kinds: &Kinds<'_>,
        options: &RowOptions,
        headings: &mut HashMap<String, String>,
    ) -> EngineResult<Vec<ChildSource>> {
        let mut out = Vec::new();
        for path in self.mapping.sheets.keys() {
            let known = self.targets.form.field(path).is_some_and(|(i, _)| self.targets.tables().contains(&i));
            if !known {
                return Err(unfit(format!("sheets/{path}")));
            }
        }
        for table in self.targets.tables().into_iter().filter(|table| !taken.contains(table)) {
            let Some(field) = self.targets.form.fields.get(table) else { continue };
            let said = self.mapping.sheets.get(&field.name).map(Option::as_deref);
            let Some(found) = found_sheet(self.cx, workbook, main, &self.targets, table, said)? else { continue };
            let FoundSheet { sheet, heading, parent, id } = found;
            let offered: Vec<heading::Field> =
                self.targets.offered_of(table, self.cx.locale).iter().map(|o| o.names().clone()).collect();
            let hidden = workbook.layout(sheet).map_err(|fault| unreadable(self.cx, &fault))?.hidden_columns;
            let proposed = heading::propose(&heading, &offered, &hidden);
            let columns = proposed
                .iter()
                .filter(|c| c.reason == Reason::Named && c.index != parent && Some(c.index) != id)
                .filter_map(|c| Some((c.index, self.targets.slot(c.field.as_deref()?)?)));
            let name = workbook.sheets().get(sheet).map(|s| s.name.clone()).unwrap_or_default();
            let mut source = ChildSource {
                table,
                sheet: Some(sheet),
                name,
                heading: heading.clone(),
                parent: Some(parent),
                id,
                plan: Plan::new(options.clone()),
                places: Vec::new(),
                whole: workbook.written_by_us(),
            };
            take(&mut source, columns, &self.targets, kinds, headings);
            if !source.places.is_empty() {
                out.push(source);
            }
        }
        Ok(out)
    }
}

/// A sheet with rows of a child table.
pub struct FoundSheet {
    pub sheet: usize,
    pub heading: Heading,
    /// The columns that name the record, and the row itself.
    pub parent: usize,
    pub id: Option<usize>,
}

/// The sheet of a table: the one that is named (`said`; an inner `None` where it is to be left alone), else the one that
/// bears the table's title and has a column `_parent`.
///
/// # Errors
/// `import_mapping_invalid` where the sheet that is named is none.
pub fn found_sheet(
    cx: &Context,
    workbook: &Workbook,
    main: usize,
    targets: &Targets,
    table: usize,
    said: Option<Option<&str>>,
) -> EngineResult<Option<FoundSheet>> {
    let Some(field) = targets.form.fields.get(table) else { return Ok(None) };
    let sheet = match said {
        Some(None) => None,
        Some(Some(name)) => Some(workbook.sheet_index(name).map_err(|fault| unreadable(cx, &fault))?),
        None => {
            let names: Vec<String> = field.title.all().chain([field.name.as_str()]).map(sheet_name).collect();
            let called = |name: &str| names.iter().any(|n| normal(n) == normal(name));
            workbook.sheets().iter().position(|sheet| called(&sheet.name))
        }
    };
    let Some(sheet) = sheet.filter(|sheet| *sheet != main) else { return Ok(None) };
    let fields: Vec<heading::Field> = targets.offered_of(table, cx.locale).iter().map(|o| o.names().clone()).collect();
    let found = find_heading(cx, workbook, sheet, None, &with_parent(&fields)).ok().and_then(|(heading, _)| {
        let column = |name: &str| heading.titles.iter().position(|title| marked(title, name));
        Some((column(PARENT)?, column(ROW_ID), heading))
    });
    match found {
        Some((parent, id, heading)) => Ok(Some(FoundSheet { sheet, heading, parent, id })),
        None if said.is_some() => Err(unfit(format!("sheets/{}: {PARENT}", field.name))),
        None => Ok(None),
    }
}

/// Whether a heading is one of ours, with or without the star of a template.
fn marked(title: &str, name: &str) -> bool {
    title.trim_end_matches([' ', '*']).trim().eq_ignore_ascii_case(name)
}

/// The fields by which the headings of such a sheet are known.
fn with_parent(offered: &[heading::Field]) -> Vec<heading::Field> {
    let mut fields = offered.to_vec();
    for key in [PARENT, ROW_ID] {
        fields.push(heading::Field { key: key.into(), titles: Vec::new(), aliases: Vec::new() });
    }
    fields
}
