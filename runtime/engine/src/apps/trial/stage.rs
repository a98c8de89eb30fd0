//! The installation on which an app's tests happen: the app with what it requires, its reference data and people, made once; each
//! test has a copy of its own.

use crate::apps::apply::apply_documents;
use crate::apps::data::load_data;
use crate::apps::folder::{Files, read_files, refused};
use crate::apps::{SaveSink, people_data};
use crate::keys::Keys;
use crate::publish::Publication;
use crate::{Context, Engine, EngineError, EngineResult, Settings};
use chrono::{DateTime, Utc};
use formwright_store::{Db, Durability, SqliteOptions};
use parking_lot::RwLock;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// The clock of one test.
#[derive(Clone)]
pub(super) struct TestTime(Arc<RwLock<DateTime<Utc>>>);

impl TestTime {
    pub(super) fn at(now: DateTime<Utc>) -> TestTime {
        TestTime(Arc::new(RwLock::new(now)))
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        *self.0.read()
    }

    pub(super) fn set(&self, now: DateTime<Utc>) {
        *self.0.write() = now;
    }
}

/// A finished installation that waits to be copied.
pub(super) struct Stage {
    folder: TempDir,
    copies: usize,
}

impl Stage {
    /// Installs `folders`, those that others require first.
    pub(super) async fn set(folders: &[Files], now: DateTime<Utc>) -> EngineResult<Stage> {
        let folder = tempfile::tempdir().map_err(trouble)?;
        let engine = open(&folder.path().join("stage.db"), folder.path(), TestTime::at(now)).await?;
        let cx = Context::system(&engine, "tests of an app");
        let mut documents = Vec::new();
        for files in folders {
            documents.extend(read_files(files).map_err(refused)?);
        }
        let publication = Publication { note: "tests".into(), confirm_all: true, ..Publication::default() };
        apply_documents(&cx, documents, false, &publication).await?;
        let cx = Context { catalog: engine.catalog(), ..cx };
        // nobody signs in here
        people_data::load(&cx, folders, "").await?;
        load_data(&cx, folders, false, &mut SaveSink).await?;
        engine.db().close().await?;
        Ok(Stage { folder, copies: 0 })
    }

    /// An installation of its own for the next test.
    pub(super) async fn copy(&mut self, time: TestTime) -> EngineResult<Engine> {
        self.copies += 1;
        let path = self.folder.path().join(format!("copy{}.db", self.copies));
        tokio::fs::copy(self.folder.path().join("stage.db"), &path).await.map_err(trouble)?;
        open(&path, self.folder.path(), time).await
    }
}

async fn open(path: &Path, data: &Path, time: TestTime) -> EngineResult<Engine> {
    let db = Db::open_sqlite(path, SqliteOptions { durability: Durability::Normal, readers: 1 }).await?;
    let settings = Settings { data: PathBuf::from(data), ..Settings::default() };
    Engine::open_with(db, settings, Keys::from_bytes([0; 32])?, move || time.now()).await
}

fn trouble(error: std::io::Error) -> EngineError {
    EngineError::Internal(format!("a place for tests: {error}"))
}
