//! A new record: values and defaults, formulas and rules, all faults at once, written, and still admitted by a grant.

use super::value::is_made_id;
use super::verdict::{admitted, at_row_id, is_about};
use crate::duplicates::refuse_same;
use crate::error::{EngineError, EngineResult};
use crate::records::references::{self, check_references};
use crate::records::saver::{Cause, SaveOptions, Saver};
use crate::records::{computed, serial, status};
use chrono::{DateTime, Utc};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::SystemField;
use formwright_core::form::Form;
use formwright_core::query::Cond;
use formwright_core::record::{Patch, Record, check};
use formwright_core::value::Value;
use formwright_store::Tx;
use formwright_store::records;
use formwright_store::select::AccessSource;
use std::sync::Arc;
use uuid::Uuid;

/// Who made a record, and when.
struct Made {
    id: Uuid,
    created_at: DateTime<Utc>,
    created_by: Uuid,
}

/// The values of a new record before anything is worked out.
struct Begun {
    values: Vec<Value>,
    /// Fields whose value is not their default.
    sent: Vec<usize>,
    /// Those among them that nobody may write.
    fixed: Vec<usize>,
}

impl Saver {
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
        let Made { id, created_at, created_by } = self.made(patch, options, &mut faults);
        let Begun { values, mut sent, fixed } = self.begun(form, patch, options, &mut faults);
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
        if serial::assign(self, form, &mut record, options.migrate, tx).await? && !form.computed.is_empty() {
            self.compute(form_index, form, &mut record, tx, &mut faults).await?;
            faults.extend(check(form, &record.values, None));
            ruling.verdict.excuse(form, &mut faults);
            if !faults.is_empty() {
                return Err(EngineError::faults(&code::VALIDATION, faults));
            }
        }
        let cause = options.cause.unwrap_or(Cause::Create);
        records::insert(&compiler, form_index, &record, tx)
            .await
            .map_err(|e| at_row_id(form, patch, self.constraint(form, e)))?;
        if !options.migrate {
            let conds: Vec<Cond> = access.create.iter().map(|g| g.rows.clone()).collect();
            let holds = records::probe(&compiler, form_index, record.id, &conds, tx).await?;
            admitted(form, &access.create, &holds, &sent, "create")?;
        }
        status::enter(form, &record, None, self.cx.now, tx).await?;
        references::attach_files(self, form, None, &record, tx).await?;
        self.leave_trail(form, None, &record, cause, options.batch, tx).await?;
        self.follow_on(form_index, None, Some(&record), true, tx).await?;
        Ok(record)
    }

    /// Id, time and author of a new record: its own, those sent with moved data, or those of this moment.
    fn made(&self, patch: &Patch, options: SaveOptions, faults: &mut Vec<Fault>) -> Made {
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
        Made { id, created_at, created_by }
    }

    /// The values that were sent, with plain defaults where there are none.
    fn begun(&self, form: &Form, patch: &Patch, options: SaveOptions, faults: &mut Vec<Fault>) -> Begun {
        let mut values = Vec::with_capacity(form.fields.len());
        let (mut sent, mut fixed) = (Vec::new(), Vec::new());
        for (i, field) in form.fields.iter().enumerate() {
            match patch.get(i) {
                None => values.push(self.default_of(field)),
                Some(change) => {
                    let value = self.new_value(field, change, faults);
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
        Begun { values, sent, fixed }
    }
}
