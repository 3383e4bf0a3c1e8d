//! System calls with registers of the attacker's choice: from the windows, from the vsyscall page, and from the
//! worker's own instructions, to which it jumps.

use mote_abi::lockdown::{ALLOWED_CALLS, AllowedCall};
use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Completed, Layer, NodeConfig};
use mote_tests::{AMPLE_US, TestNode, machine_code};

use crate::machine::{RESPOND, find_call_of_worker, respond_with_rax, set_registers};
use crate::plain_and_hidden;

/// What no worker does, with arguments that change nothing even where they are taken. Numbers: syscalls(2).
const UNLISTED: [(&str, u64, [u64; 4]); 24] = [
    ("read", 0, [0; 4]),
    ("write", 1, [1, 0, 0, 0]),
    ("open", 2, [0; 4]),
    ("mmap", 9, [0; 4]),
    ("mprotect", 10, [0; 4]),
    ("rt_sigaction", 13, [14, 0, 0, 8]),
    ("rt_sigprocmask", 14, [0, 0, 0, 8]),
    ("ioctl", 16, [0; 4]),
    ("getpid", 39, [0; 4]),
    ("socket", 41, [2, 2, 0, 0]),
    ("execve", 59, [0; 4]),
    ("kill", 62, [0x7fff_fff0, 0, 0, 0]),
    ("ptrace", 101, [16, 0x7fff_fff0, 0, 0]),
    ("sigaltstack", 131, [0; 4]),
    ("prctl", 157, [3, 0, 0, 0]),
    ("arch_prctl", 158, [0x1003, 0, 0, 0]),
    ("timer_create", 222, [1, 0, 0, 0]),
    ("openat", 257, [0; 4]),
    ("prlimit64", 302, [0; 4]),
    ("process_vm_writev", 311, [0x7fff_fff0, 0, 0, 0]),
    ("memfd_create", 319, [0; 4]),
    ("userfaultfd", 323, [1, 0, 0, 0]),
    ("io_uring_setup", 425, [0; 4]),
    ("pidfd_open", 434, [0x7fff_fff0, 0, 0, 0]),
];

/// A call with its registers.
struct Call {
    name: String,
    number: u64,
    arguments: [u64; 4],
}

fn unlisted() -> Vec<Call> {
    let call = |&(name, number, arguments): &(&str, _, _)| Call {
        name: name.to_owned(),
        number,
        arguments,
    };
    UNLISTED.iter().map(call).collect()
}

/// Each listed call with each of its arguments wrong: one more than what is allowed, all ones, and what is
/// allowed but for a bit of its high half.
fn with_a_wrong_argument() -> Vec<Call> {
    ALLOWED_CALLS.iter().flat_map(wrong).collect()
}

fn wrong(call: &AllowedCall) -> Vec<Call> {
    let mut right = [0; 4];
    call.arguments.iter().for_each(|it| right[usize::from(it.index)] = it.values[0]);
    let mut calls = Vec::new();
    for argument in call.arguments {
        let last = *argument.values.last().expect("it has values");
        for value in [last + 1, u64::MAX, last | 1 << 32] {
            let mut arguments = right;
            arguments[usize::from(argument.index)] = value;
            let name = format!("{} with argument {} of {value:#x}", call.name, argument.index);
            calls.push(Call { name, number: call.number.into(), arguments });
        }
    }
    calls
}

/// Jumps to the worker's own `syscall`.
fn from_worker(call: &Call) -> Vec<u8> {
    [find_call_of_worker(), set_registers(call.number, call.arguments), machine_code!("jmp r8")]
        .concat()
}

/// Calls from its own text, and responds with the answer.
fn from_windows(call: &Call) -> Vec<u8> {
    let registers = set_registers(call.number, call.arguments);
    let [_, hidden] = hidden_call();
    [registers, hidden, respond_with_rax()].concat()
}

fn hidden_call() -> [Vec<u8>; 2] {
    plain_and_hidden!([], "syscall", [])
}

/// Runs `code`; what happened to it, and afterwards a well-behaved neighbour.
fn run(node: &mut TestNode, name: &str, code: &[u8]) -> Completed {
    node.crafted(name, code, RESPOND);
    let ended = node.run(name, Mode::Guarded, AMPLE_US);
    let hello = node.run("hello", Mode::Guarded, AMPLE_US);
    assert_eq!(hello.body, b"Hello, world!", "after {name}: {hello:?}");
    ended
}

/// Whether the filter ended the worker. The kernel says so by a signal that nothing else sends.
fn is_killed_by_filter(ended: &Completed) -> bool {
    let why = ended.error.as_deref().unwrap_or_default();
    ended.outcome == Outcome::WorkerLost && why.contains("SIGSYS")
}

fn without_filter() -> TestNode {
    TestNode::start(&NodeConfig { without_layers: vec![Layer::Filter], ..NodeConfig::default() })
}

#[test]
fn call_from_the_workers_text_ends_that_worker_unless_it_is_listed() {
    let mut node = TestNode::default();
    for call in unlisted().into_iter().chain(with_a_wrong_argument()) {
        let ended = run(&mut node, &call.name, &from_worker(&call));
        assert!(is_killed_by_filter(&ended), "{}: {ended:?}", call.name);
    }
}

#[test]
fn call_from_the_workers_text_is_taken_without_the_filter() {
    let mut node = without_filter();
    for call in unlisted().into_iter().chain(with_a_wrong_argument()) {
        let ended = run(&mut node, &call.name, &from_worker(&call));
        assert!(!is_killed_by_filter(&ended), "{}: {ended:?}", call.name);
    }
}

#[test]
fn call_from_the_windows_is_denied_whatever_it_is() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    let listed = ALLOWED_CALLS.iter().map(|call| Call {
        name: format!("{} from the windows", call.name),
        number: call.number.into(),
        arguments: [0; 4],
    });
    for call in unlisted().into_iter().chain(listed) {
        let ended = run(&mut node, &call.name, &from_windows(&call));
        assert_eq!(ended.outcome, Outcome::DeniedSyscall, "{}: {ended:?}", call.name);
        node.canary(pid);
    }
}

#[test]
fn call_from_the_windows_is_answered_without_the_filter() {
    let mut node = without_filter();
    for call in unlisted() {
        let ended = run(&mut node, &call.name, &from_windows(&call));
        assert_eq!((ended.outcome, ended.body.len()), (Outcome::Ok, 8), "{}: {ended:?}", call.name);
    }
}

/// Asks for the time by the vsyscall page.
fn from_vsyscall_page() -> Vec<u8> {
    let call = machine_code!(
        "sub rsp, 8",
        "xor edi, edi",
        "mov rax, 0xffffffffff600400",
        "call rax",
        "add rsp, 8",
    );
    [call, respond_with_rax()].concat()
}

#[test]
fn call_from_the_vsyscall_page_is_denied() {
    let mut free = without_filter();
    let answered = run(&mut free, "vsyscall", &from_vsyscall_page());
    drop(free);
    if answered.outcome != Outcome::Ok {
        println!("skipped: this kernel has no vsyscall page");
        return;
    }
    let mut node = TestNode::default();
    let ended = run(&mut node, "vsyscall", &from_vsyscall_page());
    assert_eq!(ended.outcome, Outcome::DeniedSyscall, "{ended:?}");
    node.canary(ended.worker_pid);
}
