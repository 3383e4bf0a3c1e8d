//! What the answers are without Mote: of an ordinary program with `std`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use crate::listed::Listed;
use crate::package;

/// The answers of `entries` to `request`, by title; none if their crates are not on this machine and cannot be
/// had.
pub(crate) fn answers(
    entries: &[Listed],
    request: &str,
    folder: &Path,
) -> Option<BTreeMap<String, String>> {
    let program = package::program(entries, folder);
    let fetched = cargo(&["fetch", "--quiet"], &program);
    if !fetched.status.success() {
        println!("{}", String::from_utf8_lossy(&fetched.stderr));
        return None;
    }
    let run = cargo(&["run", "--quiet", "--offline", "--", request], &program);
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "the answers do not compile, or panic natively: {said}");
    let lines = String::from_utf8(run.stdout).unwrap();
    let answers = lines.lines().map(|line| line.split_once(' ').unwrap());
    Some(answers.map(|(title, answer)| (title.to_owned(), answer.to_owned())).collect())
}

fn cargo(arguments: &[&str], package: &Path) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(arguments).current_dir(package);
    // Where and how this test was built is not how the program is.
    for variable in ["CARGO_TARGET_DIR", "RUSTFLAGS"] {
        cargo.env_remove(variable);
    }
    cargo.output().unwrap()
}
