//! Renaming within an expression: only the letters of names change; spacing, parentheses and comments stay.

use super::ast::{Expr, ExprKind, Operator};
use super::parse::parse;
use crate::diagnostic::Fault;
use std::collections::HashMap;

/// Rewrites names. `rename` is asked for each part of each path, with the path up to and including that part (as written),
/// and answers the part's new name, or `None` where it stays.
///
/// # Errors
/// The fault of a source that cannot be read.
pub fn rename(source: &str, mut rename: impl FnMut(&[&str]) -> Option<String>) -> Result<String, Fault> {
    let tree = parse(source)?;
    let mut edits = Vec::new();
    tree.walk(&mut |expr| {
        if let ExprKind::Path(segments) = &expr.kind {
            let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
            for (i, segment) in segments.iter().enumerate() {
                if let Some(new) = names.get(..=i).and_then(&mut rename) {
                    edits.push((segment.span, new));
                }
            }
        }
    });
    Ok(rewrite(source, edits))
}

/// Rewrites texts, as when a choice's value changes: `change` is given each text written in place, and answers its new one.
///
/// # Errors
/// The fault of a source that cannot be read.
pub fn rename_texts(source: &str, mut change: impl FnMut(&str) -> Option<String>) -> Result<String, Fault> {
    let tree = parse(source)?;
    let mut edits = Vec::new();
    tree.walk(&mut |expr| {
        if let ExprKind::Text(text) = &expr.kind
            && let Some(new) = change(text)
        {
            edits.push((expr.span, format!("\"{}\"", new.replace('"', "\"\""))));
        }
    });
    Ok(rewrite(source, edits))
}

/// Rewrites texts that stand for values of a choice: those compared with it, or listed for it in SWITCH, INCLUDES and the like.
/// `values` gives the new names of a path's values, where it has such.
///
/// # Errors
/// The fault of a source that cannot be read.
pub fn recode<'v>(
    source: &str,
    values: impl Fn(&[&str]) -> Option<&'v HashMap<String, String>>,
) -> Result<String, Fault> {
    let tree = parse(source)?;
    let mut edits = Vec::new();
    let mut pair = |path: &Expr, text: &Expr| {
        let (ExprKind::Path(segments), ExprKind::Text(old)) = (&path.kind, &text.kind) else { return };
        let names: Vec<&str> = segments.iter().map(|s| s.name.as_str()).collect();
        if let Some(new) = values(&names).and_then(|v| v.get(old)) {
            edits.push((text.span, format!("\"{}\"", new.replace('"', "\"\""))));
        }
    };
    tree.walk(&mut |expr| match &expr.kind {
        ExprKind::Chain { first, rest } => {
            let mut left: &Expr = first;
            for link in rest {
                if matches!(link.operator, Operator::Equal | Operator::NotEqual) {
                    pair(left, &link.operand);
                    pair(&link.operand, left);
                }
                left = &link.operand;
            }
        }
        ExprKind::Call { name, arguments, .. } => {
            let Some((path, rest)) = arguments.split_first() else { return };
            match name.to_ascii_uppercase().as_str() {
                "SWITCH" => rest.iter().step_by(2).for_each(|text| pair(path, text)),
                "INCLUDES" | "COUNTIF" | "SUMIF" | "AVERAGEIF" => {
                    rest.iter().take(1).for_each(|text| pair(path, text));
                }
                _ => {}
            }
        }
        _ => {}
    });
    Ok(rewrite(source, edits))
}

fn rewrite(source: &str, mut edits: Vec<(super::token::Span, String)>) -> String {
    edits.sort_by_key(|e| e.0.start);
    let mut out = String::with_capacity(source.len() + 32);
    let mut at = 0;
    for (span, new) in edits {
        out.push_str(source.get(at..span.start).unwrap_or(""));
        out.push_str(&new);
        at = span.end;
    }
    out.push_str(source.get(at..).unwrap_or(""));
    out
}
