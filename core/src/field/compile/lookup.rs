//! A lookup made ready: the field behind its link, seen from elsewhere.

use super::{not_offered, unknown};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::encryption::refused;
use crate::field::formula::Computed;
use crate::field::settle::{Node, Settling};
use crate::field::walk::{Ground, columns};
use crate::field::{ChoiceOptions, Field, FieldKind, LinkOptions, OnDelete, TextFormat, TextOptions, Unique};
use std::collections::BTreeMap;

/// The kind of values that are seen from elsewhere: without what only their own field does with them.
pub(super) fn seen_kind(kind: &FieldKind) -> FieldKind {
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
            FieldKind::Number(crate::field::NumberOptions { currency_field: None, ..n.clone() })
        }
        other => other.clone(),
    }
}

pub(super) fn lookup(
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
