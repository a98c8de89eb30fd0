//! An archive under a passphrase, encrypted in chunks.
//!
//! Head: mark, salt, cost of the passphrase (Argon2id), beginning of the nonces. Then chunks, with each of which the head is
//! authenticated.

use super::BackupFault;
use crate::keys::random;
use crate::sealing::chunks::{self, Chunks, START};
use argon2::{Algorithm, Argon2, Params, Version};
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};

const MARK: &[u8; 8] = b"FWSEAL\x00\x01";
const HEAD: usize = 8 + 16 + 12 + START;
/// Cost of a guess: KiB of memory, passes, lanes. Tests guess often.
const COST: [u32; 3] = if cfg!(test) { [64, 1, 1] } else { [64 << 10, 3, 1] };
/// A file may not ask for more memory than this, in KiB.
const MOST_MEMORY: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;

/// Encrypts what is written into it.
pub(super) type SealingWriter = chunks::SealingWriter<File>;
/// Reads an encrypted archive at any place.
pub(super) type SealedReader = chunks::SealedReader<File>;

/// What the chunks behind a head are under.
fn chunks_of(passphrase: &str, head: [u8; HEAD]) -> Result<Chunks, BackupFault> {
    let number = |at: usize| {
        let bytes: [u8; 4] = head.get(at..at + 4).and_then(|b| b.try_into().ok()).unwrap_or_default();
        u32::from_be_bytes(bytes)
    };
    let (memory, passes, lanes) = (number(24), number(28), number(32));
    if memory > MOST_MEMORY || passes > MOST_PASSES || lanes > 16 {
        return Err(BackupFault::Damaged("the cost of its passphrase is not one of ours".into()));
    }
    let wrong = |error: argon2::Error| BackupFault::Damaged(error.to_string());
    let params = Params::new(memory, passes, lanes, Some(32)).map_err(wrong)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), head.get(8..24).unwrap_or_default(), &mut key)
        .map_err(wrong)?;
    let start = head.get(36..).and_then(|b| b.try_into().ok()).unwrap_or([0; START]);
    Ok(Chunks::new(&key, start, head.to_vec()))
}

/// Begins an archive in a new file.
///
/// # Errors
/// When there is no randomness; what the disk gives.
pub(super) fn writer(mut file: File, passphrase: &str) -> Result<SealingWriter, BackupFault> {
    let (salt, start): ([u8; 16], [u8; START]) = (random()?, random()?);
    let cost: Vec<u8> = COST.iter().flat_map(|n| n.to_be_bytes()).collect();
    let text: Vec<u8> = [MARK.as_slice(), &salt, &cost, &start].concat();
    let head: [u8; HEAD] = text.try_into().map_err(|_| BackupFault::Damaged("its head has another length".into()))?;
    file.write_all(&head).map_err(|e| BackupFault::Io("the archive".into(), e))?;
    Ok(SealingWriter::new(file, chunks_of(passphrase, head)?))
}

/// Whether a file begins as one of ours.
pub(super) fn is_sealed(file: &mut File) -> io::Result<bool> {
    let mut mark = [0; 8];
    let mut read = 0;
    while read < mark.len() {
        match file.read(mark.get_mut(read..).unwrap_or_default())? {
            0 => break,
            n => read += n,
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(mark == *MARK)
}

/// Opens an archive.
///
/// # Errors
/// [`BackupFault::WrongPassphrase`], also where the beginning or the end of the file is not what was written.
pub(super) fn reader(mut file: File, passphrase: &str) -> Result<SealedReader, BackupFault> {
    let mut head = [0; HEAD];
    file.read_exact(&mut head).map_err(|e| BackupFault::Damaged(e.to_string()))?;
    let from = u64::try_from(HEAD).unwrap_or(u64::MAX);
    SealedReader::new(file, from, chunks_of(passphrase, head)?).map_err(|_| BackupFault::WrongPassphrase)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::sealing::chunks::CHUNK;
    use proptest::prelude::*;
    use std::io::{Read, Seek, SeekFrom, Write};
    use std::path::Path;

    fn written(path: &Path, content: &[u8]) {
        let mut out = writer(File::create(path).unwrap(), "correct horse").unwrap();
        out.write_all(content).unwrap();
        out.finish().unwrap();
    }

    fn read(path: &Path, passphrase: &str) -> Result<Vec<u8>, BackupFault> {
        let mut out = Vec::new();
        reader(File::open(path).unwrap(), passphrase)?
            .read_to_end(&mut out)
            .map_err(|e| BackupFault::Damaged(e.to_string()))?;
        Ok(out)
    }

    #[test]
    fn what_is_written_comes_back_whatever_its_length_and_at_any_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let content: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            written(&path, &content);
            assert!(is_sealed(&mut File::open(&path).unwrap()).unwrap());
            assert_eq!(read(&path, "correct horse").unwrap(), content, "{length}");
            let mut inside = reader(File::open(&path).unwrap(), "correct horse").unwrap();
            for at in [length / 2, 0, length.saturating_sub(3)] {
                inside.seek(SeekFrom::Start(at as u64)).unwrap();
                let mut tail = Vec::new();
                inside.read_to_end(&mut tail).unwrap();
                assert_eq!(tail, content[at..], "{length} {at}");
            }
        }
        assert!(matches!(read(&path, "wrong horse"), Err(BackupFault::WrongPassphrase)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn a_changed_byte_or_a_missing_end_is_seen(at in 0usize..(2 * CHUNK + 100), cut in 1usize..200) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            written(&path, &vec![7; 2 * CHUNK + 10]);
            let whole = std::fs::read(&path).unwrap();
            let mut bytes = whole.clone();
            let at = 8 + at % (whole.len() - 8);
            bytes[at] ^= 1;
            std::fs::write(&path, &bytes).unwrap();
            // a changed cost may ask for more than any machine has
            if !(24..36).contains(&at) {
                prop_assert!(read(&path, "correct horse").is_err());
            }
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            prop_assert!(read(&path, "correct horse").is_err());
        }
    }
}
