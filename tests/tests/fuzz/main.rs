//! Random programs against the cleanup, in a size for every day, and what longer sessions found.
//!
//! A longer session is `mote fuzz`. Its finds belong into `tests/finds`, each a crate with its `find.json`.

#![deny(unsafe_code)]

mod finds;
mod sessions;
