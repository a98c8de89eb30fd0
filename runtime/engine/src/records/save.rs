//! The one path on which a record is written: create and update.

use super::changes::changes_between;
use super::references::check_references;
use super::unseen::{self, PartlySeen};
use super::{RecordAnswer, computed, rules, status};
use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::context::{Authority, Context};
use crate::duplicates::refuse_same;
use crate::error::{EngineError, EngineResult, Refusal};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldDefault, FieldKind, Storage, SystemField};
use formwright_core::form::Form;
use formwright_core::permission::WriteGrant;
use formwright_core::query::{Cond, Limits, Place, QueryContext, read_condition};
use formwright_core::record::{FieldPatch, Patch, Record, apply_rows, check, check_row_ids, read_value, value_to_json};
use formwright_core::value::Value;
use formwright_store::layout::{FormLayout, Layout};
use formwright_store::records::{self, HistoryRow};
use formwright_store::select::{AccessSource, Compiler, Selection};
use formwright_store::{StoreError, Tx};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// Why a record is written, as its history says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    Create,
    Update,
    Delete,
    Restore,
    Import,
    /// Shipped or moved data.
    Migration,
}

impl Cause {
    pub fn name(self) -> &'static str {
        match self {
            Cause::Create => "create",
            Cause::Update => "update",
            Cause::Delete => "delete",
            Cause::Restore => "restore",
            Cause::Import => "import",
            Cause::Migration => "migration",
        }
    }
}

/// How a save is made.
#[derive(Clone, Copy, Debug)]
pub struct SaveOptions {
    pub cause: Option<Cause>,
    /// One act on many records.
    pub batch: Option<Uuid>,
    /// Moved data: serials, creation data and readonly fields are given; transitions are not asked.
    pub migrate: bool,
}

impl SaveOptions {
    pub fn plain() -> SaveOptions {
        SaveOptions { cause: None, batch: None, migrate: false }
    }

    /// Whether records that are there already are looked for. An import does so itself, many rows at once.
    fn asks_for_same(self) -> bool {
        !self.migrate && !matches!(self.cause, Some(Cause::Import | Cause::Restore))
    }
}

/// Everything a save needs, owned, so that it can go to where the transaction runs.
#[derive(Clone)]
pub struct Saver {
    pub cx: Context,
    pub access: Arc<CallerAccess>,
    pub layout: Arc<Layout>,
    pub origin: Origin,
}

impl Saver {
    pub fn new(cx: &Context) -> EngineResult<Saver> {
        Ok(Saver {
            cx: cx.clone(),
            access: Arc::new(CallerAccess::new(cx)),
            layout: cx.engine.layout(&cx.catalog)?,
            origin: Origin::of(cx),
        })
    }

    pub fn compiler<'a>(&'a self, tx: &Tx) -> Compiler<'a> {
        Compiler::new(&self.cx.catalog, &self.layout, self.access.as_ref(), tx.dialect())
    }

    /// Reads a body into a patch. What cannot be read is reported by the save, with all else that is wrong.
    pub fn read_patch(&self, form_index: usize, form: &Form, body: &Map<String, Json>) -> EngineResult<Patch> {
        let access = self.access.access(form_index);
        let mut faults = Vec::new();
        let mut patch = Patch::read(form, body, &|field, column| access.sees(field, column), &mut faults);
        patch.faults = faults;
        Ok(patch)
    }

    /// Creates a record; the caller's right to create was asked before.
    pub async fn create(
        &self,
        form_index: usize,
        form: &Arc<Form>,
        patch: &Patch,
        options: SaveOptions,
        tx: &mut Tx,
    ) -> EngineResult<Record> {
        let access = self.access.access(form_index);
        let mut faults = patch.faults.clone();
        let mut id = Uuid::now_v7();
        if patch.version.is_some() {
            faults.push(Fault::new("version", &code::FIELD_READ_ONLY));
        }
        let (mut created_at, mut created_by) = (self.cx.now, self.cx.author());
        for (system, value) in &patch.system {
            match system {
                SystemField::Id if !value.is_null() => match value.as_str().and_then(|t| Uuid::try_parse(t).ok()) {
                    // the time in front keeps the order of ids, and no id can be guessed into a place of its own choice
                    Some(given) if is_made_id(given) => id = given,
                    _ => faults.push(Fault::new("id", &code::FORMAT_INVALID).with("format", "UUIDv7")),
                },
                SystemField::CreatedAt if options.migrate => match value
                    .as_str()
                    .and_then(formwright_core::record::parse_instant)
                {
                    Some(at) => created_at = at,
                    None if value.is_null() => {}
                    None => faults.push(Fault::new("created_at", &code::FORMAT_INVALID).with("format", "date-time")),
                },
                SystemField::CreatedBy if options.migrate => match value.as_str().and_then(|t| Uuid::try_parse(t).ok())
                {
                    Some(by) => created_by = by,
                    None if value.is_null() => {}
                    None => faults.push(Fault::new("created_by", &code::NOT_FOUND_REFERENCE)),
                },
                other if !value.is_null() => faults.push(Fault::new(other.name(), &code::FIELD_READ_ONLY)),
                _ => {}
            }
        }
        let mut values = Vec::with_capacity(form.fields.len());
        let (mut sent, mut fixed) = (Vec::new(), Vec::new());
        for (i, field) in form.fields.iter().enumerate() {
            match patch.get(i) {
                None => values.push(self.default_of(field)),
                Some(change) => {
                    let value = self.new_value(field, change, &mut faults);
                    if field.computed.is_some() {
                        // compared with what it turns out to be
                    } else if field.read_only
                        && !options.migrate
                        && !value.is_empty()
                        && value != self.default_of(field)
                    {
                        fixed.push(i);
                    } else if !value.is_empty() && value != self.default_of(field) {
                        sent.push(i);
                    }
                    values.push(value);
                }
            }
        }
        let mut record = Record {
            id,
            version: 1,
            created_at,
            created_by,
            updated_at: self.cx.now.max(created_at),
            updated_by: self.cx.author(),
            deleted_at: None,
            flow_state: "none".to_string(),
            values,
        };
        let given = computed::given(form, &record);
        computed::begin(form, &mut record);
        let untouched = |i: usize| patch.get(i).is_none();
        self.fill_defaults(form_index, form, &mut record, &untouched, tx, &mut faults).await?;
        if !options.migrate {
            let as_default = self.sent_as_default(form, &record, &[fixed.as_slice(), &sent].concat(), tx).await?;
            sent.retain(|i| !as_default.contains(i));
            let unwritten = sent.iter().filter(|f| !access.create.iter().any(|g| g.writes(**f, None)));
            for index in fixed.iter().filter(|i| !as_default.contains(i)).chain(unwritten) {
                if let Some(field) = form.fields.get(*index) {
                    faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY));
                }
            }
        }
        let unread = faults.clone();
        let ruling = self.settle(form_index, form, &mut record, Some(patch), tx, &mut faults).await?;
        if !options.migrate {
            computed::refuse_given(form, &given, None, &record, &mut faults);
        }
        faults.extend(check(form, &record.values, None).into_iter().filter(|f| !is_about(&unread, f)));
        let typed: &[usize] = if options.migrate { &[] } else { &sent };
        self.judge(form_index, form, &ruling, None, &record, typed, &mut faults);
        self.check_table_ids(form, &record, &mut faults);
        let compiler = self.compiler(tx);
        check_references(self, &compiler, form_index, form, &record.values, None, tx, &mut faults).await?;
        if !options.migrate {
            status::check_initial(form, &record.values, &mut faults);
        }
        if options.asks_for_same() {
            refuse_same(&compiler, form_index, &record, &|_| true, tx, &mut faults).await?;
        }
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        if super::serial::assign(self, form, &mut record, options.migrate, tx).await? && !form.computed.is_empty() {
            self.compute(form_index, form, &mut record, tx, &mut faults).await?;
            faults.extend(check(form, &record.values, None));
            ruling.verdict.excuse(form, &mut faults);
            if !faults.is_empty() {
                return Err(EngineError::faults(&code::VALIDATION, faults));
            }
        }
        let cause = options.cause.unwrap_or(Cause::Create);
        records::insert(&compiler, form_index, &record, tx).await.map_err(|e| self.constraint(form, e))?;
        if !options.migrate {
            let conds: Vec<Cond> = access.create.iter().map(|g| g.rows.clone()).collect();
            let holds = records::probe(&compiler, form_index, record.id, &conds, tx).await?;
            admitted(form, &access.create, &holds, &sent, "create")?;
        }
        status::enter(form, &record, None, self.cx.now, tx).await?;
        super::references::attach_files(self, form, None, &record, tx).await?;
        self.leave_trail(form, None, &record, cause, options.batch, tx).await?;
        self.follow_on(form_index, None, Some(&record), true, tx).await?;
        Ok(record)
    }

    /// Changes a record. Nothing is written where nothing changes.
    pub async fn update(
        &self,
        form_index: usize,
        form: &Arc<Form>,
        id: Uuid,
        patch: &Patch,
        if_match: Option<i64>,
        options: SaveOptions,
        tx: &mut Tx,
    ) -> EngineResult<Record> {
        let access = self.access.access(form_index);
        let compiler = self.compiler(tx);
        let mut conds: Vec<Cond> = access.update.iter().map(|g| g.rows.clone()).collect();
        let locked = self.lock_condition(form_index, form);
        conds.push(locked.clone());
        let partly = PartlySeen::of(form, &access, patch);
        let asked = conds.len();
        conds.extend(partly.conditions());
        let loaded =
            records::load(&compiler, form_index, id, false, &conds, tx).await?.ok_or_else(EngineError::not_found)?;
        let (old, mut holds) = (loaded.record, loaded.holds);
        let hidden = partly.hidden(&holds.split_off(asked.min(holds.len())));
        if access.update.is_empty() || !holds.iter().take(access.update.len()).any(|h| *h) {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "update").into());
        }
        if let Some(expected) = if_match.or(patch.version)
            && expected != old.version
        {
            return Err(super::history::conflict(self, form_index, form, &old, expected, tx).await?);
        }
        if locked != Cond::False && holds.last() == Some(&true) {
            return Err(EngineError::refused(&code::RECORD_LOCKED));
        }
        let before: Vec<&WriteGrant> = access.update.iter().zip(&holds).filter(|(_, h)| **h).map(|(g, _)| g).collect();
        let mut faults = patch.faults.clone();
        for (system, value) in &patch.system {
            if !same_system(value, &system_json(&old, *system)) {
                faults.push(Fault::new(system.name(), &code::FIELD_READ_ONLY));
            }
        }
        let mut new = old.clone();
        let mut changed = Vec::new();
        for (i, change) in &unseen::leave_out(form, patch, &hidden, &before, &mut faults) {
            let (Some(field), Some(current)) = (form.fields.get(*i), old.values.get(*i)) else { continue };
            let value = match (change, current, field.table()) {
                (FieldPatch::Set(value), _, _) => value.clone(),
                (rows, Value::Rows(current), Some(table)) => {
                    let mut inner = Vec::new();
                    let rows =
                        apply_rows(table, current, rows, false, &mut Uuid::now_v7, &|f| self.default_of(f), &mut inner);
                    faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                    self.check_columns(field, current, &rows, &before, *i, &mut faults);
                    Value::Rows(rows)
                }
                _ => current.clone(),
            };
            if value == *current && !hidden.contains(&(*i, None)) {
                continue;
            }
            if field.computed.is_some() {
                // only what it is now is taken, and changes nothing; what is not kept was right when it was read
                if !options.migrate && field.is_kept() {
                    faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY));
                }
                continue;
            }
            if (field.read_only && !options.migrate) || !before.iter().any(|g| g.writes(*i, None)) {
                faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY));
                continue;
            }
            changed.push(*i);
            if let Some(slot) = new.values.get_mut(*i) {
                *slot = value;
            }
        }
        changed.sort_unstable();
        let written = changed.clone();
        let mut ruling = rules::Ruling::default();
        if !changed.is_empty() {
            new.version += 1;
            new.updated_at = self.cx.now.max(old.updated_at);
            new.updated_by = self.cx.author();
            let given = computed::given(form, &new);
            ruling = self.settle(form_index, form, &mut new, None, tx, &mut faults).await?;
            if !options.migrate {
                computed::refuse_given(form, &given, Some(&old), &new, &mut faults);
            }
            changed = rules::changed(form, &old, &new, changed);
            faults.extend(
                check(form, &new.values, Some(&old.values))
                    .into_iter()
                    .filter(|f| concerns(form, &changed, f, &old, &new)),
            );
            let typed: &[usize] = if options.migrate { &[] } else { &written };
            self.judge(form_index, form, &ruling, Some(&old), &new, typed, &mut faults);
        }
        self.check_table_ids(form, &new, &mut faults);
        check_references(self, &compiler, form_index, form, &new.values, Some(&old.values), tx, &mut faults).await?;
        if !options.migrate {
            status::check_moves(self, form_index, form, &old, &new, tx, &mut faults).await?;
            ruling.verdict.excuse(form, &mut faults);
        }
        if options.asks_for_same() {
            refuse_same(&compiler, form_index, &new, &|field| changed.contains(&field), tx, &mut faults).await?;
        }
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        if changed.is_empty() {
            return Ok(old);
        }
        records::update(&compiler, form_index, loaded.rid, &old, &new, &changed, tx)
            .await
            .map_err(|e| self.constraint(form, e))?;
        let conds: Vec<Cond> = before.iter().map(|g| g.rows.clone()).collect();
        let holds = records::probe(&compiler, form_index, id, &conds, tx).await?;
        let grants: Vec<WriteGrant> = before.into_iter().cloned().collect();
        admitted(form, &grants, &holds, &written, "update")?;
        status::enter(form, &new, Some(&old), self.cx.now, tx).await?;
        super::references::attach_files(self, form, Some(&old), &new, tx).await?;
        self.leave_trail(form, Some(&old), &new, options.cause.unwrap_or(Cause::Update), options.batch, tx).await?;
        self.follow_on(form_index, Some(&old), Some(&new), false, tx).await?;
        Ok(new)
    }

    /// Where the records of a form live.
    pub(super) fn laid_out(&self, form: &Form) -> EngineResult<&FormLayout> {
        let found = self.layout.form_by_id(&form.id);
        found.ok_or_else(|| EngineError::Internal(format!("the form {} has no tables", form.name)))
    }

    /// History, audit and event of a write, in its transaction.
    pub(super) async fn leave_trail(
        &self,
        form: &Form,
        old: Option<&Record>,
        new: &Record,
        cause: Cause,
        batch: Option<Uuid>,
        tx: &mut Tx,
    ) -> EngineResult<()> {
        if form.history {
            let changes = changes_between(form, old, new);
            let entry = HistoryRow {
                form: &form.id,
                record: new.id,
                version: new.version,
                at: self.cx.now,
                by: self.cx.author(),
                cause: cause.name(),
                batch,
                changes: &changes,
            };
            records::append_history(&entry, self.laid_out(form)?, tx).await?;
        }
        let what = match cause {
            Cause::Create => "record.create",
            Cause::Update => "record.update",
            Cause::Delete => "record.delete",
            Cause::Restore => "record.restore",
            Cause::Import => "record.import",
            Cause::Migration => "record.migrate",
        };
        audit::record(
            tx,
            &self.origin,
            "record",
            json!({"what": what, "on": {"form": form.id, "id": new.id, "version": new.version}}),
        )
        .await?;
        let event = match cause {
            Cause::Delete => "deleted",
            Cause::Restore => "created",
            _ if old.is_none() => "created",
            _ => "updated",
        };
        records::append_event(event, &form.id, new.id, new.version, self.cx.now, tx).await?;
        Ok(())
    }

    /// The record as the caller sees it now; where he may not read what he wrote, its id and version.
    pub async fn answer(
        &self,
        form_index: usize,
        form: &Form,
        record: &Record,
        tx: &mut Tx,
    ) -> EngineResult<RecordAnswer> {
        let compiler = self.compiler(tx);
        let selection = self.whole(form_index, form);
        let body =
            match formwright_store::select::select_record(&compiler, form_index, record.id, &selection, tx).await? {
                Some((body, _)) => body,
                None => json!({"id": record.id, "version": record.version}).to_string().into_bytes(),
            };
        Ok(RecordAnswer { body, id: record.id, version: record.version })
    }

    /// All that the caller may see of a form.
    pub fn whole<'a>(&'a self, form_index: usize, form: &Form) -> Selection<'a> {
        let access = self.access.access(form_index);
        Selection {
            fields: (0..form.fields.len()).filter(|f| access.sees(*f, None)).collect(),
            system: ANSWERED.to_vec(),
            expand: Vec::new(),
            paths: Vec::new(),
            titles: false,
            people: self.access.as_ref(),
            locale: self.cx.locale,
        }
    }

    fn lock_condition(&self, form_index: usize, form: &Form) -> Cond {
        let Some(lock) = &form.lock else { return Cond::False };
        let vars = self.access.vars(None);
        let cx = QueryContext { catalog: &self.cx.catalog, sight: &formwright_core::query::AllSight, vars: &vars };
        let mut faults = Vec::new();
        let cond = read_condition(&cx, Place::form(form_index), lock, "lock", Limits::default(), &mut faults);
        if faults.is_empty() { cond } else { Cond::False }
    }

    fn new_value(&self, field: &Field, change: &FieldPatch, faults: &mut Vec<Fault>) -> Value {
        match (change, field.table()) {
            (FieldPatch::Set(value), _) => value.clone(),
            (rows, Some(table)) => {
                let mut inner = Vec::new();
                let rows = apply_rows(table, &[], rows, true, &mut Uuid::now_v7, &|f| self.default_of(f), &mut inner);
                // as for the record's own: the time in front keeps the order of ids
                inner.extend(
                    rows.iter()
                        .enumerate()
                        .filter(|(_, row)| !is_made_id(row.id))
                        .map(|(i, _)| Fault::new(format!("{i}/id"), &code::FORMAT_INVALID).with("format", "UUIDv7")),
                );
                faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                Value::Rows(rows)
            }
            _ => Value::Null,
        }
    }

    /// The default of a field for this caller now.
    pub(super) fn default_of(&self, field: &Field) -> Value {
        let many = |id: Option<Uuid>| match (id, field.kind.storage()) {
            (None, _) => Value::Null,
            (Some(id), Storage::List(_)) => Value::List(vec![Value::Id(id)]),
            (Some(id), _) => Value::Id(id),
        };
        match &field.default {
            Some(FieldDefault::Value(value)) => value.clone(),
            Some(FieldDefault::Me) => many(self.cx.principal().map(|p| p.person.id)),
            Some(FieldDefault::MyDepartment) => many(self.cx.principal().and_then(|p| p.person.department)),
            Some(FieldDefault::Today) => Value::Date(self.cx.clock().today()),
            Some(FieldDefault::Now) => Value::Ts(self.cx.now),
            Some(FieldDefault::Setting(key)) => self
                .cx
                .engine
                .company(&self.cx.catalog)
                .get(key)
                .and_then(|json| read_value(field, json, &mut Vec::new()))
                .unwrap_or(Value::Null),
            None if matches!(field.kind, FieldKind::Table(_)) => Value::Rows(Vec::new()),
            // filled in when all other values stand
            Some(FieldDefault::Expression(_)) | None => Value::Null,
        }
    }

    fn check_table_ids(&self, form: &Form, record: &Record, faults: &mut Vec<Fault>) {
        for (field, value) in form.fields.iter().zip(&record.values) {
            if let Value::Rows(rows) = value {
                check_row_ids(&field.name, rows, faults);
                if rows.len() > 10_000 {
                    faults.push(Fault::new(&field.name, &code::TOO_MANY).with("limit", 10_000));
                }
            }
        }
    }

    /// Columns that the caller may not write keep their values.
    fn check_columns(
        &self,
        field: &Field,
        old: &[formwright_core::value::Row],
        new: &[formwright_core::value::Row],
        grants: &[&WriteGrant],
        index: usize,
        faults: &mut Vec<Fault>,
    ) {
        let Some(table) = field.table() else { return };
        for (c, column) in table.fields.iter().enumerate().filter(|(_, c)| c.computed.is_none()) {
            if grants.iter().any(|g| g.writes(index, Some(c))) && !column.read_only {
                continue;
            }
            for (i, row) in new.iter().enumerate() {
                let was = old
                    .iter()
                    .find(|o| o.id == row.id)
                    .and_then(|o| o.values.get(c).cloned())
                    .unwrap_or_else(|| self.default_of(column));
                if row.values.get(c) != Some(&was) {
                    faults.push(Fault::new(format!("{}/{i}/{}", field.name, column.name), &code::FIELD_READ_ONLY));
                }
            }
        }
    }

    /// A violated constraint becomes a fault of the field it is about.
    pub(super) fn constraint(&self, form: &Form, error: StoreError) -> EngineError {
        let StoreError::Unique { constraint, columns, .. } = &error else { return error.into() };
        let text = constraint.clone().unwrap_or_default();
        let names = |field: &Field| {
            let mine = |c: &str| c == field.id || c.strip_suffix("_n") == Some(field.id.as_str());
            columns.iter().any(|c| mine(c)) || text.contains(&field.id)
        };
        if columns.iter().any(|c| c == "id") || text.ends_with("_id") && !form.fields.iter().any(names) {
            return EngineError::faults(&code::VALIDATION, vec![Fault::new("id", &code::DUPLICATE)]);
        }
        let mut faults: Vec<Fault> =
            form.fields.iter().filter(|f| names(f)).map(|f| Fault::new(&f.name, &code::DUPLICATE)).collect();
        if faults.is_empty() {
            // an index over several fields, named by its number
            let number = text.rsplit('_').next().and_then(|n| n.parse::<usize>().ok());
            faults = number.and_then(|n| form.unique.get(n)).map_or_else(Vec::new, |u| {
                u.fields
                    .iter()
                    .filter_map(|f| form.fields.get(*f))
                    .map(|f| Fault::new(&f.name, &code::DUPLICATE))
                    .collect()
            });
        }
        if faults.is_empty() {
            faults.push(Fault::new("", &code::DUPLICATE));
        }
        EngineError::faults(&code::VALIDATION, faults)
    }

    /// Whether the work is the installation's own.
    pub fn is_own_work(&self) -> bool {
        matches!(self.cx.authority, Authority::System(_))
    }
}

/// System fields of an answer, in their order.
pub const ANSWERED: [SystemField; 6] = [
    SystemField::CreatedAt,
    SystemField::CreatedBy,
    SystemField::UpdatedAt,
    SystemField::UpdatedBy,
    SystemField::DeletedAt,
    SystemField::FlowState,
];

/// Whether an id is of the kinds that are made: UUIDv7, and UUIDv8 for derived ones.
fn is_made_id(id: Uuid) -> bool {
    matches!(id.get_version_num(), 7 | 8)
}

/// A single grant must admit the record and let each written field be written.
fn admitted(form: &Form, grants: &[WriteGrant], holds: &[bool], written: &[usize], action: &str) -> EngineResult<()> {
    let admitting: Vec<&WriteGrant> = grants.iter().zip(holds).filter(|(_, h)| **h).map(|(g, _)| g).collect();
    if admitting.is_empty() {
        return Err(Refusal::new(&code::FORBIDDEN).with("action", action).into());
    }
    let faults: Vec<Fault> = written
        .iter()
        .filter(|f| !admitting.iter().any(|g| g.writes(**f, None)))
        .filter_map(|f| form.fields.get(*f))
        .map(|f| Fault::new(&f.name, &code::FIELD_READ_ONLY))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(EngineError::faults(&code::VALIDATION, faults)) }
}

/// Whether one of these faults is about the same field: what could not be read is not also said to be missing.
fn is_about(faults: &[Fault], fault: &Fault) -> bool {
    let head = |f: &Fault| f.path.split('/').next().unwrap_or_default().to_string();
    faults.iter().any(|f| head(f) == head(fault))
}

/// What was wrong before and was not touched is not held against this change.
pub(super) fn concerns(form: &Form, changed: &[usize], fault: &Fault, old: &Record, new: &Record) -> bool {
    let head = fault.path.split('/').next().unwrap_or_default();
    match form.field(head) {
        None => true,
        Some((index, _)) => {
            changed.contains(&index) || old.values.get(index) != new.values.get(index) || form.has_whole_schema
        }
    }
}

/// Whether a system field was sent back as it is; instants may be written in several ways.
fn same_system(sent: &Json, now: &Json) -> bool {
    let instant = |json: &Json| json.as_str().and_then(formwright_core::record::parse_instant);
    sent == now || instant(sent).is_some_and(|sent| Some(sent) == instant(now))
}

pub(super) fn system_json(record: &Record, field: SystemField) -> Json {
    match field {
        SystemField::Id => json!(record.id),
        SystemField::Version => json!(record.version),
        SystemField::CreatedAt => Value::Ts(record.created_at).to_json(),
        SystemField::CreatedBy => json!(record.created_by),
        SystemField::UpdatedAt => Value::Ts(record.updated_at).to_json(),
        SystemField::UpdatedBy => json!(record.updated_by),
        SystemField::DeletedAt => record.deleted_at.map_or(Json::Null, |t| Value::Ts(t).to_json()),
        SystemField::FlowState => json!(record.flow_state),
    }
}

/// The record as JSON with true values, for conditions that name it.
pub(super) fn record_json(form: &Form, record: &Record) -> Json {
    let mut map = Map::new();
    for system in SystemField::ALL {
        map.insert(system.name().into(), system_json(record, system));
    }
    for (field, value) in form.fields.iter().zip(&record.values) {
        map.insert(field.name.clone(), value_to_json(field, value));
    }
    Json::Object(map)
}
