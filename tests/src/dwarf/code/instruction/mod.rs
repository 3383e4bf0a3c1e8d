//! The length of an x86-64 instruction, and where execution goes on after it.
//!
//! No operand is decoded beyond what its length needs. What is not an instruction of 64-bit mode may
//! get a length all the same; what has one gets the right one, which the tests compare with a complete
//! decoder.
//!
//! Spec: Intel SDM volume 2, 2.1 to 2.7 (format, VEX, EVEX) and appendix A (opcode maps).

/// The longest instruction: SDM volume 2, 2.3.11.
pub(super) const MAX_BYTES: usize = 15;

/// ModRM, without its middle field, of a word at a distance from rip.
const AT_RIP: u8 = 5;

/// An instruction as far as control flow is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Instruction {
    pub(super) bytes: usize,
    pub(super) flow: Flow,
}

/// Where execution goes on. Distances are from the end of the instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// At the next instruction.
    Next,
    /// At the next instruction, after this register was loaded from the word at this distance.
    Load(u8, i32),
    /// At the next instruction or at this distance.
    Branch(i32),
    /// At a target.
    Jump(Target),
    /// At a target, and then maybe at the next instruction.
    Call(Target),
    /// At the caller.
    Return,
    /// Nowhere: `ud2`, `int3`, `hlt`.
    Trap,
}

/// Of a jump or a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// At this distance.
    Near(i32),
    /// At the address in the word at this distance.
    Slot(i32),
    /// In this register.
    Register(u8),
    /// In memory.
    Unknown,
}

/// What follows an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operands {
    has_modrm: bool,
    immediate_bytes: usize,
}

/// The prefixes that change lengths.
#[derive(Clone, Copy, Debug, Default)]
struct Prefixes {
    is_operand_16: bool,
    is_address_32: bool,
    is_wide: bool,
    /// REX.R and REX.B: the registers meant are the upper eight.
    extends_register: bool,
    extends_base: bool,
}

impl Prefixes {
    /// Bytes of an immediate that is at most four long.
    fn immediate(self) -> usize {
        if self.is_operand_16 && !self.is_wide { 2 } else { 4 }
    }
}

/// Reads the instruction at the start of `code`; `None` if there is none, or it is cut off.
pub(super) fn decode(code: &[u8]) -> Option<Instruction> {
    let code = code.get(..MAX_BYTES).unwrap_or(code);
    let (prefixes, at) = prefixes(code)?;
    let (&opcode, rest) = code.get(at..)?.split_first()?;
    let at = at + 1;
    match opcode {
        0x0f => two_byte(code, at, rest),
        0xc5 => extended(code, at + 1, 1),
        0xc4 => extended(code, at + 2, rest.first()? & 0x1f),
        0x62 => extended(code, at + 3, rest.first()? & 0x07),
        _ => one_byte(code, at, opcode, prefixes),
    }
}

/// Legacy prefixes and REX, which counts only where it is last.
fn prefixes(code: &[u8]) -> Option<(Prefixes, usize)> {
    let mut found = Prefixes::default();
    for (at, &byte) in code.iter().enumerate() {
        let is_rex = byte & 0xf0 == 0x40;
        match byte {
            0x66 => found.is_operand_16 = true,
            0x67 => found.is_address_32 = true,
            0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 | 0xf0 | 0xf2 | 0xf3 => {}
            _ if is_rex => {}
            _ => return Some((found, at)),
        }
        found.is_wide = is_rex && byte & 8 != 0;
        found.extends_register = is_rex && byte & 4 != 0;
        found.extends_base = is_rex && byte & 1 != 0;
    }
    None
}

fn one_byte(code: &[u8], at: usize, opcode: u8, prefixes: Prefixes) -> Option<Instruction> {
    let modrm = code.get(at).copied().unwrap_or_default();
    let end = end_of(code, at, one_byte_operands(opcode, modrm, prefixes)?)?;
    let flow = match opcode {
        0x70..=0x7f | 0xe0..=0xe3 => Flow::Branch(last_i8(code, end)?),
        0xeb => Flow::Jump(Target::Near(last_i8(code, end)?)),
        0xe9 => Flow::Jump(Target::Near(last_i32(code, end)?)),
        0xe8 => Flow::Call(Target::Near(last_i32(code, end)?)),
        0xc2 | 0xc3 | 0xca | 0xcb | 0xcf => Flow::Return,
        0xcc | 0xf1 | 0xf4 => Flow::Trap,
        0xff if matches!(modrm >> 3 & 7, 2 | 3) => {
            Flow::Call(indirect(code, modrm, end, prefixes)?)
        }
        0xff if matches!(modrm >> 3 & 7, 4 | 5) => {
            Flow::Jump(indirect(code, modrm, end, prefixes)?)
        }
        0x8b if prefixes.is_wide && modrm & 0xc7 == AT_RIP => {
            let register = (modrm >> 3 & 7) + 8 * u8::from(prefixes.extends_register);
            Flow::Load(register, last_i32(code, end)?)
        }
        _ => Flow::Next,
    };
    Some(Instruction { bytes: end, flow })
}

fn one_byte_operands(opcode: u8, modrm: u8, prefixes: Prefixes) -> Option<Operands> {
    let immediate = prefixes.immediate();
    let is_test = modrm >> 3 & 7 < 2;
    let (has_modrm, immediate_bytes) = match opcode {
        0x00..=0x3f => match opcode & 7 {
            0..=3 => (true, 0),
            4 => (false, 1),
            5 => (false, immediate),
            _ => return None,
        },
        0x68 | 0xa9 => (false, immediate),
        0x69 | 0x81 | 0xc7 => (true, immediate),
        0x6a | 0x70..=0x7f | 0xa8 | 0xb0..=0xb7 | 0xcd | 0xe0..=0xe7 | 0xeb => (false, 1),
        0x6b | 0x80 | 0x83 | 0xc0 | 0xc1 | 0xc6 => (true, 1),
        0x63 | 0x84..=0x8f | 0xd0..=0xd3 | 0xd8..=0xdf | 0xfe | 0xff => (true, 0),
        0xa0..=0xa3 => (false, if prefixes.is_address_32 { 4 } else { 8 }),
        0xb8..=0xbf => (false, if prefixes.is_wide { 8 } else { immediate }),
        0xc2 | 0xca => (false, 2),
        0xc8 => (false, 3),
        0xe8 | 0xe9 => (false, 4),
        0xf6 => (true, usize::from(is_test)),
        0xf7 => (true, if is_test { immediate } else { 0 }),
        0x60..=0x62 | 0x82 | 0x9a | 0xce | 0xd4..=0xd6 | 0xea => return None,
        _ => (false, 0),
    };
    Some(Operands { has_modrm, immediate_bytes })
}

/// `at` is behind 0x0f.
fn two_byte(code: &[u8], at: usize, rest: &[u8]) -> Option<Instruction> {
    let opcode = *rest.first()?;
    let (at, operands) = match opcode {
        0x38 => (at + 2, Operands { has_modrm: true, immediate_bytes: 0 }),
        0x3a => (at + 2, Operands { has_modrm: true, immediate_bytes: 1 }),
        _ => (at + 1, two_byte_operands(opcode)),
    };
    let end = end_of(code, at, operands)?;
    let flow = match opcode {
        0x80..=0x8f => Flow::Branch(last_i32(code, end)?),
        0x0b => Flow::Trap,
        0x07 | 0x35 => Flow::Return,
        _ => Flow::Next,
    };
    Some(Instruction { bytes: end, flow })
}

fn two_byte_operands(opcode: u8) -> Operands {
    let has_modrm = !matches!(
        opcode,
        0x05..=0x09 | 0x0b | 0x0e | 0x30..=0x37 | 0x77 | 0x80..=0x8f | 0xa0..=0xa2 | 0xa8..=0xaa
            | 0xc8..=0xcf
    );
    let immediate_bytes = match opcode {
        0x0f | 0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6 => 1,
        0x80..=0x8f => 4,
        _ => 0,
    };
    Operands { has_modrm, immediate_bytes }
}

/// VEX and EVEX: the opcode is at `at`, and `map` says in which table it stands.
fn extended(code: &[u8], at: usize, map: u8) -> Option<Instruction> {
    let opcode = *code.get(at)?;
    let operands = match map {
        1 => two_byte_operands(opcode),
        3 => Operands { has_modrm: true, immediate_bytes: 1 },
        2 | 5 | 6 => Operands { has_modrm: true, immediate_bytes: 0 },
        _ => return None,
    };
    Some(Instruction { bytes: end_of(code, at + 1, operands)?, flow: Flow::Next })
}

/// Where an instruction ends whose operands begin at `at`.
fn end_of(code: &[u8], at: usize, operands: Operands) -> Option<usize> {
    let memory = if operands.has_modrm { modrm_bytes(code.get(at..)?)? } else { 0 };
    let end = at + memory + operands.immediate_bytes;
    (end <= code.len()).then_some(end)
}

/// ModRM, SIB and displacement: SDM volume 2, tables 2-2 and 2-3. `operands` begin with the ModRM.
fn modrm_bytes(operands: &[u8]) -> Option<usize> {
    let modrm = *operands.first()?;
    let (mode, register) = (modrm >> 6, modrm & 7);
    if mode == 3 {
        return Some(1);
    }
    let has_sib = register == 4;
    let base = if has_sib { operands.get(1)? & 7 } else { register };
    let displacement = match mode {
        1 => 1,
        2 => 4,
        _ if base == 5 => 4,
        _ => 0,
    };
    Some(1 + usize::from(has_sib) + displacement)
}

/// The target of an instruction that ends with its displacement.
fn indirect(code: &[u8], modrm: u8, end: usize, prefixes: Prefixes) -> Option<Target> {
    Some(match modrm {
        _ if modrm & 0xc7 == AT_RIP => Target::Slot(last_i32(code, end)?),
        0xc0.. => Target::Register((modrm & 7) + 8 * u8::from(prefixes.extends_base)),
        _ => Target::Unknown,
    })
}

fn last_i32(code: &[u8], end: usize) -> Option<i32> {
    let bytes = code.get(end.checked_sub(4)?..end)?;
    Some(i32::from_le_bytes(bytes.try_into().ok()?))
}

fn last_i8(code: &[u8], end: usize) -> Option<i32> {
    Some(i32::from(code.get(end.checked_sub(1)?)?.cast_signed()))
}

#[cfg(test)]
mod tests;
