//! Formulas worked out over records: what they read elsewhere is looked up, for many records at once.

use crate::error::StoreResult;
use crate::layout::Layout;
use crate::rates;
use crate::select::{Compiler, RemoteLock, TrueEyes, fetch_remote};
use crate::tx::Tx;
use chrono::NaiveDate;
use formwright_core::catalog::Catalog;
use formwright_core::field::ComputedPlace;
use formwright_core::form::Form;
use formwright_core::record::{
    CompanyFacts, Missing, Outcome, RateKey, Record, Remotes, Surroundings, compute_places, fill_defaults,
};
use formwright_core::time::Clock;
use rust_decimal::Decimal;
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// What working out needs to know besides the records.
#[derive(Clone, Copy)]
pub struct World<'a> {
    pub catalog: &'a Catalog,
    pub layout: &'a Layout,
    pub clock: Clock,
    pub facts: &'a dyn CompanyFacts,
}

/// What was looked up, kept while it cannot change.
#[derive(Default)]
pub struct Known {
    rates: HashMap<RateKey, Option<Decimal>>,
    remotes: Remotes,
}

impl Known {
    /// What formulas and rules read besides the record, as far as it is known.
    pub fn around<'a>(
        &'a self,
        world: &World<'a>,
        minor: &'a dyn Fn(&str) -> Option<u32>,
        live: bool,
    ) -> Surroundings<'a> {
        let (remotes, rates) = (&self.remotes, &self.rates);
        Surroundings { clock: world.clock, facts: world.facts, remotes, rates, minor, live }
    }
}

/// Why formulas are worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A save: what is read elsewhere must stay so until it is done. What reads the clock is left empty.
    Save,
    /// To be shown: what reads the clock too, and nothing is held up.
    Show,
    /// What other records changed is taken up: only what follows is worked out.
    Follow,
}

/// Works out the formulas of one record.
pub async fn settle(
    world: &World<'_>,
    form: &Form,
    record: &mut Record,
    reason: Reason,
    known: &mut Known,
    tx: &mut Tx,
) -> StoreResult<Outcome> {
    let outcomes = settle_all(world, form, &form.computed, std::slice::from_mut(record), reason, known, tx).await?;
    Ok(outcomes.into_iter().next().unwrap_or_default())
}

/// Fills in the defaults by expression of a new record where nothing was sent, looking up what they need.
pub async fn fill(
    world: &World<'_>,
    form: &Form,
    record: &mut Record,
    untouched: &(dyn Fn(usize) -> bool + Sync),
    tx: &mut Tx,
) -> StoreResult<Outcome> {
    let mut known = Known::default();
    loop {
        let mut outcome = {
            let minor = |currency: &str| world.catalog.minor(currency);
            let around = known.around(world, &minor, false);
            fill_defaults(form, record, untouched, &around)
        };
        if outcome.wanted.is_empty() && outcome.missing.is_empty() {
            return Ok(outcome);
        }
        let (wanted, missing) = (std::mem::take(&mut outcome.wanted), std::mem::take(&mut outcome.missing));
        look_up(world, wanted, missing, Reason::Show, &mut known, tx).await?;
    }
}

/// Looks up rates that a rule asks for.
///
/// # Errors
/// What the database gives.
pub async fn look_up_rates(wanted: BTreeSet<RateKey>, known: &mut Known, tx: &mut Tx) -> StoreResult<()> {
    for key in wanted {
        let rate = rate_of(&key, tx).await?;
        known.rates.insert(key, rate);
    }
    Ok(())
}

/// Works out some formulas, in the order given, of many records of a form.
pub async fn settle_all(
    world: &World<'_>,
    form: &Form,
    places: &[ComputedPlace],
    records: &mut [Record],
    reason: Reason,
    known: &mut Known,
    tx: &mut Tx,
) -> StoreResult<Vec<Outcome>> {
    loop {
        let mut outcomes = Vec::with_capacity(records.len());
        let (mut missing, mut wanted) = (Missing::default(), BTreeSet::new());
        {
            let minor = |currency: &str| world.catalog.minor(currency);
            let around = known.around(world, &minor, reason == Reason::Show);
            for record in records.iter_mut() {
                let mut outcome = compute_places(form, places, record, &around);
                missing.join(std::mem::take(&mut outcome.missing));
                wanted.append(&mut outcome.wanted);
                outcomes.push(outcome);
            }
        }
        if missing.is_empty() && wanted.is_empty() {
            return Ok(outcomes);
        }
        look_up(world, wanted, missing, reason, known, tx).await?;
    }
}

async fn look_up(
    world: &World<'_>,
    wanted: BTreeSet<RateKey>,
    missing: Missing,
    reason: Reason,
    known: &mut Known,
    tx: &mut Tx,
) -> StoreResult<()> {
    look_up_rates(wanted, known, tx).await?;
    let eyes = TrueEyes { catalog: world.catalog, clock: world.clock, facts: world.facts };
    let lock = if reason == Reason::Save { RemoteLock::Yes } else { RemoteLock::No };
    for (key, (remote, ids)) in missing.0 {
        let ids: Vec<Uuid> = ids.into_iter().collect();
        let compiler = Compiler::new(world.catalog, world.layout, &eyes, tx.dialect());
        let found = fetch_remote(&compiler, &remote, &ids, lock, tx).await?;
        known.remotes.extend(found.into_iter().map(|(id, values)| ((key.clone(), id), values)));
    }
    Ok(())
}

async fn rate_of((currency, day): &(String, NaiveDate), tx: &mut Tx) -> StoreResult<Option<Decimal>> {
    // what no database can hold as text names no currency
    if !formwright_core::fold::is_storable(currency) { Ok(None) } else { rates::of(currency, *day, tx).await }
}
