//! The installation's own secrets and the keys derived from them.
//!
//! The key file lies beside the data folder, not in it, so that a copied folder does not carry it. Its key wraps the keys that
//! encrypt (of fields, of files) and the installation's root, from which every further use has a key of its own: HMAC-SHA256 over
//! a label. So a new key in the file ([`crate::rotation`]) changes nothing but what is wrapped.

mod file;
mod hashing;
mod ring;

pub use hashing::{digest, mac, mac_matches, random};
pub use ring::KeyLine;

use crate::{EngineError, EngineResult, sealing};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use file::Line;
use formwright_store::audit::AuditKey;
use formwright_store::keys::{self as stored, KEY_FACT, NamedKey};
use formwright_store::people::version;
use formwright_store::{Db, Snapshot, StoreError};
use ring::{Ring, derived, name_of};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The installation's keys. Clones share them.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    root: [u8; 32],
    audit: AuditKey,
    csrf: [u8; 32],
    cursor: [u8; 32],
    device: [u8; 32],
    answers: [u8; 32],
    faults: [u8; 32],
    contents: [u8; 32],
    factor: [u8; 32],
    secrets: [u8; 32],
    ring: ArcSwap<Ring>,
    path: Option<PathBuf>,
}

/// What a wrapped key of that name is bound to.
pub(crate) fn place_of(name: &str) -> Vec<u8> {
    format!("fw_keys|{name}").into_bytes()
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.key_id())
    }
}

impl Keys {
    /// Name of the wrapped root. Installations that began before there was one have the secret of their first key as root.
    pub(crate) const ROOT: &str = "installation";

    /// The keys of an installation whose key file holds one secret.
    ///
    /// # Errors
    /// None in practice: the derivation takes any secret.
    pub fn from_bytes(secret: [u8; 32]) -> EngineResult<Keys> {
        Keys::of(secret, Ring::of(vec![Line::of(secret)], &name_of(&secret)?)?, None)
    }

    fn of(root: [u8; 32], ring: Ring, path: Option<PathBuf>) -> EngineResult<Keys> {
        let derive = |label: &str| derived(&root, label);
        Ok(Keys(Arc::new(Inner {
            audit: AuditKey::new(derive("audit")?),
            csrf: derive("csrf")?,
            cursor: derive("cursor")?,
            device: derive("device")?,
            answers: derive("answers")?,
            faults: derive("faults")?,
            contents: derive("contents")?,
            factor: derive("factor")?,
            secrets: derive("secrets")?,
            root,
            ring: ArcSwap::from_pointee(ring),
            path,
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
    /// with the same key. Which key is in use, and what the root is, is known when they are bound to a database.
    ///
    /// # Errors
    /// [`EngineError::Internal`] with what is wrong with the file and what to do.
    pub fn load_or_create(path: &Path) -> EngineResult<Keys> {
        let lines = file::read_or_create(path)?;
        let newest = lines.iter().rfind(|line| line.retired.is_none()).or(lines.last()).map(|line| line.secret);
        let newest = newest.unwrap_or_default();
        Keys::of(newest, Ring::of(lines, &name_of(&newest)?)?, Some(path.to_path_buf()))
    }

    /// The keys as a database wants them. One that belongs to another key is refused; the first key a new database meets is its
    /// own, and gets a root.
    ///
    /// # Errors
    /// [`EngineError::Internal`] naming the key that is wanted, and what the store gives.
    pub async fn bind(&self, db: &Db) -> EngineResult<Keys> {
        let mut tx = db.reader(Snapshot::No).await?;
        let known = version::fact(&mut tx, KEY_FACT).await?;
        drop(tx);
        if known.is_none() {
            let (id, root) = (self.key_id(), random()?);
            let (kek, wrapped) = self.wrap(&place_of(Keys::ROOT), &root)?;
            let row = NamedKey { name: Keys::ROOT.into(), kek, wrapped, created_at: Utc::now() };
            let first = db.write(move |tx| {
                Box::pin(async move {
                    if version::claim(tx, KEY_FACT, &id).await? {
                        stored::add_named(&row, tx).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            });
            first.await?;
        }
        let mut tx = db.reader(Snapshot::No).await?;
        let known = version::fact(&mut tx, KEY_FACT).await?.unwrap_or_default();
        let root = stored::named(Keys::ROOT, &mut tx).await?;
        drop(tx);
        self.rooted(&known, root.as_ref())
    }

    /// The keys of a database that belongs to the key `current` and has this root.
    ///
    /// # Errors
    /// [`EngineError::Internal`] naming the key that is wanted.
    pub(crate) fn rooted(&self, current: &str, root: Option<&NamedKey>) -> EngineResult<Keys> {
        let ring = self.0.ring.load();
        let Some(key) = ring.key(current) else {
            return Err(EngineError::Internal(format!(
                "this database belongs to the key {current}, but the key file holds {}: put back the right key file",
                self.held()
            )));
        };
        let secret = match root {
            Some(root) => self.unwrap(&place_of(Keys::ROOT), &root.kek, &root.wrapped)?,
            None => key.line.secret,
        };
        Keys::of(secret, Ring { current: current.to_string(), keys: ring.keys.clone() }, self.0.path.clone())
    }

    /// Takes over which key is in use; where it is one that is not known yet, the key file is read again.
    ///
    /// # Errors
    /// [`EngineError::Internal`] where it is not in the key file either.
    pub(crate) fn renew(&self, current: &str) -> EngineResult<()> {
        let ring = self.0.ring.load_full();
        if ring.current == current {
            return Ok(());
        }
        let next = if ring.key(current).is_some() {
            Ring { current: current.to_string(), keys: ring.keys.clone() }
        } else {
            Ring::of(file::read(self.path()?)?, current)?
        };
        if next.key(current).is_none() {
            return Err(EngineError::Internal(format!(
                "the installation's key was replaced by {current}, which is not in the key file: bring it there"
            )));
        }
        self.0.ring.store(Arc::new(next));
        Ok(())
    }

    fn path(&self) -> EngineResult<&Path> {
        let missing = || EngineError::Internal("these keys have no file".into());
        self.0.path.as_deref().ok_or_else(missing)
    }

    /// Puts a new key into the key file, with the one in use marked as retired now; gives the keys with the new one in use, for
    /// wrapping. The file is written before the database says so, so it must be called with the database's row held.
    ///
    /// # Errors
    /// What the disk gives.
    pub(crate) fn begin_next(&self, now: DateTime<Utc>) -> EngineResult<Keys> {
        let (path, current) = (self.path()?, self.key_id());
        let mut lines = file::read(path)?;
        for line in &mut lines {
            if name_of(&line.secret)? == current {
                line.retired = Some(now);
            }
        }
        let next = Line::of(random()?);
        lines.push(next.clone());
        file::replace(path, &lines)?;
        Keys::of(self.0.root, Ring::of(lines, &name_of(&next.secret)?)?, self.0.path.clone())
    }

    /// The root, wrapped by the key in use.
    ///
    /// # Errors
    /// When there is no randomness.
    pub(crate) fn wrapped_root(&self, now: DateTime<Utc>) -> EngineResult<NamedKey> {
        let (kek, wrapped) = self.wrap(&place_of(Keys::ROOT), &self.0.root)?;
        Ok(NamedKey { name: Keys::ROOT.into(), kek, wrapped, created_at: now })
    }

    /// The keys of the key file as it is now.
    ///
    /// # Errors
    /// What the disk gives.
    pub fn lines(&self) -> EngineResult<Vec<KeyLine>> {
        let current = self.key_id();
        let line = |line: Line| {
            let id = name_of(&line.secret)?;
            let is_current = id == current;
            Ok(KeyLine { is_current, retired: line.retired.filter(|_| !is_current), id })
        };
        let lines = match &self.0.path {
            Some(path) => file::read(path)?,
            None => self.0.ring.load().keys.iter().map(|key| key.line.clone()).collect(),
        };
        lines.into_iter().map(line).collect()
    }

    /// Takes keys out of the key file.
    ///
    /// # Errors
    /// What the disk gives.
    pub(crate) fn forget(&self, ids: &[String]) -> EngineResult<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let mut kept = Vec::new();
        for line in file::read(self.path()?)? {
            let id = name_of(&line.secret)?;
            if id == self.key_id() || !ids.contains(&id) {
                kept.push(line);
            }
        }
        file::replace(self.path()?, &kept)?;
        self.0.ring.store(Arc::new(Ring::of(kept, &self.key_id())?));
        Ok(())
    }

    fn held(&self) -> String {
        let ring = self.0.ring.load();
        ring.keys.iter().map(|key| key.id.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// Name of the key in use, which tells nothing about it.
    pub fn key_id(&self) -> String {
        self.0.ring.load().current.clone()
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
        let ring = self.0.ring.load();
        let key = ring.key(&ring.current).ok_or_else(|| EngineError::Internal("there is no key in use".into()))?;
        Ok((key.id.clone(), sealing::seal(&sealing::cipher(&key.wrapping), place, secret)?))
    }

    /// The key that was wrapped by the key `kek`.
    ///
    /// # Errors
    /// [`EngineError::Internal`] where it was not wrapped by this installation, or for another place.
    pub fn unwrap(&self, place: &[u8], kek: &str, wrapped: &[u8]) -> EngineResult<[u8; 32]> {
        let ring = self.0.ring.load();
        let opened = ring.key(kek).and_then(|key| sealing::open(&sealing::cipher(&key.wrapping), place, wrapped));
        opened.and_then(|secret| secret.try_into().ok()).ok_or_else(|| {
            EngineError::Internal(format!(
                "a key was wrapped by the key {kek}, but the key file holds {}: put back the right key file",
                self.held()
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

    /// Makes the digest by which an equal content of a file is known.
    pub fn contents(&self) -> &[u8; 32] {
        &self.0.contents
    }

    /// The key of small secrets at rest.
    pub fn secrets(&self) -> &[u8; 32] {
        &self.0.secrets
    }

    /// Signs what stands between the password and the second factor, and hashes recovery codes.
    pub fn factor(&self) -> &[u8; 32] {
        &self.0.factor
    }

    /// Seals the manifests of backups that were made under the key of that name; nothing where it is not in the key file.
    pub fn backup_of(&self, id: &str) -> Option<[u8; 32]> {
        self.0.ring.load().key(id).map(|key| key.backup)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use std::fs;

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
}
