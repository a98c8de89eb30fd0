//! The published forms as a caller may use them, and why he sees what he sees.

use crate::Engine;
use crate::access::CallerAccess;
use crate::context::{Authority, Context, Principal};
use crate::error::{EngineError, EngineResult, Refusal};
use crate::off_terms::tell_off;
use crate::seen_view::limit_to_seen;
use formwright_core::definition::pointer_segment;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind, nullable_schema};
use formwright_core::form::Form;
use formwright_core::permission::{Mask, row_condition};
use formwright_core::query::{QueryContext, asked_of};
use formwright_core::text::Locale;
use formwright_store::select::{AccessSource, Compiler};
use formwright_store::{Snapshot, records};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use uuid::Uuid;

impl Engine {
    /// Forms of which the caller may use anything.
    pub fn describe_forms(&self, cx: &Context) -> Json {
        let access = CallerAccess::new(cx);
        let items: Vec<Json> = cx
            .catalog
            .forms
            .iter()
            .enumerate()
            .filter(|(i, _)| !access.access(*i).is_none())
            .map(|(i, f)| json!({"name": f.name, "app": f.app, "title": f.title.get(cx.locale), "labels": f.title.labels, "icon": f.icon, "actions": access.actions(i)}))
            .collect();
        json!({"items": items, "next": null})
    }

    /// One form: fields as the caller sees them, views, layout, actions.
    pub fn describe_form(&self, cx: &Context, form: &str) -> EngineResult<Json> {
        let access = CallerAccess::new(cx);
        let (index, form, grants) = access.form(form)?;
        let fields: Vec<Json> = form
            .fields
            .iter()
            .enumerate()
            .filter(|(i, _)| grants.sees(*i, None))
            .map(|(i, f)| {
                describe_field(
                    cx.locale,
                    f,
                    &|c| grants.sees(i, Some(c)),
                    grants.create.iter().chain(&grants.update).any(|g| g.writes(i, None)),
                )
            })
            .collect();
        let seen = |path: &str| {
            let head = path.trim_start_matches('-').split('.').next().unwrap_or_default();
            form.field(head).is_none_or(|(i, _)| grants.sees(i, None))
        };
        let roles = cx.principal().map(|p| p.person.roles.clone()).unwrap_or_default();
        let vars = access.vars(None);
        let query = QueryContext { catalog: &cx.catalog, sight: &access, vars: &vars };
        let views: Vec<Json> = form
            .views
            .iter()
            .filter(|v| {
                v.roles.is_empty()
                    || v.roles.iter().any(|r| roles.contains(r))
                    || cx.principal().is_none_or(|p| p.admin)
            })
            .map(|v| {
                let mut view = serde_json::to_value(v).unwrap_or(Json::Null);
                if let Some(map) = view.as_object_mut() {
                    map.retain(|_, value| !value.is_null());
                    if !v.off.is_empty() {
                        map.insert("off".into(), Json::Array(tell_off(&query, index, &v.off, false, cx.locale)));
                    }
                    limit_to_seen(&query, index, map);
                }
                view
            })
            .collect();
        let name = |i: Option<usize>| {
            i.filter(|i| grants.sees(*i, None)).and_then(|i| form.fields.get(i)).map(|f| f.name.clone())
        };
        let designs = cx.principal().is_none_or(|p| p.designs(&form.app));
        let told = |fault: &&Fault| designs || is_about_seen(&form, &|f, c| grants.sees(f, c), &fault.path);
        let notices: Vec<Json> = form.notices.iter().filter(told).map(|n| n.to_json(cx.locale)).collect();
        Ok(json!({
            "name": form.name,
            "app": form.app,
            "title": form.title.get(cx.locale),
            "labels": form.title.labels,
            "description": form.description.get(cx.locale),
            "icon": form.icon,
            "title_field": name(form.title_field),
            "key": name(form.key_field),
            "record_owner": name(form.record_owner),
            "fields": fields,
            "views": views,
            "facts": form.facts.iter().filter(|f| seen(f)).collect::<Vec<_>>(),
            "actions": access.actions(index),
            "notices": notices,
        }))
    }

    /// The JSON Schema of a record to be written, of the fields that the caller may know.
    pub fn form_schema(&self, cx: &Context, form: &str) -> EngineResult<Json> {
        let access = CallerAccess::new(cx);
        let (_, form, grants) = access.form(form)?;
        let mut schema = form.published_schema(&|i| grants.sees(i, None));
        for (i, field) in form.fields.iter().enumerate() {
            let Some(table) = field.table() else { continue };
            let items = schema.pointer_mut(&format!("/properties/{}/items", pointer_segment(&field.name)));
            let Some(items) = items.and_then(Json::as_object_mut) else { continue };
            let hidden: Vec<&str> = table
                .fields
                .iter()
                .enumerate()
                .filter(|(c, _)| !grants.sees(i, Some(*c)))
                .map(|(_, f)| f.name.as_str())
                .collect();
            if let Some(properties) = items.get_mut("properties").and_then(Json::as_object_mut) {
                properties.retain(|name, _| !hidden.contains(&name.as_str()));
            }
            if let Some(required) = items.get_mut("required").and_then(Json::as_array_mut) {
                required.retain(|name| !name.as_str().is_some_and(|n| hidden.contains(&n)));
            }
        }
        Ok(schema)
    }

    /// Which grants of a person admit a record and show a field: `{"person", "form", "actions", "grants": […], "record"?, "field"?}`.
    pub async fn explain(
        &self,
        cx: &Context,
        principal: Arc<Principal>,
        form: &str,
        record: Option<Uuid>,
        field: Option<&str>,
    ) -> EngineResult<Json> {
        let own = cx.principal().is_some_and(|p| p.person.id == principal.person.id);
        if !own && !cx.principal().is_some_and(|p| p.has_right("explain")) {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "explain").into());
        }
        let asker = CallerAccess::new(cx);
        let (index, target, asked) = asker.form(form)?;
        let subject = Context { authority: Authority::Person(principal.clone()), ..cx.clone() };
        let access = CallerAccess::new(&subject);
        let place = match field {
            None => None,
            // what the asker may not know of is not explained to him either
            Some(name) => {
                Some(target.field(name).map(|(i, _)| i).filter(|i| asked.sees(*i, None)).ok_or_else(|| {
                    let known = target.fields.iter().enumerate().filter(|(i, _)| asked.sees(*i, None));
                    EngineError::request_faults(vec![
                        Fault::new("field", &code::UNKNOWN_FIELD)
                            .with("name", name)
                            .suggest(name, known.map(|(_, f)| f.name.as_str())),
                    ])
                })?)
            }
        };
        let mut grants = Vec::new();
        let mut conds = Vec::new();
        for role in &principal.person.roles {
            let Some(role) = cx.catalog.role(role) else { continue };
            for grant in role.grants.iter().filter(|g| g.form == index) {
                let vars = access.vars(None);
                conds.push(row_condition(&cx.catalog, grant, &vars));
                let hides = place.map(|f| grant.hidden.iter().any(|h| h.field == f && h.column.is_none()));
                let fixed = place.map(|f| grant.readonly.iter().any(|h| h.field == f && h.column.is_none()));
                grants.push(json!({"role": role.name, "title": role.title.get(cx.locale), "actions": grant.actions, "hides_field": hides, "readonly_field": fixed}));
            }
        }
        let mut out = Map::new();
        out.insert("person".into(), json!({"id": principal.person.id, "name": principal.name, "roles": principal.person.roles, "admin": principal.admin}));
        out.insert("form".into(), json!(target.name));
        out.insert("actions".into(), json!(access.actions(index)));
        if let Some(f) = place {
            let seen = match access.access(index).mask(f, None) {
                Mask::Shown => "always",
                Mask::Unknown => "never",
                Mask::When { .. } => "on some rows",
            };
            out.insert("field".into(), json!({"name": field, "seen": seen}));
        }
        if let Some(id) = record {
            let layout = self.layout(&cx.catalog)?;
            let mut tx = self.db().reader(Snapshot::Yes).await?;
            let compiler = Compiler::new(&cx.catalog, &layout, &asker, tx.dialect());
            // the asker must see the record himself before he is told about it
            records::peek(&compiler, index, id, false, &[], &mut tx).await?.ok_or_else(EngineError::not_found)?;
            let holds = records::probe(&compiler, index, id, &conds, &mut tx).await?;
            for (grant, holds) in grants.iter_mut().zip(&holds) {
                if let Some(map) = grant.as_object_mut() {
                    map.insert("admits_record".into(), json!(holds));
                }
            }
            let readable = records::probe(&compiler, index, id, &[access.access(index).rows.clone()], &mut tx).await?;
            let shown = match place {
                None => None,
                Some(f) => match access.access(index).mask(f, None) {
                    Mask::Shown => Some(true),
                    Mask::Unknown => Some(false),
                    Mask::When { full, .. } => {
                        records::probe(&compiler, index, id, std::slice::from_ref(full), &mut tx)
                            .await?
                            .first()
                            .copied()
                    }
                },
            };
            out.insert("record".into(), json!({"id": id, "readable": readable == [true], "field_shown": shown}));
        }
        out.insert("grants".into(), Json::Array(grants));
        Ok(Json::Object(out))
    }
}

/// Whether a pointer into the form's document stands in a property that the caller sees.
fn is_about_seen(form: &Form, sees: &dyn Fn(usize, Option<usize>) -> bool, pointer: &str) -> bool {
    let Some(rest) = pointer.strip_prefix("/record/properties/") else { return false };
    let is_in = |rest: &str, name: &str| {
        rest.strip_prefix(pointer_segment(name).as_str()).is_some_and(|r| r.is_empty() || r.starts_with('/'))
    };
    let Some((index, field)) = form.fields.iter().enumerate().find(|(_, f)| is_in(rest, &f.name)) else { return false };
    let columns = field.table().map_or(&[][..], |t| &t.fields);
    let inner = rest.split_once("/items/properties/").map(|(_, inner)| inner);
    let column = inner.and_then(|inner| columns.iter().position(|c| is_in(inner, &c.name)));
    sees(index, None) && (columns.is_empty() || column.is_some_and(|c| sees(index, Some(c))))
}

/// A field for pages and clients: its type, titles, choices and what may be asked of it.
pub fn describe_field(locale: Locale, field: &Field, sees: &dyn Fn(usize) -> bool, writable: bool) -> Json {
    let mut map = Map::new();
    map.insert("name".into(), json!(field.name));
    map.insert("type".into(), json!(field.type_name()));
    if field.computed.is_some() {
        // what its values are; the expression may name what the reader may not know
        map.insert("result".into(), json!(field.kind.type_name()));
        map.insert("stored".into(), json!(field.is_kept()));
    }
    map.insert("title".into(), json!(field.title.get(locale)));
    map.insert("description".into(), json!(field.description.get(locale)));
    map.insert("required".into(), json!(field.required));
    map.insert("readonly".into(), json!(field.read_only || !writable));
    // what is worked out when it is read can be neither filtered nor sorted by
    let operators = if field.is_live() { Vec::new() } else { asked_of(field).to_vec() };
    if field.is_encrypted() {
        map.insert("encrypted".into(), json!(true));
    }
    map.insert("operators".into(), json!(operators));
    map.insert("schema".into(), nullable_schema(field));
    match &field.kind {
        FieldKind::Number(n) => {
            map.insert("scale".into(), json!(n.scale));
            map.insert("currency".into(), json!(n.currency));
            map.insert("currency_field".into(), json!(n.currency_field));
        }
        FieldKind::Link(l) | FieldKind::Links(l) => {
            map.insert("form".into(), json!(l.form));
        }
        FieldKind::Table(t) => {
            let columns: Vec<Json> = t
                .fields
                .iter()
                .enumerate()
                .filter(|(c, _)| sees(*c))
                .map(|(_, f)| describe_field(locale, f, &|_| true, writable))
                .collect();
            map.insert("fields".into(), Json::Array(columns));
        }
        FieldKind::Files(f) => {
            map.insert("accept".into(), json!(f.accept));
            map.insert("max_size".into(), json!(f.max_size));
            map.insert("max_count".into(), json!(f.max_count));
        }
        _ => {}
    }
    if let Some(set) = field.kind.choices() {
        let choices: Vec<Json> = set
            .choices
            .iter()
            .map(|c| json!({"value": c.value, "title": c.title.get(locale), "parent": c.parent, "color": c.color, "active": c.active}))
            .collect();
        map.insert("choices".into(), Json::Array(choices));
    }
    Json::Object(map)
}
