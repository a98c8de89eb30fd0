//! Attachments: who may hold them, who may read them.

mod holding;

pub use holding::{check_attachable, refer};

use crate::error::EngineResult;
use crate::records::Saver;
use formwright_core::permission::Mask;
use formwright_core::query::Cond;
use formwright_store::select::AccessSource;
use formwright_store::{Tx, files, records};
use uuid::Uuid;

/// Whether the caller may read a file: some record that he may read holds it in a field that he sees there.
pub async fn may_read(saver: &Saver, file: Uuid, tx: &mut Tx) -> EngineResult<bool> {
    for (form, record, field) in files::holders(file, tx).await? {
        let Some((index, target)) = saver.cx.catalog.forms.iter().enumerate().find(|(_, f)| f.id == form) else { continue };
        let access = saver.access.access(index);
        if access.rows == Cond::False {
            continue;
        }
        let place = target.fields.iter().enumerate().find_map(|(i, f)| {
            if f.id == field {
                return Some((i, None));
            }
            f.table()?.fields.iter().position(|c| c.id == field).map(|c| (i, Some(c)))
        });
        let Some((index_of_field, column)) = place else { continue };
        let shown = match access.mask(index_of_field, column) {
            Mask::Shown => Cond::True,
            Mask::Unknown => continue,
            Mask::When { full, .. } => full.clone(),
        };
        let compiler = saver.compiler(tx);
        if let Some(loaded) = records::load(&compiler, index, record, false, &[shown], tx).await?
            && loaded.holds == [true]
        {
            return Ok(true);
        }
    }
    Ok(false)
}
