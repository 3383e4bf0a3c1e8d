//! Services that call as no library does: what is forged fails, and harms nobody else.

use mote_abi::outcome::{Mode, Outcome};
use mote_tests::{AMPLE_US, machine_code};

use crate::{job, node, text, waiting};

const UPSTREAM: &str = "mote_upstream";

/// Calls with what `rdi` and `rsi` are set to, and returns.
macro_rules! calling {
    ($($line:literal),+) => {
        machine_code!($($line,)+ "call [rip + 0x11223344]", "ret")
    };
}

/// Calls with `esi` bytes of what is pushed, and faults unless the status of the first reply, or what stands for
/// replies, is the one in `ebx`.
macro_rules! expecting {
    ($($line:literal),+) => {
        machine_code!(
            "push rbx",
            $($line,)+
            "mov rdi, rsp",
            "call [rip + 0x11223344]",
            "pop rcx",
            "test rax, rax",
            "je 7f",
            "movzx edx, byte ptr [rax]",
            "7:",
            "cmp edx, ebx",
            "je 8f",
            "ud2",
            "8:",
            "pop rbx",
            "ret",
        )
    };
}

#[test]
fn calls_that_are_not_the_services_own_are_a_fault() {
    let (mut node, _backend) = node(&waiting(1));
    let pid = node.worker_pids()[0];
    let forged = [
        ("null", calling!("xor edi, edi", "mov esi, 8")),
        ("kernel", calling!("mov rdi, -4096", "mov esi, 8")),
        ("wraps", calling!("mov rdi, rsp", "mov rsi, -1")),
        ("beyond the stack", calling!("mov rdi, rsp", "mov esi, 0x1000000")),
    ];
    for (name, code) in forged {
        node.crafted_from("asks", name, &code, UPSTREAM);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        assert_eq!(ended.outcome, Outcome::Fault, "{name}: {ended:?}");
        node.canary(pid);
    }
}

#[test]
fn bytes_that_are_no_calls_are_refused() {
    let (mut node, _backend) = node(&waiting(1));
    let pid = node.worker_pids()[0];
    let forged = [
        ("a name beyond the end", expecting!("mov ebx, 2", "push -1", "mov esi, 8")),
        ("no bytes", expecting!("mov ebx, 2", "push 0", "xor esi, esi")),
        ("a call of no name", expecting!("mov ebx, 5", "push 0", "mov esi, 5")),
    ];
    for (name, code) in forged {
        node.crafted_from("asks", name, &code, UPSTREAM);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        assert_eq!(ended.outcome, Outcome::Ok, "{name}: {ended:?}");
        node.canary(pid);
    }
    let asks = node.service("asks");
    assert_eq!(text(&node.invoke(job(asks, "net echo x")).unwrap()), "x");
}
