//! The page at `/`, in a browser.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::clients::{curl, is_there, succeeded};
use crate::serving::{Serving, operator};
use crate::support::{file, stdout, text};

#[test]
fn page_shows_a_node_under_load_and_invokes() {
    let probe = ["-c", "import selenium"];
    if !is_there("selenium", Command::new("python3").args(probe))
        || !is_there("chromium", Command::new("chromium").arg("--version"))
        || !is_there("chromedriver", Command::new("chromedriver").arg("--version"))
    {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello", "panics", "spin"]);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for name in ["hello", "panics", "spin"] {
            let (url, is_over) = (format!("{}/invoke/{name}", node.url), &is_over);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    curl(&["-d", "<b>load</b>", &url]);
                }
            });
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/page.py");
        let output = Command::new("python3").args([script, &node.url]).output();
        is_over.store(true, Ordering::Relaxed);
        succeeded(&output.unwrap());
    });
}

#[test]
fn page_is_off_where_the_configuration_says_so() {
    let state = tempfile::tempdir().unwrap();
    let (_folder, config) = file("mote.toml", b"page = false\n");
    let node = Serving::with(state.path(), &[], &["--config", text(&config)]);
    for path in ["/", "/page/page.js", "/page/state"] {
        assert_eq!(curl(&[&format!("{}{path}", node.url)]).status, 404, "{path}");
    }
}

#[test]
fn page_runs_nothing_but_its_own_script_and_says_nothing_of_tenants() {
    let state = tempfile::tempdir().unwrap();
    let node = Serving::start(state.path(), &["hello"]);
    let page = curl(&[&format!("{}/", node.url)]);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let state_url = format!("{}/page/state", node.url);
    assert_eq!(curl(&[&state_url]).json()["functions"][0]["name"], "hello");
    let key = stdout(&operator(state.path(), &["access", "grant", "default"]));
    assert_eq!(curl(&[&state_url]).status, 401);
    let header = format!("X-Api-Key: {}", key.trim());
    assert_eq!(curl(&["-H", &header, &state_url]).status, 200);
}
