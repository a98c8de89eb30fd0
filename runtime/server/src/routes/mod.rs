//! The routes, one file for each resource. [`Routes`] keeps what it joins, so that the description can be checked against it.

pub mod aggregate;
pub mod audit;
pub mod batch;
pub mod calendars;
pub mod comments;
pub mod departments;
pub mod duplicates;
pub mod events;
pub mod exports;
pub mod factor;
pub mod files;
pub mod forms;
pub mod health;
pub mod history;
pub mod imports;
pub mod invitations;
pub mod jobs;
pub mod later;
pub mod me;
pub mod metrics;
pub mod notifications;
pub mod openapi;
pub mod password;
pub mod permissions;
pub mod rates;
pub mod records;
pub mod recycle_bin;
pub mod roles;
pub mod search;
pub mod secrets;
pub mod serials;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod tasks;
pub mod test_clock;
pub mod tokens;
pub mod users;
pub mod views;

use crate::state::App;
use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

/// Routes being joined, with a list of what they are.
#[derive(Default)]
pub struct Routes {
    router: Router<App>,
    known: Vec<(&'static str, &'static str)>,
}

macro_rules! methods {
    ($($name:ident)*) => {$(
        /// Adds a route of this method.
        #[must_use]
        pub fn $name<H, T>(self, path: &'static str, handler: H) -> Routes
        where
            H: Handler<T, App>,
            T: 'static,
        {
            self.with(stringify!($name), path, routing::$name(handler))
        }
    )*};
}

impl Routes {
    methods!(get post put patch delete);

    /// Adds a route with layers of its own.
    #[must_use]
    pub fn with(mut self, method: &'static str, path: &'static str, route: MethodRouter<App>) -> Routes {
        self.known.push((method, path));
        self.router = self.router.route(path, route);
        self
    }

    /// Adds an address that answers only that it is not offered; it is no part of what is described.
    #[must_use]
    pub fn not_offered(mut self, path: &'static str, route: MethodRouter<App>) -> Routes {
        self.router = self.router.route(path, route);
        self
    }

    /// Adds the routes of another resource.
    #[must_use]
    pub fn and(mut self, other: Routes) -> Routes {
        self.known.extend(other.known);
        self.router = self.router.merge(other.router);
        self
    }

    /// Methods and paths, in the order of joining.
    pub fn known(&self) -> &[(&'static str, &'static str)] {
        &self.known
    }

    /// The router.
    pub fn into_router(self) -> Router<App> {
        self.router
    }
}

/// Everything of the API that this crate serves.
pub fn api() -> Routes {
    [
        records::routes(),
        batch::routes(),
        aggregate::routes(),
        history::routes(),
        comments::routes(),
        recycle_bin::routes(),
        forms::routes(),
        search::routes(),
        permissions::routes(),
        session::routes(),
        sessions::routes(),
        password::routes(),
        factor::routes(),
        invitations::routes(),
        tokens::routes(),
        me::routes(),
        duplicates::routes(),
        exports::routes(),
        files::routes(),
        imports::routes(),
        jobs::routes(),
        users::routes(),
        views::routes(),
        departments::routes(),
        roles::routes(),
        notifications::routes(),
        tasks::routes(),
        events::routes(),
        settings::routes(),
        secrets::routes(),
        rates::routes(),
        calendars::routes(),
        serials::routes(),
        audit::routes(),
        openapi::routes(),
        test_clock::routes(),
        metrics::routes(),
        later::routes(),
    ]
    .into_iter()
    .fold(Routes::default(), Routes::and)
}
