//! Checks what the moves of status fields name: fields that they require, conditions, roles.

use crate::definition::pointer_segment;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::FieldKind;
use crate::form::Form;
use crate::query::{Limits, Place, QueryContext, read_condition};

/// Every field, condition and role that a move names is there.
pub(crate) fn check_moves(cx: &QueryContext<'_>, index: usize, form: &Form, faults: &mut Vec<Fault>) {
    for field in &form.fields {
        let FieldKind::Status(options) = &field.kind else { continue };
        let at = format!("/record/properties/{}/field", pointer_segment(&field.name));
        let known = |name: &String, at: String, faults: &mut Vec<Fault>| {
            if form.field(name).is_none() {
                faults.push(
                    Fault::new(at, &code::UNKNOWN_FIELD)
                        .with("name", name)
                        .suggest(name, form.fields.iter().map(|f| f.name.as_str())),
                );
            }
        };
        for name in &options.back_require {
            known(name, format!("{at}/back/require"), faults);
        }
        let mut moves: Vec<_> = options.transitions.iter().flatten().collect();
        moves.sort_by_key(|(from, _)| *from);
        for (from, list) in moves {
            for (i, step) in list.iter().enumerate() {
                let at = format!("{at}/transitions/{}/{i}", pointer_segment(from));
                for (j, name) in step.require.iter().enumerate() {
                    known(name, format!("{at}/require/{j}"), faults);
                }
                if let Some(when) = &step.when {
                    read_condition(cx, Place::form(index), when, &format!("{at}/when"), Limits::default(), faults);
                }
                for (j, role) in step.roles.iter().enumerate() {
                    if cx.catalog.role(role).is_none() && role != crate::permission::ADMIN {
                        faults.push(
                            Fault::new(format!("{at}/roles/{j}"), &code::UNKNOWN_REFERENCE)
                                .with("kind", "role")
                                .with("name", role)
                                .suggest(role, cx.catalog.roles.iter().map(|r| r.name.as_str())),
                        );
                    }
                }
            }
        }
    }
}
