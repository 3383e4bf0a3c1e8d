//! Plain HTTP, by curl.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::clients::{curl, is_there};
use crate::serving::Serving;
use crate::support::{mote, status, stderr, text};

#[test]
fn function_answers_curl() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let url = format!("{}/invoke/hello", node.url);
    for extra in
        [&[] as &[&str], &["--http2-prior-knowledge"], &["-H", "Transfer-Encoding: chunked"]]
    {
        let arguments = [&["-d", "Ada", "-H", "Content-Type: text/plain", &url], extra].concat();
        let reply = curl(&arguments);
        assert_eq!((reply.status, &*reply.body), (200, "Hello, Ada!"), "{reply:?}");
        assert_eq!(reply.header("content-type"), Some("text/plain"));
        assert_eq!(reply.header("x-mote-outcome"), Some("ok"));
        assert!(reply.header("x-mote-billed-us").is_some_and(|us| us.parse::<u64>().is_ok()));
        assert!(reply.header("server-timing").is_some_and(|timing| timing.contains("run;dur=")));
    }
}

#[test]
fn outcomes_have_their_statuses() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["spin", "errors", "panics", "deep_recursion"]);
    let expected = [
        ("spin", 504, "over_budget"),
        ("errors", 502, "error"),
        ("panics", 502, "panicked"),
        ("deep_recursion", 502, "stack_overflow"),
    ];
    for (name, status, outcome) in expected {
        let reply = curl(&["-d", "x", &format!("{}/invoke/{name}", node.url)]);
        assert_eq!(reply.status, status, "{name}: {reply:?}");
        assert_eq!(reply.header("x-mote-outcome"), Some(outcome), "{name}");
        let json = reply.json();
        assert_eq!(json["error"], outcome);
        assert!(json["message"].is_string() && json["hint"].is_string(), "{json}");
    }
}

#[test]
fn request_that_is_wrong_is_told_what_to_do() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let longer = state.path().join("longer");
    std::fs::write(&longer, vec![b'x'; (6 << 20) + 1]).unwrap();
    let longer = format!("@{}", text(&longer));
    let cases: [(&[&str], &str, u16); 6] = [
        (&["-d", "x"], "/invoke/nobody", 404),
        (&["-d", "x"], "/invoke/hello:7", 404),
        (&["-d", "x"], "/invoke/a.b", 400),
        (&[], "/invoke/hello", 404),
        (&["-d", "x"], "/elsewhere", 404),
        (&["--data-binary", &longer], "/invoke/hello", 413),
    ];
    for (arguments, path, status) in cases {
        let url = format!("{}{path}", node.url);
        let reply = curl(&[arguments, &[&url]].concat());
        assert_eq!(reply.status, status, "{path}: {reply:?}");
        assert!(reply.json()["hint"].is_string(), "{path}: {reply:?}");
    }
}

#[test]
fn body_that_does_not_arrive_is_not_waited_for() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("mote.toml");
    std::fs::write(&config, "[limits]\nbody_timeout_ms = 100\n").unwrap();
    let node = Serving::with(state.path(), &["hello"], &["--config", text(&config)]);
    let url = format!("{}/invoke/hello", node.url);
    let before = Instant::now();
    // Two of ten bytes, and then nothing.
    let reply = curl(&["-d", "xx", "-H", "Content-Length: 10", &url]);
    assert_eq!(reply.status, 408, "{reply:?}");
    assert!(before.elapsed() < Duration::from_secs(20), "it was waited for");
}

#[test]
fn headers_that_are_too_long_are_refused_and_others_served() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let url = format!("{}/invoke/hello", node.url);
    let header = format!("X-Long: {}", "x".repeat(20_000));
    assert_eq!(curl(&["-d", "x", "-H", &header, &url]).status, 431);
    assert_eq!(curl(&["-d", "x", &url]).status, 200);
}

#[test]
fn metrics_are_valid_and_count() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello", "spin"]);
    for (name, times) in [("hello", 3), ("spin", 1), ("nobody", 2)] {
        for _ in 0..times {
            curl(&["-d", "x", &format!("{}/invoke/{name}", node.url)]);
        }
    }
    let metrics = curl(&[&format!("{}/metrics", node.url)]).body;
    for line in [
        "mote_invocations_total{function=\"hello\",outcome=\"ok\",cleanup=\"returned\"} 3\n",
        "mote_request_seconds_count{function=\"hello\"} 3\n",
        "mote_refused_total{reason=\"unknown_function\"} 2\n",
        "mote_late_seconds_count{function=\"spin\"} 1\n",
    ] {
        assert!(metrics.contains(line), "no {line} in\n{metrics}");
    }
    if is_there("promtool", Command::new("promtool").arg("--version")) {
        let file = state.path().join("metrics");
        std::fs::write(&file, metrics).unwrap();
        let stdin = std::fs::File::open(file).unwrap();
        let output = Command::new("promtool").args(["check", "metrics"]).stdin(stdin).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn health_is_answered() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &[]);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(curl(&[&format!("{}{path}", node.url)]).status, 200, "{path}");
    }
}

#[test]
fn clients_may_use_tls() {
    if !is_there("openssl", Command::new("openssl").arg("version")) {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let (certificate, key) = (state.path().join("certificate"), state.path().join("key"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-keyout", text(&key), "-out", text(&certificate)])
        .output();
    assert!(made.unwrap().status.success());
    let config = state.path().join("mote.toml");
    let section = format!("[tls]\ncertificate = {certificate:?}\nkey = {key:?}\n");
    std::fs::write(&config, section).unwrap();
    let node = Serving::with(state.path(), &["hello"], &["--config", text(&config)]);
    let url = format!("{}/invoke/hello", node.url);
    assert!(url.starts_with("https://"), "{url}");
    for version in ["--http1.1", "--http2"] {
        let reply = curl(&["--cacert", text(&certificate), version, "-d", "Ada", &url]);
        assert_eq!((reply.status, &*reply.body), (200, "Hello, Ada!"), "{version}: {reply:?}");
    }
}

#[test]
fn tls_that_cannot_be_used_is_told() {
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("mote.toml");
    std::fs::write(&config, "[tls]\ncertificate = '/nonexistent'\nkey = '/nonexistent'\n").unwrap();
    let output = mote(&["serve", "--config", text(&config), "--state", text(state.path())]);
    assert_eq!(status(&output), 5);
    assert!(stderr(&output).contains("`tls.certificate` cannot be used"), "{}", stderr(&output));
}
