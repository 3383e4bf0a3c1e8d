//! A hash of tickets: they are numbers in a row that the node itself gave, so nobody chooses them to collide.

use std::hash::{BuildHasher, Hasher};

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TicketHash(u64);

impl BuildHasher for TicketHash {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl Hasher for TicketHash {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, number: u64) {
        // Fibonacci hashing: Knuth, The Art of Computer Programming, vol. 3, 6.4.
        self.0 = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&byte| self.write_u64(self.0 ^ u64::from(byte)));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::job::ids::Ticket;

    #[test]
    fn tickets_in_a_row_differ_in_both_ends_of_their_hashes() {
        let hash = |number| TicketHash::default().hash_one(Ticket(number));
        let low: BTreeSet<u64> = (0..128).map(|number| hash(number) & 127).collect();
        let high: BTreeSet<u64> = (0..128).map(|number| hash(number) >> 57).collect();
        assert!(low.len() == 128 && high.len() > 64, "{} and {}", low.len(), high.len());
    }
}
