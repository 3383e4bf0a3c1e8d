//! What is asked of a node: run this service once, within these limits.

use mote_abi::area::BODY_BYTES;
use mote_abi::outcome::{Heap, Mode};

use crate::node::error::SubmitError;

/// A deployed service of one [`Node`](crate::Node).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceId(pub(crate) u32);

/// A submitted job: its [`Completed`](crate::Completed) carries the same ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

impl Ticket {
    /// Its number: the node's first job has 1, the next 2.
    #[must_use]
    pub fn number(self) -> u64 {
        self.0
    }
}

/// One invocation to be.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// What to run.
    pub service: ServiceId,
    /// The request's body: at most [`BODY_BYTES`].
    pub body: &'a [u8],
    /// What happens at the soft deadline.
    pub mode: Mode,
    /// The heap to allocate from.
    pub heap: Heap,
    /// How long the service may run, from its entry, in microseconds: the soft deadline. Not 0.
    pub budget_us: u32,
    /// How long its cleanup may take after that, in microseconds: the hard deadline.
    pub grace_us: u32,
    /// Limit of its arena, in KiB: at most [`NodeConfig::arena_kib`](crate::NodeConfig::arena_kib).
    pub memory_kib: u32,
}

impl Job<'_> {
    /// Refuses what no worker may be asked.
    pub(crate) fn check(&self, arena_kib: u32) -> Result<(), SubmitError> {
        if self.body.len() > BODY_BYTES {
            return Err(SubmitError::BodyTooLong { bytes: self.body.len(), limit: BODY_BYTES });
        }
        if self.budget_us == 0 {
            return Err(SubmitError::NoBudget);
        }
        if self.memory_kib > arena_kib {
            return Err(SubmitError::MemoryTooLarge { kib: self.memory_kib, limit_kib: arena_kib });
        }
        Ok(())
    }

    /// What of it outlives the call, without the body.
    pub(crate) fn spec(&self) -> JobSpec {
        JobSpec {
            service: self.service,
            mode: self.mode,
            heap: self.heap,
            budget_us: self.budget_us,
            grace_us: self.grace_us,
            memory_kib: self.memory_kib,
            body_bytes: self.body.len() as u32,
        }
    }
}

/// A checked job without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobSpec {
    pub(crate) service: ServiceId,
    pub(crate) mode: Mode,
    pub(crate) heap: Heap,
    pub(crate) budget_us: u32,
    pub(crate) grace_us: u32,
    pub(crate) memory_kib: u32,
    pub(crate) body_bytes: u32,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn job(body: &[u8]) -> Job<'_> {
        Job {
            service: ServiceId(0),
            body,
            mode: Mode::Guarded,
            heap: Heap::Bump,
            budget_us: 100,
            grace_us: 50,
            memory_kib: 64,
        }
    }

    #[test]
    fn job_is_refused_when_a_limit_is_passed_by_one() {
        let longest = vec![0; BODY_BYTES];
        assert!(job(&longest).check(64).is_ok());
        let longer = vec![0; BODY_BYTES + 1];
        assert!(matches!(
            job(&longer).check(64),
            Err(SubmitError::BodyTooLong { bytes, limit: BODY_BYTES }) if bytes == BODY_BYTES + 1
        ));
        assert!(matches!(
            job(b"").check(63),
            Err(SubmitError::MemoryTooLarge { kib: 64, limit_kib: 63 })
        ));
        let hasty = Job { budget_us: 0, ..job(b"") };
        assert!(matches!(hasty.check(64), Err(SubmitError::NoBudget)));
    }
}
