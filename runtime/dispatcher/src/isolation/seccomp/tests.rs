//! Filters, run by an interpreter of the four instructions that they are made of.

use mote_abi::lockdown::FILTER_INSTRUCTIONS_MAX;
use proptest::prelude::*;

use super::bpf::{LOAD, RETURN};
use super::*;

const TEXT: Range<u64> = 0x20_1000..0x20_9000;

/// Where zones begin and end within 4 GiB.
const ZONES: Base = Base::of_number(12_345);

/// An address behind a `syscall` instruction of the worker.
const INSIDE: u64 = 0x20_4000;

/// `AUDIT_ARCH_I386`.
const ARCH_I386: u32 = 0x4000_0003;

/// `struct seccomp_data`.
#[derive(Clone, Copy, Debug)]
struct Call {
    number: u32,
    arch: u32,
    from: u64,
    arguments: [u64; 6],
}

impl Call {
    fn word(&self, offset: u32) -> u32 {
        let mut bytes = Vec::new();
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.arch.to_le_bytes());
        bytes.extend(self.from.to_le_bytes());
        self.arguments.iter().for_each(|argument| bytes.extend(argument.to_le_bytes()));
        let at = offset as usize;
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    }
}

/// What `program` answers; a jump out of it or another instruction is a panic.
fn run(program: &[Instruction], call: &Call) -> u32 {
    let (mut at, mut accumulator) = (0, 0);
    loop {
        let instruction = program[at];
        let constant = instruction.constant;
        let holds = match instruction.code {
            RETURN => return constant,
            LOAD => {
                accumulator = call.word(constant);
                at += 1;
                continue;
            }
            IF_EQUAL => accumulator == constant,
            IF_AT_LEAST => accumulator >= constant,
            code => panic!("instruction {code:#x}"),
        };
        at += 1 + usize::from(if holds { instruction.if_true } else { instruction.if_false });
    }
}

fn judge(call: &Call) -> u32 {
    run(&program(&TEXT, &ZONES.zones(), ALLOWED_CALLS), call)
}

/// A call as the worker makes it.
fn honest(allowed: &AllowedCall) -> Call {
    let mut arguments = [7; 6];
    for argument in allowed.arguments {
        arguments[usize::from(argument.index)] = argument.values[0];
    }
    Call { number: allowed.number, arch: ARCH_X86_64, from: INSIDE, arguments }
}

#[test]
fn filter_fits_into_the_inbox() {
    assert!(
        compile(&TEXT, ZONES).len() <= FILTER_INSTRUCTIONS_MAX,
        "{}",
        compile(&TEXT, ZONES).len()
    );
}

#[test]
fn listed_call_is_allowed_with_each_listed_value() {
    for allowed in ALLOWED_CALLS {
        assert_eq!(judge(&honest(allowed)), Verdict::Allow as u32, "{}", allowed.name);
        for argument in allowed.arguments {
            for &value in argument.values {
                let mut call = honest(allowed);
                call.arguments[usize::from(argument.index)] = value;
                assert_eq!(judge(&call), Verdict::Allow as u32, "{}", allowed.name);
            }
        }
    }
}

#[test]
fn listed_call_kills_with_another_value_in_either_half() {
    for allowed in ALLOWED_CALLS {
        for argument in allowed.arguments {
            for flipped in (0..64).map(|bit| argument.values[0] ^ 1 << bit) {
                let mut call = honest(allowed);
                call.arguments[usize::from(argument.index)] = flipped;
                let is_listed = argument.values.contains(&flipped);
                let expected = if is_listed { Verdict::Allow } else { Verdict::Kill };
                assert_eq!(judge(&call), expected as u32, "{} {flipped:#x}", allowed.name);
            }
        }
    }
}

#[test]
fn call_from_the_windows_or_the_vsyscall_page_traps_whatever_it_is() {
    let last = ZONES.zones().end - 1;
    for from in [ZONES.address(), ZONES.windows(1).rodata(), last, 0xffff_ffff_ff60_0000] {
        for allowed in ALLOWED_CALLS {
            let call = Call { from, ..honest(allowed) };
            assert_eq!(judge(&call), Verdict::Trap as u32, "{} at {from:#x}", allowed.name);
        }
        let open = Call { number: 2, arch: ARCH_X86_64, from, arguments: [0; 6] };
        assert_eq!(judge(&open), Verdict::Trap as u32);
    }
}

#[test]
fn call_from_elsewhere_kills_unless_the_vdso_makes_it() {
    let beside = [TEXT.start - 1, TEXT.end + 1, INSIDE + (1 << 32), 0x7fff_0000_1000];
    let block = |address: u64| address & !0xffff_ffff;
    let before = block(ZONES.address()) - 1;
    let behind = block(ZONES.zones().end - 1) + (1 << 32);
    for from in beside.into_iter().chain([before, behind]) {
        for allowed in ALLOWED_CALLS {
            let call = Call { from, ..honest(allowed) };
            let expected = if allowed.is_of_vdso { Verdict::Allow } else { Verdict::Kill };
            assert_eq!(judge(&call), expected as u32, "{} at {from:#x}", allowed.name);
        }
    }
}

#[test]
fn another_architecture_kills_from_anywhere() {
    for from in [INSIDE, ZONES.address()] {
        for allowed in ALLOWED_CALLS {
            let call = Call { arch: ARCH_I386, from, ..honest(allowed) };
            assert_eq!(judge(&call), Verdict::Kill as u32);
        }
    }
}

proptest! {
    #[test]
    fn call_that_is_not_listed_is_never_allowed(
        number: u32, arguments: [u64; 6], is_near: bool, small in 0_u32..512,
    ) {
        let number = if is_near { small } else { number };
        prop_assume!(ALLOWED_CALLS.iter().all(|call| call.number != number));
        let call = Call { number, arch: ARCH_X86_64, from: INSIDE, arguments };
        prop_assert_eq!(judge(&call), Verdict::Kill as u32);
    }

    #[test]
    fn every_call_is_answered(number: u32, arch: u32, from: u64, arguments: [u64; 6]) {
        let answer = judge(&Call { number, arch, from, arguments });
        let all = [Verdict::Allow, Verdict::Kill, Verdict::Trap];
        prop_assert!(all.iter().any(|&verdict| verdict as u32 == answer));
    }
}
