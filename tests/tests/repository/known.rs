//! What does not hold yet, by package or file: an entry goes when it is mended.

use std::collections::BTreeSet;

/// Packages with circles of files.
pub(crate) const CIRCLES: &[&str] = &["loader", "runtime/server"];

/// Packages with an arrow from a room to one above it.
pub(crate) const UPWARD: &[&str] = &["loader"];

/// Packages with `unsafe` where it is not at home.
pub(crate) const UNSAFE: &[&str] = &["alloc", "runtime/service", "runtime/worker"];

/// Packages that do not deny `unsafe` at their root.
pub(crate) const UNDENIED: &[&str] = &[];

/// Files that refer to a document which their readers do not have.
pub(crate) const ELSEWHERE: &[&str] = &[];

/// Files of Rust that are too long.
pub(crate) const LONG: &[&str] = &[
    "loader/tests/images/checking.rs",
    "runtime/dispatcher/src/node/mod.rs",
    "runtime/dispatcher/src/sys/spawn.rs",
    "runtime/worker/src/preempt/current.rs",
    "sigctx/tests/crossing.rs",
    "tools/mote/tests/serve/behave.rs",
];

/// Asserts that what was found wrong is known to be, and that what is known to be wrong was found. Each
/// finding is a package or file, and what is wrong there.
pub(crate) fn assert_known(found: &[(String, String)], known: &[&str]) {
    let new = found.iter().filter(|(place, _)| !known.contains(&&place[..]));
    let new = new.map(|(place, wrong)| format!("{place}: {wrong}"));
    let places: BTreeSet<&str> = found.iter().map(|(place, _)| &place[..]).collect();
    let mended = known.iter().filter(|place| !places.contains(*place));
    let mended =
        mended.map(|place| format!("{place} is mended: take it off the list of the known"));
    let wrong: Vec<_> = new.chain(mended).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
#[should_panic(expected = "here: it is new")]
fn new_finding_fails() {
    assert_known(&[("here".into(), "it is new".into())], &[]);
}

#[test]
#[should_panic(expected = "there is mended")]
fn known_place_that_is_mended_fails() {
    assert_known(&[("here".into(), "it is known".into())], &["here", "there"]);
}
