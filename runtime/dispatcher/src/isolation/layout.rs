//! Where the worker program and the zones lie in the workers of a node: elsewhere at each start, so that an address
//! that was learnt from one node is of no use in another.
//!
//! ```text
//!  0x0100_0000_0000 ─ 0x2a00_0000_0000   zones, at a multiple of 2 MiB: one of 2^24 places
//!  0x5000_0000_0000 ─ 0x6000_0000_0000   the worker program, at a page: one of 2^31 places and more
//!  above                                 what the kernel places, elsewhere in each worker
//! ```
//!
//! All workers of a node agree, because they share one copy of each image's read-only bytes, in which addresses
//! stand. Source: getrandom(2), "randomize_va_space" in the kernel's Documentation/admin-guide/sysctl/kernel.rst.

use std::io;

use mote_abi::windows::Base;
use rustix::rand::{GetRandomFlags, getrandom};

/// Where the program may begin: in any of these blocks, and wholly within it, since the filter of system calls
/// compares the halves of an address one after the other.
const PROGRAMS: u64 = 0x5000_0000_0000;
const BLOCK_BYTES: u64 = 1 << 32;
const BLOCKS: u64 = 4096;

/// The longest program, in bytes.
const PROGRAM_BYTES_MAX: u64 = 256 << 20;

const PAGE_BYTES: u64 = 4096;

/// Addresses in each worker of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Where the worker program begins.
    pub program: u64,
    /// Where zone 0 begins.
    pub zones: Base,
}

impl Layout {
    /// One that nobody can guess.
    ///
    /// # Errors
    /// The kernel has no random numbers.
    pub(crate) fn random() -> io::Result<Self> {
        let mut seed = [0; 8];
        let mut known = 0;
        while known < seed.len() {
            known += getrandom(&mut seed[known..], GetRandomFlags::empty())?;
        }
        Ok(Self::of_seed(u64::from_le_bytes(seed)))
    }

    /// The one that `seed` names, always the same.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let block = mixed(seed, 1) % BLOCKS;
        let page = mixed(seed, 2) % ((BLOCK_BYTES - PROGRAM_BYTES_MAX) / PAGE_BYTES);
        let program = PROGRAMS + block * BLOCK_BYTES + page * PAGE_BYTES;
        Self { program, zones: Base::of_number(mixed(seed, 3)) }
    }
}

/// The `number`th of the numbers that follow `seed` (SplitMix64).
fn mixed(seed: u64, number: u64) -> u64 {
    let mut z = seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn layouts_of_two_starts_have_nothing_in_common() {
        let (one, other) = (Layout::random().unwrap(), Layout::random().unwrap());
        assert!(one.program != other.program && one.zones != other.zones, "{one:?}, {other:?}");
        assert_eq!(Layout::of_seed(7), Layout::of_seed(7));
    }

    #[test]
    fn programs_and_zones_are_spread_and_apart() {
        let layouts: Vec<_> = (0..10_000).map(Layout::of_seed).collect();
        let programs: HashSet<_> = layouts.iter().map(|it| it.program).collect();
        let zones: HashSet<_> = layouts.iter().map(|it| it.zones.address()).collect();
        assert!(programs.len() > 9_990 && zones.len() > 9_900, "{}", zones.len());
        for Layout { program, zones } in layouts {
            assert_eq!(program % PAGE_BYTES, 0);
            assert_eq!(program >> 32, (program + PROGRAM_BYTES_MAX - 1) >> 32, "one block");
            assert!(zones.zones().end <= PROGRAMS);
        }
    }
}
