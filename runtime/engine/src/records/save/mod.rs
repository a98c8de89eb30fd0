//! The one path on which a record is written: create and update, by a [`super::Saver`].

mod create;
mod trail;
mod update;
mod value;
mod verdict;

pub(super) use verdict::concerns;
