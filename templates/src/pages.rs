//! Turns a page and its surroundings into HTML.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context};

use crate::asset::{has_icon, hashed_name};
use crate::context::PageContext;
use crate::i18n::{Locale, find_text};
use crate::page::Page;

include!(concat!(env!("OUT_DIR"), "/html.rs"));

/// A page could not be drawn: a fault of a template. The text is for the log.
#[derive(Debug, thiserror::Error)]
#[error("template {template}: {source:#}")]
pub struct RenderError {
    /// Which template.
    pub template: &'static str,
    /// What was wrong.
    #[source]
    pub source: Error,
}

/// All templates, once for each language, each compiled when it is first drawn. Cheap to share: put it in an `Arc`.
#[derive(Debug)]
pub struct Pages {
    english: Environment<'static>,
    chinese: Environment<'static>,
    base_path: Arc<str>,
}

impl Pages {
    /// Makes the templates ready. `base_path` is the path the application is served under, without a slash at its end: `` or `/crm`.
    ///
    /// # Errors
    /// Marks of the template language that contradict each other.
    pub fn new(base_path: &str) -> Result<Self, RenderError> {
        let base_path: Arc<str> = base_path.trim_end_matches('/').into();
        Ok(Self {
            english: environment(Locale::English, &base_path)?,
            chinese: environment(Locale::Chinese, &base_path)?,
            base_path,
        })
    }

    /// Draws a page.
    ///
    /// # Errors
    /// A fault of a template: something it names is not in the view.
    pub fn render(&self, page: &Page, context: &PageContext) -> Result<String, RenderError> {
        let name = page.template();
        let environment = match context.locale {
            Locale::English => &self.english,
            Locale::Chinese => &self.chinese,
        };
        let draw = || {
            environment
                .get_template(name)?
                .render(context! { page => page.value(), ctx => Value::from(Serde(context)) })
        };
        draw().map_err(|source| RenderError { template: name, source })
    }

    /// The base path put before a path of the application.
    pub fn href(&self, path: &str) -> String {
        with_base(&self.base_path, path)
    }
}

fn environment(locale: Locale, base_path: &Arc<str>) -> Result<Environment<'static>, RenderError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    // A line that holds only a block leaves nothing behind.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|source| RenderError { template: "", source })?);
    environment.add_function("t", move |key: &str, arguments: Kwargs| translate(locale, key, &arguments));
    let base = Arc::clone(base_path);
    environment.add_function("url", move |path: &str| with_base(&base, path));
    let base = Arc::clone(base_path);
    environment
        .add_function("asset", move |name: &str| hashed_name(name).map(|hashed| format!("{base}/assets/{hashed}")));
    let base = Arc::clone(base_path);
    environment.add_function("icon", move |name: &str, arguments: Kwargs| icon(&base, name, &arguments));
    environment.add_function("rich", Value::from_safe_string);
    environment.add_global("base_path", base_path.to_string());
    // Most installations show a few of the pages: each is compiled when it is first drawn, not at the start.
    environment.set_loader(|name| Ok(TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, s)| (*s).to_owned())));
    Ok(environment)
}

/// Puts the base path before a path of the application and leaves other addresses (`https:`, `mailto:`, `#part`) as they are.
fn with_base(base: &str, path: &str) -> String {
    if path.starts_with('/') && !path.starts_with("//") { format!("{base}{path}") } else { path.to_owned() }
}

fn translate(locale: Locale, key: &str, arguments: &Kwargs) -> Result<String, Error> {
    let names: Vec<String> = arguments.args().map(str::to_owned).collect();
    let mut values = Vec::with_capacity(names.len());
    for name in &names {
        let value: Value = arguments.get(name)?;
        values.push((name.as_str(), value.to_string()));
    }
    let arguments: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    find_text(locale, key, &arguments)
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, format!("no text for `{key}`")))
}

/// `icon("plus")`, `icon("plus", size="s")`: an icon of the sprite, hidden from screen readers. Sizes: `s` 14, none 16, `l` 20.
fn icon(base: &str, name: &str, arguments: &Kwargs) -> Result<Value, Error> {
    let size: Option<&str> = arguments.get("size")?;
    let class = match size {
        Some("s") => "ic s",
        Some("l") => "ic l",
        _ => "ic",
    };
    arguments.assert_all_used()?;
    let name = if has_icon(name) { name } else { "file-text" };
    let sprite = hashed_name("icons.svg").unwrap_or("icons.svg");
    Ok(Value::from_safe_string(format!(
        r##"<svg class="{class}" aria-hidden="true"><use href="{base}/assets/{sprite}#{name}"/></svg>"##
    )))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_template_compiles_also_those_that_nothing_has_drawn_yet() {
        let environment = environment(Locale::English, &Arc::from("")).unwrap();
        for (name, _) in TEMPLATES {
            environment.get_template(name).unwrap();
        }
        assert!(environment.get_template("no-such-page.html").is_err());
    }
}
