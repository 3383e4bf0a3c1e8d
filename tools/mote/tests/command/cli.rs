//! The executable as its users meet it: arguments, bad input, and the statuses that answer them.

use crate::support::{file, mote, status, stderr, stdout, text};

#[test]
fn version_names_the_toolchain() {
    let output = mote(&["--version"]);
    assert_eq!(status(&output), 0);
    assert!(stdout(&output).starts_with("mote 0."), "{}", stdout(&output));
    assert!(stdout(&output).contains("rustc 1."), "{}", stdout(&output));
}

#[test]
fn help_of_run_lists_modes_statuses_and_fields() {
    let output = mote(&["run", "--help"]);
    assert_eq!(status(&output), 0);
    for needed in ["guarded", "inject", "discard", "13  the outcome was over_budget", "late_ns"] {
        assert!(stdout(&output).contains(needed), "no {needed} in\n{}", stdout(&output));
    }
}

#[test]
fn arguments_that_contradict_each_other_are_bad_usage() {
    let output = mote(&["run", "x", "--data", "a", "--file", "b"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("cannot be used with"), "{}", stderr(&output));
}

#[test]
fn unknown_mode_is_bad_usage_and_the_modes_are_named() {
    let output = mote(&["run", "x", "--mode", "gentle"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("guarded, inject, discard"), "{}", stderr(&output));
}

#[test]
fn missing_image_is_bad_usage_for_run_and_inspect() {
    for command in ["run", "inspect"] {
        let output = mote(&[command, "/nonexistent/hello.image"]);
        assert_eq!(status(&output), 2, "{command}");
        assert!(stderr(&output).starts_with("error: "), "{}", stderr(&output));
        assert!(stderr(&output).contains("/nonexistent/hello.image"), "{}", stderr(&output));
        assert!(stderr(&output).contains("name a service's folder"), "{}", stderr(&output));
    }
}

#[test]
fn missing_body_is_bad_usage() {
    let (_folder, image) = file("a.image", b"");
    let output = mote(&["run", text(&image), "--file", "/nonexistent/body"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).contains("/nonexistent/body"), "{}", stderr(&output));
}

#[test]
fn file_that_is_no_elf_is_a_bad_image() {
    let (_folder, image) = file("hello.image", b"#!/bin/sh\necho hello\n");
    for command in ["run", "inspect"] {
        let output = mote(&[command, text(&image)]);
        assert_eq!(status(&output), 3, "{command}: {}", stderr(&output));
        let all = stderr(&output) + &stdout(&output);
        assert!(all.contains("ELF"), "{command}: {all}");
    }
}

#[test]
fn inspect_answers_in_json_when_the_loader_refuses() {
    let (_folder, image) = file("hello.image", &[0x7f; 100]);
    let output = mote(&["inspect", text(&image), "--json"]);
    assert_eq!(status(&output), 3);
    let json: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("one object");
    assert_eq!(json["bytes"], 100);
    assert_eq!(json["verdict"]["accepted"], false);
    assert_eq!(json["verdict"]["refusals"].as_array().map(Vec::len), Some(1));
}

#[test]
fn folder_without_a_manifest_does_not_build() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for command in ["build", "run"] {
        let output = mote(&[command, text(folder.path())]);
        assert_eq!(status(&output), 4, "{command}: {}", stderr(&output));
        assert!(stderr(&output).contains("Cargo.toml"), "{command}: {}", stderr(&output));
    }
}

#[test]
fn file_instead_of_a_folder_does_not_build() {
    let (_folder, path) = file("notes.txt", b"not a folder");
    let output = mote(&["build", text(&path)]);
    assert_eq!(status(&output), 4);
    assert!(stderr(&output).contains("notes.txt"), "{}", stderr(&output));
}
