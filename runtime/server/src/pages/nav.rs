//! The side bar: apps with the forms that the reader may use, and the pages of administrators by right.

use super::reader::Reader;
use formwright_core::definition::MenuEntry;
use formwright_core::text::Title;
use formwright_templates::view::{NavGroup, NavLink};
use serde_json::Value as Json;

/// Forms that also stand in the bar of a phone, beside home.
const ON_PHONE: usize = 2;

/// A form the reader may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableForm {
    pub name: String,
    pub title: String,
    pub icon: String,
    pub app: String,
    pub actions: Vec<String>,
}

impl UsableForm {
    pub fn may(&self, action: &str) -> bool {
        self.actions.iter().any(|a| a == action)
    }

    pub fn href(&self) -> String {
        format!("/forms/{}", self.name)
    }
}

/// An app with the forms that the reader may use, in the order of its menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsableApp {
    pub name: String,
    pub title: String,
    pub description: Option<String>,
    pub icon: String,
    pub forms: Vec<UsableForm>,
    /// Another app builds on it: what it holds is referred to more than worked with.
    pub is_base: bool,
}

/// The forms that the engine tells this reader of.
pub fn usable_forms(reader: &Reader) -> Vec<UsableForm> {
    let described = reader.cx().engine.describe_forms(reader.cx());
    let text = |item: &Json, key: &str| item.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    described
        .get("items")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|item| UsableForm {
            name: text(item, "name"),
            title: text(item, "title"),
            icon: Some(text(item, "icon")).filter(|icon| !icon.is_empty()).unwrap_or_else(|| "file-text".to_string()),
            app: text(item, "app"),
            actions: item
                .get("actions")
                .and_then(Json::as_array)
                .into_iter()
                .flatten()
                .filter_map(Json::as_str)
                .map(str::to_string)
                .collect(),
        })
        .collect()
}

/// The apps of which the reader may use a form. Forms that no menu names come after those that it does.
pub fn usable_apps(reader: &Reader) -> Vec<UsableApp> {
    let forms = usable_forms(reader);
    let locale = reader.cx().locale;
    let mut apps = Vec::new();
    for app in &reader.cx().catalog.apps {
        let mut order = Vec::new();
        flatten(&app.menu, &mut order);
        let mut listed: Vec<UsableForm> = order.iter().filter_map(|entry| in_menu(reader, &forms, entry)).collect();
        listed.extend(
            forms
                .iter()
                .filter(|f| f.app == app.name && !order.iter().any(|e| e.form.as_deref() == Some(f.name.as_str())))
                .cloned(),
        );
        listed.dedup_by(|a, b| a.name == b.name);
        if listed.is_empty() {
            continue;
        }
        let title =
            if app.title.is_empty() { formwright_core::text::title_from_name(&app.name) } else { app.title.clone() };
        let description =
            Title::new(app.description.clone().unwrap_or_default(), app.descriptions.clone()).get(locale).to_string();
        apps.push(UsableApp {
            name: app.name.clone(),
            title: Title::new(title, app.labels.clone()).get(locale).to_string(),
            description: Some(description).filter(|d| !d.is_empty()),
            icon: app.icon.clone().unwrap_or_else(|| "layout-grid".to_string()),
            forms: listed,
            is_base: reader.cx().catalog.apps.iter().any(|other| other.requires.contains_key(&app.name)),
        });
    }
    apps
}

fn flatten<'a>(menu: &'a [MenuEntry], out: &mut Vec<&'a MenuEntry>) {
    for entry in menu {
        if entry.form.is_some() {
            out.push(entry);
        }
        flatten(&entry.items, out);
    }
}

/// The form of an entry, under the entry's own words where it has some.
fn in_menu(reader: &Reader, forms: &[UsableForm], entry: &MenuEntry) -> Option<UsableForm> {
    let mut form = forms.iter().find(|f| entry.form.as_deref() == Some(f.name.as_str()))?.clone();
    if entry.view.is_none() {
        if let Some(title) = &entry.title {
            form.title = Title::new(title.clone(), entry.labels.clone()).get(reader.cx().locale).to_string();
        }
        if let Some(icon) = &entry.icon {
            form.icon.clone_from(icon);
        }
    }
    Some(form)
}

/// The pages of administrators that the reader may open: key of the title, path, icon.
pub fn administration(reader: &Reader) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut pages = Vec::new();
    if reader.principal().is_some_and(|p| p.admin || !p.designs.is_empty()) {
        pages.push(("design.title", "/design", "pencil-ruler"));
    }
    if reader.has_right("manage_people") {
        pages.extend([
            ("people.title", "/admin/people", "users"),
            ("departments.title", "/admin/departments", "building-2"),
            ("roles.title", "/admin/roles", "shield"),
        ]);
    }
    if reader.has_right("settings") {
        pages.push(("settings.title", "/admin/settings", "settings"));
    }
    if reader.has_right("audit") {
        pages.push(("audit.title", "/admin/audit", "history"));
    }
    pages
}

/// The forms in the bar of a phone: first those in which the reader writes, in the order of the menu, those of apps on
/// which others build behind the rest.
fn for_phone(apps: &[UsableApp]) -> Vec<String> {
    let ordered = || apps.iter().filter(|a| !a.is_base).chain(apps.iter().filter(|a| a.is_base));
    let forms = || ordered().flat_map(|app| &app.forms).filter(|f| f.may("read"));
    let writes = forms().filter(|f| f.may("create"));
    let reads = forms().filter(|f| !f.may("create"));
    writes.chain(reads).take(ON_PHONE).map(|f| f.name.clone()).collect()
}

/// The side bar of a page at `path`.
pub fn side_bar(reader: &Reader, path: &str) -> Vec<NavGroup> {
    let here = path.split('?').next().unwrap_or_default();
    let link = |title: String, href: String, icon: &str, on_phone: bool| NavLink {
        active: if href == "/" {
            here == "/"
        } else {
            here == href || here.strip_prefix(href.as_str()).is_some_and(|rest| rest.starts_with('/'))
        },
        title,
        href,
        icon: icon.to_string(),
        count: None,
        hot: false,
        on_phone,
    };
    let mut groups = vec![NavGroup {
        title: None,
        links: vec![link(reader.say("home.title", &[]), "/".to_string(), "house", true)],
    }];
    let apps = usable_apps(reader);
    let on_phone = for_phone(&apps);
    for app in apps {
        let links = app
            .forms
            .iter()
            .map(|form| {
                let shown = on_phone.contains(&form.name);
                link(form.title.clone(), form.href(), &form.icon, shown)
            })
            .collect();
        groups.push(NavGroup { title: Some(app.title), links });
    }
    let pages = administration(reader);
    if !pages.is_empty() {
        let links = pages
            .into_iter()
            .map(|(key, href, icon)| link(reader.say(key, &[]), href.to_string(), icon, false))
            .collect();
        groups.push(NavGroup { title: Some(reader.say("handler.administration", &[])), links });
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phones_bar_has_the_forms_that_the_reader_writes_in_before_those_he_only_reads() {
        let form = |name: &str, actions: &[&str]| UsableForm {
            name: name.to_string(),
            title: String::new(),
            icon: String::new(),
            app: String::new(),
            actions: actions.iter().map(|a| (*a).to_string()).collect(),
        };
        let app = |is_base: bool, forms: Vec<UsableForm>| UsableApp {
            name: String::new(),
            title: String::new(),
            description: None,
            icon: String::new(),
            forms,
            is_base,
        };
        let base = |actions: &[&str]| app(true, vec![form("product", actions), form("unit", &["read"])]);
        let sales = app(false, vec![form("drop_box", &["create"]), form("lead", &["read", "create"])]);
        assert_eq!(for_phone(&[base(&["read"]), sales.clone()]), ["lead", "product"]);
        let customers = app(false, vec![form("customer", &["read", "create"])]);
        assert_eq!(for_phone(&[base(&["read", "create"]), sales, customers]), ["lead", "customer"]);
    }
}
