//! Nothing that an invocation wrote anywhere is in its worker's memory for the next one: not on the heap, nor the
//! stack, nor where requests, responses, logs and registers pass. Whoever looks here looks at all of it, which no
//! safe code can.

mod memory;

use std::ops::Range;

use mote_abi::area::RING_ENTRIES;
use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, NodeConfig, ServiceId, Sharing};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, machine_code};

use memory::{places, ranges};

const RESPOND: &str = "mote_respond";

/// The length of a request: more than one cache line, and than one page.
const BODY_BYTES: usize = 5_001;

/// Eight letters of which no two invocations leave the same.
type Secret = [u8; 8];

fn secret(number: u32) -> Secret {
    format!("s{number:06}t").into_bytes().try_into().unwrap()
}

/// Leaves the secret on its stack, below it, and in registers, and faults.
fn fill_and_fault() -> Vec<u8> {
    machine_code!(
        "mov rax, [rdi + 1]",
        "movq xmm5, rax",
        "mov rbx, rax",
        "mov r12, rax",
        "mov [rsp - 8], rax",
        "mov [rsp - 128], rax",
        "mov ecx, 1000",
        "2: push rax",
        "dec ecx",
        "jne 2b",
        "ud2",
    )
}

/// Looks for eight bytes, whose complement its request begins with, in the ranges that follow there, each its first
/// address and its length; responds with up to 64 addresses where they are.
fn look() -> Vec<u8> {
    machine_code!(
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "sub rsp, 528",
        "mov rbx, [rdi]",
        "lea r12, [rdi + 8]",
        "lea r13, [rdi + rsi]",
        "xor r14d, r14d",
        "2: cmp r12, r13",
        "jae 9f",
        "mov rdx, [r12]",
        "mov rcx, [r12 + 8]",
        "add r12, 16",
        "lea rcx, [rdx + rcx - 8]",
        "3: cmp rdx, rcx",
        "ja 2b",
        "mov rax, [rdx]",
        "not rax",
        "cmp rax, rbx",
        "jne 4f",
        "cmp r14d, 64",
        "jae 9f",
        "mov [rsp + 8 * r14], rdx",
        "inc r14",
        "4: inc rdx",
        "jmp 3b",
        "9: xor edi, edi",
        "mov rsi, rsp",
        "lea rdx, [r14 * 8]",
        "call [rip + 0x11223344]",
        "add rsp, 528",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "ret",
    )
}

/// What the looking service is asked.
fn question(secret: Secret, ranges: &[Range<u64>]) -> Vec<u8> {
    let complement = !u64::from_ne_bytes(secret);
    let ranges = ranges.iter().flat_map(|it| [it.start, it.end - it.start]);
    [complement].into_iter().chain(ranges).flat_map(u64::to_ne_bytes).collect()
}

/// A node where one looks for what others left.
struct Watched {
    node: TestNode,
    secrets: u32,
}

/// A way to end, and what comes of it in a mode.
struct End {
    service: &'static str,
    how: u8,
    mode: Mode,
    outcome: Outcome,
    /// Unless it is one of several.
    cleanup: Option<Cleanup>,
}

const fn end(how: u8, mode: Mode, outcome: Outcome, cleanup: Option<Cleanup>) -> End {
    End { service: "leaves_traces", how, mode, outcome, cleanup }
}

const ENDS: [End; 8] = [
    end(b'r', Mode::Guarded, Outcome::Ok, Some(Cleanup::Returned)),
    end(b'e', Mode::Guarded, Outcome::Error, Some(Cleanup::Returned)),
    end(b'p', Mode::Guarded, Outcome::Panicked, Some(Cleanup::Unwound)),
    end(b's', Mode::Guarded, Outcome::OverBudget, Some(Cleanup::Unwound)),
    end(b's', Mode::Inject, Outcome::OverBudget, None),
    end(b's', Mode::Discard, Outcome::OverBudget, Some(Cleanup::Discarded)),
    end(b'o', Mode::Guarded, Outcome::StackOverflow, Some(Cleanup::Discarded)),
    End { service: "faults", ..end(b'f', Mode::Guarded, Outcome::Fault, Some(Cleanup::Discarded)) },
];

impl Watched {
    fn start(config: &NodeConfig) -> Self {
        let mut node = TestNode::start(config);
        node.crafted("looks", &look(), RESPOND);
        node.crafted("faults", &fill_and_fault(), RESPOND);
        Self { node, secrets: 0 }
    }

    /// Letters that nothing was left of so far, and a request that says to end so and to leave them.
    fn request(&mut self, how: u8) -> (Secret, Vec<u8>) {
        self.secrets += 1;
        let secret = secret(self.secrets);
        let letters = secret.iter().copied().cycle().take(BODY_BYTES - 1);
        (secret, [how].into_iter().chain(letters).collect())
    }

    fn leave(&mut self, end: &End, heap: Heap) -> (Secret, Completed) {
        let (secret, body) = self.request(end.how);
        let budget_us = if end.how == b's' { SHORT_US } else { AMPLE_US };
        let job = |job| Job { body: &body, mode: end.mode, heap, budget_us, ..job };
        let ended = self.node.run_with(end.service, job);
        assert_eq!(ended.outcome, end.outcome, "{ended:?}");
        assert!(end.cleanup.is_none_or(|cleanup| cleanup == ended.cleanup), "{ended:?}");
        (secret, ended)
    }

    /// Where the secret is found in the memory of the worker that ended so.
    fn found(&mut self, secret: Secret, ended: &Completed) -> Vec<String> {
        let pid = ended.worker_pid;
        let body = question(secret, &ranges(pid).unwrap());
        let looked = self.node.run_with("looks", |job| Job { body: &body, ..job });
        assert_eq!((looked.outcome, looked.worker_pid), (Outcome::Ok, pid), "{looked:?}");
        places(pid, &looked.body)
    }

    #[track_caller]
    fn assert_nothing_is_left(&mut self, secret: Secret, ended: &Completed) {
        let found = self.found(secret, ended);
        let (outcome, cleanup, mode) = (ended.outcome, ended.cleanup, ended.mode);
        assert!(found.is_empty(), "left by {outcome}, {cleanup}, {mode}: {found:#?}");
    }
}

/// Whether the mappings of a worker can be read; says so if not.
fn can_look() -> bool {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    match ranges(pid) {
        Ok(_) => true,
        Err(error) => {
            println!("skipped: the mappings of a worker cannot be read: {error}");
            false
        }
    }
}

fn nodes() -> [NodeConfig; 3] {
    let tenants = NodeConfig { sharing: Sharing::Tenant, ..NodeConfig::default() };
    let slices = NodeConfig { slice_us: Some(1_000), ..NodeConfig::default() };
    [NodeConfig::default(), tenants, slices]
}

#[test]
fn nothing_is_left_whatever_ended_an_invocation() {
    if !can_look() {
        return;
    }
    for config in nodes() {
        let mut watched = Watched::start(&config);
        for heap in [Heap::Bump, Heap::General] {
            for end in &ENDS {
                let (secret, ended) = watched.leave(end, heap);
                watched.assert_nothing_is_left(secret, &ended);
            }
        }
    }
}

/// What is left is looked for by whoever waits right behind those that leave it, with no moment between.
#[test]
fn nothing_is_left_under_load() {
    const ROUNDS: usize = 20;
    if !can_look() {
        return;
    }
    for config in nodes() {
        let mut watched = Watched::start(&config);
        let [leaves, looks] = ["leaves_traces", "looks"].map(|name| watched.node.service(name));
        let (mut before, ended) = watched.leave(&ENDS[0], Heap::Bump);
        for round in 0..ROUNDS {
            let (secret, leaving) = watched.request(if round % 3 == 0 { b's' } else { b'r' });
            let looking = question(before, &ranges(ended.worker_pid).unwrap());
            for turn in 0..RING_ENTRIES {
                let is_look = turn % 4 == 3;
                let asked = if is_look {
                    Job { budget_us: AMPLE_US, ..job(looks, &looking) }
                } else {
                    job(leaves, &leaving)
                };
                watched.node.submit(asked).unwrap();
            }
            for ended in std::iter::from_fn(|| watched.node.wait()) {
                let is_killed = ended.service == leaves && ended.outcome == Outcome::OverBudget;
                assert!(is_killed || ended.outcome == Outcome::Ok, "{ended:?}");
                if ended.service == looks {
                    let found = places(ended.worker_pid, &ended.body);
                    assert!(found.is_empty(), "round {round}: {found:#?}");
                }
            }
            before = secret;
        }
    }
}

fn job(service: ServiceId, body: &[u8]) -> Job<'_> {
    let (mode, heap) = (Mode::Guarded, Heap::Bump);
    let (budget_us, grace_us) = (10 * SHORT_US, AMPLE_US);
    Job { service, body, mode, heap, budget_us, grace_us, memory_kib: 4096 }
}
