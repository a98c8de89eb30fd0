//! Tests that take minutes, run by hand before a release: `cargo test --features long --test long`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// shared with the tests of every day, which use more of them
#[allow(dead_code)]
#[path = "../e2e/front.rs"]
mod front;
#[allow(dead_code)]
#[path = "../e2e/stream.rs"]
mod stream;

mod quiet_stream;
