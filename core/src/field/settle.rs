//! Compiles computed fields once all fields are known: in the order of what they read, circles refused.

use super::bind::{bind, place_of};
use super::encryption::{check_encryption, refused};
use super::formula::{Computed, ComputedPlace, Formula, Leaf, MAX_SCALE, Pending, Purpose, Source, kind_of};
use super::{Field, FieldDefault, FieldKind, SystemField, published};
use crate::definition::pointer_segment;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::ast::{Expr, ExprKind};
use crate::expr::{ClockUse, Expression, NameType, Names, Path, RecordNames, Type, depends, parse, rename, scale};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The fields of a form whose computed fields have no kind yet.
pub(crate) struct Settling<'a> {
    pub form: &'a str,
    pub fields: &'a mut [Field],
    pub pending: Vec<Pending>,
}

/// What became of a form's computed fields.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// In the order in which they are computed.
    pub order: Vec<ComputedPlace>,
    /// Fields with a default by expression, each after all that it reads.
    pub defaults: Vec<usize>,
    pub faults: Vec<Fault>,
}

/// A computed field among all forms.
struct Node {
    form: usize,
    place: ComputedPlace,
    pending: Pending,
    /// What it reads of the same form.
    reads: Vec<ComputedPlace>,
}

/// Gives the computed fields of all forms their kinds.
pub(crate) fn settle(forms: &mut [Settling<'_>]) -> Vec<Settled> {
    let mut out: Vec<Settled> = forms.iter().map(|_| Settled::default()).collect();
    let mut nodes = Vec::new();
    for (form, (settling, settled)) in forms.iter_mut().zip(&mut out).enumerate() {
        let pending = std::mem::take(&mut settling.pending);
        if pending.is_empty() {
            continue;
        }
        let places = places(settling.fields);
        for pending in pending {
            let Some(place) = places.get(&pending.at).copied() else { continue };
            match parse::parse(&pending.expression) {
                Ok(tree) => {
                    let reads = paths(&tree)
                        .iter()
                        .filter_map(|names| bind(settling.fields, place.table, names))
                        .filter_map(|source| place_of(&source, place.table))
                        .collect();
                    nodes.push(Node { form, place, pending, reads });
                }
                Err(fault) => settled.faults.push(at(&pending, fault)),
            }
        }
    }
    let index: HashMap<(usize, ComputedPlace), usize> =
        nodes.iter().enumerate().map(|(i, n)| ((n.form, n.place), i)).collect();
    let mut broken: HashSet<usize> = HashSet::new();
    let order = loop {
        let reads = |i: usize| -> Vec<usize> {
            nodes
                .get(i)
                .filter(|_| !broken.contains(&i))
                .map(|n| n.reads.iter().filter_map(|r| index.get(&(n.form, *r)).copied()).collect())
                .unwrap_or_default()
        };
        match depends::order(nodes.len(), reads) {
            Ok(order) => break order,
            Err(circle) => {
                let names: Vec<&str> = circle.iter().filter_map(|i| nodes.get(*i)).map(|n| name_of(forms, n)).collect();
                let fault = depends::cycle_fault(names.into_iter());
                let members: HashSet<usize> = circle.into_iter().collect();
                for node in members.iter().filter_map(|i| nodes.get(*i)) {
                    if let Some(settled) = out.get_mut(node.form) {
                        settled.faults.push(at(&node.pending, fault.clone().with("position", 1)));
                    }
                }
                broken.extend(members);
            }
        }
    };
    for number in order {
        let Some(node) = nodes.get(number) else { continue };
        let waits = node.reads.iter().filter_map(|r| index.get(&(node.form, *r))).any(|i| broken.contains(i));
        let result = if broken.contains(&number) || waits { Err(Vec::new()) } else { compile(forms, node) };
        let (Some(settling), Some(settled)) = (forms.get_mut(node.form), out.get_mut(node.form)) else { continue };
        match (result, field_at(settling.fields, node.place)) {
            (Ok((_, formula)), Some(field)) if node.pending.purpose == Purpose::Default => {
                field.default = Some(FieldDefault::Expression(Arc::new(formula)));
                settled.defaults.push(node.place.field);
            }
            (Ok((kind, formula)), Some(field)) => {
                field.schema = published::publish(&kind, &node.pending.property);
                if let Some(map) = field.schema.as_object_mut() {
                    map.insert("readOnly".into(), Json::Bool(true));
                }
                field.kind = kind;
                settled.faults.extend(check_encryption(field, &node.pending.at));
                field.computed = Some(Computed::Formula(Arc::new(formula)));
                settled.order.push(node.place);
            }
            (Err(faults), _) => {
                broken.insert(number);
                settled.faults.extend(faults);
            }
            (Ok(_), None) => {}
        }
    }
    for (settling, settled) in forms.iter_mut().zip(&out) {
        for place in &settled.order {
            publish_column(settling.fields, *place);
        }
    }
    out
}

/// Puts what a computed column turned out to be into the schema of its table.
fn publish_column(fields: &mut [Field], place: ComputedPlace) {
    let Some(table) = place.table.and_then(|t| fields.get_mut(t)) else { return };
    let Some(column) = table.table().and_then(|t| t.fields.get(place.field)) else { return };
    let (name, schema) = (column.name.clone(), published::nullable(column));
    let Some(items) = table.schema.get_mut("items").and_then(Json::as_object_mut) else { return };
    if let Some(properties) = items.get_mut("properties").and_then(Json::as_object_mut) {
        properties.insert(name.clone(), schema);
    }
    if let Some(required) = items.get_mut("required").and_then(Json::as_array_mut) {
        required.retain(|n| *n != name);
    }
}

/// A fault of an expression, at its place in the definition.
fn at(pending: &Pending, fault: Fault) -> Fault {
    let place = match pending.purpose {
        Purpose::Value => "field",
        Purpose::Default => "default",
    };
    Fault { path: format!("{}/{place}/expression", pending.at), ..fault }
}

/// Where each property stands, by its pointer.
fn places(fields: &[Field]) -> HashMap<String, ComputedPlace> {
    let mut out = HashMap::new();
    for (i, field) in fields.iter().enumerate() {
        let pointer = format!("/record/properties/{}", pointer_segment(&field.name));
        for (c, column) in field.table().map(|t| t.fields.as_slice()).unwrap_or_default().iter().enumerate() {
            let pointer = format!("{pointer}/items/properties/{}", pointer_segment(&column.name));
            out.insert(pointer, ComputedPlace { table: Some(i), field: c });
        }
        out.insert(pointer, ComputedPlace { table: None, field: i });
    }
    out
}

fn field_at(fields: &mut [Field], place: ComputedPlace) -> Option<&mut Field> {
    match place.table {
        None => fields.get_mut(place.field),
        Some(table) => match &mut fields.get_mut(table)?.kind {
            FieldKind::Table(table) => table.fields.get_mut(place.field),
            _ => None,
        },
    }
}

fn find_own(fields: &[Field], place: ComputedPlace) -> Option<&Field> {
    match place.table {
        None => fields.get(place.field),
        Some(table) => fields.get(table)?.table()?.fields.get(place.field),
    }
}

fn name_of<'a>(forms: &'a [Settling<'_>], node: &Node) -> &'a str {
    let fields = forms.get(node.form).map(|f| &*f.fields).unwrap_or_default();
    let field = match node.place.table {
        None => fields.get(node.place.field),
        Some(table) => fields.get(table).and_then(Field::table).and_then(|t| t.fields.get(node.place.field)),
    };
    field.map_or("", |f| f.name.as_str())
}

/// The paths of a tree, each once.
fn paths(tree: &Expr) -> Vec<Vec<String>> {
    let mut out: Vec<Vec<String>> = Vec::new();
    tree.walk(&mut |expr| {
        if let ExprKind::Path(segments) = &expr.kind {
            let names: Vec<String> = segments.iter().map(|s| s.name.clone()).collect();
            if !out.contains(&names) {
                out.push(names);
            }
        }
    });
    out
}

/// The names of a formula's place, in which a field that reads the clock says so.
struct FieldNames<'a> {
    inner: RecordNames<'a>,
    clock: &'a dyn Fn(&[&str]) -> ClockUse,
}

impl Names for FieldNames<'_> {
    fn resolve(&self, path: &[&str]) -> Option<NameType> {
        let found = self.inner.resolve(path)?;
        Some(NameType { clock: found.clock.max((self.clock)(path)), ..found })
    }

    fn known(&self, prefix: &[&str]) -> Vec<String> {
        self.inner.known(prefix)
    }

    fn in_rows(&self) -> bool {
        self.inner.in_rows()
    }
}

fn compile(forms: &[Settling<'_>], node: &Node) -> Result<(FieldKind, Formula), Vec<Fault>> {
    let Some(own) = forms.get(node.form) else { return Err(Vec::new()) };
    let fields: &[Field] = own.fields;
    let others = |name: &str| forms.iter().find(|f| f.form == name).map(|f| &*f.fields);
    let table = node.place.table.and_then(|t| fields.get(t)).and_then(|f| Some((f, f.table()?)));
    let place = table.map_or_else(|| own.form.to_string(), |(f, _)| format!("{}.{}", own.form, f.name));
    let find = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_string()).collect();
        let place = place_of(&bind(fields, node.place.table, &names)?, node.place.table)?;
        match place.table {
            None => fields.get(place.field),
            Some(table) => fields.get(table)?.table()?.fields.get(place.field),
        }
    };
    let names = FieldNames {
        inner: RecordNames {
            place: &place,
            fields: table.map_or(fields, |(_, t)| &t.fields),
            parent: table.map(|_| (own.form, fields)),
            forms: &others,
        },
        clock: &|path| find(path).and_then(Field::formula).map_or(ClockUse::None, Formula::clock),
    };
    let pending = &node.pending;
    let expression = Expression::compile(&pending.expression, &names)
        .map_err(|faults| faults.into_iter().map(|f| at(pending, f)).collect::<Vec<_>>())?;
    let mut faults = Vec::new();
    let mut sources = Vec::with_capacity(expression.reads().len());
    for read in expression.reads() {
        match bind(fields, node.place.table, &read.segments) {
            Some(Source::Record(Leaf::System(SystemField::DeletedAt))) | None => {
                faults.push(at(pending, not_offered(&expression, read)));
            }
            Some(source) => sources.push(source),
        }
    }
    // what is worked out from an encrypted value says something about it
    if !find_own(fields, node.place).is_some_and(Field::is_encrypted) {
        let read = sources.iter().filter_map(|source| place_of(source, node.place.table));
        let hidden = read.filter_map(|place| find_own(fields, place)).find(|field| field.is_encrypted());
        faults.extend(hidden.map(|field| refused(&field.name, format!("{}/field/expression", pending.at))));
    }
    let uses = expression.uses();
    let is_live = uses.clock != ClockUse::None;
    let is_kept = pending.purpose == Purpose::Value;
    let over_rows = node.place.table.is_some() || sources.iter().any(|s| !matches!(s, Source::Record(_)));
    let over_tables = sources.iter().any(|s| match s {
        Source::Record(leaf) => leaf.field().and_then(|i| fields.get(i)).is_some_and(|f| f.table().is_some()),
        _ => false,
    });
    for (used, what) in [
        (is_live && is_kept && (over_rows || over_tables), "a formula over rows that reads the clock"),
        (is_live && is_kept && uses.rates, "a formula of rates that reads the clock"),
        (uses.stays, "a formula over the history of a status"),
        (uses.settings, "a formula over settings"),
    ] {
        if used {
            faults.push(at(pending, Fault::new("", &code::KIND_NOT_OFFERED).with("what", what).with("position", 1)));
        }
    }
    let scale_of = |path: &[&str]| match find(path).map(|f| &f.kind) {
        Some(FieldKind::Number(n)) => Some(n.scale),
        Some(FieldKind::Date) => Some(0),
        _ => (path == ["version"]).then_some(0),
    };
    let inferred = scale::scale_of(expression.tree(), &scale_of).filter(|s| *s <= MAX_SCALE);
    let kind = match pending.purpose {
        Purpose::Value => kind_of(expression.result_type(), inferred, &pending.dress),
        Purpose::Default => {
            let kind = fields.get(node.place.field).map(|f| f.kind.clone());
            let wanted = kind.as_ref().map(|kind| Type::of_field(kind, &place));
            if let Some(wanted) = wanted.filter(|w| expression.result_type().common(w).as_ref() != Some(w)) {
                faults.push(at(
                    pending,
                    Fault::new("", &code::EXPRESSION_RESULT)
                        .with("expected", wanted)
                        .with("got", expression.result_type())
                        .with("position", 1)
                        .with("length", pending.expression.chars().count()),
                ));
            }
            kind
        }
    };
    match &kind {
        None => faults.push(at(
            pending,
            Fault::new("", &code::EXPRESSION_RESULT)
                .with("expected", "text, number, boolean, date, datetime, time, duration")
                .with("got", expression.result_type())
                .with("position", 1)
                .with("length", pending.expression.chars().count()),
        )),
        Some(FieldKind::Number(_)) => {}
        Some(other) if pending.dress.scale.is_some() => faults.push(
            Fault::new(format!("{}/field/scale", pending.at), &code::KEY_INVALID)
                .with("reason", format!("The formula gives {}, which has no scale", other.type_name())),
        ),
        Some(_) => {}
    }
    match kind {
        Some(kind) if faults.is_empty() => {
            let fixed = fixed(fields, node.place.table, &sources);
            let meaning = meaning(fields, node.place.table, &pending.expression);
            Ok((kind, Formula { expression, sources, stated_scale: pending.dress.scale, meaning, fixed }))
        }
        _ => Err(faults),
    }
}

/// The fault of a path that leads out of the record, at its place in the source.
fn not_offered(expression: &Expression, read: &Path) -> Fault {
    let mut span = None;
    expression.tree().walk(&mut |expr| {
        if let ExprKind::Path(segments) = &expr.kind
            && segments.iter().map(|s| &s.name).eq(&read.segments)
        {
            span.get_or_insert(expr.span);
        }
    });
    let fault = span.unwrap_or_default().fault(expression.source(), &code::KIND_NOT_OFFERED);
    fault.with("what", format!("a formula that reads {read}"))
}

/// The source with the ids of fields in place of their names.
fn meaning(fields: &[Field], row_of: Option<usize>, source: &str) -> String {
    let id = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_string()).collect();
        let (columns, index) = match bind(fields, row_of, &names)? {
            Source::Record(Leaf::Field(index)) => (fields, index),
            Source::Row(Leaf::Field(index)) => (&*fields.get(row_of?)?.table()?.fields, index),
            Source::Rows { table, leaf: Leaf::Field(index) } => (&*fields.get(table)?.table()?.fields, index),
            _ => return None,
        };
        columns.get(index).map(|f| f.id.clone()).filter(|id| !id.is_empty())
    };
    rename(source, id).unwrap_or_else(|_| source.to_string())
}

/// What the values depend on besides fields.
fn fixed(fields: &[Field], row_of: Option<usize>, sources: &[Source]) -> String {
    let mut out = String::new();
    for source in sources {
        let (table, leaf) = match source {
            Source::Record(leaf) => (None, leaf),
            Source::Row(leaf) => (row_of, leaf),
            Source::Rows { table, leaf } => (Some(*table), leaf),
        };
        let columns = match table {
            None => Some(fields),
            Some(table) => fields.get(table).and_then(Field::table).map(|t| t.fields.as_slice()),
        };
        let set = leaf.field().and_then(|i| columns?.get(i)).and_then(|f| f.kind.choices());
        let (Leaf::ChoiceParent(_) | Leaf::ChoiceData(..), Some(set)) = (leaf, set) else { continue };
        for choice in &set.choices {
            match leaf {
                Leaf::ChoiceParent(_) => {
                    out.push_str(&format!("{}^{:?};", choice.value, choice.parent));
                }
                Leaf::ChoiceData(_, key) => {
                    out.push_str(&format!("{}.{key}={:?};", choice.value, choice.data.get(key)));
                }
                _ => {}
            }
        }
    }
    out
}
