//! Nothing that a service left in the processor's registers is there for the next one.

use mote_abi::outcome::{Mode, Outcome};
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

/// The same for the registers of AVX-512.
fn fill_wide_and_spin() -> Vec<u8> {
    machine_code!(
        "mov rax, 0xdec2e75ec2e75ec2",
        "vpbroadcastq zmm3, rax",
        "vpbroadcastq zmm16, rax",
        "vpbroadcastq zmm31, rax",
        "kmovq k1, rax",
        "kmovq k7, rax",
        "2: jmp 2b",
    )
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
    machine_code!(
        "mov rax, 0xdec2e75ec2e75ec2",
        "vpbroadcastq zmm3, rax",
        "vpbroadcastq zmm16, rax",
        "kmovq k7, rax",
        "ret",
    )
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

fn has_avx_512() -> bool {
    std::is_x86_feature_detected!("avx512bw")
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
