//! A draft as it would be judged, with nothing written.
//!
//! Two records are followed side by side: the true one, which the rules judge as a save would, and the one that the caller sees,
//! in which what is hidden from him is empty and from which formulas are worked out for him.

use super::json::record_json;
use super::rules::Ruling;
use super::save::concerns;
use super::saver::Saver;
use super::status::{self, Move};
use super::unfit;
use crate::Engine;
use crate::context::Context;
use crate::error::EngineResult;
use formwright_core::diagnostic::{Fault, without_repeats};
use formwright_core::field::{Field, SystemField};
use formwright_core::form::Form;
use formwright_core::permission::{Access, Mask};
use formwright_core::record::{FieldPatch, Outcome, Patch, Record, apply_rows, check, exact_json};
use formwright_core::rule::Place;
use formwright_core::value::Value;
use formwright_store::computed::{Known, Reason};
use formwright_store::{Snapshot, records};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// What is previewed, and for whom.
struct Preview<'a> {
    saver: &'a Saver,
    index: usize,
    form: &'a Form,
    access: Arc<Access>,
    patch: &'a Patch,
    /// The record that the draft changes, as it is stored.
    truth: Option<Record>,
}

/// What came of it.
struct Found<'a> {
    /// As the caller sees it.
    record: Record,
    ruling: Ruling,
    outcome: Outcome,
    moves: Vec<(usize, Vec<Move<'a>>)>,
    faults: Vec<Fault>,
}

impl Engine {
    /// `{"record", "computed", "show", "hide", "require", "readonly", "options", "moves", "faults", "warnings"}` of a draft. Faults
    /// do not make the request fail: they are the answer.
    pub async fn preview(&self, cx: &Context, form: &str, body: Map<String, Json>) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, access) = saver.access.form(form)?;
        let mut faults = Vec::new();
        let patch = Patch::read(&form, &body, &|f, c| access.sees(f, c), &mut faults);
        let truth = self.stored(&saver, index, &patch).await?;
        let preview = Preview { saver: &saver, index, form: &form, access, patch: &patch, truth };
        let found = preview.find(self, faults).await?;
        Ok(preview.tell(found))
    }

    /// The record that the draft changes, where it names one that the caller may read.
    async fn stored(&self, saver: &Saver, index: usize, patch: &Patch) -> EngineResult<Option<Record>> {
        let given = patch.system.iter().find(|(system, _)| *system == SystemField::Id);
        let Some(id) = given.and_then(|(_, json)| json.as_str()).and_then(|t| Uuid::try_parse(t).ok()) else {
            return Ok(None);
        };
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let compiler = saver.compiler(&tx);
        Ok(records::peek(&compiler, index, id, false, &[], &mut tx).await?.map(|loaded| loaded.record))
    }
}

impl<'a> Preview<'a> {
    /// The draft over a record. `ids` gives new rows the same ids each time.
    fn draft(&self, base: Option<&Record>, ids: &mut HashMap<(usize, usize), Uuid>, faults: &mut Vec<Fault>) -> Record {
        let mut record = base.cloned().unwrap_or_else(|| new_record(self.saver, self.form));
        for (i, field) in self.form.fields.iter().enumerate() {
            let (Some(change), Some(slot)) = (self.patch.get(i), record.values.get_mut(i)) else { continue };
            if field.computed.is_some() {
                // nobody types it
                continue;
            }
            let value = match (change, field.table()) {
                (FieldPatch::Set(value), _) => value.clone(),
                (rows, Some(table)) => {
                    let mut inner: Vec<Fault> = Vec::new();
                    let current = match &*slot {
                        Value::Rows(rows) if base.is_some() => rows.clone(),
                        _ => Vec::new(),
                    };
                    let default = |f: &Field| self.saver.default_of(f);
                    let mut count = 0;
                    let mut new_id = || {
                        count += 1;
                        *ids.entry((i, count)).or_insert_with(Uuid::now_v7)
                    };
                    let rows = apply_rows(table, &current, rows, true, &mut new_id, &default, &mut inner);
                    faults.extend(inner.into_iter().map(|f| f.under(&field.name)));
                    Value::Rows(rows)
                }
                _ => Value::Null,
            };
            // a value that he may not see is not emptied by sending what he saw of it
            let is_unseen = base.is_some() && *self.access.mask(i, None) != Mask::Shown;
            if !(is_unseen && value.is_empty()) {
                *slot = value;
            }
        }
        record
    }

    async fn find(&self, engine: &Engine, mut faults: Vec<Fault>) -> EngineResult<Found<'a>> {
        let (saver, index, form) = (self.saver, self.index, self.form);
        let mut ids = HashMap::new();
        let mut true_record = self.draft(self.truth.as_ref(), &mut ids, &mut faults);
        let seen = self.truth.as_ref().map(|record| seen_by(&self.access, record));
        let mut record = self.draft(seen.as_ref(), &mut ids, &mut Vec::new());
        let is_partly_seen = record.values != true_record.values;
        let typed = true_record.values.clone();
        let mut tx = engine.db().reader(Snapshot::No).await?;
        let draft = self.truth.is_none().then_some(self.patch);
        if self.truth.is_none() {
            let untouched = |i: usize| self.patch.get(i).is_none();
            saver.fill_defaults(index, form, &mut true_record, &untouched, &mut tx, &mut faults).await?;
        }
        let (mut outcome, ruling) = saver.work_out(index, form, &mut true_record, draft, Reason::Show, &mut tx).await?;
        if is_partly_seen {
            // what rules give, they give to whoever looks; formulas are his own
            for (i, field) in form.fields.iter().enumerate() {
                let given = true_record.values.get(i).filter(|v| field.computed.is_none() && Some(*v) != typed.get(i));
                if let (Some(slot), Some(value)) = (record.values.get_mut(i), given) {
                    *slot = value.clone();
                }
            }
            outcome = saver.outcome(form, &mut record, Reason::Show, &mut Known::default(), &mut tx).await?;
        } else {
            record = true_record.clone();
        }
        faults.append(&mut outcome.faults);
        self.judge(&ruling, &typed, &true_record, &mut faults);
        let before = self.truth.as_ref().map(|b| b.values.as_slice());
        let compiler = saver.compiler(&tx);
        super::references::check_references(
            saver,
            &compiler,
            index,
            form,
            &true_record.values,
            before,
            &mut tx,
            &mut faults,
        )
        .await?;
        match &self.truth {
            None => status::check_initial(form, &true_record.values, &mut faults),
            Some(old) => status::check_moves(saver, index, form, old, &true_record, &mut tx, &mut faults).await?,
        }
        ruling.verdict.excuse(form, &mut faults);
        let moves = status::moves(saver, index, form, self.truth.as_ref(), &true_record, &mut tx).await?;
        Ok(Found { record, ruling, outcome, moves, faults })
    }

    /// What schema and rules find wrong with the draft, of what it has to do with.
    fn judge(&self, ruling: &Ruling, typed: &[Value], record: &Record, faults: &mut Vec<Fault>) {
        let form = self.form;
        let before = self.truth.as_ref().map(|b| b.values.as_slice());
        let differs = |values: &[Value], from: &[Value]| -> Vec<usize> {
            (0..form.fields.len()).filter(|i| values.get(*i) != from.get(*i)).collect()
        };
        let changed = before.map_or_else(Vec::new, |before| differs(&record.values, before));
        let is_meant = |f: &Fault| {
            let is_touched = |old: &Record| concerns(form, &changed, f, old, record);
            self.truth.as_ref().is_none_or(is_touched)
                || unfit::can_mend(form, &self.access, self.access.update.iter(), f)
        };
        faults.extend(check(form, &record.values, before).into_iter().filter(is_meant));
        let written = match before {
            Some(before) => differs(typed, before),
            None => differs(typed, &new_record(self.saver, form).values),
        };
        self.saver.judge(self.index, form, ruling, self.truth.as_ref(), record, &written, faults);
    }

    /// The names of the places that the caller knows and `keep` admits.
    fn places(&self, keep: &dyn Fn(Place, &Field) -> bool) -> Vec<String> {
        let mut out = Vec::new();
        for (field, of) in self.form.fields.iter().enumerate().filter(|(i, _)| self.access.sees(*i, None)) {
            if keep(Place { field, column: None }, of) {
                out.push(of.name.clone());
            }
            for (column, of) in of.table().map(|t| t.fields.as_slice()).unwrap_or_default().iter().enumerate() {
                let place = Place { field, column: Some(column) };
                if self.access.sees(field, Some(column)) && keep(place, of) {
                    out.push(place.name(self.form));
                }
            }
        }
        out
    }

    fn tell(&self, found: Found<'_>) -> Json {
        let (form, locale) = (self.form, self.saver.cx.locale);
        let Found { record, ruling, outcome, moves, mut faults } = found;
        let verdict = &ruling.verdict;
        let sees = |i: usize| self.access.sees(i, None);
        let mut shown = record_json(form, &record);
        if let Some(map) = shown.as_object_mut() {
            map.retain(|k, _| form.field(k).is_some_and(|(i, _)| sees(i)));
        }
        // as formulas give them, before they are rounded at their field's scale: for whoever writes formulas
        let computed: Map<String, Json> = outcome
            .exact
            .iter()
            .filter(|(i, _)| sees(*i))
            .filter_map(|(i, value)| Some((form.fields.get(*i)?.name.clone(), exact_json(value))))
            .collect();
        // of fields that the caller may not know, nothing is told
        let known = |fault: &Fault| self.saver.sees_path(self.index, form, &fault.path);
        let told =
            |fault: &Fault| json!({"field": fault.path, "code": fault.code.code, "message": fault.message(locale)});
        faults.retain(known);
        let mut warnings: Vec<Fault> = verdict.warnings.iter().map(|w| w.to_fault(form)).collect();
        warnings.extend(outcome.warnings);
        warnings.extend(ruling.warnings.iter().cloned());
        json!({
            "record": shown,
            "computed": computed,
            "show": self.places(&|place, _| !verdict.is_hidden(place)),
            "hide": self.places(&|place, _| verdict.hidden.contains(&place)),
            "require": self.places(&|place, field| {
                (field.required || verdict.required.contains_key(&place)) && !verdict.is_hidden(place)
            }),
            "readonly": self.places(&|place, field| {
                let grants = &mut self.access.create.iter().chain(&self.access.update);
                let may = grants.any(|g| g.writes(place.field, place.column));
                field.read_only || verdict.readonly.contains(&place) || !may
            }),
            "options": self.options(verdict, &moves),
            "moves": status::moves_json(self.saver, self.index, form, &moves),
            "faults": without_repeats(faults).iter().map(told).collect::<Vec<_>>(),
            "warnings": warnings.iter().filter(|f| known(f)).map(told).collect::<Vec<_>>(),
        })
    }

    /// What is left of choices: of a status what it is and where it may go, of others what the rules leave.
    fn options(&self, verdict: &formwright_core::rule::Verdict, moves: &[(usize, Vec<Move<'_>>)]) -> Map<String, Json> {
        let mut out: Map<String, Json> = Map::new();
        let seen = |i: usize| self.form.fields.get(i).filter(|_| self.access.sees(i, None));
        for (i, list) in moves {
            let Some(field) = seen(*i) else { continue };
            let now = self.truth.as_ref().and_then(|r| r.values.get(*i)).and_then(Value::as_text);
            let values: Vec<&str> = now.into_iter().chain(list.iter().map(|m| m.to)).collect();
            out.insert(field.name.clone(), json!(values));
        }
        for (i, (_, left)) in &verdict.options {
            let Some(field) = seen(*i) else { continue };
            // of a status, both have to leave it
            let both: Vec<&String> = match out.get(&field.name).and_then(Json::as_array) {
                Some(moves) => left.iter().filter(|v| moves.contains(&json!(v))).collect(),
                None => left.iter().collect(),
            };
            out.insert(field.name.clone(), json!(both));
        }
        out
    }
}

/// A record that nothing was typed into.
fn new_record(saver: &Saver, form: &Form) -> Record {
    let (now, author) = (saver.cx.now, saver.cx.author());
    let mut record = Record {
        id: Uuid::nil(),
        version: 0,
        created_at: now,
        created_by: author,
        updated_at: now,
        updated_by: author,
        deleted_at: None,
        flow_state: "none".into(),
        values: form.fields.iter().map(|f| saver.default_of(f)).collect(),
    };
    super::computed::begin(form, &mut record);
    record
}

/// The record with what the caller may not see empty.
fn seen_by(access: &Access, record: &Record) -> Record {
    let mut record = record.clone();
    for (field, value) in record.values.iter_mut().enumerate() {
        if *access.mask(field, None) != Mask::Shown {
            *value = Value::Null;
        }
        if let Value::Rows(rows) = value {
            for row in rows {
                for (column, cell) in row.values.iter_mut().enumerate() {
                    if *access.mask(field, Some(column)) != Mask::Shown {
                        *cell = Value::Null;
                    }
                }
            }
        }
    }
    record
}
