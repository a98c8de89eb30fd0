//! What a write leads to elsewhere, within its transaction: kept values of other records follow, and whoever looks at those is
//! told. They get no new version, no history and no new author: nobody wrote them, and whoever is editing them meets no
//! conflict over a number that he cannot type.

use super::saver::Saver;
use crate::company::{Company, Facts};
use crate::context::Context;
use crate::error::{EngineError, EngineResult};
use crate::{Engine, jobs};
use chrono::Utc;
use formwright_core::catalog::Catalog;
use formwright_core::diagnostic::Fault;
use formwright_core::error_code as code;
use formwright_core::expr::Uses;
use formwright_core::graph::{Node, Of, field_of};
use formwright_core::record::Record;
use formwright_core::time::Clock;
use formwright_store::computed::World;
use formwright_store::follow::{self, Followed, Written};
use formwright_store::jobs::Job;
use formwright_store::layout::Layout;
use formwright_store::select::AccessSource;
use formwright_store::{Snapshot, StoreError, Tx, records};
use serde_json::json;
use std::sync::Arc;
use uuid::Uuid;

impl Saver {
    /// What working out needs to know.
    pub(crate) fn world(&self) -> World<'_> {
        World { catalog: &self.cx.catalog, layout: &self.layout, clock: self.cx.clock(), facts: self.access.facts() }
    }

    /// Works out what follows from a record that was written: `old` where it was among the live records before, `new` where it
    /// is now; `is_new` where it was never there.
    pub(super) async fn follow_on(
        &self,
        form: usize,
        old: Option<&Record>,
        new: Option<&Record>,
        is_new: bool,
        tx: &mut Tx,
    ) -> EngineResult<()> {
        let Some(id) = new.or(old).map(|r| r.id) else { return Ok(()) };
        let written = Written { form, id, old, new, is_new };
        let followed = follow::after_write(&self.world(), &written, tx).await.map_err(|e| self.not_followed(e))?;
        let told = old.is_some() || is_new;
        tell(&self.layout, &followed, told.then_some((form, id)), self.cx.now, tx).await?;
        if followed.deferred > 0 {
            self.cx.engine.background().wake();
        }
        Ok(())
    }

    /// A value elsewhere that cannot be worked out or kept refuses the write. Of what the caller may not know nothing is named.
    fn not_followed(&self, error: StoreError) -> EngineError {
        let StoreError::Uncomputable { form, path, record, code: why, args } = error else { return error.into() };
        let mut cause = Fault::new("", code::find(why).unwrap_or(&code::NUMBER_TOO_LONG));
        cause.args = args;
        let known = self.cx.catalog.form_index(&form).is_some_and(|index| {
            self.cx
                .catalog
                .forms
                .get(index)
                .is_some_and(|f| !self.access.access(index).is_none() && self.sees_path(index, f, &path))
        });
        let fault = if known {
            let reason = cause.message(self.cx.locale);
            Fault::new("", &code::FORMULA_UNKEPT)
                .with("record", format!("{form}/{record} ({path})"))
                .with("reason", reason.trim_end_matches(['.', '。']))
        } else {
            cause
        };
        EngineError::faults(&code::VALIDATION, vec![fault])
    }
}

impl Engine {
    /// Compares every kept computed value with what it should be: by form, and the number of values that wait for their job.
    ///
    /// # Errors
    /// What the store gives.
    pub async fn compare_computed(&self) -> EngineResult<(Vec<(String, follow::Report)>, i64)> {
        let catalog = self.catalog();
        let (layout, facts) = (self.layout(&catalog)?, Facts::of(self, &catalog));
        let clock = Clock { now: self.now(), zone: self.company(&catalog).zone };
        let world = World { catalog: &catalog, layout: &layout, clock, facts: &facts };
        let mut out = Vec::new();
        for (index, form) in catalog.forms.iter().enumerate().filter(|(_, f)| !f.computed.is_empty()) {
            let mut tx = self.db().reader(Snapshot::Yes).await?;
            out.push((form.name.clone(), follow::compare(&world, index, &mut tx).await?));
        }
        let mut tx = self.db().reader(Snapshot::No).await?;
        Ok((out, follow::queue::waiting(&mut tx).await?))
    }
}

/// Tells whoever looks at records that followed, and sees to it that what was put aside is worked out. `told` was told of
/// already.
pub(crate) async fn tell(
    layout: &Layout,
    followed: &Followed,
    told: Option<(usize, Uuid)>,
    now: chrono::DateTime<Utc>,
    tx: &mut Tx,
) -> EngineResult<()> {
    for (form, ids) in &followed.changed {
        let Some(form_layout) = layout.forms.get(*form) else { continue };
        let ids: Vec<Uuid> = ids.iter().copied().filter(|id| told != Some((*form, *id))).collect();
        if !ids.is_empty() {
            records::append_events(form_layout, &ids, now, tx).await?;
        }
    }
    if followed.deferred > 0 {
        let job = Job {
            id: Uuid::now_v7(),
            kind: jobs::FOLLOW.into(),
            owner: None,
            state: "queued".into(),
            done: 0,
            total: Some(i64::try_from(followed.deferred).unwrap_or(i64::MAX)),
            attempts: 0,
            created_at: now,
            run_at: Utc::now(),
            finished_at: None,
            input: json!({}).to_string(),
            result: None,
            fence: 0,
        };
        formwright_store::jobs::add(&job, tx).await?;
    }
    Ok(())
}

/// What is needed to work out what follows from a change of something besides records, owned.
#[derive(Clone)]
pub(crate) struct Around {
    catalog: Arc<Catalog>,
    layout: Arc<Layout>,
    clock: Clock,
    facts: Facts,
}

impl Around {
    /// With the company as it is known.
    pub fn of(cx: &Context) -> EngineResult<Around> {
        Around::with(cx, cx.engine.company(&cx.catalog).as_ref().clone())
    }

    /// With the company as it will be.
    pub fn with(cx: &Context, company: Company) -> EngineResult<Around> {
        Ok(Around {
            catalog: cx.catalog.clone(),
            layout: cx.engine.layout(&cx.catalog)?,
            clock: cx.clock(),
            facts: Facts::new(cx.catalog.clone(), Arc::new(company)),
        })
    }

    fn world(&self) -> World<'_> {
        World { catalog: &self.catalog, layout: &self.layout, clock: self.clock, facts: &self.facts }
    }

    /// A person or a department was changed.
    pub async fn people_changed(&self, of: Of, id: Uuid, tx: &mut Tx) -> EngineResult<()> {
        if self.catalog.graph.edges(of).is_empty() {
            return Ok(());
        }
        let followed = follow::after_people(&self.world(), of, &[id], tx).await?;
        tell(&self.layout, &followed, None, self.clock.now, tx).await
    }

    /// Something was changed that formulas use besides records: `concerns` says it of what one uses.
    pub async fn facts_changed(&self, concerns: &(dyn Fn(Uses) -> bool + Sync), tx: &mut Tx) -> EngineResult<()> {
        let graph = &self.catalog.graph;
        let reads = |node: &Node| {
            let form = self.catalog.forms.get(node.form)?;
            Some(concerns(field_of(form, node.place)?.formula()?.expression.uses()))
        };
        let nodes: Vec<usize> =
            graph.nodes.iter().enumerate().filter(|(_, n)| reads(n) == Some(true)).map(|(i, _)| i).collect();
        if nodes.is_empty() {
            return Ok(());
        }
        let followed = follow::again(&self.world(), nodes, tx).await?;
        tell(&self.layout, &followed, None, self.clock.now, tx).await
    }
}
