//! Who reads a page, in which language, theme and time zone, and how his page is answered.

use super::destination;
use super::nav;
use super::press::{Press, core_locale};
use super::query::Query;
use crate::caller::{Caller, client_of, identify, trace_of};
use crate::cookies;
use crate::problem::{Answer, Problem};
use crate::state::App;
use crate::trace::Trace;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use chrono_tz::Tz;
use formwright_core::error_code as code;
use formwright_engine::accounts::{self, Client};
use formwright_engine::organisation::{self, Organisation};
use formwright_engine::{Context, EngineError, Principal};
use formwright_templates::view::cell::{Hue, initials};
use formwright_templates::{Density, Locale, Page, PageContext, Theme, UserBadge, format, i18n};
use std::sync::Arc;

/// Shown until the company has a name of its own.
const PRODUCT: &str = "Formwright";

/// The part of a request that has nothing to do with who asks: pages for strangers need it too.
pub struct Visit {
    pub app: App,
    pub trace: Arc<Trace>,
    pub client: Client,
    pub locale: Locale,
    /// The address, a cookie or the browser names a language.
    asks_for_language: bool,
    pub query: Query,
    headers: HeaderMap,
    /// Path and query below the base.
    path: String,
}

/// A signed-in person who asked for a page.
pub struct Reader {
    pub visit: Visit,
    pub caller: Caller,
    pub organisation: Arc<Organisation>,
    /// Notifications that he has not read.
    unread: i64,
}

impl Visit {
    fn read(parts: &Parts, app: &App) -> Result<Visit, Response> {
        let trace = trace_of(parts).map_err(IntoResponse::into_response)?;
        let query = Query::of(&parts.uri);
        let cookie = |name: &str| cookies::read(&parts.headers, name);
        let asked = query.get("lang").and_then(Locale::from_tag);
        let kept = cookie("fw_locale").and_then(Locale::from_tag);
        let browser = parts
            .headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|v| v.to_str().ok())
            .and_then(Locale::from_accept_language);
        let company = app.engine().company(&app.engine().catalog()).locale.map(page_locale);
        let base = app.config().base_path();
        let whole = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |uri| &uri.0);
        let whole = whole.path_and_query().map_or("/", |p| p.as_str());
        let path = below(whole, base);
        Ok(Visit {
            client: client_of(&parts.headers, &trace),
            app: app.clone(),
            trace,
            locale: asked.or(kept).or(browser).or(company).unwrap_or_default(),
            asks_for_language: asked.or(kept).or(browser).is_some(),
            query,
            headers: parts.headers.clone(),
            path,
        })
    }

    /// What draws pages.
    pub fn press(&self) -> &Press {
        self.app.press()
    }

    /// A cookie of the request.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        cookies::read(&self.headers, name)
    }

    /// The text of a key in the reader's language.
    pub fn say(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        i18n::text(self.locale, key, arguments)
    }

    /// The surroundings of a page for somebody who is not signed in.
    pub fn context(&self, csrf: String) -> PageContext {
        let engine = self.app.engine();
        let company = engine.company(&engine.catalog());
        PageContext {
            locale: self.locale,
            theme: Theme::from_name(self.cookie("fw_theme").unwrap_or_default()),
            density: Density::from_name(self.cookie("fw_density").unwrap_or_default()),
            csrf,
            company: company.name.clone().unwrap_or_else(|| PRODUCT.to_string()),
            test_clock: self.app.test_clock().map(|clock| format::datetime(clock.now(), company.zone)),
            path: self.path.clone(),
            ..PageContext::default()
        }
    }

    /// A page for a stranger.
    pub fn answer(&self, page: &Page, csrf: String) -> Response {
        self.varied(self.press().draw(StatusCode::OK, page, &self.context(csrf)))
    }

    /// The page that says why there is none, for a stranger.
    pub fn refuse(&self, error: &EngineError) -> Response {
        self.varied(self.press().draw_error(error, &self.trace, &self.context(String::new())))
    }

    /// Sends a stranger to the sign-in page, from which he comes back.
    pub fn to_sign_in(&self) -> Response {
        let next = destination::local_path(&self.path, "").filter(|path| *path != "/");
        self.press().send_to(&Query::default().with("next", next).href("/sign-in"))
    }

    fn varied(&self, mut response: Response) -> Response {
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Language, Cookie"));
        response
    }
}

/// Path and query of an address, below the base.
fn below(whole: &str, base: &str) -> String {
    match whole.strip_prefix(base) {
        Some(rest) if rest.starts_with('/') => rest.to_string(),
        Some(rest) if rest.is_empty() || rest.starts_with('?') => format!("/{rest}"),
        _ => whole.to_string(),
    }
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Visit, Response> {
        Visit::read(parts, app)
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Reader, Response> {
        let visit = Visit::read(parts, app)?;
        match identify(parts, app).await {
            Ok(Some(caller)) => Reader::of(visit, caller).await,
            Ok(None) => Err(visit.to_sign_in()),
            Err(Problem(error)) if is_stranger(&error) => Err(visit.to_sign_in()),
            Err(problem) if problem.has_code(&code::SECOND_FACTOR_MISSING) => {
                Err(visit.press().send_to("/profile/security"))
            }
            Err(problem) if problem.has_code(&code::STEP_UP_REQUIRED) => {
                Err(refuse_himself(parts, app, visit, problem).await)
            }
            Err(Problem(error)) => Err(visit.refuse(&error)),
        }
    }
}

impl Reader {
    /// The person who was let in, in his language.
    async fn of(mut visit: Visit, mut caller: Caller) -> Result<Reader, Response> {
        // as with the API: what this browser asks for wins, his profile speaks where it asks for nothing
        if let Some(own) = caller.cx.principal().and_then(|p| p.locale).filter(|_| !visit.asks_for_language) {
            visit.locale = page_locale(own);
        }
        caller.cx.locale = core_locale(visit.locale);
        let organisation = organisation::current(&caller.cx.engine);
        let unread = match caller.cx.engine.unread_notifications(&caller.cx).await {
            Ok(unread) => unread,
            Err(error) => return Err(visit.refuse(&error)),
        };
        Ok(Reader { visit, caller, organisation, unread })
    }
}

/// The refusal for the person himself, where what he asked for was to look as another: his page asks him once more who he is.
async fn refuse_himself(parts: &mut Parts, app: &App, visit: Visit, problem: Problem) -> Response {
    if let Ok(path) = parts.uri.path().parse() {
        parts.uri = path;
    }
    match identify(parts, app).await {
        Ok(Some(caller)) => match Reader::of(visit, caller).await {
            Ok(reader) => reader.answer(Err(problem)),
            Err(response) => response,
        },
        Ok(None) => visit.to_sign_in(),
        Err(Problem(error)) => visit.refuse(&error),
    }
}

fn is_stranger(error: &EngineError) -> bool {
    matches!(error, EngineError::Refused(refusal) if *refusal.code == code::UNAUTHENTICATED)
}

/// The pages' name of a language.
pub fn page_locale(locale: formwright_core::text::Locale) -> Locale {
    match locale {
        formwright_core::text::Locale::En => Locale::English,
        formwright_core::text::Locale::ZhCn => Locale::Chinese,
    }
}

impl Reader {
    pub fn cx(&self) -> &Context {
        &self.caller.cx
    }

    pub fn locale(&self) -> Locale {
        self.visit.locale
    }

    pub fn query(&self) -> &Query {
        &self.visit.query
    }

    /// The text of a key in the reader's language.
    pub fn say(&self, key: &str, arguments: &[(&str, &str)]) -> String {
        self.visit.say(key, arguments)
    }

    pub fn principal(&self) -> Option<&Arc<Principal>> {
        self.cx().principal()
    }

    /// The zone in which moments are shown: his own, else the company's.
    pub fn zone(&self) -> Tz {
        self.principal().and_then(|p| p.time_zone).unwrap_or(self.cx().zone)
    }

    /// The name of his zone, where it is not the company's: `Europe/Berlin`.
    pub fn abroad(&self) -> Option<String> {
        (self.zone() != self.cx().zone).then(|| self.zone().name().to_string())
    }

    /// The company's day today.
    pub fn today(&self) -> NaiveDate {
        self.cx().now.with_timezone(&self.cx().zone).date_naive()
    }

    pub fn has_right(&self, right: &str) -> bool {
        self.principal().is_some_and(|p| p.has_right(right))
    }

    /// The same reader with another context: as somebody else, or with definitions that are not published.
    #[must_use]
    pub fn seeing(mut self, cx: Context) -> Reader {
        self.caller.cx = cx;
        self
    }

    /// Draws the page that was worked out, or says why there is none.
    pub fn answer(&self, page: Answer<Page>) -> Response {
        match page {
            Ok(page) => self.visit.varied(self.visit.press().draw(StatusCode::OK, &page, &self.context())),
            Err(Problem(error)) if is_stranger(&error) => self.visit.to_sign_in(),
            Err(Problem(error)) => {
                self.visit.varied(self.visit.press().draw_error(&error, &self.visit.trace, &self.context()))
            }
        }
    }

    fn context(&self) -> PageContext {
        let engine = self.visit.app.engine();
        let csrf = self.principal().and_then(|p| accounts::csrf_token(engine, &p.via).ok()).unwrap_or_default();
        let mut context = self.visit.context(csrf);
        if let Some(person) = self.principal() {
            let user = self.organisation.user(person.person.id);
            let preference =
                |name: &str| user.and_then(|u| u.preferences.get(name)).and_then(serde_json::Value::as_str);
            if let Some(theme) = preference("theme") {
                context.theme = Theme::from_name(theme);
            }
            if let Some(density) = preference("density") {
                context.density = Density::from_name(density);
            }
            let department = user
                .and_then(|u| u.row.department)
                .and_then(|id| self.organisation.department_title(id, self.cx().locale));
            let id = person.person.id.to_string();
            context.user = Some(UserBadge {
                login: user.map(|u| u.row.login.clone()).unwrap_or_default(),
                name: person.name.clone(),
                initials: initials(&person.name),
                hue: Hue::for_key(&id),
                title: department
                    .map(str::to_string)
                    .or_else(|| person.admin.then(|| self.say("handler.administrator", &[]))),
                id,
            });
        }
        context.unread =
            (self.unread > 0).then(|| if self.unread > 99 { "99+".to_string() } else { self.unread.to_string() });
        context.restricted = self.principal().is_some_and(|person| person.must_enrol);
        if !context.restricted {
            context.nav = nav::side_bar(self, &self.visit.path);
        }
        context
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_without_the_base_path() {
        let cases = [
            ("/crm", "/"),
            ("/crm/", "/"),
            ("/crm?lang=en", "/?lang=en"),
            ("/crm/forms/a?q=b", "/forms/a?q=b"),
            ("/crmx/a", "/crmx/a"),
        ];
        for (whole, want) in cases {
            assert_eq!(below(whole, "/crm"), want);
        }
        assert_eq!(below("/forms/a", ""), "/forms/a");
    }
}
