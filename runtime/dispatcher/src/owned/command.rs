//! What a node's thread is told, and what it answers.

use std::fmt;

use mote_abi::outcome::{Heap, Mode};
use thiserror::Error;

use crate::images::deployment::VerifiedImage;
use crate::images::error::PlaceError;
use crate::images::statistics::ServiceStatistics;
use crate::job::completed::Completed;
use crate::job::ids::{ServiceId, TenantId, Ticket};
use crate::job::options::JobOptions;
use crate::job::share::Share;
use crate::job::spec::Job;
use crate::node::error::SubmitError;
use crate::owned::reply::{Reply, WhenGone};
use crate::owned::statistics::NodeStatistics;

/// One invocation to be, which owns its body: a [`Job`] for another thread.
pub struct OwnedJob {
    /// What to run.
    pub service: ServiceId,
    /// The request's body, as [`Job::body`].
    pub body: Box<dyn AsRef<[u8]> + Send>,
    /// What happens at the soft deadline.
    pub mode: Mode,
    /// The heap to allocate from.
    pub heap: Heap,
    /// As [`Job::budget_us`].
    pub budget_us: u32,
    /// As [`Job::grace_us`].
    pub grace_us: u32,
    /// As [`Job::memory_kib`].
    pub memory_kib: u32,
    /// As at [`Node::submit_by`](crate::Node::submit_by); `None`: it waits for as long as it takes.
    pub start_by_ns: Option<u64>,
    /// As [`JobOptions::is_idempotent`].
    pub is_idempotent: bool,
    /// As [`JobOptions::variables_bytes`].
    pub variables_bytes: u16,
}

impl OwnedJob {
    pub(crate) fn job(&self) -> Job<'_> {
        Job {
            service: self.service,
            body: (*self.body).as_ref(),
            mode: self.mode,
            heap: self.heap,
            budget_us: self.budget_us,
            grace_us: self.grace_us,
            memory_kib: self.memory_kib,
        }
    }

    pub(crate) fn options(&self) -> JobOptions {
        let start_by_ns = self.start_by_ns.unwrap_or(u64::MAX);
        let &Self { is_idempotent, variables_bytes, .. } = self;
        JobOptions { start_by_ns, is_idempotent, variables_bytes }
    }
}

impl From<Job<'_>> for OwnedJob {
    fn from(job: Job<'_>) -> Self {
        Self {
            service: job.service,
            body: Box::new(job.body.to_vec()),
            mode: job.mode,
            heap: job.heap,
            budget_us: job.budget_us,
            grace_us: job.grace_us,
            memory_kib: job.memory_kib,
            start_by_ns: None,
            is_idempotent: false,
            variables_bytes: 0,
        }
    }
}

impl fmt::Debug for OwnedJob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.job().fmt(f)
    }
}

/// A change of the deployed services. What it does and when it is refused is told at the method of
/// [`Node`](crate::Node) of the same name.
#[derive(Debug)]
pub enum Change {
    /// A new service.
    Install {
        /// What messages call it.
        name: String,
        /// Whose it is.
        tenant: TenantId,
        /// Its image.
        image: VerifiedImage,
    },
    /// Another image for a service.
    Replace {
        /// Which.
        service: ServiceId,
        /// Its next image.
        image: VerifiedImage,
    },
    /// The image before the present one.
    RollBack {
        /// Of which service.
        service: ServiceId,
    },
    /// The end of a service.
    Remove {
        /// Which.
        service: ServiceId,
    },
    /// A ban, or the end of one.
    SetBanned {
        /// Of which service.
        service: ServiceId,
        /// Whether its jobs are refused.
        is_banned: bool,
    },
    /// What a service may have beside the others of its tenant.
    SetShare {
        /// Which.
        service: ServiceId,
        /// That.
        share: Share,
    },
    /// A service is made resident.
    Place {
        /// Which.
        service: ServiceId,
    },
    /// The place of a service in memory is given back.
    Evict {
        /// Which.
        service: ServiceId,
    },
}

/// Why a service was not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangeError {
    /// The node refused.
    #[error(transparent)]
    Refused(#[from] PlaceError),
    /// There is no node any more.
    #[error("the node has ended; nothing was changed")]
    NodeGone,
}

/// What became of a submitted job.
pub(crate) type JobResult = Result<Completed, SubmitError>;

/// The service that was changed, or why it was not.
pub(crate) type ChangeResult = Result<ServiceId, ChangeError>;

/// Says that a drain is complete: nothing is under way any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drained;

#[derive(Debug)]
pub(crate) enum Command {
    Submit { ticket: Ticket, job: OwnedJob, to: Reply<JobResult> },
    Cancel { ticket: Ticket },
    Change { change: Change, to: Reply<ChangeResult> },
    Drain { to: Reply<Drained> },
    TellOfServices { services: Vec<Option<ServiceId>>, to: Reply<Vec<Option<ServiceStatistics>>> },
    Tell { to: Reply<Option<NodeStatistics>> },
}

impl WhenGone for JobResult {
    fn gone() -> Self {
        Err(SubmitError::NodeGone)
    }
}

impl WhenGone for ChangeResult {
    fn gone() -> Self {
        Err(ChangeError::NodeGone)
    }
}

impl WhenGone for Drained {
    fn gone() -> Self {
        Self
    }
}

impl WhenGone for Vec<Option<ServiceStatistics>> {
    fn gone() -> Self {
        Vec::new()
    }
}

impl WhenGone for Option<NodeStatistics> {
    fn gone() -> Self {
        None
    }
}
