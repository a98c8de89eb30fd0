//! Slowing down whoever guesses: by account, by address, by browser. Delays, never a lock that a stranger can put on
//! somebody's account for long.

use crate::{EngineError, Refusal};
use ahash::AHashMap;
use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::error_code as code;
use parking_lot::Mutex;
use std::hash::Hash;
use std::net::IpAddr;

/// Failures that cost nothing.
const FREE_FAILURES: i64 = 5;
/// Longest wait between two attempts, in seconds.
const MAX_WAIT: i64 = 60;
/// Failures in a row after which a password sign-in rests until a reset.
const MAX_FAILURES: i64 = 100;
/// Failures of one address within [`ADDRESS_WINDOW`].
const ADDRESS_FAILURES: u32 = 100;
const ADDRESS_WINDOW: TimeDelta = TimeDelta::minutes(10);
/// Entries kept in memory before old ones are dropped.
const KEPT: usize = 20_000;

/// Failures in a row and until when no attempt is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Failures {
    pub(super) count: i64,
    pub(super) blocked_until: Option<DateTime<Utc>>,
}

impl Failures {
    /// One more, at that time.
    pub(super) fn plus_one(self, now: DateTime<Utc>) -> Failures {
        let count = self.count.saturating_add(1);
        let wait = match count.checked_sub(FREE_FAILURES) {
            Some(over @ 0..=5) => 1_i64.checked_shl(u32::try_from(over).unwrap_or(0)).unwrap_or(MAX_WAIT),
            Some(over) if over > 5 => MAX_WAIT,
            _ => 0,
        };
        let blocked_until = (wait > 0).then(|| now + TimeDelta::seconds(wait));
        Failures { count, blocked_until }
    }

    /// Refuses an attempt that comes too early, the right password or not.
    pub(super) fn check(self, now: DateTime<Utc>) -> Result<(), EngineError> {
        if self.count >= MAX_FAILURES {
            return Err(limited(3600));
        }
        match self.blocked_until {
            Some(until) if until > now => Err(limited(seconds_up(until - now))),
            _ => Ok(()),
        }
    }
}

fn seconds_up(wait: TimeDelta) -> u64 {
    let millis = u64::try_from(wait.num_milliseconds()).unwrap_or(0);
    millis.div_ceil(1000).max(1)
}

/// 429 with the seconds to wait.
pub(super) fn limited(seconds: u64) -> EngineError {
    let mut refusal = Refusal::new(&code::RATE_LIMITED).with("seconds", seconds);
    refusal.retry_after = Some(seconds);
    refusal.into()
}

/// Counts in memory of this process.
#[derive(Default)]
pub(super) struct Throttle {
    addresses: Mutex<AHashMap<Network, (DateTime<Utc>, u32)>>,
    others: Mutex<AHashMap<Subject, Failures>>,
}

/// What is counted in memory because the database has no row for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A login that nobody has; it must behave as one that somebody has.
    Unknown(String),
    /// A browser in which the person signed in before.
    Device([u8; 16]),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4([u8; 4]),
    /// The /64 of a subscriber.
    V6([u8; 8]),
}

impl Network {
    fn of(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(v4) => Network::V4(v4.octets()),
            IpAddr::V6(v6) => {
                let mut prefix = [0; 8];
                for (to, from) in prefix.iter_mut().zip(v6.octets()) {
                    *to = from;
                }
                Network::V6(prefix)
            }
        }
    }
}

impl Throttle {
    /// Refuses an address from which too many attempts failed lately.
    pub(super) fn check_address(&self, address: Option<IpAddr>, now: DateTime<Utc>) -> Result<(), EngineError> {
        let Some(address) = address else { return Ok(()) };
        match self.addresses.lock().get(&Network::of(address)) {
            Some((since, count)) if *count >= ADDRESS_FAILURES && now - *since < ADDRESS_WINDOW => {
                Err(limited(seconds_up(*since + ADDRESS_WINDOW - now)))
            }
            _ => Ok(()),
        }
    }

    /// Notes a failure from an address.
    pub(super) fn failed_address(&self, address: Option<IpAddr>, now: DateTime<Utc>) {
        let Some(address) = address else { return };
        let mut addresses = self.addresses.lock();
        if addresses.len() >= KEPT {
            addresses.retain(|_, (since, _)| now - *since < ADDRESS_WINDOW);
        }
        let entry = addresses.entry(Network::of(address)).or_insert((now, 0));
        if now - entry.0 >= ADDRESS_WINDOW {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(1);
    }

    pub(super) fn check(&self, subject: &Subject, now: DateTime<Utc>) -> Result<(), EngineError> {
        self.others.lock().get(subject).copied().unwrap_or_default().check(now)
    }

    pub(super) fn failed(&self, subject: Subject, now: DateTime<Utc>) {
        let mut others = self.others.lock();
        if others.len() >= KEPT {
            others.retain(|_, failures| failures.blocked_until.is_some_and(|until| until + ADDRESS_WINDOW > now));
        }
        let entry = others.entry(subject).or_default();
        *entry = entry.plus_one(now);
    }

    pub(super) fn succeeded(&self, subject: &Subject) {
        self.others.lock().remove(subject);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn waits_double_from_the_fifth_failure_to_a_minute_and_end_in_a_rest() {
        let now = DateTime::UNIX_EPOCH;
        let mut failures = Failures::default();
        let mut waits = Vec::new();
        for _ in 0..13 {
            failures = failures.plus_one(now);
            waits.push(failures.blocked_until.map_or(0, |until| (until - now).num_seconds()));
        }
        assert_eq!(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(failures.check(now + TimeDelta::seconds(59)).is_err());
        assert!(failures.check(now + TimeDelta::seconds(60)).is_ok());
        let tired = Failures { count: 100, blocked_until: None };
        assert!(tired.check(now + TimeDelta::days(30)).is_err());
    }

    #[test]
    fn an_office_shares_an_address_and_a_subscriber_his_network() {
        let throttle = Throttle::default();
        let now = DateTime::UNIX_EPOCH;
        let near: Option<IpAddr> = Some("2001:db8:1:2::1".parse().unwrap());
        let same: Option<IpAddr> = Some("2001:db8:1:2:ffff::9".parse().unwrap());
        let other: Option<IpAddr> = Some("2001:db8:1:3::1".parse().unwrap());
        for _ in 0..100 {
            throttle.check_address(near, now).unwrap();
            throttle.failed_address(near, now);
        }
        assert!(throttle.check_address(same, now).is_err());
        assert!(throttle.check_address(other, now).is_ok());
        assert!(throttle.check_address(same, now + TimeDelta::minutes(10)).is_ok());
    }
}
