//! People: who they are, how they come in, and what they may do to each other's accounts.
//!
//! [`principal`] is the beginning of every request; [`sign_in`] and [`links`] make sessions, [`factor`] is the second factor,
//! [`step_up`] asks once more before what is grave, [`tokens`] serve programs,
//! [`users`] and [`departments`] are the organisation as its administrators edit it.

mod attempt;
mod body;
mod challenge;
mod change;
mod departments;
mod device;
mod factor;
mod hashing;
mod links;
mod load;
mod password;
mod principal;
mod roles;
mod sessions;
mod sign_in;
mod step_up;
mod throttle;
mod tokens;
mod totp;
mod users;
mod viewing;

pub use departments::{create_department, delete_department, department, departments, update_department};
pub use factor::{begin_factor, confirm_factor, factor, reset_factor, switch_off_factor};
pub use links::{LinkView, OneTimeLink, Purpose, create_first_administrator_link, create_link, look_at_link, use_link};
pub use load::load_people;
pub use password::{change_password, set_password};
pub use principal::{Pass, Seen, cookie_hash, look_again, principal_for_session, principal_for_token};
pub use roles::{may_assign, roles};
pub use sessions::{
    csrf_for, csrf_for_matches, csrf_matches, csrf_token, end_other_sessions, end_session, remove_old_sessions,
    sessions, sign_out,
};
pub use sign_in::{SignedIn, sign_in, sign_in_with_factor};
pub use step_up::{Act, Again, require_step_up, step_up};
pub use tokens::{Scope, allows, allows_form, create_token, delete_token, names_forms, tokens};
pub use users::{UserQuery, create_user, me, update_me, update_user, user, users};
pub use viewing::{principal_of, view_as};

use crate::organisation::Memory;
use crate::{Authority, Context, EngineResult, Refusal, Via};
use formwright_core::error_code as code;
use hashing::Hashing;
use principal::Principals;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use throttle::Throttle;

/// What is remembered about people between requests.
pub struct Accounts {
    pub(crate) memory: Memory,
    pub(crate) last_refusal: AtomicI64,
    principals: Principals,
    hashing: Hashing,
    throttle: Throttle,
}

impl Default for Accounts {
    fn default() -> Accounts {
        Accounts::new()
    }
}

impl Accounts {
    /// Nothing remembered yet.
    pub fn new() -> Accounts {
        Accounts {
            memory: Memory::default(),
            last_refusal: AtomicI64::new(i64::MIN),
            principals: Principals::default(),
            hashing: Hashing::default(),
            throttle: Throttle::default(),
        }
    }
}

/// A browser or program before anybody is signed in there.
#[derive(Clone, Debug)]
pub struct Client {
    /// The peer's address, through trusted proxies only.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub agent: Option<String>,
    /// The cookie that an earlier sign-in left.
    pub device: Option<String>,
    /// Id of the request.
    pub request: Arc<str>,
}

impl Client {
    /// The browser's name, cut to what is kept of it.
    fn agent_kept(&self) -> Option<String> {
        self.agent.as_ref().map(|agent| agent.chars().filter(|c| !c.is_control()).take(200).collect())
    }
}

/// Refuses a person without the right. System work has every right.
///
/// # Errors
/// 403 with the right's name.
pub fn require_right(cx: &Context, right: &str) -> EngineResult<()> {
    match &cx.authority {
        Authority::System(_) => Ok(()),
        Authority::Person(person) if person.has_right(right) && tokens::opens(&person.via, right) => Ok(()),
        Authority::Person(_) => Err(forbidden(right)),
    }
}

/// Refuses what only a person himself may do: a token with scopes may not, nor may whoever sees as another.
fn require_whole_person(cx: &Context, action: &str) -> EngineResult<()> {
    let Some(person) = cx.principal() else { return Ok(()) };
    let narrowed = matches!(&person.via, Via::Token { scopes, .. } if !scopes.is_empty());
    if narrowed || person.acting.is_some() { Err(forbidden(action)) } else { Ok(()) }
}

/// Refuses what no token may do, whatever its scopes: making tokens, changing what proves who somebody is, changing people.
fn refuse_token(cx: &Context, action: &str) -> EngineResult<()> {
    let Some(person) = cx.principal() else { return Ok(()) };
    let token = matches!(person.via, Via::Token { .. });
    if token || person.acting.is_some() { Err(forbidden(action)) } else { Ok(()) }
}

fn forbidden(action: &str) -> crate::EngineError {
    Refusal::new(&code::FORBIDDEN).with("action", action).into()
}

pub(crate) use formwright_core::value::format_instant as instant;
