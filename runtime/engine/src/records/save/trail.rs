//! What a write leaves behind in its transaction: history, audit and event.

use crate::audit;
use crate::error::EngineResult;
use crate::records::changes::changes_between;
use crate::records::saver::{Cause, Saver};
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_store::Tx;
use formwright_store::records::{self, HistoryRow};
use serde_json::{Value as Json, json};
use uuid::Uuid;

impl Saver {
    /// History, audit and event of a write, in its transaction.
    pub(in crate::records) async fn leave_trail(
        &self,
        form: &Form,
        old: Option<&Record>,
        new: &Record,
        cause: Cause,
        batch: Option<Uuid>,
        tx: &mut Tx,
    ) -> EngineResult<()> {
        let changes = changes_between(form, old, new);
        let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
        let mut body = json!({"on": {"form": form.id, "id": new.id, "version": new.version}, "fields": fields});
        if form.history {
            let entry = HistoryRow {
                form: &form.id,
                record: new.id,
                version: new.version,
                at: self.cx.now,
                by: self.cx.author(),
                cause: cause.name(),
                batch,
                changes: &changes,
            };
            let digest = records::append_history(&entry, self.laid_out(form)?, self.origin.key(), tx).await?;
            add(&mut body, "history", json!(digest));
        }
        let what = match cause {
            Cause::Create => "record.create",
            Cause::Update => "record.update",
            Cause::Delete => "record.delete",
            Cause::Restore => "record.restore",
            Cause::Import => "record.import",
            Cause::Migration => "record.migrate",
        };
        add(&mut body, "what", json!(what));
        audit::record(tx, &self.origin, "record", body).await?;
        let event = match cause {
            Cause::Delete => "deleted",
            Cause::Restore => "created",
            _ if old.is_none() => "created",
            _ => "updated",
        };
        records::append_event(event, &form.id, new.id, new.version, self.cx.now, tx).await?;
        Ok(())
    }
}

fn add(body: &mut Json, name: &str, value: Json) {
    if let Json::Object(members) = body {
        members.insert(name.into(), value);
    }
}
