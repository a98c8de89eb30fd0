//! What the wizard shows of a file before anything is imported.

use super::bound::{find_heading, open_file, propose, unreadable};
use super::child_source::found_sheet;
use super::import::{Upload, blocking, remembered, targets_for};
use super::mapping::Mapping;
use super::target::{Offered, Targets};
use crate::duplicates::rule::rules_of;
use crate::{Context, Engine, EngineResult};
use formwright_exchange::heading::{self, Field};
use formwright_exchange::source::{Cell, SourceRow, Workbook};
use serde_json::{Value as Json, json};
use std::ops::ControlFlow;

/// Values shown of a column.
const SAMPLES: usize = 3;
/// Characters of a sample.
const SAMPLE: usize = 80;

/// How a file is to be looked at; everything may be left to us.
#[derive(Clone, Debug, Default)]
pub struct PreviewRequest {
    pub sheet: Option<String>,
    /// The row of the headings, from 1.
    pub header_row: Option<u32>,
    /// Encoding of a text file.
    pub encoding: Option<String>,
    /// Delimiter of a text file.
    pub delimiter: Option<char>,
    /// Fields by their names alone, without what this person chose the last time.
    pub fresh: bool,
}

impl Engine {
    /// Sheets, headings with the fields proposed for them and samples of what stands below, fields that may be filled:
    /// `{"sheets", "sheet", "hidden_sheets", "header_row", "columns": [{"header", "field", "hidden", "samples"}], "fields":
    /// [{"path", "title", "required", "type", "link"?}], "tables": [{"field", "title", "sheet", "rows"}], "encoding",
    /// "delimiter", "rows", "duplicates": whether rows are compared with records, "last": what was chosen the last time
    /// (`{"used", "options", "links"}`) or null}`. Nothing is kept.
    ///
    /// # Errors
    /// `forbidden`, `not_found`; `file_…` for what is wrong with the file.
    pub async fn import_preview(
        &self,
        cx: &Context,
        form: &str,
        upload: Upload,
        request: PreviewRequest,
    ) -> EngineResult<Json> {
        let targets = targets_for(cx, form, None)?;
        let last = self.last_mapping(cx, &targets.form.name).await?;
        let remembered = remembered(last.as_ref().filter(|_| !request.fresh));
        let compared = !rules_of(&targets.catalog, targets.index, &targets.form).is_empty();
        let mut mapping = Mapping {
            sheet: request.sheet.filter(|s| !s.is_empty()),
            header_row: request.header_row,
            ..Mapping::default()
        };
        mapping.options.encoding = request.encoding.filter(|e| !e.is_empty());
        mapping.options.delimiter = request.delimiter;
        let cx = cx.clone();
        blocking(move || {
            let workbook = open_file(&cx, &upload, &mapping)?;
            let sheet = workbook.default_sheet();
            let offered = targets.offered(cx.locale, true);
            let names: Vec<Field> = targets.offered(cx.locale, false).iter().map(|o| o.names().clone()).collect();
            let (heading, _) = find_heading(&cx, &workbook, sheet, mapping.header_row, &names)?;
            let hidden = workbook.layout(sheet).map_err(|fault| unreadable(&cx, &fault))?.hidden_columns;
            let mut samples: Vec<Vec<String>> = vec![Vec::new(); heading.titles.len()];
            let mut rows = 0_u64;
            let read = workbook.for_each_row(sheet, |row| {
                if row.number > heading.row && !row.is_blank() {
                    rows += 1;
                    sample(&row, &mut samples);
                }
                ControlFlow::Continue(())
            });
            read.map_err(|fault| unreadable(&cx, &fault))?;
            let columns: Vec<Json> = propose(&targets, &heading, &names, &hidden, &remembered)
                .into_iter()
                .filter(|(column, _)| !heading.title(*column).is_empty())
                .map(|(column, slot)| {
                    json!({"header": heading.title(column), "field": slot.map(|slot| targets.path(slot)), "hidden": hidden.contains(&column), "samples": samples.get(column)})
                })
                .collect();
            let tables = tables(&cx, &workbook, sheet, &targets);
            let fields: Vec<Json> = offered.iter().map(|o| field_of(&targets, o)).collect();
            let knows = |title: &str| remembered.contains_key(&heading::normal(title));
            let last = last.map(|last| {
                let used = heading.titles.iter().any(|title| !title.is_empty() && knows(title));
                json!({"used": used, "options": last.options, "links": last.links})
            });
            let sheets = workbook.sheets();
            let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
            let concealed: Vec<&str> = sheets.iter().filter(|s| s.hidden).map(|s| s.name.as_str()).collect();
            let text = workbook.text_form();
            Ok(json!({
                "sheets": names, "sheet": names.get(sheet), "hidden_sheets": concealed, "tables": tables, "header_row": heading.row, "columns": columns, "fields": fields,
                "encoding": text.map(|t| t.encoding), "delimiter": text.map(|t| t.delimiter.to_string()), "rows": rows, "duplicates": compared, "last": last,
            }))
        })
        .await
    }
}

/// A field as it is offered; of a link also whether missing records may be made.
fn field_of(targets: &Targets, offered: &Offered) -> Json {
    let field = targets.slot(&offered.path).and_then(|slot| targets.field(slot)).map(|(_, field)| field);
    let to = field.and_then(|f| f.kind.link()).and_then(|link| targets.catalog.form_index(&link.form));
    let mut out = json!({
        "path": offered.path, "title": offered.title, "required": offered.required,
        "type": field.map(|field| field.kind.type_name()),
    });
    if let (Some(to), Some(map)) = (to, out.as_object_mut()) {
        map.insert("link".into(), json!({"create": targets.access.allows(to, "create")}));
    }
    out
}

/// The child tables of the form with the sheets that hold their rows.
fn tables(cx: &Context, workbook: &Workbook, main: usize, targets: &Targets) -> Vec<Json> {
    let tables = targets.tables().into_iter().filter_map(|table| {
        let field = targets.form.fields.get(table)?;
        let found = found_sheet(cx, workbook, main, targets, table, None).ok().flatten();
        let mut rows = 0_u64;
        if let Some(found) = &found {
            let read = workbook.for_each_row(found.sheet, |row| {
                rows += u64::from(row.number > found.heading.row && !row.is_blank());
                ControlFlow::Continue(())
            });
            // the import itself will tell what is wrong with the sheet
            rows = read.map_or(0, |()| rows);
        }
        let sheet = found.and_then(|found| workbook.sheets().get(found.sheet).map(|sheet| sheet.name.clone()));
        Some(json!({"field": field.name, "title": field.title.get(cx.locale), "sheet": sheet, "rows": rows}))
    });
    tables.collect()
}

fn sample(row: &SourceRow, samples: &mut [Vec<String>]) {
    for (list, cell) in samples.iter_mut().zip(&row.cells) {
        if list.len() < SAMPLES && *cell != Cell::Blank && !cell.is_blank() {
            list.push(cell.shown().trim().chars().take(SAMPLE).collect());
        }
    }
}
