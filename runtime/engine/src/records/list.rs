//! Lists and single records as the caller sees them.

use super::answer::ANSWERED;
use super::saver::Saver;
use super::{ReadRequest, RecordAnswer, reveal};
use crate::Engine;
use crate::access::CallerAccess;
use crate::context::Context;
use crate::error::{EngineError, EngineResult, Refusal};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind};
use formwright_core::fold::{self, SearchPhrase};
use formwright_core::form::Form;
use formwright_core::query::{
    Cond, Leaf, Limits, Path, Place, QueryContext, SortKey, read_condition, read_select, read_sort, resolve_path,
};
use formwright_store::Snapshot;
use formwright_store::select::{
    AccessSource, Compiler, Expand, PageQuery, Selection, count_rows, count_up_to, read_cursor, select_page,
    select_record, whole_ending, write_cursor,
};
use serde_json::Value as Json;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use uuid::Uuid;

/// Whether a list tells how many records it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum CountMode {
    #[default]
    None,
    /// Exact up to 10,000.
    Bounded,
    Exact,
}

/// Where a bounded count stops.
const COUNT_BOUND: i64 = 10_000;

/// A list as asked for.
#[derive(Clone, Debug, Default)]
pub struct ListRequest {
    pub filter: Option<Json>,
    pub q: Option<String>,
    pub sort: Vec<String>,
    pub select: Vec<String>,
    pub expand: Vec<String>,
    /// 1–500; 0 is the default of 50.
    pub limit: usize,
    pub cursor: Option<String>,
    pub count: CountMode,
    pub titles: bool,
}

/// A checked list: everything resolved against catalogue and caller.
pub struct CheckedList {
    pub filter: Cond,
    pub phrases: Vec<SearchPhrase>,
    pub sort: Vec<SortKey>,
    pub limit: usize,
    pub shape: Shape,
}

/// What an answer contains, checked.
pub struct Shape {
    pub fields: Vec<usize>,
    pub expand: Vec<Expand>,
    pub paths: Vec<Path>,
    pub titles: bool,
}

impl Shape {
    pub fn selection<'a>(&self, access: &'a CallerAccess, cx: &Context) -> Selection<'a> {
        Selection {
            fields: self.fields.clone(),
            system: ANSWERED.to_vec(),
            expand: self.expand.clone(),
            paths: self.paths.clone(),
            titles: self.titles,
            people: access,
            locale: cx.locale,
        }
    }
}

impl Engine {
    /// A list: `{"items": […], "next", "count"?, "count_exact"?}`, finished.
    pub async fn list(&self, cx: &Context, form: &str, request: ListRequest) -> EngineResult<Vec<u8>> {
        let access = CallerAccess::new(cx);
        let (index, form, grants) = access.form(form)?;
        if grants.rows == Cond::False {
            return Err(EngineError::not_found());
        }
        let checked = check_list(&access, cx, index, &form, &request, false)?;
        let layout = self.layout(&cx.catalog)?;
        let question = question(&form, &request, cx);
        let ending = match &request.cursor {
            None => None,
            Some(text) => Some(
                read_cursor(question, text)
                    .ok_or_else(|| EngineError::request_faults(vec![Fault::new("cursor", &code::CURSOR_INVALID)]))?,
            ),
        };
        let tables = form.fields.iter().any(|f| f.table().is_some());
        let further = tables || !checked.shape.paths.is_empty();
        let snapshot = if request.count != CountMode::None || further { Snapshot::Yes } else { Snapshot::No };
        let mut tx = self.db().reader(snapshot).await?;
        let compiler = Compiler::new(&cx.catalog, &layout, &access, tx.dialect());
        let mut query = PageQuery {
            form: index,
            filter: &checked.filter,
            phrases: &checked.phrases,
            sort: &checked.sort,
            limit: checked.limit,
            after: None,
            deleted: false,
        };
        let after = match ending {
            None => None,
            Some(ending) => Some(whole_ending(&compiler, &query, ending, &mut tx).await?),
        };
        query.after = after.as_deref();
        let selection = checked.shape.selection(&access, cx);
        let page = select_page(&compiler, &query, &selection, &mut tx).await?;
        let count = match request.count {
            CountMode::None => None,
            CountMode::Exact => Some((count_rows(&compiler, &query, &mut tx).await?, true)),
            CountMode::Bounded => {
                let n = count_up_to(&compiler, &query, COUNT_BOUND, &mut tx).await?;
                Some((n.min(COUNT_BOUND), n <= COUNT_BOUND))
            }
        };
        drop(tx);
        if page.rows > 0 {
            reveal::note(cx, &form, &checked.shape, None).await?;
        }
        let mut out = Vec::with_capacity(page.items.len() + 128);
        out.extend_from_slice(b"{\"items\":[");
        out.extend_from_slice(&page.items);
        out.extend_from_slice(b"],\"next\":");
        match &page.next {
            None => out.extend_from_slice(b"null"),
            Some(values) => {
                out.push(b'"');
                out.extend_from_slice(write_cursor(question, values).as_bytes());
                out.push(b'"');
            }
        }
        if let Some((n, exact)) = count {
            out.extend_from_slice(format!(",\"count\":{n},\"count_exact\":{exact}").as_bytes());
        }
        out.push(b'}');
        Ok(out)
    }

    /// One record.
    pub async fn read(&self, cx: &Context, form: &str, id: Uuid, request: &ReadRequest) -> EngineResult<RecordAnswer> {
        let access = CallerAccess::new(cx);
        let (index, form, grants) = access.form(form)?;
        if grants.rows == Cond::False {
            return Err(EngineError::not_found());
        }
        if let Some(at) = &request.as_of {
            return self.read_as_of(cx, index, &form, id, at).await;
        }
        let mut faults = Vec::new();
        let shape = check_shape(&access, index, &form, &request.select, &request.expand, request.titles, &mut faults);
        if !faults.is_empty() {
            return Err(EngineError::request_faults(faults));
        }
        let layout = self.layout(&cx.catalog)?;
        let further = form.fields.iter().any(|f| f.table().is_some()) || !shape.paths.is_empty();
        let mut tx = self.db().reader(if further { Snapshot::Yes } else { Snapshot::No }).await?;
        let compiler = Compiler::new(&cx.catalog, &layout, &access, tx.dialect());
        let found = select_record(&compiler, index, id, &shape.selection(&access, cx), &mut tx).await?;
        let (body, version) = found.ok_or_else(EngineError::not_found)?;
        drop(tx);
        reveal::note(cx, &form, &shape, Some(id)).await?;
        Ok(RecordAnswer { body, id, version })
    }

    /// What was deleted, with who and when: `{"items": […], "next"}`.
    pub async fn recycle_bin(
        &self,
        cx: &Context,
        form: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> EngineResult<Vec<u8>> {
        let saver = Saver::new(cx)?;
        let (index, form, _) = saver.access.form_for(form, "delete")?;
        let rows = saver.access.rows_for(index, "delete");
        let question = 0x000b_17b1 ^ hash(&form.id);
        let ending = match cursor {
            None => None,
            Some(text) => Some(
                read_cursor(question, text)
                    .ok_or_else(|| EngineError::request_faults(vec![Fault::new("cursor", &code::CURSOR_INVALID)]))?,
            ),
        };
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let compiler = saver.compiler(&tx);
        let query = PageQuery {
            form: index,
            filter: &rows,
            phrases: &[],
            sort: &[],
            limit: limit.clamp(1, 500),
            after: ending.as_ref().map(|ending| ending.values.as_slice()),
            deleted: true,
        };
        let selection = saver.whole(index, &form);
        let page = select_page(&compiler, &query, &selection, &mut tx).await?;
        let mut out = b"{\"items\":[".to_vec();
        out.extend_from_slice(&page.items);
        let next = page.next.map_or("null".to_string(), |v| format!("\"{}\"", write_cursor(question, &v)));
        out.extend_from_slice(format!("],\"next\":{next}}}").as_bytes());
        Ok(out)
    }
}

fn hash(value: &impl Hash) -> u64 {
    // without a random seed: a cursor means the same on every node
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// The list that a cursor belongs to: form, filter, words and order; not the caller, who is asked again on each page.
fn question(form: &Form, request: &ListRequest, cx: &Context) -> u64 {
    let filter = request.filter.as_ref().map(Json::to_string);
    hash(&(&form.id, filter, &request.q, &request.sort, cx.catalog.form_index(&form.name)))
}

/// Reads everything that a list asks for; all faults at once.
pub fn check_list(
    access: &CallerAccess,
    cx: &Context,
    index: usize,
    form: &Arc<Form>,
    request: &ListRequest,
    whole: bool,
) -> EngineResult<CheckedList> {
    let mut faults = Vec::new();
    let vars = access.vars(None);
    let query = QueryContext { catalog: &cx.catalog, sight: access, vars: &vars };
    let filter = request.filter.as_ref().map_or(Cond::True, |f| {
        read_condition(&query, Place::form(index), f, "filter", Limits::default(), &mut faults)
    });
    let phrases = match &request.q {
        None => Vec::new(),
        Some(q) if !fold::is_storable(q) => {
            faults.push(Fault::new("q", &code::TEXT_INVALID));
            Vec::new()
        }
        Some(q) => fold::search_phrases(q).into_iter().take(20).collect(),
    };
    let mut sort = read_sort(&query, index, &request.sort, "sort", &mut faults);
    if request.sort.is_empty()
        && phrases.is_empty()
        && let Ok(path) = resolve_path(&query, Place::form(index), "updated_at", "sort")
    {
        sort.push(SortKey { path, descending: true });
    }
    let limit = match request.limit {
        0 => 50,
        n if n <= 500 || whole => n,
        _ => {
            faults.push(Fault::new("limit", &code::PARAMETER_INVALID).with("name", "limit").with("reason", "1 to 500"));
            50
        }
    };
    let shape = check_shape(access, index, form, &request.select, &request.expand, request.titles, &mut faults);
    if faults.is_empty() {
        Ok(CheckedList { filter, phrases, sort, limit, shape })
    } else {
        Err(EngineError::request_faults(faults))
    }
}

fn expandable(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Link(_) | FieldKind::Links(_) | FieldKind::User | FieldKind::Users)
}

/// Reads `select` and `expand`.
pub fn check_shape(
    access: &CallerAccess,
    index: usize,
    form: &Form,
    select: &[String],
    expand: &[String],
    titles: bool,
    faults: &mut Vec<Fault>,
) -> Shape {
    let vars = access.vars(None);
    let query = QueryContext { catalog: access.catalog(), sight: access, vars: &vars };
    let grants = access.access(index);
    let mut shape = Shape { fields: Vec::new(), expand: Vec::new(), paths: Vec::new(), titles };
    if select.is_empty() {
        shape.fields = (0..form.fields.len()).filter(|f| grants.sees(*f, None)).collect();
    }
    for (i, selected) in read_select(&query, index, select, "select", faults).into_iter().enumerate() {
        match &selected.path.leaf {
            Leaf::Field(field) if selected.path.hops.is_empty() => shape.fields.push(*field),
            Leaf::System(_) if selected.path.hops.is_empty() => {}
            Leaf::Field(_) if selected.path.field(access.catalog()).is_some_and(|f| f.table().is_some()) => {
                faults.push(
                    Fault::new(format!("select/{i}"), &code::VALUE_INVALID)
                        .with("reason", format!("{} holds rows; name one of its columns", selected.path.text)),
                );
            }
            _ if selected.path.hops.is_empty() => {
                faults.push(
                    Fault::new(format!("select/{i}"), &code::VALUE_INVALID)
                        .with("reason", format!("{} is no value of a record", selected.path.text)),
                );
            }
            _ => shape.paths.push(selected.path),
        }
    }
    for (i, name) in expand.iter().enumerate() {
        match resolve_path(&query, Place::form(index), name, &format!("expand/{i}")) {
            Ok(Path { leaf: Leaf::Field(field), hops, .. })
                if hops.is_empty() && form.fields.get(field).is_some_and(expandable) =>
            {
                if !shape.fields.contains(&field) {
                    shape.fields.push(field);
                }
                shape.expand.push(Expand { field });
            }
            Ok(_) => faults.push(
                Fault::new(format!("expand/{i}"), &code::VALUE_INVALID)
                    .with("reason", format!("{name} names no other record")),
            ),
            Err(fault) => faults.push(fault),
        }
    }
    shape.fields.sort_unstable();
    shape.fields.dedup();
    shape
}

/// Refuses where a form may not be read.
pub fn must_read(grants: &formwright_core::permission::Access) -> EngineResult<()> {
    if grants.rows == Cond::False { Err(Refusal::new(&code::NOT_FOUND).into()) } else { Ok(()) }
}
