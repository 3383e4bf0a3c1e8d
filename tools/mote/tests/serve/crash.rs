//! A node that is killed while it deploys.

use std::time::Duration;

use rustix::process::Signal;

use crate::clients::curl;
use crate::serving::{Serving, image};
use crate::support::{command, stdout, text};

/// Kills in this test, each a while later in a deployment than the one before.
const KILLS: u32 = 12;

/// From one kill to the next.
const STEP: Duration = Duration::from_millis(2);

#[test]
fn acknowledged_deployment_is_there_after_a_kill_at_any_moment() {
    let state = tempfile::tempdir().unwrap();
    let images = [image("hello"), image("wordcount")];
    let mut acknowledged = 0;
    for kill in 0..KILLS {
        let node = Serving::start(state.path(), &[]);
        let served = versions(state.path());
        assert!(
            served >= acknowledged,
            "version {acknowledged} was acknowledged, {served} is there"
        );
        if served > 0 {
            assert_eq!(curl(&["-d", "x", &format!("{}/invoke/f", node.url)]).status, 200);
        }
        let deploying = command(&["deploy", text(&images[kill as usize % 2]), "--name", "f"])
            .args(["--state", text(state.path())])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        std::thread::sleep(STEP * kill);
        node.signal(Signal::KILL);
        let said = stdout(&deploying.unwrap().wait_with_output().unwrap());
        let version = said.trim().strip_prefix("f: version ").and_then(|text| text.parse().ok());
        acknowledged = version.unwrap_or(acknowledged);
    }
}

/// The number of the last version of the one function; 0 if it is not there.
fn versions(state: &std::path::Path) -> u64 {
    let listed = stdout(&crate::serving::operator(state, &["list", "--json"]));
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("an array");
    listed[0]["versions"].as_array().and_then(|all| all.last()?.as_u64()).unwrap_or(0)
}
