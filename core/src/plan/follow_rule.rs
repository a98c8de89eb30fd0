//! Putting today's names and values where yesterday's stand in a rule of a form.

use super::follow::Names;
use serde_json::Value as Json;

impl Names<'_> {
    pub(super) fn rule(&self, form: Option<usize>, rule: &mut Json) {
        for key in ["when", "unless"] {
            if let Some(condition) = rule.get_mut(key) {
                self.condition(form, form, condition);
                self.terms(form, condition);
            }
        }
        for effect in rule.get_mut("then").and_then(Json::as_array_mut).into_iter().flatten() {
            for key in ["show", "hide", "require", "readonly"] {
                if let Some(places) = effect.get_mut(key) {
                    self.set_path(form, places);
                }
            }
            for key in ["set", "default", "options", "warn", "fault"] {
                let Some(inner) = effect.get_mut(key).and_then(Json::as_object_mut) else { continue };
                let leaf = inner.get("field").and_then(Json::as_str).and_then(|name| self.walk(form, name).1);
                if let Some(values) = leaf.and_then(|leaf| self.values.get(&leaf)) {
                    for list in ["value", "values", "under"] {
                        Self::set_values(values, inner.get_mut(list));
                    }
                }
                if let Some(field) = inner.get_mut("field") {
                    self.set_path(form, field);
                }
                self.expression(form, inner.get_mut("expression"), |path| Some(path.to_string()));
            }
        }
    }

    /// The expressions that stand as terms of a condition over the record itself.
    fn terms(&self, form: Option<usize>, condition: &mut Json) {
        match condition {
            Json::Array(items) => items.iter_mut().for_each(|item| self.terms(form, item)),
            Json::Object(map) => {
                self.expression(form, map.get_mut("expression"), |path| Some(path.to_string()));
                for key in ["and", "or", "not"] {
                    if let Some(inner) = map.get_mut(key) {
                        self.terms(form, inner);
                    }
                }
            }
            _ => {}
        }
    }
}
