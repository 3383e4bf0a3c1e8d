//! Wakes a parked dispatcher from another thread of its process.
//!
//! Whoever leaves something for the dispatcher rings. The dispatcher forgets a ring before it looks for what
//! was left, and does not park while one is there: so none is missed ([`mote_abi::park`]).

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Release};

use mote_abi::park::{Doorbell, ParkedFlag, WakeFence};
use rustix::thread::futex;

#[derive(Debug, Default)]
pub(crate) struct Bell {
    is_rung: AtomicBool,
    parked: ParkedFlag,
    doorbell: Doorbell,
}

impl Bell {
    /// Wakes the dispatcher, or keeps it from parking.
    pub(crate) fn ring(&self) {
        self.is_rung.store(true, Release);
        if self.parked.must_wake(WakeFence::ByWaker) {
            self.doorbell.ring();
            // Waking an address that is mapped, as this one is, does not fail.
            let _woken = futex::wake(self.doorbell.futex(), futex::Flags::empty(), 1);
        }
    }

    /// Whether it was rung since this was asked last.
    pub(crate) fn take(&self) -> bool {
        self.is_rung.swap(false, AcqRel)
    }

    /// Whether it was rung.
    pub(crate) fn is_rung(&self) -> bool {
        self.is_rung.load(Acquire)
    }

    /// Set while the dispatcher is parked.
    pub(crate) fn parked(&self) -> &ParkedFlag {
        &self.parked
    }

    /// What a parked dispatcher waits for.
    pub(crate) fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }
}
