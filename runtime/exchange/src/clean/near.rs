//! Near duplicates: keys that differ by one or two letters, found without comparing each with each.
//!
//! A key is divided into three pieces. Two keys at most two edits apart share at least one whole piece, moved by at most
//! two places: so only keys that share a piece are compared.

use std::collections::{BTreeSet, HashMap};

/// Most edits that make two keys near.
const EDITS: usize = 2;
const PIECES: usize = EDITS + 1;

/// Shorter keys are never near: two letters make another name of them.
pub const SHORTEST: usize = 8;

/// Most near keys that are told of.
pub const MOST_FOUND: usize = 10;

/// Whether two keys are near but not equal.
pub fn is_near(a: &str, b: &str) -> bool {
    let (first, second) = (a.chars().count(), b.chars().count());
    a != b
        && first >= SHORTEST
        && second >= SHORTEST
        && first.abs_diff(second) <= EDITS
        && strsim::levenshtein(a, b) <= EDITS
}

/// Keys with what they belong to, in the order they came.
#[derive(Debug)]
pub struct NearIndex<T> {
    keys: Vec<(String, T)>,
    pieces: HashMap<(usize, usize, Box<[char]>), Vec<usize>>,
}

impl<T> Default for NearIndex<T> {
    fn default() -> Self {
        Self { keys: Vec::new(), pieces: HashMap::new() }
    }
}

impl<T: Copy> NearIndex<T> {
    /// An empty index.
    pub fn new() -> Self {
        Self { keys: Vec::new(), pieces: HashMap::new() }
    }

    /// Adds a key; short ones are left out.
    pub fn add(&mut self, key: &str, owner: T) {
        let letters: Vec<char> = key.chars().collect();
        if letters.len() < SHORTEST {
            return;
        }
        let id = self.keys.len();
        for (place, (start, length)) in divided(letters.len()).into_iter().enumerate() {
            let piece = letters.get(start..start + length).unwrap_or_default();
            self.pieces.entry((letters.len(), place, piece.into())).or_default().push(id);
        }
        self.keys.push((key.to_owned(), owner));
    }

    /// Whom the keys near to this one belong to, in the order they came; each key once, at most [`MOST_FOUND`].
    pub fn find(&self, key: &str) -> Vec<T> {
        let letters: Vec<char> = key.chars().collect();
        if letters.len() < SHORTEST {
            return Vec::new();
        }
        let mut found = BTreeSet::new();
        for length in letters.len().saturating_sub(EDITS).max(SHORTEST)..=letters.len() + EDITS {
            for (place, (start, size)) in divided(length).into_iter().enumerate() {
                for from in start.saturating_sub(EDITS)..=start + EDITS {
                    let Some(piece) = letters.get(from..from + size) else {
                        continue;
                    };
                    for id in self.pieces.get(&(length, place, piece.into())).into_iter().flatten() {
                        if !found.contains(id) && self.keys.get(*id).is_some_and(|(other, _)| is_near(key, other)) {
                            found.insert(*id);
                        }
                    }
                }
            }
        }
        found.into_iter().take(MOST_FOUND).filter_map(|id| self.keys.get(id)).map(|(_, owner)| *owner).collect()
    }
}

/// Where the pieces of a key of that length begin, and how long they are.
fn divided(length: usize) -> [(usize, usize); PIECES] {
    let short = length / PIECES;
    let long_ones = length % PIECES;
    let mut start = 0;
    std::array::from_fn(|place| {
        let size = short + usize::from(place >= PIECES - long_ones);
        let piece = (start, size);
        start += size;
        piece
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_keys_are_found_wherever_they_differ() {
        let base = "quantumimport";
        let mut index = NearIndex::new();
        index.add(base, 7);
        for near in [
            "quanntumimport",
            "uantumimport",
            "quantumimpor",
            "quantumimportxy",
            "qxantumimpoxt",
            "xyquantumimport",
            "qantumimprt",
            "quantumxmportz",
        ] {
            assert_eq!(index.find(near), [7], "{near}");
        }
        for far in ["quantumimport", "quantumexport1", "qxaxtumimpoxt", "quantum", "import"] {
            assert!(index.find(far).is_empty(), "{far}");
        }
    }

    #[test]
    fn the_index_agrees_with_comparing_each_with_each() {
        let words: Vec<String> = (0_u32..400)
            .map(|n| {
                format!(
                    "{}{}{}",
                    ["sunrise", "sunrisf", "crown"][n as usize % 3],
                    ["tools", "tool", "timber", "toolz"][n as usize / 3 % 4],
                    n % 7
                )
            })
            .collect();
        let mut index = NearIndex::new();
        for (at, word) in words.iter().enumerate() {
            let plain: Vec<usize> = words
                .iter()
                .take(at)
                .enumerate()
                .filter(|(_, other)| is_near(word, other))
                .map(|(other, _)| other)
                .take(MOST_FOUND)
                .collect();
            assert_eq!(index.find(word), plain, "{word}");
            index.add(word, at);
        }
    }
}
