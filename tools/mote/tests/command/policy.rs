//! `mote policy`.

use crate::support::{file, mote, status, stderr, stdout, text};

#[test]
fn policy_that_is_inside_is_printed_and_can_be_given_back() {
    let printed = mote(&["policy"]);
    assert_eq!(status(&printed), 0);
    let (_folder, path) = file("policy.toml", &printed.stdout);
    let inside = mote(&["policy", "--json"]);
    let given = mote(&["policy", "--json", "--policy", text(&path)]);
    assert_eq!(stdout(&inside), stdout(&given));
    assert!(stdout(&inside).starts_with("{\"sha256\":\""));
}

#[test]
fn policy_is_checked() {
    let good = "[[folder]]\npath = \"/srv/ours\"\nreason = \"ours\"\n";
    let (_folder, path) = file("policy.toml", good.as_bytes());
    let checked = mote(&["policy", "--check", text(&path)]);
    assert_eq!(status(&checked), 0);
    assert!(stdout(&checked).contains("0 entries for crates, 1 folders, SHA-256 "));
    let (_folder, path) = file("policy.toml", b"[[folder]]\npath = \"/srv/ours\"\n");
    let checked = mote(&["policy", "--check", text(&path)]);
    assert_eq!(status(&checked), 2);
    assert!(stderr(&checked).contains("missing field `reason`"), "{}", stderr(&checked));
}

#[test]
fn pinned_policy_is_one_of_exact_files() {
    let lock = format!("{}/../../Cargo.lock", env!("CARGO_MANIFEST_DIR"));
    let pinned = mote(&["policy", "--pin", &lock]);
    assert_eq!(status(&pinned), 0, "{}", stderr(&pinned));
    assert!(stdout(&pinned).contains("version = \"=1."));
    let (_folder, path) = file("policy.toml", &pinned.stdout);
    let checked = mote(&["policy", "--check", text(&path)]);
    assert_eq!(status(&checked), 0, "{}", stderr(&checked));
}
