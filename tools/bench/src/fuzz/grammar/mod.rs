//! The grammar of the programs: types, values and statements as tables of productions.
//!
//! A production is a template of Rust, and its holes say what may stand in them. A value has a type; a
//! statement works on `x`, a mutable reference to a value of a type. Nothing else is in scope but the source
//! `s`, so that every tree compiles in which each hole holds what its name says:
//!
//! | hole | holds |
//! | --- | --- |
//! | `$same` | a value of the node's type |
//! | `$part`, `$second` | a value of the first, the second type that the node's type is made of |
//! | `$new` | a value of a type that the node chooses |
//! | `$edit` | statements on the node's type |
//! | `$inside`, `$in_second`, `$with` | the same for those of `$part`, `$second`, `$new` |
//! | `$T`, `$P`, `$N` | the names of the node's type, of its first part, of the chosen one |
//! | `$#` | a small number |
//!
//! Each function, closure and block that a template opens returns `Result<_, Failure<'s>>`, or passes it on,
//! so that `?` and `return Err(…)` may stand anywhere.

mod collections;
mod owners;
pub(crate) mod production;
mod statements;
mod table;
pub(crate) mod tree;
pub(crate) mod types;
mod values;

pub(crate) use production::{Hole, Piece, Sort};
pub(crate) use table::{all, of};
pub(crate) use tree::{Child, Node, Program};
pub(crate) use types::{Kind, Type};
