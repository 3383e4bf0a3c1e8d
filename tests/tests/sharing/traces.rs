//! Nothing that an invocation wrote anywhere is in its worker's memory for the next one: not on the heap, nor the
//! stack, nor where requests, responses, logs and registers pass. Whoever looks here looks at all of it, which no
//! safe code can.

use std::fs::{self, File};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;

use mote_abi::area::{LOG_BYTES, LOGS_OFFSET, RING_ENTRIES, body_offset};
use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, NodeConfig, ServiceId, Sharing};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, machine_code};

const RESPOND: &str = "mote_respond";

/// The length of a request: more than one cache line, and than one page.
const BODY_BYTES: usize = 5_001;

const PAGE_BYTES: u64 = 4096;

/// What is looked at of each body of a ring, in bytes.
const PEEKED_BYTES: u64 = 64 << 10;

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

/// A mapping of a worker.
#[derive(Debug)]
struct Mapped {
    range: Range<u64>,
    is_private: bool,
    name: String,
}

/// What `pid` can read, but for windows that the dispatcher alone writes, and the kernel's.
fn mappings(pid: u32) -> io::Result<Vec<Mapped>> {
    let text = fs::read_to_string(format!("/proc/{pid}/maps"))?;
    Ok(text.lines().filter_map(mapped).collect())
}

/// A line of proc_pid_maps(5).
fn mapped(line: &str) -> Option<Mapped> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    let range = address(start)?..address(end)?;
    let rights = words.next()?;
    let name = words.nth(3).unwrap_or("").to_owned();
    let is_looked_at = rights.starts_with('r')
        && !["[v", "/memfd:mote-text", "/memfd:mote-rodata"].iter().any(|it| name.starts_with(it));
    is_looked_at.then(|| Mapped { range, is_private: rights.ends_with('p'), name })
}

/// The ranges of `pid` that hold anything.
fn ranges(pid: u32) -> io::Result<Vec<Range<u64>>> {
    let pages = File::open(format!("/proc/{pid}/pagemap"))?;
    let mut ranges = Vec::new();
    for mapped in mappings(pid)? {
        if mapped.is_private {
            present(&pages, mapped.range, &mut ranges)?;
        } else {
            ranges.extend(peeked(&mapped));
        }
    }
    Ok(ranges)
}

/// The pages of `range` that are there: proc_pid_pagemap(5), bits 62 and 63.
fn present(pages: &File, range: Range<u64>, ranges: &mut Vec<Range<u64>>) -> io::Result<()> {
    let count = (range.end - range.start) / PAGE_BYTES;
    let mut entries = vec![0; count as usize * 8];
    pages.read_exact_at(&mut entries, range.start / PAGE_BYTES * 8)?;
    for (page, entry) in (0..).zip(entries.chunks_exact(8)) {
        let is_present = u64::from_ne_bytes(entry.try_into().unwrap()) >> 62 != 0;
        let start = range.start + page * PAGE_BYTES;
        match ranges.last_mut() {
            _ if !is_present => {}
            Some(last) if last.end == start => last.end += PAGE_BYTES,
            _ => ranges.push(start..start + PAGE_BYTES),
        }
    }
    Ok(())
}

/// Of an area, what the dispatcher or the worker may have written.
fn peeked(area: &Mapped) -> Vec<Range<u64>> {
    let start = area.range.start;
    let bodies = (0..RING_ENTRIES).map(|index| {
        let body = start + body_offset(index) as u64;
        body..body + PEEKED_BYTES
    });
    let logs = start + LOGS_OFFSET as u64;
    let logs = logs..logs + (RING_ENTRIES * LOG_BYTES) as u64;
    let all = bodies.chain([logs]);
    all.filter(|it| it.end <= area.range.end).collect()
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

/// Addresses, as the mappings that they lie in.
fn places(pid: u32, addresses: &[u8]) -> Vec<String> {
    let mappings = mappings(pid).unwrap();
    let place = |bytes: &[u8]| {
        let address = u64::from_ne_bytes(bytes.try_into().unwrap());
        let Mapped { range, name, .. } = mappings.iter().find(|it| it.range.contains(&address))?;
        Some(format!("{address:#x} in {range:x?} {name}"))
    };
    addresses.chunks_exact(8).filter_map(place).collect()
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
