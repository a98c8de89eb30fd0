//! Rules of a form within a save and a preview: formulas and the values that rules give are worked out until they stand still,
//! then the rules judge. They look at true values, whoever saves.

use super::json::record_json;
use super::saver::Saver;
use crate::error::EngineResult;
use crate::organisation::Organisation;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::Field;
use formwright_core::form::Form;
use formwright_core::query::{
    AllSight, Cond, DepartmentAttr, Elsewhere, Limits, Place, QueryContext, Subject, UserAttr, holds, read_condition,
};
use formwright_core::record::{Outcome, Patch, Record};
use formwright_core::rule::{self, Caller, Facts, Scene, Settled, Verdict};
use formwright_core::value::Value;
use formwright_store::computed::{Known, Reason, look_up_rates};
use formwright_store::{Tx, records};
use serde_json::Value as Json;
use std::cell::RefCell;
use uuid::Uuid;

/// Rules that give values are asked again until nothing changes, at most this often.
const PASSES: usize = 12;

/// A question about a stored record.
#[derive(Clone, PartialEq)]
struct Question {
    form: usize,
    id: Uuid,
    cond: Cond,
}

/// Questions with what the database answered: `None` where there is no such record.
#[derive(Default)]
struct Answers(Vec<(Question, Option<bool>)>);

/// What a record's conditions ask beyond the record: of what is known already, the rest is noted.
struct Beyond<'a> {
    answers: &'a Answers,
    organisation: &'a Organisation,
    wanted: RefCell<Vec<Question>>,
}

impl Elsewhere for Beyond<'_> {
    fn holds(&self, form: usize, id: Uuid, cond: &Cond) -> Option<bool> {
        let known = |q: &Question| q.form == form && q.id == id && q.cond == *cond;
        if let Some((_, answer)) = self.answers.0.iter().find(|(q, _)| known(q)) {
            return *answer;
        }
        let mut wanted = self.wanted.borrow_mut();
        if !wanted.iter().any(known) {
            wanted.push(Question { form, id, cond: cond.clone() });
        }
        None
    }

    fn user(&self, id: Uuid, what: UserAttr) -> Value {
        let Some(user) = self.organisation.user(id) else { return Value::Null };
        match what {
            UserAttr::Id => Value::Id(user.id),
            UserAttr::Login => Value::Text(user.login.clone()),
            UserAttr::Name => Value::Text(user.name.clone()),
            UserAttr::Department => user.department.map_or(Value::Null, Value::Id),
            UserAttr::Manager => user.manager.map_or(Value::Null, Value::Id),
            UserAttr::Active => Value::Bool(user.active),
        }
    }

    fn department(&self, id: Uuid, what: DepartmentAttr) -> Value {
        let Some(department) = self.organisation.department(id) else { return Value::Null };
        match what {
            DepartmentAttr::Id => Value::Id(department.id),
            DepartmentAttr::Name => Value::Text(department.name.clone()),
            DepartmentAttr::Title => Value::Text(department.title.title.clone()),
            DepartmentAttr::Parent => department.parent.map_or(Value::Null, Value::Id),
        }
    }
}

/// What the rules say about a record.
#[derive(Default)]
pub(super) struct Ruling {
    pub verdict: Verdict,
    /// Why a value that a rule gives is empty.
    pub warnings: Vec<Fault>,
}

impl Saver {
    /// Works out formulas and the values of rules, and lets the rules judge. `draft` is what was sent for a new record; of a stored
    /// one there is none, so that defaults of rules are not given again. What cannot be worked out is a fault of its field.
    pub(super) async fn settle(
        &self,
        form_index: usize,
        form: &Form,
        record: &mut Record,
        draft: Option<&Patch>,
        tx: &mut Tx,
        faults: &mut Vec<Fault>,
    ) -> EngineResult<Ruling> {
        if form.rules.rules.is_empty() {
            self.compute(form_index, form, record, tx, faults).await?;
            return Ok(Ruling::default());
        }
        let (outcome, ruling) = self.work_out(form_index, form, record, draft, Reason::Save, tx).await?;
        // a field that the caller may not know is not named to him
        let sees = |f: &Fault| self.sees_path(form_index, form, &f.path);
        let found = outcome.faults.into_iter();
        faults.extend(found.map(|f| if sees(&f) { f } else { Fault { path: String::new(), ..f } }));
        Ok(ruling)
    }

    /// As [`Saver::settle`], for whatever reason, with all that is to be said about formulas.
    pub(super) async fn work_out(
        &self,
        form_index: usize,
        form: &Form,
        record: &mut Record,
        draft: Option<&Patch>,
        reason: Reason,
        tx: &mut Tx,
    ) -> EngineResult<(Outcome, Ruling)> {
        let mut known = Known::default();
        let mut outcome = self.outcome(form, record, reason, &mut known, tx).await?;
        if form.rules.rules.is_empty() {
            return Ok((outcome, Ruling::default()));
        }
        let caller = Caller {
            me: self.cx.principal().map(|p| p.person.id),
            department: self.cx.principal().and_then(|p| p.person.department),
            clock: self.cx.clock(),
        };
        let is_untouched = draft.map(|patch| move |field: usize| patch.get(field).is_none());
        let mut answers = Answers::default();
        let mut ruling = Ruling::default();
        // each pass begins with what was sent, so that nothing stays of a condition that held on the way only
        let sent = record.values.clone();
        for pass in 0..=PASSES {
            let facts = self.facts(form_index, form, record, &mut answers, &mut known, tx).await?;
            ruling.verdict = rule::judge(form, &facts);
            if !form.rules.gives {
                break;
            }
            let apply = async |start: Record, known: &mut Known, tx: &mut Tx| -> EngineResult<(Vec<Value>, Settled)> {
                loop {
                    let mut draft = start.clone();
                    let settled = self.with_scene(form_index, form, &start, &answers, known, |scene, _| {
                        let untouched = is_untouched.as_ref().map(|f| f as &dyn Fn(usize) -> bool);
                        rule::settle(scene, &facts, &caller, untouched, &mut draft)
                    });
                    if settled.wanted.is_empty() {
                        return Ok((draft.values, settled));
                    }
                    look_up_rates(settled.wanted, known, tx).await?;
                }
            };
            let (values, settled) = apply(as_sent(form, record, &sent), &mut known, tx).await?;
            let is_still = values == record.values;
            if is_still || pass == PASSES {
                let again = if is_still { apply(record.clone(), &mut known, tx).await?.0 } else { values };
                let moving = form.fields.iter().zip(record.values.iter().zip(&again)).filter(|(_, (a, b))| a != b);
                outcome.faults.extend(moving.map(|(f, _)| Fault::new(&f.name, &code::RULES_UNSETTLED)));
                outcome.faults.extend(settled.faults);
                ruling.warnings = settled.warnings;
                break;
            }
            record.values = values;
            outcome = self.outcome(form, record, reason, &mut known, tx).await?;
        }
        Ok((outcome, ruling))
    }

    /// Which conditions of the form's rules hold for the record.
    async fn facts(
        &self,
        form_index: usize,
        form: &Form,
        record: &Record,
        answers: &mut Answers,
        known: &mut Known,
        tx: &mut Tx,
    ) -> EngineResult<Facts> {
        loop {
            let (facts, wanted) = self.with_scene(form_index, form, record, answers, known, |scene, beyond| {
                (Facts::of(scene, record), beyond.wanted.take())
            });
            if facts.wanted.is_empty() && wanted.is_empty() {
                return Ok(facts);
            }
            look_up_rates(facts.wanted, known, tx).await?;
            self.answer_all(wanted, answers, tx).await?;
        }
    }

    /// Whether a condition of a definition holds for a record as it stands in memory.
    pub(super) async fn meets(
        &self,
        form_index: usize,
        form: &Form,
        record: &Record,
        condition: &Json,
        tx: &mut Tx,
    ) -> EngineResult<bool> {
        let mut answers = Answers::default();
        let json = record_json(form, record);
        let cond = {
            let vars = self.access.vars(Some(&json));
            let cx = QueryContext { catalog: &self.cx.catalog, sight: &AllSight, vars: &vars };
            read_condition(&cx, Place::form(form_index), condition, "", Limits::default(), &mut Vec::new())
        };
        loop {
            let (holds, wanted) = {
                let beyond = self.beyond(&answers);
                let holds = holds(Subject::record(&self.cx.catalog, form_index, record), &cond, &beyond);
                (holds, beyond.wanted.take())
            };
            if wanted.is_empty() {
                return Ok(holds);
            }
            self.answer_all(wanted, &mut answers, tx).await?;
        }
    }

    fn beyond<'a>(&'a self, answers: &'a Answers) -> Beyond<'a> {
        Beyond { answers, organisation: self.access.organisation(), wanted: RefCell::default() }
    }

    fn with_scene<T>(
        &self,
        index: usize,
        form: &Form,
        record: &Record,
        answers: &Answers,
        known: &Known,
        ask: impl FnOnce(&Scene<'_>, &Beyond<'_>) -> T,
    ) -> T {
        let json = form.rules.names_record.then(|| record_json(form, record));
        let vars = self.access.vars(json.as_ref());
        let catalog = &self.cx.catalog;
        let query = QueryContext { catalog, sight: &AllSight, vars: &vars };
        let minor = |currency: &str| catalog.minor(currency);
        let world = self.world();
        let around = known.around(&world, &minor, false);
        let beyond = self.beyond(answers);
        ask(&Scene { query: &query, index, form, elsewhere: &beyond, around: &around }, &beyond)
    }

    /// Asks the database, one query for each record.
    async fn answer_all(&self, mut wanted: Vec<Question>, answers: &mut Answers, tx: &mut Tx) -> EngineResult<()> {
        let compiler = self.compiler(tx);
        while let Some((form, id)) = wanted.first().map(|q| (q.form, q.id)) {
            let (mine, rest): (Vec<Question>, Vec<Question>) =
                wanted.into_iter().partition(|q| q.form == form && q.id == id);
            wanted = rest;
            // the first condition only says that the record is there
            let mut conds = vec![Cond::Not(Box::new(Cond::False))];
            conds.extend(mine.iter().map(|q| q.cond.clone()));
            let holds = records::probe(&compiler, form, id, &conds, tx).await?;
            let is_there = holds.first() == Some(&true);
            let found = mine.into_iter().zip(holds.into_iter().skip(1));
            answers.0.extend(found.map(|(question, holds)| (question, is_there.then_some(holds))));
        }
        Ok(())
    }

    /// What the rules find wrong, and what they excuse. `written` are the fields that the caller sent with another value.
    pub(super) fn judge(
        &self,
        form_index: usize,
        form: &Form,
        ruling: &Ruling,
        old: Option<&Record>,
        new: &Record,
        written: &[usize],
        faults: &mut Vec<Fault>,
    ) {
        let verdict = &ruling.verdict;
        verdict.excuse(form, faults);
        if form.rules.rules.is_empty() {
            return;
        }
        let is_changed = |i: usize| old.is_none_or(|old| old.values.get(i) != new.values.get(i));
        let concerns = |rule: usize, field: Option<usize>| {
            let reads = form.rules.rules.get(rule).map(|r| &r.reads);
            old.is_none()
                || field.is_some_and(is_changed)
                || reads
                    .is_some_and(|reads| reads.iter().any(|i| is_changed(*i)) || reads.is_empty() && field.is_none())
        };
        let mut found = Vec::new();
        verdict.check(form, &new.values, &concerns, &mut found);
        self.refuse_readonly(form, verdict, old, new, written, &mut found);
        for fault in found {
            let is_known = |f: &Fault| f.path == fault.path && *f.code == *fault.code && *f.code == code::REQUIRED;
            if !self.sees_path(form_index, form, &fault.path) {
                faults.push(unseen());
            } else if !faults.iter().any(is_known) {
                faults.push(fault);
            }
        }
    }

    fn refuse_readonly(
        &self,
        form: &Form,
        verdict: &Verdict,
        old: Option<&Record>,
        new: &Record,
        written: &[usize],
        faults: &mut Vec<Fault>,
    ) {
        for place in verdict.readonly.iter().filter(|p| written.contains(&p.field)) {
            let (Some(owner), Some(field)) = (form.fields.get(place.field), place.find(form)) else { continue };
            let Some(column) = place.column else {
                faults.push(Fault::new(&field.name, &code::FIELD_READ_ONLY));
                continue;
            };
            let Some(Value::Rows(rows)) = new.values.get(place.field) else { continue };
            let before = old.and_then(|o| o.values.get(place.field));
            for (i, row) in rows.iter().enumerate() {
                let was = match before {
                    Some(Value::Rows(rows)) => rows.iter().find(|r| r.id == row.id).and_then(|r| r.values.get(column)),
                    _ => None,
                };
                let expected = was.cloned().unwrap_or_else(|| self.default_of(field));
                if row.values.get(column).is_some_and(|value| *value != expected) {
                    faults.push(Fault::new(format!("{}/{i}/{}", owner.name, field.name), &code::FIELD_READ_ONLY));
                }
            }
        }
    }
}

/// The record with what was sent for the fields that anybody may fill, and with its formulas as they were worked out last.
fn as_sent(form: &Form, record: &Record, sent: &[Value]) -> Record {
    let mut out = record.clone();
    for ((field, slot), sent) in form.fields.iter().zip(&mut out.values).zip(sent) {
        let is_kept = match (&*slot, sent) {
            // formulas of rows stand in the rows, which no rule changes but by taking all of them away
            (Value::Rows(now), Value::Rows(sent)) => now.len() == sent.len(),
            _ => field.computed.is_some(),
        };
        if !is_kept {
            *slot = sent.clone();
        }
    }
    out
}

/// A fault about something that the caller may not know: neither its name nor what is said of it.
pub(super) fn unseen() -> Fault {
    Fault::new("", &code::RULE_FAILED)
        .with("en", "A rule of this form does not admit the record.")
        .with("zh", "记录不符合此表单的规则。")
}

/// The fields that a write changes: those that were sent, and those that followed from formulas and rules.
pub(super) fn changed(form: &Form, old: &Record, new: &Record, mut sent: Vec<usize>) -> Vec<usize> {
    let differs = |i: &usize| old.values.get(*i) != new.values.get(*i);
    let is_kept = |i: &usize| form.fields.get(*i).is_some_and(Field::is_kept);
    let followed: Vec<usize> =
        (0..form.fields.len()).filter(|i| !sent.contains(i) && is_kept(i) && differs(i)).collect();
    sent.extend(followed);
    sent.sort_unstable();
    sent
}
