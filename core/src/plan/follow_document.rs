//! Walking through a document and putting today's names where yesterday's stand.

use super::follow::Names;
use crate::definition::{Key, Kind};
use crate::expr::{recode, rename};
use serde_json::{Map, Value as Json};

impl Names<'_> {
    /// A condition over records of `form`; `record` is the form of the record that `record.*` means.
    pub(super) fn condition(&self, form: Option<usize>, record: Option<usize>, json: &mut Json) {
        let Json::Object(map) = json else {
            if let Json::Array(items) = json {
                items.iter_mut().for_each(|i| self.condition(form, record, i));
            }
            return;
        };
        if let Some(follows) = map.get_mut("follows") {
            self.set_path(form, follows);
        }
        if let Some(field) = map.get("field").and_then(Json::as_str).map(str::to_string) {
            let (new, leaf) = self.walk(form, &field);
            if let Some(values) = leaf.and_then(|leaf| self.values.get(&leaf)) {
                Self::set_values(values, map.get_mut("value"));
            }
            if let Some(new) = new {
                map.insert("field".into(), Json::String(new));
            }
        }
        let inner = match map.get("related").and_then(Json::as_str) {
            Some(name) => {
                let head = name.split('.').next().unwrap_or_default().to_string();
                let at = self.form(&head);
                let columns = name.split_once('.').map(|(_, table)| table.to_string());
                Self::set_name(&self.forms, map.get_mut("related"));
                if let (Some(Json::String(related)), Some(table)) = (map.get_mut("related"), columns)
                    && let Some(new) = self.path(at, &table)
                {
                    *related = format!("{}.{new}", related.split('.').next().unwrap_or_default());
                }
                if let Some(via) = map.get_mut("via") {
                    self.set_path(at, via);
                }
                at
            }
            None => form,
        };
        for (key, value) in map.iter_mut() {
            match (key.as_str(), value) {
                ("var", Json::String(name)) => {
                    if let Some(new) = name.strip_prefix("record.").and_then(|path| self.path(record, path)) {
                        *name = format!("record.{new}");
                    }
                }
                ("field" | "op" | "related" | "via" | "follows", _) => {}
                (_, value @ (Json::Object(_) | Json::Array(_))) => self.condition(inner, record, value),
                _ => {}
            }
        }
    }

    pub(super) fn document(&self, key: &Key, doc: &mut Json) {
        let Some(map) = doc.as_object_mut() else { return };
        match key.kind {
            Kind::App => {
                Self::set_name(&self.forms, map.get_mut("exposes"));
                if let Some(menu) = map.get_mut("menu") {
                    self.menu(menu);
                }
            }
            Kind::Options => {}
            Kind::Role => {
                Self::set_name(&self.roles, map.get_mut("inherits"));
                for grant in map
                    .get_mut("grants")
                    .and_then(Json::as_array_mut)
                    .into_iter()
                    .flatten()
                    .filter_map(Json::as_object_mut)
                {
                    let form = grant.get("form").and_then(Json::as_str).and_then(|name| self.form(name));
                    Self::set_name(&self.forms, grant.get_mut("form"));
                    for list in ["hidden", "readonly"] {
                        if let Some(fields) = grant.get_mut(list) {
                            self.set_path(form, fields);
                        }
                    }
                    self.set_keys(form, grant.get_mut("mask"));
                    if let Some(rows) = grant.get_mut("rows") {
                        self.condition(form, form, rows);
                    }
                }
            }
            Kind::Form => self.form_document(self.form(&key.name), map),
        }
    }

    fn menu(&self, menu: &mut Json) {
        for entry in menu.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
            Self::set_name(&self.forms, entry.get_mut("form"));
            if let Some(items) = entry.get_mut("items") {
                self.menu(items);
            }
        }
    }

    fn form_document(&self, form: Option<usize>, map: &mut Map<String, Json>) {
        for key in ["title_field", "key", "record_owner", "search", "facts", "tell", "indexes"] {
            if let Some(value) = map.get_mut(key) {
                self.set_path(form, value);
            }
        }
        for unique in map.get_mut("unique").and_then(Json::as_array_mut).into_iter().flatten() {
            match unique {
                Json::Object(partial) => {
                    if let Some(fields) = partial.get_mut("fields") {
                        self.set_path(form, fields);
                    }
                    if let Some(when) = partial.get_mut("when") {
                        self.condition(form, form, when);
                    }
                }
                fields => self.set_path(form, fields),
            }
        }
        for rule in map.get_mut("rules").and_then(Json::as_array_mut).into_iter().flatten() {
            self.rule(form, rule);
        }
        for rule in map.get_mut("duplicate_check").and_then(Json::as_array_mut).into_iter().flatten() {
            if let Some(fields) = rule.get_mut("fields") {
                self.set_path(form, fields);
            }
        }
        if let Some(lock) = map.get_mut("lock") {
            self.condition(form, form, lock);
        }
        if let Some(layout) = map.get_mut("layout") {
            self.layout(form, layout);
        }
        for view in
            map.get_mut("views").and_then(Json::as_array_mut).into_iter().flatten().filter_map(Json::as_object_mut)
        {
            for key in ["fields", "sort", "group", "sum", "color", "start", "end", "parent", "depends", "image", "card"]
            {
                if let Some(value) = view.get_mut(key) {
                    self.set_path(form, value);
                }
            }
            if let Some(filter) = view.get_mut("filter") {
                self.condition(form, form, filter);
            }
            Self::set_name(&self.roles, view.get_mut("roles"));
        }
        if let Some(record) = map.get_mut("record").and_then(Json::as_object_mut) {
            self.record(form, record);
        }
    }

    fn layout(&self, form: Option<usize>, layout: &mut Json) {
        for entry in layout.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
            for key in ["fields", "after"] {
                if let Some(value) = entry.get_mut(key) {
                    self.set_path(form, value);
                }
            }
            if let Some(when) = entry.get_mut("when") {
                self.condition(form, form, when);
            }
            if let Some(related) = entry.get_mut("related").and_then(Json::as_object_mut) {
                let at = related.get("form").and_then(Json::as_str).and_then(|name| self.form(name));
                Self::set_name(&self.forms, related.get_mut("form"));
                if let Some(via) = related.get_mut("via") {
                    self.set_path(at, via);
                }
            }
            if let Some(content) = entry.get_mut("content") {
                self.layout(form, content);
            }
        }
    }

    fn record(&self, form: Option<usize>, record: &mut Map<String, Json>) {
        if let Some(required) = record.get_mut("required") {
            self.set_path(form, required);
        }
        for (name, property) in record.get_mut("properties").and_then(Json::as_object_mut).into_iter().flatten() {
            if let Some(values) = self.walk(form, name).1.and_then(|leaf| self.values.get(&leaf)) {
                Self::set_values(values, property.get_mut("default"));
                Self::set_values(values, property.get_mut("field").and_then(|f| f.get_mut("initial")));
                if let Some(moves) =
                    property.get_mut("field").and_then(|f| f.get_mut("transitions")).and_then(Json::as_object_mut)
                {
                    for (_, list) in moves.iter_mut() {
                        Self::set_values(values, Some(list));
                        for entry in list.as_array_mut().into_iter().flatten() {
                            Self::set_values(values, entry.get_mut("to"));
                        }
                    }
                    *moves = std::mem::take(moves)
                        .into_iter()
                        .map(|(from, list)| (values.get(&from).cloned().unwrap_or(from), list))
                        .collect();
                }
            }
            if let Some(own) = property.get_mut("field").and_then(Json::as_object_mut) {
                self.computed(form, None, own);
                self.field(form, own);
                self.expression(form, own.get_mut("expression"), |path| Some(path.to_string()));
            }
            let default = property.get_mut("default").and_then(Json::as_object_mut);
            self.expression(form, default.and_then(|d| d.get_mut("expression")), |path| Some(path.to_string()));
            let has_parent = property.pointer("/items/properties/parent").is_some();
            for (_, column) in property
                .get_mut("items")
                .and_then(|i| i.get_mut("properties"))
                .and_then(Json::as_object_mut)
                .into_iter()
                .flatten()
            {
                if let Some(own) = column.get_mut("field").and_then(Json::as_object_mut) {
                    self.computed(form, Some(name), own);
                    self.field(form, own);
                    self.expression(form, own.get_mut("expression"), |path| match path.strip_prefix("parent.") {
                        Some(rest) if !has_parent => Some(rest.to_string()),
                        _ => (has_parent || path != "parent").then(|| format!("{name}.{path}")),
                    });
                }
            }
        }
    }

    /// Names and values of choices within an expression; only their letters change. `place` leads a path of the expression
    /// to one of the form.
    pub(super) fn expression(
        &self,
        form: Option<usize>,
        json: Option<&mut Json>,
        place: impl Fn(&str) -> Option<String>,
    ) {
        let Some(Json::String(source)) = json else { return };
        let recoded = recode(source, |names| {
            let leaf = self.walk(form, &place(&names.join("."))?).1?;
            self.values.get(&leaf)
        });
        let renamed = rename(recoded.as_deref().unwrap_or(source), |names| {
            let new = self.path(form, &place(&names.join("."))?)?;
            let last = new.rsplit('.').next()?;
            (names.last() != Some(&last)).then(|| last.to_string())
        });
        if let Ok(new) = renamed {
            *source = new;
        }
    }

    /// The names of a lookup or a rollup; `table` is the child table in which it stands.
    fn computed(&self, form: Option<usize>, table: Option<&str>, own: &mut Map<String, Json>) {
        // a path over a form, said in parts: the part after `head` as it is called now
        let below = |form: Option<usize>, head: &str, name: &str| {
            let whole = if head.is_empty() { name.to_string() } else { format!("{head}.{name}") };
            self.path(form, &whole).and_then(|new| new.rsplit('.').next().map(str::to_string))
        };
        let text = |own: &Map<String, Json>, key: &str| own.get(key).and_then(Json::as_str).map(str::to_string);
        match text(own, "type").as_deref() {
            Some("lookup") => {
                let (Some(via), Some(field)) = (text(own, "via"), text(own, "field")) else { return };
                let here = table.map_or_else(|| via.clone(), |table| format!("{table}.{via}"));
                if let Some(new) = below(form, &here, &field) {
                    own.insert("field".into(), Json::String(new));
                }
                if let Some(new) = below(form, table.unwrap_or_default(), &via) {
                    own.insert("via".into(), Json::String(new));
                }
            }
            Some("rollup") => {
                let Some(of) = text(own, "form") else { return };
                let (head, rows) = of.split_once('.').map_or((of.as_str(), ""), |(head, rows)| (head, rows));
                let target = self.form(head);
                for key in ["via", "field", "by"] {
                    if let Some(new) = text(own, key).and_then(|name| below(target, rows, &name)) {
                        own.insert(key.into(), Json::String(new));
                    }
                }
                // the filter is read over the rows; its own names follow as paths from them
                if let (false, Some(filter)) = (rows.is_empty(), own.get_mut("filter")) {
                    self.row_filter(target, rows, form, filter);
                }
                if let Some(new) = (!rows.is_empty()).then(|| self.path(target, rows)).flatten() {
                    own.insert("form".into(), Json::String(format!("{head}.{new}")));
                }
            }
            _ => {}
        }
    }

    /// A condition over rows of a child table; `record` is the form of the record that `record.*` means.
    fn row_filter(&self, form: Option<usize>, rows: &str, record: Option<usize>, json: &mut Json) {
        match json {
            Json::Array(items) => items.iter_mut().for_each(|item| self.row_filter(form, rows, record, item)),
            Json::Object(map) => {
                for (key, value) in map.iter_mut() {
                    let new = match (key.as_str(), &*value) {
                        ("field", Json::String(path)) => self
                            .path(form, &format!("{rows}.{path}"))
                            .and_then(|new| new.split_once('.').map(|(_, rest)| rest.to_string())),
                        ("var", Json::String(name)) => name
                            .strip_prefix("record.")
                            .and_then(|path| self.path(record, path))
                            .map(|new| format!("record.{new}")),
                        _ => None,
                    };
                    match new {
                        Some(new) => *value = Json::String(new),
                        None => self.row_filter(form, rows, record, value),
                    }
                }
            }
            _ => {}
        }
    }

    fn field(&self, form: Option<usize>, own: &mut Map<String, Json>) {
        let named = own.get("form").and_then(Json::as_str);
        let target = named.and_then(|name| self.form(name.split('.').next().unwrap_or_default()));
        Self::set_name(&self.forms, own.get_mut("form"));
        Self::set_name(&self.options, own.get_mut("options"));
        let is_of_rows = own.get("form").and_then(Json::as_str).is_some_and(|name| name.contains('.'));
        if let Some(filter) = own.get_mut("filter").filter(|_| !is_of_rows) {
            self.condition(target, form, filter);
        }
        if let Some(copy) = own.get_mut("copy") {
            self.set_keys(form, Some(copy));
            for (_, theirs) in copy.as_object_mut().into_iter().flatten() {
                self.set_path(target, theirs);
            }
        }
        if let Some(currency) = own.get_mut("currency_field") {
            self.set_path(form, currency);
        }
        if let Some(Json::String(pattern)) = own.get_mut("pattern") {
            for (old, new) in form.and_then(|f| self.fields.get(&f)).into_iter().flatten() {
                *pattern = pattern.replace(&format!("{{{old}}}"), &format!("{{{new}}}"));
            }
        }
        if let Some(required) = own.get_mut("back").and_then(|b| b.get_mut("require")) {
            self.set_path(form, required);
        }
        for (_, moves) in own.get_mut("transitions").and_then(Json::as_object_mut).into_iter().flatten() {
            for entry in moves.as_array_mut().into_iter().flatten().filter_map(Json::as_object_mut) {
                Self::set_name(&self.roles, entry.get_mut("roles"));
                if let Some(required) = entry.get_mut("require") {
                    self.set_path(form, required);
                }
                if let Some(when) = entry.get_mut("when") {
                    self.condition(form, form, when);
                }
            }
        }
    }
}
