//! Judges the instructions.
#![forbid(unsafe_code)]

use crate::cfi::Cfi;
use crate::decode::{Cause, Code, Fault, Refused};
use crate::error::{CheckError, CodePlace};
use crate::image::Image;

/// Decodes the text of `image` and checks every instruction.
pub(super) fn check(image: &Image<'_>, cfi: &Cfi<'_>) -> Result<Code, CheckError> {
    Code::decode(image.text().bytes, &cfi.ranges()).map_err(|fault| refusal(image, fault))
}

fn refusal(image: &Image<'_>, fault: Fault) -> CheckError {
    let place = CodePlace::of(image, fault.offset);
    match fault.cause {
        Cause::NoInstruction => CheckError::NoInstruction { place },
        Cause::Straddles => CheckError::InstructionStraddles { place },
        Cause::ShortBranch => CheckError::BranchPrefix { place },
        Cause::Target(target) => CheckError::BranchTarget { place, target },
        Cause::Refused(Refused(instruction)) => CheckError::Instruction { instruction, place },
    }
}
