//! Attachments: taken in by content, held by records, given out to whoever may read a record that holds them.
//!
//! The bytes lie beside the database, each content sealed under a key of its own, with a name that says nothing: a content that
//! is sent twice is known by a keyed digest and kept once, and what is there never changes. What is known of a file, and which
//! records hold it, stands in the database.

mod backing;
mod check;
mod collect;
mod content;
mod holding;
mod incoming;
mod name;
mod open;
mod picture;
mod seal;
mod sniff;
mod upload;

pub(crate) use backing::hold_contents;
pub use check::FilesReport;
pub use collect::collect;
pub use content::Content;
pub(crate) use content::{Place, is_sealed};
pub use holding::{accepts, check_attachable, refer};
pub use name::disposition;
pub use open::{FileAnswer, Size};
pub use seal::seal_plain;
pub use upload::UploadTarget;

use crate::Engine;
use crate::error::EngineResult;
use crate::records::Saver;
use formwright_core::permission::Mask;
use formwright_core::query::Cond;
use formwright_store::exchange::readable;
use formwright_store::select::AccessSource;
use formwright_store::{Tx, files};
use std::path::PathBuf;
use uuid::Uuid;

impl Engine {
    /// Where contents lie.
    pub(crate) fn files_folder(&self) -> PathBuf {
        self.settings().data.join("files")
    }

    /// Where a content lies.
    pub(crate) fn content_path(&self, name: &[u8]) -> PathBuf {
        content::folder_of(&self.files_folder(), name).join(hex::encode(name))
    }
}

/// Whether the caller may read a file: some record that he may read holds it in a field that he sees there.
pub async fn may_read(saver: &Saver, file: Uuid, tx: &mut Tx) -> EngineResult<bool> {
    for (form, record, field) in files::holders(file, tx).await? {
        let Some((index, target)) = saver.cx.catalog.forms.iter().enumerate().find(|(_, f)| f.id == form) else {
            continue;
        };
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
        // a column is seen where its table is seen too
        let mut shown = Cond::True;
        let mut hidden = false;
        for mask in [access.mask(index_of_field, None), access.mask(index_of_field, column)] {
            match mask {
                Mask::Shown => {}
                Mask::Unknown => hidden = true,
                Mask::When { full, .. } => shown = shown.and(full.clone()),
            }
        }
        let compiler = saver.compiler(tx);
        if !hidden && readable(&compiler, index, record, &shown, tx).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
