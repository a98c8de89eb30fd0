//! The indexes of a form: which ones it needs, and their names, which say what they hold.

use super::shape::record_table;
use crate::catalog::Catalog;
use crate::definition::pointer_segment;
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::field::{ColumnKind, Field, FieldKind, Normal, Storage, SystemField, Unique};
use crate::form::{Form, IndexColumn};
use crate::query::{AllSight, Cond, Leaf, Limits, Person, Place, QueryContext, Test, Vars, read_condition};
use crate::value::Value;
use std::collections::HashSet;

/// An index to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexSpec {
    pub name: String,
    pub table: String,
    pub columns: Vec<String>,
    /// Those of the columns that hold texts of any length.
    pub texts: Vec<String>,
    pub unique: bool,
    pub rows: IndexRows,
    /// Names of the fields that must be unique together; for messages.
    pub fields: Vec<String>,
}

/// Which rows an index holds.
#[derive(Clone, Debug, PartialEq)]
pub enum IndexRows {
    All,
    /// Records that are not in the recycle bin.
    Live,
    /// Records in the recycle bin.
    Deleted,
    /// Live records that meet a condition.
    Meeting(Predicate),
}

/// A condition on a record's own columns.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    All(Vec<Predicate>),
    Any(Vec<Predicate>),
    Not(Box<Predicate>),
    Empty(String),
    In { column: String, kind: ColumnKind, values: Vec<Value> },
    Range { column: String, kind: ColumnKind, low: Option<(Value, bool)>, high: Option<(Value, bool)> },
}

/// Fields of a form with texts of any length by which an index finds their records.
pub fn indexed_texts(form: &Form) -> HashSet<usize> {
    let exact = form.fields.iter().enumerate().filter(|(_, f)| f.unique() == Unique::Exact).map(|(i, _)| i);
    let keys = form.unique.iter().flat_map(|key| key.fields.iter().copied());
    let wanted = form.indexes.iter().flatten().filter_map(|column| match column {
        IndexColumn::Field(field) => Some(*field),
        IndexColumn::System(_) => None,
    });
    exact
        .chain(keys)
        .chain(wanted)
        .filter(|i| form.fields.get(*i).is_some_and(|f| f.kind.is_free_text() && !f.is_encrypted()))
        .collect()
}

/// Every index of a form. Faults name what cannot be indexed, by pointer into the form's document.
pub fn index_specs(catalog: &Catalog, form: &Form, faults: &mut Vec<Fault>) -> Vec<IndexSpec> {
    let table = record_table(&form.id);
    let free: HashSet<String> = form
        .fields
        .iter()
        .filter(|f| f.kind.is_free_text() && !f.is_encrypted())
        .flat_map(|f| [Some(f.id.clone()), (f.normal() == Normal::Folded).then(|| format!("{}_n", f.id))])
        .flatten()
        .collect();
    let spec = |name: String, columns: Vec<String>, unique: bool, rows: IndexRows| IndexSpec {
        name,
        table: table.clone(),
        texts: columns.iter().filter(|c| free.contains(*c)).cloned().collect(),
        columns,
        unique,
        rows,
        fields: Vec::new(),
    };
    let mut out = vec![
        spec(format!("iu_{}", form.id), vec!["updated_at".into(), "id".into()], false, IndexRows::Live),
        spec(format!("ix_{}", form.id), vec!["deleted_at".into()], false, IndexRows::Deleted),
    ];
    if let Some(owner) =
        form.record_owner.and_then(|i| form.fields.get(i)).filter(|f| matches!(f.kind.storage(), Storage::Column(_)))
    {
        out.push(spec(
            format!("io_{}", owner.id),
            vec![owner.id.clone(), "updated_at".into(), "id".into()],
            false,
            IndexRows::Live,
        ));
    }
    for (table, column) in form
        .fields
        .iter()
        .filter_map(|f| f.table().map(|t| (f, t)))
        .flat_map(|(f, t)| t.fields.iter().map(move |c| (f, c)))
    {
        if column.unique() != Unique::No {
            let at = format!(
                "/record/properties/{}/items/properties/{}/field",
                pointer_segment(&table.name),
                pointer_segment(&column.name)
            );
            faults.push(Fault::new(at, &code::KIND_NOT_OFFERED).with("what", "uniqueness within child tables"));
        }
    }
    for field in &form.fields {
        let pointing =
            matches!(field.kind, FieldKind::Link(_) | FieldKind::User | FieldKind::Department | FieldKind::Status(_));
        if pointing {
            out.push(spec(format!("i_{}", field.id), vec![field.id.clone()], false, IndexRows::All));
        }
        let unique = match field.unique() {
            Unique::No if field.equals_by_normal() && field.has_normal(false) => {
                out.push(spec(format!("in_{}", field.id), vec![format!("{}_n", field.id)], false, IndexRows::All));
                continue;
            }
            Unique::No => continue,
            Unique::Exact => spec(format!("u_{}", field.id), vec![field.id.clone()], true, IndexRows::Live),
            Unique::Normalized => {
                spec(format!("un_{}", field.id), vec![format!("{}_n", field.id)], true, IndexRows::Live)
            }
        };
        out.push(IndexSpec { fields: vec![field.name.clone()], ..unique });
    }
    for (i, key) in form.unique.iter().enumerate() {
        let fields: Vec<_> = key.fields.iter().filter_map(|f| form.fields.get(*f)).collect();
        // an encrypted field is compared by its blind index
        let column = |f: &&Field| if f.is_encrypted() { format!("{}_n", f.id) } else { f.id.clone() };
        let columns: Vec<String> = fields.iter().map(column).collect();
        let rows = match &key.when {
            None => IndexRows::Live,
            Some(when) => match read_predicate(catalog, form, when, &format!("/unique/{i}/when"), faults) {
                Some(predicate) => IndexRows::Meeting(predicate),
                None => continue,
            },
        };
        let name = format!("k_{}_{}", form.id, hash(&(&columns, key.when.as_ref().map(ToString::to_string))));
        out.push(IndexSpec {
            fields: fields.iter().map(|f| f.name.clone()).collect(),
            ..spec(name, columns, true, rows)
        });
    }
    for columns in &form.indexes {
        let mut columns: Vec<String> = columns
            .iter()
            .filter_map(|c| match c {
                IndexColumn::System(system) => Some(system.name().to_string()),
                IndexColumn::Field(i) => form.fields.get(*i).map(|f| f.id.clone()),
            })
            .collect();
        // what comes level in these is ordered by id, so a page goes on from any record without looking back
        columns.push("id".into());
        out.push(spec(format!("k_{}_{}", form.id, hash(&(&columns, None::<String>))), columns, false, IndexRows::Live));
    }
    let mut seen = HashSet::new();
    out.retain(|i| seen.insert(i.name.clone()));
    out
}

/// Sixteen hexadecimal digits that stay the same as long as the thing does (FNV-1a over its debug text).
fn hash(thing: &impl std::fmt::Debug) -> String {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in format!("{thing:?}").bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    format!("{state:016x}")
}

fn read_predicate(
    catalog: &Catalog,
    form: &Form,
    when: &serde_json::Value,
    at: &str,
    faults: &mut Vec<Fault>,
) -> Option<Predicate> {
    let index = catalog.form_index(&form.name)?;
    let person = Person::default();
    // an index cannot follow what the company sets
    let vars = Vars { settings: None, ..Vars::of_nobody(&person, catalog.default_settings()) };
    let cx = QueryContext { catalog, sight: &AllSight, vars: &vars };
    let before = faults.len();
    let cond = read_condition(&cx, Place::form(index), when, at, Limits::default(), faults);
    if faults.len() > before {
        return None;
    }
    let found = if names_a_variable(when) { None } else { predicate(form, &cond) };
    if found.is_none() {
        faults.push(
            Fault::new(at, &code::KEY_INVALID)
                .with("reason", "Only comparisons of the record's own fields with constants can stand here"),
        );
    }
    found
}

fn names_a_variable(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(map) => map.contains_key("var") || map.values().any(names_a_variable),
        serde_json::Value::Array(items) => items.iter().any(names_a_variable),
        _ => false,
    }
}

fn predicate(form: &Form, cond: &Cond) -> Option<Predicate> {
    Some(match cond {
        Cond::True => Predicate::All(Vec::new()),
        Cond::False => Predicate::Any(Vec::new()),
        Cond::And(parts) => Predicate::All(parts.iter().map(|p| predicate(form, p)).collect::<Option<_>>()?),
        Cond::Or(parts) => Predicate::Any(parts.iter().map(|p| predicate(form, p)).collect::<Option<_>>()?),
        Cond::Not(inner) => Predicate::Not(Box::new(predicate(form, inner)?)),
        Cond::Test { path, test } if path.hops.is_empty() => {
            let (column, kind) = match &path.leaf {
                Leaf::Field(i) => {
                    let field = form.fields.get(*i)?;
                    let Storage::Column(kind) = field.kind.storage() else { return None };
                    if field.is_encrypted() && *test != Test::Empty {
                        return None;
                    }
                    (field.column(), kind)
                }
                Leaf::System(system) if !matches!(system, SystemField::UpdatedAt | SystemField::Version) => {
                    (system.name().to_string(), system.column_kind())
                }
                _ => return None,
            };
            match test {
                Test::Empty => Predicate::Empty(column),
                Test::Eq(value) => Predicate::In { column, kind, values: vec![value.clone()] },
                Test::In(values) => Predicate::In { column, kind, values: values.clone() },
                Test::Range { low, high } if kind != ColumnKind::Text => {
                    Predicate::Range { column, kind, low: low.clone(), high: high.clone() }
                }
                _ => return None,
            }
        }
        Cond::Test { .. } | Cond::Related(_) | Cond::Readable { .. } => return None,
    })
}
