//! A fault on purpose, for tests of whatever looks for faults: the first landing pad of a raise runs twice,
//! and drops twice what it drops. Only torture workers have it, and only those that were asked to.

use core::array;
use core::ops::Range;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use mote_sigctx::registers::Registers;

const NOTHING: u8 = 0;
const NEXT: u8 = 1;
const AGAIN: u8 = 2;

struct Planted {
    /// What runs twice: nothing, the next landing pad, or the one whose registers are here.
    what: AtomicU8,
    pad: [AtomicU64; 17],
}

static PLANTED: Planted =
    Planted { what: AtomicU8::new(NOTHING), pad: [const { AtomicU64::new(0) }; 17] };

/// Lets the next landing pad run twice.
pub fn plant() {
    PLANTED.what.store(NEXT, Relaxed);
}

/// A landing pad is about to run.
pub fn note(pad: &Registers) {
    if PLANTED.what.load(Relaxed) == NEXT {
        PLANTED.pad.iter().zip(pad.values()).for_each(|(to, &value)| to.store(value, Relaxed));
        PLANTED.what.store(AGAIN, Relaxed);
    }
}

/// The landing pad that is to run once more instead of what comes after it.
#[must_use]
pub fn again() -> Option<Registers> {
    if PLANTED.what.load(Relaxed) != AGAIN {
        return None;
    }
    PLANTED.what.store(NOTHING, Relaxed);
    Some(Registers::new(array::from_fn(|number| PLANTED.pad[number].load(Relaxed))))
}

/// Where the variable lies, for the oracle: it changes with an injection.
#[must_use]
pub fn addresses() -> Range<u64> {
    let start = (&raw const PLANTED).addr() as u64;
    start..start + size_of_val(&PLANTED) as u64
}
