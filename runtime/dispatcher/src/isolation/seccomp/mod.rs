//! The filter of a worker's system calls: judges number, arguments and the instruction that calls.
//!
//! | from | call | what happens |
//! | --- | --- | --- |
//! | anywhere, by another architecture's rules (`int 0x80`) | any | the worker is killed |
//! | the windows, the vsyscall page | any | `SIGSYS`: the service is discarded |
//! | the worker's text | listed, with listed arguments | allowed |
//! | anywhere else | one that the vDSO makes | allowed |
//! | anywhere else | any other | the worker is killed |
//!
//! Compiling is pure; the worker installs the instructions. No crate that compiles such filters tests the
//! instruction pointer, so there is a small assembler here ([`bpf`]).

pub(crate) mod bpf;

use std::ops::Range;

use mote_abi::lockdown::{ALLOWED_CALLS, AllowedCall, Argument};
use mote_abi::windows::Base;

use self::bpf::{ARCH_X86_64, IF_AT_LEAST, IF_EQUAL, Instruction, Verdict, data};

/// The high half of every address in the vsyscall page.
const VSYSCALL_HIGH: u32 = u32::MAX;

/// The filter for a worker whose executable segment is `text` and whose zones begin at `zones`, as `struct
/// sock_filter`s.
pub(crate) fn compile(text: &Range<u64>, zones: Base) -> Vec<u64> {
    let filter = program(text, &zones.zones(), ALLOWED_CALLS);
    filter.into_iter().map(Instruction::to_bits).collect()
}

fn program(text: &Range<u64>, windows: &Range<u64>, calls: &[AllowedCall]) -> Vec<Instruction> {
    let mut program = vec![
        Instruction::load(data::ARCH),
        Instruction::compare(IF_EQUAL, ARCH_X86_64, 1, 0),
        Instruction::answer(Verdict::Kill),
    ];
    program.extend(trapped(windows));
    program.push(Instruction::load(data::NUMBER));
    calls.iter().for_each(|call| program.extend(allowed(call, text)));
    program.push(Instruction::answer(Verdict::Kill));
    program
}

/// Traps what comes from the windows, or from the vsyscall page. What else is in the 4 GiB where windows begin, or
/// end, is nothing.
fn trapped(windows: &Range<u64>) -> [Instruction; 5] {
    [
        Instruction::load(data::INSTRUCTION_POINTER + 4),
        Instruction::compare(IF_EQUAL, VSYSCALL_HIGH, 2, 0),
        Instruction::compare(IF_AT_LEAST, high(windows.start), 0, 2),
        Instruction::compare(IF_AT_LEAST, high(windows.end - 1) + 1, 1, 0),
        Instruction::answer(Verdict::Trap),
    ]
}

/// Answers `call`, and goes on behind it with any other. The accumulator holds the number.
fn allowed(call: &AllowedCall, text: &Range<u64>) -> Vec<Instruction> {
    let mut checks = Checks::default();
    if !call.is_of_vdso {
        checks.instruction_pointer(text);
    }
    call.arguments.iter().for_each(|argument| checks.argument(argument));
    let answer = checks.finish();
    let skipped = answer.len() as u8;
    let mut block = vec![Instruction::compare(IF_EQUAL, call.number, 0, skipped)];
    block.extend(answer);
    block
}

/// Conditions that must all hold, in order. One that does not hold jumps to the end.
#[derive(Default)]
struct Checks {
    program: Vec<Instruction>,
    /// The comparisons that must jump to the end, and whether they do so when they hold.
    to_end: Vec<(usize, bool)>,
}

impl Checks {
    /// The call comes from `text`, which lies within 4 GiB. What the kernel tells is the address behind
    /// the instruction.
    fn instruction_pointer(&mut self, text: &Range<u64>) {
        debug_assert_eq!(high(text.start), high(text.end));
        self.program.push(Instruction::load(data::INSTRUCTION_POINTER + 4));
        self.unless(IF_EQUAL, high(text.start));
        self.program.push(Instruction::load(data::INSTRUCTION_POINTER));
        self.unless(IF_AT_LEAST, low(text.start));
        self.when(IF_AT_LEAST, low(text.end) + 1);
    }

    /// An argument is one of its values, which have equal high halves.
    fn argument(&mut self, argument: &Argument) {
        let Some((&last, others)) = argument.values.split_last() else { return };
        debug_assert!(others.iter().all(|&value| high(value) == high(last)));
        let offset = data::argument(argument.index);
        self.program.push(Instruction::load(offset + 4));
        self.unless(IF_EQUAL, high(last));
        self.program.push(Instruction::load(offset));
        for (index, &value) in others.iter().enumerate() {
            let skipped = (others.len() - index) as u8;
            self.program.push(Instruction::compare(IF_EQUAL, low(value), skipped, 0));
        }
        self.unless(IF_EQUAL, low(last));
    }

    fn unless(&mut self, code: u16, constant: u32) {
        self.to_end.push((self.program.len(), false));
        self.program.push(Instruction::compare(code, constant, 0, 0));
    }

    fn when(&mut self, code: u16, constant: u32) {
        self.to_end.push((self.program.len(), true));
        self.program.push(Instruction::compare(code, constant, 0, 0));
    }

    /// Allows what passed every condition, and kills what did not.
    fn finish(mut self) -> Vec<Instruction> {
        self.program.push(Instruction::answer(Verdict::Allow));
        let end = self.program.len();
        self.program.push(Instruction::answer(Verdict::Kill));
        for (at, is_when) in self.to_end {
            let skipped = (end - at - 1) as u8;
            let jump = &mut self.program[at];
            *(if is_when { &mut jump.if_true } else { &mut jump.if_false }) = skipped;
        }
        self.program
    }
}

const fn high(address: u64) -> u32 {
    (address >> 32) as u32
}

const fn low(address: u64) -> u32 {
    address as u32
}

#[cfg(test)]
mod tests;
