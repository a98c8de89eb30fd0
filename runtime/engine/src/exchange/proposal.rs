//! A form proposed for the rows of a file: a field for each column, its type by the values, its choices, lists, links and people found
//! in what is there. Nothing is kept.

use super::bound::{find_heading, open_file, unreadable};
use super::import::{Upload, blocking};
use super::mapping::Mapping;
use super::preview::PreviewRequest;
use crate::publish::require_design;
use crate::records::ListRequest;
use crate::{Context, Engine, EngineResult, organisation};
use formwright_core::definition::propose_name;
use formwright_core::field::{Field, FieldKind, SystemField};
use formwright_core::fold::normalize;
use formwright_exchange::guess::{Column, Guess};
use formwright_exchange::heading::normal;
use serde_json::{Map, Value as Json, json};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Values shown of a column.
const SAMPLES: usize = 4;
/// Characters of a sample.
const SAMPLE: usize = 80;
/// Values of a column that are looked up as titles of records.
const LOOKED_UP: usize = 40;

/// A column with a heading, and what stands below it.
struct Read {
    title: String,
    column: Column,
}

impl Engine {
    /// `{"sheets", "sheet", "header_row", "rows", "title", "fields": [{"column", "name", "property", "type", "filled", "misfits",
    /// "unique", "samples"}]}`: the fields that a form of the app would have for the file, in the order of its columns.
    ///
    /// # Errors
    /// 403 for whoever may not design the app; `file_…` for what is wrong with the file.
    pub async fn propose_form(
        &self,
        cx: &Context,
        app: &str,
        upload: Upload,
        request: PreviewRequest,
    ) -> EngineResult<Json> {
        require_design(cx, app)?;
        let title = upload.name.rsplit_once('.').map_or(upload.name.as_str(), |(stem, _)| stem).to_string();
        let inner = cx.clone();
        let (shape, columns) = blocking(move || read(&inner, &upload, request)).await?;
        let mut taken: HashSet<String> = SystemField::ALL.iter().map(|field| field.name().to_string()).collect();
        let mut fields = Vec::with_capacity(columns.len());
        for Read { title, column } in &columns {
            let name = propose_name(title, "field", &taken);
            taken.insert(name.clone());
            fields.push(self.propose_field(cx, title, &name, column).await?);
        }
        let mut out = shape;
        out.insert("title".into(), json!(title));
        out.insert("fields".into(), Json::Array(fields));
        Ok(Json::Object(out))
    }

    async fn propose_field(&self, cx: &Context, title: &str, name: &str, column: &Column) -> EngineResult<Json> {
        let guess = column.guess(title);
        let mut property = Map::new();
        property.insert("title".into(), json!(title));
        let known = match (&guess, column.distinct()) {
            (Guess::Choice(_) | Guess::Text { .. }, Some(values)) => self.known(cx, title, &values).await?,
            (Guess::Text { .. }, None) => self.linked(cx, title, &column.samples(LOOKED_UP)).await?,
            _ => None,
        };
        for (key, value) in known.unwrap_or_else(|| plain(&guess)) {
            property.insert(key, value);
        }
        let type_name = property.get("field").and_then(|f| f.get("type")).and_then(Json::as_str).map_or_else(
            || formwright_core::field::infer_type(&Json::Null, &Json::Object(property.clone()), false).to_string(),
            str::to_string,
        );
        let samples: Vec<String> =
            column.samples(SAMPLES).into_iter().map(|v| v.chars().take(SAMPLE).collect()).collect();
        Ok(json!({
            "column": title, "name": name, "property": property, "type": type_name, "filled": column.filled(),
            "misfits": column.misfits(&guess), "unique": column.is_unique(), "samples": samples,
        }))
    }

    /// What the texts name: a shared list's choices, people, or records of a form.
    async fn known(&self, cx: &Context, title: &str, values: &[&str]) -> EngineResult<Option<Map<String, Json>>> {
        if values.is_empty() {
            return Ok(None);
        }
        let list = cx.catalog.options.iter().find(|list| nearly_all(values, |v| list.set.meant(v).is_some()));
        if let Some(list) = list.filter(|_| values.len() > 1) {
            return Ok(Some(field("string", "choice", json!({"options": list.name}))));
        }
        let people = organisation::current(self);
        let names: HashSet<String> = people.users().iter().map(|user| normalize(&user.row.name)).collect();
        if nearly_all(values, |v| names.contains(&normalize(v))) {
            return Ok(Some(field("string", "user", json!({}))));
        }
        let some: Vec<&str> = values.iter().take(LOOKED_UP).copied().collect();
        self.linked(cx, title, &some).await
    }

    /// The form of whose records most of the texts are titles: read as the caller may read them.
    async fn linked(&self, cx: &Context, heading: &str, values: &[&str]) -> EngineResult<Option<Map<String, Json>>> {
        let heading = normal(heading);
        for form in &cx.catalog.forms {
            let Some(named) = form.title_field.and_then(|at| form.fields.get(at)).filter(|f| is_line(f)) else {
                continue;
            };
            let is_called = form.title.all().any(|title| normal(title) == heading) || form.name == heading;
            // two equal texts may be chance; a column that is called like the form is not
            if values.len() < if is_called { 1 } else { 3 } {
                continue;
            }
            let request = ListRequest {
                filter: Some(json!({"field": named.name, "op": "in", "value": values})),
                select: vec![named.name.clone()],
                limit: 500,
                ..ListRequest::default()
            };
            let page: Json = match self.list(cx, &form.name, request).await {
                Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
                // what the caller may not read, or not filter by, is not looked up
                Err(_) => continue,
            };
            let found: HashSet<&str> = page
                .get("items")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(|record| record.get(&named.name)?.as_str())
                .collect();
            let enough = if is_called { found.len() * 2 >= values.len() } else { found.len() * 5 >= values.len() * 4 };
            if enough && !found.is_empty() {
                return Ok(Some(field("string", "link", json!({"form": form.name}))));
            }
        }
        Ok(None)
    }
}

/// Texts of one line, by which records are named.
fn is_line(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Text(_)) && field.encryption.is_none() && !field.personal
}

/// Nine of ten.
fn nearly_all(values: &[&str], is: impl Fn(&str) -> bool) -> bool {
    values.iter().filter(|value| is(value)).count() * 10 >= values.len() * 9
}

fn field(json_type: &str, type_name: &str, more: Json) -> Map<String, Json> {
    let mut own = Map::new();
    own.insert("type".into(), json!(type_name));
    own.extend(more.as_object().cloned().unwrap_or_default());
    let mut out = Map::new();
    out.insert("type".into(), json!(json_type));
    out.insert("field".into(), Json::Object(own));
    out
}

/// The property of a guess.
fn plain(guess: &Guess) -> Map<String, Json> {
    let standard = |value: Json| value.as_object().cloned().unwrap_or_default();
    match guess {
        Guess::Empty => standard(json!({"type": "string", "maxLength": 200})),
        // room for what has not come yet
        Guess::Text { longest } => {
            standard(json!({"type": "string", "maxLength": if *longest > 100 { 500 } else { 200 }}))
        }
        Guess::LongText => field("string", "long_text", json!({})),
        Guess::Email => standard(json!({"type": "string", "format": "email"})),
        Guess::Website => standard(json!({"type": "string", "format": "uri"})),
        Guess::Phone => field("string", "text", json!({"format": "phone"})),
        Guess::Integer => standard(json!({"type": "integer"})),
        Guess::Number { scale } => field("number", "number", json!({"scale": scale})),
        Guess::Percent { scale } => field("number", "percent", json!({"scale": scale})),
        Guess::Money { scale, currency } => {
            field("number", "money", json!({"scale": scale, "currency": currency.as_deref().unwrap_or("USD")}))
        }
        Guess::Boolean => standard(json!({"type": "boolean"})),
        Guess::Date => standard(json!({"type": "string", "format": "date"})),
        Guess::DateTime => standard(json!({"type": "string", "format": "date-time"})),
        Guess::Time => standard(json!({"type": "string", "format": "time"})),
        Guess::Duration => standard(json!({"type": "string", "format": "duration"})),
        Guess::Choice(values) => {
            let mut taken = HashSet::new();
            let choices: Vec<Json> = values
                .iter()
                .map(|title| {
                    let value = propose_name(title, "choice", &taken);
                    taken.insert(value.clone());
                    json!({"const": value, "title": title})
                })
                .collect();
            let mut out = field("string", "choice", json!({}));
            out.insert("oneOf".into(), Json::Array(choices));
            out
        }
    }
}

/// Opens the file and looks at every row.
fn read(cx: &Context, upload: &Upload, request: PreviewRequest) -> EngineResult<(Map<String, Json>, Vec<Read>)> {
    let mapping = Mapping {
        sheet: request.sheet.filter(|s| !s.is_empty()),
        header_row: request.header_row,
        ..Mapping::default()
    };
    let workbook = open_file(cx, upload, &mapping)?;
    let sheet = workbook.default_sheet();
    let (heading, _) = find_heading(cx, &workbook, sheet, mapping.header_row, &[])?;
    let mut columns: Vec<Column> = heading.titles.iter().map(|_| Column::default()).collect();
    let mut rows = 0_u64;
    let seen = workbook.for_each_row(sheet, |row| {
        if row.number > heading.row && !row.is_blank() {
            rows += 1;
            for (column, cell) in columns.iter_mut().zip(&row.cells) {
                column.see(cell);
            }
        }
        ControlFlow::Continue(())
    });
    seen.map_err(|fault| unreadable(cx, &fault))?;
    let sheets = workbook.sheets();
    let names: Vec<&str> = sheets.iter().map(|s| s.name.as_str()).collect();
    let shape = json!({"sheets": names, "sheet": names.get(sheet), "header_row": heading.row, "rows": rows});
    let read = heading
        .titles
        .iter()
        .zip(columns)
        .filter(|(title, _)| !title.is_empty())
        .map(|(title, column)| Read { title: title.clone(), column });
    Ok((shape.as_object().cloned().unwrap_or_default(), read.collect()))
}
