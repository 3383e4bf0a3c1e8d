//! The handle table of one invocation: which tokens are live, released, or released twice.
//!
//! A token stands for any resource that the host holds for a service. The table makes destructors
//! observable: after an invocation, what was created is what was released plus what the worker
//! reclaims, and anything released twice shows.

/// Tokens that one invocation may create.
pub const TOKEN_LIMIT: u32 = 4096;

const WORDS: usize = TOKEN_LIMIT as usize / 64;

/// The handle table. Tokens are numbered from 1 in the order of their creation.
#[derive(Clone, Debug)]
pub struct Tokens {
    live: [u64; WORDS],
    created: u32,
    released: u32,
    double_released: u32,
    has_refused: bool,
}

/// What became of an invocation's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Created by the service.
    pub created: u32,
    /// Released by the service, each counted once.
    pub released: u32,
    /// Taken back by the worker.
    pub reclaimed: u32,
    /// Releases of a token that was not live.
    pub double_released: u32,
}

impl Tokens {
    /// An empty table.
    #[must_use]
    pub const fn new() -> Self {
        Self { live: [0; WORDS], created: 0, released: 0, double_released: 0, has_refused: false }
    }

    /// Opens a token; 0 when the invocation has created [`TOKEN_LIMIT`] already.
    pub fn create(&mut self) -> u32 {
        if self.created == TOKEN_LIMIT {
            return 0;
        }
        let index = self.created;
        self.created += 1;
        self.live[index as usize / 64] |= 1 << (index % 64);
        self.created
    }

    /// A token was refused. Whether it is the first of this invocation.
    pub fn note_refusal(&mut self) -> bool {
        !core::mem::replace(&mut self.has_refused, true)
    }

    /// Releases `token`; one that is not live is counted as released twice.
    pub fn release(&mut self, token: u32) {
        let index = token.wrapping_sub(1);
        let bit = 1 << (index % 64);
        match self.live.get_mut(index as usize / 64) {
            Some(word) if *word & bit != 0 => {
                *word &= !bit;
                self.released += 1;
            }
            _ => self.double_released = self.double_released.saturating_add(1),
        }
    }

    /// Takes back what is live and starts over, in time proportional to what was created.
    pub fn reclaim(&mut self) -> Tally {
        let tally = Tally {
            created: self.created,
            released: self.released,
            reclaimed: self.created - self.released,
            double_released: self.double_released,
        };
        if self.created > 0 {
            self.live[..(self.created as usize).div_ceil(64)].fill(0);
            self.has_refused = false;
        }
        self.created = 0;
        self.released = 0;
        self.double_released = 0;
        tally
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_accounted_for_however_it_ends() {
        let mut tokens = Tokens::new();
        let [first, second, _leaked] = [(); 3].map(|()| tokens.create());
        tokens.release(first);
        tokens.release(second);
        tokens.release(second);
        let tally = tokens.reclaim();
        assert_eq!(tally, Tally { created: 3, released: 2, reclaimed: 1, double_released: 1 });
        assert_eq!(tokens.reclaim(), Tally::default());
    }

    #[test]
    fn release_of_an_unknown_token_is_a_double_release() {
        let mut tokens = Tokens::new();
        for unknown in [0, 1, TOKEN_LIMIT, TOKEN_LIMIT + 1, u32::MAX] {
            tokens.release(unknown);
        }
        assert_eq!(tokens.reclaim().double_released, 5);
    }

    #[test]
    fn table_is_full_at_its_limit_and_empty_after_reclaiming() {
        let mut tokens = Tokens::new();
        for expected in 1..=TOKEN_LIMIT {
            assert_eq!(tokens.create(), expected);
        }
        assert_eq!(tokens.create(), 0);
        assert!(tokens.note_refusal() && !tokens.note_refusal());
        tokens.release(TOKEN_LIMIT);
        assert_eq!(tokens.reclaim().reclaimed, TOKEN_LIMIT - 1);
        assert!(tokens.note_refusal(), "the next invocation is told again");
        tokens.release(1);
        assert_eq!(
            tokens.reclaim().double_released,
            1,
            "a token of the last invocation is not live"
        );
    }
}
