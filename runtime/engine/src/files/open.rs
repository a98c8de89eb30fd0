//! Giving a file out: to its uploader until a record holds it, then to whoever may read such a record.

use super::content::{Content, Place};
use super::{disposition, may_read, picture};
use crate::exchange::blocking;
use crate::records::Saver;
use crate::{Context, Engine, EngineError, EngineResult};
use formwright_store::Snapshot;
use formwright_store::files::{self, FileRow};
use std::io::Seek;
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

    pub(super) fn name(self) -> &'static str {
        match self {
            Size::Original => "original",
            Size::Thumb => "thumb",
            Size::Medium => "medium",
        }
    }
}

/// A file to be sent, whole or in part.
#[derive(Debug)]
pub struct FileAnswer {
    /// At its beginning.
    pub content: Content,
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
    /// `not_found` where the caller may not read it, and for a copy of what is no picture or too large for one;
    /// [`EngineError::Internal`] where the content is not what was written.
    pub async fn file(&self, cx: &Context, id: Uuid, size: Size) -> EngineResult<FileAnswer> {
        let saver = Saver::new(cx)?;
        let mut missing: Option<Vec<u8>> = None;
        loop {
            let (file, place) = self.readable_file(cx, &saver, id).await?;
            let (content, what) = (file.content.clone(), file.id);
            if let Some(place) = place {
                let answer = match size {
                    Size::Original => original(file, place).await?,
                    size => self.smaller(file, place, size).await?,
                };
                if let Some(answer) = answer {
                    return Ok(answer);
                }
            }
            // the housekeeping may just have sealed it, which gives it another name
            if missing.as_ref() == Some(&content) {
                return Err(EngineError::Internal(format!("the content of file {what} is not there")));
            }
            missing = Some(content);
        }
    }

    /// A file that the caller may read, and where its content lies.
    async fn readable_file(&self, cx: &Context, saver: &Saver, id: Uuid) -> EngineResult<(FileRow, Option<Place>)> {
        let mut tx = self.db().reader(Snapshot::Yes).await?;
        let file = files::find(&[id], &mut tx).await?.pop().ok_or_else(EngineError::not_found)?;
        let held = !files::holders(id, &mut tx).await?.is_empty();
        let own = cx.principal().is_some_and(|p| file.uploaded_by == Some(p.person.id));
        let free = saver.is_own_work() || (own && !held);
        if !free && !may_read(saver, id, &mut tx).await? {
            return Err(EngineError::not_found());
        }
        let place = Place::find(self, &file.content, &mut tx).await?;
        Ok((file, place))
    }

    async fn smaller(&self, file: FileRow, place: Place, size: Size) -> EngineResult<Option<FileAnswer>> {
        let (Some(_), Some(_)) = (file.width, file.height) else { return Err(EngineError::not_found()) };
        let permit = self.background().pictures().await?;
        let made = blocking(move || {
            let _permit = permit;
            provide_small(&place, size)
        });
        let Some((content, bytes, content_type)) = made.await? else { return Ok(None) };
        let name = hex::encode(file.content.get(..16).unwrap_or(&file.content));
        Ok(Some(FileAnswer {
            content,
            size: bytes,
            content_type: content_type.to_string(),
            disposition: disposition(&file.name, true),
            etag: format!("\"{name}-{}\"", size.name()),
            name: file.name,
            thumbnail: true,
        }))
    }
}

async fn original(file: FileRow, place: Place) -> EngineResult<Option<FileAnswer>> {
    let opened = blocking(move || {
        let Some(content) = place.open()? else { return Ok(None) };
        let size = content.length().map_err(broken)?;
        Ok(Some((content, size)))
    });
    let Some((content, size)) = opened.await? else { return Ok(None) };
    Ok(Some(FileAnswer {
        content,
        size,
        disposition: disposition(&file.name, SHOWN.contains(&file.media_type.as_str())),
        etag: format!("\"{}\"", hex::encode(file.content.get(..16).unwrap_or(&file.content))),
        content_type: file.media_type,
        name: file.name,
        thumbnail: false,
    }))
}

/// A small copy, made where there is none yet, with its length and type; nothing where its original is not there.
fn provide_small(place: &Place, size: Size) -> EngineResult<Option<(Content, u64, &'static str)>> {
    match ready(place, size) {
        Ok(Some(found)) => return Ok(Some(found)),
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "a small copy cannot be read and is made anew"),
    }
    let Some(mut content) = place.open()? else { return Ok(None) };
    let (bytes, _) = picture::reduce(&mut content, size.edge()).ok_or_else(EngineError::not_found)?;
    place.keep_small(size, &bytes)?;
    ready(place, size)
}

fn ready(place: &Place, size: Size) -> EngineResult<Option<(Content, u64, &'static str)>> {
    let Some(mut content) = place.open_small(size)? else { return Ok(None) };
    let Some(kind) = picture::kind_of(&mut content) else { return Ok(None) };
    content.rewind().map_err(broken)?;
    let length = content.length().map_err(broken)?;
    Ok(Some((content, length, kind)))
}

fn broken(error: std::io::Error) -> EngineError {
    EngineError::Internal(format!("the content of a file: {error}"))
}
