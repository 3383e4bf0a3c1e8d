//! `rt_sigreturn(2)`, which every worker must be able to call, with a frame that a service has forged.

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::Job;
use mote_tests::{AMPLE_US, SHORT_US, TestNode, machine_code};

use crate::machine::{RESPOND, find_call_of_worker};

/// Makes a frame with the signal mask in `rbx` and the alternate stack at `r12`, of `r13` bytes, that goes on in
/// an endless loop, and returns to it by the worker's own `syscall`. Layout: `struct ucontext` of the
/// kernel's asm/ucontext.h, 40 bytes before its `struct sigcontext`.
fn return_to_endless_loop() -> Vec<u8> {
    let make = machine_code!(
        "sub rsp, 512",
        "and rsp, -16",
        "mov rdi, rsp",
        "mov ecx, 512",
        "xor eax, eax",
        "rep stosb",
        "mov [rsp + 16], r12",
        "mov [rsp + 32], r13",
        "mov [rsp + 296], rbx",
        "lea rax, [rip + 9f]",
        "mov [rsp + 168], rax", // rip
        "mov [rsp + 160], rsp", // rsp
        "mov qword ptr [rsp + 176], 0x202",
        "mov rax, 0x2b000000000033", // ss and cs
        "mov [rsp + 184], rax",
        "mov eax, 15",
        "jmp r8",
        "9: jmp 9b",
    );
    [find_call_of_worker(), make].concat()
}

/// A frame that changes nothing else: the loop ends as any.
fn nothing() -> Vec<u8> {
    let set = machine_code!("xor ebx, ebx", "xor r12d, r12d", "xor r13d, r13d");
    [set, return_to_endless_loop()].concat()
}

fn signals_blocked() -> Vec<u8> {
    let set = machine_code!("mov rbx, -1", "xor r12d, r12d", "xor r13d, r13d");
    [set, return_to_endless_loop()].concat()
}

fn alternate_stack_moved() -> Vec<u8> {
    let set = machine_code!("xor ebx, ebx", "mov r12d, 0x1000", "mov r13d, 0x10000");
    [set, return_to_endless_loop()].concat()
}

/// Soft and hard deadline soon.
fn short(job: Job<'_>) -> Job<'_> {
    Job { budget_us: SHORT_US, grace_us: SHORT_US, ..job }
}

/// A loop of a forged frame that leaves the worker's signals alone is preempted: what the frames below
/// change is why it is not.
#[test]
fn forged_return_to_an_endless_loop_is_preempted() {
    let mut node = TestNode::default();
    node.crafted("forged", &nothing(), RESPOND);
    let ended = node.run_with("forged", short);
    assert_eq!(ended.outcome, Outcome::OverBudget, "{ended:?}");
    node.canary(ended.worker_pid);
}

#[test]
fn worker_that_no_signal_reaches_is_killed_and_replaced() {
    for (name, code) in
        [("signals_blocked", signals_blocked()), ("alternate_stack_moved", alternate_stack_moved())]
    {
        let mut node = TestNode::default();
        node.crafted(name, &code, RESPOND);
        let ended = node.run_with(name, short);
        assert_eq!(ended.outcome, Outcome::WorkerLost, "{name}: {ended:?}");
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        assert_ne!(pid, ended.worker_pid, "{name}");
        node.canary(pid);
    }
}
