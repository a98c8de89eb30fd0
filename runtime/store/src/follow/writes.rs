//! New values by column, gathered for one statement each.

use crate::ddl::pages::write_column;
use crate::error::StoreResult;
use crate::layout::{FieldLayout, FormLayout};
use crate::records::columns_of;
use crate::tx::Tx;
use crate::value::Val;
use formwright_core::field::{ComputedPlace, Field};
use formwright_core::form::Form;
use formwright_core::plan::Place;
use formwright_core::record::Record;
use formwright_core::value::Value;
use std::collections::HashMap;
use uuid::Uuid;

/// New values by table and column.
#[derive(Default)]
pub(super) struct Writes(HashMap<(String, String), (Place, Vec<(Val, Val)>)>);

impl Writes {
    /// Notes what differs at a place; gives the path of the first difference.
    pub fn compare(
        &mut self,
        form: &Form,
        layout: &FormLayout,
        place: ComputedPlace,
        rid: i64,
        (before, after): (&Record, &Record),
    ) -> StoreResult<Option<String>> {
        let Some(table) = place.table else {
            let (Some(field), Some(at)) = (form.fields.get(place.field), layout.fields.get(place.field)) else {
                return Ok(None);
            };
            let (old, new) = (before.values.get(place.field), after.values.get(place.field));
            let (true, Some(new)) = (old != new, new) else { return Ok(None) };
            self.note(layout.table.as_str(), field, at, (Val::Int(rid), after.id), new)?;
            return Ok(Some(field.name.clone()));
        };
        let (Some(owner), Some(rows)) =
            (form.fields.get(table), layout.fields.get(table).and_then(|f| f.rows.as_ref()))
        else {
            return Ok(None);
        };
        let column = owner.table().and_then(|t| t.fields.get(place.field)).zip(rows.fields.get(place.field));
        let (Some((field, at)), Some(Value::Rows(old)), Some(Value::Rows(new))) =
            (column, before.values.get(table), after.values.get(table))
        else {
            return Ok(None);
        };
        let mut first = None;
        for (index, (old, new)) in old.iter().zip(new).enumerate() {
            let (was, is) = (old.values.get(place.field), new.values.get(place.field));
            if let (true, Some(is)) = (was != is, is) {
                first.get_or_insert_with(|| format!("{}/{index}/{}", owner.name, field.name));
                self.note(rows.table.as_str(), field, at, (Val::Uuid(new.id), new.id), is)?;
            }
        }
        Ok(first)
    }

    /// Notes a new value of a record (by its counting key), or of a row (by its id), with the id of that.
    pub fn note(
        &mut self,
        table: &str,
        field: &Field,
        at: &FieldLayout,
        (key, owner): (Val, Uuid),
        value: &Value,
    ) -> StoreResult<()> {
        let rows = matches!(key, Val::Uuid(_));
        let mut columns = Vec::new();
        columns_of(field, at, owner, value, None, &mut columns)?;
        for (column, value) in columns {
            let place = Place { table: table.to_string(), rows, column: column.as_str().to_string() };
            let slot = self.0.entry((place.table.clone(), place.column.clone())).or_insert_with(|| (place, Vec::new()));
            slot.1.push((key.clone(), value));
        }
        Ok(())
    }

    pub async fn carry_out(self, tx: &mut Tx) -> StoreResult<()> {
        for (place, values) in self.0.into_values() {
            for part in values.chunks(1000) {
                write_column(tx, &place, part.to_vec()).await?;
            }
        }
        Ok(())
    }
}
