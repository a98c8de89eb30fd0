//! What is written can be read again, by value and by kind, and nothing in it runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use chrono::{NaiveDate, TimeDelta};
use formwright_exchange::source::{Cell, OpenOptions, SourceRow, Workbook, open};
use formwright_exchange::write::Out;
use formwright_exchange::write::csv::{CsvOptions, CsvWriter};
use formwright_exchange::write::result::ResultWriter;
use formwright_exchange::write::template::{self, TemplateColumn};
use formwright_exchange::write::xlsx::{Column, Stamp, XlsxWriter};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::str::FromStr;

const DANGEROUS: [&str; 26] = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "'=1",
    "''=1",
    "'plain",
    "a;=1",
    "a,\"=1\"",
    "x|@y",
    "\"=1",
    "=\"00123\"",
    "=HYPERLINK(\"http://x\",\"y\")",
    "_x000D_",
    "_x005F_",
    "line one\nline two",
    " spaces ",
    "plain",
    "it's",
];

fn rows(workbook: &Workbook) -> Vec<SourceRow> {
    let mut rows = Vec::new();
    workbook
        .for_each_row(0, |row| {
            rows.push(row);
            ControlFlow::Continue(())
        })
        .unwrap();
    rows
}

fn reopened(content: Vec<u8>, name: &str) -> Workbook {
    open(content, name, &OpenOptions::default()).unwrap()
}

fn part(content: &[u8], name: &str) -> String {
    let mut text = String::new();
    zip::ZipArchive::new(std::io::Cursor::new(content))
        .unwrap()
        .by_name(name)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    text
}

#[test]
fn dangerous_texts_come_back_from_csv_and_do_not_run() {
    let mut content = Vec::new();
    let mut writer =
        CsvWriter::new(&mut content, &["text".to_owned(), "number".to_owned()], CsvOptions::default()).unwrap();
    for text in DANGEROUS {
        writer.row(&[Out::text(text), Out::Number(Decimal::new(-150, 2))]).unwrap();
    }
    assert_eq!(writer.finish().unwrap().rows, 26);
    assert!(content.starts_with(b"\xef\xbb\xbftext,number\r\n"));
    // As a spreadsheet takes it: fields by their quotes, nothing undone.
    for record in csv::ReaderBuilder::new().from_reader(&content[3..]).records() {
        let record = record.unwrap();
        assert!(!record[0].starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']), "{record:?}");
        assert_eq!(&record[1], "-1.50");
    }
    let read: Vec<String> =
        rows(&reopened(content, "x.csv")).into_iter().skip(1).map(|row| row.cell(0).shown()).collect();
    assert_eq!(read, DANGEROUS);
}

#[test]
fn dangerous_texts_come_back_from_xlsx_as_texts() {
    let mut writer = XlsxWriter::new("Export", vec![Column::titled("text")], true).unwrap();
    for text in DANGEROUS {
        writer.row(&[Out::text(text)]).unwrap();
    }
    let mut content = Vec::new();
    writer.finish(&mut content).unwrap();
    assert!(!part(&content, "xl/worksheets/sheet1.xml").contains("<f>"));
    let workbook = reopened(content, "x.xlsx");
    assert!(workbook.written_by_us());
    let read: Vec<Cell> = rows(&workbook).into_iter().skip(1).map(|row| row.cell(0).clone()).collect();
    assert_eq!(read, DANGEROUS.map(Cell::text));
}

#[test]
fn a_stamp_stands_at_the_foot_of_every_sheet_and_in_the_properties() {
    let mut writer = XlsxWriter::new("Export", vec![Column::titled("text")], true).unwrap();
    writer.stamp(&Stamp { person: "Müller & Söhne <b>".into(), at: "2026-11-20 18:00".into(), id: "0192-x".into() });
    writer.add_sheet("Lines", vec![Column::titled("text")]).unwrap();
    writer.row(&[Out::text("a")]).unwrap();
    let mut content = Vec::new();
    writer.finish(&mut content).unwrap();
    for sheet in ["xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"] {
        let footer = "<oddFooter>&amp;LMüller &amp;&amp; Söhne &lt;b&gt; · 2026-11-20 18:00&amp;R0192-x</oddFooter>";
        assert!(part(&content, sheet).contains(footer), "{}", part(&content, sheet));
    }
    assert!(part(&content, "docProps/core.xml").contains("<dc:creator>Müller &amp; Söhne &lt;b&gt;</dc:creator>"));
    assert!(part(&content, "docProps/custom.xml").contains("0192-x"));
    let workbook = reopened(content, "x.xlsx");
    assert!(workbook.written_by_us());
    assert_eq!(rows(&workbook).len(), 2, "it takes no row");
}

#[test]
fn values_keep_their_kind_in_xlsx() {
    let day = NaiveDate::from_ymd_opt(2024, 3, 5).unwrap();
    let at = day.and_hms_opt(14, 30, 5).unwrap();
    let early = NaiveDate::from_ymd_opt(1850, 1, 2).unwrap();
    let number = |text: &str| Decimal::from_str(text).unwrap();
    let columns = vec![Column::titled("a"); 9];
    let mut writer = XlsxWriter::new("Data: 1/2", columns, false).unwrap();
    writer
        .row(&[
            Out::Number(number("1234567890123.45")),
            Out::Number(number("123456789012345678")),
            Out::Date(day),
            Out::DateTime(at),
            Out::Time(at.time()),
            Out::Duration(TimeDelta::minutes(1_590)),
            Out::Bool(true),
            Out::Blank,
            Out::Date(early),
        ])
        .unwrap();
    let mut content = Vec::new();
    writer.finish(&mut content).unwrap();
    assert!(part(&content, "xl/worksheets/sheet1.xml").contains("state=\"frozen\""));
    let workbook = reopened(content, "x.xlsx");
    assert!(!workbook.written_by_us());
    assert_eq!(workbook.sheets()[0].name, "Data_ 1_2");
    assert_eq!(
        rows(&workbook)[1].cells,
        [
            Cell::number(number("1234567890123.45")),
            Cell::text("123456789012345678"),
            Cell::Date(day),
            Cell::DateTime(at),
            Cell::Time(at.time()),
            Cell::Duration(TimeDelta::minutes(1_590)),
            Cell::Bool(true),
            Cell::Blank,
            Cell::text("1850-01-02")
        ]
    );
}

#[test]
fn texts_longer_than_a_cell_are_cut_and_counted() {
    let mut writer = XlsxWriter::new("x", vec![Column::titled("a")], false).unwrap();
    writer.row(&[Out::text("ä".repeat(40_000))]).unwrap();
    let mut content = Vec::new();
    let written = writer.finish(&mut content).unwrap();
    assert_eq!((written.rows, written.cut_texts), (1, 1));
    assert_eq!(rows(&reopened(content, "x.xlsx"))[1].cell(0).shown().chars().count(), 32_767);
}

#[test]
fn refused_rows_come_back_as_they_were_with_their_reasons() {
    let number = |value: i64, shown: Option<&str>| Cell::Number {
        value: Decimal::from(value),
        shown: shown.map(str::to_owned),
        digits_lost: false,
    };
    let source = SourceRow {
        number: 7,
        cells: vec![
            number(123, Some("00123")),
            Cell::text("Crown"),
            number(5_000, Some("¥5,000")),
            Cell::Error("#N/A".into()),
            Cell::Date(NaiveDate::from_ymd_opt(2024, 3, 5).unwrap()),
        ],
        ..SourceRow::default()
    };
    let headings: Vec<String> = ["Code *", "Company", "Amount", "x", "Day"].map(str::to_owned).to_vec();
    let mut writer = ResultWriter::new("客户", &headings, "错误").unwrap();
    writer.row(&source, &["Code: a".to_owned(), "Day: b".to_owned()]).unwrap();
    let mut content = Vec::new();
    writer.finish(&mut content).unwrap();
    let rows = rows(&reopened(content, "result.xlsx"));
    let shown = |row: &SourceRow| row.cells.iter().map(Cell::shown).collect::<Vec<_>>();
    assert_eq!(shown(&rows[0]), ["Code *", "Company", "Amount", "x", "Day", "错误"]);
    assert_eq!(shown(&rows[1]), ["00123", "Crown", "5000", "#N/A", "2024-03-05", "Code: a\nDay: b"]);
    assert!(matches!(rows[1].cell(4), Cell::Date(_)) && matches!(rows[1].cell(2), Cell::Number { .. }));
}

#[test]
fn a_template_has_headings_notes_and_lists() {
    let columns = [
        TemplateColumn {
            title: "公司".into(),
            required: true,
            note: Some("2–200 characters".into()),
            format: Some("@".into()),
            ..TemplateColumn::default()
        },
        TemplateColumn {
            title: "国家".into(),
            choices: (0..300).map(|n| format!("Country {n}")).collect(),
            ..TemplateColumn::default()
        },
    ];
    let mut content = Vec::new();
    let sheets = [
        template::TemplateSheet { name: "客户".into(), columns: columns.to_vec() },
        template::TemplateSheet {
            name: "客户".into(),
            columns: vec![template::TemplateColumn {
                title: "单位".into(),
                choices: vec!["件".into()],
                ..Default::default()
            }],
        },
    ];
    template::write(&sheets, "Choices", &mut content).unwrap();
    let sheet = part(&content, "xl/worksheets/sheet1.xml");
    assert!(sheet.contains("'Choices'!$B$2:$B$301") && sheet.contains("type=\"list\""), "{sheet}");
    assert!(part(&content, "xl/comments1.xml").contains("2–200 characters"));
    let content_of_second = content.clone();
    let workbook = reopened(content, "template.xlsx");
    assert_eq!(
        workbook.sheets().iter().map(|sheet| (sheet.name.as_str(), sheet.hidden)).collect::<Vec<_>>(),
        [("客户", false), ("客户 2", false), ("Choices", true)]
    );
    assert!(part(&content_of_second, "xl/worksheets/sheet2.xml").contains("'Choices'!$C$2:$C$2"));
    assert_eq!(rows(&workbook)[0].cells, [Cell::text("公司 *"), Cell::text("国家")]);
    assert_eq!(workbook.preview(2, 1_000).unwrap().len(), 301);
}

#[test]
fn another_programs_csv_reader_reads_back_what_was_written() {
    let texts = ["临沂木业，有限公司", "a,b", "say \"木\"", "one\ntwo\r\nthree", " spaced ", "00123", "🙂 Müller"];
    let mut content = Vec::new();
    let headings: Vec<String> = ["公司", "数量", "日期"].map(str::to_owned).to_vec();
    let mut writer = CsvWriter::new(&mut content, &headings, CsvOptions::default()).unwrap();
    for text in texts {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        writer.row(&[Out::text(text), Out::Number("1234.50".parse().unwrap()), Out::Date(day)]).unwrap();
    }
    writer.finish().unwrap();
    let mut want = vec![json!(headings)];
    want.extend(texts.iter().map(|text| json!([text, "1234.50", "2026-11-20"])));
    let script = "import csv,io,json,sys\nprint(json.dumps(list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode('utf-8-sig'), newline='')))))";
    let mut reader = std::process::Command::new("python3")
        .args(["-c", script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    reader.stdin.take().unwrap().write_all(&content).unwrap();
    let read: Value = serde_json::from_slice(&reader.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(read, json!(want));
}
