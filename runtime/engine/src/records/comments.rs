//! Discussion on a record.

use super::save::Saver;
use crate::Engine;
use crate::context::Context;
use crate::error::{EngineError, EngineResult, Refusal};
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

    /// Adds a comment. Whoever is mentioned must be able to read the record.
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
        if !faults.is_empty() {
            return Err(EngineError::faults(&code::VALIDATION, faults));
        }
        let Some(by) = cx.principal().map(|p| p.person.id) else {
            return Err(EngineError::refused(&code::UNAUTHENTICATED));
        };
        let comment = Comment { id: Uuid::now_v7(), by, at: cx.now, text, mentions: json!(mentions).to_string() };
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    let compiler = saver.compiler(tx);
                    if records::load(&compiler, index, id, false, &[], tx).await?.is_none() {
                        return Err(EngineError::not_found());
                    }
                    comments::add(&form.id, id, &comment, tx).await?;
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
