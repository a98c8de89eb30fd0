//! A formula made ready: checked and bound, what it reads within reach, the kind of its results.

use super::{Compiled, Settings, not_offered};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::expr::ast::ExprKind;
use crate::expr::{ClockUse, Expression, NameType, Names, Path, RecordNames, Type, rename, scale};
use crate::field::encryption::refused;
use crate::field::formula::{Computed, Formula, Leaf, MAX_SCALE, PendingKind, Pick, Source, Start, kind_of};
use crate::field::settle::{Node, Settling, at};
use crate::field::walk::{Ground, Walked, columns, field_at};
use crate::field::{ChoiceSet, Field, FieldKind, SystemField};
use std::sync::Arc;

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

pub(super) fn formula(
    ground: &Ground,
    forms: &[Settling<'_>],
    node: &Node,
    source: &str,
    settings: &Settings<'_>,
) -> Compiled {
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
