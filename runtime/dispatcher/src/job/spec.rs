//! What is asked of a node: run this service once, within these limits.

use mote_abi::area::BODY_BYTES;
use mote_abi::outcome::{Heap, Mode};
use mote_abi::variables::VARIABLES_BYTES;
use thiserror::Error;

use crate::job::ids::{ServiceId, TenantId};

/// One invocation to be.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// What to run.
    pub service: ServiceId,
    /// The request's body, and behind it the service's variables if there are any: at most [`BODY_BYTES`].
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

/// A checked job without its body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobSpec {
    pub(crate) service: ServiceId,
    /// Whose service it is.
    pub(crate) tenant: TenantId,
    pub(crate) mode: Mode,
    pub(crate) heap: Heap,
    pub(crate) budget_us: u32,
    pub(crate) grace_us: u32,
    pub(crate) memory_kib: u32,
    /// Of the body, with the variables behind it.
    pub(crate) request_bytes: u32,
    pub(crate) variables_bytes: u16,
}

/// Which limit of a job is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JobError {
    /// The body is too long.
    #[error("the request's body has {bytes} bytes; the limit is {limit}")]
    BodyTooLong {
        /// Its length.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The variables are too long, or longer than the body that they end.
    #[error("the variables have {bytes} bytes; the limit is {limit}")]
    VariablesTooLong {
        /// Their length.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The budget is 0.
    #[error("the budget is 0 µs; it must be at least 1 µs")]
    NoBudget,
    /// The arena would be larger than this node's workers have.
    #[error("the job asks for {kib} KiB of memory; this node's workers have {limit_kib} KiB")]
    MemoryTooLarge {
        /// What it asks for, in KiB.
        kib: u32,
        /// [`NodeConfig::arena_kib`](crate::NodeConfig::arena_kib).
        limit_kib: u32,
    },
}

impl Job<'_> {
    /// What of it outlives the call, without the body; refused where no worker may be asked it. `tenant`
    /// is whose the service is.
    pub(crate) fn check(&self, tenant: TenantId, arena_kib: u32) -> Result<JobSpec, JobError> {
        if self.body.len() > BODY_BYTES {
            return Err(JobError::BodyTooLong { bytes: self.body.len(), limit: BODY_BYTES });
        }
        if self.budget_us == 0 {
            return Err(JobError::NoBudget);
        }
        if self.memory_kib > arena_kib {
            return Err(JobError::MemoryTooLarge { kib: self.memory_kib, limit_kib: arena_kib });
        }
        Ok(JobSpec {
            service: self.service,
            tenant,
            mode: self.mode,
            heap: self.heap,
            budget_us: self.budget_us,
            grace_us: self.grace_us,
            memory_kib: self.memory_kib,
            request_bytes: self.body.len() as u32,
            variables_bytes: 0,
        })
    }
}

impl JobSpec {
    /// The job with so many bytes of variables, which its body ends with.
    pub(crate) fn with_variables(self, bytes: u16) -> Result<Self, JobError> {
        let limit = (self.request_bytes as usize).min(VARIABLES_BYTES);
        if usize::from(bytes) > limit {
            return Err(JobError::VariablesTooLong { bytes: bytes.into(), limit });
        }
        Ok(Self { variables_bytes: bytes, ..self })
    }

    /// How long the body is that the service gets, in bytes.
    pub(crate) fn body_bytes(&self) -> u32 {
        self.request_bytes - u32::from(self.variables_bytes)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const ARENA_KIB: u32 = 64;

    pub(crate) fn job(body: &[u8]) -> Job<'_> {
        Job {
            service: ServiceId(0),
            body,
            mode: Mode::Guarded,
            heap: Heap::Bump,
            budget_us: 100,
            grace_us: 50,
            memory_kib: ARENA_KIB,
        }
    }

    /// What such a job asks for.
    pub(crate) fn spec(body: &[u8]) -> JobSpec {
        job(body).check(TenantId::default(), ARENA_KIB).unwrap()
    }

    #[test]
    fn job_is_refused_when_a_limit_is_passed_by_one() {
        let check = |job: Job<'_>, arena_kib| job.check(TenantId(3), arena_kib);
        let longest = vec![0; BODY_BYTES];
        let spec = check(job(&longest), ARENA_KIB).unwrap();
        assert_eq!((spec.tenant, spec.request_bytes as usize), (TenantId(3), BODY_BYTES));
        let longer = vec![0; BODY_BYTES + 1];
        let (bytes, limit) = (BODY_BYTES + 1, BODY_BYTES);
        assert_eq!(check(job(&longer), ARENA_KIB), Err(JobError::BodyTooLong { bytes, limit }));
        let refused = check(job(b""), ARENA_KIB - 1);
        assert_eq!(refused, Err(JobError::MemoryTooLarge { kib: 64, limit_kib: 63 }));
        assert_eq!(spec.with_variables(4096).unwrap().body_bytes() as usize, BODY_BYTES - 4096);
        for (body, variables) in [(&longest[..], 4097), (&[0; 9], 10)] {
            let spec = check(job(body), ARENA_KIB).unwrap();
            assert!(spec.with_variables(variables).is_err() && spec.with_variables(9).is_ok());
        }
        let hasty = Job { budget_us: 0, ..job(b"") };
        assert_eq!(check(hasty, ARENA_KIB), Err(JobError::NoBudget));
    }
}
