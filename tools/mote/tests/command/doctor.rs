//! `mote doctor`: what is found of this machine, and a status that says whether it can run services.

use serde_json::Value;

use crate::support::{mote, status, stdout};

fn findings() -> Vec<Value> {
    let output = mote(&["doctor", "--json"]);
    let all: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let is_missing = all.iter().any(|finding| finding["verdict"] == "missing");
    assert_eq!(status(&output), if is_missing { 5 } else { 0 }, "{}", stdout(&output));
    all
}

#[test]
fn every_layer_and_the_machine_are_told_with_remedies() {
    let all = findings();
    let has = |group: &str, name: &str| {
        all.iter().any(|it| it["group"] == group && it["name"].as_str().unwrap().contains(name))
    };
    for layer in mote_dispatcher::Layer::ALL {
        assert!(has("workers", layer.name()), "{layer}");
    }
    for (group, name) in [
        ("node", "kernel"),
        ("builds", "namespaces"),
        ("builds", "Landlock"),
        ("machine", "processors"),
        ("machine", "breakpoints"),
        ("machine", "clock"),
        ("machine", "timers"),
        ("machine", "huge pages"),
        ("machine", "user namespaces"),
        ("machine", "protection keys"),
    ] {
        assert!(has(group, name), "{group}: {name}");
    }
    for finding in all.iter().filter(|it| it["verdict"] == "missing" || it["verdict"] == "weaker") {
        assert!(finding["remedy"].is_string(), "{finding}");
    }
}

#[test]
fn storm_says_whether_breakpoints_can_be_trusted_here() {
    let output = mote(&["doctor", "--storm", "1000", "--json"]);
    let all: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap();
    let storm = all.iter().find(|finding| finding["name"] == "storm").expect("it was asked for");
    let found = storm["found"].as_str().unwrap();
    assert!(found.contains(" 0 wrong answers") || found.contains("no worker"), "{found}");
    assert!(findings().iter().all(|finding| finding["name"] != "storm"), "nobody asked");
}

#[test]
fn list_marks_what_is_there() {
    let text = stdout(&mote(&["doctor"]));
    assert!(text.contains("Isolation of workers") && text.contains("✓ limits"), "{text}");
}

/// Files of one byte at most: no node starts with that limit.
#[test]
fn machine_that_cannot_run_a_node_is_told_by_the_status() {
    let mut shell = std::process::Command::new("sh");
    let script = "ulimit -f 1; exec \"$0\" doctor";
    let output = shell.args(["-c", script, env!("CARGO_BIN_EXE_mote")]).output().unwrap();
    assert_eq!(status(&output), 5);
    let text = stdout(&output);
    assert!(text.contains("✗ kernel, /proc, file sizes") && text.contains("ulimit -f"), "{text}");
}
