//! `mote new`: a stranger's first steps, with nothing but cargo.

use std::process::Command;

use crate::support::{mote, status, stderr, stdout, text};

#[test]
fn new_service_is_tested_by_plain_cargo_and_runs() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("greeter");
    let made = mote(&["new", text(&folder)]);
    assert_eq!(status(&made), 0, "{}", stderr(&made));
    assert!(stderr(&made).contains("mote run"), "{}", stderr(&made));

    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--offline"]).current_dir(&folder).env_remove("CARGO_TARGET_DIR");
    let tested = cargo.output().expect("cargo starts");
    assert!(tested.status.success(), "{}", stderr(&tested));
    assert!(stdout(&tested).contains("2 passed"), "{}", stdout(&tested));
    assert!(!stderr(&tested).contains("warning"), "{}", stderr(&tested));

    let ran = mote(&["run", text(&folder), "--data", "Ada", "--budget-us", "10000000"]);
    assert_eq!(status(&ran), 0, "{}", stderr(&ran));
    assert_eq!(stdout(&ran), "Hello, Ada!");

    let again = mote(&["new", text(&folder)]);
    assert_eq!(status(&again), 2);
    assert!(stderr(&again).contains("is there already"), "{}", stderr(&again));
}
