//! What the caller of a request may do, form by form: asked of the guard once, kept for the request.

use crate::company::{Company, Facts};
use crate::context::{Authority, Context};
use crate::error::{EngineError, EngineResult, Refusal};
use crate::organisation::{self, Organisation};
use formwright_core::catalog::Catalog;
use formwright_core::error_code as code;
use formwright_core::form::Form;
use formwright_core::permission::{Access, Grant};
use formwright_core::query::{AllSight, Cond, Limits, Person, Place, QueryContext, Sight, Vars, read_condition};
use formwright_core::record::CompanyFacts;
use formwright_core::text::Locale;
use formwright_core::time::Clock;
use formwright_store::select::{AccessSource, People, PersonCard};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Which grants decide what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Read,
    /// Rows and fields that a grant lets out of the house.
    Export,
}

/// The caller's access to every form, worked out when first asked for.
pub struct CallerAccess {
    cx: Context,
    purpose: Purpose,
    person: Person,
    organisation: Arc<Organisation>,
    company: Arc<Company>,
    facts: Facts,
    forms: Mutex<HashMap<usize, Arc<Access>>>,
}

impl CallerAccess {
    pub fn new(cx: &Context) -> CallerAccess {
        CallerAccess::with_purpose(cx, Purpose::Read)
    }

    pub fn with_purpose(cx: &Context, purpose: Purpose) -> CallerAccess {
        let company = cx.engine.company(&cx.catalog);
        CallerAccess {
            facts: Facts::new(cx.catalog.clone(), company.clone()),
            purpose,
            person: cx.principal().map(|p| p.person.clone()).unwrap_or_default(),
            organisation: organisation::current(&cx.engine),
            company,
            forms: Mutex::new(HashMap::new()),
            cx: cx.clone(),
        }
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.cx.catalog
    }

    pub fn organisation(&self) -> &Arc<Organisation> {
        &self.organisation
    }

    pub fn person(&self) -> &Person {
        &self.person
    }

    /// The variables that conditions of this request may name.
    pub fn vars<'a>(&'a self, record: Option<&'a serde_json::Value>) -> Vars<'a> {
        Vars {
            clock: self.cx.clock(),
            fiscal_year_start: self.company.fiscal_year_start,
            week_start: self.company.week_start,
            me: &self.person,
            organisation: self.organisation.as_ref(),
            record,
            settings: Some(&self.company.values),
            outer: None,
        }
    }

    /// Everything is allowed: the administrator and system work.
    fn unlimited(&self) -> bool {
        match &self.cx.authority {
            Authority::System(_) => true,
            Authority::Person(p) => p.admin,
        }
    }

    /// Whether the way in is kept to other forms than this one.
    fn is_out_of_reach(&self, form: usize) -> bool {
        match (&self.cx.authority, self.cx.catalog.forms.get(form)) {
            (Authority::Person(p), Some(form)) => !crate::accounts::allows_form(&p.via, &form.name),
            _ => false,
        }
    }

    fn work_out(&self, form: usize) -> Access {
        let catalog = &self.cx.catalog;
        if self.is_out_of_reach(form) {
            return Access::none(form);
        }
        if self.unlimited() {
            return Access::all(catalog, form);
        }
        let guard = self.cx.engine.guard(catalog);
        let refs = |action: &str| guard.grants(&self.person.roles, form, action);
        let (reading, creating, updating) = (
            refs(match self.purpose {
                Purpose::Read => "read",
                Purpose::Export => "export",
            }),
            refs("create"),
            refs("update"),
        );
        let grants = |list: &[crate::guard::GrantRef]| -> Vec<Grant> {
            list.iter().filter_map(|g| g.of(catalog).cloned()).collect()
        };
        let (reading, creating, updating) = (grants(&reading), grants(&creating), grants(&updating));
        let vars = self.vars(None);
        Access::of(
            catalog,
            form,
            &vars,
            &reading.iter().collect::<Vec<_>>(),
            &creating.iter().collect::<Vec<_>>(),
            &updating.iter().collect::<Vec<_>>(),
        )
    }

    /// Whether some grant of the caller allows the action on the form.
    pub fn allows(&self, form: usize, action: &str) -> bool {
        if self.is_out_of_reach(form) {
            return false;
        }
        self.unlimited() || !self.cx.engine.guard(&self.cx.catalog).grants(&self.person.roles, form, action).is_empty()
    }

    /// All actions allowed on a form.
    pub fn actions(&self, form: usize) -> Vec<String> {
        if self.is_out_of_reach(form) {
            return Vec::new();
        }
        if self.unlimited() {
            return formwright_core::permission::ACTIONS
                .iter()
                .map(|a| (*a).to_string())
                .chain([formwright_core::permission::MIGRATE.to_string()])
                .collect();
        }
        self.cx.engine.guard(&self.cx.catalog).allowed_actions(&self.person.roles, form)
    }

    /// The rows on which a grant allows the action, as one condition.
    pub fn rows_for(&self, form: usize, action: &str) -> formwright_core::query::Cond {
        use formwright_core::permission::row_condition;
        if self.is_out_of_reach(form) {
            return Cond::False;
        }
        if self.unlimited() {
            return Cond::True;
        }
        let catalog = &self.cx.catalog;
        let vars = self.vars(None);
        Cond::any(
            self.cx
                .engine
                .guard(catalog)
                .grants(&self.person.roles, form, action)
                .iter()
                .filter_map(|g| g.of(catalog).map(|g| row_condition(catalog, g, &vars))),
        )
    }

    /// The form of a name, where the caller may know of it; else it does not exist.
    pub fn form(&self, name: &str) -> EngineResult<(usize, Arc<Form>, Arc<Access>)> {
        let index = self.cx.catalog.form_index(name).ok_or_else(EngineError::not_found)?;
        let access = self.access(index);
        if access.is_none() {
            return Err(EngineError::not_found());
        }
        let form = self.cx.catalog.forms.get(index).cloned().ok_or_else(EngineError::not_found)?;
        Ok((index, form, access))
    }

    /// The same for an action: what may be seen but not done is refused by name.
    pub fn form_for(&self, name: &str, action: &str) -> EngineResult<(usize, Arc<Form>, Arc<Access>)> {
        let found = self.form(name)?;
        if !self.allows(found.0, action) {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", action).into());
        }
        Ok(found)
    }
}

impl AccessSource for CallerAccess {
    fn access(&self, form: usize) -> Arc<Access> {
        if let Some(found) = self.forms.lock().get(&form) {
            return found.clone();
        }
        let access = Arc::new(self.work_out(form));
        self.forms.lock().insert(form, access.clone());
        access
    }

    fn clock(&self) -> Clock {
        self.cx.clock()
    }

    fn facts(&self) -> &dyn CompanyFacts {
        &self.facts
    }

    fn rollup_filter(&self, place: Place, filter: &serde_json::Value, outer: usize) -> Cond {
        let vars = Vars { outer: Some(outer), ..self.vars(None) };
        let cx = QueryContext { catalog: &self.cx.catalog, sight: &AllSight, vars: &vars };
        // it was read without faults when it was published; what is none any more finds nothing
        let mut faults = Vec::new();
        let cond = read_condition(&cx, place, filter, "filter", Limits::default(), &mut faults);
        if faults.is_empty() { cond } else { Cond::False }
    }
}

impl Sight for CallerAccess {
    fn reads(&self, form: usize) -> bool {
        !self.access(form).is_none()
    }

    fn sees(&self, form: usize, field: usize, column: Option<usize>) -> bool {
        self.access(form).sees(field, column)
    }
}

impl People for CallerAccess {
    fn person(&self, id: Uuid) -> Option<PersonCard> {
        self.organisation.user(id).map(|u| PersonCard {
            name: u.row.name.clone(),
            department: u.row.department,
            active: u.row.active,
        })
    }

    fn department(&self, id: Uuid, locale: Locale) -> Option<String> {
        self.organisation.department_title(id, locale).map(str::to_string)
    }
}
