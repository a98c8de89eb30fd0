//! Taking records out as a file: whole, or refused.

use super::OutFile;
use super::cells::{CellMaker, Writing, number_format, writing};
use super::child_export::{ChildSheet, ParentName};
use super::making::{Making, broken};
use super::out_file::WORKBOOK;
use crate::access::{CallerAccess, Purpose};
use crate::audit::{self, Origin};
use crate::organisation::{self, Organisation};
use crate::records::{ListRequest, check_list};
use crate::{Context, Engine, EngineError, EngineResult, jobs};
use chrono::{NaiveTime, TimeZone, Utc};
use formwright_core::field::{Field, FieldKind, SystemField};
use formwright_core::form::Form;
use formwright_core::query::{Leaf, Place, QueryContext, conceal, resolve_path, resolve_stored};
use formwright_exchange::heading::normal;
use formwright_exchange::write::xlsx::{Column, Stamp};
use formwright_store::Snapshot;
use formwright_store::jobs::Job;
use formwright_store::select::AccessSource;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// Records read at once.
pub(super) const PAGE: usize = 500;
/// How long reading may take.
const LIMIT: Duration = Duration::from_secs(600);
/// Rows of a sheet below its headings.
pub(super) const SHEET_ROWS: u64 = 1_048_575;

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
        ExportRequest {
            format: ExportFormat::Xlsx,
            filter: None,
            q: None,
            select: Vec::new(),
            sort: Vec::new(),
            bom: true,
        }
    }
}

/// A column of the file: where its value stands in a record's answer.
#[derive(Clone)]
pub(super) struct Taken {
    /// Members of the answer, one within the other.
    pub path: (String, Option<String>),
    pub writing: Writing,
    pub column: Column,
    /// The form that a link leads to.
    pub to: Option<usize>,
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
        let mut columns = columns(cx, &access, index, &form, &request.select)?;
        let children = children(cx, &access, index, &form, &request);
        let parent = ParentName::of(&access, index, &form);
        if !children.is_empty() {
            name_records(cx, &form, &parent, &mut columns, &access);
        }
        let mut select: Vec<String> = children.iter().map(|child| child.member.clone()).collect();
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
        let list = ListRequest {
            filter: request.filter.clone(),
            q: request.q.clone(),
            sort: request.sort.clone(),
            select,
            titles: true,
            ..ListRequest::default()
        };
        let mut checked = check_list(&access, cx, index, &form, &list, true)?;
        checked.limit = PAGE;
        let most = self.most_rows(cx, request.format).await?;
        let folder = self.settings().data.join("tmp");
        let id = Uuid::now_v7();
        let making = Making {
            cx: cx.clone(),
            access,
            index,
            form: form.clone(),
            checked,
            columns: columns.clone(),
            children: children.clone(),
            parent,
            maker: CellMaker { organisation: organisation.clone(), zone: cx.zone, locale: cx.locale },
            layout: self.layout(&cx.catalog)?,
            most,
            format: request.format,
            bom: request.bom,
            folder,
            stamp: stamp(cx, &organisation, id),
        };
        let (rows, mut file) =
            self.db().read_heavy(LIMIT, move |tx| Box::pin(async move { making.make(tx).await })).await?;
        let (bytes, hash) = weigh(&mut file)?;
        let fields: Vec<&str> = columns
            .iter()
            .map(|c| c.path.0.as_str())
            .chain(children.iter().map(|child| child.member.as_str()))
            .collect();
        self.note(cx, &form, id, &request, &fields, rows, bytes, &hash).await?;
        let day = cx.clock().today();
        let (name, content_type) = match request.format {
            ExportFormat::Xlsx => (format!("{}-{day}.xlsx", form.name), WORKBOOK),
            // programs read what is in it, so its name says which export it is
            ExportFormat::Csv => (format!("{}-{day}-{id}.csv", form.name), "text/csv; charset=utf-8"),
        };
        OutFile::of(name, content_type, rows, Some(id), file)
    }

    /// Rows that the caller may take out now: what his roles allow at once and what is left of the day. The most generous
    /// role counts; without any limit it is what a sheet holds.
    async fn most_rows(&self, cx: &Context, format: ExportFormat) -> EngineResult<u64> {
        let sheet = if format == ExportFormat::Xlsx { SHEET_ROWS } else { u64::MAX };
        let Some(person) = cx.principal().filter(|p| !p.admin) else { return Ok(sheet) };
        let limit = |key: &str| {
            person
                .person
                .roles
                .iter()
                .filter_map(|name| cx.catalog.role(name))
                .filter_map(|role| role.limits.get(key).copied())
                .max()
        };
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
    async fn note(
        &self,
        cx: &Context,
        form: &Form,
        id: Uuid,
        request: &ExportRequest,
        fields: &[&str],
        rows: u64,
        bytes: u64,
        hash: &str,
    ) -> EngineResult<()> {
        let mut filter = request.filter.clone();
        if let (Some(filter), Some(index)) = (&mut filter, cx.catalog.form_index(&form.name)) {
            let access = CallerAccess::with_purpose(cx, Purpose::Export);
            let vars = access.vars(None);
            conceal(&QueryContext { catalog: &cx.catalog, sight: &access, vars: &vars }, Place::form(index), filter);
        }
        let body = json!({
            "what": "export", "on": {"form": form.id, "export": id}, "filter": filter, "q": request.q, "fields": fields,
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

/// Whose export it is, for whoever holds the file later.
fn stamp(cx: &Context, organisation: &Organisation, id: Uuid) -> Stamp {
    let person = cx.principal().map_or_else(
        || "Formwright".to_string(),
        |person| match person.acting.and_then(|real| organisation.user(real)) {
            Some(real) => format!("{} ({})", person.name, real.row.name),
            None => person.name.clone(),
        },
    );
    let at = cx.now.with_timezone(&cx.zone).format("%Y-%m-%d %H:%M");
    Stamp { person, at: format!("{at} {}", cx.zone), id: id.to_string() }
}

/// The columns asked for, in their order.
fn columns(
    cx: &Context,
    access: &CallerAccess,
    index: usize,
    form: &Form,
    select: &[String],
) -> EngineResult<Vec<Taken>> {
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
        let column =
            Column { title: title(of.title.get(cx.locale), &of.name), width: None, number_format: number_format(of) };
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
        // through a link only what the database knows is at hand
        let resolve = if text.contains('.') { resolve_stored } else { resolve_path };
        match resolve(&query, Place::form(index), text, &format!("select/{at}")) {
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
                    out.push(Taken {
                        path: (head.to_string(), Some(tail.to_string())),
                        writing: Writing::Plain,
                        column,
                        to: None,
                    });
                }
                _ => {}
            },
        }
    }
    if faults.is_empty() { Ok(out) } else { Err(EngineError::request_faults(faults)) }
}

/// The sheets of child tables that a workbook gets: of all that the caller sees, or of those asked for.
fn children(
    cx: &Context,
    access: &CallerAccess,
    index: usize,
    form: &Form,
    request: &ExportRequest,
) -> Vec<ChildSheet> {
    if request.format != ExportFormat::Xlsx {
        return Vec::new();
    }
    let grants = access.access(index);
    let wanted = |(i, field): (usize, &Field)| {
        let asked = request.select.is_empty() || request.select.contains(&field.name);
        (asked && field.table().is_some() && grants.sees(i, None)).then_some(i)
    };
    let tables = form.fields.iter().enumerate().filter_map(wanted);
    tables.filter_map(|table| ChildSheet::of(cx, access, index, form, table)).collect()
}

/// Sees to it that the main sheet has the column by which the sheets of child tables name records.
fn name_records(cx: &Context, form: &Form, parent: &ParentName, columns: &mut Vec<Taken>, access: &CallerAccess) {
    if columns.iter().any(|c| c.path == (parent.member().to_string(), None)) {
        return;
    }
    let (title, writing) = match parent {
        ParentName::Id => (SystemField::Id.title().get(cx.locale).to_string(), Some(Writing::Text)),
        ParentName::Field(name) => match form.field(name) {
            Some((_, field)) => (
                field.title.get(cx.locale).to_string(),
                writing(field, cx.locale, |target| key_member(cx, access, target)),
            ),
            None => return,
        },
    };
    if let Some(writing) = writing {
        let path = (parent.member().to_string(), None);
        columns.push(Taken { path, writing, column: Column::titled(title), to: None });
    }
}

/// The field by which a file names records of a form, where it is not their title and the caller sees it.
pub(super) fn key_member(cx: &Context, access: &CallerAccess, target: &str) -> Option<String> {
    let to = cx.catalog.form_index(target)?;
    let form = cx.catalog.forms.get(to)?;
    let key = form.key_field.filter(|key| form.title_field != Some(*key) && access.access(to).sees(*key, None))?;
    let field = form.fields.get(key)?;
    let plain =
        matches!(field.kind, FieldKind::Text(_) | FieldKind::Serial(_) | FieldKind::Scan | FieldKind::Number(_));
    plain.then(|| field.name.clone())
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
