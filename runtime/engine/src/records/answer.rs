//! All that a caller may see of a record, and a record that he wrote as he sees it now.

use super::saver::Saver;
use crate::error::EngineResult;
use crate::records::RecordAnswer;
use formwright_core::field::SystemField;
use formwright_core::form::Form;
use formwright_core::record::Record;
use formwright_store::Tx;
use formwright_store::select::{AccessSource, Selection};
use serde_json::json;

impl Saver {
    /// The record as the caller sees it now; where he may not read what he wrote, its id and version.
    pub async fn answer(
        &self,
        form_index: usize,
        form: &Form,
        record: &Record,
        tx: &mut Tx,
    ) -> EngineResult<RecordAnswer> {
        let compiler = self.compiler(tx);
        let selection = self.whole(form_index, form);
        let body =
            match formwright_store::select::select_record(&compiler, form_index, record.id, &selection, tx).await? {
                Some((body, _)) => body,
                None => json!({"id": record.id, "version": record.version}).to_string().into_bytes(),
            };
        Ok(RecordAnswer { body, id: record.id, version: record.version })
    }

    /// All that the caller may see of a form.
    pub fn whole<'a>(&'a self, form_index: usize, form: &Form) -> Selection<'a> {
        let access = self.access.access(form_index);
        Selection {
            fields: (0..form.fields.len()).filter(|f| access.sees(*f, None)).collect(),
            system: ANSWERED.to_vec(),
            expand: Vec::new(),
            paths: Vec::new(),
            titles: false,
            people: self.access.as_ref(),
            locale: self.cx.locale,
        }
    }
}

/// System fields of an answer, in their order.
pub const ANSWERED: [SystemField; 6] = [
    SystemField::CreatedAt,
    SystemField::CreatedBy,
    SystemField::UpdatedAt,
    SystemField::UpdatedBy,
    SystemField::DeletedAt,
    SystemField::FlowState,
];
