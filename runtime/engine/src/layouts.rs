//! The layout of the catalogue in use, worked out once.

use crate::error::EngineResult;
use arc_swap::ArcSwapOption;
use formwright_core::catalog::Catalog;
use formwright_store::layout::Layout;
use formwright_store::seal::Sealers;
use std::sync::Arc;

/// The last layout asked for, with the catalogue it belongs to.
#[derive(Default)]
pub struct Layouts(ArcSwapOption<(Arc<Catalog>, Arc<Layout>)>);

impl Layouts {
    pub fn of(&self, catalog: &Arc<Catalog>, sealers: &dyn Sealers) -> EngineResult<Arc<Layout>> {
        if let Some(known) = self.0.load().as_ref()
            && Arc::ptr_eq(&known.0, catalog)
        {
            return Ok(known.1.clone());
        }
        let layout = Arc::new(Layout::of(catalog, sealers)?);
        self.0.store(Some(Arc::new((catalog.clone(), layout.clone()))));
        Ok(layout)
    }
}
