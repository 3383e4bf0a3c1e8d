//! Images with instructions that no service may have.

use mote_abi::outcome::{Mode, Outcome};
use mote_dispatcher::NodeConfig;
use mote_tests::{AMPLE_US, TestNode, crafted, image, machine_code};

use crate::planted::Vessel;

/// Each with what the loader calls it, code that has it and leaves an answer in `rax`, and that answer.
fn images() -> Vec<(&'static str, &'static str, Vec<u8>, u64)> {
    let parent = u64::from(std::process::id());
    vec![
        ("calls_the_kernel", "syscall", machine_code!("mov eax, 110", "syscall"), parent),
        ("calls_the_kernel_as_of_old", "int n", machine_code!("mov eax, 64", "int 0x80"), parent),
        (
            "moves_its_segment",
            "wrgsbase",
            machine_code!("mov ecx, 0x1234", "wrgsbase rcx", "rdgsbase rax"),
            0x1234,
        ),
        (
            "moves_its_thread",
            "wrfsbase",
            machine_code!("mov ecx, 0x1234", "wrfsbase rcx", "rdfsbase rax"),
            0x1234,
        ),
        (
            "returns_to_another_segment",
            "a far return",
            machine_code!(
                "mov eax, 7",
                "lea rcx, [rip + 2f]",
                "push 0x33",
                "push rcx",
                "retfq",
                "2:"
            ),
            7,
        ),
        (
            "returns_as_an_interrupt",
            "iret",
            machine_code!(
                "mov eax, 7",
                "mov rdx, rsp",
                "lea rcx, [rip + 2f]",
                "push 0x2b",
                "push rdx",
                "pushfq",
                "push 0x33",
                "push rcx",
                "iretq",
                "2:",
            ),
            7,
        ),
        (
            "restores_state_of_its_choice",
            "xrstor",
            machine_code!(
                "mov r8, rsp",
                "sub rsp, 8192",
                "and rsp, -64",
                "xor eax, eax",
                "lea rdi, [rsp + 512]",
                "mov ecx, 8",
                "rep stosq",
                "xor edx, edx",
                "mov eax, 2",
                "xsave [rsp]",
                "xrstor [rsp]",
                "mov rsp, r8",
                "mov eax, 7",
            ),
            7,
        ),
    ]
}

#[test]
fn image_is_refused_by_the_loader() {
    let mut node = TestNode::default();
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    for (name, word, code, _) in images() {
        let image = crafted::with_entry(image("wordcount"), &code, "mote_respond");
        let refused = node.deploy(name, image).expect_err(name).to_string();
        assert!(refused.contains(word), "{name}: {refused}");
        node.canary(pid);
    }
}

#[test]
fn image_does_what_it_wants_where_nothing_checks_it() {
    let mut vessel = Vessel::start(&NodeConfig::default());
    for (name, _, code, answer) in images() {
        let ended = vessel.run(&code);
        assert_eq!(
            (ended.outcome, &ended.body[..]),
            (Outcome::Ok, &answer.to_le_bytes()[..]),
            "{name}"
        );
    }
}
