//! Whether a record is there already: asked before one is made, across what the caller may read.
//!
//! A hit that he may not read tells no more than the form's `tell` says, so that two people do not work on one customer
//! and neither learns what the other knows.

pub(crate) mod known;
pub(crate) mod rule;
mod saving;

pub(crate) use saving::refuse_same;

use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::{Context, Engine, EngineError, EngineResult, Refusal};
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::error_code as code;
use formwright_core::field::FieldKind;
use formwright_core::form::Form;
use formwright_core::query::Cond;
use formwright_store::exchange::readable;
use formwright_store::select::{Compiler, Selection, select_record};
use formwright_store::{Snapshot, Tx};
use known::Known;
use parking_lot::Mutex;
use rule::{Part, Rule, rules_of, text_of_json};
use serde_json::{Map, Value as Json, json};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use uuid::Uuid;

/// Questions of one person within [`WINDOW`].
const MOST: usize = 20;
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// People remembered before those of the last minute alone are kept.
const KEPT: usize = 10_000;

/// Who has asked when: the check answers across permissions, so nobody may ask through a list of names.
#[derive(Default)]
pub struct Duplicates(Mutex<HashMap<Uuid, VecDeque<DateTime<Utc>>>>);

impl Duplicates {
    fn admit(&self, person: Uuid, now: DateTime<Utc>) -> EngineResult<()> {
        let mut people = self.0.lock();
        if people.len() > KEPT {
            people.retain(|_, times| times.back().is_some_and(|last| now - *last < WINDOW));
        }
        let times = people.entry(person).or_default();
        while times.front().is_some_and(|first| now - *first >= WINDOW) {
            times.pop_front();
        }
        if times.len() >= MOST {
            let wait = times.front().map_or(WINDOW, |first| WINDOW - (now - *first));
            let seconds = u64::try_from(wait.num_seconds()).unwrap_or(0) + 1;
            let mut refusal = Refusal::new(&code::RATE_LIMITED).with("seconds", seconds);
            refusal.retry_after = Some(seconds);
            return Err(refusal.into());
        }
        times.push_back(now);
        Ok(())
    }
}

impl Engine {
    /// Records like this draft: `{"hits": [{"rule", "on_hit", "readable", "record", "tell"}]}`; `record` only of one that the
    /// caller may read, of which `tell` says no more than he may see. Values of other forms stand in the draft under their path (`"contacts.email": "a@x.com"`, also a list) or as rows (`"contacts": [{"email": …}]`).
    ///
    /// # Errors
    /// `not_found` for a form the caller does not know, `forbidden` where he may not make records, `rate_limited`.
    pub async fn duplicates(&self, cx: &Context, form: &str, draft: Map<String, Json>) -> EngineResult<Json> {
        let access = Arc::new(CallerAccess::new(cx));
        let (index, form, _) = access.form(form)?;
        if !access.allows(index, "create") && !access.allows(index, "update") {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "create").into());
        }
        if let Some(person) = cx.principal() {
            self.0.duplicates.admit(person.person.id, cx.now)?;
        }
        let rules = rules_of(&cx.catalog, index, &form);
        let own = draft.get("id").and_then(Json::as_str).and_then(|text| Uuid::try_parse(text).ok());
        let mut wanted: Vec<(usize, Vec<String>)> = Vec::new();
        for (number, rule) in rules.iter().enumerate() {
            for row in 0..rows(rule, &draft) {
                wanted.extend(rule.values(|part| drafted(part, &draft, row)).map(|values| (number, values)));
            }
        }
        let layout = self.layout(&cx.catalog)?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let compiler = Compiler::new(&cx.catalog, &layout, access.as_ref(), tx.dialect());
        let mut known = Known::default();
        known.learn(&compiler, index, &rules, &wanted, &mut tx).await?;
        let mut found: Vec<(usize, Uuid)> = Vec::new();
        for (number, values) in &wanted {
            let Some(rule) = rules.get(*number) else { continue };
            for id in known.all(*number, rule, values) {
                if Some(id) != own && !found.iter().any(|(_, other)| *other == id) {
                    found.push((*number, id));
                }
            }
        }
        let mut hits = Vec::new();
        for (number, id) in found {
            let Some(rule) = rules.get(number) else { continue };
            let mut hit = Map::new();
            hit.insert("rule".into(), json!(rule.name));
            hit.insert("on_hit".into(), json!(if rule.refuse { "refuse" } else { "warn" }));
            if readable(&compiler, index, id, &Cond::True, &mut tx).await? {
                let title = title_of(&compiler, index, id, &mut tx).await?;
                hit.insert("readable".into(), json!(true));
                hit.insert("record".into(), json!({"form": form.name, "id": id, "title": title}));
                let seen: Vec<usize> =
                    told_fields(&form).filter(|field| compiler.access.access(index).sees(*field, None)).collect();
                hit.insert("tell".into(), told(&access, &access, (index, id), seen, &form, &mut tx, cx).await?);
            } else {
                hit.insert("readable".into(), json!(false));
                let system = Context { authority: crate::Authority::System("duplicate check"), ..cx.clone() };
                let all = CallerAccess::new(&system);
                let fields = told_fields(&form).collect();
                hit.insert("tell".into(), told(&access, &all, (index, id), fields, &form, &mut tx, cx).await?);
            }
            hits.push(Json::Object(hit));
        }
        drop(tx);
        let (origin, count) = (Origin::of(cx), hits.len());
        let on = json!({"what": "duplicates", "on": {"form": form.id}, "hits": count});
        self.db()
            .write(move |tx| {
                Box::pin(async move { audit::record(tx, &origin, "record", on).await.map_err(EngineError::from) })
            })
            .await?;
        Ok(json!({"hits": hits}))
    }
}

/// Rows of a draft in which a rule finds its values.
fn rows(rule: &Rule, draft: &Map<String, Json>) -> usize {
    let lists = rule.parts.iter().filter_map(|part| match part.path.split_once('.') {
        Some((head, _)) => draft.get(&part.path).or_else(|| draft.get(head)).and_then(Json::as_array).map(Vec::len),
        None => None,
    });
    lists.max().unwrap_or(1).min(100)
}

/// A value of the draft.
fn drafted(part: &Part, draft: &Map<String, Json>, row: usize) -> Option<String> {
    if let Some(value) = draft.get(&part.path) {
        return match value {
            Json::Array(list) => list.get(row).and_then(text_of_json),
            one => text_of_json(one),
        };
    }
    let (head, tail) = part.path.split_once('.')?;
    text_of_json(draft.get(head)?.as_array()?.get(row)?.get(tail)?)
}

/// The title of a record, where the caller sees it.
pub(crate) async fn title_of(
    compiler: &Compiler<'_>,
    form: usize,
    id: Uuid,
    tx: &mut Tx,
) -> EngineResult<Option<String>> {
    use formwright_store::exchange::{By, Scope, find};
    let Some(title) = compiler
        .catalog
        .forms
        .get(form)
        .and_then(|f| f.title_field)
        .filter(|title| compiler.access.access(form).sees(*title, None))
    else {
        return Ok(None);
    };
    let found = find(
        compiler,
        form,
        &[(By::Id, vec![formwright_store::Val::Uuid(id)])],
        &[By::Field(title)],
        Scope::Caller,
        1,
        tx,
    )
    .await?;
    Ok(found.first().and_then(|f| f.values.first()).and_then(rule::text_of_val))
}

/// The fields that the form tells of a record.
fn told_fields(form: &Form) -> impl Iterator<Item = usize> {
    form.tell.iter().filter_map(|name| form.field(name).map(|(index, _)| index))
}

/// What is told of a record (its form and id): these fields, as `reads` may read them.
async fn told(
    access: &CallerAccess,
    reads: &CallerAccess,
    (index, id): (usize, Uuid),
    fields: Vec<usize>,
    form: &Form,
    tx: &mut Tx,
    cx: &Context,
) -> EngineResult<Json> {
    let layout = cx.engine.layout(&cx.catalog)?;
    let compiler = Compiler::new(&cx.catalog, &layout, reads, tx.dialect());
    let selection = Selection {
        fields: fields.clone(),
        system: Vec::new(),
        expand: Vec::new(),
        paths: Vec::new(),
        titles: false,
        people: reads,
        locale: cx.locale,
    };
    let mut out = Map::new();
    let Some((body, _)) = select_record(&compiler, index, id, &selection, tx).await? else {
        return Ok(Json::Object(out));
    };
    let record: Json = serde_json::from_slice(&body).map_err(|e| EngineError::Internal(e.to_string()))?;
    for field in fields.iter().filter_map(|i| form.fields.get(*i)) {
        let value = record.get(&field.name).cloned().unwrap_or(Json::Null);
        let person = value.as_str().and_then(|text| Uuid::try_parse(text).ok());
        let shown = match (&field.kind, person) {
            (FieldKind::User, Some(id)) => json!({"id": id, "name": access.organisation().user_name(id)}),
            _ => value,
        };
        out.insert(field.name.clone(), shown);
    }
    Ok(Json::Object(out))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_twenty_first_question_of_a_minute_waits() {
        let (gate, me, now) = (Duplicates::default(), Uuid::now_v7(), DateTime::UNIX_EPOCH);
        for second in 0..20 {
            gate.admit(me, now + TimeDelta::seconds(second)).unwrap();
        }
        let Err(EngineError::Refused(refusal)) = gate.admit(me, now + TimeDelta::seconds(30)) else { unreachable!() };
        assert_eq!((refusal.code.code, refusal.retry_after), ("rate_limited", Some(31)));
        gate.admit(Uuid::now_v7(), now).unwrap();
        gate.admit(me, now + TimeDelta::seconds(61)).unwrap();
    }
}
