//! Looking at blocks of a stack and zeroing them, in a few instructions each, optimised or not: every invocation does
//! it, and whoever steps through a worker passes through it.

use core::arch::asm;

use mote_abi::stack::STACK_BLOCK_BYTES;

/// A block.
pub type Block = [u8; STACK_BLOCK_BYTES];

const _: () = assert!(STACK_BLOCK_BYTES == 256, "which the offsets below add up to");

/// Whether all of `block` is zeros.
///
/// # Safety
/// There are ymm registers.
#[target_feature(enable = "avx")]
#[inline]
#[must_use]
pub fn is_zero_wide(block: &Block) -> bool {
    let differs: u8;
    // SAFETY: reads the block, and changes two registers and the flags.
    unsafe {
        asm!(
            "vmovups {all}, [{block}]",
            "vorps {all}, {all}, [{block} + 32]",
            "vorps {all}, {all}, [{block} + 64]",
            "vorps {all}, {all}, [{block} + 96]",
            "vorps {all}, {all}, [{block} + 128]",
            "vorps {all}, {all}, [{block} + 160]",
            "vorps {all}, {all}, [{block} + 192]",
            "vorps {all}, {all}, [{block} + 224]",
            "vptest {all}, {all}",
            "setne {differs}",
            block = in(reg) block,
            all = out(ymm_reg) _,
            differs = out(reg_byte) differs,
            options(nostack, readonly),
        );
    }
    differs == 0
}

/// Makes all of `block` zeros.
///
/// # Safety
/// There are ymm registers.
#[target_feature(enable = "avx")]
#[inline]
pub fn zero_wide(block: &mut Block) {
    // SAFETY: writes the block, and changes a register.
    unsafe {
        asm!(
            "vxorps {zeros:x}, {zeros:x}, {zeros:x}",
            "vmovups [{block}], {zeros}",
            "vmovups [{block} + 32], {zeros}",
            "vmovups [{block} + 64], {zeros}",
            "vmovups [{block} + 96], {zeros}",
            "vmovups [{block} + 128], {zeros}",
            "vmovups [{block} + 160], {zeros}",
            "vmovups [{block} + 192], {zeros}",
            "vmovups [{block} + 224], {zeros}",
            block = in(reg) block,
            zeros = out(ymm_reg) _,
            options(nostack, preserves_flags),
        );
    }
}

/// As [`is_zero_wide`], on any processor.
#[inline]
#[must_use]
pub fn is_zero(block: &Block) -> bool {
    let mut all: u64;
    // SAFETY: reads the block, and changes registers and the flags.
    unsafe {
        asm!(
            "xor {all:e}, {all:e}",
            "lea {end}, [{block} + 256]",
            "2: or {all}, [{block}]",
            "or {all}, [{block} + 8]",
            "or {all}, [{block} + 16]",
            "or {all}, [{block} + 24]",
            "add {block}, 32",
            "cmp {block}, {end}",
            "jne 2b",
            block = inout(reg) block => _,
            end = out(reg) _,
            all = out(reg) all,
            options(nostack, readonly),
        );
    }
    all == 0
}

/// As [`zero_wide`], on any processor.
#[inline]
pub fn zero(block: &mut Block) {
    // SAFETY: writes the block, and changes registers and the flags.
    unsafe {
        asm!(
            "lea {end}, [{block} + 256]",
            "xorps {zeros}, {zeros}",
            "2: movups [{block}], {zeros}",
            "movups [{block} + 16], {zeros}",
            "add {block}, 32",
            "cmp {block}, {end}",
            "jne 2b",
            block = inout(reg) block => _,
            end = out(reg) _,
            zeros = out(xmm_reg) _,
            options(nostack),
        );
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn every_byte_of_a_block_is_looked_at_and_zeroed() {
        let has_wide = std::is_x86_feature_detected!("avx");
        for at in 0..STACK_BLOCK_BYTES {
            let mut block = [0; STACK_BLOCK_BYTES];
            assert!(is_zero(&block));
            block[at] = 0x80;
            assert!(!is_zero(&block), "{at}");
            zero(&mut block);
            assert_eq!(block, [0; STACK_BLOCK_BYTES]);
            if has_wide {
                block[at] = 1;
                // SAFETY: there are such registers.
                assert!(!unsafe { is_zero_wide(&block) }, "{at}");
                // SAFETY: the same.
                unsafe { zero_wide(&mut block) };
                // SAFETY: the same.
                assert!(unsafe { is_zero_wide(&block) } && is_zero(&block));
            }
        }
    }
}
