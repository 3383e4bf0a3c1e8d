//! Machine code that faults, as no safe Rust does: the service ends, its worker does not. Only a fault
//! in host text ends a worker, and that one only.

use std::time::{Duration, Instant};

use mote_abi::outcome::Cleanup::Discarded;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig};
use mote_tests::{AMPLE_US, TestNode, machine_code};

/// An import that every image has which answers.
const RESPOND: &str = "mote_respond";

/// What faults, by what it does. `body` begins with an address inside host text.
fn faulting() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("divides by zero", machine_code!("xor ecx, ecx", "xor edx, edx", "div ecx")),
        ("executes ud2", machine_code!("ud2")),
        ("executes int3", machine_code!("int3")),
        ("executes hlt", machine_code!("hlt")),
        ("steps itself", machine_code!("pushfq", "or dword ptr [rsp], 256", "popfq", "nop", "nop")),
        ("reads a wild address", machine_code!("xor eax, eax", "mov rax, [rax + 16]")),
        ("writes host text", machine_code!("mov rax, [rdi]", "mov [rax], rax")),
        ("writes its own text", machine_code!("lea rax, [rip]", "mov [rax], rax")),
        ("writes its request", machine_code!("mov [rdi], rax")),
        ("jumps to a wild address", machine_code!("mov eax, 0x1000", "jmp rax")),
        ("jumps to no address at all", machine_code!("mov rax, 0x8000000000000000", "jmp rax")),
        ("jumps to its request", machine_code!("jmp rdi")),
        ("has no stack", machine_code!("xor esp, esp", "push rax")),
        ("reads a vector at an odd address", machine_code!("movaps xmm0, [rsp + 1]")),
        (
            "unmasks and divides floats",
            machine_code!(
                "mov dword ptr [rsp - 8], 0",
                "ldmxcsr [rsp - 8]",
                "xorps xmm0, xmm0",
                "divss xmm0, xmm0",
            ),
        ),
    ]
}

/// Where the host text of worker `pid` begins: proc_pid_maps(5).
fn host_text(pid: u32) -> u64 {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let line = maps.lines().find(|line| line.contains("r-xp") && line.contains("mote-worker"));
    let address = line.and_then(|line| line.split('-').next()).expect("a worker has text");
    u64::from_str_radix(address, 16).unwrap()
}

#[test]
fn fault_in_service_text_ends_the_service_and_not_its_worker() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let body = host_text(pid).to_le_bytes();
    for (name, code) in faulting() {
        node.crafted(name, &code, RESPOND);
        for mode in [Mode::Guarded, Mode::Inject, Mode::Discard] {
            let ended = node.run_with(name, |job| Job { mode, body: &body, ..job });
            let found = (ended.outcome, ended.cleanup);
            assert_eq!(found, (Outcome::Fault, Discarded), "{name} {mode}: {ended:?}");
            assert_eq!((ended.worker_pid, ended.late_ns), (pid, None), "{name}: {ended:?}");
            node.canary(pid);
        }
    }
}

#[test]
fn pointer_that_is_not_the_services_own_is_a_fault() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let responding = machine_code!(
        "mov rsi, [rdi]",
        "xor edi, edi",
        "mov edx, 64",
        "sub rsp, 8",
        "call [rip + 0x11223344]",
        "ud2",
    );
    node.crafted("responds with host text", &responding, RESPOND);
    let body = host_text(pid).to_le_bytes();
    let ended = node.run_with("responds with host text", |job| Job { body: &body, ..job });
    assert_eq!((ended.outcome, ended.cleanup), (Outcome::Fault, Discarded), "{ended:?}");
    node.canary(pid);
}

#[test]
fn fault_in_host_text_ends_that_worker_only() {
    let mut node = TestNode::start(&NodeConfig { workers: 2, ..NodeConfig::default() });
    let before = node.worker_pids();
    let freeing = machine_code!(
        "mov edi, 0x1000",
        "mov esi, 64",
        "mov edx, 8",
        "sub rsp, 8",
        "call [rip + 0x11223344]",
        "ud2",
    );
    node.crafted("frees what is not there", &freeing, "mote_dealloc");
    let lost = node.run_with("frees what is not there", |job| Job { heap: Heap::General, ..job });
    assert_eq!(lost.outcome, Outcome::WorkerLost, "{lost:?}");
    let said = lost.error.as_deref().unwrap_or_default();
    assert!(said.contains("signal 11 (SIGSEGV) at 0x"), "no address in {said:?}");
    let other = before.iter().find(|&&pid| pid != lost.worker_pid).unwrap();
    assert!(node.worker_pids().contains(other), "it cost another worker");
    let until = Instant::now() + Duration::from_secs(60);
    // Another process is started beside the node.
    while node.worker_pids().len() < 2 {
        let answer = node.run("hello", Mode::Guarded, AMPLE_US);
        assert_eq!(answer.body, b"Hello, world!", "{answer:?}");
        assert_ne!(answer.worker_pid, lost.worker_pid);
        assert!(Instant::now() < until, "no replacement");
    }
    assert!(!node.worker_pids().contains(&lost.worker_pid));
}
