//! System calls of a service's own, from code that the loader did not see.

use mote_abi::outcome::Outcome;
use mote_dispatcher::NodeConfig;
use mote_tests::machine_code;

use crate::planted::Vessel;

/// What the kernel answers when it has done what it was asked.
#[derive(Clone, Copy, Debug)]
enum Answer {
    /// Nothing to say.
    Zero,
    /// A descriptor, a process, an address.
    Positive,
    /// No such file: it looked.
    NoEntry,
}

use Answer::{NoEntry, Positive, Zero};

impl Answer {
    fn is(self, answer: i64) -> bool {
        match self {
            Zero => answer == 0,
            Positive => answer > 0,
            NoEntry => answer == -i64::from(libc::ENOENT),
        }
    }
}

/// Each with its code, which leaves the kernel's answer in `rax`. What is below `rsp` is free.
fn calls() -> Vec<(&'static str, Vec<u8>, Answer)> {
    vec![
        ("getppid", machine_code!("mov eax, 110", "syscall"), Positive),
        (
            "openat",
            machine_code!(
                "push 0x2f",
                "mov edi, -100",
                "mov rsi, rsp",
                "xor edx, edx",
                "mov eax, 257",
                "syscall",
                "pop rcx",
            ),
            Positive,
        ),
        (
            "execve",
            machine_code!(
                "push 0x7878", // no such file: what is asked for is seen, and the worker lives
                "mov rdi, rsp",
                "xor esi, esi",
                "xor edx, edx",
                "mov eax, 59",
                "syscall",
                "pop rcx",
            ),
            NoEntry,
        ),
        (
            "fork",
            machine_code!(
                "mov eax, 57",
                "syscall",
                "test eax, eax",
                "jne 2f",
                "xor edi, edi",
                "mov eax, 60",
                "syscall",
                "2:",
            ),
            Positive,
        ),
        (
            "socket",
            machine_code!("mov edi, 2", "mov esi, 2", "xor edx, edx", "mov eax, 41", "syscall"),
            Positive,
        ),
        (
            "memfd_create",
            machine_code!(
                "push 0",
                "mov rdi, rsp",
                "xor esi, esi",
                "mov eax, 319",
                "syscall",
                "pop rcx"
            ),
            Positive,
        ),
        (
            "mmap",
            machine_code!(
                "xor edi, edi",
                "mov esi, 4096",
                "mov edx, 7",
                "mov r10d, 0x22",
                "mov r8, -1",
                "xor r9d, r9d",
                "mov eax, 9",
                "syscall",
            ),
            Positive,
        ),
        (
            "mprotect",
            machine_code!(
                "mov rdi, rsp",
                "and rdi, -4096",
                "mov esi, 4096",
                "mov edx, 7",
                "mov eax, 10",
                "syscall",
            ),
            Zero,
        ),
        (
            "kill",
            machine_code!(
                "mov eax, 110",
                "syscall",
                "mov edi, eax",
                "xor esi, esi",
                "mov eax, 62",
                "syscall",
            ),
            Zero,
        ),
        (
            "pidfd_open",
            machine_code!(
                "mov eax, 110",
                "syscall",
                "mov edi, eax",
                "xor esi, esi",
                "mov eax, 434",
                "syscall",
            ),
            Positive,
        ),
        ("ptrace", machine_code!("xor edi, edi", "mov eax, 101", "syscall"), Zero),
        (
            "rt_sigprocmask",
            machine_code!(
                "push -1",
                "xor edi, edi",
                "mov rsi, rsp",
                "xor edx, edx",
                "mov r10d, 8",
                "mov eax, 14",
                "syscall",
                "pop rcx",
            ),
            Zero,
        ),
        (
            "rt_sigaction",
            machine_code!(
                "sub rsp, 32",
                "mov qword ptr [rsp], 1", // SIG_IGN
                "mov qword ptr [rsp + 8], 0x4000000",
                "mov edi, 14",
                "mov rsi, rsp",
                "xor edx, edx",
                "mov r10d, 8",
                "mov eax, 13",
                "syscall",
                "add rsp, 32",
            ),
            Zero,
        ),
        (
            "sigaltstack",
            machine_code!(
                "sub rsp, 24",
                "mov qword ptr [rsp], 0",
                "mov qword ptr [rsp + 8], 2", // SS_DISABLE
                "mov qword ptr [rsp + 16], 0",
                "mov rdi, rsp",
                "xor esi, esi",
                "mov eax, 131",
                "syscall",
                "add rsp, 24",
            ),
            Zero,
        ),
        (
            "timer_create",
            machine_code!(
                "push 0",
                "mov edi, 1",
                "xor esi, esi",
                "mov rdx, rsp",
                "mov eax, 222",
                "syscall",
                "pop rcx",
            ),
            Zero,
        ),
        (
            "prctl",
            machine_code!("mov edi, 4", "mov esi, 1", "mov eax, 157", "syscall"), // PR_SET_DUMPABLE
            Zero,
        ),
        (
            "prlimit64",
            machine_code!(
                "sub rsp, 16",
                "xor edi, edi",
                "mov esi, 7",
                "xor edx, edx",
                "mov r10, rsp",
                "mov eax, 302",
                "syscall",
                "add rsp, 16",
            ),
            Zero,
        ),
        (
            "arch_prctl",
            machine_code!("mov edi, 0x1001", "mov esi, 0x1234", "mov eax, 158", "syscall"),
            Zero,
        ),
        ("sched_yield", machine_code!("mov eax, 24", "syscall"), Zero),
        (
            "int_0x80",
            machine_code!("mov eax, 64", "int 0x80"), // getppid of 32-bit programs
            Positive,
        ),
        (
            "vsyscall",
            machine_code!(
                "push rbp",
                "mov rbp, rsp",
                "and rsp, -16",
                "xor edi, edi",
                "mov rax, 0xffffffffff600400", // time
                "call rax",
                "mov rsp, rbp",
                "pop rbp",
            ),
            Positive,
        ),
    ]
}

#[test]
fn call_is_made_where_nothing_filters_it() {
    for (name, code, expected) in calls() {
        let mut vessel = Vessel::start(&NodeConfig::default());
        let ended = vessel.run(&code);
        assert_eq!(ended.outcome, Outcome::Ok, "{name}: {ended:?}");
        let answer = i64::from_le_bytes(ended.body[..].try_into().unwrap());
        assert!(expected.is(answer), "{name}: {answer} is not {expected:?}");
    }
}
