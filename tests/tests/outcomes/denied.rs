//! System calls that a service makes by jumping into the middle of an instruction, which no look at its
//! code shows: the filter of its worker answers them.

use mote_abi::outcome::Cleanup::Discarded;
use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Layer, NodeConfig};
use mote_tests::{AMPLE_US, TestNode, hidden_system_call, machine_code};

const RESPOND: &str = "mote_respond";

/// The same by `int 0x80`, which is another architecture's.
fn calls_as_another_architecture() -> Vec<u8> {
    machine_code!(
        "lea r8, [rip + 3f]",
        "inc r8",
        "mov eax, 20",
        "jmp r8",
        "3: mov edx, 0x90c380cd",
        "ret",
    )
}

#[test]
fn system_call_of_a_service_is_denied_and_its_worker_lives() {
    let mut node = TestNode::default();
    node.crafted("calls", &hidden_system_call!(), RESPOND);
    for mode in [Mode::Guarded, Mode::Inject, Mode::Discard] {
        let ended = node.run("calls", mode, AMPLE_US);
        let found = (ended.outcome, ended.cleanup);
        assert_eq!(found, (Outcome::DeniedSyscall, Discarded), "{mode}: {ended:?}");
        node.canary(ended.worker_pid);
    }
}

#[test]
fn system_call_of_a_service_succeeds_without_the_filter() {
    let config = NodeConfig { without_layers: vec![Layer::Filter], ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    node.crafted("calls", &hidden_system_call!(), RESPOND);
    let ended = node.run("calls", Mode::Guarded, AMPLE_US);
    assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
}

#[test]
fn call_as_another_architecture_ends_that_worker_only() {
    let mut node = TestNode::start(&NodeConfig { workers: 2, ..NodeConfig::default() });
    node.crafted("calls", &calls_as_another_architecture(), RESPOND);
    let lost = node.run("calls", Mode::Guarded, AMPLE_US);
    assert_eq!(lost.outcome, Outcome::WorkerLost, "{lost:?}");
    let answer = node.run("hello", Mode::Guarded, AMPLE_US);
    assert_eq!(answer.body, b"Hello, world!", "{answer:?}");
}
