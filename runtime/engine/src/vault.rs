//! The keys of encrypted fields: random, one set for each field, kept in the database wrapped by the installation's key.
//!
//! A sealed value is, in base64, `v1 | id of the key | nonce | ciphertext and tag` under XChaCha20-Poly1305; what it is bound to
//! (table, field, record) is authenticated with it, so that a value that was moved does not open.

use crate::keys::{Keys, mac, random};
use crate::{EngineResult, sealing};
use arc_swap::ArcSwap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use chacha20poly1305::XChaCha20Poly1305;
use chrono::{DateTime, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::field::Field;
use formwright_store::keys::{self as stored, FieldKey};
use formwright_store::seal::{Sealer, Sealers};
use formwright_store::{Db, Snapshot, StoreError, StoreResult};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// Form of a sealed value.
const VERSION: u8 = 1;
/// Version and id of the key.
const HEAD: usize = 1 + 16;
/// Characters of a blind index: 128 bits.
const BLIND: usize = 32;
/// What a key is for.
const VALUE: &str = "value";
const INDEX: &str = "index";

/// The keys of all fields, opened. A field keeps its ring for good, so that layouts that were made with it see new keys too.
#[derive(Default)]
pub struct Vault(ArcSwap<HashMap<String, Arc<Ring>>>);

/// The keys of a field.
#[derive(Default)]
struct Ring(ArcSwap<Opened>);

#[derive(Default)]
struct Opened {
    /// The last one seals.
    values: Vec<(Uuid, XChaCha20Poly1305)>,
    index: Option<[u8; 32]>,
}

impl Vault {
    /// Reads the keys that are in the database.
    ///
    /// # Errors
    /// Where a key was not wrapped by this installation's key; what the store gives.
    pub async fn load(&self, keys: &Keys, db: &Db) -> EngineResult<()> {
        let mut tx = db.reader(Snapshot::No).await?;
        let rows = stored::all(&mut tx).await?;
        drop(tx);
        let mut opened: HashMap<String, Opened> = HashMap::new();
        for row in rows {
            let secret = unwrap(keys, &row)?;
            let ring = opened.entry(row.field.clone()).or_default();
            match row.purpose.as_str() {
                VALUE => ring.values.push((row.id, sealing::cipher(&secret))),
                _ => ring.index = Some(secret),
            }
        }
        let known = self.0.load();
        let rings = opened.into_iter().map(|(field, opened)| {
            let ring = known.get(&field).cloned().unwrap_or_default();
            ring.0.store(Arc::new(opened));
            (field, ring)
        });
        self.0.store(Arc::new(rings.collect()));
        Ok(())
    }

    /// Sees to it that every encrypted field of a catalogue has its keys. Of several processes all end up with the same.
    ///
    /// # Errors
    /// When there is no randomness; as [`Vault::load`].
    pub async fn provide(&self, keys: &Keys, db: &Db, catalog: &Catalog, now: DateTime<Utc>) -> EngineResult<()> {
        let known = self.0.load_full();
        let mut new = Vec::new();
        for field in encrypted(catalog).filter(|f| !known.contains_key(&f.id)) {
            for purpose in [VALUE, INDEX] {
                new.push(wrap(keys, &field.id, purpose, 1, now)?);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        db.write(move |tx| {
            Box::pin(async move {
                for key in &new {
                    stored::add(key, tx).await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await?;
        self.load(keys, db).await
    }
}

impl Sealers for Vault {
    fn sealer(&self, field: &str) -> Option<Arc<dyn Sealer>> {
        self.0.load().get(field).map(|ring| ring.clone() as Arc<dyn Sealer>)
    }
}

/// The encrypted fields of all forms, columns of child tables among them.
pub fn encrypted(catalog: &Catalog) -> impl Iterator<Item = &Field> {
    let fields = catalog.forms.iter().flat_map(|form| &form.fields);
    fields
        .flat_map(|field| std::iter::once(field).chain(field.table().into_iter().flat_map(|table| &table.fields)))
        .filter(|field| field.is_encrypted())
}

impl Sealer for Ring {
    fn seal(&self, place: &[u8], text: &str) -> StoreResult<String> {
        let missing = || StoreError::Other("a field without a key".into());
        let opened = self.0.load();
        let (id, cipher) = opened.values.last().ok_or_else(missing)?;
        let sealed = sealing::seal(cipher, place, text.as_bytes()).map_err(|e| StoreError::Other(e.to_string()))?;
        let mut out = Vec::with_capacity(HEAD + sealed.len());
        out.push(VERSION);
        out.extend_from_slice(id.as_bytes());
        out.extend_from_slice(&sealed);
        Ok(BASE64.encode(out))
    }

    fn open(&self, place: &[u8], sealed: &str) -> Option<String> {
        let bytes = BASE64.decode(sealed).ok()?;
        let (id, sealed) = taken_apart(&bytes)?;
        let opened = self.0.load();
        let (_, cipher) = opened.values.iter().find(|(known, _)| *known == id)?;
        let text = sealing::open(cipher, place, sealed)?;
        String::from_utf8(text).ok()
    }

    fn is_current(&self, sealed: &str) -> bool {
        let bytes = BASE64.decode(sealed).unwrap_or_default();
        let newest = self.0.load().values.last().map(|(id, _)| *id);
        newest.is_some() && taken_apart(&bytes).map(|(id, _)| id) == newest
    }

    fn blind(&self, text: &str) -> StoreResult<String> {
        let key = self.0.load().index.ok_or_else(|| StoreError::Other("a field without a key".into()))?;
        let digest = mac(&key, &[text.as_bytes()]).map_err(|error| StoreError::Other(error.to_string()))?;
        let mut out = hex::encode(digest);
        out.truncate(BLIND);
        Ok(out)
    }
}

/// The id of the key, and what stands under it.
fn taken_apart(bytes: &[u8]) -> Option<(Uuid, &[u8])> {
    let (head, sealed) = bytes.split_at_checked(HEAD)?;
    let (version, id) = head.split_first()?;
    if *version == VERSION { Some((Uuid::from_slice(id).ok()?, sealed)) } else { None }
}

/// The next key of a field, above those that are there.
///
/// # Errors
/// When there is no randomness.
pub(crate) fn next_key(keys: &Keys, field: &str, known: &[FieldKey], now: DateTime<Utc>) -> EngineResult<FieldKey> {
    let numbers = known.iter().filter(|key| key.field == field && key.purpose == VALUE).map(|key| key.number);
    wrap(keys, field, VALUE, numbers.max().unwrap_or(0) + 1, now)
}

/// The same key wrapped by the key in use of `to`.
///
/// # Errors
/// Where `from` cannot open it; when there is no randomness.
pub(crate) fn rewrapped(from: &Keys, to: &Keys, row: FieldKey) -> EngineResult<FieldKey> {
    let (kek, wrapped) = to.wrap(&binding(&row.field, &row.purpose, row.number, row.id), &unwrap(from, &row)?)?;
    Ok(FieldKey { kek, wrapped, ..row })
}

/// Of each field the newest key of its values.
pub(crate) fn newest(known: &[FieldKey]) -> impl Iterator<Item = &FieldKey> {
    let old: Vec<Uuid> = outdated(known).map(|key| key.id).collect();
    known.iter().filter(move |key| key.purpose == VALUE && !old.contains(&key.id))
}

/// Of each field the keys of its values that are not the newest.
pub(crate) fn outdated(known: &[FieldKey]) -> impl Iterator<Item = &FieldKey> {
    known.iter().filter(|key| {
        let newer = |other: &&FieldKey| other.field == key.field && other.purpose == VALUE && other.number > key.number;
        key.purpose == VALUE && known.iter().any(|other| newer(&other))
    })
}

/// What a wrapped key is bound to.
fn binding(field: &str, purpose: &str, number: i64, id: Uuid) -> Vec<u8> {
    format!("fw_field_keys|{field}|{purpose}|{number}|{id}").into_bytes()
}

fn wrap(keys: &Keys, field: &str, purpose: &str, number: i64, now: DateTime<Utc>) -> EngineResult<FieldKey> {
    let secret: [u8; 32] = random()?;
    let id = Uuid::new_v4();
    let (kek, wrapped) = keys.wrap(&binding(field, purpose, number, id), &secret)?;
    Ok(FieldKey { field: field.to_string(), purpose: purpose.to_string(), number, id, kek, wrapped, created_at: now })
}

fn unwrap(keys: &Keys, row: &FieldKey) -> EngineResult<[u8; 32]> {
    keys.unwrap(&binding(&row.field, &row.purpose, row.number, row.id), &row.kek, &row.wrapped)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ring(secret: u8) -> Ring {
        Ring(ArcSwap::from_pointee(Opened {
            values: vec![(Uuid::from_u128(u128::from(secret)), sealing::cipher(&[secret; 32]))],
            index: Some([secret; 32]),
        }))
    }

    #[test]
    fn a_value_opens_at_its_own_place_with_its_own_key_and_is_never_sealed_twice_alike() {
        let mine = ring(1);
        let sealed = mine.seal(b"d_f|c_a|1", "DE89 3704").unwrap();
        assert_ne!(sealed, mine.seal(b"d_f|c_a|1", "DE89 3704").unwrap());
        assert_eq!(mine.open(b"d_f|c_a|1", &sealed).as_deref(), Some("DE89 3704"));
        assert_eq!(mine.open(b"d_f|c_a|2", &sealed), None);
        assert_eq!(ring(2).open(b"d_f|c_a|1", &sealed), None);
        assert_eq!(mine.open(b"d_f|c_a|1", "DE89 3704"), None);
        assert_eq!(mine.open(b"d_f|c_a|1", ""), None);
        let mut bytes = BASE64.decode(&sealed).unwrap();
        for at in 0..bytes.len() {
            bytes[at] ^= 1;
            assert_eq!(mine.open(b"d_f|c_a|1", &BASE64.encode(&bytes)), None, "bit of byte {at}");
            bytes[at] ^= 1;
        }
    }

    #[test]
    fn older_keys_still_open_what_they_sealed() {
        let old = ring(1).seal(b"x", "a").unwrap();
        let values = [1, 2].map(|n| (Uuid::from_u128(n), sealing::cipher(&[u8::try_from(n).unwrap(); 32])));
        let both = Ring(ArcSwap::from_pointee(Opened { values: values.into(), index: None }));
        assert_eq!(both.open(b"x", &old).as_deref(), Some("a"));
        assert!(!both.is_current(&old) && both.is_current(&both.seal(b"x", "a").unwrap()) && !both.is_current(""));
        assert_eq!(ring(2).open(b"x", &both.seal(b"x", "b").unwrap()).as_deref(), Some("b"));
    }

    #[test]
    fn a_blind_index_is_the_same_for_the_same_text_under_the_same_key_only() {
        assert_eq!(ring(1).blind("a").unwrap(), ring(1).blind("a").unwrap());
        assert_ne!(ring(1).blind("a").unwrap(), ring(2).blind("a").unwrap());
        assert_eq!(ring(1).blind("a").unwrap().len() * 4, 128);
    }

    #[test]
    fn a_wrapped_key_is_bound_to_its_field_and_to_the_installation() {
        let (keys, other) = (Keys::from_bytes([7; 32]).unwrap(), Keys::from_bytes([8; 32]).unwrap());
        let key = wrap(&keys, "c_a", VALUE, 1, DateTime::UNIX_EPOCH).unwrap();
        assert!(unwrap(&keys, &key).is_ok());
        assert!(unwrap(&other, &key).is_err());
        assert!(unwrap(&keys, &FieldKey { field: "c_b".into(), ..key }).is_err());
    }
}
