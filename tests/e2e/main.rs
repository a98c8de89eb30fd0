//! The product as its clients see it: a server on an address of its own, requests over HTTP, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[macro_use]
mod site;
#[path = "../../runtime/store/tests/support/cluster.rs"]
mod cluster;

mod accounts;
mod behind_nginx;
mod commands;
mod company;
mod contract;
mod definitions;
mod encrypted;
mod exchange;
mod formulas;
mod front;
mod imports;
mod inbox;
mod kept_values;
mod live;
mod matrix;
mod narrowed;
mod nodes;
mod oracle;
mod overtaken;
mod paths;
mod proof;
mod records;
mod refusals;
mod rules;
mod schemas;
mod stream;
mod switched_off;
mod trade;
mod unseen;
