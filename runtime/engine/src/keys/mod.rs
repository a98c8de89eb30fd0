//! The installation's own secret and the keys derived from it.
//!
//! One file of 32 random bytes (as hexadecimal digits) lies beside the data folder, not in it, so that a copied folder
//! does not carry it. Every use has a key of its own: HMAC-SHA256 of the secret over a label.

use crate::{EngineError, EngineResult, sealing};
use formwright_store::audit::AuditKey;
use formwright_store::people::version;
use formwright_store::{Db, Snapshot};
use hmac::{Hmac, KeyInit, Mac};
use rand::TryRngCore;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The fact in which the database remembers which secret it belongs to.
const KEY_FACT: &str = "key_id";

/// The installation's keys. Clones share them.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    id: String,
    audit: AuditKey,
    csrf: [u8; 32],
    cursor: [u8; 32],
    device: [u8; 32],
    wrapping: [u8; 32],
    answers: [u8; 32],
    faults: [u8; 32],
    backup: [u8; 32],
    factor: [u8; 32],
    secrets: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.0.id)
    }
}

impl Keys {
    /// Derives all keys from a secret.
    ///
    /// # Errors
    /// None in practice: the derivation takes any secret.
    pub fn from_bytes(secret: [u8; 32]) -> EngineResult<Keys> {
        let derive = |label: &str| mac(&secret, &[b"formwright ", label.as_bytes()]);
        let id = derive("key id")?;
        Ok(Keys(Arc::new(Inner {
            id: hex::encode(id.get(..8).unwrap_or_default()),
            audit: AuditKey::new(derive("audit")?),
            csrf: derive("csrf")?,
            cursor: derive("cursor")?,
            device: derive("device")?,
            wrapping: derive("wrapping")?,
            answers: derive("answers")?,
            faults: derive("faults")?,
            backup: derive("backup")?,
            factor: derive("factor")?,
            secrets: derive("secrets")?,
        })))
    }

    /// `./data` → `./data.key`
    pub fn path_beside(data: &Path) -> PathBuf {
        // Without a trailing slash, which would put the file into the folder.
        let mut name: OsString = data.components().collect::<PathBuf>().into_os_string();
        name.push(".key");
        PathBuf::from(name)
    }

    /// Reads the key file, or makes it (mode 0600) when there is none. Of several processes that start at once all end up
    /// with the same key.
    ///
    /// # Errors
    /// [`EngineError::Internal`] with what is wrong with the file and what to do.
    pub fn load_or_create(path: &Path) -> EngineResult<Keys> {
        match fs::read_to_string(path) {
            Ok(text) => Keys::from_text(&text, path),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path)?;
                let text = fs::read_to_string(path).map_err(|e| trouble(path, &e))?;
                Keys::from_text(&text, path)
            }
            Err(error) => Err(trouble(path, &error)),
        }
    }

    fn from_text(text: &str, path: &Path) -> EngineResult<Keys> {
        let mut secret = [0; 32];
        hex::decode_to_slice(text.trim(), &mut secret).map_err(|_| {
            EngineError::Internal(format!(
                "the key file {} is damaged: 64 hexadecimal digits are expected; put back a copy of it",
                path.display()
            ))
        })?;
        Keys::from_bytes(secret)
    }

    /// Refuses a database that belongs to another key; the first key a database meets is its own.
    ///
    /// # Errors
    /// [`EngineError::Internal`] naming the key that is wanted, and what the store gives.
    pub async fn bind(&self, db: &Db) -> EngineResult<()> {
        let mut tx = db.reader(Snapshot::No).await?;
        let known = version::fact(&mut tx, KEY_FACT).await?;
        drop(tx);
        let known = match known {
            Some(known) => known,
            None => {
                let id = self.0.id.clone();
                db.write(move |tx| {
                    Box::pin(async move {
                        version::claim(tx, KEY_FACT, &id).await?;
                        version::fact(tx, KEY_FACT).await
                    })
                })
                .await?
                .unwrap_or_default()
            }
        };
        if known == self.0.id {
            return Ok(());
        }
        Err(EngineError::Internal(format!(
            "this database belongs to the key {known}, but the key file holds {}: put back the right key file",
            self.0.id
        )))
    }

    /// Name of the secret, which tells nothing about it.
    pub fn key_id(&self) -> &str {
        &self.0.id
    }

    /// Seals the audit log.
    pub fn audit(&self) -> &AuditKey {
        &self.0.audit
    }

    /// Signs what pages send back.
    pub fn csrf(&self) -> &[u8; 32] {
        &self.0.csrf
    }

    /// Signs the cursors of lists.
    pub fn cursor(&self) -> &[u8; 32] {
        &self.0.cursor
    }

    /// Signs the cookie of a browser in which somebody signed in before.
    pub fn device(&self) -> &[u8; 32] {
        &self.0.device
    }

    /// Encrypts another key, to be kept in the database: the name of the key that wraps it, and the key wrapped. `place` must be
    /// given again to open it.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn wrap(&self, place: &[u8], secret: &[u8; 32]) -> EngineResult<(String, Vec<u8>)> {
        Ok((self.0.id.clone(), sealing::seal(&sealing::cipher(&self.0.wrapping), place, secret)?))
    }

    /// The key that was wrapped by the key `kek`.
    ///
    /// # Errors
    /// [`EngineError::Internal`] where it was not wrapped by this installation, or for another place.
    pub fn unwrap(&self, place: &[u8], kek: &str, wrapped: &[u8]) -> EngineResult<[u8; 32]> {
        let opened = sealing::open(&sealing::cipher(&self.0.wrapping), place, wrapped);
        opened.and_then(|secret| secret.try_into().ok()).ok_or_else(|| {
            EngineError::Internal(format!(
                "a key was wrapped by the key {kek}, but the key file holds {}: put back the right key file",
                self.0.id
            ))
        })
    }

    /// Encrypts the answers that are kept for requests sent again.
    pub fn answers(&self) -> &[u8; 32] {
        &self.0.answers
    }

    /// Encrypts what is told of the rows of files.
    pub fn faults(&self) -> &[u8; 32] {
        &self.0.faults
    }

    /// The key of small secrets at rest.
    pub fn secrets(&self) -> &[u8; 32] {
        &self.0.secrets
    }

    /// Signs what stands between the password and the second factor, and hashes recovery codes.
    pub fn factor(&self) -> &[u8; 32] {
        &self.0.factor
    }

    /// Seals the manifests of backups.
    pub fn backup(&self) -> &[u8; 32] {
        &self.0.backup
    }
}

/// HMAC-SHA256 of the parts, one after the other.
///
/// # Errors
/// None in practice: a key of 32 bytes is always taken.
pub fn mac(key: &[u8; 32], parts: &[&[u8]]) -> EngineResult<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| EngineError::Internal(error.to_string()))?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

/// Whether `given` is the HMAC of the parts, compared in constant time.
pub fn mac_matches(key: &[u8; 32], parts: &[&[u8]], given: &[u8]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return false;
    };
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(given).is_ok()
}

/// Random bytes of the operating system.
///
/// # Errors
/// [`EngineError::Internal`] when the system gives none.
pub fn random<const N: usize>() -> EngineResult<[u8; N]> {
    let mut bytes = [0; N];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|error| EngineError::Internal(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// SHA-256: what is kept of a secret that only has to be recognised.
pub fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn trouble(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::Internal(format!("the key file {}: {error}", path.display()))
}

/// Writes a new key beside its place and links it there, so that nobody ever reads half a key and of two processes one
/// loses without harm.
fn create(path: &Path) -> EngineResult<()> {
    let secret: [u8; 32] = random()?;
    let suffix: [u8; 8] = random()?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", hex::encode(suffix)));
    let draft = PathBuf::from(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| {
        file.write_all(hex::encode(secret).as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()
    });
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        result => result,
    });
    let removed = fs::remove_file(&draft);
    linked.and(removed).map_err(|error| trouble(path, &error))?;
    // The name of the file must survive a power failure as well.
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
        && let Ok(folder) = fs::File::open(folder)
    {
        folder.sync_all().map_err(|error| trouble(path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_key_file_is_made_once_for_its_owner_alone_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = Keys::path_beside(&folder.path().join("data/"));
        assert_eq!(path, folder.path().join("data.key"));
        let first = Keys::load_or_create(&path).unwrap();
        let again = Keys::load_or_create(&path).unwrap();
        assert_eq!(first.csrf(), again.csrf());
        assert_ne!(first.csrf(), first.cursor());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_key_file_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.key");
        fs::write(&path, "abc").unwrap();
        assert!(Keys::load_or_create(&path).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "abc");
    }

    #[test]
    fn a_mac_of_other_parts_does_not_match() {
        let key = [1; 32];
        let good = mac(&key, &[b"a", b"b"]).unwrap();
        assert!(mac_matches(&key, &[b"a", b"b"], &good));
        assert!(!mac_matches(&key, &[b"a", b"c"], &good));
        assert!(!mac_matches(&key, &[b"a", b"b"], b""));
    }
}
