//! The key file of a backup that is to be restored: found by the name of its key, and put in its place.

use formwright_engine::backup::{self, Archive};
use formwright_engine::keys::Keys;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The keys of a backup, whose file lies where the installation looks for it. Where it was brought there it goes away again
/// unless it is kept.
pub struct KeyFile {
    pub keys: Keys,
    brought: Option<PathBuf>,
}

impl KeyFile {
    /// The installation is there: its key stays with it.
    pub fn keep(mut self) {
        if let Some(path) = self.brought.take() {
            println!("the key is at {}: keep a copy of it elsewhere", path.display());
        }
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        if let Some(path) = &self.brought {
            let _ = fs::remove_file(path);
        }
    }
}

/// Finds the key of an archive for an installation in `data`. `named` is the file that the operator says it is.
///
/// # Errors
/// A sentence that names the key which is wanted, and where it can be put.
pub fn find(archive: &Archive, data: &Path, named: Option<&Path>) -> Result<KeyFile, String> {
    let wanted = backup::wanted_key(archive).map_err(|e| e.to_string())?;
    let id = wanted.id.unwrap_or_default();
    let place = Keys::path_beside(data);
    if place.exists() {
        let keys = Keys::load_or_create(&place).map_err(|e| e.to_string())?;
        return match backup::is_key_of(archive, &keys).map_err(|e| e.to_string())? {
            true => Ok(KeyFile { keys, brought: None }),
            false => Err(format!(
                "the backup belongs to the key {id}, but {} holds another: move that away first",
                place.display()
            )),
        };
    }
    let read = |path: &Path| fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()));
    let texts = match named {
        Some(path) => vec![read(path)?],
        None => wanted.inside.into_iter().chain(wanted.path.as_deref().and_then(|path| read(path).ok())).collect(),
    };
    for text in texts {
        let brought = bring(&text, &place)?;
        let found = KeyFile { keys: Keys::load_or_create(&place).map_err(|e| e.to_string())?, brought: Some(brought) };
        if backup::is_key_of(archive, &found.keys).map_err(|e| e.to_string())? {
            return Ok(found);
        }
    }
    Err(match named {
        Some(path) => format!("the backup belongs to the key {id}, which {} does not hold", path.display()),
        None => format!(
            "the backup belongs to the key {id}: put its file at {}, or name it with --key-file",
            place.display()
        ),
    })
}

/// Writes a key file for its owner alone.
fn bring(text: &str, place: &Path) -> Result<PathBuf, String> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(place).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map(|()| place.to_path_buf()).map_err(|e| format!("{}: {e}", place.display()))
}
