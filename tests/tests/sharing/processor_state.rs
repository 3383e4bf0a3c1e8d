//! What an invocation that returns leaves in the processor is not there for the next one: it sees what a
//! first invocation sees, in all of the state that it can read. (Vector registers are `registers`' subject:
//! the host uses them between two invocations.)

use std::ops::Range;

use mote_abi::outcome::{Mode, Outcome};
use mote_tests::{AMPLE_US, TestNode, machine_code};

const RESPOND: &str = "mote_respond";

/// Bytes of the response of [`look`]: an `fxsave` image, flags, and five selectors.
const LOOKED_BYTES: usize = 512 + 8 + 5 * 8;

/// Where an `fxsave` image has the SSE registers: Intel SDM volume 1, table 10-2.
const XMM: Range<usize> = 160..416;

/// Responds with x87, MMX, SSE and MXCSR state, flags (but for those of arithmetic), and segment selectors.
fn look() -> Vec<u8> {
    machine_code!(
        "sub rsp, 1032",
        "pushfq",
        "pop r8",
        "and r8d, 0xfffff72a",
        "mov rdi, rsp",
        "mov ecx, 1024",
        "xor eax, eax",
        "rep stosb",
        "fxsave64 [rsp]",
        "mov [rsp + 512], r8",
        "mov eax, ds",
        "mov [rsp + 520], rax",
        "mov eax, es",
        "mov [rsp + 528], rax",
        "mov eax, fs",
        "mov [rsp + 536], rax",
        "mov eax, gs",
        "mov [rsp + 544], rax",
        "mov eax, ss",
        "mov [rsp + 552], rax",
        "xor edi, edi",
        "mov rsi, rsp",
        "mov edx, 560",
        "call [rip + 0x11223344]",
        "add rsp, 1032",
        "ret",
    )
}

/// What services leave, each under a name, and return.
fn leavings() -> [(&'static str, Vec<u8>); 7] {
    [
        ("x87 control", machine_code!("mov word ptr [rsp - 8], 0x077f", "fldcw [rsp - 8]", "ret")),
        (
            "a full x87 stack",
            machine_code!("fld1", "fld1", "fld1", "fld1", "fld1", "fld1", "fld1", "fld1", "ret"),
        ),
        (
            "a pending x87 exception",
            machine_code!(
                "mov word ptr [rsp - 8], 0x0340",
                "fldcw [rsp - 8]",
                "fld1",
                "fldz",
                "fdivp",
                "ret"
            ),
        ),
        ("MMX", machine_code!("mov rax, 0xdec2e75ec2e75ec2", "movq mm3, rax", "ret")),
        ("MXCSR", machine_code!("mov dword ptr [rsp - 8], 0x7f80", "ldmxcsr [rsp - 8]", "ret")),
        // The alignment check and the identification flag.
        ("flags", machine_code!("pushfq", "or dword ptr [rsp], 0x240000", "popfq", "ret")),
        (
            "selectors",
            machine_code!("mov eax, 0x2b", "mov ds, eax", "mov es, eax", "mov fs, eax", "ret"),
        ),
    ]
}

/// What [`look`] sees after `before` returned on the same worker.
fn seen_after(before: &[u8]) -> Vec<u8> {
    let mut node = TestNode::default();
    node.crafted("leaves", before, RESPOND);
    node.crafted("looks", &look(), RESPOND);
    let pid = node.run("leaves", Mode::Guarded, AMPLE_US).worker_pid;
    let seen = node.run("looks", Mode::Guarded, AMPLE_US);
    assert_eq!((seen.outcome, seen.worker_pid), (Outcome::Ok, pid), "{seen:?}");
    assert_eq!(seen.body.len(), LOOKED_BYTES);
    seen.body
}

#[test]
fn next_invocation_sees_what_a_first_one_sees() {
    let first = seen_after(&machine_code!("ret"));
    for (name, code) in leavings() {
        let seen = seen_after(&code);
        let compared = (0..LOOKED_BYTES).filter(|at| !XMM.contains(at));
        let differs: Vec<_> = compared.filter(|&at| seen[at] != first[at]).collect();
        assert!(differs.is_empty(), "{name} is left at {differs:?}");
    }
}

/// Calls the host with the trap flag set; with the alignment check, which host code may trip over.
fn call_with_flags() -> [(&'static str, Vec<u8>); 2] {
    [
        (
            "trap",
            machine_code!(
                "mov rsi, rsp",
                "xor edi, edi",
                "xor edx, edx",
                "pushfq",
                "or dword ptr [rsp], 0x100",
                "popfq",
                "call [rip + 0x11223344]",
                "ret"
            ),
        ),
        (
            "alignment",
            machine_code!(
                "lea rsi, [rsp - 63]",
                "xor edi, edi",
                "mov edx, 37",
                "pushfq",
                "or dword ptr [rsp], 0x40000",
                "popfq",
                "call [rip + 0x11223344]",
                "ret"
            ),
        ),
    ]
}

/// It is a fault of its own, or the host does not care; the worker lives in both cases.
#[test]
fn flags_of_a_service_that_calls_the_host_are_its_own_trouble() {
    for (name, code) in call_with_flags() {
        let mut node = TestNode::default();
        node.crafted("flags", &code, RESPOND);
        let ended = node.run("flags", Mode::Guarded, AMPLE_US);
        let is_held =
            ended.outcome == Outcome::Fault || name == "alignment" && ended.outcome == Outcome::Ok;
        assert!(is_held, "{name}: {ended:?}");
        node.canary(ended.worker_pid);
    }
}
