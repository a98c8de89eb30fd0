//! Which kinds of action a set of roles may do on a form: asked of casbin once, then remembered.
//!
//! One small enforcer for each form, made at the first question of a catalogue and never changed: its subjects are roles,
//! its domain is the app, inheritance is its grouping. People are not in it; who has which role is resolved per request.
//! The answer is a list of [`GrantRef`]: rows and fields are the business of those grants, and nobody else can make one.

use casbin::{CoreApi, DefaultModel, Enforcer, MgmtApi};
use formwright_core::catalog::Catalog;
use formwright_core::permission::{ACTIONS, ADMIN, Grant, MIGRATE};
use parking_lot::RwLock;
use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};

const MODEL: &str = "
[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && r.dom == p.dom && g(r.sub, p.sub)
";

/// Role sets remembered for one catalogue; beyond that answers are worked out again.
const MAX_ROLE_SETS: usize = 10_000;

/// A grant that casbin admitted for a set of roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GrantRef {
    role: usize,
    grant: usize,
}

impl GrantRef {
    /// The grant in the catalogue that was asked.
    pub fn of(self, catalog: &Catalog) -> Option<&Grant> {
        catalog.roles.get(self.role)?.grants.get(self.grant)
    }

    /// Index of its role in the catalogue.
    pub fn role(self) -> usize {
        self.role
    }
}

/// The guard of the catalogue in use.
#[derive(Default)]
pub struct Guards {
    last: RwLock<Option<Arc<Guard>>>,
}

impl Guards {
    /// The guard of this catalogue. The last one is kept.
    pub fn of(&self, catalog: &Arc<Catalog>) -> Arc<Guard> {
        if let Some(guard) = self.last.read().as_ref()
            && Arc::ptr_eq(&guard.catalog, catalog)
        {
            return guard.clone();
        }
        let guard = Arc::new(Guard::new(catalog.clone()));
        let mut last = self.last.write();
        match last.as_ref() {
            Some(other) if Arc::ptr_eq(&other.catalog, catalog) => return other.clone(),
            // A request that still holds the catalogue of before does not push the new one out.
            Some(other) if other.catalog.revision > catalog.revision => {}
            _ => *last = Some(guard.clone()),
        }
        guard
    }
}

/// Decisions over one catalogue.
pub struct Guard {
    catalog: Arc<Catalog>,
    /// By form; empty where something is wrong with its rules, and then nobody may do anything there.
    forms: Vec<OnceLock<Option<Enforcer>>>,
    sets: RwLock<HashMap<Vec<String>, Arc<RoleSet>>>,
}

/// What a set of roles may do, form by form.
struct RoleSet {
    forms: Vec<OnceLock<Vec<Decision>>>,
}

/// The grants that admit an action.
struct Decision {
    action: String,
    grants: Vec<GrantRef>,
}

impl Guard {
    /// A guard without answers yet.
    pub fn new(catalog: Arc<Catalog>) -> Guard {
        let forms = catalog.forms.iter().map(|_| OnceLock::new()).collect();
        Guard { catalog, forms, sets: RwLock::default() }
    }

    /// The catalogue whose rules it knows.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// The grants of these roles, and of all they inherit, that admit the action on the form. Empty: it may not be done.
    /// The built-in administrator has no grants; ask for him before.
    pub fn grants(&self, roles: &[String], form: usize, action: &str) -> Vec<GrantRef> {
        let set = self.role_set(roles);
        let decisions = self.decisions(&set, roles, form);
        decisions
            .iter()
            .find(|decision| decision.action == action)
            .map_or_else(Vec::new, |decision| decision.grants.clone())
    }

    /// Whether any grant admits the action on the form.
    pub fn allows(&self, roles: &[String], form: usize, action: &str) -> bool {
        let set = self.role_set(roles);
        self.decisions(&set, roles, form).iter().any(|decision| decision.action == action)
    }

    /// All actions that these roles may do on the form, in the alphabet's order; buttons as `action:<name>`. For the
    /// administrator every action there is.
    pub fn allowed_actions(&self, roles: &[String], form: usize) -> Vec<String> {
        if roles.iter().any(|role| role == ADMIN) {
            let known = ACTIONS.into_iter().chain([MIGRATE]).map(str::to_owned);
            let granted = self.granted_actions(form).into_iter().map(str::to_owned);
            return known.chain(granted).collect::<BTreeSet<_>>().into_iter().collect();
        }
        let set = self.role_set(roles);
        self.decisions(&set, roles, form).iter().map(|decision| decision.action.clone()).collect()
    }

    fn role_set(&self, roles: &[String]) -> Arc<RoleSet> {
        if let Some(set) = self.sets.read().get(roles) {
            return set.clone();
        }
        let forms = self.forms.iter().map(|_| OnceLock::new()).collect();
        let set = Arc::new(RoleSet { forms });
        let mut sets = self.sets.write();
        if sets.len() >= MAX_ROLE_SETS {
            sets.clear();
        }
        sets.entry(roles.to_vec()).or_insert(set).clone()
    }

    fn decisions<'s>(&self, set: &'s RoleSet, roles: &[String], form: usize) -> &'s [Decision] {
        match set.forms.get(form) {
            Some(known) => known.get_or_init(|| self.decide(roles, form)),
            None => &[],
        }
    }

    /// Every action that any role is granted on the form.
    fn granted_actions(&self, form: usize) -> BTreeSet<&str> {
        let grants = self.catalog.roles.iter().flat_map(|role| &role.grants);
        grants.filter(|grant| grant.form == form).flat_map(|grant| grant.actions.iter().map(String::as_str)).collect()
    }

    fn decide(&self, roles: &[String], form: usize) -> Vec<Decision> {
        let Some(enforcer) = self.enforcer(form) else { return Vec::new() };
        let Some(target) = self.catalog.forms.get(form) else { return Vec::new() };
        let object = object(&target.id, &target.name);
        let ask = |role: &str, action: &str| {
            let asked = enforcer.enforce((subject(role), target.app.as_str(), object.as_str(), action));
            asked.unwrap_or_else(|error| {
                tracing::error!(%error, form = %target.name, role, action, "a permission could not be decided and is refused");
                false
            })
        };
        let expanded = self.catalog.expand_roles(roles);
        let mut out = Vec::new();
        for action in self.granted_actions(form) {
            let admitted: Vec<&str> = expanded.iter().map(String::as_str).filter(|role| ask(role, action)).collect();
            if !roles.iter().any(|role| admitted.contains(&role.as_str())) {
                continue;
            }
            let mut grants = Vec::new();
            for (index, role) in
                self.catalog.roles.iter().enumerate().filter(|(_, role)| admitted.contains(&role.name.as_str()))
            {
                for (number, grant) in role.grants.iter().enumerate() {
                    if grant.form == form && grant.actions.iter().any(|a| a == action) {
                        grants.push(GrantRef { role: index, grant: number });
                    }
                }
            }
            if !grants.is_empty() {
                out.push(Decision { action: action.to_owned(), grants });
            }
        }
        out
    }

    fn enforcer(&self, form: usize) -> Option<&Enforcer> {
        let made = self.forms.get(form)?.get_or_init(|| match build(&self.catalog, form) {
            Ok(enforcer) => Some(enforcer),
            Err(error) => {
                tracing::error!(form, error, "the rules of a form cannot be used; everything on it is refused");
                None
            }
        });
        made.as_ref()
    }
}

fn subject(role: &str) -> String {
    format!("role:{role}")
}

fn object(id: &str, name: &str) -> String {
    if id.is_empty() { format!("form:{name}") } else { format!("form:{id}") }
}

/// A rule that casbin cannot misread: it accepts one with a column missing, and then answers nobody any more.
fn rule<const N: usize>(columns: [String; N]) -> Result<Vec<String>, String> {
    match columns.iter().any(|column| column.is_empty() || column.ends_with(':')) {
        true => Err(format!("a rule with an empty name: {columns:?}")),
        false => Ok(Vec::from(columns)),
    }
}

fn build(catalog: &Catalog, form: usize) -> Result<Enforcer, String> {
    let target = catalog.forms.get(form).ok_or("no such form")?;
    let object = object(&target.id, &target.name);
    let mut rules = BTreeSet::new();
    let mut links = BTreeSet::new();
    for role in &catalog.roles {
        for parent in &role.inherits {
            links.insert(rule([subject(&role.name), subject(parent)])?);
        }
        for grant in role.grants.iter().filter(|grant| grant.form == form) {
            for action in &grant.actions {
                rules.insert(rule([subject(&role.name), target.app.clone(), object.clone(), action.clone()])?);
            }
        }
    }
    let made = block_on(async {
        let model = DefaultModel::from_str(MODEL).await?;
        let mut enforcer = Enforcer::new(model, ()).await?;
        enforcer.enable_auto_save(false);
        if !links.is_empty() {
            enforcer.add_grouping_policies(links.into_iter().collect()).await?;
        }
        if !rules.is_empty() {
            enforcer.add_policies(rules.into_iter().collect()).await?;
        }
        Ok::<_, casbin::Error>(enforcer)
    });
    made.map_err(|error| error.to_string())
}

/// Asks the rules of these forms what they must say: yes to each grant, no to what nobody granted. A publication that
/// fails it must not happen. A changed role concerns every form that it or its descendants grant.
///
/// # Errors
/// A sentence that names the first wrong answer.
pub fn self_test(catalog: &Arc<Catalog>, forms: &[usize]) -> Result<(), String> {
    let guard = Guard::new(catalog.clone());
    for (form, target) in forms.iter().filter_map(|form| catalog.forms.get(*form).map(|target| (*form, target))) {
        if let Some(error) = build(catalog, form).err() {
            return Err(format!("form {}: {error}", target.name));
        }
        for role in &catalog.roles {
            for (number, grant) in role.grants.iter().enumerate().filter(|(_, grant)| grant.form == form) {
                for action in &grant.actions {
                    let admitted = guard.grants(std::slice::from_ref(&role.name), form, action);
                    let own = admitted
                        .iter()
                        .any(|g| g.grant == number && catalog.roles.get(g.role).is_some_and(|r| r.name == role.name));
                    if !own {
                        return Err(format!(
                            "role {} is granted {action} on {} but would be refused",
                            role.name, target.name
                        ));
                    }
                }
            }
            // Nothing that its ancestors do not grant may be admitted.
            let ancestors = catalog.expand_roles(std::slice::from_ref(&role.name));
            let granted: BTreeSet<&str> = catalog
                .roles
                .iter()
                .filter(|r| ancestors.contains(&r.name))
                .flat_map(|r| &r.grants)
                .filter(|grant| grant.form == form)
                .flat_map(|grant| grant.actions.iter().map(String::as_str))
                .collect();
            for action in ACTIONS.into_iter().chain([MIGRATE, "action:nobody_made_this", ""]) {
                if !granted.contains(action) && guard.allows(std::slice::from_ref(&role.name), form, action) {
                    return Err(format!(
                        "role {} is not granted {action} on {} but would be let through",
                        role.name, target.name
                    ));
                }
            }
        }
        for stranger in ["nobody", "admin'", "role:", "*"] {
            let known = catalog.role(stranger).is_some();
            if !known && !guard.allowed_actions(&[stranger.to_owned()], form).is_empty() {
                return Err(format!("a role that does not exist would be let through on {}", target.name));
            }
        }
    }
    Ok(())
}

/// Runs a future to its end on this thread. casbin's are ready at once: it reads no file and no network here.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Thread(std::thread::Thread);
    impl Wake for Thread {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = std::pin::pin!(future);
    let waker = Waker::from(Arc::new(Thread(std::thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}
