//! From a form's layout, or without one from its fields, to the sections of a record's page and of a form to fill in.

use super::seen_form::{SeenForm, is_short};
use formwright_core::definition::{LayoutEntry, RelatedEntry};
use formwright_core::field::FieldKind;
use formwright_core::text::{Locale, Title, title_from_name};

/// A card of fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Unique within the form.
    pub name: String,
    /// Heading; empty for none.
    pub title: String,
    /// 1 or 2.
    pub columns: u8,
    pub items: Vec<Item>,
}

/// What stands in a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A field by its index, with whether it takes the whole width.
    Field { index: usize, wide: bool },
    /// A sentence.
    Text(String),
}

/// Records of another form that point here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub form: String,
    /// The link that leads here.
    pub via: String,
    /// The view whose columns are shown.
    pub view: Option<String>,
    /// Heading; empty: the other form's title.
    pub title: String,
}

/// A form's parts in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    pub sections: Vec<Section>,
    pub related: Vec<Related>,
}

/// The parts of a form for a reader. Fields that he may not know of are left out, sections that are left empty too.
pub fn arrange(seen: &SeenForm, locale: Locale) -> Arrangement {
    let mut out = Arrangement::default();
    match &seen.form.layout {
        Some(entries) => {
            place(seen, locale, entries, &mut out);
            add_required(seen, &mut out);
        }
        None => out.sections = generate(seen),
    }
    out.sections.retain(|section| !section.items.is_empty());
    for (i, section) in out.sections.iter_mut().enumerate() {
        section.name = format!("{}-{i}", section.name);
    }
    out
}

fn title_of(entry: &LayoutEntry, locale: Locale) -> String {
    let title = entry.title.clone().unwrap_or_default();
    Title::new(title, entry.labels.clone()).get(locale).to_string()
}

fn place(seen: &SeenForm, locale: Locale, entries: &[LayoutEntry], out: &mut Arrangement) {
    for entry in entries {
        if let Some(name) = &entry.section {
            let title = title_of(entry, locale);
            let mut section = Section {
                name: name.clone(),
                title: if title.is_empty() { title_from_name(name) } else { title },
                columns: if entry.columns == Some(1) { 1 } else { 2 },
                items: Vec::new(),
            };
            for field in &entry.fields {
                if let Some((place, definition)) = seen.field(field.name()) {
                    section.items.push(Item::Field {
                        index: place.index,
                        wide: field.span() > 1 || !is_short(&definition.kind),
                    });
                }
            }
            out.sections.push(section);
            place(seen, locale, &entry.content, out);
        } else if let Some(RelatedEntry { form, via, view }) = &entry.related {
            out.related.push(Related {
                form: form.clone(),
                via: via.clone(),
                view: view.clone(),
                title: title_of(entry, locale),
            });
        } else if let Some(text) = &entry.text {
            let words = Title::new(text.clone(), entry.labels.clone()).get(locale).to_string();
            match out.sections.last_mut() {
                Some(section) => section.items.push(Item::Text(words)),
                None => out.sections.push(Section {
                    name: "text".to_string(),
                    columns: 2,
                    items: vec![Item::Text(words)],
                    ..Section::default()
                }),
            }
        } else {
            // a tab's parts follow each other; the record's page has tabs of its own
            place(seen, locale, &entry.content, out);
        }
    }
}

/// Required fields that the layout forgets could else never be filled in.
fn add_required(seen: &SeenForm, out: &mut Arrangement) {
    let placed = |index: usize| {
        out.sections
            .iter()
            .flat_map(|s| &s.items)
            .any(|item| matches!(item, Item::Field { index: i, .. } if *i == index))
    };
    let missing: Vec<Item> = seen
        .each()
        .filter(|(place, field)| field.required && !place.readonly && !placed(place.index))
        .map(|(place, field)| Item::Field { index: place.index, wide: !is_short(&field.kind) })
        .collect();
    out.sections.push(Section { name: "more".to_string(), title: String::new(), columns: 2, items: missing });
}

/// Sections of a form without a layout: short fields in two columns, long ones over the whole width, child tables each on their
/// own, files last.
fn generate(seen: &SeenForm) -> Vec<Section> {
    let mut main = Section { name: "main".to_string(), columns: 2, ..Section::default() };
    let mut files = Section { name: "files".to_string(), columns: 2, ..Section::default() };
    let (mut required, mut short, mut long, mut tables) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (place, field) in seen.each() {
        let index = place.index;
        match &field.kind {
            FieldKind::Table(_) => {
                let items = vec![Item::Field { index, wide: true }];
                tables.push(Section { name: field.name.clone(), columns: 2, items, ..Section::default() });
            }
            FieldKind::Files(_) | FieldKind::Signature => files.items.push(Item::Field { index, wide: true }),
            kind if !is_short(kind) => long.push(Item::Field { index, wide: true }),
            _ if field.required => required.push(Item::Field { index, wide: false }),
            _ => short.push(Item::Field { index, wide: false }),
        }
    }
    main.items = required.into_iter().chain(short).chain(long).collect();
    std::iter::once(main).chain(tables).chain([files]).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::pages::seen_form::SeenField;
    use formwright_core::form::build_form;
    use serde_json::{Value as Json, json};
    use std::collections::HashMap;
    use std::sync::Arc;

    fn form(layout: Option<Json>, hidden: &[&str]) -> SeenForm {
        let mut doc = json!({"kind": "form", "app": "a", "name": "f", "title": "F", "record": {"type": "object", "required": ["code", "kind"], "properties": {
            "note": {"type": "string", "field": {"type": "long_text"}},
            "place": {"type": "string"},
            "scans": {"type": "array", "field": {"type": "files"}},
            "lines": {"type": "array", "field": {"type": "table"}, "items": {"type": "object", "properties": {"qty": {"type": "integer"}}}},
            "code": {"type": "string"},
            "kind": {"type": "string"},
        }}});
        if let Some(layout) = layout {
            doc["layout"] = layout;
        }
        let mut faults = Vec::new();
        let form = build_form(&doc, &HashMap::new(), &mut faults).expect("a form");
        assert!(faults.is_empty(), "{faults:?}");
        let fields = form
            .fields
            .iter()
            .enumerate()
            .filter(|(_, f)| !hidden.contains(&f.name.as_str()))
            .map(|(index, _)| SeenField { index, readonly: false, columns: Vec::new() })
            .collect();
        SeenForm {
            index: 0,
            form: Arc::new(form),
            fields,
            actions: Vec::new(),
            views: Vec::new(),
            facts: Vec::new(),
            title_field: None,
        }
    }

    fn names(seen: &SeenForm, section: &Section) -> Vec<String> {
        let name = |item: &Item| match item {
            Item::Field { index, .. } => seen.form.fields.get(*index).unwrap().name.clone(),
            Item::Text(text) => format!("“{text}”"),
        };
        section.items.iter().map(name).collect()
    }

    #[test]
    fn without_a_layout_required_short_fields_come_first_and_tables_and_files_last() {
        let seen = form(None, &[]);
        let sections = arrange(&seen, Locale::En).sections;
        let got: Vec<Vec<String>> = sections.iter().map(|s| names(&seen, s)).collect();
        assert_eq!(got, [vec!["code", "kind", "place", "note"], vec!["lines"], vec!["scans"]]);
        let wide = |name: &str| {
            sections
                .iter()
                .flat_map(|s| &s.items)
                .any(|i| matches!(i, Item::Field { index, wide: true } if seen.form.fields[*index].name == name))
        };
        assert!(wide("note") && wide("lines") && !wide("place"));
    }

    #[test]
    fn a_layout_is_followed_without_hidden_fields_and_a_forgotten_required_field_is_added() {
        let layout = json!([
            {"tab": "one", "title": "One", "content": [{"section": "basic", "title": "Basics", "labels": {"zh-CN": "基础"}, "columns": 1, "fields": ["place", {"field": "note", "span": 2}]}, {"text": "Mind the gap"}]},
            {"section": "secret", "title": "Secret", "fields": ["kind"]},
            {"related": {"form": "g", "via": "f"}, "title": "Gs"}
        ]);
        let seen = form(Some(layout), &["place", "kind"]);
        let arrangement = arrange(&seen, Locale::ZhCn);
        let got: Vec<(String, u8, Vec<String>)> =
            arrangement.sections.iter().map(|s| (s.title.clone(), s.columns, names(&seen, s))).collect();
        let want = [("基础", 1, vec!["note", "“Mind the gap”"]), ("", 2, vec!["code"])];
        assert_eq!(
            got,
            want.map(|(t, c, f)| (t.to_string(), c, f.into_iter().map(str::to_string).collect::<Vec<_>>()))
        );
        assert_eq!(
            arrangement.related,
            [Related { form: "g".into(), via: "f".into(), view: None, title: "Gs".into() }]
        );
    }
}
