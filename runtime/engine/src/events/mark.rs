//! How far a listener has come, and how he is told so without learning how much happens.

use crate::keys::{mac, mac_matches, random};
use crate::{Engine, EngineResult};
use uuid::Uuid;

/// How far a listener has come: the highest number that passed by, and which of the numbers right below it did. On PostgreSQL
/// a lower number may come after a higher one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) seq: i64,
    /// Bit `n` is the number `seq - 1 - n`.
    below: u64,
}

impl Mark {
    pub(super) fn has(self, seq: i64) -> bool {
        match u32::try_from(self.seq - seq) {
            Ok(0) => true,
            Ok(n) => n > u64::BITS || self.below & (1 << (n - 1)) != 0,
            Err(_) => seq < self.seq,
        }
    }

    pub(super) fn pass(&mut self, seq: i64) {
        if seq > self.seq {
            let step = u32::try_from(seq - self.seq).unwrap_or(u32::MAX);
            // what was the highest number becomes one of those below
            let own = step.checked_sub(1).and_then(|n| 1_u64.checked_shl(n)).unwrap_or(0);
            self.below = self.below.checked_shl(step).unwrap_or(0) | own;
            self.seq = seq;
        } else if let Some(n) = u32::try_from(self.seq - seq).ok().and_then(|n| n.checked_sub(1)) {
            self.below |= 1_u64.checked_shl(n).unwrap_or(0);
        }
    }
}

const MASK: &[u8] = b"event place";
const SEAL: &[u8] = b"event seal";

/// The mark of a listener as he may see it: it tells nothing about how much happens.
pub(super) fn seal(engine: &Engine, user: Uuid, mark: Mark) -> EngineResult<String> {
    let nonce: [u8; 8] = random()?;
    let key = engine.keys().cursor();
    let mask = mac(key, &[MASK, user.as_bytes(), &nonce])?;
    let plain = [mark.seq.to_be_bytes(), mark.below.to_be_bytes()].concat();
    let hidden: Vec<u8> = plain.iter().zip(mask).map(|(a, b)| a ^ b).collect();
    let sign = mac(key, &[SEAL, user.as_bytes(), &nonce, &hidden])?;
    Ok(format!("{}{}{}", hex::encode(nonce), hex::encode(&hidden), hex::encode(sign)))
}

/// The mark behind a text; nothing for what is none of this person's.
pub(super) fn unseal(engine: &Engine, user: Uuid, text: &str) -> EngineResult<Option<Mark>> {
    let Ok(bytes) = hex::decode(text) else { return Ok(None) };
    let (Some(nonce), Some(hidden), Some(sign)) = (bytes.get(..8), bytes.get(8..24), bytes.get(24..)) else {
        return Ok(None);
    };
    let key = engine.keys().cursor();
    if !mac_matches(key, &[SEAL, user.as_bytes(), nonce, hidden], sign) {
        return Ok(None);
    }
    let mask = mac(key, &[MASK, user.as_bytes(), nonce])?;
    let (mut seq, mut below) = ([0; 8], [0; 8]);
    for ((to, from), mask) in seq.iter_mut().chain(below.iter_mut()).zip(hidden).zip(mask) {
        *to = from ^ mask;
    }
    Ok(Some(Mark { seq: i64::from_be_bytes(seq), below: u64::from_be_bytes(below) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_knows_which_numbers_passed_by_in_whatever_order_they_came() {
        let mut mark = Mark::default();
        for seq in [5, 7, 6, 10, 74] {
            mark.pass(seq);
        }
        assert!(mark.has(74) && mark.has(10) && !mark.has(11) && !mark.has(75));
        let mut mark = Mark { seq: 10, below: 0 };
        mark.pass(8);
        mark.pass(12);
        assert!(mark.has(8) && mark.has(10) && mark.has(12) && !mark.has(9) && !mark.has(11));
        assert!(mark.has(-100), "what lies far below is taken as passed");
    }
}
