//! Taking a file in: written beside its place while it comes, then put there under the name of its content.

use super::holding::accepts;
use super::name::cleaned;
use super::picture::dimensions;
use super::sniff::{LOOKED_AT, media_type};
use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::{Context, Engine, EngineError, EngineResult, Refusal};
use bytes::Bytes;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind, FilesOptions};
use formwright_store::files::{self, FileRow};
use futures_util::{Stream, StreamExt};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// What a file is for: its field's limits are asked at once.
#[derive(Clone, Debug, Default)]
pub struct UploadTarget {
    pub form: Option<String>,
    /// A field of the form, or `table.column`.
    pub field: Option<String>,
}

/// A target that was looked up.
#[derive(Default)]
struct Place {
    form: Option<String>,
    field: Option<String>,
    options: Option<FilesOptions>,
}

/// Removes what was begun when it is not finished.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn broken(error: impl Display) -> EngineError {
    EngineError::Internal(format!("an upload: {error}"))
}

/// A failure of the disk; that it is full is told as such.
fn disk(error: std::io::Error) -> EngineError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            EngineError::refused(&code::STORAGE_FULL)
        }
        _ => broken(error),
    }
}

impl Engine {
    /// Takes a file in: `{"id", "name", "size", "type"}`. It is the caller's alone until a record holds it.
    ///
    /// # Errors
    /// `file_too_large`, `file_type_not_accepted`; `unknown_field`, `not_found` for a target that is none; `bad_request` when
    /// the stream breaks.
    pub async fn upload_file<S, E>(
        &self,
        cx: &Context,
        target: &UploadTarget,
        name: &str,
        mut stream: S,
    ) -> EngineResult<Json>
    where
        S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
        E: Display,
    {
        let place = place_of(cx, target)?;
        let limit = self.settings().files_max_size.min(place.options.as_ref().map_or(u64::MAX, |o| o.max_size));
        let folder = self.files_folder().join("tmp");
        tokio::fs::create_dir_all(&folder).await.map_err(disk)?;
        let id = Uuid::now_v7();
        let draft = Draft(folder.join(id.to_string()));
        let mut file = tokio::fs::File::create(&draft.0).await.map_err(disk)?;
        let (mut hasher, mut size, mut head) = (Sha256::new(), 0_u64, Vec::with_capacity(LOOKED_AT));
        while let Some(chunk) = stream.next().await {
            let chunk =
                chunk.map_err(|error| EngineError::from(Refusal::new(&code::BAD_REQUEST).with("reason", error)))?;
            size = size.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if size > limit {
                return Err(Refusal::new(&code::FILE_TOO_LARGE)
                    .with("limit", shown(limit))
                    .with("size", format!("> {}", shown(limit)))
                    .into());
            }
            let left = LOOKED_AT.saturating_sub(head.len()).min(chunk.len());
            head.extend_from_slice(chunk.get(..left).unwrap_or_default());
            hasher.update(&chunk);
            file.write_all(&chunk).await.map_err(disk)?;
        }
        file.flush().await.map_err(disk)?;
        file.sync_all().await.map_err(disk)?;
        drop(file);
        let name = cleaned(name);
        let (path, called) = (draft.0.clone(), name.clone());
        let (found, pixels) = tokio::task::spawn_blocking(move || {
            let content = std::fs::File::open(&path).map_err(disk)?;
            let found = media_type(&head, &called, std::io::BufReader::new(content));
            let pixels = if found.starts_with("image/") { dimensions(&path) } else { None };
            Ok::<_, EngineError>((found, pixels))
        })
        .await
        .map_err(broken)??;
        if let Some(options) = &place.options
            && !options.accept.is_empty()
            && !options.accept.iter().any(|pattern| accepts(pattern, found))
        {
            let mut refusal = Refusal::new(&code::FILE_TYPE_NOT_ACCEPTED).with("type", found);
            refusal.faults = target
                .field
                .iter()
                .map(|field| Fault::new(field, &code::FILE_TYPE_NOT_ACCEPTED).with("type", found))
                .collect();
            return Err(refusal.into());
        }
        let sha256 = hasher.finalize().to_vec();
        self.put(&draft.0, &self.content_path(&sha256)).await?;
        let row = FileRow {
            id,
            name: name.clone(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            media_type: found.to_string(),
            sha256,
            uploaded_by: cx.principal().map(|p| p.person.id),
            uploaded_at: cx.now,
            width: pixels.map(|p| i64::from(p.0)),
            height: pixels.map(|p| i64::from(p.1)),
        };
        let origin = Origin::of(cx);
        let what = json!({"what": "file.upload", "on": {"file": id}, "size": size, "type": found});
        self.db()
            .write(move |tx| {
                Box::pin(async move {
                    files::add(&row, place.form.as_deref(), place.field.as_deref(), tx).await?;
                    audit::record(tx, &origin, "file", what).await.map_err(EngineError::from)
                })
            })
            .await?;
        Ok(json!({"id": id, "name": name, "size": size, "type": found}))
    }

    /// Puts a finished draft in its place, so that it stays there through a loss of power.
    async fn put(&self, draft: &Path, place: &Path) -> EngineResult<()> {
        let (draft, place) = (draft.to_path_buf(), place.to_path_buf());
        tokio::task::spawn_blocking(move || {
            let folder = place.parent().map(Path::to_path_buf).unwrap_or_default();
            std::fs::create_dir_all(&folder)?;
            std::fs::rename(&draft, &place)?;
            std::fs::File::open(&folder)?.sync_all()
        })
        .await
        .map_err(broken)?
        .map_err(disk)
    }
}

/// A size as people read it.
fn shown(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{} KB", bytes >> 10) }
}

/// Looks the target up as the caller sees it.
fn place_of(cx: &Context, target: &UploadTarget) -> EngineResult<Place> {
    let Some(form) = &target.form else { return Ok(Place::default()) };
    let access = CallerAccess::new(cx);
    let (index, form, grants) = access.form(form)?;
    if !access.allows(index, "create") && !access.allows(index, "update") {
        return Err(Refusal::new(&code::FORBIDDEN).with("action", "update").into());
    }
    let Some(name) = &target.field else { return Ok(Place { form: Some(form.id.clone()), ..Place::default() }) };
    let (head, tail) = name.split_once(['.', '/']).map_or((name.as_str(), None), |(a, b)| (a, Some(b)));
    let found: Option<&Field> = form.field(head).and_then(|(i, field)| match tail {
        None => Some(field).filter(|_| grants.sees(i, None)),
        Some(column) => field.table()?.field(column).filter(|(c, _)| grants.sees(i, Some(*c))).map(|(_, f)| f),
    });
    let options = match found.map(|f| (&f.kind, &f.id)) {
        Some((FieldKind::Files(options), id)) => (Some(options.clone()), id.clone()),
        Some((FieldKind::Signature, id)) => (
            Some(FilesOptions {
                accept: vec!["image/png".into()],
                max_size: 1 << 20,
                max_count: Some(1),
                capture: false,
            }),
            id.clone(),
        ),
        _ => {
            return Err(EngineError::request_faults(vec![
                Fault::new("field", &code::UNKNOWN_FIELD).with("name", name),
            ]));
        }
    };
    Ok(Place { form: Some(form.id.clone()), field: Some(options.1), options: options.0 })
}
