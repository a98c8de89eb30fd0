//! Records that belong to the one of the row: the contact of a customer.

use super::bound::Shape;
use super::target::Part;
use crate::EngineResult;
use crate::duplicates::rule::text_of_val;
use crate::records::{SaveOptions, Saver};
use formwright_core::field::{FieldKind, TextFormat};
use formwright_core::form::Form;
use formwright_exchange::row::{contact_is_known, empty};
use formwright_store::exchange::{By, Scope, find};
use formwright_store::{Tx, Val};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

/// Records of one owner that are compared.
const MOST: usize = 1_000;

/// The fields by which a part is known again.
struct Marks {
    email: Option<usize>,
    phone: Option<usize>,
    name: Option<usize>,
}

fn marks(form: &Form) -> Marks {
    let first = |wanted: TextFormat| {
        form.fields.iter().position(|f| matches!(&f.kind, FieldKind::Text(t) if t.format == wanted))
    };
    Marks { email: first(TextFormat::Email), phone: first(TextFormat::Phone), name: form.title_field }
}

/// Gives a part without a name that of the record, where there is anything else of it; tells whether there is a part at all.
pub fn complete(shape: &Shape, part: &Part, values: &mut Map<String, Json>, own: &Map<String, Json>) -> bool {
    if values.values().all(empty) {
        return false;
    }
    let Some(form) = shape.targets.catalog.forms.get(part.form) else { return false };
    let named = |form: &Form| form.title_field.and_then(|t| form.fields.get(t)).map(|f| f.name.clone());
    if let Some(name) = named(form)
        && values.get(&name).is_none_or(empty)
        && let Some(title) = named(&shape.targets.form).and_then(|t| own.get(&t)).filter(|t| !empty(t))
    {
        values.insert(name, title.clone());
    }
    true
}

/// Makes a part of a record.
pub async fn make(
    saver: &Saver,
    shape: &Shape,
    part: &Part,
    owner: Uuid,
    values: &Map<String, Json>,
    options: SaveOptions,
    tx: &mut Tx,
) -> EngineResult<()> {
    let Some(form) = shape.targets.catalog.forms.get(part.form) else { return Ok(()) };
    let Some(via) = form.fields.get(part.via) else { return Ok(()) };
    let mut body = values.clone();
    body.insert(via.name.clone(), json!(owner));
    let patch = saver.read_patch(part.form, form, &body)?;
    saver.create(part.form, form, &patch, options, tx).await?;
    Ok(())
}

/// The part among those of a record that is the one of the row: by e-mail or phone, without both by name.
pub async fn known(
    saver: &Saver,
    shape: &Shape,
    part: &Part,
    owner: Uuid,
    values: &Map<String, Json>,
    tx: &mut Tx,
) -> EngineResult<Option<(Uuid, i64)>> {
    let Some(form) = shape.targets.catalog.forms.get(part.form) else { return Ok(None) };
    let marks = marks(form);
    let compiler = saver.compiler(tx);
    let fields = [marks.email, marks.phone, marks.name].into_iter().flatten().map(By::Field);
    let shown: Vec<By> = std::iter::once(By::Version).chain(fields).collect();
    let found =
        find(&compiler, part.form, &[(By::Field(part.via), vec![Val::Uuid(owner)])], &shown, Scope::Caller, MOST, tx)
            .await?;
    let given = |index: Option<usize>| {
        index
            .and_then(|i| form.fields.get(i))
            .and_then(|f| values.get(&f.name))
            .and_then(Json::as_str)
            .filter(|t| !t.is_empty())
    };
    let mine = (given(marks.email), given(marks.phone), given(marks.name));
    for record in found {
        let mut texts = record.values.iter().skip(1).map(text_of_val);
        let mut next = |index: Option<usize>| index.and_then(|_| texts.next().flatten());
        let (email, phone, name) = (next(marks.email), next(marks.phone), next(marks.name));
        if contact_is_known(mine, [(email.as_deref(), phone.as_deref(), name.as_deref())]) {
            let version = if let Some(Val::Int(version)) = record.values.first() { *version } else { 0 };
            return Ok(Some((record.id, version)));
        }
    }
    Ok(None)
}

/// Changes a part: only what the row says something about. Gives its version then.
pub async fn change(
    saver: &Saver,
    shape: &Shape,
    part: &Part,
    id: Uuid,
    values: &Map<String, Json>,
    options: SaveOptions,
    tx: &mut Tx,
) -> EngineResult<i64> {
    let Some(form): Option<&Arc<Form>> = shape.targets.catalog.forms.get(part.form) else { return Ok(0) };
    let body: Map<String, Json> =
        values.iter().filter(|(_, v)| !empty(v)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let patch = saver.read_patch(part.form, form, &body)?;
    Ok(saver.update(part.form, form, id, &patch, None, options, tx).await?.version)
}
