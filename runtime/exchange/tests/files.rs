//! Every file of the fixtures gives exactly the rows that `expected.json` says, or the fault it says.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use formwright_exchange::source::{Cell, OpenOptions, Workbook, open};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/exchange")
}

fn expected() -> serde_json::Map<String, Value> {
    serde_json::from_slice(&std::fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

fn told(cell: &Cell) -> Value {
    let kind = match cell {
        Cell::Blank => return Value::Null,
        Cell::Text(_) => "text",
        Cell::Number { .. } => "number",
        Cell::Bool(_) => "bool",
        Cell::Date(_) => "date",
        Cell::DateTime(_) => "datetime",
        Cell::Time(_) => "time",
        Cell::Duration(_) => "duration",
        Cell::Error(_) => "error",
        Cell::FormulaWithoutValue => "formula",
    };
    json!([kind, cell.shown()])
}

fn opened(name: &str, about: &Value) -> Result<Workbook, String> {
    let encoding = about["options"]["encoding"].as_str().map(str::to_owned);
    let delimiter = about["options"]["delimiter"].as_str().and_then(|text| text.chars().next());
    let options = OpenOptions { encoding, delimiter, ..OpenOptions::default() };
    open(std::fs::read(folder().join(name)).unwrap(), name, &options).map_err(|fault| {
        assert!(fault.0.message("en").len() > 10 && fault.0.message("zh").chars().count() > 4, "{name}: {fault}");
        fault.code().as_str().to_owned()
    })
}

fn rows(workbook: &Workbook, sheet: usize) -> Result<Vec<formwright_exchange::SourceRow>, String> {
    let mut rows = Vec::new();
    workbook
        .for_each_row(sheet, |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .map_err(|fault| fault.code().as_str().to_owned())?;
    Ok(rows)
}

#[test]
fn files_give_the_rows_they_hold() {
    let mut seen = 0;
    for (name, about) in expected().iter().filter(|(_, about)| about.get("rows").is_some()) {
        let workbook = opened(name, about).unwrap_or_else(|code| panic!("{name}: {code}"));
        let rows = rows(&workbook, 0).unwrap_or_else(|code| panic!("{name}: {code}"));
        let got: Vec<Value> =
            rows.iter().map(|row| json!([row.number, row.cells.iter().map(told).collect::<Vec<_>>()])).collect();
        assert_eq!(Value::Array(got), about["rows"], "{name}");
        if let Some(sheets) = about.get("sheets") {
            assert_eq!(
                json!(workbook.sheets().iter().map(|sheet| json!([sheet.name, sheet.hidden])).collect::<Vec<_>>()),
                *sheets,
                "{name}"
            );
            assert!(
                workbook.sheets().len() < 2 || self::rows(&workbook, 1).unwrap().len() == 1,
                "{name}: second sheet"
            );
        }
        if let Some(hidden) = about.get("hidden_rows") {
            assert_eq!(
                json!(rows.iter().filter(|row| row.hidden).map(|row| row.number).collect::<Vec<_>>()),
                *hidden,
                "{name}"
            );
        }
        if let Some(hidden) = about.get("hidden_columns") {
            assert_eq!(json!(workbook.layout(0).unwrap().hidden_columns), *hidden, "{name}");
        }
        if let Some(encoding) = about.get("encoding") {
            let form = workbook.text_form().unwrap();
            assert_eq!(
                (json!(form.encoding), json!(form.delimiter.to_string())),
                (encoding.clone(), about["delimiter"].clone()),
                "{name}"
            );
        }
        if let Some(lost) = about.get("digits_lost") {
            let mut found = Vec::new();
            for row in &rows {
                found.extend(
                    row.cells
                        .iter()
                        .enumerate()
                        .filter(|(_, cell)| matches!(cell, Cell::Number { digits_lost: true, .. }))
                        .map(|(column, _)| json!([row.number, column])),
                );
            }
            assert_eq!(Value::Array(found), *lost, "{name}");
        }
        assert_eq!(workbook.date1904(), about["date1904"] == true, "{name}");
        seen += 1;
    }
    assert!(seen >= 13, "only {seen} files were read");
}

#[test]
fn files_that_cannot_be_read_say_why() {
    let mut seen = 0;
    for (name, about) in expected().iter().filter(|(_, about)| about.get("fault").is_some()) {
        let late = about["late"] == true;
        let code = match opened(name, about) {
            Err(code) => {
                assert!(!late, "{name} is refused with {code} when opened, not while reading");
                code
            }
            Ok(workbook) => {
                assert!(late, "{name} was opened");
                rows(&workbook, 0).map(|rows| rows.len()).expect_err(name)
            }
        };
        assert_eq!(json!(code), about["fault"], "{name}");
        seen += 1;
    }
    assert!(seen >= 15, "only {seen} files were tried");
}

#[test]
fn a_sheet_is_chosen_by_its_name_and_an_unknown_one_is_named() {
    let content = std::fs::read(folder().join("cells.xlsx")).unwrap();
    let with = |sheet: &str| {
        open(content.clone(), "cells.xlsx", &OpenOptions { sheet: Some(sheet.to_owned()), ..OpenOptions::default() })
    };
    assert_eq!(with("hidden ").unwrap().default_sheet(), 1);
    let fault = with("Nothing").err().unwrap();
    assert_eq!(fault.code().as_str(), "sheet_unknown");
    assert!(fault.0.message("en").contains("Data, Hidden"));
}

/// A small generator of numbers, the same in every run.
struct Dice(u32);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as usize % below.max(1)
    }

    fn spoil(&mut self, content: &[u8], cut: bool) -> Vec<u8> {
        let mut spoiled = content.to_vec();
        if cut {
            spoiled.truncate(self.roll(content.len()));
        } else if !spoiled.is_empty() {
            for _ in 0..1 + self.roll(8) {
                let at = self.roll(spoiled.len());
                spoiled[at] = self.roll(256) as u8;
            }
        }
        spoiled
    }
}

fn read_somehow(content: Vec<u8>, name: &str) {
    if let Ok(workbook) = open(content, name, &OpenOptions::default()) {
        for sheet in 0..workbook.sheets().len().min(3) {
            let _ = workbook.preview(sheet, 50);
        }
    }
}

#[test]
fn no_cut_or_changed_file_makes_the_reader_panic() {
    let mut dice = Dice(0x2545_f491);
    for name in ["cells.xlsx", "cells.xlsb", "cells.xls", "cells.ods", "quotes.csv", "utf16le.txt", "password.xlsx"] {
        let content = std::fs::read(folder().join(name)).unwrap();
        for round in 0..150 {
            read_somehow(dice.spoil(&content, round % 3 == 0), name);
        }
    }
}

#[test]
fn no_cut_or_changed_part_of_a_container_makes_the_reader_panic() {
    use std::io::{Read, Write};
    let mut dice = Dice(0x9e37_79b9);
    for name in ["cells.xlsx", "cells.xlsb", "cells.ods"] {
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(std::fs::read(folder().join(name)).unwrap())).unwrap();
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        for index in 0..zip.len() {
            let mut part = zip.by_index(index).unwrap();
            let mut content = Vec::new();
            part.read_to_end(&mut content).unwrap();
            parts.push((part.name().unwrap().into_owned(), content));
        }
        for round in 0..300 {
            let spoiled = dice.roll(parts.len());
            let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for (index, (part, content)) in parts.iter().enumerate() {
                writer
                    .start_file(
                        part.as_str(),
                        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored),
                    )
                    .unwrap();
                let content = if index == spoiled { dice.spoil(content, round % 4 == 0) } else { content.clone() };
                writer.write_all(&content).unwrap();
            }
            read_somehow(writer.finish().unwrap().into_inner(), name);
        }
    }
}

#[test]
fn a_workbook_can_be_read_on_any_thread() {
    fn on_any_thread<T: Send + Sync>() {}
    on_any_thread::<Workbook>();
}

#[test]
fn a_cell_longer_than_any_spreadsheet_allows_is_refused() {
    use std::io::{Read, Write};
    let mut zip =
        zip::ZipArchive::new(std::io::Cursor::new(std::fs::read(folder().join("workbook-named.csv")).unwrap()))
            .unwrap();
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..zip.len() {
        let mut part = zip.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut content = String::new();
        part.read_to_string(&mut content).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            content = content.replacen("<t>a</t>", &format!("<t>{}</t>", "ab ".repeat(300_000)), 1);
        }
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(content.as_bytes()).unwrap();
    }
    let workbook = open(writer.finish().unwrap().into_inner(), "long.xlsx", &OpenOptions::default()).unwrap();
    assert_eq!(rows(&workbook, 0).unwrap_err(), "file_too_large");
}
