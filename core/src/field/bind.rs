//! Where each path of a formula is found: in the record, in the row, in the rows of a child table.

use super::formula::{ComputedPlace, Leaf, Source};
use super::{Field, FieldKind, SystemField};

/// The field that a source reads.
pub(super) fn place_of(source: &Source, row_of: Option<usize>) -> Option<ComputedPlace> {
    Some(match source {
        Source::Record(leaf) => ComputedPlace { table: None, field: leaf.field()? },
        Source::Row(leaf) => ComputedPlace { table: row_of, field: leaf.field()? },
        Source::Rows { table, leaf } => ComputedPlace { table: Some(*table), field: leaf.field()? },
        Source::Remote(_) => return None,
    })
}

/// Where a path's value is found; `None` where it leads to another record or nowhere.
pub(super) fn bind(fields: &[Field], row_of: Option<usize>, names: &[String]) -> Option<Source> {
    let (first, rest) = names.split_first()?;
    if let Some(table) = row_of {
        let columns = &fields.get(table)?.table()?.fields;
        if columns.iter().any(|c| c.name == *first) || first != "parent" {
            return leaf(columns, first, rest, true).map(Source::Row);
        }
        return match rest.split_first() {
            None => Some(Source::Record(Leaf::System(SystemField::Id))),
            Some((first, rest)) => of_record(fields, first, rest),
        };
    }
    of_record(fields, first, rest)
}

fn of_record(fields: &[Field], first: &str, rest: &[String]) -> Option<Source> {
    let table = fields.iter().position(|f| f.name == first).and_then(|i| Some((i, fields.get(i)?.table()?)));
    match (table, rest.split_first()) {
        (Some((table, columns)), Some((column, rest))) => {
            leaf(&columns.fields, column, rest, true).map(|leaf| Source::Rows { table, leaf })
        }
        _ => leaf(fields, first, rest, false).map(Source::Record),
    }
}

fn leaf(fields: &[Field], first: &str, rest: &[String], is_row: bool) -> Option<Leaf> {
    let Some((index, field)) = fields.iter().enumerate().find(|(_, f)| f.name == *first) else {
        let system = SystemField::find(first).filter(|s| rest.is_empty() && (!is_row || *s == SystemField::Id))?;
        return Some(Leaf::System(system));
    };
    match (&field.kind, rest) {
        (_, []) => Some(Leaf::Field(index)),
        (FieldKind::Json | FieldKind::Location, members) => Some(Leaf::Member(index, members.to_vec())),
        (FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Status(_) | FieldKind::Tags(_), [what]) => {
            (what == "parent").then_some(Leaf::ChoiceParent(index))
        }
        (FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Status(_) | FieldKind::Tags(_), [data, key]) => {
            (data == "data").then(|| Leaf::ChoiceData(index, key.clone()))
        }
        _ => None,
    }
}
