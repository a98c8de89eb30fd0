//! Files as bodies of answers: streamed, whole or a part of them; and files that come in, which may not trickle.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use formwright_engine::{EngineError, EngineResult};
use futures_util::{Stream, StreamExt, stream};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::Duration;

const CHUNK: usize = 64 << 10;
/// The longest silence of a client that sends a file.
const SILENCE: Duration = Duration::from_secs(30);

/// A part of a file, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub first: u64,
    pub last: u64,
}

/// What a `Range` header asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    Whole,
    Part(Part),
    /// Beyond the end.
    Nothing,
}

/// Reads a `Range` header of one part; several parts, other units and nonsense mean the whole.
pub fn wanted(headers: &HeaderMap, size: u64) -> Wanted {
    let Some(text) = headers.get(header::RANGE).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("bytes="))
    else {
        return Wanted::Whole;
    };
    let Some((first, last)) = text.trim().split_once('-').filter(|_| !text.contains(',')) else { return Wanted::Whole };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= size => Wanted::Nothing,
        (Ok(first), Ok(last)) if last < first => Wanted::Whole,
        (Ok(first), Ok(last)) => Wanted::Part(Part { first, last: last.min(size - 1) }),
        (Ok(first), Err(_)) if last.is_empty() => Wanted::Part(Part { first, last: size - 1 }),
        (Err(_), Ok(0)) if first.is_empty() => Wanted::Nothing,
        (Err(_), Ok(_)) if first.is_empty() && size == 0 => Wanted::Nothing,
        (Err(_), Ok(count)) if first.is_empty() => {
            Wanted::Part(Part { first: size.saturating_sub(count), last: size - 1 })
        }
        _ => Wanted::Whole,
    }
}

/// An answer with a content or the part of it that is wanted. Type and disposition are the caller's to set. The first bytes are
/// read before there is an answer, so that what cannot be read is an error and no answer that breaks off.
///
/// # Errors
/// When the content cannot be read.
pub async fn file_answer<R>(content: R, size: u64, headers: &HeaderMap) -> EngineResult<Response>
where
    R: Read + Seek + Send + 'static,
{
    let wanted = wanted(headers, size);
    let (status, first, length) = match wanted {
        Wanted::Whole => (StatusCode::OK, 0, size),
        Wanted::Part(part) => (StatusCode::PARTIAL_CONTENT, part.first, part.last - part.first + 1),
        Wanted::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, 0, 0),
    };
    let body = if length == 0 {
        Body::empty()
    } else {
        let begun = blocking(move || {
            let mut content = content;
            content.seek(SeekFrom::Start(first))?;
            piece(content, length)
        });
        let (content, begin) = begun.await.map_err(|e| EngineError::Internal(format!("a file cannot be read: {e}")))?;
        let left = length - to_u64(begin.len());
        Body::from_stream(stream::once(async move { Ok(begin) }).chain(pieces(content, left)).fuse())
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        // a bare status: the edge draws it, and what belongs to the file is left out
        if let Ok(value) = HeaderValue::from_str(&format!("bytes */{size}")) {
            response.headers_mut().insert(header::CONTENT_RANGE, value);
        }
        return Ok(response);
    }
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    if let Wanted::Part(part) = wanted
        && let Ok(value) = HeaderValue::from_str(&format!("bytes {}-{}/{size}", part.first, part.last))
    {
        headers.insert(header::CONTENT_RANGE, value);
    }
    Ok(response)
}

/// The next `length` bytes of a content, in pieces.
fn pieces<R>(content: R, length: u64) -> impl Stream<Item = io::Result<Bytes>> + Send
where
    R: Read + Send + 'static,
{
    stream::unfold(Some((content, length)), |state| async move {
        let (content, left) = state.filter(|(_, left)| *left > 0)?;
        Some(match blocking(move || piece(content, left)).await {
            Ok((content, bytes)) => {
                let left = left - to_u64(bytes.len());
                (Ok(bytes), Some((content, left)))
            }
            Err(error) => (Err(error), None),
        })
    })
}

/// The next bytes of a content, at most `left`; never none. Blocks the thread.
fn piece<R: Read>(mut content: R, left: u64) -> io::Result<(R, Bytes)> {
    let mut bytes = vec![0; usize::try_from(left).unwrap_or(CHUNK).min(CHUNK)];
    loop {
        match content.read(&mut bytes) {
            Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            Ok(read) => {
                bytes.truncate(read);
                return Ok((content, Bytes::from(bytes)));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn to_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

/// A stream of what a client sends, which ends with an error when nothing comes for half a minute.
pub fn paced<S, E>(stream: S) -> impl Stream<Item = Result<Bytes, String>> + Unpin + Send
where
    S: Stream<Item = Result<Bytes, E>> + Unpin + Send,
    E: std::fmt::Display,
{
    Box::pin(stream::unfold(Some(stream), |stream| async move {
        let mut stream = stream?;
        match tokio::time::timeout(SILENCE, stream.next()).await {
            Ok(None) => None,
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), Some(stream))),
            Ok(Some(Err(error))) => Some((Err(error.to_string()), None)),
            Err(_) => Some((Err("the upload came to a halt".to_string()), None)),
        }
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_range_of_one_part_is_understood_and_all_else_is_the_whole() {
        let part = |first, last| Wanted::Part(Part { first, last });
        let cases = [
            ("bytes=0-3", part(0, 3)),
            ("bytes=4-", part(4, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=8-99", part(8, 9)),
            ("bytes=10-", Wanted::Nothing),
            ("bytes=-0", Wanted::Nothing),
            ("bytes=5-2", Wanted::Whole),
            ("bytes=0-1,3-4", Wanted::Whole),
            ("lines=0-1", Wanted::Whole),
            ("bytes=x", Wanted::Whole),
        ];
        for (text, want) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("range", text.parse().unwrap());
            assert_eq!(wanted(&headers, 10), want, "{text}");
        }
        assert_eq!(wanted(&HeaderMap::new(), 10), Wanted::Whole);
    }

    #[tokio::test]
    async fn the_part_asked_for_is_sent_with_its_place() {
        let mut headers = HeaderMap::new();
        headers.insert("range", "bytes=2-5".parse().unwrap());
        let response = file_answer(io::Cursor::new(b"0123456789"), 10, &headers).await.unwrap();
        assert_eq!(response.status(), 206);
        assert_eq!(response.headers().get("content-range").unwrap(), "bytes 2-5/10");
        assert_eq!(response.headers().get("content-length").unwrap(), "4");
        assert_eq!(axum::body::to_bytes(response.into_body(), 99).await.unwrap(), "2345");
    }
}
