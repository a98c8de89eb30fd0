//! The difference of two forms: what changes in the database, and what that means to people.

use super::change::{Change, Conversion, Derived, Place, Purpose, RetiredDoc, RetiredRow};
use super::conversion::{Way, way};
use super::count::Count;
use super::index::IndexSpec;
use super::shape::{FieldShape, FormShape};
use super::step::{Class, Step};
use super::what::What;
use super::{Plan, Retired};
use crate::catalog::DocumentFault;
use crate::definition::{Key, Kind, pointer_segment};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ColumnKind, Field, FieldDefault, FieldKind, Storage};
use crate::form::Form;
use crate::text::Title;
use std::collections::HashSet;

/// A form with what it needs in the database.
pub(super) struct Side<'a> {
    pub form: &'a Form,
    pub shape: FormShape,
    pub indexes: Vec<IndexSpec>,
}

/// Where the fields that are compared stand.
pub(super) struct At {
    pub(super) table: String,
    pub(super) rows: bool,
    /// Before a field's id in what is retired: empty, or `table.`
    pub(super) key: String,
    /// Before a field's name in objects: `form/customer/`, `form/customer/contacts.`
    object: String,
    pub(super) pointer: String,
}

impl At {
    pub(super) fn place(&self, column: &str) -> Place {
        Place { table: self.table.clone(), rows: self.rows, column: column.to_string() }
    }
}

struct Fields<'a> {
    shapes: &'a [FieldShape],
    /// Absent for something that comes back.
    fields: Option<&'a [Field]>,
}

pub(super) struct FormDifference<'a> {
    pub(super) plan: &'a mut Plan,
    pub(super) retired: &'a Retired,
    pub(super) form: &'a Form,
    pub(super) revision: i64,
    /// Columns whose indexes must be made anew.
    pub(super) touched: HashSet<String>,
    /// Columns that were there before and hold what they held.
    pub(super) kept: HashSet<String>,
    /// Fields whose texts changed their form.
    pub(super) retyped: HashSet<String>,
}

/// The columns of a field in the table of its record or row.
pub(super) fn columns_of(shape: &FieldShape) -> Vec<(String, ColumnKind)> {
    let mut out = Vec::new();
    if let Some(kind) = shape.column_kind() {
        out.push((shape.column(), kind));
    }
    if let Some(kind) = shape.sort_kind() {
        out.push((shape.sort_column(), kind));
    }
    if shape.normalized {
        out.push((shape.normalized_column(), ColumnKind::Text));
    }
    out
}

/// The tables that a field has beside its columns.
fn side_tables(shape: &FieldShape, changes: &mut Vec<Change>) {
    match shape.storage {
        Storage::List(kind) => changes.push(Change::CreateTable {
            table: shape.member_table(),
            purpose: Purpose::Members(kind),
            columns: Vec::new(),
        }),
        Storage::Table => {
            changes.push(Change::CreateTable {
                table: shape.row_table(),
                purpose: Purpose::Rows,
                columns: shape.columns.iter().flat_map(columns_of).collect(),
            });
            for column in &shape.columns {
                side_tables(column, changes);
            }
        }
        Storage::Column(_) => {}
    }
}

/// A new form: its tables, indexes and full text.
pub(super) fn create(plan: &mut Plan, new: &Side<'_>) {
    let table = new.shape.table();
    plan.changes.push(Change::CreateTable {
        table,
        purpose: Purpose::Records,
        columns: new.shape.fields.iter().flat_map(columns_of).collect(),
    });
    for field in &new.shape.fields {
        side_tables(field, &mut plan.changes);
    }
    plan.changes.extend(new.indexes.iter().cloned().map(Change::CreateIndex));
    if !new.shape.search.is_empty() {
        plan.changes.push(Change::Search {
            form: new.form.id.clone(),
            table: new.shape.search_table(),
            columns: new.shape.search.len(),
            fill: false,
        });
    }
    plan.steps.push(Step::new(Class::Safe, What::Create, format!("form/{}", new.form.name), new.form.title.clone()));
}

/// A form that goes out of sight.
pub(super) fn retire(plan: &mut Plan, old: &Side<'_>) {
    let table = old.shape.table();
    plan.steps.push(
        Step::new(Class::Hiding, What::Retire, format!("form/{}", old.form.name), old.form.title.clone())
            .count(Count::Rows { table: table.clone(), rows: false }),
    );
    plan.changes.push(Change::Retire(RetiredRow {
        form_id: old.form.id.clone(),
        key: String::new(),
        table,
        column: None,
        doc: doc_of(&RetiredDoc::Form(old.shape.clone())),
    }));
}

/// A form that stays, or comes back with the shape it had.
pub(super) fn compare(
    plan: &mut Plan,
    retired: &Retired,
    revision: i64,
    old: Option<&Side<'_>>,
    before: &FormShape,
    new: &Side<'_>,
) {
    let object = format!("form/{}", new.form.name);
    if old.is_none() {
        plan.changes.push(Change::Unretire { form_id: new.form.id.clone(), key: String::new() });
        plan.steps.push(
            Step::new(Class::Safe, What::Return, &object, new.form.title.clone())
                .count(Count::Rows { table: new.shape.table(), rows: false }),
        );
    } else if before.name != new.form.name {
        plan.steps.push(Step::new(Class::Safe, What::Rename, &object, new.form.title.clone()).detail(&new.form.name));
    }
    let before_changes = plan.changes.len();
    let mut difference = FormDifference {
        plan,
        retired,
        form: new.form,
        revision,
        touched: HashSet::new(),
        kept: HashSet::new(),
        retyped: HashSet::new(),
    };
    let at = At {
        table: new.shape.table(),
        rows: false,
        key: String::new(),
        object: format!("{object}/"),
        pointer: "/record/properties/".into(),
    };
    difference.fields(
        &Fields { shapes: &before.fields, fields: old.map(|o| o.form.fields.as_slice()) },
        &Fields { shapes: &new.shape.fields, fields: Some(&new.form.fields) },
        &at,
    );
    difference.formulas(old, before_changes, &object);
    difference.whole_record(old, &object);
    difference.indexes(old, before, new, &object);
    difference.search(before, new, &object);
}

pub(super) fn doc_of(doc: &RetiredDoc) -> serde_json::Value {
    serde_json::to_value(doc).unwrap_or_default()
}

impl FormDifference<'_> {
    fn fields(&mut self, old: &Fields<'_>, new: &Fields<'_>, at: &At) {
        let find = |id: &str| old.shapes.iter().position(|s| s.id == id);
        for (i, shape) in new.shapes.iter().enumerate() {
            let Some(field) = new.fields.and_then(|f| f.get(i)) else { continue };
            let object = format!("{}{}", at.object, field.name);
            if let Some(place) = find(&shape.id) {
                let Some(before) = old.shapes.get(place) else { continue };
                let was = old.fields.and_then(|f| f.get(place));
                if before.name != field.name {
                    self.step(Step::new(Class::Safe, What::Rename, &object, field.title.clone()).detail(&field.name));
                }
                self.reshape(before, shape, was, field, at, &object);
                if let Some(was) = was {
                    self.validation(was, field, shape, at, &object);
                }
                continue;
            }
            let key = format!("{}{}", at.key, shape.id);
            if let Some(RetiredDoc::Field(kept)) = self.retired.find(&self.form.id, &key) {
                let kept = kept.clone();
                let mut step = Step::new(Class::Safe, What::Return, &object, field.title.clone());
                if kept.storage != Storage::Table {
                    step = step.count(Count::Values(at.place(&kept.column())));
                }
                self.step(step);
                self.plan.changes.push(Change::Unretire { form_id: self.form.id.clone(), key });
                self.reshape(&kept, shape, None, field, at, &object);
                continue;
            }
            self.add(field, shape, at, &object);
        }
        for (i, shape) in old.shapes.iter().enumerate() {
            if new.shapes.iter().any(|s| s.id == shape.id) {
                continue;
            }
            let title = old
                .fields
                .and_then(|f| f.get(i))
                .map_or_else(|| Title::new(&shape.name, Default::default()), |f| f.title.clone());
            let mut step = Step::new(Class::Hiding, What::Retire, format!("{}{}", at.object, shape.name), title);
            let (table, column) = match shape.storage {
                Storage::Table => {
                    step = step.count(Count::Rows { table: shape.row_table(), rows: true });
                    (shape.row_table(), None)
                }
                _ => {
                    step = step.count(Count::Values(at.place(&shape.column())));
                    (at.table.clone(), Some(shape.column()))
                }
            };
            self.step(step);
            self.plan.changes.push(Change::Retire(RetiredRow {
                form_id: self.form.id.clone(),
                key: format!("{}{}", at.key, shape.id),
                table,
                column,
                doc: doc_of(&RetiredDoc::Field(shape.clone())),
            }));
        }
    }

    pub(super) fn step(&mut self, step: Step) {
        self.plan.steps.push(step);
    }

    /// A field that was not there.
    fn add(&mut self, field: &Field, shape: &FieldShape, at: &At, object: &str) {
        for (column, kind) in columns_of(shape) {
            self.plan.changes.push(Change::AddColumn { table: at.table.clone(), column, kind });
        }
        side_tables(shape, &mut self.plan.changes);
        self.step(Step::new(Class::Safe, What::Create, object, field.title.clone()));
        if field.computed.is_some() {
            return;
        }
        let is_typed = !field.read_only && !matches!(field.kind, FieldKind::Serial(_));
        if !field.required || !is_typed {
            return;
        }
        let count = Count::Rows { table: at.table.clone(), rows: at.rows };
        let fills = match &field.default {
            Some(FieldDefault::Value(_) | FieldDefault::Today | FieldDefault::Now) => true,
            Some(FieldDefault::Me) => !at.rows && matches!(shape.storage, Storage::Column(_)),
            Some(FieldDefault::MyDepartment | FieldDefault::Setting(_) | FieldDefault::Expression(_)) | None => false,
        };
        match &field.default {
            Some(default) if fills && shape.storage != Storage::Table => {
                self.plan.changes.push(Change::Fill {
                    place: at.place(&shape.column()),
                    storage: shape.storage,
                    default: default.clone(),
                });
                self.derive_all(shape, at);
                self.step(Step::new(Class::Filling, What::Fill, object, field.title.clone()).count(count));
            }
            _ => self.step(Step::new(Class::Narrowing, What::Require, object, field.title.clone()).count(count)),
        }
    }

    pub(super) fn derive_all(&mut self, shape: &FieldShape, at: &At) {
        let mut derive = |to: Derived| {
            self.plan.changes.push(Change::Derive {
                from: at.place(&shape.column()),
                field: shape.id.clone(),
                storage: shape.storage,
                to,
            })
        };
        if let Some(kind) = shape.sort_kind() {
            derive(Derived::Sort(kind));
        }
        if shape.normalized {
            derive(Derived::Normalized);
        }
        if let Storage::List(kind) = shape.storage {
            derive(Derived::Members(kind));
        }
    }

    /// A field whose values are there, perhaps in another form.
    fn reshape(
        &mut self,
        from: &FieldShape,
        to: &FieldShape,
        was: Option<&Field>,
        field: &Field,
        at: &At,
        object: &str,
    ) {
        if from.computed || to.computed {
            let done = self.recast(from, to, field, at, object);
            if done {
                return;
            }
        }
        let detail = format!("{} → {}", from.type_name, to.type_name);
        match way(from, to) {
            Way::Refused => {
                let key = Key { kind: Kind::Form, app: self.form.app.clone(), name: self.form.name.clone() };
                let fault = Fault::new(
                    format!("{}{}/field/type", at.pointer, pointer_segment(&field.name)),
                    &code::CONVERSION_REFUSED,
                )
                .with("from", &from.type_name)
                .with("to", &to.type_name);
                self.plan.faults.push(DocumentFault { key, fault });
            }
            Way::Same if to.storage == Storage::Table => {
                let inner = At {
                    table: to.row_table(),
                    rows: true,
                    key: format!("{}{}.", at.key, to.id),
                    object: format!("{object}."),
                    pointer: format!("{}{}/items/properties/", at.pointer, pointer_segment(&field.name)),
                };
                let old =
                    Fields { shapes: &from.columns, fields: was.and_then(Field::table).map(|t| t.fields.as_slice()) };
                let new = Fields { shapes: &to.columns, fields: field.table().map(|t| t.fields.as_slice()) };
                self.fields(&old, &new, &inner);
            }
            Way::Same => {
                if from.encrypted == to.encrypted {
                    self.kept.insert(to.id.clone());
                } else {
                    self.reseal(from, to, true, field, at, object);
                }
                if from.type_name != to.type_name {
                    let mut step = Step::new(Class::Safe, What::Retype, object, field.title.clone()).detail(detail);
                    let choices = field.kind.choices().filter(|_| matches!(to.storage, Storage::Column(_)));
                    if let (Some(set), true) = (choices, !["choice", "status"].contains(&from.type_name.as_str())) {
                        step.class = Class::Narrowing;
                        step = step.count(Count::Outside {
                            place: at.place(&to.id),
                            values: set.choices.iter().map(|c| c.value.clone()).collect(),
                        });
                    }
                    self.step(step);
                }
                self.follow(from, to, at);
                if let Some(was) = was.filter(|was| was.normal() != field.normal()) {
                    self.renormalize(was, from, to, at);
                }
            }
            known => {
                let class = if known == Way::Lossless { Class::Filling } else { Class::Converting };
                let conversion = self.convert(from, to, at);
                self.step(
                    Step::new(class, What::Type, object, field.title.clone())
                        .detail(detail)
                        .count(Count::Convertible(Box::new(conversion))),
                );
            }
        }
    }

    /// Columns made from a value's column come and go with what the type needs.
    fn follow(&mut self, from: &FieldShape, to: &FieldShape, at: &At) {
        let mut one = |had: bool,
                       needs: Option<ColumnKind>,
                       column: String,
                       derived: &dyn Fn(ColumnKind) -> Derived| match (had, needs) {
            (true, None) => {
                self.touched.insert(column.clone());
                self.plan.changes.push(Change::DropColumn { table: at.table.clone(), column });
            }
            (false, Some(kind)) => {
                self.plan.changes.push(Change::AddColumn { table: at.table.clone(), column, kind });
                self.plan.changes.push(Change::Derive {
                    from: at.place(&to.column()),
                    field: to.id.clone(),
                    storage: to.storage,
                    to: derived(kind),
                });
            }
            (true, Some(_)) => {
                self.kept.insert(column);
            }
            (false, None) => {}
        };
        one(from.sorted, to.sort_kind(), to.sort_column(), &Derived::Sort);
        one(from.normalized, to.normalized.then_some(ColumnKind::Text), to.normalized_column(), &|_| {
            Derived::Normalized
        });
    }

    /// Another column takes the values; the one that held them is kept aside under another name.
    fn convert(&mut self, from: &FieldShape, to: &FieldShape, at: &At) -> Conversion {
        let form_id = self.form.id.clone();
        let key = format!("{}{}", at.key, to.id);
        let aside = format!("{}_r{}", to.id, self.revision);
        let table = at.table.clone();
        let earlier = self.retired.earlier(&form_id, &key, |s| s.storage == to.storage && s.type_name == to.type_name);
        let changes = &mut self.plan.changes;
        if from.sorted {
            changes.push(Change::DropColumn { table: table.clone(), column: from.sort_column() });
        }
        if from.normalized {
            changes.push(Change::DropColumn { table: table.clone(), column: from.normalized_column() });
        }
        if matches!(from.storage, Storage::List(_)) {
            changes.push(Change::DropTable { table: from.member_table() });
        }
        changes.push(Change::RenameColumn { table: table.clone(), from: from.id.clone(), to: aside.clone() });
        let restores = earlier.is_some();
        if let Some((earlier_key, column)) = earlier {
            changes.push(Change::RenameColumn { table: table.clone(), from: column, to: to.id.clone() });
            changes.push(Change::Unretire { form_id: form_id.clone(), key: earlier_key });
        } else if let Some(kind) = to.column_kind() {
            changes.push(Change::AddColumn { table: table.clone(), column: to.id.clone(), kind });
        }
        if let Some(kind) = to.sort_kind() {
            changes.push(Change::AddColumn { table: table.clone(), column: to.sort_column(), kind });
        }
        if to.normalized {
            changes.push(Change::AddColumn {
                table: table.clone(),
                column: to.normalized_column(),
                kind: ColumnKind::Text,
            });
        }
        side_tables(to, changes);
        let conversion = Conversion {
            form: form_id.clone(),
            from: at.place(&aside),
            from_shape: from.clone(),
            to: at.place(&to.id),
            to_shape: to.clone(),
            restores,
        };
        changes.push(Change::Convert(Box::new(conversion.clone())));
        changes.push(Change::Retire(RetiredRow {
            form_id,
            key: format!("{key}@{}", self.revision),
            table,
            column: Some(aside),
            doc: doc_of(&RetiredDoc::Field(from.clone())),
        }));
        self.derive_all(to, at);
        self.touched.extend([to.id.clone(), to.sort_column(), to.normalized_column()]);
        self.retyped.insert(to.id.clone());
        conversion
    }
}
