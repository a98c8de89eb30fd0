//! What definitions mean. Pure: no input or output, no async, no SQL, no HTTP, no clock and no randomness of its own.
//!
//! Reading order: [`text`], [`fold`] and [`value`] are the small words; [`diagnostic`] and [`error_code`] say what is wrong;
//! [`definition`] holds the documents as administrators write them; [`field`] and [`form`] are what they become;
//! [`catalog`] is the immutable whole of one revision; [`query`] and [`permission`] ask questions of it;
//! [`expr`] is the language of formulas; [`record`] turns JSON into checked records;
//! [`rule`] is what a form shows, requires, sets and refuses; [`plan`] compares two catalogues.

pub mod catalog;
pub mod definition;
pub mod diagnostic;
pub mod error_code;
pub mod expr;
pub mod field;
pub mod fold;
pub mod form;
pub mod graph;
pub mod id;
pub mod permission;
pub mod phone;
pub mod plan;
pub mod query;
pub mod record;
pub mod rule;
pub mod setting;
pub mod text;
pub mod time;
pub mod value;
pub mod written;
