//! What expressions read, and in which order expressions that read each other are computed.

use super::types::Type;
use crate::diagnostic::Fault;
use crate::error_code as code;
use std::fmt::{self, Display, Formatter};

/// A path that an expression reads. Its index among the reads is what the evaluator asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    pub segments: Vec<String>,
    pub ty: Type,
}

impl Path {
    /// The parts, as [`super::Names`] was asked for them.
    pub fn names(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }
}

impl Display for Path {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("."))
    }
}

/// An order in which `count` things can be computed so that each comes after all that it reads; `reads` gives their indexes.
/// Otherwise a circle: the things on it, the first one again at the end.
pub fn order(count: usize, reads: impl Fn(usize) -> Vec<usize>) -> Result<Vec<usize>, Vec<usize>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; count];
    let mut out = Vec::with_capacity(count);
    for start in 0..count {
        // a path through the graph, each with what it still has to look at
        let mut path: Vec<(usize, Vec<usize>)> = Vec::new();
        let mut enter = Some(start);
        loop {
            if let Some(node) = enter.take() {
                match marks.get(node).copied() {
                    Some(Mark::New) => {
                        if let Some(mark) = marks.get_mut(node) {
                            *mark = Mark::Open;
                        }
                        let mut next = reads(node);
                        next.reverse();
                        path.push((node, next));
                    }
                    Some(Mark::Open) => {
                        let from = path.iter().position(|(n, _)| *n == node).unwrap_or(0);
                        return Err(path.iter().skip(from).map(|(n, _)| *n).chain([node]).collect());
                    }
                    _ => {}
                }
            }
            let Some((node, todo)) = path.last_mut() else { break };
            enter = todo.pop();
            if enter.is_none() {
                if let Some(mark) = marks.get_mut(*node) {
                    *mark = Mark::Done;
                }
                out.push(*node);
                path.pop();
            }
        }
    }
    Ok(out)
}

/// The fault of a circle of formulas: `a → b → a`.
pub fn cycle_fault<'a>(names: impl Iterator<Item = &'a str>) -> Fault {
    let path: Vec<&str> = names.collect();
    Fault::new("", &code::EXPRESSION_CYCLE).with("path", path.join(" → "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_thing_comes_after_what_it_reads() {
        let graph = [vec![2], vec![0, 2], vec![], vec![1, 0]];
        let order = order(4, |i| graph[i].clone()).unwrap();
        for (node, reads) in graph.iter().enumerate() {
            let at = |n: usize| order.iter().position(|o| *o == n).unwrap();
            assert!(reads.iter().all(|r| at(*r) < at(node)), "{order:?}");
        }
        assert_eq!(order.len(), 4);
    }

    #[test]
    fn a_circle_is_named_with_its_members_only() {
        let graph = [vec![1], vec![2], vec![3], vec![1]];
        assert_eq!(order(4, |i| graph[i].clone()), Err(vec![1, 2, 3, 1]));
        assert_eq!(order(1, |_| vec![0]), Err(vec![0, 0]));
    }
}
