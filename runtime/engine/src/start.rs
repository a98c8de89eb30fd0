//! Opening an installation: the system tables, the keys, the catalogue of what is published.

use crate::keys::Keys;
use crate::publish::ground;
use crate::{Engine, EngineError, EngineResult, Parts, Settings};
use chrono::{DateTime, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::plan::{IndexSpec, index_specs};
use formwright_store::{Db, Snapshot, ddl, definitions, tables};
use std::sync::Arc;

impl Engine {
    /// Opens an installation over its database: brings the system tables to the newest form, reads or makes the key beside
    /// the data folder, and builds the catalogue of what is published.
    ///
    /// # Errors
    /// When the database was written by a newer program or belongs to another key; what the store gives.
    pub async fn open(
        db: Db,
        settings: Settings,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> EngineResult<Engine> {
        let keys = Keys::load_or_create(&Keys::path_beside(&settings.data))?;
        Engine::open_with(db, settings, keys, clock).await
    }

    /// As [`Engine::open`] with keys that are already at hand.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub async fn open_with(
        db: Db,
        settings: Settings,
        keys: Keys,
        clock: impl Fn() -> DateTime<Utc> + Send + Sync + 'static,
    ) -> EngineResult<Engine> {
        tables::migrate(&db).await?;
        let keys = keys.bind(&db).await?;
        let catalog = read_catalog(&db).await?;
        shorten_indexes(&db, &catalog).await?;
        let engine = Engine::from(Parts { db, settings, catalog, keys, clock: Box::new(clock) });
        engine.vault().load(engine.keys(), engine.db()).await?;
        engine.complete_tables().await?;
        // System work may ask for people before the first request does.
        crate::organisation::fresh(&engine).await?;
        Ok(engine)
    }

    /// Takes over what another process has published, and the people and keys that it has changed, if anything.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn catch_up(&self) -> EngineResult<()> {
        let mut tx = self.db().reader(Snapshot::No).await?;
        let wanted = definitions::revision(&mut tx).await?;
        drop(tx);
        crate::organisation::fresh(self).await?;
        self.catalog_at_least(wanted).await.map(|_| ())
    }

    /// What requests go by: the published revision, and the number of the organisation and the keys.
    pub fn standing(&self) -> (i64, i64) {
        (self.catalog().revision, crate::organisation::current(self).version())
    }

    /// The catalogue, after reading it again where it is older than `revision`.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn catalog_at_least(&self, revision: i64) -> EngineResult<Arc<Catalog>> {
        let now = self.catalog();
        if now.revision >= revision {
            return Ok(now);
        }
        let read = Arc::new(read_catalog(self.db()).await?);
        // its keys came before it
        self.vault().load(self.keys(), self.db()).await?;
        self.take_over(read.clone());
        Ok(if read.revision >= revision { read } else { self.catalog() })
    }

    /// Makes a catalogue the one in use, unless a newer one already is.
    pub(crate) fn take_over(&self, catalog: Arc<Catalog>) {
        self.db().forget_statements();
        self.0.catalog.rcu(|now| if now.revision >= catalog.revision { now.clone() } else { catalog.clone() });
    }
}

/// Makes indexes anew that an earlier version made for whole texts, where the database does not keep them at any length.
async fn shorten_indexes(db: &Db, catalog: &Catalog) -> EngineResult<()> {
    let specs: Vec<IndexSpec> =
        catalog.forms.iter().flat_map(|form| index_specs(catalog, form, &mut Vec::new())).collect();
    let mut tx = db.reader(Snapshot::No).await?;
    let is_due = !ddl::whole_texts(&mut tx, &specs).await?.is_empty();
    drop(tx);
    if !is_due {
        return Ok(());
    }
    let count = db
        .write_alone(move |tx| Box::pin(async move { Ok::<_, EngineError>(ddl::shorten(tx, &specs).await?) }))
        .await?;
    tracing::info!(indexes = count, "indexes of texts were made anew");
    Ok(())
}

async fn read_catalog(db: &Db) -> EngineResult<Catalog> {
    let mut tx = db.reader(Snapshot::Yes).await?;
    let revision = definitions::revision(&mut tx).await?;
    let stored = definitions::definitions(&mut tx).await?;
    let retired = ground::retired_of(&definitions::retired(&mut tx).await?).choices();
    drop(tx);
    ground::catalog_of(revision, &stored, &retired)
}
