//! Services that a worker runs: what ends each, what a larger limit lets it do, and what a well-behaved
//! neighbour answers afterwards.

use std::path::Path;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_builder::{Options, build};
use mote_dispatcher::{Completed, Job, Layer, NodeConfig, TOOLCHAIN};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, machine_code};

use crate::machine::RESPOND;

/// A budget that a runaway uses up as any other, in microseconds.
const LONG_US: u32 = 200_000;

/// Runaways of `tests/services`, with the body that makes them one, and how they end at their deadlines.
const RUNAWAYS: [(&str, &[u8]); 5] = [
    ("spin", b""),
    ("alloc_spin", b""),
    ("guard_spin", b""),
    ("checkpoints", b""),
    ("loops_in_drop", b"run away"),
];

/// Deploys `tests/hostile/services/NAME`.
fn deploy(node: &mut TestNode, name: &str) -> mote_dispatcher::ServiceId {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/services").join(name);
    let built = build(&Options::new(folder, TOOLCHAIN), &mut |_| {});
    let built = built.unwrap_or_else(|error| panic!("{name} does not build: {error}"));
    node.deploy(name, built.image).unwrap_or_else(|error| panic!("{error}"))
}

/// Ends the worker by `exit(2)`, which is not listed, from a service without an unsafe token.
fn exit_worker(node: &mut TestNode) -> Completed {
    let service = deploy(node, "forged_function");
    let ended = node.run_with("hello", |job| Job { service, body: &[77], ..job });
    let hello = node.run("hello", Mode::Guarded, AMPLE_US);
    assert_eq!(hello.body, b"Hello, world!", "{hello:?}");
    ended
}

#[test]
fn call_of_a_forged_function_is_stopped_by_the_filter() {
    let ended = exit_worker(&mut TestNode::default());
    let why = ended.error.as_deref().unwrap_or_default();
    assert!(why.contains("SIGSYS"), "{ended:?}");
}

#[test]
fn call_of_a_forged_function_is_made_without_the_filter() {
    let config = NodeConfig { without_layers: vec![Layer::Filter], ..NodeConfig::default() };
    let ended = exit_worker(&mut TestNode::start(&config));
    let why = ended.error.as_deref().unwrap_or_default();
    assert!(why.contains("exited with status 77"), "{ended:?}");
}

#[test]
fn runaway_has_its_budget_and_no_more() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for (name, body) in RUNAWAYS {
        for budget_us in [SHORT_US, LONG_US] {
            // On a heap that takes blocks back, so that a fast machine does not run out of memory first.
            let (heap, grace_us) = (Heap::General, SHORT_US);
            let ended = node.run_with(name, |job| Job { body, budget_us, grace_us, heap, ..job });
            assert_eq!(ended.outcome, Outcome::OverBudget, "{name}: {ended:?}");
            // Nothing else ends it: it still runs when the budget is over.
            assert!(ended.total_ns >= u64::from(budget_us) * 1000, "{name}: {ended:?}");
            node.canary(pid);
        }
    }
}

#[test]
fn memory_is_what_the_limit_says() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for memory_kib in [1 << 10, 16 << 10] {
        let ended = node.run_with("out_of_memory", |job| Job { memory_kib, ..job });
        let bytes = u64::from(memory_kib) << 10;
        assert_eq!(ended.outcome, Outcome::OverMemory, "{ended:?}");
        assert!((bytes / 2..=bytes).contains(&ended.arena_peak_bytes), "{ended:?}");
        node.canary(pid);
    }
}

/// Uses two megabytes of stack, page by page, and returns.
fn deep() -> Vec<u8> {
    machine_code!(
        "mov rcx, rsp",
        "mov eax, 512",
        "2: sub rcx, 4096",
        "mov [rcx], rax",
        "dec eax",
        "jne 2b",
        "ret",
    )
}

#[test]
fn stack_ends_at_its_guard() {
    for (stack_kib, outcome) in [(256, Outcome::StackOverflow), (4096, Outcome::Ok)] {
        let mut node = TestNode::start(&NodeConfig { stack_kib, ..NodeConfig::default() });
        node.crafted("deep", &deep(), RESPOND);
        let ended = node.run("deep", Mode::Guarded, AMPLE_US);
        assert_eq!(ended.outcome, outcome, "{stack_kib} KiB: {ended:?}");
        node.canary(ended.worker_pid);
    }
}

#[test]
fn flood_of_a_log_is_cut() {
    let mut node = TestNode::default();
    let body = b"a line of a flood\n".repeat(3000);
    let ended = node.run_with("logs", |job| Job { body: &body, ..job });
    assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
    assert!(ended.log.len() <= mote_abi::area::LOG_BYTES, "{} bytes", ended.log.len());
    node.canary(ended.worker_pid);
}

/// What a service does to the processor before it faults, calls the host, or returns: its own affair.
fn states() -> Vec<(&'static str, Vec<u8>)> {
    let returning = machine_code!("ret");
    let faulting = machine_code!("xor eax, eax", "mov [rax], rax", "ret");
    let calling = machine_code!(
        "sub rsp, 8",
        "xor edi, edi",
        "mov rsi, rsp",
        "xor edx, edx",
        "call [rip + 0x11223344]",
        "add rsp, 8",
        "ret"
    );
    let sets = [
        ("trap", machine_code!("pushfq", "or dword ptr [rsp], 0x100", "popfq")),
        ("direction", machine_code!("std")),
        ("alignment", machine_code!("pushfq", "or dword ptr [rsp], 0x40000", "popfq")),
        ("exceptions", machine_code!("mov dword ptr [rsp - 8], 0", "ldmxcsr [rsp - 8]")),
        ("segments", machine_code!("xor eax, eax", "mov fs, eax", "mov gs, eax")),
    ];
    let ends = [("returns", returning), ("faults", faulting), ("calls", calling)];
    let pair = |(set, code): &(&str, Vec<u8>), (end, rest): &(&str, Vec<u8>)| {
        let name: &'static str = format!("{set} {end}").leak();
        (name, [&code[..], rest].concat())
    };
    sets.iter().flat_map(|set| ends.iter().map(move |end| pair(set, end))).collect()
}

#[test]
fn processor_state_of_a_service_never_ends_its_worker() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for (name, code) in states() {
        node.crafted(name, &code, RESPOND);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        let is_own = matches!(ended.outcome, Outcome::Ok | Outcome::Fault);
        assert!(is_own && ended.worker_pid == pid, "{name}: {ended:?}");
        node.canary(pid);
    }
}
