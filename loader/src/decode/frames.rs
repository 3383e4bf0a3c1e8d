//! How much of the stack one function may leave untouched between its return address and what it calls: what
//! is scrubbed of a stack ends where nothing was written for longer.
//!
//! ```text
//!  │ return address     │ ← written by the call
//!  │ saved registers    │ ┐
//!  │ locals             │ │ the frame: nobody says that any of it is written
//!  │ (alignment)        │ ┘
//!  │ return address     │ ← the next call; below a leaf there may be a red zone (psABI 3.2.2)
//! ```
//! An upper bound: all that the instructions of a function subtract from the stack pointer, whether or not they run
//! one after the other. Long frames are entered page by page, down to an address that is in a register.
#![forbid(unsafe_code)]

use iced_x86::{Instruction, Mnemonic, OpKind, Register};

/// Nothing is known of a frame.
pub(super) const UNKNOWN_BYTES: u32 = u32::MAX;

/// The register that holds where a frame ends that is entered page by page.
const PROBE: Register = Register::R11;

/// Reads the frames off the instructions of functions.
#[derive(Debug, Default)]
pub(super) struct FrameReader {
    /// What the function under way subtracts from the stack pointer, in bytes.
    lowered: u32,
    /// What it subtracts from [`PROBE`].
    probed: u32,
    /// Whether it compares the two.
    is_probing: bool,
    longest: u32,
}

impl FrameReader {
    /// Another function begins. The longest frame so far, in bytes.
    pub(super) fn next_function(&mut self) -> u32 {
        let probed = if self.is_probing { self.probed } else { 0 };
        let longest = self.longest.max(self.lowered.saturating_add(probed));
        *self = Self { longest, ..Self::default() };
        longest
    }

    /// Takes note of what `instruction` does to the stack pointer.
    pub(super) fn read(&mut self, instruction: &Instruction) {
        match instruction.op0_register() {
            Register::RSP => {
                self.is_probing |= is_comparison(instruction, PROBE);
                self.lowered = self.lowered.saturating_add(lowered(instruction));
            }
            PROBE => self.probed = self.probed.saturating_add(subtracted(instruction).unwrap_or(0)),
            Register::ESP | Register::SP | Register::SPL => self.lowered = UNKNOWN_BYTES,
            _ if exchanges_stack_pointer(instruction) => self.lowered = UNKNOWN_BYTES,
            _ => self.lowered = self.lowered.saturating_add(pushed(instruction)),
        }
    }
}

/// By how much an instruction whose first operand is the stack pointer may lower it.
fn lowered(instruction: &Instruction) -> u32 {
    match instruction.mnemonic() {
        Mnemonic::Cmp | Mnemonic::Test => 0,
        Mnemonic::Push => pushed(instruction),
        // A frame pointer lies above what it points past.
        Mnemonic::Mov if instruction.op1_register() == Register::RBP => 0,
        _ => subtracted(instruction).unwrap_or(UNKNOWN_BYTES),
    }
}

/// By how much an instruction lowers its first operand, a register, where that is seen in the instruction.
fn subtracted(instruction: &Instruction) -> Option<u32> {
    let has_immediate = instruction.op1_kind() != OpKind::Register
        && instruction.op1_kind() != OpKind::Memory
        && instruction.op_count() == 2;
    let by = match instruction.mnemonic() {
        Mnemonic::Sub if has_immediate => instruction.immediate(1).cast_signed(),
        Mnemonic::Add if has_immediate => instruction.immediate(1).cast_signed().checked_neg()?,
        // Rounding down to a multiple of N, by the mask −N, takes at most N − 1.
        Mnemonic::And if has_immediate => !instruction.immediate(1).cast_signed(),
        Mnemonic::Lea if is_beside_frame(instruction) => {
            instruction.memory_displacement64().cast_signed().checked_neg()?
        }
        _ => return None,
    };
    u32::try_from(by.max(0)).ok()
}

/// Whether an address is a constant distance from the stack pointer or the frame pointer.
fn is_beside_frame(instruction: &Instruction) -> bool {
    matches!(instruction.memory_base(), Register::RSP | Register::RBP)
        && instruction.memory_index() == Register::None
}

fn is_comparison(instruction: &Instruction, with: Register) -> bool {
    instruction.mnemonic() == Mnemonic::Cmp && instruction.op1_register() == with
}

fn exchanges_stack_pointer(instruction: &Instruction) -> bool {
    let is_exchange = matches!(instruction.mnemonic(), Mnemonic::Xchg | Mnemonic::Xadd);
    is_exchange && instruction.op1_register() == Register::RSP
        || instruction.mnemonic() == Mnemonic::Enter
}

/// What is pushed. A call's return address is written and no gap.
fn pushed(instruction: &Instruction) -> u32 {
    match instruction.mnemonic() {
        Mnemonic::Push | Mnemonic::Pushf | Mnemonic::Pushfq => {
            instruction.stack_pointer_increment().unsigned_abs()
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use iced_x86::{Decoder, DecoderOptions};

    use super::*;

    /// The longest frame of functions of this code.
    fn frame(functions: &[&[u8]]) -> u32 {
        let mut reader = FrameReader::default();
        for function in functions {
            let decoder = Decoder::new(64, function, DecoderOptions::NONE);
            let instructions: Vec<_> = decoder.into_iter().collect();
            instructions.iter().for_each(|instruction| reader.read(instruction));
            reader.next_function();
        }
        reader.next_function()
    }

    const PUSH_RBP: &[u8] = &[0x55];
    const SUB_RSP_24: &[u8] = &[0x48, 0x83, 0xec, 24];
    const ADD_RSP_24: &[u8] = &[0x48, 0x83, 0xc4, 24];
    const ADD_RSP_MINUS_128: &[u8] = &[0x48, 0x83, 0xc4, 0x80];
    const SUB_RSP_4096: &[u8] = &[0x48, 0x81, 0xec, 0, 0x10, 0, 0];
    const AND_RSP_MINUS_64: &[u8] = &[0x48, 0x83, 0xe4, 0xc0];
    const LEA_RSP_RBP_MINUS_40: &[u8] = &[0x48, 0x8d, 0x65, 0xd8];
    const MOV_RSP_RBP: &[u8] = &[0x48, 0x89, 0xec];
    const LEA_R11_RSP_MINUS_65536: &[u8] = &[0x4c, 0x8d, 0x9c, 0x24, 0, 0, 0xff, 0xff];
    const SUB_R11_65536: &[u8] = &[0x49, 0x81, 0xeb, 0, 0, 1, 0];
    const CMP_RSP_R11: &[u8] = &[0x4c, 0x39, 0xdc];

    #[test]
    fn frame_is_what_a_function_subtracts() {
        assert_eq!(frame(&[&[0xc3]]), 0);
        assert_eq!(frame(&[&[PUSH_RBP, SUB_RSP_24, ADD_RSP_24, &[0x5d, 0xc3]].concat()]), 32);
        assert_eq!(frame(&[ADD_RSP_MINUS_128]), 128);
        assert_eq!(frame(&[&[SUB_RSP_24, AND_RSP_MINUS_64].concat()]), 24 + 63);
        assert_eq!(frame(&[&[LEA_RSP_RBP_MINUS_40, MOV_RSP_RBP].concat()]), 40);
        assert_eq!(frame(&[PUSH_RBP, SUB_RSP_24, PUSH_RBP]), 24, "the longest of three");
    }

    #[test]
    fn frame_that_is_entered_page_by_page_is_as_long_as_its_register_says() {
        for begin in [LEA_R11_RSP_MINUS_65536, SUB_R11_65536] {
            let probing = [begin, SUB_RSP_4096, CMP_RSP_R11].concat();
            assert_eq!(frame(&[&probing]), 65_536 + 4096);
        }
        assert_eq!(frame(&[&[SUB_R11_65536, SUB_RSP_24].concat()]), 24, "an ordinary register");
    }

    #[test]
    fn frame_is_unknown_where_the_stack_pointer_comes_from_elsewhere() {
        let elsewhere: &[&[u8]] = &[
            &[0x48, 0x29, 0xc4],       // sub rsp, rax
            &[0x48, 0x89, 0xc4],       // mov rsp, rax
            &[0x48, 0x94],             // xchg rsp, rax
            &[0x48, 0x87, 0x20],       // xchg [rax], rsp
            &[0x5c],                   // pop rsp
            &[0x48, 0x8b, 0x24, 0x24], // mov rsp, [rsp]
            &[0x48, 0x8d, 0x24, 0x04], // lea rsp, [rsp + rax]
            &[0x83, 0xec, 8],          // sub esp, 8
            &[0xc8, 8, 0, 0],          // enter 8, 0
        ];
        for code in elsewhere {
            assert_eq!(frame(&[code]), UNKNOWN_BYTES, "{code:02x?}");
        }
    }
}
