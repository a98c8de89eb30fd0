//! Discussion on a record.

use super::saver::Saver;
use crate::context::{Authority, Context};
use crate::error::{EngineError, EngineResult, Refusal};
use crate::{Engine, notifications};
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::fold;
use formwright_core::value::format_instant;
use formwright_store::comments::{self, Comment};
use formwright_store::{Snapshot, records};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// Longest comment, in characters.
const LONGEST: usize = 10_000;
/// Most people mentioned in a comment.
const MOST_MENTIONS: usize = 50;

/// What stands behind an `@` at the beginning of a word.
fn logins(text: &str) -> impl Iterator<Item = &str> {
    let is_login = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    text.match_indices('@').filter_map(move |(at, _)| {
        let (before, rest) = (text.get(..at)?, text.get(at + 1..)?);
        // an e-mail address mentions nobody
        if before.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == '.') {
            return None;
        }
        let end = rest.find(|c: char| !is_login(c)).unwrap_or(rest.len());
        let login = rest.get(..end)?.trim_end_matches(['.', '-']);
        (!login.is_empty()).then_some(login)
    })
}

fn present(saver: &Saver, comment: &Comment) -> Json {
    let name = saver.access.organisation().user_name(comment.by).unwrap_or_default().to_string();
    let mentions: Json = serde_json::from_str(&comment.mentions).unwrap_or(json!([]));
    json!({"id": comment.id, "by": {"id": comment.by, "name": name}, "at": format_instant(comment.at), "text": comment.text, "mentions": mentions})
}

impl Engine {
    pub async fn comments(
        &self,
        cx: &Context,
        form: &str,
        id: Uuid,
        cursor: Option<Uuid>,
        limit: usize,
    ) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, access) = saver.access.form(form)?;
        super::list::must_read(&access)?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let compiler = saver.compiler(&tx);
        if records::peek(&compiler, index, id, false, &[], &mut tx).await?.is_none() {
            return Err(EngineError::not_found());
        }
        let limit = limit.clamp(1, 200);
        let list = comments::list(&form.id, id, cursor, i64::try_from(limit + 1).unwrap_or(200), &mut tx).await?;
        let next =
            if list.len() > limit { list.get(limit - 1).map_or(Json::Null, |c| json!(c.id)) } else { Json::Null };
        let items: Vec<Json> = list.iter().take(limit).map(|c| present(&saver, c)).collect();
        Ok(json!({"items": items, "next": next}))
    }

    /// Those of the people mentioned who may not read the record, as faults.
    async fn deaf(&self, cx: &Context, form: &str, id: Uuid, mentions: &[Uuid]) -> EngineResult<Vec<Fault>> {
        let mut faults = Vec::new();
        for user in mentions {
            let person = crate::accounts::principal_of(cx, &user.to_string()).await?;
            let name = person.name.clone();
            let theirs = Context { authority: Authority::Person(person), ..cx.clone() };
            let saver = Saver::new(&theirs)?;
            let mut tx = self.db().reader(Snapshot::No).await?;
            let seen = match saver.access.form(form) {
                Ok((index, _, access)) if super::list::must_read(&access).is_ok() => {
                    !records::visible(&saver.compiler(&tx), index, &[id], &mut tx).await?.is_empty()
                }
                _ => false,
            };
            if !seen {
                faults.push(Fault::new("mentions", &code::MENTION_CANNOT_READ).with("name", name));
            }
        }
        Ok(faults)
    }

    /// Adds a comment. Whoever is mentioned, by id or by `@login` or `@name` in the text, must be able to read the record, and is told.
    pub async fn add_comment(&self, cx: &Context, form: &str, id: Uuid, body: &Json) -> EngineResult<Json> {
        let saver = Saver::new(cx)?;
        let (index, form, access) = saver.access.form(form)?;
        super::list::must_read(&access)?;
        if !saver.access.allows(index, "comment") && !saver.access.allows(index, "update") {
            return Err(Refusal::new(&code::FORBIDDEN).with("action", "comment").into());
        }
        let text = body.get("text").and_then(Json::as_str).unwrap_or_default().to_string();
        let mut faults = Vec::new();
        if fold::is_blank(&text) {
            faults.push(Fault::new("text", &code::REQUIRED).with("title", "text"));
        } else if !fold::is_storable(&text) {
            faults.push(Fault::new("text", &code::TEXT_INVALID));
        } else if text.chars().count() > LONGEST {
            faults.push(Fault::new("text", &code::TOO_LONG).with("limit", LONGEST));
        }
        let mut mentions: Vec<Uuid> = Vec::new();
        for (i, mention) in body.get("mentions").and_then(Json::as_array).into_iter().flatten().enumerate().take(50) {
            match mention
                .as_str()
                .and_then(|t| Uuid::try_parse(t).ok())
                .filter(|id| saver.access.organisation().user(*id).is_some_and(|u| u.row.active))
            {
                Some(id) => mentions.push(id),
                None => faults.push(Fault::new(format!("mentions/{i}"), &code::NOT_FOUND_REFERENCE)),
            }
        }
        for login in logins(&text) {
            let organisation = saver.access.organisation();
            let mut named = organisation.users().iter().filter(|u| u.row.active && u.row.name == login);
            // a name that several bear mentions none of them
            let by_name = named.next().filter(|_| named.next().is_none());
            let user = organisation.user_by_login(login).filter(|u| u.row.active).or(by_name);
            mentions.extend(user.map(|user| user.row.id));
        }
        let mut seen = std::collections::HashSet::new();
        mentions.retain(|id| seen.insert(*id));
        if mentions.len() > MOST_MENTIONS {
            faults.push(Fault::new("mentions", &code::TOO_MANY).with("limit", MOST_MENTIONS));
        }
        if faults.is_empty() {
            faults.extend(self.deaf(cx, &form.name, id, &mentions).await?);
        }
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        let Some(by) = cx.principal().map(|p| p.person.id) else {
            return Err(EngineError::refused(&code::UNAUTHENTICATED));
        };
        let comment = Comment { id: Uuid::now_v7(), by, at: cx.now, text, mentions: json!(mentions).to_string() };
        let now = cx.now;
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    let compiler = saver.compiler(tx);
                    if records::load(&compiler, index, id, false, &[], tx).await?.is_none() {
                        return Err(EngineError::not_found());
                    }
                    comments::add(&form.id, id, &comment, tx).await?;
                    for user in mentions.iter().filter(|user| **user != by) {
                        let told = json!({"form": form.id, "record": id, "comment": comment.id, "by": by});
                        notifications::tell(*user, notifications::MENTION, told, now, tx).await?;
                    }
                    crate::audit::record(
                        tx,
                        &saver.origin,
                        "record",
                        json!({"what": "comment.create", "on": {"form": form.id, "id": id, "comment": comment.id}}),
                    )
                    .await?;
                    Ok(present(&saver, &comment))
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logins_stand_behind_an_at_sign_and_addresses_mention_nobody() {
        let found: Vec<&str> = logins("@li.na see a@b.com, 请@zhang.wei. (@wang-1) @ x").collect();
        assert_eq!(found, ["li.na", "zhang.wei", "wang-1"]);
    }
}
