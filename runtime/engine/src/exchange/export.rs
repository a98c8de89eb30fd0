//! Taking records out as a file: whole, or refused.

use super::OutFile;
use super::cells::{Around, CellMaker, Writing, names, number_format, writing};
use super::named::{Named, look_up};
use super::out_file::WORKBOOK;
use crate::access::{CallerAccess, Purpose};
use crate::audit::{self, Origin};
use crate::records::{CheckedList, ListRequest, Saver, check_list};
use crate::{Context, Engine, EngineError, EngineResult, Refusal, jobs, organisation};
use chrono::{NaiveTime, TimeZone, Utc};
use formwright_core::error_code as code;
use formwright_core::field::{FieldKind, SystemField};
use formwright_core::form::Form;
use formwright_core::query::{Leaf, Place, QueryContext, resolve_path};
use formwright_exchange::heading::normal;
use formwright_exchange::write::csv::{CsvOptions, CsvWriter};
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use formwright_exchange::write::{Out, WriteFault};
use formwright_store::jobs::Job;
use formwright_store::select::{AccessSource, Compiler, PageQuery, count_rows, select_page};
use formwright_store::{Snapshot, Tx, files};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Records read at once.
const PAGE: usize = 500;
/// How long reading may take.
const LIMIT: Duration = Duration::from_secs(600);
/// Rows of a sheet below its headings.
const SHEET_ROWS: u64 = 1_048_575;

/// Which kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExportFormat {
    #[default]
    Xlsx,
    Csv,
}

/// What is to be taken out.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    pub format: ExportFormat,
    pub filter: Option<Json>,
    pub q: Option<String>,
    /// Fields and paths; all fields of the form where there are none.
    pub select: Vec<String>,
    pub sort: Vec<String>,
    /// CSV begins with the mark by which Excel knows UTF-8.
    pub bom: bool,
}

impl Default for ExportRequest {
    fn default() -> ExportRequest {
        ExportRequest { format: ExportFormat::Xlsx, filter: None, q: None, select: Vec::new(), sort: Vec::new(), bom: true }
    }
}

/// A column of the file: where its value stands in a record's answer.
#[derive(Clone)]
struct Taken {
    /// Members of the answer, one within the other.
    path: (String, Option<String>),
    writing: Writing,
    column: Column,
    /// The form that a link leads to.
    to: Option<usize>,
}

impl Engine {
    /// The records as a file, under the rows and masks of the caller's export grants.
    ///
    /// # Errors
    /// `forbidden`, `not_found`, what is wrong with the query, `export_limit` with both numbers.
    pub async fn export(&self, cx: &Context, form: &str, request: ExportRequest) -> EngineResult<OutFile> {
        CallerAccess::new(cx).form_for(form, "export")?;
        let access = Arc::new(CallerAccess::with_purpose(cx, Purpose::Export));
        let (index, form, _) = access.form(form)?;
        let organisation = organisation::fresh(self).await?;
        let columns = columns(cx, &access, index, &form, &request.select)?;
        let mut select = Vec::new();
        for column in &columns {
            let text = match &column.path {
                (head, None) => head.clone(),
                (head, Some(tail)) => format!("{head}.{tail}"),
            };
            if SystemField::find(&text).is_none() && !select.contains(&text) {
                select.push(text);
            }
        }
        // titles of links stand beside their fields
        for column in columns.iter().filter(|c| matches!(c.writing, Writing::Link(Some(_)))) {
            select.push(column.path.0.clone());
        }
        let list = ListRequest { filter: request.filter.clone(), q: request.q.clone(), sort: request.sort.clone(), select, titles: true, ..ListRequest::default() };
        let mut checked = check_list(&access, cx, index, &form, &list, true)?;
        checked.limit = PAGE;
        let most = self.most_rows(cx, request.format).await?;
        let folder = self.settings().data.join("tmp");
        let making = Making {
            cx: cx.clone(),
            access,
            index,
            form: form.clone(),
            checked,
            columns: columns.clone(),
            maker: CellMaker { organisation, zone: cx.zone, locale: cx.locale },
            layout: self.layout(&cx.catalog)?,
            most,
            format: request.format,
            bom: request.bom,
            folder,
        };
        let (rows, mut file) = self.db().read_heavy(LIMIT, move |tx| Box::pin(async move { making.make(tx).await })).await?;
        let (bytes, hash) = weigh(&mut file)?;
        let id = Uuid::now_v7();
        self.note(cx, &form, id, &request, &columns, rows, bytes, &hash).await?;
        let day = cx.clock().today();
        let (name, content_type) = match request.format {
            ExportFormat::Xlsx => (format!("{}-{day}.xlsx", form.name), WORKBOOK),
            ExportFormat::Csv => (format!("{}-{day}.csv", form.name), "text/csv; charset=utf-8"),
        };
        OutFile::of(name, content_type, rows, Some(id), file)
    }

    /// Rows that the caller may take out now: what his roles allow at once and what is left of the day. The most generous
    /// role counts; without any limit it is what a sheet holds.
    async fn most_rows(&self, cx: &Context, format: ExportFormat) -> EngineResult<u64> {
        let sheet = if format == ExportFormat::Xlsx { SHEET_ROWS } else { u64::MAX };
        let Some(person) = cx.principal().filter(|p| !p.admin) else { return Ok(sheet) };
        let limit = |key: &str| person.person.roles.iter().filter_map(|name| cx.catalog.role(name)).filter_map(|role| role.limits.get(key).copied()).max();
        let mut most = sheet.min(limit("export_rows").unwrap_or(u64::MAX));
        if let Some(day) = limit("export_rows_per_day") {
            let midnight = cx.clock().today().and_time(NaiveTime::MIN);
            let since = cx.zone.from_local_datetime(&midnight).earliest().map_or(cx.now, |at| at.with_timezone(&Utc));
            let mut tx = self.db().reader(Snapshot::No).await?;
            let done = formwright_store::jobs::done_since(person.person.id, jobs::EXPORT, since, &mut tx).await?;
            most = most.min(day.saturating_sub(u64::try_from(done).unwrap_or(0)));
        }
        Ok(most)
    }

    /// The export's own entries: one in the audit log, one by which the rows of a day are counted.
    #[allow(clippy::too_many_arguments)]
    async fn note(&self, cx: &Context, form: &Form, id: Uuid, request: &ExportRequest, columns: &[Taken], rows: u64, bytes: u64, hash: &str) -> EngineResult<()> {
        let fields: Vec<&str> = columns.iter().map(|c| c.path.0.as_str()).collect();
        let body = json!({
            "what": "export", "on": {"form": form.id, "export": id}, "filter": request.filter, "q": request.q, "fields": fields,
            "rows": rows, "bytes": bytes, "sha256": hash,
        });
        let job = Job {
            id,
            kind: jobs::EXPORT.into(),
            owner: cx.principal().map(|p| p.person.id),
            state: "done".into(),
            done: i64::try_from(rows).unwrap_or(i64::MAX),
            total: i64::try_from(rows).ok(),
            attempts: 0,
            created_at: cx.now,
            run_at: cx.now,
            finished_at: Some(cx.now),
            input: json!({"form": form.name}).to_string(),
            result: None,
            fence: 0,
        };
        let origin = Origin::of(cx);
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    formwright_store::jobs::add(&job, tx).await?;
                    audit::record(tx, &origin, "export", body).await.map_err(EngineError::from)
                })
            })
            .await
    }
}

/// The columns asked for, in their order.
fn columns(cx: &Context, access: &CallerAccess, index: usize, form: &Form, select: &[String]) -> EngineResult<Vec<Taken>> {
    let grants = access.access(index);
    let mut out = Vec::new();
    let mut titles: HashSet<String> = HashSet::new();
    let mut titled = |title: &str, name: &str| {
        // a heading stands for one field
        if titles.insert(normal(title)) { title.to_string() } else { name.to_string() }
    };
    let own = |field: usize, title: &mut dyn FnMut(&str, &str) -> String| -> Option<Taken> {
        let of = form.fields.get(field)?;
        let writing = writing(of, cx.locale, |target| key_member(cx, access, target))?;
        let member = if let Writing::Link(member) = &writing { member.clone() } else { None };
        let column = Column { title: title(of.title.get(cx.locale), &of.name), width: None, number_format: number_format(of) };
        let to = of.kind.link().and_then(|link| cx.catalog.form_index(&link.form));
        Some(Taken { path: (of.name.clone(), member), writing, column, to })
    };
    if select.is_empty() {
        for field in (0..form.fields.len()).filter(|f| grants.sees(*f, None)) {
            out.extend(own(field, &mut titled));
        }
        return Ok(out);
    }
    let vars = access.vars(None);
    let query = QueryContext { catalog: &cx.catalog, sight: access, vars: &vars };
    let mut faults = Vec::new();
    for (at, text) in select.iter().enumerate() {
        match resolve_path(&query, Place::form(index), text, &format!("select/{at}")) {
            Err(fault) => faults.push(fault),
            Ok(path) => match (&path.leaf, path.hops.is_empty(), text.split_once('.')) {
                (Leaf::Field(field), true, None) => out.extend(own(*field, &mut titled)),
                (Leaf::System(system), true, None) => {
                    let writing = match system {
                        SystemField::CreatedAt | SystemField::UpdatedAt | SystemField::DeletedAt => Writing::Moment,
                        SystemField::CreatedBy | SystemField::UpdatedBy => Writing::User,
                        SystemField::Version => Writing::Number,
                        SystemField::Id | SystemField::FlowState => Writing::Text,
                    };
                    let column = Column::titled(titled(system.title().get(cx.locale), system.name()));
                    out.push(Taken { path: (text.clone(), None), writing, column, to: None });
                }
                (_, _, Some((head, tail))) => {
                    let column = Column::titled(titled(text, text));
                    out.push(Taken { path: (head.to_string(), Some(tail.to_string())), writing: Writing::Plain, column, to: None });
                }
                _ => {}
            },
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(EngineError::request_faults(faults)) }
}

/// The field by which a file names records of a form, where it is not their title and the caller sees it.
fn key_member(cx: &Context, access: &CallerAccess, target: &str) -> Option<String> {
    let to = cx.catalog.form_index(target)?;
    let form = cx.catalog.forms.get(to)?;
    let key = form.key_field.filter(|key| form.title_field != Some(*key) && access.access(to).sees(*key, None))?;
    let field = form.fields.get(key)?;
    let plain = matches!(field.kind, FieldKind::Text(_) | FieldKind::Serial(_) | FieldKind::Scan | FieldKind::Number(_));
    plain.then(|| field.name.clone())
}

/// Everything that making the file needs, owned by the thread that makes it.
struct Making {
    cx: Context,
    access: Arc<CallerAccess>,
    index: usize,
    form: Arc<Form>,
    checked: CheckedList,
    columns: Vec<Taken>,
    maker: CellMaker,
    layout: Arc<formwright_store::layout::Layout>,
    most: u64,
    format: ExportFormat,
    bom: bool,
    folder: std::path::PathBuf,
}

enum Writer {
    Xlsx(Box<XlsxWriter>),
    Csv(CsvWriter<BufWriter<File>>),
}

fn broken(error: impl std::fmt::Display) -> EngineError {
    EngineError::Internal(format!("an export: {error}"))
}

impl Writer {
    fn row(&mut self, cells: &[Out]) -> Result<(), WriteFault> {
        match self {
            Writer::Xlsx(writer) => writer.row(cells),
            Writer::Csv(writer) => writer.row(cells),
        }
    }
}

impl Making {
    fn query<'a>(&'a self, after: Option<&'a [formwright_store::Val]>) -> PageQuery<'a> {
        PageQuery {
            form: self.index,
            filter: &self.checked.filter,
            phrases: &self.checked.phrases,
            sort: &self.checked.sort,
            limit: PAGE,
            after,
            deleted: false,
        }
    }

    async fn make(self, tx: &mut Tx) -> EngineResult<(u64, File)> {
        let compiler = Compiler::new(&self.cx.catalog, &self.layout, self.access.as_ref(), tx.dialect());
        let selection = self.checked.shape.selection(&self.access, &self.cx);
        let wanted = u64::try_from(count_rows(&compiler, &self.query(None), tx).await?).unwrap_or(0);
        if wanted > self.most {
            return Err(Refusal::new(&code::EXPORT_LIMIT).with("rows", wanted).with("limit", self.most).into());
        }
        std::fs::create_dir_all(&self.folder).map_err(broken)?;
        let file = tempfile::tempfile_in(&self.folder).map_err(broken)?;
        let mut writer = match self.format {
            ExportFormat::Xlsx => {
                let columns = self.columns.iter().map(|c| c.column.clone()).collect();
                Writer::Xlsx(Box::new(XlsxWriter::new(self.form.title.get(self.cx.locale), columns, true).map_err(broken)?))
            }
            ExportFormat::Csv => {
                let headings: Vec<String> = self.columns.iter().map(|c| c.column.title.clone()).collect();
                let out = BufWriter::new(file.try_clone().map_err(broken)?);
                Writer::Csv(CsvWriter::new(out, &headings, CsvOptions { mark: self.bom, ..CsvOptions::default() }).map_err(broken)?)
            }
        };
        let saver = Saver::new(&self.cx)?;
        let mut around: Vec<Around> = self.columns.iter().map(|_| Around::default()).collect();
        let mut rows = 0_u64;
        let mut after: Option<Vec<formwright_store::Val>> = None;
        loop {
            let page = select_page(&compiler, &self.query(after.as_deref()), &selection, tx).await?;
            let mut text = Vec::with_capacity(page.items.len() + 2);
            text.push(b'[');
            text.extend_from_slice(&page.items);
            text.push(b']');
            let records: Vec<Map<String, Json>> = serde_json::from_slice(&text).map_err(broken)?;
            for (column, around) in self.columns.iter().zip(&mut around) {
                self.look_around(&saver, column, &records, around, tx).await?;
            }
            for record in &records {
                let cells: Vec<Out> = self.columns.iter().zip(&around).map(|(column, around)| self.cell(column, record, around)).collect();
                writer.row(&cells).map_err(broken)?;
                rows += 1;
            }
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        match writer {
            Writer::Xlsx(writer) => writer.finish(file.try_clone().map_err(broken)?).map_err(broken)?,
            Writer::Csv(writer) => writer.finish().map_err(broken)?,
        };
        Ok((rows, file))
    }

    fn cell(&self, column: &Taken, record: &Map<String, Json>, around: &Around) -> Out {
        let (value, title) = value_of(column, record);
        self.maker.cell(&column.writing, value, title, around)
    }

    /// Learns what a page names in a column: files by name, records by the names that lead back to them.
    async fn look_around(&self, saver: &Saver, column: &Taken, records: &[Map<String, Json>], around: &mut Around, tx: &mut Tx) -> EngineResult<()> {
        match (&column.writing, column.to) {
            (Writing::Files, _) => {
                let mut ids: Vec<Uuid> = Vec::new();
                for value in records.iter().filter_map(|r| r.get(&column.path.0)) {
                    let list = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
                    ids.extend(list.iter().filter_map(Json::as_str).filter_map(|text| Uuid::try_parse(text).ok()));
                }
                around.files.clear();
                for page in ids.chunks(500) {
                    around.files.extend(files::find(page, tx).await?.into_iter().map(|file| (file.id, file.name)));
                }
            }
            (Writing::Link(_) | Writing::Links, Some(to)) => {
                let mut wanted: HashSet<String> = HashSet::new();
                for record in records {
                    let (value, title) = value_of(column, record);
                    wanted.extend(names(&column.writing, value, title).into_iter().filter_map(|(_, name)| name));
                }
                around.leads.clear();
                for (name, named) in look_up(saver, to, &[], wanted.into_iter().collect(), tx).await? {
                    if let Named::One(id) = named {
                        around.leads.insert(name, id);
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// The value of a column in a record's answer, with what its `_titles` say.
fn value_of<'a>(column: &Taken, record: &'a Map<String, Json>) -> (&'a Json, Option<&'a Json>) {
    const NOTHING: &Json = &Json::Null;
    let (head, tail) = &column.path;
    let value = record.get(head).unwrap_or(NOTHING);
    let title = record.get("_titles").and_then(|titles| titles.get(head));
    match (&column.writing, tail) {
        (Writing::Plain, Some(tail)) => (value.get(tail).unwrap_or(NOTHING), title),
        _ => (value, title),
    }
}

/// Bytes and SHA-256 of a file.
fn weigh(file: &mut File) -> EngineResult<(u64, String)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 64 << 10];
    let mut bytes = 0_u64;
    file.seek(SeekFrom::Start(0)).map_err(broken)?;
    loop {
        let read = file.read(&mut buffer).map_err(broken)?;
        if read == 0 {
            break;
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        bytes += u64::try_from(read).unwrap_or(0);
    }
    Ok((bytes, hex::encode(hasher.finalize())))
}
