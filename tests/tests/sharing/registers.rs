//! Nothing that a service left in the processor's registers is there for the next one.

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Job, NodeConfig};
use mote_tests::{AMPLE_US, SHORT_US, TestNode, machine_code};

const RESPOND: &str = "mote_respond";

/// What the services below leave wherever they can.
const SECRET: [u8; 8] = 0xdec2_e75e_c2e7_5ec2_u64.to_le_bytes();

/// MXCSR and the x87 control word at the start of a process: psABI 3.2.1.
const MXCSR: [u8; 4] = 0x1f80_u32.to_le_bytes();
const X87_CONTROL: [u8; 2] = 0x037f_u16.to_le_bytes();

/// Offsets of an `fxsave` image: Intel SDM volume 1, table 10-2.
const MXCSR_OFFSET: usize = 24;

/// Writes the secret into registers that every processor has, changes how it rounds, and spins.
fn fill_and_spin() -> Vec<u8> {
    machine_code!(
        "mov rax, 0xdec2e75ec2e75ec2",
        "movq xmm0, rax",
        "movq xmm5, rax",
        "movq xmm15, rax",
        "movq mm3, rax",
        "mov dword ptr [rsp - 8], 0x7f80",
        "ldmxcsr [rsp - 8]",
        "mov word ptr [rsp - 8], 0x077f",
        "fldcw [rsp - 8]",
        "std",
        "2: jmp 2b",
    )
}

/// The same for the registers of AVX-512, without an end of its own.
fn fill_wide() -> Vec<u8> {
    machine_code!(
        "mov rax, 0xdec2e75ec2e75ec2",
        "vpbroadcastq zmm3, rax",
        "vpbroadcastq zmm16, rax",
        "vpbroadcastq zmm31, rax",
        "kmovq k1, rax",
        "kmovq k7, rax",
    )
}

fn fill_wide_and_spin() -> Vec<u8> {
    [fill_wide(), machine_code!("2: jmp 2b")].concat()
}

/// Writes the secret into vector registers, changes how floats are rounded, and returns.
fn fill_and_return() -> Vec<u8> {
    machine_code!(
        "mov rax, 0xdec2e75ec2e75ec2",
        "movq xmm5, rax",
        "movq xmm15, rax",
        "mov dword ptr [rsp - 8], 0x7f80",
        "ldmxcsr [rsp - 8]",
        "std",
        "ret",
    )
}

fn fill_wide_and_return() -> Vec<u8> {
    [fill_wide(), machine_code!("ret")].concat()
}

/// The secret in registers of every processor, for many milliseconds; then responds with an `fxsave` image.
fn fill_and_wait_and_look() -> Vec<u8> {
    machine_code!(
        "sub rsp, 1032",
        "mov rax, 0xdec2e75ec2e75ec2",
        "movq xmm0, rax",
        "movq xmm5, rax",
        "movq xmm15, rax",
        "fldpi",
        "mov dword ptr [rsp], 0x7f80",
        "ldmxcsr [rsp]",
        "mov word ptr [rsp], 0x077f",
        "fldcw [rsp]",
        "mov ecx, 20000000",
        "2: dec ecx",
        "jne 2b",
        "mov rdi, rsp",
        "mov ecx, 1024",
        "xor eax, eax",
        "rep stosb",
        "fxsave64 [rsp]",
        "xor edi, edi",
        "mov rsi, rsp",
        "mov edx, 512",
        "call [rip + 0x11223344]",
        "fninit",
        "mov dword ptr [rsp], 0x1f80",
        "ldmxcsr [rsp]",
        "add rsp, 1032",
        "ret",
    )
}

/// The same for registers of AVX-512, of which it responds with some.
fn fill_wide_and_wait_and_look() -> Vec<u8> {
    let wait = machine_code!("mov ecx, 20000000", "2: dec ecx", "jne 2b");
    [fill_wide(), wait, look_wide()].concat()
}

/// Responds with the `fxsave` image of its own beginning.
fn look() -> Vec<u8> {
    machine_code!(
        "sub rsp, 1032",
        "mov rdi, rsp",
        "mov ecx, 1024",
        "xor eax, eax",
        "rep stosb",
        "fxsave64 [rsp]",
        "xor edi, edi",
        "mov rsi, rsp",
        "mov edx, 512",
        "call [rip + 0x11223344]",
        "add rsp, 1032",
        "ret",
    )
}

/// Responds with some registers of AVX-512.
fn look_wide() -> Vec<u8> {
    machine_code!(
        "sub rsp, 1032",
        "vmovdqu64 [rsp], zmm3",
        "vmovdqu64 [rsp + 64], zmm16",
        "vmovdqu64 [rsp + 128], zmm31",
        "kmovq rax, k1",
        "mov [rsp + 192], rax",
        "kmovq rax, k7",
        "mov [rsp + 200], rax",
        "xor edi, edi",
        "mov rsi, rsp",
        "mov edx, 208",
        "call [rip + 0x11223344]",
        "add rsp, 1032",
        "ret",
    )
}

fn has_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|found| found == SECRET)
}

/// Runs `filling`, then `looking` on the same worker; returns what that saw.
fn seen_after(filling: &[u8], looking: &[u8], expected: Outcome) -> Vec<u8> {
    let mut node = TestNode::default();
    node.crafted("fills", filling, RESPOND);
    node.crafted("looks", looking, RESPOND);
    let filled = node.run("fills", Mode::Discard, SHORT_US);
    assert_eq!(filled.outcome, expected, "{filled:?}");
    let seen = node.run("looks", Mode::Discard, AMPLE_US);
    assert_eq!((seen.outcome, seen.worker_pid), (Outcome::Ok, filled.worker_pid), "{seen:?}");
    node.canary(filled.worker_pid);
    seen.body
}

fn assert_clean(seen: &[u8]) {
    assert!(!has_secret(seen), "a register of the last service: {seen:02x?}");
    assert_eq!(seen[MXCSR_OFFSET..MXCSR_OFFSET + 4], MXCSR);
    assert_eq!(seen[..2], X87_CONTROL);
}

/// Whether there are wide registers to test; says so if not.
fn has_avx_512() -> bool {
    let has = std::is_x86_feature_detected!("avx512bw");
    if !has {
        println!("skipped: this processor has no AVX-512");
    }
    has
}

#[test]
fn registers_are_forgotten_after_a_discard() {
    assert_clean(&seen_after(&fill_and_spin(), &look(), Outcome::OverBudget));
}

#[test]
fn registers_are_forgotten_after_a_return() {
    assert_clean(&seen_after(&fill_and_return(), &look(), Outcome::Ok));
}

#[test]
fn wide_registers_are_forgotten_where_there_are_some() {
    if has_avx_512() {
        let seen = seen_after(&fill_wide_and_spin(), &look_wide(), Outcome::OverBudget);
        assert!(!has_secret(&seen), "after a discard: {seen:02x?}");
        let seen = seen_after(&fill_wide_and_return(), &look_wide(), Outcome::Ok);
        assert!(!has_secret(&seen), "after a return: {seen:02x?}");
    }
}

/// Runs `filling`, which holds the secret for long, while `looking` runs again and again on the same
/// worker. What each of them saw.
fn seen_in_turns(filling: &[u8], looking: &[u8]) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut node = TestNode::start(&NodeConfig { slice_us: Some(100), ..NodeConfig::default() });
    node.crafted("fills", filling, RESPOND);
    node.crafted("looks", looking, RESPOND);
    let [fills, looks] = ["fills", "looks"].map(|name| node.service(name));
    let job = |service| Job {
        service,
        body: b"",
        mode: Mode::Discard,
        heap: Heap::Bump,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 64,
    };
    // A busy machine may keep the dispatcher away for as long as one takes.
    for _ in 0..100 {
        let long = node.submit(job(fills)).unwrap();
        let mut seen = Vec::new();
        let filled = loop {
            node.submit(job(looks)).unwrap();
            let ended = node.wait().unwrap();
            assert_eq!(ended.outcome, Outcome::Ok, "{ended:?}");
            if ended.ticket == long {
                break ended;
            }
            seen.push(ended.body);
        };
        while node.wait().is_some() {}
        if filled.pauses > 0 && !seen.is_empty() {
            return (filled.body, seen);
        }
    }
    panic!("nobody was paused");
}

#[test]
fn paused_service_gets_its_registers_back_and_others_see_none() {
    /// Offsets in an `fxsave` image of registers that hold the secret.
    const FILLED: [usize; 3] = [160, 160 + 5 * 16, 160 + 15 * 16];
    /// Where it has st(0): the number pi with 64 bits of fraction.
    const PI: [u8; 8] = 0xc90f_daa2_2168_c235_u64.to_le_bytes();
    let (own, others) = seen_in_turns(&fill_and_wait_and_look(), &look());
    for offset in FILLED {
        assert_eq!(own[offset..offset + 8], SECRET, "at {offset}: {own:02x?}");
    }
    assert_eq!(own[32..40], PI);
    assert_eq!(own[..2], 0x077f_u16.to_le_bytes());
    assert_eq!(own[MXCSR_OFFSET..MXCSR_OFFSET + 4], 0x7f80_u32.to_le_bytes());
    others.iter().for_each(|seen| assert_clean(seen));
}

#[test]
fn paused_service_gets_its_wide_registers_back_where_there_are_some() {
    if has_avx_512() {
        let (own, others) = seen_in_turns(&fill_wide_and_wait_and_look(), &look_wide());
        assert!(own.chunks(8).all(|word| word == SECRET), "{own:02x?}");
        assert!(others.iter().all(|seen| !has_secret(seen)));
    }
}
