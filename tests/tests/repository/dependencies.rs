//! The worker's dependency tree holds the crates listed here and nothing else.

use std::collections::BTreeSet;
use std::process::Command;

/// Crates that are in the worker program; what runs in the compiler (derive macros) is not.
const ALLOWED: [&str; 14] = [
    "bitflags",
    "bumpalo",
    "cfg-if",
    "dlmalloc",
    "libc",
    "linux-raw-sys",
    "mote-abi",
    "mote-alloc",
    "mote-sigctx",
    "mote-worker",
    "rustix",
    "spin",
    "thiserror",
    "zerocopy",
];

#[test]
fn worker_depends_on_nothing_else() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["tree", "--locked", "--package", "mote-worker", "--features", "freestanding"])
        .args(["--target", "x86_64-unknown-linux-gnu", "--edges", "no-dev,no-build,no-proc-macro"])
        .args(["--prefix", "none", "--format", "{lib}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = cargo.output().unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: BTreeSet<String> = listed
        .lines()
        .map(|line| line.split_whitespace().next().unwrap_or("").replace('_', "-"))
        .filter(|name| !name.is_empty())
        .collect();
    assert!(found.contains("mote-worker") && found.contains("zerocopy"), "{listed}");
    let strangers: Vec<_> = found.iter().filter(|name| !ALLOWED.contains(&&***name)).collect();
    assert!(strangers.is_empty(), "new in the worker: {strangers:?}");
}
