//! Following the names of a path from form to form: where its value is found, and every field that it depends on.

use super::bind::{bind, place_of};
use super::formula::{ComputedPlace, PendingKind, Pick, Remote, Source, Start};
use super::linked::Lookup;
use super::settle::Settling;
use super::{Field, FieldKind, SystemField};
use crate::query::{DepartmentAttr, Hop, Leaf as End, Path, PersonSource, Place, UserAttr};
use std::collections::HashMap;
use std::sync::Arc;

/// Most lookups that one name may stand for, one through the other.
const MOST_LOOKUPS: usize = 8;
/// Stands for people and departments where a form is expected: they are no form.
const NO_FORM: usize = usize::MAX;

/// What all forms say of each other.
pub(super) struct Ground {
    by_name: HashMap<String, usize>,
    /// The link of another form that is read backwards under a name.
    inverses: HashMap<(usize, String), (usize, usize)>,
    /// Lookups, whether their own kind is known yet or not.
    lookups: HashMap<(usize, ComputedPlace), Lookup>,
}

/// What a path came to.
pub(super) struct Walked {
    pub source: Source,
    /// The fields on the way and the one at its end, by form.
    pub reads: Vec<(usize, ComputedPlace)>,
    /// The field at its end, where it ends on one.
    pub end: Option<(usize, ComputedPlace)>,
    /// The id of the field that the last name means.
    pub id: Option<String>,
}

/// Where a walk stands.
#[derive(Clone, Copy)]
enum At {
    Record(usize),
    Row(usize, usize),
    Person,
    Department,
}

impl Ground {
    pub fn of(forms: &[Settling<'_>]) -> Ground {
        let by_name: HashMap<String, usize> = forms.iter().enumerate().map(|(i, f)| (f.form.to_string(), i)).collect();
        let mut ground = Ground { by_name, inverses: HashMap::new(), lookups: HashMap::new() };
        for (from, form) in forms.iter().enumerate() {
            for (index, field) in form.fields.iter().enumerate() {
                let Some(link) = field.kind.link() else { continue };
                if let (Some(to), Some(name)) = (ground.form(&link.form), &link.inverse) {
                    ground.inverses.entry((to, name.clone())).or_insert((from, index));
                }
            }
        }
        for (index, form) in forms.iter().enumerate() {
            if form.pending.is_empty() {
                continue;
            }
            let places = super::settle::places(form.fields);
            for pending in &form.pending {
                let PendingKind::Lookup(doc) = &pending.what else { continue };
                let Some(place) = places.get(&pending.at).copied() else { continue };
                let beside = columns(form.fields, place.table).unwrap_or_default();
                let found = beside.iter().position(|f| f.name == doc.via).and_then(|via| {
                    let FieldKind::Link(link) = &beside.get(via)?.kind else { return None };
                    let to = ground.form(&link.form)?;
                    let field = forms.get(to)?.fields.iter().position(|f| f.name == doc.field)?;
                    Some(Lookup { via, to, field })
                });
                if let Some(lookup) = found {
                    ground.lookups.insert((index, place), lookup);
                }
            }
        }
        ground
    }

    pub fn form(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub fn inverse(&self, form: &str, name: &str) -> Option<usize> {
        self.inverses.get(&(self.form(form)?, name.to_string())).map(|(from, _)| *from)
    }

    pub fn lookup(&self, form: usize, place: ComputedPlace) -> Option<&Lookup> {
        self.lookups.get(&(form, place))
    }

    /// Follows names from a record of a form, or from a row of its child table `row_of`; `None` where they lead nowhere, or
    /// further than values are fetched from.
    pub fn walk(&self, forms: &[Settling<'_>], form: usize, row_of: Option<usize>, names: &[String]) -> Option<Walked> {
        let fields: &[Field] = forms.get(form)?.fields;
        if let Some(source) = bind(fields, row_of, names) {
            let place = place_of(&source, row_of);
            let end = place.map(|p| (form, p));
            if !end.is_some_and(|(f, p)| self.lookups.contains_key(&(f, p))) {
                let id = place.and_then(|p| field_at(fields, p)).map(|f| f.id.clone());
                return Some(Walked { source, reads: end.into_iter().collect(), end, id });
            }
        }
        let mut names = names;
        let mut at = At::Record(form);
        if let Some(table) = row_of {
            let own = columns(fields, Some(table))?.iter().any(|c| Some(&c.name) == names.first());
            if own || names.first().is_none_or(|n| n != "parent") {
                at = At::Row(form, table);
            } else {
                names = names.get(1..)?;
            }
        }
        let mut walk = Walk {
            ground: self,
            forms,
            row_of,
            start: None,
            begins: None,
            hops: Vec::new(),
            reads: Vec::new(),
            in_rows: None,
            leaves_for_many: false,
        };
        walk.go(at, names)
    }
}

struct Walk<'a, 'f> {
    ground: &'a Ground,
    forms: &'a [Settling<'f>],
    row_of: Option<usize>,
    start: Option<Start>,
    /// Where the way out begins, once it has.
    begins: Option<Place>,
    hops: Vec<Hop>,
    reads: Vec<(usize, ComputedPlace)>,
    /// The child table whose rows are gone through before the record is left.
    in_rows: Option<usize>,
    /// The field by which the record is left names several.
    leaves_for_many: bool,
}

impl Walk<'_, '_> {
    fn go(&mut self, mut at: At, mut names: &[String]) -> Option<Walked> {
        let mut lookups = 0;
        // a field that a lookup means, in place of the next name
        let mut meant: Option<usize> = None;
        loop {
            let (name, tail) = match meant {
                Some(_) => ("", names),
                None => names.split_first().map(|(first, tail)| (first.as_str(), tail))?,
            };
            let (form, table) = match at {
                At::Record(form) => (form, None),
                At::Row(form, table) => (form, Some(table)),
                At::Person => {
                    return self.end(End::User(person(name)?), Pick::Value, None, false).filter(|_| tail.is_empty());
                }
                At::Department => {
                    return self
                        .end(End::Department(department(name)?), Pick::Value, None, false)
                        .filter(|_| tail.is_empty());
                }
            };
            let fields: &[Field] = columns(self.forms.get(form)?.fields, table)?;
            let Some(index) = meant.take().or_else(|| fields.iter().position(|f| f.name == name)) else {
                let Some((next, rest)) = self.not_a_field(form, table, name, tail)? else {
                    return self.end(End::System(SystemField::find(name)?), Pick::Value, None, false);
                };
                at = next;
                names = rest;
                continue;
            };
            let place = ComputedPlace { table, field: index };
            self.reads.push((form, place));
            let field = fields.get(index)?;
            if let Some(lookup) = self.ground.lookup(form, place) {
                lookups += 1;
                if lookups > MOST_LOOKUPS {
                    return None;
                }
                self.reads.push((form, ComputedPlace { table, field: lookup.via }));
                self.leave(at, lookup.via, Hop::Link { field: lookup.via, to: lookup.to }, Place::form(lookup.to));
                at = At::Record(lookup.to);
                meant = Some(lookup.field);
                names = tail;
                continue;
            }
            if tail.is_empty() {
                return self.end(End::Field(index), Pick::Value, Some((form, place)), field.kind.is_many());
            }
            let person = Place { form: NO_FORM, table: None };
            match &field.kind {
                FieldKind::Link(link) => {
                    let to = self.ground.form(&link.form)?;
                    self.leave(at, index, Hop::Link { field: index, to }, Place::form(to));
                    at = At::Record(to);
                }
                FieldKind::Links(link) => {
                    let to = self.ground.form(&link.form)?;
                    self.leave(at, index, Hop::Links { field: index, to }, Place::form(to));
                    at = At::Record(to);
                }
                FieldKind::Table(_) => {
                    if self.start.is_some() {
                        self.hops.push(Hop::Rows { field: index });
                    } else {
                        self.in_rows = Some(index);
                    }
                    at = At::Row(form, index);
                }
                FieldKind::User => {
                    self.leave(at, index, Hop::User { source: PersonSource::Field(index) }, person);
                    at = At::Person;
                }
                FieldKind::Users => {
                    self.leave(at, index, Hop::Users { field: index }, person);
                    at = At::Person;
                }
                FieldKind::Department => {
                    self.leave(at, index, Hop::Department { field: index }, person);
                    at = At::Department;
                }
                FieldKind::Departments => {
                    self.leave(at, index, Hop::Departments { field: index }, person);
                    at = At::Department;
                }
                FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Status(_) | FieldKind::Tags(_) => {
                    let set = field.kind.choice_set()?.clone();
                    let pick = match tail {
                        [what] if what == "parent" => Pick::ChoiceParent(set),
                        [data, key] if data == "data" => Pick::ChoiceData(set, key.clone()),
                        _ => return None,
                    };
                    return self.end(End::Field(index), pick, Some((form, place)), field.kind.is_many());
                }
                FieldKind::Json | FieldKind::Location => {
                    return self.end(End::Field(index), Pick::Member(tail.to_vec()), Some((form, place)), false);
                }
                _ => return None,
            }
            names = tail;
        }
    }

    /// A name that is no field: a system field that goes on (its place and the names left), one that ends the path (`None`
    /// inside), or a link of another form read backwards.
    #[allow(clippy::type_complexity)]
    fn not_a_field<'n>(
        &mut self,
        form: usize,
        table: Option<usize>,
        name: &str,
        tail: &'n [String],
    ) -> Option<Option<(At, &'n [String])>> {
        if table.is_some() {
            return None;
        }
        if let Some(system) = SystemField::find(name) {
            let source = match (system, tail.is_empty()) {
                (SystemField::DeletedAt, _) => return None,
                (_, true) => return Some(None),
                (SystemField::CreatedBy, false) => (PersonSource::CreatedBy, Start::CreatedBy),
                (SystemField::UpdatedBy, false) => (PersonSource::UpdatedBy, Start::UpdatedBy),
                _ => return None,
            };
            if self.start.is_some() {
                self.hops.push(Hop::User { source: source.0 });
            } else {
                self.start = Some(source.1);
                self.begins = Some(Place { form: NO_FORM, table: None });
            }
            return Some(Some((At::Person, tail)));
        }
        let (from, link) = self.ground.inverses.get(&(form, name.to_string())).copied()?;
        if self.in_rows.is_some() || tail.is_empty() {
            return None;
        }
        self.reads.push((from, ComputedPlace { table: None, field: link }));
        if self.start.is_none() {
            self.start = Some(Start::Itself);
            self.begins = Some(Place::form(form));
        }
        self.hops.push(Hop::Inverse { form: from, field: link });
        Some(Some((At::Record(from), tail)))
    }

    /// Goes on to what a field names: the beginning of the way out, or one step of it.
    fn leave(&mut self, at: At, field: usize, hop: Hop, to: Place) {
        if self.start.is_some() {
            self.hops.push(hop);
            return;
        }
        self.leaves_for_many = hop.is_many();
        self.start = Some(match (at, self.in_rows) {
            (At::Row(_, table), Some(_)) => Start::Rows { table, field },
            (At::Row(..), None) if self.row_of.is_some() => Start::Row(field),
            _ => Start::Field(field),
        });
        self.begins = Some(to);
    }

    fn end(&mut self, leaf: End, pick: Pick, end: Option<(usize, ComputedPlace)>, is_list: bool) -> Option<Walked> {
        let (start, begins) = (self.start.clone()?, self.begins?);
        let hops = std::mem::take(&mut self.hops);
        let is_many =
            is_list || self.leaves_for_many || matches!(start, Start::Rows { .. }) || hops.iter().any(|h| h.is_many());
        let place = match end {
            Some((form, place)) => Place { form, table: place.table },
            None => begins,
        };
        let id = end.and_then(|(form, place)| field_at(self.forms.get(form)?.fields, place)).map(|f| f.id.clone());
        let key: Arc<str> = format!("{begins:?}{hops:?}{leaf:?}").into();
        let path = Path { start: begins, hops, end: place, leaf, text: String::new() };
        let remote = Remote { key, start, path, pick, is_many };
        let reads = std::mem::take(&mut self.reads);
        Some(Walked { source: Source::Remote(Arc::new(remote)), reads, end, id })
    }
}

fn person(name: &str) -> Option<UserAttr> {
    Some(match name {
        "id" => UserAttr::Id,
        "login" => UserAttr::Login,
        "name" => UserAttr::Name,
        "department" => UserAttr::Department,
        "manager" => UserAttr::Manager,
        "active" => UserAttr::Active,
        _ => return None,
    })
}

fn department(name: &str) -> Option<DepartmentAttr> {
    Some(match name {
        "id" => DepartmentAttr::Id,
        "name" => DepartmentAttr::Name,
        "title" => DepartmentAttr::Title,
        "parent" => DepartmentAttr::Parent,
        _ => return None,
    })
}

/// The fields of a record, or of the rows of a child table.
pub(super) fn columns(fields: &[Field], table: Option<usize>) -> Option<&[Field]> {
    match table {
        None => Some(fields),
        Some(table) => fields.get(table)?.table().map(|t| t.fields.as_slice()),
    }
}

pub(super) fn field_at(fields: &[Field], place: ComputedPlace) -> Option<&Field> {
    columns(fields, place.table)?.get(place.field)
}
