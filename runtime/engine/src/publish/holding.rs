//! Roles that people and departments hold: they are not taken away by a publication, and they follow a new name.

use crate::{EngineResult, Refusal};
use formwright_core::definition::{Key, Kind};
use formwright_core::error_code as code;
use formwright_store::Tx;
use formwright_store::people::{departments, users, version};
use serde_json::{Value as Json, json};

/// Roles that a publication takes away, and those to which it gives another name.
#[derive(Clone, Debug, Default)]
pub(super) struct RoleMoves {
    gone: Vec<String>,
    renamed: Vec<(String, String)>,
}

impl RoleMoves {
    /// `id_of` gives the id of a published document; `put` are the documents that will be.
    pub fn of(remove: &[Key], put: &[(Key, Json)], id_of: impl Fn(&Key) -> Option<(String, bool)>) -> RoleMoves {
        let mut moves = RoleMoves::default();
        for key in remove.iter().filter(|key| key.kind == Kind::Role) {
            let Some((id, is_extension)) = id_of(key) else { continue };
            if is_extension {
                continue;
            }
            let is_same = |doc: &Json| doc.get("id").and_then(Json::as_str) == Some(id.as_str());
            match put.iter().find(|(k, doc)| k.kind == Kind::Role && is_same(doc)) {
                Some((new, _)) => moves.renamed.push((key.name.clone(), new.name.clone())),
                None => moves.gone.push(key.name.clone()),
            }
        }
        moves
    }

    /// Refuses to take away what somebody holds.
    pub async fn refuse_held(&self, tx: &mut Tx) -> EngineResult<()> {
        for role in &self.gone {
            let holders = holders(tx, role).await?;
            if holders > 0 {
                let mut refusal = Refusal::new(&code::DEFINITION_IN_USE).with("count", holders);
                refusal.extra.insert("usage".into(), json!([]));
                refusal.extra.insert("people".into(), json!(holders));
                refusal.extra.insert("definition".into(), json!({"kind": "role", "name": role}));
                return Err(refusal.into());
            }
        }
        Ok(())
    }

    /// Within the transaction of the publication: as before, and what people hold follows the new names.
    pub async fn carry_out(&self, tx: &mut Tx) -> EngineResult<()> {
        if self.gone.is_empty() && self.renamed.is_empty() {
            return Ok(());
        }
        // nobody gives a role to anyone meanwhile
        version::raise(tx).await?;
        self.refuse_held(tx).await?;
        for (old, new) in &self.renamed {
            users::rename_role(tx, old, new).await?;
        }
        for mut department in departments::all(tx).await? {
            let mut roles: Vec<String> = serde_json::from_str(&department.roles).unwrap_or_default();
            let mut is_changed = false;
            for (old, new) in &self.renamed {
                for role in roles.iter_mut().filter(|role| *role == old) {
                    role.clone_from(new);
                    is_changed = true;
                }
            }
            if is_changed {
                department.roles = json!(roles).to_string();
                department.version += 1;
                departments::update(tx, &department).await?;
            }
        }
        Ok(())
    }
}

/// How many people and departments hold a role, today or by an assignment to come.
pub(super) async fn holders(tx: &mut Tx, role: &str) -> EngineResult<usize> {
    let people = users::all_roles(tx).await?.iter().filter(|(_, held)| held.role == role).count();
    let names = |json: &str| serde_json::from_str::<Vec<String>>(json).unwrap_or_default();
    let departments = departments::all(tx).await?;
    let through = departments.iter().filter(|d| d.active && names(&d.roles).iter().any(|r| r == role)).count();
    Ok(people + through)
}
