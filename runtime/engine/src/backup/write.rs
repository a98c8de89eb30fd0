//! Writing a backup while the installation works.

use super::manifest::{AuditHead, DATABASE, LAYOUT, MANIFEST, Manifest, Part};
use super::restore::verify;
use super::{BackupFault, Report};
use crate::audit::{self, Origin};
use crate::{Context, Engine, EngineError};
use chrono::SecondsFormat;
use formwright_store::Dialect;
use formwright_store::backup::{Contents, copy_sqlite, look_over};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Writes a backup of the installation into a new file. `database` is the file of the SQLite database. The archive has its
/// name only once it was read again and found whole.
///
/// # Errors
/// [`BackupFault`].
pub async fn backup(cx: &Context, database: &Path, archive: &Path) -> Result<Report, BackupFault> {
    let engine = cx.engine.clone();
    if engine.db().dialect() == Dialect::Postgres {
        return Err(BackupFault::Postgres(engine.files_folder().display().to_string()));
    }
    if archive.exists() {
        return Err(BackupFault::Exists(archive.display().to_string()));
    }
    let origin = Origin::of(cx);
    let told = json!({"what": "backup", "on": {"file": archive.file_name().map(|n| n.to_string_lossy())}});
    engine
        .db()
        .write(move |tx| {
            Box::pin(async move { audit::record(tx, &origin, "backup", told).await.map_err(EngineError::from) })
        })
        .await?;
    let (database, archive, made_at) =
        (database.to_path_buf(), archive.to_path_buf(), cx.now.to_rfc3339_opts(SecondsFormat::Secs, true));
    tokio::task::spawn_blocking(move || make(&engine, &database, &archive, made_at))
        .await
        .map_err(|e| EngineError::Internal(e.to_string()))?
}

/// Removes what lies beside the archive while it is made.
struct Scraps(Vec<PathBuf>);

impl Drop for Scraps {
    fn drop(&mut self) {
        for path in &self.0 {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn make(engine: &Engine, database: &Path, archive: &Path, made_at: String) -> Result<Report, BackupFault> {
    let beside = |ending: &str| {
        let mut name = archive.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    let (copy, draft) = (beside(".database"), beside(".part"));
    let _scraps = Scraps(vec![copy.clone(), draft.clone()]);
    let io = |path: &Path| {
        let shown = path.display().to_string();
        move |error| BackupFault::Io(shown.clone(), error)
    };
    let _ = std::fs::remove_file(&copy);
    copy_sqlite(database, &copy)?;
    let contents = look_over(&copy)?;
    let out = File::create(&draft).map_err(io(&draft))?;
    let mut zip = ZipWriter::new(BufWriter::new(out));
    let mut parts = vec![add(&mut zip, DATABASE, &copy, CompressionMethod::Deflated)?];
    for hash in &contents.files {
        // pictures and documents are packed already
        let part = add(
            &mut zip,
            &format!("files/{}", hex::encode(hash)),
            &engine.content_path(hash),
            CompressionMethod::Stored,
        )?;
        if part.sha256 != hex::encode(hash) {
            return Err(BackupFault::Damaged(format!("the content {} is not what it was", hex::encode(hash))));
        }
        parts.push(part);
    }
    let manifest = described(contents, parts, made_at);
    let broken = |error: zip::result::ZipError| BackupFault::Damaged(error.to_string());
    zip.start_file(MANIFEST, SimpleFileOptions::default()).map_err(broken)?;
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| BackupFault::Damaged(e.to_string()))?;
    zip.write_all(&text).map_err(io(&draft))?;
    let out = zip.finish().map_err(broken)?.into_inner().map_err(|e| io(&draft)(e.into_error()))?;
    out.sync_all().map_err(io(&draft))?;
    let report = verify(&draft)?;
    std::fs::rename(&draft, archive).map_err(io(archive))?;
    if let Some(folder) = archive.parent().filter(|f| !f.as_os_str().is_empty()) {
        File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder))?;
    }
    Ok(report)
}

fn described(contents: Contents, parts: Vec<Part>, made_at: String) -> Manifest {
    Manifest {
        layout: LAYOUT,
        version: env!("CARGO_PKG_VERSION").to_string(),
        made_at,
        schema: contents.schema,
        revision: contents.revision,
        key_id: contents.key_id,
        audit_head: contents.audit_head.map(|(chain, hash)| AuditHead { chain, hash: hex::encode(hash) }),
        tables: contents.tables,
        parts,
    }
}

/// Adds a file to the archive, weighed as it goes in.
fn add(
    zip: &mut ZipWriter<BufWriter<File>>,
    name: &str,
    path: &Path,
    method: CompressionMethod,
) -> Result<Part, BackupFault> {
    let io = |error| BackupFault::Io(path.display().to_string(), error);
    let mut file = File::open(path).map_err(io)?;
    let options = SimpleFileOptions::default().compression_method(method).large_file(true);
    zip.start_file(name, options).map_err(|e| BackupFault::Damaged(e.to_string()))?;
    let (mut hasher, mut bytes, mut buffer) = (Sha256::new(), 0_u64, vec![0_u8; 256 << 10]);
    loop {
        let read = file.read(&mut buffer).map_err(io)?;
        if read == 0 {
            break;
        }
        let chunk = buffer.get(..read).unwrap_or_default();
        hasher.update(chunk);
        zip.write_all(chunk).map_err(io)?;
        bytes += u64::try_from(read).unwrap_or(0);
    }
    Ok(Part { name: name.to_string(), bytes, sha256: hex::encode(hasher.finalize()) })
}
