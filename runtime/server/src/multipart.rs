//! Forms in parts: one file and a few short texts.

use crate::body::{is_storable, refuse_encoding, too_large};
use crate::problem::Problem;
use crate::state::App;
use crate::stream::paced;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header;
use bytes::BytesMut;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_engine::{EngineError, Refusal};
use formwright_templates::format;
use futures_util::StreamExt;

/// Longest text part.
const TEXT_LIMIT: usize = 1 << 20;
/// Bytes that the texts beside a file and the marks between parts may have for a file to be refused by the body's size.
const BESIDE: u64 = 2 << 20;
/// Most parts.
const MOST_PARTS: usize = 50;

/// The parts of a request, checked to be some.
pub struct Parts {
    pub parts: Multipart,
    /// Bytes of the whole body, where the client says so.
    pub declared: Option<u64>,
}

impl FromRequest<App> for Parts {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Parts, Problem> {
        refuse_encoding(request.headers())?;
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data") {
            return Err(Problem(
                Refusal::new(&code::UNSUPPORTED_MEDIA_TYPE).with("expected", "multipart/form-data").into(),
            ));
        }
        let length = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok());
        let declared = length.and_then(|v| v.parse().ok());
        match Multipart::from_request(request, app).await {
            Ok(parts) => Ok(Parts { parts, declared }),
            Err(_) => Err(broken("it has no boundary")),
        }
    }
}

fn broken(reason: impl ToString) -> Problem {
    Problem(Refusal::new(&code::BAD_REQUEST).with("reason", reason).into())
}

/// What a broken form in parts means to the caller.
pub fn broken_part(error: &MultipartError) -> Problem {
    broken(error.body_text())
}

/// A file with the texts beside it, all in memory.
#[derive(Debug, Default)]
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
    texts: Vec<(String, String)>,
    faults: Vec<Fault>,
    taken: Vec<&'static str>,
}

impl Upload {
    /// Reads all parts; the file may have `limit` bytes. What is too large by what the client says is refused unread.
    ///
    /// # Errors
    /// `file_too_large`, `required` without a file, `bad_request` for what is broken.
    pub async fn read(request: Parts, limit: u64) -> Result<Upload, Problem> {
        let Parts { mut parts, declared } = request;
        if let Some(size) = declared.filter(|size| *size > limit.saturating_add(BESIDE)) {
            return Err(file_too_large(limit, Some(size)));
        }
        let mut upload = Upload::default();
        let mut found = false;
        let mut count = 0;
        while let Some(part) = parts.next_field().await.map_err(|e| broken_part(&e))? {
            count += 1;
            if count > MOST_PARTS {
                return Err(broken(format!("more than {MOST_PARTS} parts")));
            }
            let name = part.name().unwrap_or_default().to_string();
            if name == "file" {
                if found {
                    return Err(broken("several files"));
                }
                found = true;
                upload.name = part.file_name().unwrap_or("file").to_string();
                let most = usize::try_from(limit).unwrap_or(usize::MAX);
                upload.bytes = read_part(part, most, || file_too_large(limit, declared)).await?;
            } else {
                let bytes = read_part(part, TEXT_LIMIT, || too_large(TEXT_LIMIT)).await?;
                match String::from_utf8(bytes).ok().filter(|t| is_storable(t) && is_storable(&name)) {
                    Some(text) => upload.texts.push((name, text)),
                    None => upload.faults.push(Fault::new(name, &code::TEXT_INVALID)),
                }
            }
        }
        if !found {
            upload.faults.push(Fault::new("file", &code::REQUIRED).with("title", "file"));
        }
        Ok(upload)
    }

    /// The text of a part; an empty one counts as absent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.taken.push(name);
        self.texts.iter().find(|(n, _)| n == name).map(|(_, t)| t.clone()).filter(|t| !t.is_empty())
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&mut self, name: &'static str) -> bool {
        match self.text(name).as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => {
                self.fault(
                    Fault::new(name, &code::PARAMETER_INVALID)
                        .with("name", name)
                        .with("reason", "expected true or false"),
                );
                false
            }
        }
    }

    /// Notes a fault.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Ends the reading: all faults at once, parts that nobody asked for among them.
    ///
    /// # Errors
    /// The fault's own code, or `validation_failed` for several.
    pub fn finish(mut self) -> Result<(String, Vec<u8>), Problem> {
        for (name, _) in &self.texts {
            if !self.taken.contains(&name.as_str()) {
                self.faults.push(
                    Fault::new(name.as_str(), &code::UNKNOWN_KEY)
                        .with("name", name)
                        .suggest(name, self.taken.iter().copied()),
                );
            }
        }
        if self.faults.is_empty() {
            Ok((self.name, self.bytes))
        } else {
            Err(Problem(EngineError::request_faults(self.faults)))
        }
    }

    /// Everything that was sent, for telling two requests apart.
    pub fn fingerprint(&self) -> Vec<u8> {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        hash.update(&self.bytes);
        hash.update(self.name.as_bytes());
        for (name, text) in &self.texts {
            for piece in [name, text] {
                hash.update(piece.len().to_be_bytes());
                hash.update(piece.as_bytes());
            }
        }
        hash.finalize().to_vec()
    }
}

/// The refusal of a file over a limit in bytes, with its size as far as it is known.
fn file_too_large(limit: u64, size: Option<u64>) -> Problem {
    let limit = format::file_size(limit);
    let size = size.map_or_else(|| format!("> {limit}"), format::file_size);
    Problem(Refusal::new(&code::FILE_TOO_LARGE).with("limit", limit).with("size", size).into())
}

async fn read_part(part: Field<'_>, limit: usize, refuse: impl FnOnce() -> Problem) -> Result<Vec<u8>, Problem> {
    let mut bytes = BytesMut::new();
    let mut stream = paced(part);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(broken)?;
        if bytes.len() + chunk.len() > limit {
            return Err(refuse());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.into())
}
