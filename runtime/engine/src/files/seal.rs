//! Sealing what lies plain: contents of an older version, or of the time when the setting was off.

use super::backing::leave_to_remove;
use super::collect::{SETTLED, older};
use super::content::{folder_of, remove, remove_small};
use super::incoming::{Incoming, Kept, digest};
use crate::exchange::blocking;
use crate::sealing::file::trouble;
use crate::{Engine, EngineError, EngineResult};
use formwright_store::{Snapshot, files};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

/// Contents that are asked about at once.
const PAGE: usize = 200;
/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

/// Seals contents that lie plain and removes what lies plain of those that are sealed or gone; gives the number of both. What is
/// younger than an hour waits for the next time. Does nothing while a backup is made, or where contents are to lie plain. For a
/// housekeeping once a day.
///
/// # Errors
/// What the store and the disk give.
pub async fn seal_plain(engine: &Engine) -> EngineResult<usize> {
    if !engine.settings().files_encrypt {
        return Ok(0);
    }
    let Some(_leave) = leave_to_remove(engine).await? else { return Ok(0) };
    let mut count = 0;
    for first in 0..=u8::MAX {
        let folder = folder_of(&engine.files_folder(), &[first]);
        let found = blocking(move || plain_in(&folder)).await?;
        for page in found.chunks(PAGE) {
            let digests = page.iter().map(|name| digest(engine.keys(), name)).collect::<EngineResult<Vec<_>>>()?;
            let mut tx = engine.db().reader(Snapshot::No).await?;
            let used = files::contents_in_use(page, &mut tx).await?;
            let known = files::known_contents(page, &mut tx).await?;
            let sealed = files::sealed_digests(&digests, &mut tx).await?;
            drop(tx);
            for (name, digest) in page.iter().zip(&digests) {
                if used.contains(name) {
                    seal(engine, name).await?;
                } else if !known.contains(name) && !sealed.contains(digest) {
                    // nothing here knows of it: it may be another database's
                    continue;
                }
                let (files, name) = (engine.files_folder(), name.clone());
                blocking(move || {
                    remove(&folder_of(&files, &name).join(hex::encode(&name)));
                    remove_small(&files, &name);
                    Ok(())
                })
                .await?;
                count += 1;
            }
        }
    }
    Ok(count)
}

/// Names of the contents of a folder that lie plain and are settled.
fn plain_in(folder: &Path) -> EngineResult<Vec<Vec<u8>>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(trouble(folder, &error)),
    };
    let settled = entries.flatten().filter(|entry| older(&entry.path(), SETTLED));
    let names = settled.filter_map(|entry| hex::decode(entry.file_name().to_str()?).ok());
    Ok(names.filter(|name| name.len() == 32).collect())
}

/// Seals a content that files have.
async fn seal(engine: &Engine, name: &[u8]) -> EngineResult<()> {
    let (folder, plain) = (engine.files_folder(), name.to_vec());
    let kept = blocking(move || {
        let path = folder_of(&folder, &plain).join(hex::encode(&plain));
        let mut file = File::open(&path).map_err(|e| trouble(&path, &e))?;
        let mut incoming = Incoming::begin(&folder, true)?;
        let mut piece = vec![0; PIECE];
        loop {
            match file.read(&mut piece).map_err(|e| trouble(&path, &e))? {
                0 => break,
                n => incoming.push(piece.get(..n).unwrap_or_default())?,
            }
        }
        let taken = incoming.finish()?;
        if taken.sha256() != plain {
            return Err(EngineError::Internal(format!("{} is not what was uploaded", path.display())));
        }
        taken.put()
    })
    .await?;
    let mut written = rename(engine, name, &kept).await;
    if engine.was_rekeyed(&written).await? {
        written = rename(engine, name, &kept).await;
    }
    kept.settle(&written).await?;
    written.map(|_| ())
}

/// Gives all files of a plain content the sealed one; its name, which is another's where an equal one was there.
async fn rename(engine: &Engine, plain: &[u8], kept: &Kept) -> EngineResult<Vec<u8>> {
    let (entry, plain) = (kept.entry(engine.keys(), engine.now())?, plain.to_vec());
    let write = engine.db().write(move |tx| {
        Box::pin(async move {
            let content = entry.add(tx).await?;
            files::rename_content(&plain, &content, tx).await?;
            Ok::<_, EngineError>(content)
        })
    });
    write.await
}
