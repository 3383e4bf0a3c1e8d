//! Where control goes after an instruction.
#![forbid(unsafe_code)]

use iced_x86::{Code, FlowControl, Instruction, Register};

/// An instruction that does more than go on to the next. Offsets are from the start of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flow {
    /// Where it begins.
    pub(crate) at: u32,
    /// Where the next instruction begins.
    pub(crate) next: u32,
    /// Where control goes.
    pub(crate) kind: FlowKind,
}

/// Where control goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FlowKind {
    /// To the next instruction or to this offset.
    Branch(i64),
    /// To a target.
    Jump(Target),
    /// To a target, and then maybe to the next instruction.
    Call(Target),
    /// To the caller.
    Return,
    /// Nowhere.
    Trap,
}

/// The target of a jump or a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// This offset in text.
    Text(i64),
    /// What the word at this address, as linked, holds.
    Slot(u64),
    /// Not to be seen in the code.
    Unknown,
}

/// Reads flows off a sequence of instructions.
#[derive(Debug, Default)]
pub(super) struct FlowReader {
    /// A register, and the address of the word that was loaded into it last. Code that is not optimised
    /// calls by way of a register. That something else may have been put there since is not looked at.
    loaded: Option<(Register, u64)>,
}

impl FlowReader {
    /// Another sequence begins.
    pub(super) fn forget(&mut self) {
        self.loaded = None;
    }

    /// Where control goes after `instruction`, if not to the next one alone.
    pub(super) fn read(&mut self, instruction: &Instruction) -> Option<FlowKind> {
        let kind = match instruction.flow_control() {
            FlowControl::Next => {
                if instruction.code() == Code::Mov_r64_rm64
                    && instruction.is_ip_rel_memory_operand()
                {
                    let slot = instruction.ip_rel_memory_address();
                    self.loaded = Some((instruction.op0_register(), slot));
                }
                return trap(instruction.code());
            }
            FlowControl::ConditionalBranch => FlowKind::Branch(near(instruction)),
            FlowControl::UnconditionalBranch => FlowKind::Jump(Target::Text(near(instruction))),
            FlowControl::Call => FlowKind::Call(Target::Text(near(instruction))),
            FlowControl::IndirectBranch => FlowKind::Jump(self.indirect(instruction)),
            FlowControl::IndirectCall => FlowKind::Call(self.indirect(instruction)),
            FlowControl::Return => FlowKind::Return,
            FlowControl::Interrupt | FlowControl::Exception | FlowControl::XbeginXabortXend => {
                return trap(instruction.code());
            }
        };
        Some(kind)
    }

    fn indirect(&self, instruction: &Instruction) -> Target {
        if instruction.is_ip_rel_memory_operand() {
            return Target::Slot(instruction.ip_rel_memory_address());
        }
        let register = instruction.op0_register();
        match self.loaded {
            Some((loaded, slot)) if loaded == register => Target::Slot(slot),
            _ => Target::Unknown,
        }
    }
}

fn near(instruction: &Instruction) -> i64 {
    instruction.near_branch_target().cast_signed()
}

fn trap(code: Code) -> Option<FlowKind> {
    let is_trap = matches!(
        code,
        Code::Ud2
            | Code::Int3
            | Code::Int1
            | Code::Hlt
            | Code::Ud0_r16_rm16
            | Code::Ud0_r32_rm32
            | Code::Ud0_r64_rm64
            | Code::Ud1_r16_rm16
            | Code::Ud1_r32_rm32
            | Code::Ud1_r64_rm64
    );
    is_trap.then_some(FlowKind::Trap)
}

/// Whether the branch in `bytes` has the prefix 66. Intel's processors ignore it, AMD's cut the target
/// to 16 bits (APM volume 3, 1.2.7).
pub(super) fn is_16_bit_branch(kind: FlowKind, bytes: &[u8]) -> bool {
    const OPERAND_SIZE: u8 = 0x66;
    let is_prefix = |byte: &u8| {
        matches!(byte, 0x66 | 0x67 | 0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0xf0 | 0xf2 | 0xf3)
            || byte & 0xf0 == 0x40
    };
    kind != FlowKind::Trap
        && bytes.iter().take_while(|byte| is_prefix(byte)).any(|&byte| byte == OPERAND_SIZE)
}
