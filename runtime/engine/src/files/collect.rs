//! Removing what was uploaded and never came to be held by a record.

use crate::{Engine, EngineError, EngineResult};
use chrono::TimeDelta;
use formwright_store::files;
use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// How long an upload waits for a record.
const WAITS: TimeDelta = TimeDelta::hours(24);
/// A content that was put in its place within this time may be about to be named by a new upload.
const SETTLED: Duration = Duration::from_secs(3600);
/// How long a draft may take.
const DRAFT: Duration = Duration::from_secs(24 * 3600);

/// Removes unattached files older than a day with their contents, and drafts that were never finished; gives the number of
/// files. For a housekeeping once a day.
///
/// # Errors
/// What the store gives.
pub async fn collect(engine: &Engine) -> EngineResult<usize> {
    let before = engine.now() - WAITS;
    let mut count = 0;
    loop {
        let (gone, contents) = engine
            .db()
            .write(move |tx| {
                Box::pin(async move {
                    let rows = files::unattached(before, tx).await?;
                    let ids: Vec<Uuid> = rows.iter().map(|r| r.id).collect();
                    let gone = files::mark_gone(&ids, tx).await?;
                    let hashes: HashSet<Vec<u8>> =
                        rows.into_iter().filter(|r| gone.contains(&r.id)).map(|r| r.sha256).collect();
                    let hashes: Vec<Vec<u8>> = hashes.into_iter().collect();
                    let used = files::contents_in_use(&hashes, tx).await?;
                    Ok::<_, EngineError>((
                        gone.len(),
                        hashes.into_iter().filter(|h| !used.contains(h)).collect::<Vec<_>>(),
                    ))
                })
            })
            .await?;
        for hash in contents {
            let path = engine.content_path(&hash);
            if older(&path, SETTLED) {
                remove(&path);
            }
            let text = hex::encode(&hash);
            for size in ["thumb", "medium"] {
                remove(
                    &engine
                        .files_folder()
                        .join("small")
                        .join(text.get(..2).unwrap_or("00"))
                        .join(format!("{text}-{size}")),
                );
            }
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

fn older(path: &Path, age: Duration) -> bool {
    let written = std::fs::metadata(path).and_then(|m| m.modified());
    written.is_ok_and(|at| SystemTime::now().duration_since(at).is_ok_and(|passed| passed > age))
}

fn remove(path: &Path) {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %path.display(), "a content could not be removed")
        }
        _ => {}
    }
}
