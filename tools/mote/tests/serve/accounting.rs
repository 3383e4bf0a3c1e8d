//! What invocations use, as operators read it.

use std::time::{Duration, Instant};

use crate::clients::curl;
use crate::serving::Serving;
use crate::support::text;

#[test]
fn each_invocation_is_a_line_of_the_accounting_file() {
    let state = tempfile::tempdir().unwrap();
    let (config, accounts) = (state.path().join("mote.toml"), state.path().join("accounts.csv"));
    std::fs::write(&config, format!("accounting = {accounts:?}\n")).unwrap();
    let node = Serving::with(state.path(), &["hello", "spin"], &["--config", text(&config)]);
    let replies = ["hello", "spin", "hello:1"].map(|name| {
        let reply = curl(&["-d", "Ada", &format!("{}/invoke/{name}", node.url)]);
        let header = |name| reply.header(name).unwrap().to_owned();
        (header("x-mote-request"), header("x-mote-billed-us"), header("x-mote-arena-bytes"))
    });
    let lines = lines_of(&accounts, 4);
    let header = "time_ms,request,tenant,function,version,outcome,cleanup,billed_us,arena_peak_bytes,queue_us";
    assert_eq!(lines[0], header);
    let expected = [
        ("default", "hello", "$LATEST", "ok", "returned"),
        ("default", "spin", "$LATEST", "over_budget", "discarded"),
        ("default", "hello", "1", "ok", "returned"),
    ];
    for ((line, reply), told) in lines[1..].iter().zip(&replies).zip(expected) {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, request, tenant, function, version, outcome, cleanup, billed, arena, _] = *fields
        else {
            panic!("{line}")
        };
        assert_eq!((request, billed, arena), (&*reply.0, &*reply.1, &*reply.2), "{line}");
        assert_eq!((tenant, function, version, outcome, cleanup), told, "{line}");
    }
}

#[test]
fn file_that_cannot_be_written_is_told() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("mote.toml");
    std::fs::write(&config, "accounting = '/nonexistent/accounts.csv'\n").unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--config", text(&config)];
    let told = crate::serving::operator(state.path(), &arguments);
    let told = crate::support::stderr(&told);
    assert!(told.contains("cannot write `accounting` /nonexistent/accounts.csv"), "{told}");
}

#[test]
fn node_is_told_among_the_metrics() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]);
    let told = curl(&[&format!("{}/metrics", node.url)]).body;
    for line in ["mote_workers 1", "mote_images_resident 1", "mote_jobs_accepted_total 1"] {
        assert!(told.contains(&format!("\n{line}\n")), "{line} is not in {told}");
    }
    let tick = told.lines().find_map(|line| line.strip_prefix("mote_longest_tick_seconds "));
    assert!(tick.unwrap().parse::<f64>().unwrap() > 0.0);
}

/// The lines of a file that gets `most` of them in a moment.
fn lines_of(path: &std::path::Path, most: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<_> = text.lines().map(str::to_owned).collect();
        if lines.len() >= most {
            return lines;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{text}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
