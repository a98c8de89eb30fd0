//! An import template: headings with a star where a value is needed, notes on them, and lists to choose from.

use super::xlsx::{free_name, width_of};
use super::{WriteFault, Written};
use rust_xlsxwriter::{DataValidation, Format, Formula, Note, Workbook, XlsxError};
use std::io::Write;

/// Rows below the headings that lists and formats are laid over.
const PREPARED_ROWS: u32 = 10_000;

/// A column of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateColumn {
    /// Its heading.
    pub title: String,
    /// Whether a value is needed.
    pub required: bool,
    /// What to write here, shown when pointing at the heading.
    pub note: Option<String>,
    /// What may be chosen.
    pub choices: Vec<String>,
    /// Several choices may stand in a cell: the list is offered, other text is let through.
    pub several: bool,
    /// The format of its cells (`@` keeps leading zeros, `yyyy-mm-dd`).
    pub format: Option<String>,
}

/// A sheet of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateSheet {
    /// Its name, as far as a sheet may bear it.
    pub name: String,
    /// Its columns.
    pub columns: Vec<TemplateColumn>,
}

/// Writes a template. `choices_sheet` names the hidden sheet that holds the lists.
///
/// # Errors
/// When the stream fails.
pub fn write(sheets: &[TemplateSheet], choices_sheet: &str, out: impl Write + Send) -> Result<Written, WriteFault> {
    let mut book = Workbook::new();
    let mut names: Vec<String> = Vec::new();
    for sheet in sheets {
        names.push(free_name(&sheet.name, &names));
    }
    let lists = free_name(choices_sheet, &names);
    let mut first_list = 0_u16;
    for (sheet, name) in sheets.iter().zip(&names) {
        headings(&mut book, name, &lists, first_list, &sheet.columns)?;
        first_list = first_list.saturating_add(u16::try_from(sheet.columns.len()).unwrap_or(u16::MAX));
    }
    let all = || sheets.iter().flat_map(|sheet| &sheet.columns);
    if all().any(|column| !column.choices.is_empty()) {
        let page = book.add_worksheet();
        page.set_name(&lists)?;
        page.set_hidden(true);
        for (index, column) in (0_u16..).zip(all()).filter(|(_, column)| !column.choices.is_empty()) {
            page.write_string(0, index, &column.title)?;
            for (row, choice) in (1_u32..).zip(&column.choices) {
                super::xlsx::text_cell(page, row, index, choice)?;
            }
        }
    }
    book.save_to_writer(out)?;
    Ok(Written::default())
}

/// A sheet with its headings; its lists stand in the columns of the list sheet from `first_list` on.
fn headings(
    book: &mut Workbook,
    main: &str,
    lists: &str,
    first_list: u16,
    columns: &[TemplateColumn],
) -> Result<(), XlsxError> {
    let page = book.add_worksheet();
    page.set_name(main)?;
    page.set_freeze_panes(1, 0)?;
    let bold = Format::new().set_bold();
    for (index, column) in (0_u16..).zip(columns) {
        let title = if column.required { format!("{} *", column.title) } else { column.title.clone() };
        page.set_column_width(index, width_of(&title))?;
        if let Some(format) = &column.format {
            page.set_column_format(index, &Format::new().set_num_format(format))?;
        }
        page.write_string_with_format(0, index, &title, &bold)?;
        if let Some(note) = &column.note {
            page.insert_note(
                0,
                index,
                &Note::new(note.chars().take(2_000).collect::<String>()).add_author_prefix(false),
            )?;
        }
        if !column.choices.is_empty() {
            let letters = crate::source::column_letters(usize::from(first_list.saturating_add(index)));
            let quoted = lists.replace('\'', "''");
            let range = format!("='{quoted}'!${letters}$2:${letters}${}", column.choices.len() + 1);
            let list =
                DataValidation::new().allow_list_formula(Formula::new(range)).show_error_message(!column.several);
            page.add_data_validation(1, index, PREPARED_ROWS, index, &list)?;
        }
    }
    Ok(())
}
