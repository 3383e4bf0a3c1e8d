//! Small workloads over the standard collections, for `mote torture`: the body names one.
//!
//! Every element holds a token, so that an element dropped twice is a token released twice, and one
//! that is not dropped is a token that the worker must take back. Each answers with a number that
//! depends on all of its work.
#![no_std]

extern crate alloc;

mod element;
mod maps;
mod owners;
mod text;
mod vectors;

use alloc::string::ToString;

use element::Source;
use mote_service::{Context, Error, Request, Response, Result};

/// A workload: what it does to elements of its own making.
type Workload = fn(&Source<'_>) -> u64;

/// Every workload by its name.
const WORKLOADS: &[(&str, Workload)] = &[
    ("vec_insert", vectors::insert),
    ("vec_remove", vectors::remove),
    ("vec_swap_remove", vectors::swap_remove),
    ("vec_retain", vectors::retain),
    ("vec_drain", vectors::drain),
    ("vec_splice", vectors::splice),
    ("vec_dedup", vectors::dedup),
    ("vec_truncate", vectors::truncate),
    ("vec_rotate", vectors::rotate),
    ("vec_reverse", vectors::reverse),
    ("vec_sort", vectors::sort),
    ("vec_sort_unstable", vectors::sort_unstable),
    ("vec_into_iter", vectors::into_iter),
    ("vec_map_collect", vectors::map_collect),
    ("deque", maps::deque),
    ("btree_insert", maps::insert),
    ("btree_remove", maps::remove),
    ("btree_entry", maps::entry),
    ("btree_split_off", maps::split_off),
    ("string_edit", text::edit),
    ("format", text::format),
    ("rc", owners::rc),
    ("ref_cell", owners::ref_cell),
    ("mem_swap", owners::swap),
    ("mem_replace", owners::replace),
    ("mem_take", owners::take),
    ("assign", owners::assign),
    ("nested_drop", owners::nested),
    ("boxed_closure", owners::closure),
    ("option_take", owners::option),
];

/// Runs the workload that the body names, or lists them if it names none.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let name = core::str::from_utf8(request.body())?;
    if name.is_empty() {
        return Ok(Response::new(list()));
    }
    let workload = WORKLOADS.iter().find(|(known, _)| *known == name);
    let Some((_, run)) = workload else {
        return Err(Error::new("there is no such workload; an empty body lists them"));
    };
    Ok(Response::new(run(&Source::new(context)).to_string()))
}

fn list() -> alloc::string::String {
    WORKLOADS.iter().flat_map(|(name, _)| [*name, "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_workload_answers_the_same_twice() {
        for (name, run) in WORKLOADS {
            let mut context = Context::for_test();
            let first = run(&Source::new(&mut context));
            assert_eq!(first, run(&Source::new(&mut context)), "{name}");
        }
    }
}
