//! Durable events: through kills, a full disk, and an operator's hands.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::clients::{curl, is_there, succeeded};
use crate::serving::{Serving, operator};
use crate::support::{file, status, stderr, stdout, text};

/// Kills in this test, each a while later than the one before.
const KILLS: u32 = 8;

/// From one kill to the next.
const STEP: Duration = Duration::from_millis(40);

/// Clients that submit at once.
const CLIENTS: usize = 4;

/// Settings with which a failed event is parked at once.
const ONE_TRY: &[u8] = b"[events]\ntries = 1\n";

/// How long events may take to run.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn acknowledged_event_runs_whenever_the_node_is_killed() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", ONE_TRY);
    let log = state.path().join("log");
    let start = || {
        let log = File::options().create(true).append(true).open(&log).unwrap();
        let arguments = ["--config", text(&config), "--log-json"];
        Serving::logged(state.path(), &["errors", "logs"], &arguments, log.into())
    };
    let mut acknowledged = [BTreeSet::new(), BTreeSet::new()];
    for kill in 1..=KILLS {
        let node = start();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (function, address) = (["errors", "logs"][number % 2], address(&node));
                thread::spawn(move || submit_until_the_end(&address, function))
            })
            .collect();
        thread::sleep(STEP * kill);
        node.signal(Signal::KILL);
        for (number, client) in clients.into_iter().enumerate() {
            acknowledged[number % 2].extend(client.join().unwrap());
        }
    }
    assert!(acknowledged.iter().all(|ids| !ids.is_empty()));
    let _node = start();
    let failed = parked_when_all_ran(state.path());
    let logged = std::fs::read_to_string(&log).unwrap();
    let lost = acknowledged[0].iter().find(|id| !failed.contains(*id));
    assert_eq!(lost, None, "of {}", acknowledged[0].len());
    let lost = acknowledged[1].iter().find(|id| !logged.contains(id.as_str()));
    assert_eq!(lost, None, "of {}", acknowledged[1].len());
}

#[test]
fn full_disk_refuses_events_and_loses_none() {
    const NAME: &str = "events::full_disk_refuses_events_and_loses_none";
    const INSIDE: &str = "MOTE_TEST_FULL_DISK";
    if std::env::var_os(INSIDE).is_none() {
        // A file system of one's own, which needs a mount namespace.
        if is_there("a user namespace", Command::new("unshare").args(["-rm", "true"])) {
            let mut inside = Command::new("unshare");
            inside.arg("-rm").arg(std::env::current_exe().unwrap()).args(["--exact", NAME]);
            succeeded(&inside.env(INSIDE, "1").output().unwrap());
        }
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=12m", "tmpfs", text(state.path())]);
    succeeded(&mount.output().unwrap());
    fill_and_free(state.path());
}

/// Submits events until the disk is full, makes room, and goes on; then in another life of the node.
fn fill_and_free(state: &Path) {
    let (_folder, config) = file("mote.toml", ONE_TRY);
    let arguments = ["--config", text(&config)];
    let filler = state.join("filler");
    std::fs::write(&filler, vec![1; 4 << 20]).unwrap();
    let node = Serving::with(state, &["errors"], &arguments);
    let (mut kept, refusal) = fill(&node);
    assert_eq!(
        (refusal.status, &*refusal.json()["error"].to_string()),
        (507, "\"insufficient_storage\"")
    );
    assert!(refusal.body.contains("the disk is full"), "{refusal:?}");
    assert_eq!(curl(&["-d", "x", &format!("{}/invoke/errors", node.url)]).status, 502);
    assert_eq!(parked_when_all_ran(state), kept);
    let dropped = kept.pop_first().unwrap();
    node.signal(Signal::KILL);
    drop(node);
    std::fs::remove_file(&filler).unwrap();
    let node = Serving::with(state, &[], &arguments);
    assert_eq!(status(&operator(state, &["events", "drop", &dropped])), 0);
    kept.insert(submit(&mut connect(&address(&node)), "errors", b"more").unwrap());
    assert_eq!(parked_when_all_ran(state), kept);
}

/// Submits events of which the last is refused; returns those that were not, and the refusal.
fn fill(node: &Serving) -> (BTreeSet<String>, crate::clients::Reply) {
    let body = "x".repeat(100_000);
    let mut kept = BTreeSet::new();
    loop {
        let reply = curl(&["-d", &body, &format!("{}/events/errors", node.url)]);
        if reply.status != 202 {
            return (kept, reply);
        }
        kept.insert(reply.header("x-mote-request").unwrap().to_owned());
    }
}

#[test]
fn parked_event_is_shown_retried_and_dropped() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", b"[events]\ntries = 2\nbackoff_ms = 1\n");
    let node = Serving::with(state.path(), &["errors"], &["--config", text(&config)]);
    let asked = operator(state.path(), &["invoke", "--event", "errors", "--data", "Ada"]);
    let id = stdout(&asked).trim().to_owned();
    assert_eq!((status(&asked), id.len()), (0, 36), "{}", stderr(&asked));
    assert_eq!(parked_when_all_ran(state.path()), BTreeSet::from([id.clone()]));
    let shown = stdout(&operator(state.path(), &["events", "show", &id, "--json"]));
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["tries"], &shown["body_base64"]), (&2.into(), &"QWRh".into()), "{shown}");
    assert_eq!(shown["failure"]["message"], "refused: Ada");
    let plain = stdout(&operator(state.path(), &["events", "show", &id]));
    assert!(plain.contains("state: parked\n") && plain.ends_with("\nAda"), "{plain}");
    let metrics = || curl(&[&format!("{}/metrics", node.url)]).body;
    assert!(metrics().contains("mote_events{state=\"parked\"} 1"));
    let retried = operator(state.path(), &["events", "retry", "--parked", "--json"]);
    assert_eq!(stdout(&retried), format!("[\"{id}\"]\n"));
    parked_when_all_ran(state.path());
    assert!(metrics().contains("mote_event_changes_total{what=\"failed\"} 4"), "{}", metrics());
    assert_eq!(status(&operator(state.path(), &["events", "drop", &id])), 0);
    assert_eq!(stdout(&operator(state.path(), &["events", "list", "--json"])), "[]\n");
    let again = operator(state.path(), &["events", "drop", &id]);
    assert!(status(&again) == 5 && stderr(&again).contains("there is no event"), "{again:?}");
}

#[test]
fn events_over_the_limit_are_refused() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", b"[events]\ntries = 1\ncount = 2\nbytes = 1024\n");
    let node = Serving::with(state.path(), &["errors"], &["--config", text(&config)]);
    let submit = |body: &str| curl(&["-d", body, &format!("{}/events/errors", node.url)]);
    let too_long = submit(&"x".repeat(1_025));
    assert_eq!((too_long.status, too_long.header("retry-after")), (429, Some("1")), "{too_long:?}");
    assert_eq!([submit("a").status, submit("b").status], [202, 202]);
    let one_more = submit("c");
    assert!(one_more.status == 429 && one_more.body.contains("events.count"), "{one_more:?}");
    let unknown = curl(&["-d", "x", &format!("{}/events/nobody", node.url)]);
    assert_eq!(unknown.status, 404);
}

#[test]
fn event_of_a_function_that_is_gone_is_parked() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", b"[events]\ntries = 20\nbackoff_ms = 100\n");
    let node = Serving::with(state.path(), &["errors"], &["--config", text(&config)]);
    assert_eq!(curl(&["-d", "x", &format!("{}/events/errors", node.url)]).status, 202);
    assert_eq!(status(&operator(state.path(), &["rm", "errors"])), 0);
    parked_when_all_ran(state.path());
    let listed = stdout(&operator(state.path(), &["events", "list", "--function", "errors"]));
    assert!(listed.contains("refused: Function not found"), "{listed}");
}

/// Waits until no event waits or runs; returns those that are parked.
fn parked_when_all_ran(state: &Path) -> BTreeSet<String> {
    let begun = Instant::now();
    loop {
        let listed = operator(state, &["events", "list", "--json", "--limit", "1000000"]);
        let listed: Vec<serde_json::Value> = serde_json::from_str(&stdout(&listed)).unwrap();
        if listed.iter().all(|event| event["state"] == "parked") {
            let ids = listed.iter().map(|event| event["id"].as_str().unwrap().to_owned());
            return ids.collect();
        }
        assert!(begun.elapsed() < PATIENCE, "{} events are left", listed.len());
        thread::sleep(Duration::from_millis(50));
    }
}

fn address(node: &Serving) -> String {
    node.url.strip_prefix("http://").unwrap().to_owned()
}

/// Submits events until the node is gone; returns those that it acknowledged.
fn submit_until_the_end(address: &str, function: &str) -> Vec<String> {
    let mut connection = connect(address);
    std::iter::from_fn(|| submit(&mut connection, function, b"a line")).collect()
}

fn connect(address: &str) -> BufReader<TcpStream> {
    BufReader::new(TcpStream::connect(address).unwrap())
}

/// Submits one event; returns its identifier if it was acknowledged.
fn submit(connection: &mut BufReader<TcpStream>, function: &str, body: &[u8]) -> Option<String> {
    let head = format!(
        "POST /events/{function} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.get_mut().write_all(&[head.as_bytes(), body].concat()).ok()?;
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if connection.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let value =
        |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let mut body = vec![0; value("content-length")?.parse().unwrap()];
    connection.read_exact(&mut body).ok()?;
    assert!(head.starts_with("HTTP/1.1 202"), "{head}{}", String::from_utf8_lossy(&body));
    value("x-mote-request").map(str::to_owned)
}
