//! Near duplicates: keys that differ by one or two letters, found without comparing each with each.
//!
//! A key is divided into three pieces. Two keys at most two edits apart share at least one whole piece, moved by at most
//! two places: so only keys that share a piece are compared. Where many share one (branches, numbered names), the keys are
//! kept as trees besides, one by their beginnings and one by their ends: of two edits at most one is in the first half, or
//! at most one in the second, so in each tree only the branches are followed that spend at most half of the edits on the
//! half that comes first.

use std::collections::{BTreeSet, HashMap};

/// Most edits that make two keys near.
pub const EDITS: u8 = 2;
const PIECES: usize = EDITS as usize + 1;

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
        && first.abs_diff(second) <= usize::from(EDITS)
        && strsim::levenshtein(a, b) <= usize::from(EDITS)
}

/// Keys that share a piece before the trees are worth their room.
const CROWDED: usize = 100;

/// Keys with what they belong to, in the order they came.
#[derive(Debug)]
pub struct NearIndex<T> {
    keys: Vec<(String, T)>,
    pieces: HashMap<(usize, usize, Box<[char]>), Vec<usize>>,
    trees: Option<Trees>,
}

impl<T> Default for NearIndex<T> {
    fn default() -> Self {
        Self { keys: Vec::new(), pieces: HashMap::new(), trees: None }
    }
}

impl<T: Copy> NearIndex<T> {
    /// An empty index.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key; short ones are left out.
    pub fn add(&mut self, key: &str, owner: T) {
        let letters: Vec<char> = key.chars().collect();
        if letters.len() < SHORTEST {
            return;
        }
        let id = self.keys.len();
        let mut crowded = false;
        for (place, (start, length)) in divided(letters.len()).into_iter().enumerate() {
            let piece = letters.get(start..start + length).unwrap_or_default();
            let sharing = self.pieces.entry((letters.len(), place, piece.into())).or_default();
            sharing.push(id);
            crowded |= sharing.len() > CROWDED;
        }
        if crowded && self.trees.is_none() {
            let mut trees = Trees::default();
            self.keys.iter().for_each(|(key, _)| trees.add(key));
            self.trees = Some(trees);
        }
        if let Some(trees) = &mut self.trees {
            trees.add(key);
        }
        self.keys.push((key.to_owned(), owner));
    }

    /// Whom the keys that are at most `edits` (one or two) from this one, and not equal to it, belong to, in the order
    /// they came; each key once, at most [`MOST_FOUND`]. Where there are more, those that are met first are told.
    pub fn find(&self, key: &str, edits: u8) -> Vec<T> {
        let letters: Vec<char> = key.chars().collect();
        if letters.len() < SHORTEST {
            return Vec::new();
        }
        let (edits, mut found) = (edits.min(EDITS), BTreeSet::new());
        let sharing = self.sharing(&letters);
        match &self.trees {
            Some(trees) if sharing.iter().map(|ids| ids.len()).sum::<usize>() > CROWDED => {
                trees.find(&letters, edits, &mut found);
            }
            _ => {
                for id in sharing.into_iter().flatten() {
                    let is_hit = |other: &str| is_near(key, other) && strsim::levenshtein(key, other) <= edits.into();
                    if !found.contains(id) && self.keys.get(*id).is_some_and(|(other, _)| is_hit(other)) {
                        found.insert(*id);
                    }
                }
            }
        }
        found.into_iter().take(MOST_FOUND).filter_map(|id| self.keys.get(id)).map(|(_, owner)| *owner).collect()
    }

    /// The keys that share a piece with one, by piece.
    fn sharing(&self, letters: &[char]) -> Vec<&[usize]> {
        let moved = usize::from(EDITS);
        let mut out = Vec::new();
        for length in letters.len().saturating_sub(moved).max(SHORTEST)..=letters.len() + moved {
            for (place, (start, size)) in divided(length).into_iter().enumerate() {
                for from in start.saturating_sub(moved)..=start + moved {
                    let piece = letters.get(from..from + size);
                    out.extend(
                        piece.and_then(|piece| self.pieces.get(&(length, place, piece.into()))).map(Vec::as_slice),
                    );
                }
            }
        }
        out
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

/// The keys by their beginnings and by their ends.
#[derive(Debug, Default)]
struct Trees {
    beginnings: Tree,
    ends: Tree,
}

impl Trees {
    fn add(&mut self, key: &str) {
        self.beginnings.add(key.chars().collect());
        self.ends.add(key.chars().rev().collect());
    }

    fn find(&self, letters: &[char], edits: u8, found: &mut BTreeSet<usize>) {
        let half = letters.len() / 2;
        self.beginnings.find(&Asked { letters, half, edits }, found);
        if found.len() < MOST_FOUND {
            let turned: Vec<char> = letters.iter().rev().copied().collect();
            self.ends.find(&Asked { letters: &turned, half: letters.len() - half, edits }, found);
        }
    }
}

/// No node and no key.
const NONE: usize = usize::MAX;

/// Texts by their beginnings. What only one text has is not spread into nodes.
#[derive(Debug)]
struct Tree {
    texts: Vec<Box<[char]>>,
    /// The next text that is held by the same node.
    next: Vec<usize>,
    nodes: Vec<Node>,
    children: HashMap<(usize, char), usize>,
}

#[derive(Debug)]
struct Node {
    letter: char,
    child: usize,
    sibling: usize,
    /// The first of the texts that end here; of a node without children the one text that leads through it, however long.
    held: usize,
}

impl Default for Tree {
    fn default() -> Self {
        let root = Node { letter: '\0', child: NONE, sibling: NONE, held: NONE };
        Self { texts: Vec::new(), next: Vec::new(), nodes: vec![root], children: HashMap::new() }
    }
}

impl Tree {
    fn add(&mut self, text: Box<[char]>) {
        let id = self.texts.len();
        let (mut at, mut depth) = (0, 0);
        loop {
            let Some(node) = self.nodes.get(at) else { return };
            if node.child == NONE {
                match self.texts.get(node.held) {
                    None => break,
                    Some(held) if *held == text => break,
                    Some(held) => {
                        if let Some(letter) = held.get(depth).copied() {
                            let list = self.nodes.get_mut(at).map_or(NONE, |n| std::mem::replace(&mut n.held, NONE));
                            self.grow(at, letter, list);
                        }
                    }
                }
            }
            let Some(letter) = text.get(depth).copied() else { break };
            at = match self.children.get(&(at, letter)) {
                Some(child) => *child,
                None => {
                    at = self.grow(at, letter, NONE);
                    break;
                }
            };
            depth += 1;
        }
        let before = self.nodes.get_mut(at).map_or(NONE, |n| std::mem::replace(&mut n.held, id));
        self.next.push(before);
        self.texts.push(text);
    }

    fn grow(&mut self, at: usize, letter: char, held: usize) -> usize {
        let child = self.nodes.len();
        let sibling = self.nodes.get_mut(at).map_or(NONE, |n| std::mem::replace(&mut n.child, child));
        self.nodes.push(Node { letter, child: NONE, sibling, held });
        self.children.insert((at, letter), child);
        child
    }

    fn find(&self, asked: &Asked<'_>, found: &mut BTreeSet<usize>) {
        let mut open: Vec<(usize, usize, Row)> = vec![(0, 0, asked.start())];
        while let Some((at, depth, row)) = open.pop() {
            let Some(node) = self.nodes.get(at) else { continue };
            if let Some(text) = self.texts.get(node.held)
                && asked.ends_near(text, depth, row)
            {
                let mut id = node.held;
                while let Some(next) = self.next.get(id) {
                    found.insert(id);
                    if found.len() >= MOST_FOUND {
                        return;
                    }
                    id = *next;
                }
            }
            let mut follow = |child: usize| {
                if let Some(node) = self.nodes.get(child)
                    && let Some(row) = asked.step(row, depth, node.letter)
                {
                    open.push((child, depth + 1, row));
                }
            };
            if asked.may_differ(row, depth) {
                let mut child = node.child;
                while let Some(node) = self.nodes.get(child) {
                    follow(child);
                    child = node.sibling;
                }
            } else if node.child != NONE {
                // only a letter of the key itself leads on
                let mut tried = ['\0'; WIDTH];
                for (place, letter) in asked.expected(row, depth).into_iter().enumerate() {
                    let Some(letter) = letter.filter(|letter| !tried.contains(letter)) else { continue };
                    if let Some(slot) = tried.get_mut(place) {
                        *slot = letter;
                    }
                    if let Some(child) = self.children.get(&(at, letter)) {
                        follow(*child);
                    }
                }
            }
        }
    }
}

/// Cells of a row: the key's beginnings that are at most [`EDITS`] shorter or longer than what was followed.
const WIDTH: usize = 2 * EDITS as usize + 1;
/// How many edits lead from what was followed, `depth` letters, to the first `depth + cell - EDITS` letters of the key.
type Row = [u8; WIDTH];
/// More than may be.
const FAR: u8 = u8::MAX;

/// What is looked for.
struct Asked<'a> {
    letters: &'a [char],
    /// So many letters come first, on which half of the edits may be spent.
    half: usize,
    edits: u8,
}

impl Asked<'_> {
    /// Letters of the key that a cell stands for; none where there are no so many.
    fn reached(&self, depth: usize, cell: usize) -> Option<usize> {
        (depth + cell).checked_sub(usize::from(EDITS)).filter(|reached| *reached <= self.letters.len())
    }

    fn most(&self, reached: usize) -> u8 {
        if reached <= self.half { self.edits / 2 } else { self.edits }
    }

    fn within(&self, reached: usize, edits: u8) -> u8 {
        if edits <= self.most(reached) { edits } else { FAR }
    }

    fn start(&self) -> Row {
        std::array::from_fn(|cell| match self.reached(0, cell) {
            Some(reached) => self.within(reached, u8::try_from(reached).unwrap_or(FAR)),
            None => FAR,
        })
    }

    /// The row after one more letter; none where no key can be near.
    fn step(&self, row: Row, depth: usize, letter: char) -> Option<Row> {
        let mut out = [FAR; WIDTH];
        let mut before = FAR;
        let mut alive = false;
        for cell in 0..WIDTH {
            let at = |place: usize| row.get(place).copied().unwrap_or(FAR);
            let Some(reached) = self.reached(depth + 1, cell) else { continue };
            let same = reached.checked_sub(1).and_then(|last| self.letters.get(last)) == Some(&letter);
            let replaced = if reached == 0 { FAR } else { at(cell).saturating_add(u8::from(!same)) };
            let best = replaced.min(at(cell + 1).saturating_add(1)).min(before.saturating_add(1));
            before = self.within(reached, best);
            alive |= before != FAR;
            if let Some(slot) = out.get_mut(cell) {
                *slot = before;
            }
        }
        alive.then_some(out)
    }

    /// Whether the next letter may be any.
    fn may_differ(&self, row: Row, depth: usize) -> bool {
        row.iter().enumerate().any(|(cell, edits)| {
            let Some(reached) = self.reached(depth, cell).filter(|_| *edits != FAR) else { return false };
            let spent = edits.saturating_add(1);
            spent <= self.most(reached) || reached < self.letters.len() && spent <= self.most(reached + 1)
        })
    }

    /// The letters by which a row goes on without an edit.
    fn expected(&self, row: Row, depth: usize) -> [Option<char>; WIDTH] {
        std::array::from_fn(|cell| {
            let reached = self.reached(depth, cell).filter(|_| row.get(cell).is_some_and(|edits| *edits != FAR))?;
            self.letters.get(reached).copied()
        })
    }

    /// Whether a text of which `depth` letters were followed is near to its end, and not the key.
    fn ends_near(&self, text: &[char], depth: usize, mut row: Row) -> bool {
        for (at, letter) in text.iter().enumerate().skip(depth) {
            match self.step(row, at, *letter) {
                Some(next) => row = next,
                None => return false,
            }
        }
        let cell = (self.letters.len() + usize::from(EDITS)).checked_sub(text.len());
        cell.and_then(|cell| row.get(cell)).is_some_and(|edits| *edits != FAR && *edits > 0)
    }
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
            "quantxyimport",
            "quatnumimport",
        ] {
            assert_eq!(index.find(near, EDITS), [7], "{near}");
        }
        for far in ["quantumimport", "quantumexport1", "qxaxtumimpoxt", "quantum", "import"] {
            assert!(index.find(far, EDITS).is_empty(), "{far}");
        }
        assert_eq!(index.find("quantumimpor", 1), [7]);
        assert!(index.find("qxantumimpoxt", 1).is_empty());
    }

    /// Keys of few letters, so that many are near.
    fn words(many: u32) -> Vec<String> {
        let mut state = 7_u32;
        let mut next = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        (0..many)
            .map(|_| {
                let length = 8 + next(4);
                (0..length).map(|_| ['a', 'b', '胶', 'd'].get(next(4) as usize).copied().unwrap_or('a')).collect()
            })
            .collect()
    }

    #[test]
    fn the_index_agrees_with_comparing_each_with_each() {
        for edits in 1..=EDITS {
            let words = words(600);
            let mut index = NearIndex::new();
            for (at, word) in words.iter().enumerate() {
                let plain: Vec<usize> = (0..at)
                    .filter(|other| {
                        words.get(*other).is_some_and(|other| {
                            is_near(word, other) && strsim::levenshtein(word, other) <= usize::from(edits)
                        })
                    })
                    .collect();
                let found = index.find(word, edits);
                if plain.len() < MOST_FOUND {
                    assert_eq!(found, plain, "{word}");
                } else {
                    assert_eq!(found.len(), MOST_FOUND, "{word}");
                    assert!(found.iter().all(|id| plain.contains(id)), "{word}");
                }
                index.add(word, at);
            }
        }
    }

    #[test]
    fn numbered_names_are_told_apart_without_comparing_each_with_each() {
        // a hundred thousand keys of one beginning: compared each with each this takes minutes
        let mut index = NearIndex::new();
        for number in 0..100_000_u32 {
            let key = format!("bigwood{number:06}");
            let found = index.find(&key, EDITS);
            assert_eq!(found.is_empty(), number == 0, "{key}");
            index.add(&key, number);
        }
    }
}
