//! Fields that read the clock: worked out from their inputs for each row that is answered.

use super::expression::Eyes;
use super::remote::RemoteColumn;
use super::sealed::Sealed;
use super::{AccessSource, At, Compiler};
use crate::error::{StoreError, StoreResult};
use crate::layout::{FieldLayout, kind_of};
use crate::records::read_value;
use crate::row::Row;
use crate::sql::SqlBuilder;
use crate::value::{Kind, Val};
use chrono::DateTime;
use formwright_core::catalog::Catalog;
use formwright_core::field::{ComputedPlace, Leaf, Remote, Start, SystemField};
use formwright_core::form::Form;
use formwright_core::permission::Mask;
use formwright_core::record::{Record, Remotes, Surroundings, live_inputs, live_value};
use formwright_core::value::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// What is needed to work out one field.
pub(super) struct Live<'a> {
    catalog: &'a Catalog,
    layout: &'a [FieldLayout],
    form: Arc<Form>,
    field: usize,
    access: &'a dyn AccessSource,
    order: Vec<ComputedPlace>,
    /// Columns of the fields that it reads, with their true values.
    inputs: BTreeMap<usize, usize>,
    system: Vec<(SystemField, usize)>,
    /// Column of the record's id.
    id: usize,
    /// What it reads elsewhere: the column of the value.
    remotes: Vec<(Arc<Remote>, RemoteColumn<'a>, usize)>,
    /// The column that says whether the caller sees the field on this record.
    seen: Option<usize>,
}

impl<'a> Live<'a> {
    /// Plans the columns; `add` takes each and gives its place in the row.
    pub fn plan(
        compiler: &Compiler<'a>,
        at: &At,
        field: usize,
        add: &mut dyn FnMut(SqlBuilder) -> usize,
    ) -> StoreResult<Live<'a>> {
        let missing = || StoreError::Other("form out of the catalogue".into());
        let form = compiler.catalog.forms.get(at.form).ok_or_else(missing)?.clone();
        let layout = &compiler.form(at.form)?.fields;
        let (leaves, ways, order) = live_inputs(&form, field);
        let (mut inputs, mut system) = (BTreeMap::new(), Vec::new());
        for leaf in leaves {
            match (leaf.field(), leaf) {
                (Some(input), _) if !inputs.contains_key(&input) => {
                    inputs.insert(input, add(compiler.value(at, input, Eyes::True)?.0));
                }
                (None, Leaf::System(of)) => system.push((of, add(compiler.system(at, of).0))),
                _ => {}
            }
        }
        let id = add(compiler.system(at, SystemField::Id).0);
        let mut remotes = Vec::new();
        for remote in ways {
            let id = match &remote.start {
                Start::Field(link) => {
                    let id = compiler.value(at, *link, Eyes::True)?.0;
                    inputs.entry(*link).or_insert_with(|| add(id.clone()));
                    id
                }
                Start::CreatedBy | Start::UpdatedBy => {
                    let by =
                        if remote.start == Start::CreatedBy { SystemField::CreatedBy } else { SystemField::UpdatedBy };
                    let id = compiler.system(at, by).0;
                    if !system.iter().any(|(s, _)| *s == by) {
                        system.push((by, add(id.clone())));
                    }
                    id
                }
                _ => return Err(StoreError::Other("a formula that reads the clock and several records".into())),
            };
            let column = compiler.remote_column(id, &remote)?;
            let place = add(column.value.clone());
            remotes.push((remote, column, place));
        }
        let seen = match compiler.mask(at, field) {
            Mask::When { full, .. } => {
                let mut sql = compiler.dialect.sql();
                sql.push("CASE WHEN ").append(compiler.condition(at, &full, Eyes::True)?).push(" THEN ");
                sql.append(compiler.dialect.typed(Val::Bool(true))).push(" END");
                Some(add(sql))
            }
            _ => None,
        };
        let access = compiler.access;
        Ok(Live { catalog: compiler.catalog, layout, form, field, access, order, inputs, system, remotes, id, seen })
    }

    /// Writes the value as JSON.
    pub fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> StoreResult<()> {
        let hidden = match self.seen {
            Some(at) => row.bool(at)?.is_none(),
            None => false,
        };
        if hidden {
            crate::json_text::null(out);
            return Ok(());
        }
        let mut record = self.inputs(row)?;
        let mut remotes = Remotes::new();
        for (remote, column, at) in &self.remotes {
            let id = match &remote.start {
                Start::Field(link) => record.values.get(*link).and_then(Value::as_id),
                Start::CreatedBy => Some(record.created_by),
                _ => Some(record.updated_by),
            };
            if let Some(id) = id {
                remotes.insert((remote.key.clone(), id), vec![column.read(row, *at)?]);
            }
        }
        let around = Surroundings {
            clock: self.access.clock(),
            facts: self.access.facts(),
            remotes: &remotes,
            rates: &HashMap::new(),
            minor: &|currency| self.catalog.minor(currency),
            live: true,
        };
        let value = live_value(&self.form, &mut record, &self.order, self.field, &around);
        out.extend_from_slice(value.to_json().to_string().as_bytes());
        Ok(())
    }

    /// A record that holds what the field reads and nothing else.
    fn inputs(&self, row: &Row<'_>) -> StoreResult<Record> {
        let mut record = Record {
            id: row.uuid(self.id)?.unwrap_or(Uuid::nil()),
            version: 0,
            created_at: DateTime::UNIX_EPOCH,
            created_by: Uuid::nil(),
            updated_at: DateTime::UNIX_EPOCH,
            updated_by: Uuid::nil(),
            deleted_at: None,
            flow_state: String::new(),
            values: vec![Value::Null; self.form.fields.len()],
        };
        for (field, at) in &self.inputs {
            if let (Some(of), Some(place), Some(slot)) =
                (self.form.fields.get(*field), self.layout.get(*field), record.values.get_mut(*field))
            {
                *slot = read_value(row, *at, record.id, of, place)?;
            }
        }
        for (system, at) in &self.system {
            match (system, row.val(*at, kind_of(system.column_kind()))?) {
                (SystemField::Id, Val::Uuid(id)) => record.id = id,
                (SystemField::Version, Val::Int(version)) => record.version = version,
                (SystemField::CreatedAt, Val::Ts(t)) => record.created_at = t,
                (SystemField::UpdatedAt, Val::Ts(t)) => record.updated_at = t,
                (SystemField::CreatedBy, Val::Uuid(id)) => record.created_by = id,
                (SystemField::UpdatedBy, Val::Uuid(id)) => record.updated_by = id,
                (SystemField::FlowState, Val::Text(text)) => record.flow_state = text,
                _ => {}
            }
        }
        Ok(record)
    }
}

/// A value of an answer: a column as the database gives it, or worked out.
pub(super) enum Piece<'a> {
    Column(usize, Kind),
    Sealed(Sealed),
    Live(Live<'a>),
}

impl<'a> Piece<'a> {
    /// Plans a field of a record as it is answered.
    pub fn plan(
        compiler: &Compiler<'a>,
        at: &At,
        field: usize,
        add: &mut dyn FnMut(SqlBuilder) -> usize,
    ) -> StoreResult<Piece<'a>> {
        let form = compiler.catalog.forms.get(at.form);
        if at.row.is_none() && form.and_then(|f| f.fields.get(field)).is_some_and(|f| f.is_live()) {
            return Ok(Piece::Live(Live::plan(compiler, at, field, add)?));
        }
        if let Some(seal) = &compiler.field_layout(at, field)?.seal {
            return Ok(Piece::Sealed(Sealed::plan(compiler, at, field, seal, add)?));
        }
        let (value, kind) = compiler.shown(at, field)?;
        Ok(Piece::Column(add(value), kind))
    }

    pub fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> StoreResult<()> {
        match self {
            Piece::Column(at, kind) => row.write_json(*at, *kind, out),
            Piece::Sealed(sealed) => sealed.write(row, out),
            Piece::Live(live) => live.write(row, out),
        }
    }
}
