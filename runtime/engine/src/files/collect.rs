//! Removing what was uploaded and never came to be held by a record.

use super::backing::leave_to_remove;
use super::content::{folder_of, is_sealed, key_name, remove, remove_small};
use crate::{Engine, EngineError, EngineResult};
use chrono::TimeDelta;
use formwright_store::{files, keys};
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// How long an upload waits for a record.
const WAITS: TimeDelta = TimeDelta::hours(24);
/// A content that was put in its place within this time may be about to be named by a new upload.
pub(super) const SETTLED: Duration = Duration::from_secs(3600);
/// How long a draft may take.
const DRAFT: Duration = Duration::from_secs(24 * 3600);

/// Removes unattached files older than a day with their contents and keys, and drafts that were never finished; gives the
/// number of files. Does nothing while a backup is made. For a housekeeping once a day.
///
/// # Errors
/// What the store gives.
pub async fn collect(engine: &Engine) -> EngineResult<usize> {
    let Some(_leave) = leave_to_remove(engine).await? else { return Ok(0) };
    let before = engine.now() - WAITS;
    let mut count = 0;
    loop {
        let (gone, contents) = engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let rows = files::unattached(before, tx).await?;
                    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
                    let contents: HashSet<Vec<u8>> = rows.iter().map(|r| r.content.clone()).collect();
                    let sealed: Vec<Vec<u8>> = contents.into_iter().filter(|name| is_sealed(name)).collect();
                    // before it is asked who has them: whoever uploads the like meanwhile waits, and finds them or does not
                    files::hold_sealed(&sealed, tx).await?;
                    let gone = files::mark_gone(&ids, tx).await?;
                    let of_gone: HashSet<Vec<u8>> =
                        rows.into_iter().filter(|r| gone.contains(&r.id)).map(|r| r.content).collect();
                    let of_gone: Vec<Vec<u8>> = of_gone.into_iter().collect();
                    let used = files::contents_in_use(&of_gone, tx).await?;
                    let free: Vec<Vec<u8>> = of_gone.into_iter().filter(|name| !used.contains(name)).collect();
                    let sealed: Vec<Vec<u8>> = free.iter().filter(|name| is_sealed(name)).cloned().collect();
                    files::forget_sealed(&sealed, tx).await?;
                    let names: Vec<String> = sealed.iter().map(|name| key_name(name)).collect();
                    keys::forget_named(&names, tx).await?;
                    Ok::<_, EngineError>((gone.len(), free))
                })
            })
            .await?;
        for name in contents {
            let path = folder_of(&engine.files_folder(), &name).join(hex::encode(&name));
            // a plain one may be that of a new upload, which is called alike
            if is_sealed(&name) || older(&path, SETTLED) {
                remove(&path);
            }
            remove_small(&engine.files_folder(), &name);
        }
        count += gone;
        if gone == 0 {
            break;
        }
    }
    for folder in [engine.files_folder().join("tmp"), engine.settings().data.join("tmp")] {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if older(&entry.path(), DRAFT) {
                remove(&entry.path());
            }
        }
    }
    Ok(count)
}

pub(super) fn older(path: &Path, age: Duration) -> bool {
    let written = std::fs::metadata(path).and_then(|m| m.modified());
    written.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|passed| passed > age))
}
