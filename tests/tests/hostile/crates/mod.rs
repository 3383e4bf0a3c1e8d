//! Crates that attack whoever builds them, or hide what a service may not do.

mod protected;
mod stage;
mod table;
mod unprotected;

use std::process::Command;

use mote_abi::outcome::Mode;
use mote_tests::{AMPLE_US, TestNode};

use crate::pairs;
use protected::Ended;
use table::{CRATES, Crate, End};

/// The crates that can be built here: one needs git. In CI, whatever can be installed is there.
fn crates() -> Vec<Crate> {
    let has_git = Command::new("git").arg("--version").output().is_ok();
    if !has_git {
        assert!(std::env::var_os("CI").is_none(), "there is no git");
        println!("skipped: dependency_from_git, because there is no git");
    }
    CRATES.into_iter().filter(|attack| has_git || attack.name != "dependency_from_git").collect()
}

/// What is wrong with how the build of `attack` ended, if anything is.
fn complaint(attack: &Crate, ended: &Ended) -> Option<String> {
    let said = format!("{}{}", ended.said, ended.result.as_ref().err().map_or("", |it| it));
    let wrong = match (attack.end, &ended.result) {
        _ if ended.is_marked => "has run code of its own",
        _ if ended.has_leaked() => "has the secret",
        (End::Refused(_), Ok(_)) => "was built",
        (End::Refused(words), Err(_)) if !said.contains(words) => "was refused for another reason",
        (End::Harmless, Err(_)) => "was refused",
        _ => return None,
    };
    Some(format!("{} {wrong}: {said}", attack.name))
}

#[test]
fn crate_does_no_harm_where_mote_builds_it() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let complaints =
        pairs::map(&crates(), |attack, _| complaint(attack, &protected::build(attack)));
    let complaints: Vec<_> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    node.canary(pid);
}

#[test]
fn crate_does_harm_where_nothing_stops_it() {
    let targets = [0, 1].map(|_| tempfile::tempdir().unwrap());
    let harm = pairs::map(&crates(), |attack, side| {
        let target = targets[side].path();
        (attack.name, attack.harm, unprotected::succeeds(attack.name, attack.harm, target))
    });
    let tame: Vec<_> = harm.iter().filter(|(.., succeeds)| !succeeds).collect();
    assert!(tame.is_empty(), "these do not do what they are for: {tame:#?}");
}

#[test]
fn every_crate_is_in_the_table() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/crates");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let found: std::collections::BTreeSet<_> = names.map(|it| it.into_string().unwrap()).collect();
    let listed = CRATES.iter().map(|attack| attack.name.to_owned()).collect();
    assert_eq!(found, listed);
}
