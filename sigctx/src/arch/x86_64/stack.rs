//! What the psABI says of stacks. Source: System V AMD64 psABI 3.2.2.

/// Bytes below the stack pointer that a leaf function may use without moving it.
pub const RED_ZONE_BYTES: u64 = 128;

/// Alignment of the stack pointer before a call.
pub const STACK_ALIGN_BYTES: u64 = 16;

/// What a call pushes: its return address.
pub const CALL_BYTES: u64 = 8;
