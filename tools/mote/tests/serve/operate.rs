//! An operator's commands against a running node.

use rustix::process::Signal;

use crate::clients::curl;
use crate::serving::{Serving, image, operator};
use crate::support::{file, status, stderr, stdout, text};

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
