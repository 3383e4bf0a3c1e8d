//! `mote run` with real services on a real node: what is printed where, and the statuses.

use std::io::Write as _;
use std::process::{Output, Stdio};

use crate::support::{alone, command, file, mote, service, status, stderr, stdout, text};
use serde_json::Value;

/// Runs a service of the source tree. Its budget is ample unless the arguments say another.
fn run(name: &str, arguments: &[&str]) -> Output {
    let folder = service(name);
    let mut all = vec!["run", &folder];
    if !arguments.contains(&"--budget-us") {
        all.extend(["--budget-us", "10000000"]);
    }
    all.extend(arguments);
    mote(&all)
}

/// One object per line of stdout.
fn rows(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).expect("an object")).collect()
}

#[test]
fn body_alone_is_on_stdout_and_the_outcome_on_stderr() {
    let output = run("hello", &["--data", "Ada"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "Hello, Ada!");
    assert!(stderr(&output).contains("ok, returned, latency "), "{}", stderr(&output));
}

#[test]
fn body_is_read_from_stdin_and_from_a_file() {
    let (_temporary, body) = file("body", b"Grace");
    let output = run("hello", &["--file", text(&body)]);
    assert_eq!(stdout(&output), "Hello, Grace!");

    let _alone = alone();
    let mut child = command(&["run", &service("hello"), "--budget-us", "10000000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("a pipe").write_all(b"Edsger").expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(stdout(&output), "Hello, Edsger!");
}

#[test]
fn json_has_an_object_per_invocation_with_the_promised_fields() {
    let output = run("hello", &["--data", "Ada", "--json", "--repeat", "3"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let rows = rows(&output);
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(row["service"], "hello");
        assert_eq!((&row["outcome"], &row["cleanup"]), (&"ok".into(), &"returned".into()));
        assert_eq!(row["body"], "Hello, Ada!");
        assert_eq!(row["budget_us"], 10_000_000);
        assert!(row["error"].is_null() && row["late_ns"].is_null(), "{row}");
        assert!(row["latency_ns"].as_u64() > Some(0), "{row}");
        assert!(row["total_ns"].as_u64() > row["latency_ns"].as_u64(), "{row}");
        assert_eq!(row["worker_pid"], rows[0]["worker_pid"]);
    }
}

#[test]
fn body_is_base64_in_json_when_it_is_not_text() {
    let output = run("timestamp", &["--json", "--repeat", "20"]);
    // Eight bytes of nanoseconds: chance makes one or two of them UTF-8, never all of twenty.
    let is_base64 = |row: &Value| row["body_encoding"] == "base64";
    let rows = rows(&output);
    let encoded = rows.iter().find(|row| is_base64(row)).expect("a body that is not UTF-8");
    assert!(encoded["body"].as_str().is_some_and(|body| body.len() == 12), "{encoded}");
}

#[test]
fn dependency_from_the_registry_is_part_of_the_image() {
    let output = run("sha512", &["--data", "abc"]);
    // FIPS 180-2, appendix C.1.
    assert!(stdout(&output).starts_with("ddaf35a193617aba"), "{}", stderr(&output));
}

#[test]
fn status_is_that_of_the_outcome() {
    for (service, expected, outcome) in [
        ("errors", 11, "error"),
        ("panics", 12, "panicked"),
        ("out_of_memory", 14, "over_memory"),
        ("deep_recursion", 15, "stack_overflow"),
    ] {
        let output = run(service, &["--memory-kib", "1024"]);
        assert_eq!(status(&output), expected, "{service}: {}", stderr(&output));
        assert!(stderr(&output).starts_with(outcome), "{service}: {}", stderr(&output));
    }
}

#[test]
fn runaway_is_over_budget_in_every_mode() {
    for mode in ["guarded", "inject", "discard"] {
        let output =
            run("spin", &["--mode", mode, "--budget-us", "500", "--grace-us", "500", "--json"]);
        assert_eq!(status(&output), 13, "{mode}: {}", stderr(&output));
        let row = &rows(&output)[0];
        assert_eq!(row["outcome"], "over_budget");
        assert!(row["late_ns"].is_u64() && row["cleanup_ns"].is_u64(), "{row}");
    }
}

#[test]
fn tokens_are_accounted_for_when_a_runaway_is_killed() {
    let output = run("guard_spin", &["--mode", "discard", "--budget-us", "500", "--json"]);
    let tokens = &rows(&output)[0]["tokens"];
    assert!(tokens["created"].as_u64() > Some(0), "{tokens}");
    assert_eq!(tokens["reclaimed"], tokens["created"]);
    assert_eq!((&tokens["released"], &tokens["double_released"]), (&0.into(), &0.into()));
}

#[test]
fn repeat_prints_one_body_and_percentiles() {
    let output = run("hello", &["--data", "Ada", "--repeat", "200", "--workers", "2"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(stdout(&output), "Hello, Ada!");
    for needed in ["200 ok (returned)", "latency", "p99"] {
        assert!(stderr(&output).contains(needed), "no {needed}: {}", stderr(&output));
    }
}

#[test]
fn image_runs_and_is_inspected_like_its_folder() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let image = temporary.path().join("greeter.image");
    let built = mote(&["build", &service("hello"), "-o", text(&image)]);
    assert_eq!(status(&built), 0, "{}", stderr(&built));

    let inspected = mote(&["inspect", text(&image), "--json"]);
    assert_eq!(status(&inspected), 0, "{}", stdout(&inspected));
    let facts = &rows(&inspected)[0];
    assert_eq!(facts["verdict"]["accepted"], true);
    let functions = facts["functions"].as_array().expect("a list");
    assert!(functions.iter().any(|f| f["name"] == "hello::handle"), "{facts}");
    assert!(functions.iter().any(|f| f["landing_pads"].as_u64() > Some(0)), "{facts}");

    let ran = mote(&["run", text(&image), "--data", "Ada", "--json", "--budget-us", "10000000"]);
    assert_eq!(rows(&ran)[0]["service"], "greeter", "{}", stderr(&ran));
}

#[test]
fn truncated_image_is_refused_by_run_and_inspect() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let image = temporary.path().join("hello.image");
    let built = mote(&["build", &service("hello"), "-o", text(&image)]);
    assert_eq!(status(&built), 0, "{}", stderr(&built));
    let bytes = std::fs::read(&image).expect("the image");
    for length in [bytes.len() / 8, bytes.len() / 2] {
        let (_temporary, cut) = file("cut.image", &bytes[..length]);
        assert_eq!(status(&mote(&["inspect", text(&cut)])), 3, "{length} bytes");
        let ran = mote(&["run", text(&cut)]);
        assert_eq!(status(&ran), 3, "{length} bytes: {}", stderr(&ran));
    }
}

#[test]
fn damaged_image_gets_a_verdict_wherever_the_damage_is() {
    let temporary = tempfile::tempdir().expect("a temporary folder");
    let image = temporary.path().join("hello.image");
    let built = mote(&["build", &service("hello"), "-o", text(&image)]);
    assert_eq!(status(&built), 0, "{}", stderr(&built));
    let bytes = std::fs::read(&image).expect("the image");
    let in_headers = 0..0x200;
    let all_over = (0x200..bytes.len()).step_by(bytes.len() / 100);
    for position in in_headers.step_by(5).chain(all_over) {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0xff;
        std::fs::write(&image, damaged).expect("a temporary file");
        let output = mote(&["inspect", text(&image), "--json"]);
        assert!([0, 3].contains(&status(&output)), "{position:#x}: {}", stderr(&output));
        let accepted = &rows(&output)[0]["verdict"]["accepted"];
        assert_eq!(*accepted, status(&output) == 0, "{position:#x}");
    }
}

#[test]
fn compilers_error_names_file_and_line() {
    let output = run("bad/does_not_compile", &[]);
    assert_eq!(status(&output), 4, "{}", stderr(&output));
    assert!(stderr(&output).contains("src/lib.rs:"), "{}", stderr(&output));
}

#[test]
fn automatic_budget_follows_from_workers_target_and_tail() {
    let promise = ["--target-us", "2000000", "--tail", "50"];
    let output = run("hello", &[&["--json", "--budget-us", "auto"], &promise[..]].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert_eq!(rows(&output)[0]["budget_us"], 4_000_000);
    let output = run("hello", &["--budget-us", "auto", "--tail", "101"]);
    assert_eq!(status(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("the tail is 1.01"), "{}", stderr(&output));
}

#[test]
fn service_that_does_not_yield_is_refused_when_it_is_banned() {
    let limits = ["--budget-us", "3000", "--grace-us", "3000"];
    let output = run("guard_spin", &[&limits[..], &["--ban-after", "2", "--repeat", "3"]].concat());
    assert_eq!(status(&output), 5, "{}", stderr(&output));
    assert!(stderr(&output).contains("did not yield at its soft deadline 2 times"));
}
