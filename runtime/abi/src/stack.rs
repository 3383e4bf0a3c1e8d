//! What a service leaves untouched of its stack: by it, a worker knows where the used part of a stack ends.
//!
//! ```text
//!  top │ block │ block │ block │ block │ block │ …
//!        used    used    zeros   used    zeros   zeros …
//!                        └ gap ┘         └ as many as no gap has: nothing below was ever used
//! ```
//! A stack holds zeros when a service is entered. Each call writes a return address, which is not zero, right above
//! its frame; so no run of zeros between two words that are not is longer than the longest frame, and what
//! may follow it without a call.

/// Bytes of a block of a stack.
pub const STACK_BLOCK_BYTES: usize = 256;

/// What may be written below a frame without a call: in the red zone of 128 bytes (psABI 3.2.2), or right below
/// that and an alignment by the frame of a raise.
const BELOW_FRAME_BYTES: u32 = 128 + 64;

/// How many blocks of zeros, one after the other, no code leaves that has frames of up to `frame_bytes` bytes.
#[must_use]
pub const fn gap_blocks(frame_bytes: u32) -> u16 {
    let gap_bytes = frame_bytes.saturating_add(BELOW_FRAME_BYTES);
    let blocks = gap_bytes / STACK_BLOCK_BYTES as u32 + 1;
    if blocks > u16::MAX as u32 { u16::MAX } else { blocks as u16 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gap_has_more_blocks_than_a_frame_covers() {
        assert_eq!(gap_blocks(0), 1);
        assert_eq!(gap_blocks(63), 1, "255 bytes cover no block");
        assert_eq!(gap_blocks(64), 2);
        assert_eq!(gap_blocks(65_536), 257);
        assert_eq!(gap_blocks(u32::MAX), u16::MAX);
    }
}
