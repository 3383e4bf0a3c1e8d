//! Numbers at random, the same in every run with the same seed. Source: Marsaglia, "Xorshift RNGs", 2003;
//! seeds are mixed as in Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014.

/// A generator.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The one that every contender begins with: which service is next must not be guessed by a processor,
    /// and need not be by anybody else.
    pub(crate) fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    /// The one of this seed.
    pub(crate) fn seeded(seed: u64) -> Self {
        let mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // Of the state 0 nothing but zeros comes.
        Self((mixed ^ (mixed >> 31)).max(1))
    }

    /// The next number.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        ((u128::from(self.next()) * end as u128) >> 64) as usize
    }

    /// One of `all`, which is not empty.
    pub(crate) fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_below_the_end_occurs() {
        for mut random in [Random::new(), Random::seeded(0), Random::seeded(1)] {
            let mut seen = [0; 8];
            (0..8_000).for_each(|_| seen[random.below(8)] += 1);
            assert!(seen.iter().all(|&times| times > 500), "{seen:?}");
        }
    }

    #[test]
    fn seed_decides_what_comes() {
        assert_eq!(Random::seeded(7).next(), Random::seeded(7).next());
        assert_ne!(Random::seeded(7).next(), Random::seeded(8).next());
    }
}
