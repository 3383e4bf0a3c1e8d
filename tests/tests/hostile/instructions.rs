//! Instructions that no image may have. The loader refuses each where it stands; where code hides it in
//! another instruction and jumps there, the kernel's layers contain it; and without these it does what it is for.

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::{Layer, NodeConfig};
use mote_tests::{AMPLE_US, TestNode, crafted, image};

use crate::machine::{RESPOND, respond_with_rax};
use crate::plain_and_hidden;

/// An image with an instruction that no image may have.
struct Image {
    name: &'static str,
    /// What the loader calls the instruction.
    word: &'static str,
    plain: Vec<u8>,
    hidden: Vec<u8>,
    /// How the hidden one ends: what is no system call is a worker's own affair.
    contained: Outcome,
    /// What it has in `rax` then, where nothing stops it.
    answer: u64,
}

fn image_of(
    name: &'static str,
    word: &'static str,
    codes: [Vec<u8>; 2],
    contained: Outcome,
    answer: u64,
) -> Image {
    let [plain, hidden] = codes.map(|code| [code, respond_with_rax()].concat());
    Image { name, word, plain, hidden, contained, answer }
}

/// Calls of the kernel: each asks for the number of its parent, which only a worker that is in the
/// dispatcher's own process namespace sees.
fn kernel_calls() -> Vec<Image> {
    let parent = u64::from(std::process::id());
    let denied = |name, codes| image_of(name, "syscall", codes, Outcome::DeniedSyscall, parent);
    let lost = |name, codes| image_of(name, "int n", codes, Outcome::WorkerLost, parent);
    vec![
        denied("call", plain_and_hidden!(["mov eax, 110"], "syscall", [])),
        denied("call_repeated", plain_and_hidden!(["mov eax, 110"], ".byte 0xf3, 0x0f, 0x05", [])),
        denied(
            "call_of_another_operand_size",
            plain_and_hidden!(["mov eax, 110"], ".byte 0x66, 0x0f, 0x05", []),
        ),
        denied("call_wide", plain_and_hidden!(["mov eax, 110"], ".byte 0x48, 0x0f, 0x05", [])),
        denied(
            "call_in_a_segment",
            plain_and_hidden!(["mov eax, 110"], ".byte 0x64, 0x2e, 0x0f, 0x05", []),
        ),
        lost("interrupt", plain_and_hidden!(["mov eax, 64"], "int 0x80", [])),
        lost(
            "interrupt_in_a_segment",
            plain_and_hidden!(["mov eax, 64"], ".byte 0x2e, 0xcd, 0x80", []),
        ),
        lost(
            "interrupt_wide",
            plain_and_hidden!(["mov eax, 64"], ".byte 0x66, 0x48, 0xcd, 0x80", []),
        ),
    ]
}

/// What changes how a processor reads code or finds data.
fn state_changes() -> Vec<Image> {
    let own = |name, word, codes, answer| image_of(name, word, codes, Outcome::Ok, answer);
    vec![
        own(
            "gs_moved",
            "wrgsbase",
            plain_and_hidden!(["mov ecx, 0x1234"], "wrgsbase rcx", ["rdgsbase rax"]),
            0x1234,
        ),
        own(
            "fs_moved",
            "wrfsbase",
            plain_and_hidden!(["mov ecx, 0x1234"], "wrfsbase rcx", ["rdfsbase rax"]),
            0x1234,
        ),
        own(
            "far_return",
            "a far return",
            plain_and_hidden!(
                ["mov eax, 7", "lea rcx, [rip + 2f]", "push 0x33", "push rcx"],
                "retfq",
                ["ud2", "2: nop"]
            ),
            7,
        ),
        own(
            "interrupt_return",
            "iret",
            plain_and_hidden!(
                [
                    "mov eax, 7",
                    "mov rdx, rsp",
                    "lea rcx, [rip + 2f]",
                    "push 0x2b",
                    "push rdx",
                    "pushfq",
                    "push 0x33",
                    "push rcx"
                ],
                "iretq",
                ["ud2", "2: nop"]
            ),
            7,
        ),
        own(
            "state_restored",
            "xrstor",
            plain_and_hidden!(
                [
                    "mov rsi, rsp",
                    "sub rsp, 8192",
                    "and rsp, -64",
                    "xor eax, eax",
                    "lea rdi, [rsp + 512]",
                    "mov ecx, 8",
                    "rep stosq",
                    "xor edx, edx",
                    "mov eax, 2",
                    "xsave [rsp]"
                ],
                "xrstor [rsp]",
                ["mov rsp, rsi", "mov eax, 7"]
            ),
            7,
        ),
    ]
}

/// The same with protection keys, where the processor has them.
fn key_changes() -> Vec<Image> {
    let flags = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    if !flags.split_whitespace().any(|flag| flag == "ospke") {
        println!("skipped: this processor has no protection keys");
        return Vec::new();
    }
    let codes = plain_and_hidden!(
        ["xor ecx, ecx", "xor edx, edx", "rdpkru", "xor eax, 0xc"],
        "wrpkru",
        ["mov eax, 7"]
    );
    vec![image_of("keys_changed", "wrpkru", codes, Outcome::Ok, 7)]
}

fn images() -> Vec<Image> {
    [kernel_calls(), state_changes(), key_changes()].into_iter().flatten().collect()
}

#[test]
fn instruction_is_refused_where_it_stands() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for Image { name, word, plain, .. } in images() {
        let image = crafted::with_entry(image("wordcount"), &plain, RESPOND);
        let refused = node.deploy(name, image).expect_err(name).to_string();
        assert!(refused.contains(&format!("`{word}`")), "{name}: {refused}");
        node.canary(pid);
    }
}

#[test]
fn instruction_that_is_hidden_is_contained_by_the_kernel() {
    let mut node = TestNode::default();
    for Image { name, hidden, contained, .. } in images() {
        node.crafted(name, &hidden, RESPOND);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        assert_eq!(ended.outcome, contained, "{name}: {ended:?}");
        if contained == Outcome::WorkerLost {
            let why = ended.error.as_deref().unwrap_or_default();
            assert!(why.contains("SIGSYS"), "{name}: {why}");
        }
        let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
        assert_eq!(pid == ended.worker_pid, contained != Outcome::WorkerLost, "{name}");
        node.canary(pid);
    }
}

#[test]
fn instruction_does_what_it_is_for_where_nothing_stops_it() {
    let config = NodeConfig { without_layers: Layer::ALL.to_vec(), ..NodeConfig::default() };
    let mut node = TestNode::start(&config);
    for Image { name, hidden, answer, .. } in images() {
        node.crafted(name, &hidden, RESPOND);
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        let found = (ended.outcome, &ended.body[..]);
        assert_eq!(found, (Outcome::Ok, &answer.to_le_bytes()[..]), "{name}: {ended:?}");
    }
}
