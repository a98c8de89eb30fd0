//! `token`: making API tokens.

use super::operator;
use crate::arguments::Token;
use crate::installation::explain;
use formwright_engine::{Authority, Context, Engine, accounts};
use serde_json::{Value as Json, json};

pub async fn run(command: Token, engine: Engine) -> Result<(), String> {
    let Token::Add { login, name, scopes, expires_at } = command;
    let cx = operator(&engine);
    let person = accounts::principal_of(&cx, &login).await.map_err(|_| format!("there is no person \"{login}\""))?;
    let cx = Context { authority: Authority::Person(person), ..cx };
    let mut body = json!({"name": name});
    if let Some(body) = body.as_object_mut() {
        if !scopes.is_empty() {
            body.insert("scopes".into(), json!(scopes));
        }
        if let Some(at) = expires_at {
            body.insert("expires_at".into(), json!(at));
        }
    }
    let made = accounts::create_token(&cx, &body).await.map_err(|e| explain(&e))?;
    println!("{}", made.get("token").and_then(Json::as_str).unwrap_or_default());
    Ok(())
}
