//! Which kept computed values follow from which others, over all forms: what a change of one record leads to elsewhere.

use crate::catalog::Catalog;
use crate::field::{Computed, ComputedPlace, Field, Leaf, Lookup, Source, Start};
use crate::form::Form;
use crate::query::{Cond, Hop, Leaf as End, Path, PersonSource, Place, Test};
use std::collections::HashMap;

/// A kept computed field of a form, or of one of its child tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    pub form: usize,
    pub place: ComputedPlace,
}

/// What of a record is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A field, or a column of a child table.
    Field(ComputedPlace),
    CreatedBy,
    UpdatedBy,
    /// Something that each write changes.
    System,
}

/// A step from records that were changed back towards those whose values follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Back {
    /// To the records of a form whose field (or a row's column) names them.
    Owners { form: usize, at: PersonOrField },
    /// To the records that a field (or a row's column) of them names.
    Named { form: usize, at: ComputedPlace },
}

/// By what a record names another, or a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PersonOrField {
    Field(ComputedPlace),
    CreatedBy,
    UpdatedBy,
}

/// A dependence: when this of a record is changed, the node of the records at the end of the way back follows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edge {
    pub what: What,
    pub back: Vec<Back>,
    /// Index in [`Graph::nodes`].
    pub node: usize,
}

/// Whose change is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Of {
    Form(usize),
    People,
    Departments,
}

/// All kept computed fields, each after what it reads, and what they depend on.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    edges: HashMap<Of, Vec<Edge>>,
    /// Conditions of rollups that do not depend on who asks, by form and field.
    filters: HashMap<(usize, usize), Cond>,
}

impl Graph {
    /// The graph of a catalogue whose forms are linked. `sequence` has all computed fields, each after what it reads;
    /// `filters` the conditions of kept rollups.
    pub(crate) fn of(
        catalog: &Catalog,
        sequence: &[(usize, ComputedPlace)],
        filters: HashMap<(usize, usize), Cond>,
    ) -> Graph {
        let mut graph = Graph { filters, ..Graph::default() };
        for (form, place) in sequence {
            let Some(field) = catalog.forms.get(*form).and_then(|f| field_of(f, *place)) else { continue };
            if !field.is_kept() {
                continue;
            }
            let node = graph.nodes.len();
            graph.nodes.push(Node { form: *form, place: *place });
            let mut tracer = Tracer { catalog, node, edges: &mut graph.edges, depth: 0 };
            match &field.computed {
                Some(Computed::Formula(formula)) => {
                    for source in &formula.sources {
                        tracer.source(*form, *place, source);
                    }
                }
                Some(Computed::Rollup(rollup)) => {
                    let via = ComputedPlace { table: rollup.table, field: rollup.via };
                    let back = [Back::Named { form: rollup.form, at: via }];
                    tracer.read(rollup.form, via, &back);
                    for field in [rollup.field, rollup.by].into_iter().flatten() {
                        tracer.read(rollup.form, ComputedPlace { table: rollup.table, field }, &back);
                    }
                    if let Some(cond) = graph.filters.get(&(*form, place.field)) {
                        tracer.condition(cond, &back, *form);
                    }
                }
                _ => {}
            }
        }
        for edges in graph.edges.values_mut() {
            let mut seen = std::collections::HashSet::new();
            edges.retain(|e| seen.insert(e.clone()));
        }
        graph
    }

    /// What follows when something of these is changed.
    pub fn edges(&self, of: Of) -> &[Edge] {
        self.edges.get(&of).map_or(&[], Vec::as_slice)
    }

    /// The condition of a kept rollup.
    pub fn filter(&self, form: usize, field: usize) -> &Cond {
        self.filters.get(&(form, field)).unwrap_or(&Cond::True)
    }

    /// The node of a computed field.
    pub fn node(&self, form: usize, place: ComputedPlace) -> Option<usize> {
        self.nodes.iter().position(|n| n.form == form && n.place == place)
    }

    /// The nodes of a form, in order.
    pub fn nodes_of(&self, form: usize) -> impl Iterator<Item = usize> + '_ {
        self.nodes.iter().enumerate().filter(move |(_, n)| n.form == form).map(|(i, _)| i)
    }

    /// Whether values of records elsewhere follow from those of a form, or records of it from others.
    pub fn concerns(&self, form: usize) -> bool {
        !self.edges(Of::Form(form)).is_empty()
    }

    /// These nodes and all that follow from them, in order.
    pub fn closure(&self, start: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut wanted = vec![false; self.nodes.len()];
        for node in start {
            if let Some(slot) = wanted.get_mut(node) {
                *slot = true;
            }
        }
        // each node stands after what it reads, so one walk is enough
        for (index, node) in self.nodes.iter().enumerate() {
            if !wanted.get(index).copied().unwrap_or(false) {
                continue;
            }
            for edge in self.edges(Of::Form(node.form)).iter().filter(|e| e.what == What::Field(node.place)) {
                if let Some(slot) = wanted.get_mut(edge.node) {
                    *slot = true;
                }
            }
        }
        wanted.iter().enumerate().filter(|(_, w)| **w).map(|(i, _)| i).collect()
    }
}

/// A field of a form, or a column of one of its child tables.
pub fn field_of(form: &Form, place: ComputedPlace) -> Option<&Field> {
    match place.table {
        None => form.fields.get(place.field),
        Some(table) => form.fields.get(table)?.table()?.fields.get(place.field),
    }
}

struct Tracer<'a> {
    catalog: &'a Catalog,
    node: usize,
    edges: &'a mut HashMap<Of, Vec<Edge>>,
    depth: usize,
}

/// Most lookups through one another that are followed.
const MOST_LOOKUPS: usize = 16;

impl Tracer<'_> {
    fn add(&mut self, of: Of, what: What, back: &[Back]) {
        self.edges.entry(of).or_default().push(Edge { what, back: back.to_vec(), node: self.node });
    }

    /// A field is read; what it looks up elsewhere is read there.
    fn read(&mut self, form: usize, place: ComputedPlace, back: &[Back]) {
        let field = self.catalog.forms.get(form).and_then(|f| field_of(f, place));
        match field.and_then(Field::lookup).cloned() {
            Some(lookup) if self.depth < MOST_LOOKUPS => {
                self.depth += 1;
                let inner = self.through(form, place.table, &lookup, back);
                self.read(lookup.to, ComputedPlace { table: None, field: lookup.field }, &inner);
                self.depth -= 1;
            }
            _ => self.add(Of::Form(form), What::Field(place), back),
        }
    }

    fn through(&mut self, form: usize, table: Option<usize>, lookup: &Lookup, back: &[Back]) -> Vec<Back> {
        self.step(form, ComputedPlace { table, field: lookup.via }, back)
    }

    /// A link is read and gone through: the way back from what it names.
    fn step(&mut self, form: usize, link: ComputedPlace, back: &[Back]) -> Vec<Back> {
        let field = self.catalog.forms.get(form).and_then(|f| field_of(f, link));
        match field.and_then(Field::lookup).cloned() {
            Some(lookup) if self.depth < MOST_LOOKUPS => {
                self.depth += 1;
                let inner = self.through(form, link.table, &lookup, back);
                let out = self.step(lookup.to, ComputedPlace { table: None, field: lookup.field }, &inner);
                self.depth -= 1;
                out
            }
            _ => {
                self.add(Of::Form(form), What::Field(link), back);
                prepend(Back::Owners { form, at: PersonOrField::Field(link) }, back)
            }
        }
    }

    fn source(&mut self, form: usize, place: ComputedPlace, source: &Source) {
        let (table, leaf) = match source {
            Source::Record(leaf) => (None, leaf),
            Source::Row(leaf) => (place.table, leaf),
            Source::Rows { table, leaf } => (Some(*table), leaf),
            Source::Remote(remote) => {
                let begin = |table, field| ComputedPlace { table, field };
                let back = match &remote.start {
                    Start::Itself => Vec::new(),
                    Start::Field(field) => self.step(form, begin(None, *field), &[]),
                    Start::Row(field) => self.step(form, begin(place.table, *field), &[]),
                    Start::Rows { table, field } => self.step(form, begin(Some(*table), *field), &[]),
                    Start::CreatedBy => vec![Back::Owners { form, at: PersonOrField::CreatedBy }],
                    Start::UpdatedBy => {
                        self.add(Of::Form(form), What::UpdatedBy, &[]);
                        vec![Back::Owners { form, at: PersonOrField::UpdatedBy }]
                    }
                };
                return self.path(&remote.path, &back);
            }
        };
        match leaf.field() {
            Some(field) => self.read(form, ComputedPlace { table, field }, &[]),
            None if matches!(leaf, Leaf::System(_)) => self.add(Of::Form(form), What::System, &[]),
            None => {}
        }
    }

    /// A path from a place whose records lead back by `back`.
    fn path(&mut self, path: &Path, back: &[Back]) {
        let mut place = path.start;
        let mut back = back.to_vec();
        for hop in &path.hops {
            let own = |field: usize| ComputedPlace { table: place.table, field };
            match hop {
                Hop::Link { field, to } | Hop::Links { field, to } => {
                    back = self.step(place.form, own(*field), &back);
                    place = Place::form(*to);
                }
                Hop::Rows { field } => {
                    self.add(Of::Form(place.form), What::Field(own(*field)), &back);
                    place.table = Some(*field);
                }
                Hop::Inverse { form, field } => {
                    let link = ComputedPlace { table: None, field: *field };
                    back = prepend(Back::Named { form: *form, at: link }, &back);
                    self.add(Of::Form(*form), What::Field(link), &back);
                    place = Place::form(*form);
                }
                Hop::User { source: PersonSource::Field(field) } | Hop::Users { field } => {
                    back = self.step(place.form, own(*field), &back);
                }
                Hop::User { source } => {
                    let at = match source {
                        PersonSource::UpdatedBy => {
                            self.add(Of::Form(place.form), What::UpdatedBy, &back);
                            PersonOrField::UpdatedBy
                        }
                        _ => PersonOrField::CreatedBy,
                    };
                    back = prepend(Back::Owners { form: place.form, at }, &back);
                }
                Hop::Department { field } | Hop::Departments { field } => {
                    back = self.step(place.form, own(*field), &back);
                }
            }
        }
        match &path.leaf {
            End::User(_) => self.add(Of::People, What::System, &back),
            End::Department(_) => self.add(Of::Departments, What::System, &back),
            End::System(_) => self.add(Of::Form(place.form), What::System, &back),
            End::Field(field) | End::ChoiceParent(field) | End::ChoiceData(field, _) | End::JsonPath(field, _) => {
                self.read(place.form, ComputedPlace { table: place.table, field: *field }, &back);
            }
        }
    }

    /// What a condition over the records at the end of `back` reads; `record` is the form that `record.*` means.
    fn condition(&mut self, cond: &Cond, back: &[Back], record: usize) {
        match cond {
            Cond::And(parts) | Cond::Or(parts) => parts.iter().for_each(|p| self.condition(p, back, record)),
            Cond::Not(inner) => self.condition(inner, back, record),
            Cond::Test { path, test } => {
                self.path(path, back);
                if let Test::Same { field, .. } = test {
                    self.read(record, ComputedPlace { table: None, field: *field }, &[]);
                }
            }
            Cond::True | Cond::False | Cond::Related(_) | Cond::Readable { .. } => {}
        }
    }
}

fn prepend(first: Back, rest: &[Back]) -> Vec<Back> {
    std::iter::once(first).chain(rest.iter().copied()).collect()
}
