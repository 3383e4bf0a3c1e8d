//! `mote torture` from the command line: what it does with services that have no end, or a long one.

use serde_json::Value;

use crate::support::{mote, service, status, stderr, stdout, text};

#[test]
fn endless_service_is_followed_for_a_while_and_told_to_be_one() {
    let sparse = ["--every", "1000", "--json", "-"];
    let spin = service("spin");
    let output = mote(&[&["torture", &spin][..], &sparse].concat());
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stderr(&output).contains("--limit N follows it for more"), "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).expect("one object");
    assert_eq!((&report["is_endless"], &report["points"]), (&true.into(), &5.into()));

    let asked = mote(&[&["torture", &spin, "--limit", "2000"][..], &sparse].concat());
    let report: Value = serde_json::from_str(&stdout(&asked)).expect("one object");
    assert_eq!(report["points"], 2, "{}", stderr(&asked));
}

/// Each frame holds a token; the deepest panics.
const DEEP: &str = "
#![no_std]
use core::hint::black_box;
use mote_service::{Context, Request, Response, Result};

pub fn handle(_request: &Request<'_>, context: &mut Context) -> Result<Response> {
    Ok(Response::new(descend(context, 60).to_le_bytes()))
}

#[inline(never)]
fn descend(context: &mut Context, depth: u64) -> u64 {
    let _token = context.token();
    assert!(depth > 0, \"at the bottom\");
    descend(context, black_box(depth - 1)) + 1
}
";

#[test]
fn panic_through_60_landing_pads_is_followed_to_its_end() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("deep");
    assert_eq!(status(&mote(&["new", text(&folder)])), 0);
    std::fs::write(folder.join("src/lib.rs"), DEEP).expect("a source");
    let output = mote(&["torture", text(&folder), "--every", "200", "--json", "-"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let report: Value = serde_json::from_str(&stdout(&output)).expect("one object");
    assert_eq!(report["is_complete"], true, "{report}");
    assert!(report["instructions"].as_u64() > Some(500), "{report}");
}
