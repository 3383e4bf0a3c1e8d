use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const TEXT: u64 = 0x40_0000;
const RODATA: u64 = 0x60_0000;
/// What the first slot holds.
const RESUME: u64 = 0x7000_0000;
/// What the second slot holds: another function of the host.
const IMPORT: u64 = 0x7000_1000;

/// What the fourth slot holds.
const PANICKING: u64 = 0x7000_2000;

const NOP: u8 = 0x90;
const RET: u8 = 0xc3;
const UD2: [u8; 2] = [0x0f, 0x0b];

/// Whether the pad at the start of `text` lets pass.
fn can_unwind(text: &[u8]) -> bool {
    let rodata = [RESUME, IMPORT, TEXT + 0x40, PANICKING].map(u64::to_le_bytes).concat();
    let code = Code {
        text,
        text_address: TEXT,
        rodata: &rodata,
        rodata_address: RODATA,
        resume: RESUME,
        panicking: PANICKING,
    };
    Search::new(code).can_unwind(TEXT)
}

/// `call [slot]` at `offset`.
fn call_slot(offset: u64, slot: u64) -> [u8; 6] {
    let distance = (RODATA + slot * 8).wrapping_sub(TEXT + offset + 6) as u32;
    let [a, b, c, d] = distance.to_le_bytes();
    [0xff, 0x15, a, b, c, d]
}

/// Code that begins with `pad` and has `function` at 0x40.
fn with_function(pad: &[u8], function: &[u8]) -> Vec<u8> {
    let mut text = Vec::from(pad);
    text.resize(0x40, 0xcc);
    text.extend(function);
    text
}

#[test]
fn pad_that_resumes_or_returns_lets_pass() {
    assert!(can_unwind(&call_slot(0, 0)));
    assert!(can_unwind(&[NOP, RET]));
    assert!(can_unwind(&[0xff, 0xe0]), "jmp rax");
}

#[test]
fn pad_that_traps_ends() {
    assert!(!can_unwind(&UD2));
    assert!(!can_unwind(&[&[NOP, NOP][..], &UD2].concat()));
    // Drops something by an import first.
    assert!(!can_unwind(&[&call_slot(0, 1)[..], &UD2].concat()));
    // Drops something by a vtable first.
    assert!(!can_unwind(&[&[0xff, 0xd0][..], &UD2].concat()));
}

#[test]
fn pad_that_calls_a_guards_destructor_ends() {
    let pad = [&[0xe8, 0x3b, 0, 0, 0][..], &call_slot(5, 0)].concat();
    assert!(!can_unwind(&with_function(&pad, &[&[NOP][..], &UD2].concat())));
    assert!(can_unwind(&with_function(&pad, &[NOP, RET])));
    // The same by way of a register: mov rax, [slot]; nop; call rax.
    let [_, _, a, b, c, d] = call_slot(1, 2);
    let call = [0x48, 0x8b, 0x05, a, b, c, d, NOP, 0xff, 0xd0];
    let pad = [&call[..], &call_slot(10, 0)].concat();
    assert!(!can_unwind(&with_function(&pad, &UD2)));
    assert!(can_unwind(&with_function(&pad, &[RET])));
    // The same through a slot.
    let pad = [call_slot(0, 2), call_slot(6, 0)].concat();
    assert!(!can_unwind(&with_function(&pad, &UD2)));
}

#[test]
fn branch_lets_pass_if_either_way_does() {
    // je over the trap.
    let either = [&[0x74, 2][..], &UD2, &call_slot(4, 0)].concat();
    assert!(can_unwind(&either));
    let neither = [&[0x74, 2][..], &UD2, &UD2].concat();
    assert!(!can_unwind(&neither));
    // A loop that ends only at a trap: je back to the start.
    assert!(!can_unwind(&[&[NOP, 0x74, 0xfd][..], &UD2].concat()));
}

#[test]
fn destructor_that_panics_or_never_ends_lets_pass() {
    assert!(can_unwind(&[&call_slot(0, 3)[..], &UD2].concat()), "a panic");
    assert!(can_unwind(&[0xeb, 0xfe]), "a loop without an end");
    // The same in a function that is called.
    let pad = [&[0xe8, 0x3b, 0, 0, 0][..], &UD2].concat();
    assert!(can_unwind(&with_function(&pad, &[0xeb, 0xfe])));
    assert!(can_unwind(&with_function(&pad, &call_slot(0x40, 3))));
}

#[test]
fn doubt_lets_pass() {
    assert!(can_unwind(&[]), "outside the text");
    assert!(can_unwind(&[NOP; 30]), "leaves the text");
    assert!(can_unwind(&[0x06]), "not an instruction");
    assert!(can_unwind(&[NOP; 5000]), "too long");
    // More branches than are remembered: jo +0, again and again.
    assert!(can_unwind(&[&[0x70, 0].repeat(MAX_TARGETS + 1)[..], &UD2].concat()));
    // Calls itself for ever.
    assert!(can_unwind(&[&[0xe8, 0xfb, 0xff, 0xff, 0xff][..], &[RET]].concat()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn search_is_total(text in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _: bool = can_unwind(&text);
    }

    /// Short jumps, calls, branches, returns and traps, so that paths are long.
    #[test]
    fn search_is_total_over_control_flow(
        pieces in proptest::collection::vec((0..6_usize, any::<i8>()), 0..100),
    ) {
        let text: Vec<u8> = pieces.into_iter().flat_map(|(kind, distance)| {
            let distance = distance.cast_unsigned();
            match kind {
                0 => [0x90, 0x90, 0x90, 0x90, 0x90],
                1 => [0x90, 0x90, 0x90, 0x74, distance],
                2 => [0x90, 0x90, 0x90, 0xeb, distance],
                3 => [0xe8, distance, if distance < 128 { 0 } else { 0xff }, 0, 0],
                4 => [0x90, 0x90, 0x90, 0x0f, 0x0b],
                _ => [0x90, 0x90, 0x90, 0x90, 0xc3],
            }
        }).collect();
        let _: bool = can_unwind(&text);
    }
}
