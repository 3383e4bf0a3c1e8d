//! A hundred popular crates that do without `std`, each in a small service: it builds, answers as an ordinary
//! program does, on both heaps, and no preemption in `guarded` does any harm.
//!
//! A sample runs with all other tests. The whole list takes half an hour, and the network for what is not on this
//! machine yet; titles that `MOTE_CRATES` names run alone:
//!
//! ```text
//! cargo test --release -p mote-tests --test crates -- --ignored --nocapture
//! MOTE_CRATES=regex,jiff cargo test --release -p mote-tests --test crates -- --ignored --nocapture
//! ```
//!
//! `list/` has an entry for each crate, by kind. `Cargo.lock` has the versions that are tested: they change when
//! somebody resolves them anew.

#![deny(unsafe_code)]

mod list;
mod listed;
mod native;
mod package;
mod trial;

use std::env;

use mote_bench::torture::canaries::Canaries;

use listed::Listed;
use trial::Trial;

/// Titles that are tried each time: small ones, of each kind.
const SAMPLE: [&str; 5] = ["hex", "smallvec", "num-integer", "fnv", "itoa"];

/// Titles that do not build, each with what its author is told.
const REFUSED: [(&str, &str); 0] = [];

/// Titles that are discarded here and there. futures-util's tasks panic when they are dropped with their future,
/// which they are when an allocation in `FuturesUnordered::push` panics: a second panic, that nothing announces.
const DISCARDED: [&str; 1] = ["futures-util"];

#[test]
fn crate_answers_as_natively_and_is_clean_in_a_sample() {
    try_all(&list::all().into_iter().filter(is_in(&SAMPLE)).collect::<Vec<_>>());
}

#[test]
#[ignore = "a hundred builds take long"]
fn crate_answers_as_natively_and_is_clean_in_the_whole_list() {
    let named = env::var("MOTE_CRATES").unwrap_or_default();
    let named = named.split(',').filter(|title| !title.is_empty()).collect::<Vec<_>>();
    let all = list::all().into_iter();
    try_all(&all.filter(|entry| named.is_empty() || is_in(&named)(entry)).collect::<Vec<_>>());
}

#[test]
fn list_has_a_hundred_crates_and_each_title_once() {
    let mut titles = list::all().iter().map(Listed::title).collect::<Vec<_>>();
    let count = titles.len();
    titles.sort();
    titles.dedup();
    assert!(count >= 100 && titles.len() == count, "{count} entries, {} titles", titles.len());
    assert!(REFUSED.len() <= count - 95);
}

fn is_in<'a>(titles: &'a [&'a str]) -> impl Fn(&Listed) -> bool + 'a {
    |entry| titles.contains(&entry.title().as_str())
}

fn try_all(entries: &[Listed]) {
    let folder = tempfile::tempdir().unwrap();
    let Some(expected) = native::answers(entries, trial::REQUEST, folder.path()) else {
        assert!(env::var_os("CI").is_none(), "the crates cannot be had");
        return println!("skipped: the crates are not on this machine and cannot be had");
    };
    let canaries = Canaries::build().unwrap_or_else(|failure| panic!("{failure:?}"));
    let mut wrong = Vec::new();
    for entry in entries {
        let title = entry.title();
        let trial = trial::of(entry, &canaries, folder.path());
        println!("{title}: {trial}");
        if !is_as_expected(&title, &trial, &expected[&title]) {
            wrong.push(format!("{title}: {trial:?}, natively {:?}", expected[&title]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), entries.len(), wrong.join("\n"));
}

fn is_as_expected(title: &str, trial: &Trial, expected: &str) -> bool {
    let refused = REFUSED.iter().find(|(refused, _)| *refused == title);
    match (refused, trial) {
        (Some((_, told)), Trial::Refused(message)) => message.contains(told),
        (None, trial) => trial.is_good(expected, DISCARDED.contains(&title)),
        _ => false,
    }
}
