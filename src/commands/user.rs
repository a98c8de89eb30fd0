//! `user`: adding people and mending their accounts.

use super::operator;
use crate::arguments::User;
use crate::config::Config;
use crate::installation::explain;
use formwright_core::error_code as code;
use formwright_engine::accounts::{self, OneTimeLink, Purpose};
use formwright_engine::{Context, Engine, EngineError, Principal};
use serde_json::{Map, Value as Json, json};
use std::io::Read;
use std::sync::Arc;

pub async fn run(command: User, engine: Engine, config: Config) -> Result<(), String> {
    let cx = operator(&engine);
    match command {
        User::Add { login, name, roles, department, locale, password_stdin } => {
            let mut body = Map::new();
            body.insert("name".into(), json!(name.unwrap_or_else(|| login.clone())));
            body.insert("login".into(), json!(login));
            body.insert("roles".into(), json!(roles));
            for (key, value) in [("department", department), ("locale", locale)] {
                if let Some(value) = value {
                    body.insert(key.into(), json!(value));
                }
            }
            if password_stdin {
                body.insert("password".into(), json!(read_password()?));
            }
            let (user, link) = accounts::create_user(&cx, &Json::Object(body)).await.map_err(|e| explain(&e))?;
            println!("{}", user.get("id").and_then(Json::as_str).unwrap_or_default());
            if let Some(link) = link {
                print_link(&link, &config);
            }
        }
        User::Password { login, password_stdin } => {
            let user = find(&cx, &login).await?.person.id;
            if password_stdin {
                accounts::set_password(&cx, user, &read_password()?).await.map_err(|e| explain(&e))?;
            } else {
                print_link(&accounts::create_link(&cx, user, Purpose::Reset).await.map_err(|e| explain(&e))?, &config);
            }
        }
        User::Disable { login } => {
            let user = find(&cx, &login).await?.person.id;
            accounts::update_user(&cx, user, &json!({"active": false}), None).await.map_err(|e| explain(&e))?;
        }
        User::ResetFactor { login } => {
            let user = find(&cx, &login).await?.person.id;
            accounts::reset_factor(&cx, user).await.map_err(|e| match e {
                EngineError::Refused(refusal) if *refusal.code == code::NOT_FOUND => {
                    format!("\"{login}\" has no second factor")
                }
                e => explain(&e),
            })?;
        }
    }
    Ok(())
}

async fn find(cx: &Context, login: &str) -> Result<Arc<Principal>, String> {
    accounts::principal_of(cx, login).await.map_err(|_| format!("there is no person \"{login}\""))
}

fn print_link(link: &OneTimeLink, config: &Config) {
    match &config.settings.base_url {
        Some(base) => println!("{}", link.address(base)),
        None => println!("/invite/{}  (below the address of the server)", link.token),
    }
}

/// The first line of standard input.
pub(super) fn read_password() -> Result<String, String> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).map_err(|e| format!("the password cannot be read: {e}"))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() { Err("no password came on standard input".into()) } else { Ok(line.to_string()) }
}
