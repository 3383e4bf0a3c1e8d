//! Numbers at random, the same in every run: which service is next must not be guessed by a
//! processor, and need not be by anybody else. Source: Marsaglia, "Xorshift RNGs", 2003.

/// A generator.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The one that every contender begins with.
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((u128::from(self.0) * end as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_the_end_occurs() {
        let mut random = Random::new();
        let mut seen = [0; 8];
        (0..8_000).for_each(|_| seen[random.below(8)] += 1);
        assert!(seen.iter().all(|&times| times > 500), "{seen:?}");
    }
}
