//! The filters of rollups, read against the finished catalogue.

use super::{Catalog, DocumentFault};
use crate::definition::{Key, Kind};
use crate::diagnostic::Fault;
use crate::error_code as code;
use crate::query::{AllSight, Cond, Limits, Person, Place, QueryContext, Vars, read_condition};
use std::collections::HashMap;

impl Catalog {
    /// Reads the filters of all rollups once; those of kept ones stay as they are.
    pub(super) fn read_rollups(&self, faults: &mut Vec<DocumentFault>) -> HashMap<(usize, usize), Cond> {
        let person = Person::default();
        let mut out = HashMap::new();
        for (index, form) in self.forms.iter().enumerate() {
            for (number, field) in form.fields.iter().enumerate() {
                let Some(rollup) = field.rollup() else { continue };
                let pointer = format!("/record/properties/{}/field", crate::definition::pointer_segment(&field.name));
                let mut inner = Vec::new();
                if let Some(target) = self.forms.get(rollup.form).filter(|t| {
                    t.app != form.app && !self.app(&t.app).is_some_and(|a| a.exposes.contains(&t.name))
                        // who may link here may be counted here
                        && !self.app(&form.app).is_some_and(|a| a.exposes.contains(&form.name))
                }) {
                    inner.push(
                        Fault::new(format!("{pointer}/form"), &code::NOT_EXPOSED)
                            .with("app", &target.app)
                            .with("name", &target.name),
                    );
                }
                if let Some(filter) = &rollup.filter {
                    let vars = Vars { outer: Some(index), ..Vars::of_nobody(&person, &self.default_settings) };
                    let cx = QueryContext { catalog: self, sight: &AllSight, vars: &vars };
                    let place = Place { form: rollup.form, table: rollup.table };
                    let at = format!("{pointer}/filter");
                    let cond = read_condition(&cx, place, filter, &at, Limits::default(), &mut inner);
                    if !rollup.is_asked {
                        out.insert((index, number), cond);
                    }
                }
                let key = Key { kind: Kind::Form, app: form.app.clone(), name: form.name.clone() };
                faults.extend(inner.into_iter().map(|fault| DocumentFault { key: key.clone(), fault }));
            }
        }
        out
    }
}
