//! Giving a file out: to its uploader until a record holds it, then to whoever may read such a record.

use super::{disposition, may_read, picture};
use crate::records::Saver;
use crate::{Context, Engine, EngineError, EngineResult};
use formwright_store::Snapshot;
use formwright_store::files::{self, FileRow};
use std::path::PathBuf;
use uuid::Uuid;

/// Types that a browser shows by itself and that cannot run anything.
const SHOWN: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "video/mp4"];

/// Which form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Size {
    #[default]
    Original,
    /// 320 pixels on the longer side.
    Thumb,
    /// 1600 pixels on the longer side.
    Medium,
}

impl Size {
    /// `thumb`, `medium`; nothing asks for the original.
    pub fn parse(text: Option<&str>) -> Option<Size> {
        Some(match text {
            None | Some("") => Size::Original,
            Some("thumb") => Size::Thumb,
            Some("medium") => Size::Medium,
            Some(_) => return None,
        })
    }

    fn edge(self) -> u32 {
        match self {
            Size::Original => u32::MAX,
            Size::Thumb => 320,
            Size::Medium => 1600,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Size::Original => "original",
            Size::Thumb => "thumb",
            Size::Medium => "medium",
        }
    }
}

/// A file to be sent, whole or in part.
#[derive(Clone, Debug)]
pub struct FileAnswer {
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    pub content_type: String,
    /// The value of `Content-Disposition`.
    pub disposition: String,
    /// With its quotation marks. The content of a file never changes.
    pub etag: String,
    pub name: String,
    /// A smaller copy, not the file itself.
    pub thumbnail: bool,
}

impl Engine {
    /// A file, or a smaller copy of a picture.
    ///
    /// # Errors
    /// `not_found` where the caller may not read it, and for a copy of what is no picture or too large for one.
    pub async fn file(&self, cx: &Context, id: Uuid, size: Size) -> EngineResult<FileAnswer> {
        let saver = Saver::new(cx)?;
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let file = files::find(&[id], &mut tx).await?.pop().ok_or_else(EngineError::not_found)?;
        let held = !files::holders(id, &mut tx).await?.is_empty();
        let own = cx.principal().is_some_and(|p| file.uploaded_by == Some(p.person.id));
        let free = saver.is_own_work() || (own && !held);
        if !free && !may_read(&saver, id, &mut tx).await? {
            return Err(EngineError::not_found());
        }
        drop(tx);
        match size {
            Size::Original => self.original(file),
            size => self.smaller(file, size).await,
        }
    }

    fn original(&self, file: FileRow) -> EngineResult<FileAnswer> {
        let path = self.content_path(&file.sha256);
        let size = std::fs::metadata(&path)
            .map_err(|e| EngineError::Internal(format!("the content of file {}: {e}", file.id)))?
            .len();
        let inline = SHOWN.contains(&file.media_type.as_str());
        Ok(FileAnswer {
            path,
            size,
            disposition: disposition(&file.name, inline),
            etag: format!("\"{}\"", hex::encode(file.sha256.get(..16).unwrap_or_default())),
            content_type: file.media_type,
            name: file.name,
            thumbnail: false,
        })
    }

    async fn smaller(&self, file: FileRow, size: Size) -> EngineResult<FileAnswer> {
        let (Some(_), Some(_)) = (file.width, file.height) else { return Err(EngineError::not_found()) };
        let from = self.content_path(&file.sha256);
        let hash = hex::encode(&file.sha256);
        let place = self
            .files_folder()
            .join("small")
            .join(hash.get(..2).unwrap_or("00"))
            .join(format!("{hash}-{}", size.name()));
        let made = place.clone();
        let permit = self.background().pictures().await?;
        let content_type = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            picture::kind_of(&made).or_else(|| picture::reduce(&from, size.edge(), &made))
        })
        .await
        .map_err(|e| EngineError::Internal(e.to_string()))?
        .ok_or_else(EngineError::not_found)?;
        let bytes = std::fs::metadata(&place).map_err(|_| EngineError::not_found())?.len();
        Ok(FileAnswer {
            path: place,
            size: bytes,
            content_type: content_type.to_string(),
            disposition: disposition(&file.name, true),
            etag: format!("\"{}-{}\"", hash.get(..32).unwrap_or_default(), size.name()),
            name: file.name,
            thumbnail: true,
        })
    }
}
