//! What the grants of one caller add up to on one form: row by row, and field by field.

use super::role::{FieldRef, Grant, RowScope};
use crate::catalog::Catalog;
use crate::query::{AllSight, Cond, Limits, Place, QueryContext, Vars, read_condition};

/// How a caller sees a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Mask {
    Shown,
    /// Hidden in every grant: there is no such field.
    Unknown,
    /// Shown in full on rows that meet `full`; its last four characters where `part` holds; empty elsewhere.
    When {
        full: Cond,
        part: Cond,
    },
}

/// A grant that allows writing, with its rows as a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct WriteGrant {
    pub rows: Cond,
    hidden: Vec<FieldRef>,
    readonly: Vec<FieldRef>,
}

impl WriteGrant {
    /// Whether this grant lets the field be written.
    pub fn writes(&self, field: usize, column: Option<usize>) -> bool {
        !covers(&self.hidden, field, column) && !covers(&self.readonly, field, column)
    }
}

/// What one caller may do with the records of one form.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    pub form: usize,
    /// Rows that may be read.
    pub rows: Cond,
    /// By field; further fields of child tables in `columns`.
    masks: Vec<Mask>,
    columns: Vec<(usize, Vec<Mask>)>,
    pub create: Vec<WriteGrant>,
    pub update: Vec<WriteGrant>,
}

fn covers(list: &[FieldRef], field: usize, column: Option<usize>) -> bool {
    list.iter().any(|f| f.field == field && (f.column.is_none() || f.column == column))
}

impl Access {
    /// Everything: for system work and for the administrator.
    pub fn all(catalog: &Catalog, form: usize) -> Access {
        let fields = catalog.forms.get(form).map_or(0, |f| f.fields.len());
        let free = WriteGrant { rows: Cond::True, hidden: Vec::new(), readonly: Vec::new() };
        Access {
            form,
            rows: Cond::True,
            masks: vec![Mask::Shown; fields],
            columns: Vec::new(),
            create: vec![free.clone()],
            update: vec![free],
        }
    }

    /// Nothing: the form does not exist for this caller.
    pub fn none(form: usize) -> Access {
        Access {
            form,
            rows: Cond::False,
            masks: Vec::new(),
            columns: Vec::new(),
            create: Vec::new(),
            update: Vec::new(),
        }
    }

    /// Adds up the grants that admit each action. `reading` decides rows and masks of what is read (also for an export, whose
    /// grants it then holds); `creating` and `updating` what may be written.
    pub fn of(
        catalog: &Catalog,
        form: usize,
        vars: &Vars<'_>,
        reading: &[&Grant],
        creating: &[&Grant],
        updating: &[&Grant],
    ) -> Access {
        let Some(target) = catalog.forms.get(form) else { return Access::none(form) };
        if reading.is_empty() && creating.is_empty() {
            return Access::none(form);
        }
        let cond = |g: &Grant| row_condition(catalog, g, vars);
        let conds: Vec<Cond> = reading.iter().map(|g| cond(g)).collect();
        let mask = |field: usize, column: Option<usize>| -> Mask {
            let shows = |g: &Grant| !covers(&g.hidden, field, column);
            let is_part = |g: &Grant| covers(&g.partial, field, column);
            if reading.iter().all(|g| shows(g) && !is_part(g)) && !reading.is_empty() {
                return Mask::Shown;
            }
            if !reading.iter().any(|g| shows(g)) {
                // what may be typed at creation is known, though never read back
                return if creating.iter().any(|g| shows(g)) {
                    Mask::When { full: Cond::False, part: Cond::False }
                } else {
                    Mask::Unknown
                };
            }
            let any = |part: bool| {
                Cond::any(
                    reading.iter().zip(&conds).filter(|(g, _)| shows(g) && is_part(g) == part).map(|(_, c)| c.clone()),
                )
            };
            match any(false) {
                Cond::True => Mask::Shown,
                full => Mask::When { full, part: any(true) },
            }
        };
        let masks = (0..target.fields.len()).map(|f| mask(f, None)).collect();
        let columns = target
            .fields
            .iter()
            .enumerate()
            .filter_map(|(f, field)| {
                field.table().map(|t| (f, (0..t.fields.len()).map(|c| mask(f, Some(c))).collect()))
            })
            .collect();
        let write = |grants: &[&Grant]| {
            grants
                .iter()
                .map(|g| WriteGrant { rows: cond(g), hidden: g.hidden.clone(), readonly: g.readonly.clone() })
                .collect()
        };
        Access { form, rows: Cond::any(conds), masks, columns, create: write(creating), update: write(updating) }
    }

    /// How a field, or a column of a child table, is seen.
    pub fn mask(&self, field: usize, column: Option<usize>) -> &Mask {
        const UNKNOWN: &Mask = &Mask::Unknown;
        const SHOWN: &Mask = &Mask::Shown;
        let own = self.masks.get(field).unwrap_or(UNKNOWN);
        let Some(column) = column.filter(|_| *own != Mask::Unknown) else { return own };
        match self.columns.iter().find(|(f, _)| *f == field) {
            Some((_, masks)) => masks.get(column).unwrap_or(UNKNOWN),
            None => SHOWN,
        }
    }

    pub fn sees(&self, field: usize, column: Option<usize>) -> bool {
        *self.mask(field, column) != Mask::Unknown
    }

    /// Whether any row may be read at all.
    pub fn reads(&self) -> bool {
        self.rows != Cond::False || !self.masks.is_empty()
    }

    /// Whether anything of the form is granted.
    pub fn is_none(&self) -> bool {
        self.masks.is_empty()
    }
}

/// The rows of a grant as a condition for this caller. What no longer fits admits nothing.
pub fn row_condition(catalog: &Catalog, grant: &Grant, vars: &Vars<'_>) -> Cond {
    match &grant.rows {
        RowScope::All => Cond::True,
        RowScope::Follows { field, to } => Cond::Readable { field: *field, to: *to },
        RowScope::Filter(json) => {
            let mut faults = Vec::new();
            // row scopes always run with true values, whatever the reader may see
            let cx = QueryContext { catalog, sight: &AllSight, vars };
            let cond =
                read_condition(&cx, Place::form(grant.form), json, "", Limits { depth: 16, terms: 500 }, &mut faults);
            if faults.is_empty() { cond } else { Cond::False }
        }
    }
}
