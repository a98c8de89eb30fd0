//! Tests of the whole language: the examples of the table, hand-made cases, faults, laws.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cases;
mod examples;
mod faults;
mod generate;
mod laws;
mod names;
mod renaming;
mod sample;
