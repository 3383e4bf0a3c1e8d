//! Requests that wait for a worker.

use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::behave::{assert_serves, connect};
use crate::clients::curl;
use crate::serving::Serving;
use crate::support::text;

/// A node whose one worker runs `spin` for two seconds.
fn slow(state: &Path, node: &str) -> Serving {
    let path = state.join("mote.toml");
    let text_of = format!("[defaults]\nbudget_us = 2000000\n[node]\n{node}\n");
    std::fs::write(&path, text_of).unwrap();
    Serving::with(state, &["hello", "spin"], &["--config", text(&path)])
}

/// Asks for `spin`, and waits for nothing but that the node has read it.
fn spin(node: &Serving) -> TcpStream {
    let mut stream = connect(node);
    stream
        .write_all(b"POST /invoke/spin HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    std::thread::sleep(Duration::from_millis(100));
    stream
}

#[test]
fn request_waits_for_a_worker_and_is_refused_after_its_time() {
    let state = tempfile::tempdir().unwrap();
    let node = slow(state.path(), "queue_timeout_ms = 200");
    let _busy = [spin(&node), spin(&node)];
    let before = Instant::now();
    let reply = curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]);
    assert_eq!(reply.status, 429, "{reply:?}");
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert!(before.elapsed() >= Duration::from_millis(200), "it did not wait");
    let url = format!("{}/2015-03-31/functions/hello/invocations", node.url);
    let reply = curl(&["-d", "Ada", &url]);
    assert_eq!(reply.header("x-amzn-errortype"), Some("toomanyrequestsexception"), "{reply:?}");
    assert_eq!(reply.header("x-amz-retry-after"), Some("100"));
}

#[test]
fn request_is_refused_at_once_when_the_queue_is_full() {
    let state = tempfile::tempdir().unwrap();
    let node = slow(state.path(), "queue_timeout_ms = 60000\nqueue_limit = 1");
    let _busy = [spin(&node), spin(&node), spin(&node)];
    let reply = curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]);
    assert_eq!(reply.status, 429, "{reply:?}");
    assert!(reply.body.contains("1 jobs wait"), "{reply:?}");
}

#[test]
fn nothing_runs_for_a_client_that_went_while_it_waited() {
    let state = tempfile::tempdir().unwrap();
    let node = slow(state.path(), "queue_timeout_ms = 60000");
    let _busy = [spin(&node), spin(&node)];
    drop([spin(&node), spin(&node), spin(&node)]);
    assert_serves(&node);
    let metrics = curl(&[&format!("{}/metrics", node.url)]).body;
    let line = "mote_invocations_total{function=\"spin\",outcome=\"over_budget\"";
    let counts = metrics.lines().filter(|found| found.starts_with(line));
    let count: u64 = counts.filter_map(|found| found.rsplit_once(' ')?.1.parse::<u64>().ok()).sum();
    assert_eq!(count, 2, "{metrics}");
}

#[test]
fn service_is_stopped_when_its_client_goes() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("mote.toml");
    std::fs::write(&path, "[defaults]\nbudget_us = 600000000\n").unwrap();
    let node = Serving::with(state.path(), &["hello", "spin"], &["--config", text(&path)]);
    // Two run or wait in the worker's ring, for ten minutes each.
    drop([spin(&node), spin(&node)]);
    assert_serves(&node);
    let metrics = curl(&[&format!("{}/metrics", node.url)]).body;
    let line = "mote_invocations_total{function=\"spin\",outcome=\"cancelled\"";
    let counts = metrics.lines().filter(|found| found.starts_with(line));
    let count: u64 = counts.filter_map(|found| found.rsplit_once(' ')?.1.parse::<u64>().ok()).sum();
    assert_eq!(count, 2, "{metrics}");
}
