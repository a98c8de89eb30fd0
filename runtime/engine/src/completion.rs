//! Tables of an older program, brought to what this one keeps beside the values.

use crate::{Engine, EngineError, EngineResult};
use formwright_store::ddl;

impl Engine {
    /// Adds the columns and indexes that forms published by an older program have not yet, before the first request.
    ///
    /// # Errors
    /// What the store gives.
    pub(crate) async fn complete_tables(&self) -> EngineResult<()> {
        let catalog = self.catalog();
        let layout = self.layout(&catalog)?;
        let completed = self
            .db()
            .write(move |tx| {
                Box::pin(async move { ddl::complete(tx, &catalog, &layout).await.map_err(EngineError::from) })
            })
            .await?;
        if !completed.is_empty() {
            self.db().forget_statements();
        }
        Ok(())
    }
}
