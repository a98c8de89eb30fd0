//! The guard's answers are those of a plain walk over the ancestors, whatever the graph of roles.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use formwright_core::catalog::Catalog;
use formwright_core::definition::Document;
use formwright_core::permission::ACTIONS;
use formwright_engine::guard::{self, Guard, Guards};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

const FORMS: usize = 3;

/// Parents (earlier roles only) and grants as (form, action) of each role.
type Graph = Vec<(Vec<usize>, Vec<(usize, usize)>)>;

fn catalog(graph: &Graph) -> Arc<Catalog> {
    let mut docs = vec![json!({"kind": "app", "name": "crm", "title": "CRM"})];
    for form in 0..FORMS {
        docs.push(json!({
            "kind": "form", "app": "crm", "name": format!("form{form}"), "id": format!("f_{form}"), "title": "Form",
            "record": {"type": "object", "properties": {"title": {"type": "string"}}},
        }));
    }
    for (index, (parents, grants)) in graph.iter().enumerate() {
        let inherits: Vec<String> = parents.iter().map(|parent| format!("role{parent}")).collect();
        let grants: Vec<Json> = grants
            .iter()
            .map(|(form, action)| json!({"form": format!("form{form}"), "actions": [ACTIONS[*action]]}))
            .collect();
        docs.push(json!({"kind": "role", "app": "crm", "name": format!("role{index}"), "inherits": inherits, "grants": grants}));
    }
    let documents = docs.into_iter().map(|doc| Document::read(doc).unwrap()).collect();
    Arc::new(Catalog::build(1, documents).unwrap())
}

/// The reference: everything that the roles and all above them grant.
fn reference(graph: &Graph, roles: &[usize], form: usize) -> BTreeSet<&'static str> {
    let (mut todo, mut seen, mut out) = (roles.to_vec(), BTreeSet::new(), BTreeSet::new());
    while let Some(role) = todo.pop() {
        if seen.insert(role) {
            let (parents, grants) = &graph[role];
            todo.extend(parents);
            out.extend(grants.iter().filter(|grant| grant.0 == form).map(|grant| ACTIONS[grant.1]));
        }
    }
    out
}

/// Longest way up from a role.
fn depth(graph: &Graph, role: usize) -> usize {
    graph[role].0.iter().map(|parent| depth(graph, *parent) + 1).max().unwrap_or(0)
}

fn graphs() -> impl Strategy<Value = Graph> {
    let role = |index: usize| {
        let parents = prop::collection::btree_set(0..index.max(1), 0..=index.min(2));
        let grants = prop::collection::vec((0..FORMS, 0..ACTIONS.len()), 0..4);
        (parents, grants).prop_map(move |(parents, grants)| {
            (if index == 0 { Vec::new() } else { parents.into_iter().collect() }, grants)
        })
    };
    (1_usize..12)
        .prop_flat_map(move |count| (0..count).map(role).collect::<Vec<_>>())
        .prop_filter("at most 8 deep", |graph| (0..graph.len()).all(|role| depth(graph, role) <= 8))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn casbin_and_a_plain_walk_agree_on_every_set_of_roles(graph in graphs(), picks in prop::collection::vec(any::<prop::sample::Index>(), 0..4)) {
        let catalog = catalog(&graph);
        let guard = Guard::new(catalog.clone());
        let roles: BTreeSet<usize> = picks.iter().map(|pick| pick.index(graph.len())).collect();
        let roles: Vec<usize> = roles.into_iter().collect();
        let names: Vec<String> = roles.iter().map(|role| format!("role{role}")).collect();
        let expanded = catalog.expand_roles(&names);
        for form in 0..FORMS {
            let wanted = reference(&graph, &roles, form);
            for asked in [&names, &expanded] {
                let allowed = guard.allowed_actions(asked, form);
                prop_assert_eq!(allowed.iter().map(String::as_str).collect::<BTreeSet<_>>(), wanted.clone());
                for action in ACTIONS {
                    let grants = guard.grants(asked, form, action);
                    prop_assert_eq!(grants.is_empty(), !wanted.contains(action));
                    for grant in grants {
                        let of = grant.of(&catalog).unwrap();
                        prop_assert!(of.form == form && of.actions.iter().any(|a| a == action));
                        prop_assert!(expanded.contains(&catalog.roles[grant.role()].name));
                    }
                }
            }
        }
        prop_assert_eq!(guard::self_test(&catalog, &[0, 1, 2]), Ok(()));
    }
}

#[test]
fn a_right_eight_links_up_is_found() {
    let mut graph: Graph = (0..9).map(|i: usize| (i.checked_sub(1).into_iter().collect(), Vec::new())).collect();
    graph[0].1.push((1, 0));
    let catalog = catalog(&graph);
    let guard = Guard::new(catalog);
    assert_eq!(guard.allowed_actions(&["role8".into()], 1), ["read"]);
    assert!(guard.allowed_actions(&["role8".into()], 0).is_empty());
}

#[test]
fn names_that_look_like_code_are_only_names() {
    let catalog = catalog(&vec![(Vec::new(), vec![(0, 0)])]);
    let guard = Guard::new(catalog);
    for name in ["role0' || true || '", "*", "role:role0", "", "true", "r.sub"] {
        assert!(guard.allowed_actions(&[name.to_owned()], 0).is_empty(), "{name}");
        assert!(guard.grants(&["role0".into()], 0, name).is_empty(), "{name}");
    }
    assert!(guard.grants(&["role0".into()], 99, "read").is_empty());
}

#[test]
fn a_new_catalogue_has_a_new_guard_and_an_old_one_does_not_push_it_out() {
    let guards = Guards::default();
    let old = catalog(&vec![(Vec::new(), vec![(0, 0)])]);
    let first = guards.of(&old);
    assert!(Arc::ptr_eq(&first, &guards.of(&old)));
    let mut next = (*old).clone();
    next.revision = 2;
    let new = Arc::new(next);
    let second = guards.of(&new);
    assert!(!Arc::ptr_eq(&first, &second));
    assert!(guards.of(&old).allows(&["role0".into()], 0, "read"));
    assert!(Arc::ptr_eq(&second, &guards.of(&new)));
}
