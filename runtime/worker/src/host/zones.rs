//! Where the node's zones begin. It is told at the start, and handlers and the host look it up.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use mote_abi::windows::Base;

/// The address; nothing is mapped at 0 before it is told.
static BASE: AtomicU64 = AtomicU64::new(0);

/// Says where they begin: once, before anything is mapped there.
pub fn set_base(base: Base) {
    BASE.store(base.address(), Relaxed);
}

/// Where they begin.
#[inline]
#[must_use]
pub fn base() -> Base {
    Base::at(BASE.load(Relaxed))
}
