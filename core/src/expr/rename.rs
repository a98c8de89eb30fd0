//! Renaming within an expression: only the letters of names change; spacing, parentheses and comments stay.

use super::ast::ExprKind;
use super::parse::parse;
use crate::diagnostic::Fault;

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
