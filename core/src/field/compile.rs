//! One computed field made ready: its formula checked and bound, its lookup or rollup resolved, the kind of its values found.

use super::encryption::refused;
use super::formula::{Computed, Formula, Leaf, MAX_SCALE, PendingKind, Pick, Source, Start, kind_of};
use super::linked::{Rollup, RollupDoc, RollupScope, compares_days, depends_on_asking, rollup_kind};
use super::settle::{Node, Settling, at};
use super::walk::{Ground, Walked, columns, field_at};
use super::{
    ChoiceOptions, ChoiceSet, Field, FieldKind, LinkOptions, OnDelete, SystemField, TextFormat, TextOptions, Unique,
};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::ast::ExprKind;
use crate::expr::{ClockUse, Expression, NameType, Names, Path, RecordNames, Type, rename, scale};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The settings that formulas may name.
pub(crate) struct Settings<'a> {
    pub field: &'a dyn Fn(&str) -> Option<&'a Field>,
    pub keys: Vec<String>,
}

impl Settings<'_> {
    /// No settings: for forms by themselves.
    pub fn none() -> Settings<'static> {
        Settings { field: &|_| None, keys: Vec::new() }
    }
}

type Compiled = Result<(FieldKind, Computed), Vec<Fault>>;

pub(super) fn compile(ground: &Ground, forms: &[Settling<'_>], node: &Node, settings: &Settings<'_>) -> Compiled {
    match &node.pending.what {
        PendingKind::Formula(source) | PendingKind::Default(source) => formula(ground, forms, node, source, settings),
        PendingKind::Lookup(doc) => {
            lookup(ground, forms, node, &doc.via, &doc.field).map_err(|fault| vec![at(&node.pending, fault)])
        }
        PendingKind::Rollup(doc) => rollup(ground, forms, node, doc).map_err(|fault| vec![at(&node.pending, fault)]),
    }
}

fn not_offered(at: &str, what: impl Into<String>) -> Fault {
    Fault::new(at, &code::KIND_NOT_OFFERED).with("what", what.into())
}

fn unknown(at: &str, name: &str, fields: &[Field]) -> Fault {
    Fault::new(at, &code::UNKNOWN_FIELD).with("name", name).suggest(name, fields.iter().map(|f| f.name.as_str()))
}

/// The kind of values that are seen from elsewhere: without what only their own field does with them.
fn seen_kind(kind: &FieldKind) -> FieldKind {
    let text = |format| FieldKind::Text(TextOptions { format, unique: Unique::No });
    let link = |link: &LinkOptions| LinkOptions {
        filter: None,
        on_delete: OnDelete::Clear,
        copy: BTreeMap::new(),
        inverse: None,
        ..link.clone()
    };
    match kind {
        FieldKind::Text(t) => text(t.format),
        FieldKind::Serial(_) => text(TextFormat::Plain),
        FieldKind::Status(s) => FieldKind::Choice(ChoiceOptions { set: s.set.clone(), shared: None, pick_any: true }),
        FieldKind::Link(l) => FieldKind::Link(link(l)),
        FieldKind::Links(l) => FieldKind::Links(link(l)),
        FieldKind::Number(n) => {
            // the currency stands beside the number there, not here
            FieldKind::Number(super::NumberOptions { currency_field: None, ..n.clone() })
        }
        other => other.clone(),
    }
}

fn lookup(
    ground: &Ground,
    forms: &[Settling<'_>],
    node: &Node,
    via: &str,
    name: &str,
) -> Result<(FieldKind, Computed), Fault> {
    let own: &[Field] = forms.get(node.form).map(|f| &*f.fields).unwrap_or_default();
    let beside = columns(own, node.place.table).unwrap_or_default();
    let Some(lookup) = ground.lookup(node.form, node.place) else {
        let link = beside.iter().find(|f| f.name == via).and_then(|f| f.kind.link());
        let target = link.and_then(|l| forms.get(ground.form(&l.form)?));
        return Err(match (beside.iter().find(|f| f.name == via), target) {
            (None, _) => unknown("/via", via, beside),
            (Some(_), Some(target)) => unknown("/field", name, target.fields),
            (Some(_), None) => Fault::new("/via", &code::UNKNOWN_REFERENCE)
                .with("kind", "link")
                .with("name", via)
                .with("suggestion", ""),
        });
    };
    if beside.get(lookup.via).is_some_and(|f| f.computed.is_some()) {
        return Err(not_offered("/via", "a lookup through a computed link"));
    }
    let Some(target) = forms.get(lookup.to).and_then(|f| f.fields.get(lookup.field)) else {
        return Err(unknown("/field", name, &[]));
    };
    if target.is_live() {
        return Err(not_offered("/field", format!("a lookup of \"{name}\", which reads the clock")));
    }
    if target.is_encrypted() {
        return Err(refused(name, "/field"));
    }
    if target.table().is_some() || matches!(target.kind, FieldKind::Files(_) | FieldKind::Signature) {
        return Err(not_offered("/field", format!("a lookup of {}", target.kind.type_name())));
    }
    Ok((seen_kind(&target.kind), Computed::Lookup(lookup.clone())))
}

fn rollup(
    ground: &Ground,
    forms: &[Settling<'_>],
    node: &Node,
    doc: &RollupDoc,
) -> Result<(FieldKind, Computed), Fault> {
    let own = forms.get(node.form).map(|f| f.form).unwrap_or_default();
    if node.place.table.is_some() {
        return Err(not_offered("", "a rollup in a child table"));
    }
    let (name, table) = doc.form.split_once('.').map_or((doc.form.as_str(), None), |(f, t)| (f, Some(t)));
    let unknown_form = |name: &str| {
        Fault::new("/form", &code::UNKNOWN_REFERENCE)
            .with("kind", "form")
            .with("name", name)
            .suggest(name, forms.iter().map(|f| f.form))
    };
    let Some((form, of)) = ground.form(name).and_then(|i| Some((i, forms.get(i)?))) else {
        return Err(unknown_form(name));
    };
    let table = match table {
        None => None,
        Some(t) => {
            let found = of.fields.iter().position(|f| f.name == t && f.table().is_some());
            Some(found.ok_or_else(|| unknown_form(&doc.form))?)
        }
    };
    let fields = columns(of.fields, table).unwrap_or_default();
    let find = |name: &str, at: &str| -> Result<usize, Fault> {
        fields.iter().position(|f| f.name == name).ok_or_else(|| unknown(at, name, fields))
    };
    let via = find(&doc.via, "/via")?;
    let link = fields.get(via).filter(|f| f.computed.is_none()).and_then(|f| f.kind.link());
    if link.is_none_or(|l| l.form != own) {
        return Err(Fault::new("/via", &code::UNKNOWN_REFERENCE)
            .with("kind", "link")
            .with("name", &doc.via)
            .with("suggestion", ""));
    }
    let mut is_asked = doc.scope == RollupScope::Reader || doc.filter.as_ref().is_some_and(depends_on_asking);
    let is_instant = |path: &str| {
        let names: Vec<String> = path.split('.').map(str::to_string).collect();
        match ground.walk(forms, form, table, &names) {
            Some(walked) => match walked.end.and_then(|(f, p)| field_at(forms.get(f)?.fields, p)) {
                Some(field) => matches!(field.kind, FieldKind::DateTime),
                None => true,
            },
            None => false,
        }
    };
    is_asked |= doc.filter.as_ref().is_some_and(|f| compares_days(f, &is_instant));
    let mut named = [None, None];
    for (slot, (key, name)) in named.iter_mut().zip([("field", &doc.field), ("by", &doc.by)]) {
        let Some(name) = name else { continue };
        let index = find(name, &format!("/{key}"))?;
        *slot = Some(index);
        let field = fields.get(index);
        if field.is_some_and(Field::is_encrypted) {
            return Err(refused(name, format!("/{key}")));
        }
        if field.is_some_and(Field::is_live) {
            return Err(not_offered(&format!("/{key}"), format!("a rollup over \"{name}\", which reads the clock")));
        }
        if field.is_some_and(|f| f.table().is_some()) {
            return Err(not_offered(&format!("/{key}"), "a rollup over a child table by its own name"));
        }
        // what is worked out in the query can only be worked out there further
        is_asked |= field.is_some_and(|f| f.is_asked() && f.lookup().is_none());
    }
    let [field, by] = named;
    if let Some(kind) = by.and_then(|i| fields.get(i)).map(|f| &f.kind)
        && !matches!(kind, FieldKind::Number(_) | FieldKind::Date | FieldKind::DateTime | FieldKind::Time)
    {
        return Err(
            Fault::new("/by", &code::KEY_INVALID).with("reason", "Records are in order by a number, a date or a time")
        );
    }
    let kind = rollup_kind(doc.function, field.and_then(|i| fields.get(i)), &node.pending.dress).map_err(|wanted| {
        let reason = format!("{} takes a field of the type {wanted}", doc.function.name());
        Fault::new("/field", &code::KEY_INVALID).with("reason", reason)
    })?;
    let ids = |index: Option<usize>| index.and_then(|i| fields.get(i)).map_or("", |f| f.id.as_str());
    let filter = doc.filter.as_ref().map(|f| filter_meaning(ground, forms, node.form, (form, table), f).to_string());
    let meaning = format!(
        "{}({}) by {} via {} where {} scale {:?}",
        doc.function.name(),
        ids(field),
        ids(by),
        ids(Some(via)),
        filter.unwrap_or_default(),
        node.pending.dress.scale
    );
    let rollup = Rollup {
        form,
        table,
        via,
        filter: doc.filter.clone(),
        function: doc.function,
        field,
        by,
        scope: doc.scope,
        is_asked,
        meaning,
    };
    let kind = if matches!(kind, FieldKind::Link(_)) { seen_kind(&kind) } else { kind };
    Ok((kind, Computed::Rollup(Arc::new(rollup))))
}

/// A filter with ids where it names fields, so that it stays the same when a field is renamed.
fn filter_meaning(
    ground: &Ground,
    forms: &[Settling<'_>],
    own: usize,
    of: (usize, Option<usize>),
    filter: &Json,
) -> Json {
    let id = |form: usize, row_of: Option<usize>, path: &str| {
        let names: Vec<String> = path.split('.').map(str::to_string).collect();
        let ids = (1..=names.len())
            .map(|n| {
                let part = names.get(..n).unwrap_or_default();
                let found = ground.walk(forms, form, row_of, part).and_then(|w| w.id);
                found.unwrap_or_else(|| part.last().cloned().unwrap_or_default())
            })
            .collect::<Vec<_>>();
        Json::String(ids.join("."))
    };
    match filter {
        Json::Array(items) => Json::Array(items.iter().map(|i| filter_meaning(ground, forms, own, of, i)).collect()),
        Json::Object(map) => Json::Object(
            map.iter()
                .map(|(key, value)| {
                    let new = match (key.as_str(), value) {
                        ("field", Json::String(path)) => id(of.0, of.1, path),
                        ("var", Json::String(name)) => match name.strip_prefix("record.") {
                            Some(path) => id(own, None, path),
                            None => value.clone(),
                        },
                        _ => filter_meaning(ground, forms, own, of, value),
                    };
                    (key.clone(), new)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// The names of a formula's place, in which a field that reads the clock says so.
struct FieldNames<'a, 's> {
    inner: RecordNames<'a>,
    clock: &'a dyn Fn(&[&str]) -> ClockUse,
    settings: &'a Settings<'s>,
}

impl Names for FieldNames<'_, '_> {
    fn resolve(&self, path: &[&str]) -> Option<NameType> {
        let found = self.inner.resolve(path)?;
        Some(NameType { clock: found.clock.max((self.clock)(path)), ..found })
    }

    fn known(&self, prefix: &[&str]) -> Vec<String> {
        self.inner.known(prefix)
    }

    fn setting(&self, key: &str) -> Option<Type> {
        (self.settings.field)(key).map(|f| Type::of_field(&f.kind, "")).filter(|ty| !ty.is_list())
    }

    fn known_settings(&self) -> Vec<String> {
        self.settings.keys.clone()
    }

    fn in_rows(&self) -> bool {
        self.inner.in_rows()
    }
}

fn formula(ground: &Ground, forms: &[Settling<'_>], node: &Node, source: &str, settings: &Settings<'_>) -> Compiled {
    let Some(own) = forms.get(node.form) else { return Err(Vec::new()) };
    let fields: &[Field] = own.fields;
    let others = |name: &str| ground.form(name).and_then(|i| forms.get(i)).map(|f| &*f.fields);
    let inverse =
        |form: &str, name: &str| ground.inverse(form, name).and_then(|i| forms.get(i)).map(|f| (f.form, &*f.fields));
    let table = node.place.table.and_then(|t| fields.get(t)).and_then(|f| Some((f, f.table()?)));
    let place = table.map_or_else(|| own.form.to_string(), |(f, _)| format!("{}.{}", own.form, f.name));
    let walk = |names: &[&str]| -> Option<Walked> {
        let names: Vec<String> = names.iter().map(|n| (*n).to_string()).collect();
        ground.walk(forms, node.form, node.place.table, &names)
    };
    let end = |walked: &Walked| walked.end.and_then(|(form, place)| field_at(forms.get(form)?.fields, place));
    let names = FieldNames {
        inner: RecordNames {
            place: &place,
            fields: table.map_or(fields, |(_, t)| &t.fields),
            parent: table.map(|_| (own.form, fields)),
            forms: &others,
            inverse: &inverse,
        },
        clock: &|path| walk(path).as_ref().and_then(end).map_or(ClockUse::None, Field::clock),
        settings,
    };
    let pending = &node.pending;
    let expression = Expression::compile(source, &names)
        .map_err(|faults| faults.into_iter().map(|f| at(pending, f)).collect::<Vec<_>>())?;
    let mut faults = Vec::new();
    let mut sources = Vec::with_capacity(expression.reads().len());
    let uses = expression.uses();
    // what a record begins with is worked out once, whatever the clock says then
    let is_default = matches!(pending.what, PendingKind::Default(_));
    let is_live = !is_default && uses.clock != ClockUse::None;
    let is_sealed = field_at(fields, node.place).is_some_and(Field::is_encrypted);
    for read in expression.reads() {
        let walked = ground.walk(forms, node.form, node.place.table, &read.segments);
        let field = walked.as_ref().and_then(end);
        // what is worked out from an encrypted value says something about it, and what is kept elsewhere is opened there only
        let is_own = walked.as_ref().is_some_and(|w| !matches!(w.source, Source::Remote(_)));
        if let Some(hidden) = field.filter(|f| f.is_encrypted() && !(is_own && is_sealed)) {
            faults.push(refused(&hidden.name, format!("{}/field/expression", pending.at)));
            continue;
        }
        let source = match walked.map(|w| w.source) {
            Some(Source::Record(Leaf::System(SystemField::DeletedAt))) | None => None,
            // what is looked up beside a formula that is worked out after the query comes with the query
            Some(Source::Remote(_))
                if is_live && node.place.table.is_none() && asked_beside(fields, &read.segments).is_some() =>
            {
                asked_beside(fields, &read.segments).map(|i| Source::Record(Leaf::Field(i)))
            }
            Some(Source::Remote(remote)) => {
                let comes_with_the_query = !remote.is_many
                    && node.place.table.is_none()
                    && !matches!(remote.start, Start::Itself | Start::Row(_) | Start::Rows { .. });
                let fits = field.is_none_or(|f| f.clock() == ClockUse::None) && (!is_live || comes_with_the_query);
                fits.then_some(Source::Remote(remote))
            }
            other => other,
        };
        match source {
            Some(source) if !field.is_some_and(Field::is_readers) => sources.push(source),
            _ => faults.push(at(pending, out_of_reach(&expression, read))),
        }
    }
    let over_rows =
        node.place.table.is_some() || sources.iter().any(|s| matches!(s, Source::Row(_) | Source::Rows { .. }));
    let over_tables = sources.iter().any(|s| match s {
        Source::Record(leaf) => leaf.field().and_then(|i| fields.get(i)).is_some_and(|f| f.table().is_some()),
        _ => false,
    });
    for (used, what) in [
        (is_live && (over_rows || over_tables), "a formula over rows that reads the clock"),
        (is_live && uses.rates, "a formula of rates that reads the clock"),
        (uses.stays, "a formula over the history of a status"),
    ] {
        if used {
            faults.push(at(pending, not_offered("", what).with("position", 1)));
        }
    }
    let scale_of = |path: &[&str]| match walk(path).as_ref().and_then(end).map(|f| &f.kind) {
        Some(FieldKind::Number(n)) => Some(n.scale),
        Some(FieldKind::Date) => Some(0),
        _ => (path == ["version"]).then_some(0),
    };
    let inferred = scale::scale_of(expression.tree(), &scale_of).filter(|s| *s <= MAX_SCALE);
    let kind = if is_default {
        let kind = fields.get(node.place.field).map(|f| f.kind.clone());
        let wanted = kind.as_ref().map(|kind| Type::of_field(kind, &place));
        if let Some(wanted) = wanted.filter(|w| expression.result_type().common(w).as_ref() != Some(w)) {
            faults.push(at(
                pending,
                Fault::new("", &code::EXPRESSION_RESULT)
                    .with("expected", wanted)
                    .with("got", expression.result_type())
                    .with("position", 1)
                    .with("length", source.chars().count()),
            ));
        }
        kind
    } else {
        kind_of(expression.result_type(), inferred, &pending.dress)
    };
    match &kind {
        None => faults.push(at(
            pending,
            Fault::new("", &code::EXPRESSION_RESULT)
                .with("expected", "text, number, boolean, date, datetime, time, duration")
                .with("got", expression.result_type())
                .with("position", 1)
                .with("length", source.chars().count()),
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
            let meaning = rename(source, |names| walk(names)?.id.filter(|id| !id.is_empty()))
                .unwrap_or_else(|_| source.to_string());
            let formula = Formula { expression, sources, stated_scale: pending.dress.scale, meaning, fixed };
            Ok((kind, Computed::Formula(Arc::new(formula))))
        }
        _ => Err(faults),
    }
}

/// A lookup of the record itself that a path names as a whole.
fn asked_beside(fields: &[Field], names: &[String]) -> Option<usize> {
    let [name] = names else { return None };
    fields.iter().position(|f| f.name == *name && f.lookup().is_some())
}

/// The fault of a path that a formula cannot read, at its place in the source.
fn out_of_reach(expression: &Expression, read: &Path) -> Fault {
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

/// What the values depend on besides fields.
fn fixed(fields: &[Field], row_of: Option<usize>, sources: &[Source]) -> String {
    let mut out = String::new();
    for source in sources {
        let (table, leaf) = match source {
            Source::Record(leaf) => (None, leaf),
            Source::Row(leaf) => (row_of, leaf),
            Source::Rows { table, leaf } => (Some(*table), leaf),
            Source::Remote(remote) => {
                match &remote.pick {
                    Pick::ChoiceParent(set) => parents(set, &mut out),
                    Pick::ChoiceData(set, key) => data(set, key, &mut out),
                    Pick::Value | Pick::Member(_) => {}
                }
                continue;
            }
        };
        let set = leaf.field().and_then(|i| columns(fields, table)?.get(i)).and_then(|f| f.kind.choices());
        match (leaf, set) {
            (Leaf::ChoiceParent(_), Some(set)) => parents(set, &mut out),
            (Leaf::ChoiceData(_, key), Some(set)) => data(set, key, &mut out),
            _ => {}
        }
    }
    out
}

fn parents(set: &ChoiceSet, out: &mut String) {
    for choice in &set.choices {
        out.push_str(&format!("{}^{:?};", choice.value, choice.parent));
    }
}

fn data(set: &ChoiceSet, key: &str, out: &mut String) {
    for choice in &set.choices {
        out.push_str(&format!("{}.{key}={:?};", choice.value, choice.data.get(key)));
    }
}
