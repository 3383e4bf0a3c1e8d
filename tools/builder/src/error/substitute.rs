//! What to use where the standard library is out of reach.

/// How code that names the standard library can do without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InsteadOfStd {
    /// A dependency does.
    #[error("use it without its feature `std` (default-features = false), or another crate")]
    DependencyFeature,
    /// The crate says `extern crate std`.
    #[error("use `core` and `alloc` in its place")]
    CoreAndAlloc,
    /// The crate lacks `#![no_std]`.
    #[error("begin the crate root with `#![no_std]`, and use `core` and `alloc`")]
    NoStd,
    /// It names a hash table.
    #[error("use `alloc::collections::BTreeMap` or `BTreeSet`, or the crate hashbrown")]
    HashTable,
    /// It names another collection.
    #[error("use `alloc::collections`, after `extern crate alloc;`")]
    Collections,
    /// It names strings, vectors, boxes or reference counts.
    #[error("use the same path below `alloc`, after `extern crate alloc;`")]
    Alloc,
    /// It names files, sockets, threads, processes or the environment.
    #[error(
        "a service has none: a request comes in, a response goes out, and mote_service::Context is all in between"
    )]
    None,
    /// It names a clock.
    #[error("use mote_service::Context::now_ns")]
    Clock,
    /// It names what core has.
    #[error("use the same path below `core`")]
    Core,
}

impl InsteadOfStd {
    /// By a line of source that names an item of the standard library.
    #[must_use]
    pub fn of_line(line: &str) -> Self {
        let Some((_, path)) = line.split_once("std::") else { return Self::CoreAndAlloc };
        let path = path.trim_start_matches('{').trim_start();
        let module = path.split(|c: char| !c.is_alphanumeric() && c != '_').next();
        match module.unwrap_or_default() {
            "collections" if path.contains("Hash") => Self::HashTable,
            "collections" => Self::Collections,
            "string" | "vec" | "boxed" | "rc" | "borrow" | "format" => Self::Alloc,
            "fs" | "net" | "thread" | "process" | "env" | "io" | "os" | "path" | "println" => {
                Self::None
            }
            "time" if path.contains("Instant") || path.contains("SystemTime") => Self::Clock,
            "sync" if path.contains("Arc") => Self::Alloc,
            "sync" if path.contains("Mutex") || path.contains("RwLock") => Self::None,
            _ => Self::Core,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitute_is_told_by_the_path() {
        for (line, expected) in [
            ("use std::collections::HashMap;", InsteadOfStd::HashTable),
            ("use std::collections::VecDeque;", InsteadOfStd::Collections),
            ("    let s = std::string::String::new();", InsteadOfStd::Alloc),
            ("use std::fs::File;", InsteadOfStd::None),
            ("use std::time::{Duration, Instant};", InsteadOfStd::Clock),
            ("use std::time::Duration;", InsteadOfStd::Core),
            ("use std::mem;", InsteadOfStd::Core),
            ("extern crate std;", InsteadOfStd::CoreAndAlloc),
        ] {
            assert_eq!(InsteadOfStd::of_line(line), expected, "{line}");
        }
    }
}
