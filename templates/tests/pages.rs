//! Every page, drawn with sample contents in both languages: no fault, nothing inline, nothing untranslated, the base path everywhere.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use formwright_templates::view::{Cell, List, Row};
use formwright_templates::{Locale, Page, PageContext, Pages, asset};

#[path = "../examples/sample/mod.rs"]
#[allow(dead_code)]
mod sample;

fn drawn(base: &str) -> Vec<(String, Locale, String)> {
    let pages = Pages::new(base).unwrap();
    let mut all = Vec::new();
    for locale in Locale::ALL {
        for (name, active, signed_in, page) in sample::pages(sample::Words(locale)) {
            let html = pages
                .render(&page, &sample::context(locale, signed_in, active))
                .unwrap_or_else(|error| panic!("{name}: {error:?}"));
            all.push((format!("{name} {}", locale.code()), locale, html));
        }
    }
    all
}

#[test]
fn every_page_is_drawn_in_its_language_with_one_heading_and_a_title() {
    for (name, locale, html) in drawn("") {
        assert!(html.contains(&format!("<html lang=\"{}\"", locale.code())), "{name}: language");
        assert_eq!(html.matches("<h1").count(), 1, "{name}: headings");
        let title = html.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default();
        assert!(title.trim_start_matches([' ', '·']).len() > 2 && !title.starts_with(" ·"), "{name}: title `{title}`");
        for mark in ["{{ ", "{%", "undefined", "[object Object]", "NaN"] {
            assert!(!html.contains(mark), "{name}: `{mark}`");
        }
    }
}

#[test]
fn pages_hold_no_inline_script_style_or_handler() {
    for (name, _, html) in drawn("") {
        assert!(!html.contains(" style="), "{name}: style attribute");
        assert!(!html.contains("<style"), "{name}: style element");
        assert!(!html.contains("javascript:"), "{name}: javascript address");
        for part in html.split("<script").skip(1) {
            let head = part.split('>').next().unwrap_or_default();
            assert!(head.contains(" src=") || head.contains("application/json"), "{name}: inline script {head}");
        }
        for handler in [" onclick=", " onchange=", " onsubmit=", " onload=", " oninput="] {
            assert!(!html.contains(handler), "{name}: {handler}");
        }
    }
}

#[test]
fn ids_on_a_page_are_unique() {
    for (name, _, html) in drawn("") {
        let outside: String = html
            .split("<template")
            .enumerate()
            .map(|(index, part)| if index == 0 { part } else { part.split("</template>").nth(1).unwrap_or_default() })
            .collect();
        let mut seen = BTreeSet::new();
        for part in outside.split(" id=\"").skip(1) {
            let id = part.split('"').next().unwrap_or_default();
            assert!(seen.insert(id), "{name}: id `{id}` twice");
        }
    }
}

#[test]
fn every_address_carries_the_base_path() {
    for (name, _, html) in drawn("/crm/") {
        for attribute in ["href=\"", "src=\"", "action=\"", "data-href=\"", "data-next=\"", "data-cancel=\""] {
            for part in html.split(attribute).skip(1) {
                let address = part.split('"').next().unwrap_or_default().replace("&#x2f;", "/");
                assert!(!address.starts_with('/') || address.starts_with("/crm/"), "{name}: {attribute}{address}");
            }
        }
    }
}

#[test]
fn what_people_wrote_is_shown_as_text() {
    let hostile = "<img src=x onerror=alert(1)>\"'{{ 7*7 }}";
    let list = List {
        rows: vec![Row {
            title: hostile.to_owned(),
            cells: vec![Cell::text(hostile), Cell::link(hostile, "/x")],
            ..Row::default()
        }],
        columns: vec![Default::default(), Default::default()],
        search: hostile.to_owned(),
        ..List::default()
    };
    let context = PageContext { company: hostile.to_owned(), ..sample::context(Locale::English, true, "/") };
    let html = Pages::new("").unwrap().render(&Page::List(list), &context).unwrap();
    assert!(!html.contains("<img src=x"));
    assert!(html.contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#x27;{{ 7*7 }}"));
}

#[test]
fn assets_are_found_by_their_hashed_names_and_are_smaller_packed() {
    let style =
        asset::assets().iter().find(|file| file.name.starts_with("app-") && file.name.ends_with(".css")).unwrap();
    assert_eq!(style.content_type, "text/css; charset=utf-8");
    assert_eq!(asset::find_asset(style.name).unwrap().bytes.len(), style.bytes.len());
    assert!(style.gzip.unwrap().len() <= 20 * 1024, "the style sheet keeps its budget");
    assert!(asset::find_asset("../Cargo.toml").is_none());
    // a page loads the words of one language, never of both
    for locale in ["en", "zh-CN"] {
        for entry in ["list.js", "record.js", "form.js", "import.js", "account.js", "admin.js"] {
            let page = weight(&["app.js", entry], &[format!("texts-{locale}-")]);
            assert!(page <= 45 * 1024, "a page with {entry} keeps the budget: {page}");
        }
        let texts = [format!("texts-{locale}-"), format!("designer-texts-{locale}-")];
        let designer = weight(&["app.js", "designer.js"], &texts);
        assert!(designer <= 100 * 1024, "the designer keeps its budget: {designer}");
    }
}

/// Packed size of entries with all that they bring along, and of the texts before them.
fn weight(entries: &[&str], texts: &[String]) -> usize {
    let named: BTreeSet<&str> = entries.iter().flat_map(|entry| asset::scripts_of(entry)).copied().collect();
    assert!(named.len() >= entries.len(), "{entries:?} are built");
    let is_meant = |name: &str| named.contains(name) || texts.iter().any(|text| name.starts_with(text));
    asset::assets().iter().filter(|file| is_meant(file.name)).filter_map(|file| file.gzip).map(<[u8]>::len).sum()
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// Text of all files below a folder of this crate.
fn sources(folder: &str, ending: &str) -> String {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), ending, &mut paths);
    paths.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Keys in calls of `t("key"`.
fn called(source: &str) -> BTreeSet<&str> {
    let mut keys = BTreeSet::new();
    for (place, _) in source.match_indices("t(\"") {
        let before = source[..place].chars().next_back().unwrap_or(' ');
        if !before.is_alphanumeric() && before != '_' && before != '.' {
            keys.insert(source[place + 3..].split('"').next().unwrap());
        }
    }
    keys
}

fn texts(name: &str) -> BTreeMap<String, String> {
    serde_json::from_str(&fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(name)).unwrap())
        .unwrap()
}

/// Keys without the endings of plurals.
fn stems(texts: &BTreeMap<String, String>) -> BTreeSet<String> {
    let plural = |key: &str| {
        key.strip_suffix(".other")
            .or_else(|| key.strip_suffix(".one").filter(|stem| texts.contains_key(&format!("{stem}.other"))))
            .map(str::to_owned)
    };
    texts.keys().map(|key| plural(key).unwrap_or_else(|| key.clone())).collect()
}

#[test]
fn every_text_used_exists_in_both_languages_and_none_is_left_over() {
    let known = stems(&texts("en.json"));
    assert_eq!(known, stems(&texts("zh-CN.json")));
    let (html, scripts) = (sources("html", ".html"), sources("web/src", ".ts"));
    // handlers take their words by key, too
    let rust = sources("src", ".rs") + &sources("../runtime/server/src", ".rs") + &sources("../designer/src", ".rs");
    let used: BTreeSet<String> = called(&html)
        .into_iter()
        .map(str::to_owned)
        .chain(called(&scripts).into_iter().map(|key| format!("js.{key}")))
        .collect();
    let missing: Vec<&String> = used.iter().filter(|key| !known.contains(*key)).collect();
    assert!(missing.is_empty(), "no text for {missing:?}");
    // what stands between two quotation marks, looked up once instead of by reading everything for each key
    let (quoted_in_rust, quoted_in_scripts): (BTreeSet<&str>, BTreeSet<&str>) =
        (rust.split('"').collect(), scripts.split('"').collect());
    // Keys in tables, and those put together of a family and a word that stands in the scripts.
    let families = ["op.", "window.", "unit.", "import.mode_"];
    // `t(`design.type.${name}`)`: every key of the family is meant
    let drawn: BTreeSet<&str> = scripts
        .split("t(`")
        .skip(1)
        .filter_map(|rest| rest.split(['`', '$']).next())
        .filter(|f| f.ends_with('.'))
        .collect();
    let in_scripts = |key: &str| {
        quoted_in_scripts.contains(key)
            || drawn.iter().any(|family| key.starts_with(family))
            || families.iter().any(|family| {
                key.strip_prefix(family).is_some_and(|word| {
                    quoted_in_scripts.contains(word)
                        || scripts.contains(&format!("{word}:"))
                        || word == "upsert"
                        || word == "update"
                })
            })
    };
    let families_of_handlers = [
        "handler.audit.",
        "handler.flow.",
        "handler.right.",
        "handler.filter.",
        "handler.result.",
        "handler.person.",
        "notifications.kind.",
        "design.kind.",
    ];
    let unused: Vec<&String> = known
        .iter()
        .filter(|key| {
            !used.contains(*key)
                && !quoted_in_rust.contains(key.as_str())
                && !families_of_handlers
                    .iter()
                    .any(|family| key.starts_with(family) && rust.contains(&format!("\"{family}")))
                && !key.strip_prefix("js.").is_some_and(in_scripts)
        })
        .collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

#[test]
fn both_languages_fill_the_same_places() {
    let places = |text: &str| -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name.to_owned()).collect()
    };
    let (english, chinese) = (texts("en.json"), texts("zh-CN.json"));
    for (key, text) in &chinese {
        assert_eq!(places(text), places(english.get(key).unwrap()), "{key}");
        assert!(!text.is_empty(), "{key} is empty");
    }
}
