//! Pages of Formwright: view models in, HTML out.
//!
//! - [`view`]: what a handler fills in, one struct for each page. [`Page`] names them all.
//! - [`PageContext`]: what surrounds a page (language, theme, navigation).
//! - [`Pages`]: compiles the templates once and draws pages.
//! - [`format`]: exact numbers, money, days, times and sizes as people read them, in both languages.
//! - [`i18n`]: the texts. [`asset`]: styles, scripts and icons with hashed names.
//!
//! The templates lie in `html/`, the texts in `locales/`, styles and scripts in `web/` (built by `build.rs`).
//!
//! # Addresses
//! All below the base path:
//!
//! | path | page |
//! |---|---|
//! | `/` | home |
//! | `/sign-in` (GET, POST `login password next csrf` or `challenge code`), `/sign-out` (POST `csrf`) | signing in and out |
//! | `/invite/{token}` (GET, POST `password repeat csrf`) | setting a password by a one-time link |
//! | `/forms/{form}?view=&q=&filter=&sort=&cursor=&columns=` | list; `filter` is a JSON condition, `columns` a comma-separated list |
//! | `/forms/{form}/new`, `/forms/{form}/{id}/edit` | filling in; `new?from={id}` copies, `new?{field}={value}` fills in |
//! | `/forms/{form}/{id}?from=` | a record; `from` is the query of the list the reader came from |
//! | `/forms/{form}/import`, `/forms/{form}/recycle-bin?cursor=` | import, recycle bin |
//! | `/search?q=` | search over all forms |
//! | `/profile` | a person's own settings |
//! | `/admin/people?q=&all=&cursor=`, `/admin/people/new`, `/admin/people/{id}` | people |
//! | `/admin/departments`, `/admin/roles?role=`, `/admin/audit?who=&action=&from=&to=&cursor=` | organisation and audit |
//! | `/assets/{name}` | [`asset::find_asset`] |
//!
//! Cookies `fw_locale` (`en`, `zh-CN`), `fw_theme` (`system`, `light`, `dark`), `fw_density` (`dense`, `normal`, `roomy`) mirror a person's choice
//! and serve people who are not signed in; they are set by the scripts, readable, path = base path.

pub mod asset;
pub mod context;
pub mod format;
pub mod i18n;
mod page;
mod pages;
pub mod view;

pub use context::{Density, PageContext, Theme, UserBadge};
pub use i18n::Locale;
pub use page::Page;
pub use pages::{Pages, RenderError};
