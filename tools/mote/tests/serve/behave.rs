//! Clients that misbehave: they harm nobody else.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};

use crate::clients::curl;
use crate::serving::Serving;
use crate::support::text;

/// How long to wait for a node that should have answered, or should have gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// Connections that do nothing, in one test.
const IDLE: usize = 10_000;

pub(crate) fn connect(node: &Serving) -> TcpStream {
    let stream = TcpStream::connect(node.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes, and reads what comes back until the node closes the connection.
fn exchange(node: &Serving, bytes: &[u8]) -> String {
    let mut stream = connect(node);
    // The node may close before it has read all.
    let _ = stream.write_all(bytes);
    let mut reply = Vec::new();
    let _ = stream.read_to_end(&mut reply);
    String::from_utf8_lossy(&reply).into_owned()
}

fn served_with(state: &Path, config: &str) -> Serving {
    let path = state.join("mote.toml");
    std::fs::write(&path, config).unwrap();
    Serving::with(state, &["hello"], &["--config", text(&path)])
}

pub(crate) fn assert_serves(node: &Serving) {
    let reply = curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]);
    assert_eq!((reply.status, &*reply.body), (200, "Hello, Ada!"), "{reply:?}");
}

#[test]
fn malformed_requests_are_refused_and_others_served() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let requests: [&[u8]; 11] = [
        b"\r\n\r\n\r\n\r\nnonsense\r\n\r\n",
        b"POST\r\n\r\n",
        b"POST /invoke/hello HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST /invoke/hello HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /invoke/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
        b"POST /invoke/hello HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n",
        b"POST /invoke/\x00hello HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /invoke/hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nno frames",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRO",
    ];
    for request in requests {
        let mut stream = connect(&node);
        let _ = stream.write_all(request);
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut reply = Vec::new();
        let _ = stream.read_to_end(&mut reply);
        assert!(!reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(request));
    }
    assert_serves(&node);
}

#[test]
fn requests_with_two_lengths_are_never_two_requests() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let hidden = "POST /invoke/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhidden";
    let length = hidden.len();
    let heads = [
        format!("Content-Length: {length}\r\nContent-Length: 0\r\n"),
        format!("Content-Length: {length}\r\nTransfer-Encoding: xchunked\r\n"),
        "Transfer-Encoding: chunked, identity\r\n".to_owned(),
        "Transfer-Encoding: identity\r\nContent-Length: 0\r\n".to_owned(),
        "Content-Length: +0\r\n".to_owned(),
    ];
    for head in heads {
        let request = format!("POST /invoke/hello HTTP/1.1\r\nHost: x\r\n{head}\r\n{hidden}");
        let reply = exchange(&node, request.as_bytes());
        assert!(!reply.contains("Hello, hidden!"), "{head}: {reply}");
        assert!(reply.starts_with("HTTP/1.1 400"), "{head}: {reply}");
    }
    assert_serves(&node);
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let request = |name: &str, connection: &str| {
        format!(
            "POST /invoke/hello HTTP/1.1\r\nHost: x\r\nConnection: {connection}\r\n\
             Content-Length: {}\r\n\r\n{name}",
            name.len()
        )
    };
    let all = request("A", "keep-alive") + &request("BB", "keep-alive") + &request("C", "close");
    let reply = exchange(&node, all.as_bytes());
    let place = |text| reply.find(text).unwrap_or_else(|| panic!("no {text} in {reply}"));
    assert!(place("Hello, A!") < place("Hello, BB!") && place("Hello, BB!") < place("Hello, C!"));
}

#[test]
fn connection_that_sends_too_slowly_is_closed() {
    let state = tempfile::tempdir().unwrap();
    let node = served_with(state.path(), "[limits]\nheader_timeout_ms = 300\n");
    let request = "POST /invoke/hello HTTP/1.1\r\nHost: a-host-with-a-long-name.example\r\n";
    for beginning in ["", "P", "POST /invoke"] {
        let mut stream = connect(&node);
        let before = Instant::now();
        stream.write_all(beginning.as_bytes()).unwrap();
        // A byte now and then: the time is that of all headers, and not of one byte.
        for byte in request.as_bytes()[beginning.len()..].chunks(1).take(40) {
            if beginning.is_empty() || stream.write_all(byte).is_err() {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = stream.read_to_end(&mut Vec::new());
        assert!(before.elapsed() < PATIENCE, "{beginning:?} was waited for");
    }
    assert_serves(&node);
}

#[test]
fn idle_connections_keep_nobody_from_being_served() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let most = limit.maximum.map_or(IDLE, |most| most.saturating_sub(200) as usize);
    let state = tempfile::tempdir().unwrap();
    let node = served_with(state.path(), "[limits]\nconnections = 20000\n");
    let idle: Vec<_> = (0..IDLE.min(most)).map(|_| connect(&node)).collect();
    assert_serves(&node);
    drop(idle);
    assert_serves(&node);
}

#[test]
fn connections_beyond_the_limit_wait_until_one_ends() {
    let state = tempfile::tempdir().unwrap();
    let node = served_with(state.path(), "[limits]\nconnections = 2\n");
    let held = [connect(&node), connect(&node)];
    let mut third = connect(&node);
    third.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(third.read(&mut [0]).is_err(), "it was answered beside two others");
    drop(held);
    third.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reply = String::new();
    third.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[test]
fn flood_of_resets_ends_its_connection_only() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let mut flood = connect(&node);
    flood.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
    flood.write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0]).unwrap();
    // HEADERS of `POST http /` from the static table (RFC 7541, A), and RST_STREAM with CANCEL.
    let is_open = (0..100_000_u32).all(|number| {
        let stream = (2 * number + 1).to_be_bytes();
        let headers = [&[0, 0, 3, 1, 4], &stream[..], &[0x83, 0x86, 0x84]].concat();
        let reset = [&[0, 0, 4, 3, 0], &stream[..], &[0, 0, 0, 8]].concat();
        flood.write_all(&[headers, reset].concat()).is_ok()
    });
    assert!(!is_open, "100,000 streams were opened and reset on one connection");
    assert_serves(&node);
}

#[test]
fn client_that_goes_in_mid_body_harms_nobody() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    for _ in 0..50 {
        let mut stream = connect(&node);
        let head = "POST /invoke/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nsome";
        stream.write_all(head.as_bytes()).unwrap();
    }
    assert_serves(&node);
    let metrics = curl(&[&format!("{}/metrics", node.url)]).body;
    assert!(metrics.contains("outcome=\"ok\",cleanup=\"returned\"} 1\n"), "{metrics}");
}

#[test]
fn request_under_way_is_answered_after_sigterm() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("mote.toml");
    std::fs::write(&path, "[defaults]\nbudget_us = 1000000\n").unwrap();
    let node = Serving::with(state.path(), &["spin"], &["--config", text(&path)]);
    let mut stream = connect(&node);
    stream
        .write_all(b"POST /invoke/spin HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    node.signal(Signal::TERM);
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 504"), "{reply}");
    assert_eq!(node.wait(), Some(0));
}

#[test]
fn idle_connections_keep_no_node_from_ending() {
    let state = tempfile::tempdir().unwrap();
    let node = served_with(state.path(), "[limits]\nheader_timeout_ms = 120000\n");
    let _silent = connect(&node);
    let mut used = connect(&node);
    used.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(used.read(&mut [0; 100]).unwrap() > 0);
    let before = Instant::now();
    node.signal(Signal::TERM);
    assert_eq!(node.wait(), Some(0));
    assert!(before.elapsed() < PATIENCE, "it waited for the headers' time");
}

#[test]
fn second_signal_ends_it_at_once() {
    let state = tempfile::tempdir().unwrap();
    let path = state.path().join("mote.toml");
    std::fs::write(&path, "[defaults]\nbudget_us = 60000000\n").unwrap();
    let node = Serving::with(state.path(), &["spin"], &["--config", text(&path)]);
    let mut stream = connect(&node);
    stream
        .write_all(b"POST /invoke/spin HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let before = Instant::now();
    node.signal(Signal::TERM);
    std::thread::sleep(Duration::from_millis(200));
    node.signal(Signal::TERM);
    assert_eq!(node.wait(), Some(0));
    assert!(before.elapsed() < PATIENCE, "it waited for a minute's budget");
}
