//! The tables of all operations of this crate's API. A test compares them with the routes.

mod company;
mod exchange;
mod inbox;
mod people;
mod records;
mod system;

use super::operation::{Body, Operation, Param, ParamKind as K, Shape, Takes, may};

const NO_PARAMS: &[Param] = &[];
const PLAIN: &[Takes] = &[];
const ONCE: &[Takes] = &[Takes::IdempotencyKey];
const GUARDED: &[Takes] = &[Takes::IfMatch];
const OPEN: &[Takes] = &[Takes::Stranger];
const DONE: &[(u16, Shape)] = &[(204, Shape::Empty)];
const PAGE: &[Param] = &[may("limit", K::Int(1, 200), "Most entries"), may("cursor", K::Text, "Where to go on")];
#[allow(clippy::too_many_arguments, reason = "a row of the table")]
const fn op(
    method: &'static str,
    path: &'static str,
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    query: &'static [Param],
    body: Body,
    answers: &'static [(u16, Shape)],
    takes: &'static [Takes],
) -> Operation {
    Operation { method, path, id, tag, summary, query, body, answers, takes }
}

macro_rules! gives {
    ($status:literal $name:literal) => {
        &[($status, Shape::Json($name))]
    };
}
use gives;

/// Every operation.
pub fn operations() -> impl Iterator<Item = &'static Operation> + Clone {
    [records::TABLE, exchange::TABLE, people::TABLE, company::TABLE, inbox::TABLE, system::TABLE].into_iter().flatten()
}
