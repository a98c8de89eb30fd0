//! Taking a file in: its field is asked at once, its bytes when they are there; then its row is written.

use super::holding::accepts;
use super::incoming::{Incoming, Kept};
use super::name::cleaned;
use super::picture::dimensions;
use super::sniff::{LOOKED_AT, media_type};
use crate::access::CallerAccess;
use crate::audit::{self, Origin};
use crate::exchange::blocking;
use crate::{Context, Engine, EngineError, EngineResult, Refusal};
use bytes::Bytes;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::field::{Field, FieldKind, FilesOptions};
use formwright_store::files::{self, FileRow};
use futures_util::{Stream, StreamExt};
use serde_json::{Value as Json, json};
use std::fmt::Display;
use uuid::Uuid;

/// Bytes that wait at most until they are encrypted and written in one go.
const PIECE: usize = 256 << 10;

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
        let (folder, sealed) = (self.files_folder(), self.settings().files_encrypt);
        let mut incoming = blocking(move || Incoming::begin(&folder, sealed)).await?;
        let (mut waiting, mut size, mut head) = (Vec::new(), 0_u64, Vec::with_capacity(LOOKED_AT));
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
            waiting.extend_from_slice(&chunk);
            if waiting.len() >= PIECE {
                let piece = std::mem::take(&mut waiting);
                incoming = blocking(move || incoming.push(&piece).map(|()| incoming)).await?;
            }
        }
        let name = cleaned(name);
        let called = name.clone();
        let (taken, found, pixels) = blocking(move || {
            incoming.push(&waiting)?;
            let taken = incoming.finish()?;
            let mut content = taken.open()?;
            let found = media_type(&head, &called, std::io::BufReader::new(&mut content));
            let pixels = if found.starts_with("image/") { dimensions(&mut content) } else { None };
            Ok((taken, found, pixels))
        })
        .await?;
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
        let id = Uuid::now_v7();
        let kept = blocking(move || taken.put()).await?;
        let row = FileRow {
            id,
            name: name.clone(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            media_type: found.to_string(),
            content: kept.name.clone(),
            uploaded_by: cx.principal().map(|p| p.person.id),
            uploaded_at: cx.now,
            width: pixels.map(|p| i64::from(p.0)),
            height: pixels.map(|p| i64::from(p.1)),
        };
        let mut written = self.write_file(cx, &kept, &row, &place).await;
        if self.was_rekeyed(&written).await? {
            written = self.write_file(cx, &kept, &row, &place).await;
        }
        kept.settle(&written).await?;
        written?;
        Ok(json!({"id": id, "name": name, "size": size, "type": found}))
    }

    /// Writes the row of a file; gives the content that it has, which is another's where an equal one was there.
    async fn write_file(&self, cx: &Context, kept: &Kept, row: &FileRow, place: &Place) -> EngineResult<Vec<u8>> {
        let entry = kept.entry(self.keys(), cx.now)?;
        let (row, form, field, origin) = (row.clone(), place.form.clone(), place.field.clone(), Origin::of(cx));
        let what =
            json!({"what": "file.upload", "on": {"file": row.id}, "size": row.size, "type": row.media_type.clone()});
        let write = self.db().write(move |tx| {
            Box::pin(async move {
                let content = entry.add(tx).await?;
                let row = FileRow { content: content.clone(), ..row };
                files::add(&row, form.as_deref(), field.as_deref(), tx).await?;
                audit::record(tx, &origin, "file", what).await?;
                Ok::<_, EngineError>(content)
            })
        });
        write.await
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
