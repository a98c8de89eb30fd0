//! People and departments that come with an app's sample data.

use super::folder::Files;
use crate::{Context, EngineError, EngineResult, accounts};
use serde_json::Value as Json;

/// Loads `_departments.json` and `_users.json` of all folders at once, since they name each other.
pub(super) async fn load(cx: &Context, folders: &[Files], password: &str) -> EngineResult<usize> {
    let collect = |file: &str| -> EngineResult<Json> {
        let mut all = Vec::new();
        for files in folders {
            for class in ["reference", "sample"] {
                let Some(bytes) = files.get(&format!("data/{class}/{file}")) else { continue };
                match serde_json::from_slice(bytes) {
                    Ok(Json::Array(mut items)) => all.append(&mut items),
                    Ok(_) => return Err(EngineError::Internal(format!("data/{class}/{file}: a list is expected"))),
                    Err(error) => return Err(EngineError::Internal(format!("data/{class}/{file}: {error}"))),
                }
            }
        }
        Ok(Json::Array(all))
    };
    let (users, departments) = (collect("_users.json")?, collect("_departments.json")?);
    accounts::load_people(&cx.engine, &users, &departments, password).await
}
