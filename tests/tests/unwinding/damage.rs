//! Real tables with wrong bytes: whatever they say, nothing panics and every walk ends.

use mote_sigctx::registers::Registers;
use mote_tests::dwarf::{Frame, Module, Stack, Step, UnwindError, Unwinder};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::executable::Executable;

/// A stack that is readable everywhere and leads back into the text most of the time.
struct Everywhere {
    text: u64,
}

impl Stack for Everywhere {
    fn read_u64(&self, address: u64) -> Option<u64> {
        let mixed = address.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Some(if mixed.is_multiple_of(8) {
            address.wrapping_add(mixed)
        } else {
            self.text + mixed % 0x10_0000
        })
    }
}

/// Walks from `instruction` until the walk ends, at most `limit` frames.
fn walk(module: &Module<'_>, instruction: u64, limit: usize) -> Result<(), UnwindError> {
    let stack = Everywhere { text: module.text().start };
    let modules = core::slice::from_ref(module);
    let mut unwinder = Unwinder::new();
    let registers = core::array::from_fn(|n| if n == 16 { instruction } else { 0x7000 + n as u64 });
    let mut frame = Frame { registers: Registers::new(registers), is_exact: true };
    for _ in 0..limit {
        match unwinder.step(modules, &stack, &frame, 1)?.step {
            Step::Caller(caller) => {
                assert!(caller.registers.rsp() > frame.registers.rsp());
                frame = caller;
            }
            _ => break,
        }
    }
    Ok(())
}

/// Walks from every function that can be listed.
fn use_everything(module: &Module<'_>) {
    for function in module.functions().flatten() {
        let _: Result<(), UnwindError> = walk(module, function.start, 8);
    }
}

/// Damages tables of the own executable, and uses everything in them.
fn damage(changes: &[(Index, u8)], within: std::ops::Range<usize>) {
    let executable = Executable::own();
    let (address, bytes) = executable.rodata();
    let mut bytes = bytes.to_vec();
    for (index, value) in changes {
        bytes[within.start + index.index(within.len())] = *value;
    }
    let module = Module::new(executable.text(), address, &bytes, executable.eh_frame_hdr());
    if let Ok(module) = module {
        use_everything(&module);
    }
}

/// Where a section lies in the read-only bytes.
fn place_of(name: &str) -> std::ops::Range<usize> {
    let executable = Executable::own();
    let (address, bytes) = executable.section(name);
    let start = (address - executable.rodata().0) as usize;
    start..start + bytes.len()
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    proptest::collection::vec((any::<Index>(), any::<u8>()), 1..2000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn module_is_total_over_damaged_eh_frame(changes in changes()) {
        damage(&changes, place_of(".eh_frame"));
    }

    #[test]
    fn module_is_total_over_damaged_eh_frame_hdr(changes in changes()) {
        damage(&changes, place_of(".eh_frame_hdr"));
    }

    #[test]
    fn module_is_total_over_damaged_lsdas(changes in changes()) {
        damage(&changes, place_of(".gcc_except_table"));
    }
}

#[test]
fn every_function_can_be_stepped_when_tables_are_undamaged() {
    let module = Executable::own().module();
    for function in module.functions().map(Result::unwrap) {
        for instruction in [function.start, function.start + function.bytes - 1] {
            assert_eq!(walk(&module, instruction, 1), Ok(()), "{instruction:#x}");
        }
    }
}
