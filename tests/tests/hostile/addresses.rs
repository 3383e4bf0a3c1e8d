//! Addresses that an attacker has learnt from another start of a node: of the worker program, and of its own image.
//! They are right where every start has the same layout, and lead nowhere otherwise.

use std::collections::BTreeSet;

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Layout, NodeConfig};
use mote_tests::{AMPLE_US, LAYOUT_SEED, TestNode, machine_code};

use crate::machine::{RESPOND, respond_with_rax};
use crate::plain_and_hidden;

/// A node whose layout the attacker knows.
fn known() -> NodeConfig {
    NodeConfig { layout_seed: Some(LAYOUT_SEED), ..NodeConfig::default() }
}

/// Responds with the first four bytes at `address`.
fn read_from(address: u64) -> Vec<u8> {
    let mut code = vec![0x48, 0xb9]; // mov rcx, imm64
    code.extend(address.to_le_bytes());
    [code, machine_code!("mov eax, [rcx]"), respond_with_rax()].concat()
}

/// What an attacker would look up in a worker: the program's ELF header, and the windows.
fn targets() -> [(&'static str, u64); 3] {
    let Layout { program, zones } = Layout::of_seed(LAYOUT_SEED);
    let windows = zones.windows(0);
    [("program", program), ("text", windows.text()), ("data", windows.data())]
}

#[test]
fn address_of_another_start_leads_nowhere() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for (name, address) in targets() {
        node.crafted(name, &read_from(address), RESPOND);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        assert_eq!(ended.outcome, Outcome::Fault, "{name}: {ended:?}");
        node.canary(pid);
    }
}

#[test]
fn address_is_right_where_every_start_has_the_same_layout() {
    let mut node = TestNode::start(&known());
    for (name, address) in targets() {
        node.crafted(name, &read_from(address), RESPOND);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        assert_eq!((ended.outcome, ended.body.len()), (Outcome::Ok, 8), "{name}: {ended:?}");
        if name == "program" {
            assert_eq!(ended.body, b"\x7fELF\0\0\0\0");
        }
    }
}

/// What lies at the same address in all workers. Inbox and outbox are where the kernel likes.
const MAPPED: [&str; 3] = ["/memfd:mote-worker", "/memfd:mote-text", "/memfd:mote-rodata"];

/// Where a worker has its program and each of its windows: proc_pid_maps(5).
fn mapped(pid: u32) -> BTreeSet<(String, u64)> {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let mut first = BTreeSet::new();
    for line in maps.lines().filter(|line| line.contains("/memfd:mote-")) {
        let (address, name) = (line.split('-').next().unwrap(), line.split_whitespace().nth(5));
        let address = u64::from_str_radix(address, 16).unwrap();
        let name = name.unwrap().to_owned();
        if !first.iter().any(|(other, _)| *other == name) {
            first.insert((name, address));
        }
    }
    first.retain(|(name, _)| MAPPED.contains(&&name[..]));
    first
}

/// Has a worker end, and returns the number of the one that takes its place.
fn replaced(node: &mut TestNode) -> u32 {
    let before = node.worker_pids();
    let [_, interrupt] = plain_and_hidden!(["mov eax, 64"], "int 0x80", []);
    node.crafted("interrupt", &interrupt, RESPOND);
    assert_eq!(node.run("interrupt", Mode::Guarded, AMPLE_US).outcome, Outcome::WorkerLost);
    loop {
        node.run("hello", Mode::Guarded, AMPLE_US);
        let new = node.worker_pids().into_iter().find(|pid| !before.contains(pid));
        if let Some(new) = new.filter(|&new| mapped(new).len() == MAPPED.len()) {
            return new;
        }
    }
}

fn layout_of_all_workers(config: &NodeConfig) -> BTreeSet<(String, u64)> {
    let mut node = TestNode::start(&NodeConfig { workers: 3, ..config.clone() });
    let layout = node.layout();
    let of_first = mapped(replaced(&mut node));
    assert_eq!(of_first.len(), MAPPED.len(), "{of_first:?}");
    for pid in node.worker_pids() {
        assert_eq!(mapped(pid), of_first);
    }
    let has = |address| of_first.iter().any(|(_, it)| *it == address);
    assert!(has(layout.program) && has(layout.zones.windows(0).text()), "{layout:?}, {of_first:?}");
    of_first
}

#[test]
fn workers_of_a_node_agree_and_two_starts_differ() {
    let (one, other) = (NodeConfig::default(), NodeConfig::default());
    let (one, other) = (layout_of_all_workers(&one), layout_of_all_workers(&other));
    assert!(one.is_disjoint(&other), "{one:?}, {other:?}");
    assert_eq!(layout_of_all_workers(&known()), layout_of_all_workers(&known()));
}
