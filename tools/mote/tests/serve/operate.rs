//! An operator's commands against a running node.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use rustix::process::Signal;

use crate::clients::{curl, is_there, succeeded};
use crate::serving::{Serving, image, operator};
use crate::support::{command, file, status, stderr, stdout, text};

#[test]
fn deployed_versions_are_served_and_rolled_back() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let other = image("wordcount");
    let deployed = operator(state.path(), &["deploy", text(&other), "--name", "hello"]);
    assert_eq!(stdout(&deployed), "hello: version 2\n", "{}", stderr(&deployed));
    let ask = |name: &str| curl(&["-d", "Ada", &format!("{}/invoke/{name}", node.url)]).body;
    assert_ne!(ask("hello"), "Hello, Ada!");
    assert_eq!(ask("hello:1"), "Hello, Ada!");
    let back = operator(state.path(), &["rollback", "hello"]);
    assert_eq!(stdout(&back), "hello: version 1\n", "{}", stderr(&back));
    assert_eq!(ask("hello"), "Hello, Ada!");
    let none = operator(state.path(), &["rollback", "hello"]);
    assert_eq!(status(&none), 5);
    assert!(stderr(&none).contains("its versions are 1, 2"), "{}", stderr(&none));
}

#[test]
fn requests_that_wait_are_answered_when_their_function_is_replaced_and_removed() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", b"[node]\nqueue_timeout_ms = 60000\n");
    let node = Serving::with(state.path(), &["variables"], &["--config", text(&config)]);
    let metrics = || curl(&[&format!("{}/metrics", node.url)]).body;
    let url = format!("{}/invoke/variables", node.url);
    let (slow, other) = (image("variables"), image("hello"));
    let slow = ["deploy", text(&slow), "--set", "budget_us=2000000"];
    assert_eq!(status(&operator(state.path(), &slow)), 0);
    let answers = std::thread::scope(|scope| {
        let asked: Vec<_> =
            (0..8).map(|_| scope.spawn(|| curl(&["-d", "250000\nA", &url]))).collect();
        while !metrics().contains("mote_jobs_accepted_total 8\n") {}
        let other = ["deploy", text(&other), "--name", "variables"];
        assert_eq!(status(&operator(state.path(), &other)), 0);
        assert_eq!(status(&operator(state.path(), &["rm", "variables"])), 0);
        asked.into_iter().map(|asked| asked.join().unwrap()).collect::<Vec<_>>()
    });
    for reply in answers {
        assert_eq!((reply.status, &*reply.body), (200, "A\n"), "{reply:?}");
    }
    assert!(metrics().contains("\nmote_services 0\n"), "a removed function's service is there");
}

#[test]
fn restart_serves_what_was_deployed() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let set = ["deploy", text(&image("spin")), "--set", "budget_us=700", "--set", "mode=discard"]
        .map(str::to_owned);
    let set: Vec<_> = set.iter().map(String::as_str).collect();
    assert_eq!(status(&operator(state.path(), &set)), 0);
    let listed = stdout(&operator(state.path(), &["list", "--json"]));
    node.signal(Signal::TERM);
    assert_eq!(node.wait(), Some(0));
    let node = Serving::start(state.path(), &[]);
    assert_eq!(stdout(&operator(state.path(), &["list", "--json"])), listed);
    assert!(listed.contains(r#""budget_us":700"#) && listed.contains("discard"), "{listed}");
    assert_eq!(curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]).body, "Hello, Ada!");
    assert_eq!(curl(&["-d", "x", &format!("{}/invoke/spin", node.url)]).status, 504);
}

#[test]
fn same_service_at_every_start_is_one_version() {
    let state = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let _node = Serving::start(state.path(), &["hello"]);
        let listed = stdout(&operator(state.path(), &["list", "--json"]));
        assert!(listed.contains(r#""versions":[1]"#), "{listed}");
    }
}

#[test]
fn removed_function_is_gone() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    assert_eq!(status(&operator(state.path(), &["rm", "hello"])), 0);
    assert_eq!(curl(&["-d", "x", &format!("{}/invoke/hello", node.url)]).status, 404);
    assert_eq!(status(&operator(state.path(), &["rm", "hello"])), 5);
    assert_eq!(std::fs::read_dir(state.path().join("images")).unwrap().count(), 0);
}

#[test]
fn invoke_exits_with_the_status_of_the_outcome() {
    let state = tempfile::tempdir().unwrap();
    let _node = Serving::start(state.path(), &["hello", "spin"]);
    let hello = operator(state.path(), &["invoke", "hello", "--data", "Ada"]);
    assert_eq!((status(&hello), &*stdout(&hello)), (0, "Hello, Ada!"));
    let spin = operator(state.path(), &["invoke", "spin"]);
    assert_eq!(status(&spin), 13, "{}", stderr(&spin));
    let stats = stdout(&operator(state.path(), &["stats"]));
    assert!(stats.contains("over_budget 1") && stats.contains("ok 1"), "{stats}");
}

#[test]
fn ban_is_told_and_lifted_by_the_operator_alone() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", b"[node]\nban_after = 1\n");
    let node = Serving::with(state.path(), &["guard_spin"], &["--config", text(&config)]);
    let ask = || curl(&["-d", "x", &format!("{}/invoke/guard_spin", node.url)]);
    let metrics = || curl(&[&format!("{}/metrics", node.url)]).body;
    assert!(metrics().contains("mote_banned{function=\"guard_spin\"} 0"));
    assert_eq!(ask().status, 504);
    let refused = ask();
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("did not yield at its soft deadline 1 time"), "{}", refused.body);
    let harmless = image("hello");
    let deploy = ["deploy", text(&harmless), "--name", "guard_spin"];
    assert_eq!(status(&operator(state.path(), &deploy)), 0);
    assert_eq!(ask().status, 403, "deploying again lifted the ban");
    let stats = stdout(&operator(state.path(), &["stats", "--json"]));
    let strikes =
        r#""strikes":{"unyielding":1,"denied_syscall":0,"worker_lost":0},"ban":"it did not"#;
    assert!(stats.contains(strikes), "{stats}");
    let listed = stdout(&operator(state.path(), &["list"]));
    assert!(listed.contains("banned: it did not yield"), "{listed}");
    let text = metrics();
    let sample = "mote_strikes_total{function=\"guard_spin\",kind=\"unyielding\"} 1";
    assert!(
        text.contains(sample) && text.contains("mote_banned{function=\"guard_spin\"} 1"),
        "{text}"
    );
    assert_eq!(status(&operator(state.path(), &["unban", "guard_spin"])), 0);
    assert_eq!(ask().status, 200);
    assert_eq!(status(&operator(state.path(), &["ban", "guard_spin"])), 0);
    assert!(ask().body.contains("its operator said so"));
    assert_eq!(status(&operator(state.path(), &["ban", "nobody"])), 5);
}

#[test]
fn bad_deployment_changes_nothing() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let (_folder, noise) = file("hello.image", b"not an image");
    let refused = operator(state.path(), &["deploy", text(&noise)]);
    assert_eq!(status(&refused), 5);
    assert!(
        stderr(&refused).contains("give an image that `mote build` made"),
        "{}",
        stderr(&refused)
    );
    let unknown = operator(state.path(), &["deploy", text(&image("hello")), "--set", "speed=9"]);
    assert!(stderr(&unknown).contains("unknown field `speed`"), "{}", stderr(&unknown));
    assert_eq!(curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]).body, "Hello, Ada!");
    assert_eq!(std::fs::read_dir(state.path().join("images")).unwrap().count(), 1);
}

#[test]
fn logs_are_shown_and_followed() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["logs", "errors"]);
    let ask = |name: &str| curl(&["-d", "x", &format!("{}/invoke/{name}", node.url)]);
    let first = ask("errors").header("x-mote-request").unwrap().to_owned();
    let shown = stdout(&operator(state.path(), &["logs", "errors"]));
    assert!(shown.starts_with(&format!("{first} errors $LATEST error: ")), "{shown}");
    let mut following = command(&["logs", "-f", "logs", "--json", "--state", text(state.path())]);
    let mut following = following.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap());
    ask("errors");
    let request = ask("logs").header("x-mote-request").unwrap().to_owned();
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["function"], &line["request"]), (&"logs".into(), &request.into()), "{line}");
    // The follower keeps nothing from ending.
    node.signal(Signal::TERM);
    assert_eq!(node.wait(), Some(0));
    assert!(following.wait().unwrap().success());
}

#[test]
fn nobody_at_the_socket_is_told() {
    let state = tempfile::tempdir().unwrap();
    let output = operator(state.path(), &["list"]);
    assert_eq!(status(&output), 5);
    assert!(stderr(&output).contains("start one with `mote serve`"), "{}", stderr(&output));
}

#[test]
fn second_node_with_the_same_state_is_refused() {
    let state = tempfile::tempdir().unwrap();
    let _node = Serving::start(state.path(), &[]);
    let second = operator(state.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(status(&second), 5);
    assert!(stderr(&second).contains("another node keeps its functions"), "{}", stderr(&second));
}

#[test]
fn unit_is_hardened() {
    let mut analyze = Command::new("systemd-analyze");
    if !is_there("systemd-analyze", Command::new("systemd-analyze").arg("--version")) {
        return;
    }
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../runtime/server/mote.service");
    // A threshold in tenths: more than 2.0 is a failure.
    analyze.args(["security", "--offline=true", "--threshold=20", unit]);
    succeeded(&analyze.output().unwrap());
}

#[test]
fn top_tells_what_ends_in_an_interval() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let mut top = command(&["top", "--state", text(state.path()), "--interval", "1", "--json"]);
    let mut top = top.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(top.stdout.take().unwrap()).lines();
    // An interval in which nothing ends may be the first.
    let busy = (0..30).find_map(|_| {
        curl(&["-d", "Ada", &format!("{}/invoke/hello", node.url)]);
        let line = lines.next()?.unwrap();
        (!line.contains(r#""mean_us":null"#)).then_some(line)
    });
    top.kill().unwrap();
    top.wait().unwrap();
    let busy = busy.expect("a request ends in one of thirty intervals");
    assert!(busy.contains(r#""name":"hello""#) && busy.contains(r#""failed_per_second":0.0"#));
}
