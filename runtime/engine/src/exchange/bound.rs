//! A file bound to a form: the sheet, its headings, and which column fills what.

use super::child_rows::MainColumns;
use super::child_source::{self, ChildSource};
use super::kind::{After, Kinds};
use super::mapping::{LinkRule, Mapping, OnDuplicate, unfit};
use super::target::{Slot, Targets};
use super::{ImportMode, Upload};
use crate::organisation::Organisation;
use crate::{Context, EngineError, EngineResult, Refusal};
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind, SystemField};
use formwright_exchange::clean::date::DateRules;
use formwright_exchange::heading::{self, Heading, Reason};
use formwright_exchange::row::{Plan, RowOptions, Target};
use formwright_exchange::source::{Limits, OpenOptions, SourceRow, Workbook, open};
use formwright_exchange::{Code, FileFault};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows in which headings are looked for.
const LOOKED_AT: usize = 100;

/// What an import is made of besides the rows.
#[derive(Clone)]
pub struct Shape {
    pub targets: Targets,
    /// Place and aftermath of each path that a row may have a value for.
    pub places: HashMap<String, (Slot, After)>,
    /// The heading of the column that fills a path.
    pub headings: HashMap<String, String>,
    /// The same for columns on sheets of child tables.
    pub row_headings: HashMap<String, String>,
    /// Child tables that the file fills; where it is told of all rows, a record without any has none.
    pub tables: Vec<(usize, bool)>,
    /// Paths that columns or defaults fill.
    pub filled: Vec<String>,
    /// Own fields by which records are found.
    pub key: Vec<String>,
    pub mode: ImportMode,
    /// Creation data is taken over.
    pub migrate: bool,
    pub links: BTreeMap<String, LinkRule>,
    pub on_duplicate: OnDuplicate,
    pub ignored: Vec<String>,
}

/// An opened file with all that is needed to walk over it.
pub struct Bound {
    pub workbook: Workbook,
    pub sheet: usize,
    pub heading: Heading,
    pub plan: Plan,
    pub shape: Shape,
    /// Columns that make a row a row of data.
    pub mapped: Vec<usize>,
    /// Where rows of child tables stand.
    pub children: Vec<ChildSource>,
    pub main: MainColumns,
}

/// What a file is bound to, and by whom.
pub struct Binding<'a> {
    pub cx: &'a Context,
    pub organisation: &'a Organisation,
    pub targets: Targets,
    pub mapping: &'a Mapping,
    /// Fields by normal heading, as this person mapped them before.
    pub remembered: &'a HashMap<String, Option<String>>,
    pub key: &'a [String],
    pub mode: ImportMode,
}

/// A fault of a file as a refusal.
pub fn unreadable(cx: &Context, fault: &FileFault) -> EngineError {
    let notice = &fault.0;
    let found = code::find(notice.code.as_str()).unwrap_or(&code::FILE_UNREADABLE);
    let language = cx.locale.tag();
    let limit = format!("{} {}", notice.word("limit", language), notice.word("unit", language));
    let size = format!("> {limit}");
    Refusal::new(found).with("reason", notice.message(language)).with("limit", limit).with("size", size).into()
}

/// Opens a file as the mapping says.
pub fn open_file(cx: &Context, upload: &Upload, mapping: &Mapping) -> EngineResult<Workbook> {
    let most = usize::try_from(cx.engine.settings().imports_max_size).unwrap_or(usize::MAX);
    let options = OpenOptions {
        encoding: mapping.options.encoding.clone(),
        delimiter: mapping.options.delimiter,
        sheet: mapping.sheet.clone(),
        limits: Limits { file_bytes: most, text_bytes: most, xls_bytes: most, ..Limits::default() },
    };
    open(Arc::<[u8]>::from(upload.bytes.as_slice()), &upload.name, &options).map_err(|fault| unreadable(cx, &fault))
}

/// The row of headings: the one that is named, else the one that looks like it.
pub fn find_heading(
    cx: &Context,
    workbook: &Workbook,
    sheet: usize,
    header_row: Option<u32>,
    fields: &[heading::Field],
) -> EngineResult<(Heading, Vec<SourceRow>)> {
    let refused = |fault: FileFault| unreadable(cx, &fault);
    let first = workbook.preview(sheet, LOOKED_AT).map_err(refused)?;
    let found = match header_row {
        Some(number) => {
            workbook.row(sheet, number).map_err(refused)?.filter(|row| !row.is_blank()).as_ref().map(Heading::of)
        }
        None => heading::find(&first, fields),
    };
    let heading = found.ok_or_else(|| refused(FileFault::new(Code::HeadingMissing)))?;
    Ok((heading, first))
}

impl Binding<'_> {
    /// Opens the file and binds it. Does much reading: not for a thread that others wait for.
    ///
    /// # Errors
    /// What is wrong with the file or the mapping.
    pub fn bind(self, upload: &Upload) -> EngineResult<Bound> {
        let workbook = open_file(self.cx, upload, self.mapping)?;
        let sheet = workbook.default_sheet();
        let offered: Vec<heading::Field> = match &self.mapping.columns {
            None => self.targets.offered(self.cx.locale, false).iter().map(|o| o.names().clone()).collect(),
            Some(columns) => columns
                .keys()
                .map(|title| heading::Field { key: title.clone(), titles: vec![title.clone()], aliases: Vec::new() })
                .collect(),
        };
        let (heading, _) = find_heading(self.cx, &workbook, sheet, self.mapping.header_row, &offered)?;
        let columns = match &self.mapping.columns {
            Some(columns) => self.said(&heading, columns)?,
            None => {
                let hidden = workbook.layout(sheet).map_err(|fault| unreadable(self.cx, &fault))?.hidden_columns;
                self.found(&heading, &offered, &hidden)
            }
        };
        self.plan(workbook, sheet, heading, columns)
    }

    /// Columns as the mapping says.
    fn said(&self, heading: &Heading, columns: &Map<String, Json>) -> EngineResult<Vec<(usize, Slot)>> {
        let mut out: Vec<(usize, Slot)> = Vec::new();
        for (title, field) in columns {
            let path = match field {
                Json::Null => continue,
                Json::String(path) if path.is_empty() => continue,
                Json::String(path) => path,
                _ => return Err(unfit(format!("columns/{title}"))),
            };
            let plain = heading::normal(title);
            let column = heading
                .titles
                .iter()
                .position(|t| t == title)
                .or_else(|| heading.titles.iter().position(|t| heading::normal(t) == plain))
                .ok_or_else(|| unfit(format!("columns/{title}: ∅")))?;
            let slot = self.targets.slot(path).ok_or_else(|| unfit(format!("columns/{title}: {path}")))?;
            if out.iter().any(|(c, s)| *c == column || *s == slot) {
                return Err(unfit(format!("columns/{title}: {path} × 2")));
            }
            out.push((column, slot));
        }
        if out.is_empty() {
            return Err(unfit("columns: 0"));
        }
        Ok(out)
    }

    /// Columns by what they are called, as they were mapped before or as the fields are called.
    fn found(&self, heading: &Heading, offered: &[heading::Field], hidden: &[usize]) -> Vec<(usize, Slot)> {
        propose(&self.targets, heading, offered, hidden, self.remembered)
            .into_iter()
            .filter_map(|(column, slot)| Some((column, slot?)))
            .collect()
    }

    fn plan(
        self,
        workbook: Workbook,
        sheet: usize,
        heading: Heading,
        columns: Vec<(usize, Slot)>,
    ) -> EngineResult<Bound> {
        let targets = &self.targets;
        let may_migrate = targets.access.allows(targets.index, formwright_core::permission::MIGRATE);
        let creation = |slot: &Slot| matches!(slot, Slot::System(SystemField::CreatedAt | SystemField::CreatedBy));
        let migrate = may_migrate && columns.iter().any(|(_, slot)| creation(slot));
        let key = self.key_paths(&columns)?;
        let left_out = |slot: &Slot| match slot {
            Slot::System(SystemField::Id) => !key.iter().any(|k| k == "id"),
            Slot::System(_) => !migrate,
            Slot::Row { .. } => targets.field(*slot).is_none_or(|(_, f)| is_given(f) || f.computed.is_some()),
            // what is worked out is never taken from a file, unless records are found by it
            slot => targets.field(*slot).is_some_and(|(_, f)| {
                f.computed.is_some() && !key.contains(&targets.path(*slot))
                    || self.mode == ImportMode::Create && !migrate && is_given(f)
            }),
        };
        let named = columns.clone();
        let (rows, columns): (Vec<(usize, Slot)>, Vec<(usize, Slot)>) = columns
            .into_iter()
            .filter(|(_, slot)| !left_out(slot))
            .partition(|(_, slot)| matches!(slot, Slot::Row { .. }));
        if columns.is_empty() {
            return Err(unreadable(self.cx, &FileFault::new(Code::HeadingMissing)));
        }
        let verbatim = workbook.written_by_us();
        let options = &self.mapping.options;
        let kinds = Kinds {
            targets,
            organisation: self.organisation,
            options,
            verbatim,
            mapped: columns.iter().map(|(_, slot)| targets.path(*slot)).collect(),
            today: self.cx.clock().today(),
        };
        let row_options = RowOptions {
            dates: DateRules { default_year: options.default_year, day_first: options.day_first, date1904: false },
            default_currency: options.default_currency.clone(),
            rates: Arc::new(options.rates()?),
            ..RowOptions::default()
        }
        .for_workbook(&workbook);
        let mut plan = Plan::new(row_options.clone());
        let (mut places, mut headings, mut filled) = (HashMap::new(), HashMap::new(), Vec::new());
        let mut row_headings = HashMap::new();
        let mut children = child_source::beside(&heading, &rows, targets, &kinds, &row_options, &mut headings);
        let taken: Vec<usize> = children.iter().map(|s| s.table).collect();
        children.extend(self.sheets_of_rows(&workbook, sheet, &taken, &kinds, &row_options, &mut row_headings)?);
        for (path, slot, after) in children.iter().flat_map(|source| &source.places) {
            places.insert(path.clone(), (*slot, *after));
            filled.push(path.clone());
        }
        let target = |slot: Slot| {
            let path = targets.path(slot);
            let required =
                matches!(slot, Slot::Own(_)) && targets.field(slot).is_some_and(|(_, f)| f.required && !is_given(f));
            kinds.of(slot).map(|(kind, after)| (Target { key: path, kind, required }, after))
        };
        for (column, slot) in &columns {
            let Some((target, after)) = target(*slot) else { continue };
            places.insert(target.key.clone(), (*slot, after));
            headings.insert(target.key.clone(), heading.title(*column).to_string());
            filled.push(target.key.clone());
            plan.map(*column, target);
        }
        for (path, value) in &self.mapping.defaults {
            let slot = targets.slot(path).ok_or_else(|| unfit(format!("defaults/{path}")))?;
            let path = targets.path(slot);
            if let Slot::Row { table, .. } = slot {
                for source in children.iter_mut().filter(|s| s.table == table) {
                    source.plan.default_value(&path, value.clone());
                }
                continue;
            }
            plan.default_value(&path, value.clone());
            if !filled.contains(&path) {
                let Some((target, after)) = target(slot) else { continue };
                places.insert(path.clone(), (slot, after));
                filled.push(path);
                plan.leave_unmapped(target);
            }
        }
        for (path, texts) in &self.mapping.values {
            let slot = targets.slot(path).ok_or_else(|| unfit(format!("values/{path}")))?;
            for (text, value) in texts {
                plan.replace(&targets.path(slot), text, value.clone());
                for source in &mut children {
                    source.plan.replace(&targets.path(slot), text, value.clone());
                }
            }
        }
        for path in self.mapping.links.keys() {
            targets.slot(path).ok_or_else(|| unfit(format!("links/{path}")))?;
        }
        // where cleaning puts second values: no column, but a place
        for part in std::iter::once(None).chain((0..targets.parts.len()).map(Some)) {
            let fields = match part {
                None => targets.form.fields.len(),
                Some(part) => targets
                    .parts
                    .get(part)
                    .and_then(|p| targets.catalog.forms.get(p.form))
                    .map_or(0, |f| f.fields.len()),
            };
            for field in 0..fields {
                let slot = part.map_or(Slot::Own(field), |part| Slot::Part { part, field });
                let path = targets.path(slot);
                if !places.contains_key(&path) && targets.slot(&path).is_some() {
                    places.insert(path, (slot, After::Nothing));
                }
            }
        }
        let mut taken: Vec<usize> = plan.columns();
        taken.extend(children.iter().filter(|s| s.sheet.is_none()).flat_map(|s| s.plan.columns()));
        taken.sort_unstable();
        let ignored = heading
            .titles
            .iter()
            .enumerate()
            .filter(|(c, t)| !t.is_empty() && !taken.contains(c))
            .map(|(_, t)| t.clone())
            .collect();
        let shape = Shape {
            targets: self.targets.clone(),
            places,
            headings,
            row_headings,
            tables: children.iter().map(|source| (source.table, source.whole)).collect(),
            filled,
            key,
            mode: self.mode,
            migrate,
            links: self.mapping.links.clone(),
            on_duplicate: options.on_duplicate,
            ignored,
        };
        let main = self.main_columns(&columns, &named, &shape.key, &heading);
        Ok(Bound { workbook, sheet, heading, plan, shape, mapped: taken, children, main })
    }
}

/// A place for each column that has one: as it was mapped before, else by its name.
pub fn propose(
    targets: &Targets,
    heading: &Heading,
    offered: &[heading::Field],
    hidden: &[usize],
    remembered: &HashMap<String, Option<String>>,
) -> Vec<(usize, Option<Slot>)> {
    let mut taken: Vec<Slot> = Vec::new();
    let before: Vec<Option<Option<Slot>>> = heading
        .titles
        .iter()
        .map(|title| {
            let path = remembered.get(&heading::normal(title)).filter(|_| !title.is_empty())?;
            let slot = path.as_deref().and_then(|path| targets.slot(path)).filter(|slot| !taken.contains(slot));
            taken.extend(slot);
            Some(slot)
        })
        .collect();
    let proposed = heading::propose(heading, offered, hidden);
    proposed
        .iter()
        .zip(before)
        .map(|(column, before)| {
            let named = || {
                column
                    .field
                    .as_deref()
                    .filter(|_| column.reason == Reason::Named)
                    .and_then(|path| targets.slot(path))
                    .filter(|slot| !taken.contains(slot))
            };
            let system = || system_named(&column.heading).map(Slot::System).filter(|_| !hidden.contains(&column.index));
            let row = || row_column(targets, &column.heading).filter(|_| !hidden.contains(&column.index));
            (column.index, before.unwrap_or_else(|| named().or_else(system).or_else(row)))
        })
        .collect()
}

/// The system field that a file may hold and a heading is called like.
pub fn system_named(title: &str) -> Option<SystemField> {
    let plain = heading::normal(title);
    let is = |system: &SystemField| plain == system.name() || system.title().all().any(|t| heading::normal(t) == plain);
    [SystemField::Id, SystemField::CreatedAt, SystemField::CreatedBy].into_iter().find(is)
}

/// A column of a child table beside the record: `lines.quantity`, `Lines · Quantity`.
fn row_column(targets: &Targets, title: &str) -> Option<Slot> {
    let plain = heading::normal(title);
    let is = |name: String| heading::normal(&name) == plain;
    for table in targets.tables() {
        let field = targets.form.fields.get(table)?;
        for of in &field.table()?.fields {
            let path = format!("{}.{}", field.name, of.name);
            let mut titles = field.title.all().flat_map(|t| of.title.all().map(move |c| format!("{t} · {c}")));
            if is(path.clone()) || titles.any(is) {
                return targets.slot(&path);
            }
        }
    }
    None
}

/// Whether nobody types the field: the installation gives its value.
pub fn is_given(field: &Field) -> bool {
    field.read_only || matches!(field.kind, FieldKind::Serial(_))
}
