//! Replies on their way to a node's thread, from any other.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::sync::{Arc, Mutex, PoisonError};

use mote_abi::upstream::CallError;

use crate::pool::bell::Bell;

/// Which call a reply is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CallNumber {
    /// Of which wait: no two have the same number.
    pub(super) wait: u64,
    /// Which of its calls, from 0.
    pub(super) call: usize,
}

/// A reply.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) number: CallNumber,
    pub(super) result: Result<Vec<u8>, CallError>,
}

#[derive(Debug)]
pub(super) struct Arrivals {
    queue: Mutex<VecDeque<Arrival>>,
    /// Whether there may be any: asked in each tick, where a lock would cost more.
    is_any: AtomicBool,
    bell: Arc<Bell>,
}

impl Arrivals {
    pub(super) fn new(bell: Arc<Bell>) -> Self {
        Self { queue: Mutex::default(), is_any: AtomicBool::new(false), bell }
    }

    /// A reply comes: wakes the node's thread.
    pub(super) fn push(&self, arrival: Arrival) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.push_back(arrival);
        self.is_any.store(true, Release);
        drop(queue);
        self.bell.ring();
    }

    /// The reply that came first.
    pub(super) fn pop(&self) -> Option<Arrival> {
        if !self.is_any.load(Acquire) {
            return None;
        }
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let first = queue.pop_front();
        self.is_any.store(!queue.is_empty(), Release);
        first
    }
}
