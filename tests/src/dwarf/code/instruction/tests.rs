use std::vec::Vec;

use iced_x86::{Code, Decoder, DecoderOptions, FlowControl, OpKind};
use proptest::prelude::*;

use super::*;

/// What a complete decoder says of the instruction at the start of `code`.
fn known(code: &[u8]) -> Option<iced_x86::Instruction> {
    let instruction = Decoder::with_ip(64, code, 0, DecoderOptions::NONE).decode();
    (instruction.code() != Code::INVALID).then_some(instruction)
}

/// The same in our words; targets only where they are a distance.
fn flow_of(instruction: &iced_x86::Instruction) -> Flow {
    let distance = |target: u64| target.wrapping_sub(instruction.next_ip()) as i32;
    let indirect = || match instruction.op0_kind() {
        OpKind::Register => Target::Register(instruction.op0_register().number() as u8),
        _ if instruction.is_ip_rel_memory_operand() => {
            Target::Slot(distance(instruction.ip_rel_memory_address()))
        }
        _ => Target::Unknown,
    };
    if instruction.code() == Code::Mov_r64_rm64 && instruction.is_ip_rel_memory_operand() {
        let register = instruction.op0_register().number() as u8;
        return Flow::Load(register, distance(instruction.ip_rel_memory_address()));
    }
    let near = || Target::Near(distance(instruction.near_branch_target()));
    match instruction.flow_control() {
        FlowControl::ConditionalBranch => Flow::Branch(distance(instruction.near_branch_target())),
        FlowControl::UnconditionalBranch => Flow::Jump(near()),
        FlowControl::IndirectBranch => Flow::Jump(indirect()),
        FlowControl::Call if instruction.is_call_near() => Flow::Call(near()),
        FlowControl::IndirectCall => Flow::Call(indirect()),
        FlowControl::Return => Flow::Return,
        FlowControl::Exception => Flow::Trap,
        FlowControl::Interrupt if matches!(instruction.code(), Code::Int3 | Code::Int1) => {
            Flow::Trap
        }
        _ => Flow::Next,
    }
}

/// What the decoder need not know: what only kernels run; 3DNow, XOP and AMD's long `extrq`; some whose
/// flow is a matter of taste; branches with a 16-bit operand, which processors read differently.
fn is_compared(code: &[u8], instruction: &iced_x86::Instruction) -> bool {
    const ODD: [&str; 11] = [
        "XOP", "D3NOW", "Extrq", "Insertq", "Hlt", "Ud0", "Ud1", "Uiret", "Xbegin", "Loadall",
        "Jmpe",
    ];
    let name = std::format!("{:?}", instruction.code());
    let has_16_bits = code.contains(&0x66) || code.contains(&0x67);
    let is_branch = flow_of(instruction) != Flow::Next;
    let is_odd = ODD.iter().any(|odd| name.contains(odd)) || instruction.is_privileged();
    !(is_odd || is_branch && has_16_bits)
}

fn check(code: &[u8]) -> Result<(), TestCaseError> {
    let Some(instruction) = known(code).filter(|known| is_compared(code, known)) else {
        return Ok(());
    };
    let Some(found) = decode(code) else {
        return Err(TestCaseError::fail(std::format!("{code:x?} is {:?}", instruction.code())));
    };
    prop_assert_eq!(found.bytes, instruction.len(), "{:x?} {:?}", code, instruction.code());
    prop_assert_eq!(found.flow, flow_of(&instruction), "{:x?} {:?}", code, instruction.code());
    Ok(())
}

#[test]
fn every_opcode_has_its_length() {
    let heads: [&[u8]; 10] = [
        &[],
        &[0x48],
        &[0x66],
        &[0x0f],
        &[0x66, 0x0f],
        &[0xf3, 0x0f],
        &[0x66, 0x0f, 0x38],
        &[0x66, 0x0f, 0x3a],
        &[0xc5, 0xf9],
        &[0x62, 0xf1, 0x7d, 0x48],
    ];
    for head in heads {
        for opcode in 0..=255_u8 {
            for modrm in 0..=255_u8 {
                let mut code = Vec::from(head);
                code.extend([opcode, modrm, 0x25, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
                code.truncate(MAX_BYTES);
                check(&code).unwrap();
            }
        }
    }
}

#[test]
fn cut_instruction_is_none() {
    let call = [0xff, 0x15, 1, 0, 0, 0];
    let slot = Flow::Call(Target::Slot(1));
    assert_eq!(decode(&call), Some(Instruction { bytes: 6, flow: slot }));
    for bytes in 0..call.len() {
        assert_eq!(decode(&call[..bytes]), None);
    }
    assert_eq!(decode(&[0x66; 20]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn any_bytes_have_the_length_that_a_complete_decoder_finds(code in any::<[u8; 16]>()) {
        check(&code)?;
    }

    #[test]
    fn decoding_is_total(code in proptest::collection::vec(any::<u8>(), 0..20)) {
        if let Some(instruction) = decode(&code) {
            prop_assert!(instruction.bytes > 0 && instruction.bytes <= code.len());
        }
    }
}
