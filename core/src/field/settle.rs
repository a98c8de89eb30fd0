//! Compiles computed fields once all fields are known: in the order of what they read, circles refused.

use super::compile::{Settings, compile};
use super::encryption::check_encryption;
use super::formula::{Computed, ComputedPlace, Pending, PendingKind};
use super::linked::texts_under;
use super::walk::{Ground, field_at};
use super::{Field, FieldDefault, FieldKind, published};
use crate::definition::pointer_segment;
use crate::diagnostic::Fault;
use crate::expr::ast::{Expr, ExprKind};
use crate::expr::{depends, parse};
use serde_json::Value as Json;
use std::collections::{HashMap, HashSet};

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
pub(super) struct Node {
    pub form: usize,
    pub place: ComputedPlace,
    pub pending: Pending,
    /// What it reads, by form.
    reads: Vec<(usize, ComputedPlace)>,
}

/// Gives the computed fields of all forms their kinds; besides what became of each form, all of them in one order.
pub(crate) fn settle(
    forms: &mut [Settling<'_>],
    settings: &Settings<'_>,
) -> (Vec<Settled>, Vec<(usize, ComputedPlace)>) {
    let mut out: Vec<Settled> = forms.iter().map(|_| Settled::default()).collect();
    if forms.iter().all(|f| f.pending.is_empty()) {
        return (out, Vec::new());
    }
    let ground = Ground::of(forms);
    let mut nodes = Vec::new();
    for (form, settled) in out.iter_mut().enumerate() {
        let Some(settling) = forms.get_mut(form) else { continue };
        let pending = std::mem::take(&mut settling.pending);
        if pending.is_empty() {
            continue;
        }
        let places = places(settling.fields);
        for pending in pending {
            let Some(place) = places.get(&pending.at).copied() else { continue };
            match reads_of(&ground, forms, form, place, &pending) {
                Ok(reads) => nodes.push(Node { form, place, pending, reads }),
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
                .map(|n| n.reads.iter().filter_map(|r| index.get(r).copied()).collect())
                .unwrap_or_default()
        };
        match depends::order(nodes.len(), reads) {
            Ok(order) => break order,
            Err(circle) => {
                let members: Vec<&Node> = circle.iter().filter_map(|i| nodes.get(*i)).collect();
                let spans_forms = members.iter().any(|n| members.first().is_some_and(|first| first.form != n.form));
                let names: Vec<String> = members.iter().map(|n| name_of(forms, n, spans_forms)).collect();
                let fault = depends::cycle_fault(names.iter().map(String::as_str));
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
    let mut sequence = Vec::with_capacity(order.len());
    for number in order {
        let Some(node) = nodes.get(number) else { continue };
        let waits = node.reads.iter().filter_map(|r| index.get(r)).any(|i| broken.contains(i));
        let result =
            if broken.contains(&number) || waits { Err(Vec::new()) } else { compile(&ground, forms, node, settings) };
        let (Some(settling), Some(settled)) = (forms.get_mut(node.form), out.get_mut(node.form)) else { continue };
        match (result, field_at_mut(settling.fields, node.place)) {
            (Ok((_, Computed::Formula(formula))), Some(field))
                if matches!(node.pending.what, PendingKind::Default(_)) =>
            {
                field.default = Some(FieldDefault::Expression(formula));
                settled.defaults.push(node.place.field);
            }
            (Ok((kind, computed)), Some(field)) => {
                field.schema = published::publish(&kind, &node.pending.property);
                if let Some(map) = field.schema.as_object_mut() {
                    map.insert("readOnly".into(), Json::Bool(true));
                }
                field.kind = kind;
                settled.faults.extend(check_encryption(field, &node.pending.at));
                field.computed = Some(computed);
                settled.order.push(node.place);
                sequence.push((node.form, node.place));
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
    (out, sequence)
}

/// The fields that a computed field reads, in whatever form.
fn reads_of(
    ground: &Ground,
    forms: &[Settling<'_>],
    form: usize,
    place: ComputedPlace,
    pending: &Pending,
) -> Result<Vec<(usize, ComputedPlace)>, Fault> {
    let walk = |form: usize, row_of: Option<usize>, names: &[String]| {
        ground.walk(forms, form, row_of, names).map(|w| w.reads).unwrap_or_default()
    };
    let split = |path: &str| path.split('.').map(str::to_string).collect::<Vec<_>>();
    Ok(match &pending.what {
        PendingKind::Formula(source) | PendingKind::Default(source) => {
            let tree = parse::parse(source)?;
            paths(&tree).iter().flat_map(|names| walk(form, place.table, names)).collect()
        }
        PendingKind::Lookup(_) => match ground.lookup(form, place) {
            Some(lookup) => vec![
                (form, ComputedPlace { table: place.table, field: lookup.via }),
                (lookup.to, ComputedPlace { table: None, field: lookup.field }),
            ],
            None => Vec::new(),
        },
        PendingKind::Rollup(doc) => {
            let (name, table) = doc.form.split_once('.').map_or((doc.form.as_str(), None), |(f, t)| (f, Some(t)));
            let Some(of) = ground.form(name) else { return Ok(Vec::new()) };
            let fields: &[Field] = forms.get(of).map(|f| &*f.fields).unwrap_or_default();
            let row_of = table.and_then(|t| fields.iter().position(|f| f.name == t));
            let mut out = Vec::new();
            for name in [Some(&doc.via), doc.field.as_ref(), doc.by.as_ref()].into_iter().flatten() {
                out.extend(walk(of, row_of, std::slice::from_ref(name)));
            }
            let (mut fields, mut variables) = (Vec::new(), Vec::new());
            if let Some(filter) = &doc.filter {
                texts_under(filter, "field", &mut fields);
                texts_under(filter, "var", &mut variables);
            }
            out.extend(fields.into_iter().flat_map(|path| walk(of, row_of, &split(path))));
            for path in variables.into_iter().filter_map(|v| v.strip_prefix("record.")) {
                out.extend(walk(form, None, &split(path)));
            }
            out
        }
    })
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

/// A fault at its place in the definition: of a formula at its expression.
pub(super) fn at(pending: &Pending, fault: Fault) -> Fault {
    let place = match &pending.what {
        PendingKind::Formula(_) => "field/expression",
        PendingKind::Default(_) => "default/expression",
        PendingKind::Lookup(_) | PendingKind::Rollup(_) => "field",
    };
    Fault { path: format!("{}/{place}{}", pending.at, fault.path), ..fault }
}

/// Where each property stands, by its pointer.
pub(super) fn places(fields: &[Field]) -> HashMap<String, ComputedPlace> {
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

fn field_at_mut(fields: &mut [Field], place: ComputedPlace) -> Option<&mut Field> {
    match place.table {
        None => fields.get_mut(place.field),
        Some(table) => match &mut fields.get_mut(table)?.kind {
            FieldKind::Table(table) => table.fields.get_mut(place.field),
            _ => None,
        },
    }
}

fn name_of(forms: &[Settling<'_>], node: &Node, with_form: bool) -> String {
    let fields: &[Field] = forms.get(node.form).map(|f| &*f.fields).unwrap_or_default();
    let name = field_at(fields, node.place).map_or("", |f| f.name.as_str());
    match (with_form, forms.get(node.form), node.place.table.and_then(|t| fields.get(t))) {
        (true, Some(form), Some(table)) => format!("{}.{}.{name}", form.form, table.name),
        (true, Some(form), None) => format!("{}.{name}", form.form),
        _ => name.to_string(),
    }
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
