use alloc::vec;
use alloc::vec::Vec;

use mote_abi::image::state;
use proptest::prelude::*;

use super::*;

/// Decodes `text` as one function.
fn decode(text: &[u8]) -> Result<Code, Fault> {
    with_function(text, 0..text.len() as u32)
}

fn with_function(text: &[u8], function: Range<u32>) -> Result<Code, Fault> {
    Code::decode(text, &[function])
}

fn cause(text: &[u8]) -> Cause {
    decode(text).unwrap_err().cause
}

/// Refused instructions by their names.
const REFUSED: &[(&str, &[u8])] = &[
    ("syscall", &[0x0f, 0x05]),
    ("sysenter", &[0x0f, 0x34]),
    ("int n", &[0xcd, 0x80]),
    ("int n", &[0xcd, 0x03]),
    ("vmcall", &[0x0f, 0x01, 0xc1]),
    ("vmfunc", &[0x0f, 0x01, 0xd4]),
    ("enclu", &[0x0f, 0x01, 0xd7]),
    ("a far jump", &[0xff, 0x28]),
    ("a far call", &[0x48, 0xff, 0x18]),
    ("a far return", &[0xcb]),
    ("a far return", &[0x48, 0xca, 0, 0]),
    ("iret", &[0x48, 0xcf]),
    ("wrpkru", &[0x0f, 0x01, 0xef]),
    ("xrstor", &[0x0f, 0xae, 0x2f]),
    ("xrstor", &[0x48, 0x0f, 0xae, 0x6c, 0x24, 0x40]),
    ("xrstors", &[0x0f, 0xc7, 0x18]),
    ("wrfsbase", &[0xf3, 0x48, 0x0f, 0xae, 0xd7]),
    ("wrgsbase", &[0xf3, 0x0f, 0xae, 0xdf]),
    ("swapgs", &[0x0f, 0x01, 0xf8]),
    ("xbegin", &[0xc7, 0xf8, 0, 0, 0, 0]),
    ("senduipi", &[0xf3, 0x0f, 0xc7, 0xf0]),
    ("stui", &[0xf3, 0x0f, 0x01, 0xef]),
    ("clui", &[0xf3, 0x0f, 0x01, 0xee]),
    ("uiret", &[0xf3, 0x0f, 0x01, 0xec]),
];

/// Instructions whose bytes look refused.
const ALLOWED: &[&[u8]] = &[
    &[0x0f, 0xae, 0xe8],             // lfence
    &[0x0f, 0xae, 0x1c, 0x24],       // stmxcsr [rsp]
    &[0xf3, 0x48, 0x0f, 0xae, 0xc0], // rdfsbase rax
    &[0x0f, 0x01, 0xee],             // rdpkru
    &[0x0f, 0x0b],                   // ud2
    &[0xb8, 0x0f, 0x05, 0xcd, 0x80], // mov eax, 0x80cd050f
    &[0x3d, 0x0f, 0x05, 0, 0],       // cmp eax, 1295
    &[0xe8, 0x00, 0x00, 0x00, 0x00], // call to what follows
];

#[test]
fn instruction_is_refused_by_its_name_wherever_it_stands() {
    for &(name, bytes) in REFUSED {
        for before in [0, 1, 70] {
            let text = [&vec![0x90; before], bytes, &[0x90; 3]].concat();
            let expected = Fault { offset: before as u32, cause: Cause::Refused(Refused(name)) };
            assert_eq!(decode(&text).unwrap_err(), expected, "{bytes:02x?}");
            assert_eq!(Code::decode(&text, &[]).unwrap_err(), expected, "in a gap, {bytes:02x?}");
        }
    }
}

#[test]
fn instruction_is_let_pass_when_it_only_looks_refused() {
    for bytes in ALLOWED {
        let text = [*bytes, &[0x90]].concat();
        assert!(decode(&text).is_ok(), "{bytes:02x?}: {:?}", decode(&text));
    }
}

#[test]
fn text_is_refused_when_it_is_no_code() {
    assert_eq!(cause(&[0x90, 0x06]), Cause::NoInstruction);
    assert_eq!(cause(&[0x90, 0xe8, 0, 0]), Cause::NoInstruction, "cut off");
    let function_ends_early = [0xb8, 0, 0, 0, 0, 0x90];
    let fault = with_function(&function_ends_early, 0..3).unwrap_err();
    assert_eq!(fault, Fault { offset: 0, cause: Cause::Straddles });
}

#[test]
fn branch_is_refused_when_it_leads_outside() {
    assert_eq!(cause(&[0xeb, 0x10]), Cause::Target(0x12));
    assert_eq!(cause(&[0xeb, 0x80]), Cause::Target(-0x7e));
    assert_eq!(cause(&[0xeb, 0x00]), Cause::Target(2), "running off the end");
    let within_another = [0x74, 0x01, 0xb8, 0xeb, 0x10, 0, 0];
    assert_eq!(
        decode(&within_another).unwrap_err(),
        Fault { offset: 3, cause: Cause::Target(0x15) }
    );
}

#[test]
fn what_a_branch_finds_within_an_instruction_is_judged_as_all_else() {
    let within = |hidden: [u8; 4]| decode(&[&[0x74, 0x01, 0xb8][..], &hidden, &[0xc3]].concat());
    assert!(within([0x58, 0x5f, 0xc3, 0x90]).unwrap().overlaps());
    assert_eq!(within([0x9d, 0x90, 0x90, 0x90]).unwrap().effects().state, state::FLAGS);
    assert!(within([0x06, 0, 0, 0]).is_ok(), "no instruction: a fault");
    let refused = |offset| Fault { offset, cause: Cause::Refused(Refused("syscall")) };
    assert_eq!(within([0x0f, 0x05, 0x90, 0x90]).unwrap_err(), refused(3));
    assert_eq!(within([0x90, 0x0f, 0x05, 0x90]).unwrap_err(), refused(4));
    assert_eq!(within([0xeb, 0x00, 0x0f, 0x05]).unwrap_err(), refused(5));
    assert!(within([0xc3, 0x0f, 0x05, 0x90]).is_ok(), "behind a return");
    assert!(!decode(&[0x74, 0x00, 0xc3]).unwrap().overlaps());
}

#[test]
fn branch_is_refused_when_its_size_depends_on_the_processor() {
    assert_eq!(cause(&[0x66, 0xe9, 0, 0, 0, 0, 0x90]), Cause::ShortBranch);
    assert_eq!(cause(&[0x66, 0x74, 0x00, 0x90]), Cause::ShortBranch);
    assert_eq!(cause(&[0x2e, 0x66, 0xc3]), Cause::ShortBranch);
    assert!(decode(&[0x2e, 0x74, 0x00, 0x90]).is_ok());
    assert!(decode(&[0x66, 0x90]).is_ok());
}

#[test]
fn padding_is_skipped_in_gaps_alone() {
    let text = [0xc3, 0x00, 0x00, 0x00, 0xcc, 0xcc, 0x90, 0xc3];
    let code = Code::decode(&text, &[0..1, 6..8]).unwrap();
    assert!((0..8).all(|offset| code.is_start(offset)));
    assert_eq!(code.flows().len(), 3, "two returns, and a trap between");
    assert!(!decode(&text).unwrap().is_start(2), "zeros are instructions in a function");
}

#[test]
fn flows_are_named_with_their_targets() {
    let text = [
        &[0x74, 0x02][..],                           //  0 je 4
        &[0xeb, 0xfc],                               //  2 jmp 0
        &[0xe8, 0xf7, 0xff, 0xff, 0xff],             //  4 call 0
        &[0xff, 0x15, 0xf1, 0xff, 0xff, 0x1f],       //  9 call [0x20000000]
        &[0x48, 0x8b, 0x05, 0xea, 0xff, 0xff, 0x1f], // 15 mov rax, [0x20000000]
        &[0xff, 0xd0],                               // 22 call rax
        &[0xff, 0xe3],                               // 24 jmp rbx
        &[0xff, 0x24, 0xc2],                         // 26 jmp [rdx + 8 * rax]
        &[0xe3, 0xe1],                               // 29 jrcxz 0
        &[0xc3, 0x0f, 0x0b],                         // 31 ret, 32 ud2
    ]
    .concat();
    let code = decode(&text).unwrap();
    let flows: Vec<_> = code.flows().iter().map(|flow| (flow.at, flow.kind)).collect();
    assert_eq!(
        flows,
        [
            (0, FlowKind::Branch(4)),
            (2, FlowKind::Jump(Target::Text(0))),
            (4, FlowKind::Call(Target::Text(0))),
            (9, FlowKind::Call(Target::Slot(0x2000_0000))),
            (22, FlowKind::Call(Target::Slot(0x2000_0000))),
            (24, FlowKind::Jump(Target::Unknown)),
            (26, FlowKind::Jump(Target::Unknown)),
            (29, FlowKind::Branch(0)),
            (31, FlowKind::Return),
            (32, FlowKind::Trap),
        ]
    );
    assert_eq!(code.flow_from(3), 2);
}

#[test]
fn state_is_that_of_the_instructions() {
    let cases: &[(u32, &[u8])] = &[
        (0, &[0x90]),
        (0, &[0x0f, 0x58, 0xc1]),                  // addps xmm0, xmm1
        (state::X87, &[0xd9, 0xe8]),               // fld1
        (state::X87, &[0xd9, 0x2c, 0x24]),         // fldcw [rsp]
        (state::X87, &[0xdb, 0xe3]),               // fninit
        (state::MMX, &[0x0f, 0xfe, 0xc1]),         // paddd mm0, mm1
        (state::MMX, &[0x0f, 0x77]),               // emms
        (state::MMX, &[0x0f, 0xd4, 0x00]),         // paddq mm0, [rax] (SSE2)
        (state::MMX, &[0xf2, 0x0f, 0xd6, 0xc1]),   // movdq2q mm0, xmm1
        (state::FLAGS, &[0x9d]),                   // popfq
        (state::SEGMENTS, &[0x8e, 0xd8]),          // mov ds, eax
        (state::SEGMENTS, &[0x0f, 0xa1]),          // pop fs
        (state::SEGMENTS, &[0x0f, 0xb4, 0x00]),    // lfs eax, [rax]
        (state::MXCSR, &[0x0f, 0xae, 0x14, 0x24]), // ldmxcsr [rsp]
        (state::X87 | state::MMX | state::MXCSR, &[0x0f, 0xae, 0x08]), // fxrstor [rax]
    ];
    for &(state, bytes) in cases {
        assert_eq!(decode(bytes).unwrap().effects().state, state, "{bytes:02x?}");
    }
}

#[test]
fn counter_that_is_read_is_told_with_its_place() {
    let cases: &[(&str, &[u8])] = &[
        ("rdtsc", &[0x0f, 0x31]),
        ("rdtscp", &[0x0f, 0x01, 0xf9]),
        ("rdpmc", &[0x0f, 0x33]),
        ("rdpru", &[0x0f, 0x01, 0xfd]),
        ("rdpid", &[0xf3, 0x0f, 0xc7, 0xf8]),
        ("umwait", &[0xf2, 0x0f, 0xae, 0xf0]),
        ("tpause", &[0x66, 0x0f, 0xae, 0xf0]),
    ];
    for &(name, bytes) in cases {
        let text = [&[0x90, 0x90], bytes, &[0x90], bytes].concat();
        assert_eq!(decode(&text).unwrap().effects().counter, Some((2, name)));
        assert_eq!(Code::decode(&text, &[]).unwrap().effects().counter, Some((2, name)), "a gap");
    }
    // Within another instruction, to which a branch leads.
    let hidden = [0xeb, 0x01, 0xb8, 0x0f, 0x31, 0xc3, 0x90, 0x90];
    assert_eq!(decode(&hidden).unwrap().effects().counter, Some((3, "rdtsc")));
    assert_eq!(decode(&[0x0f, 0xa2]).unwrap().effects().counter, None, "cpuid");
}

proptest! {
    #[test]
    fn decoding_is_total(text in prop::collection::vec(any::<u8>(), 0..200), cut: prop::sample::Index) {
        let middle = cut.index(text.len() + 1) as u32;
        for start in [0, middle, text.len() as u32] {
            let end = text.len() as u32;
            if let Ok(code) = with_function(&text, start..end) {
                prop_assert!(code.flows().iter().all(|flow| code.is_start(flow.at)));
                prop_assert!(code.flows().is_sorted_by_key(|flow| flow.at));
            }
        }
    }
}
