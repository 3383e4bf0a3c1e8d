//! What a node prepares once, so that each worker starts isolated and fast: namespaces that all share but
//! for that of processes, the filter, and files.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering::Relaxed;

use mote_abi::lockdown::Lockdown;
use mote_abi::windows::Base;
use rustix::process::{PidfdFlags, getpid, pidfd_open};

use crate::isolation::layer::{Layer, can_change_user, has_filters, make_namespaces};
use crate::isolation::seccomp;
use crate::isolation::user::WORKER_USER;

/// The isolation of a node's workers.
#[derive(Debug)]
pub(crate) struct Enclosure {
    /// Entered by each worker.
    pub(crate) namespaces: Vec<OwnedFd>,
    /// Whether each worker is the first process of a namespace of its own.
    pub(crate) has_process_namespace: bool,
    steps: u32,
    filter: Vec<u64>,
    null: File,
    /// By this, a worker sees whether this process is alive.
    dispatcher: OwnedFd,
}

impl Enclosure {
    /// Prepares every layer that this machine has, but for those in `without`, for a worker program whose
    /// executable segment is `text`, and zones that begin at `zones`.
    ///
    /// # Errors
    /// There is no /dev/null, or the kernel is out of descriptors.
    pub(crate) fn prepare(without: &[Layer], text: &Range<u64>, zones: Base) -> io::Result<Self> {
        let wants = |layer: Layer| !without.contains(&layer);
        let made = wants(Layer::Namespaces).then(make_namespaces).and_then(Result::ok);
        let has_users = made.as_ref().is_some_and(|made| made.has_users);
        let has = |layer: Layer| {
            wants(layer)
                && match layer {
                    Layer::User => can_change_user(has_users).is_ok(),
                    Layer::Filter => has_filters().is_ok(),
                    _ => true,
                }
        };
        let active = Layer::ALL.into_iter().filter(|&layer| has(layer));
        Ok(Self {
            has_process_namespace: made.is_some(),
            namespaces: made.map(|made| made.files).unwrap_or_default(),
            steps: active.fold(0, |steps, layer| steps | layer.step()),
            filter: seccomp::compile(text, zones),
            null: File::options().read(true).write(true).open("/dev/null")?,
            dispatcher: pidfd_open(getpid(), PidfdFlags::empty())?,
        })
    }

    /// Tells a worker what it is to give up.
    pub(crate) fn fill(&self, lockdown: &Lockdown) {
        lockdown.steps.store(self.steps, Relaxed);
        lockdown.user.store(WORKER_USER, Relaxed);
        lockdown.set_filter(&self.filter);
    }

    /// What stands for a worker's standard files.
    pub(crate) fn null(&self) -> BorrowedFd<'_> {
        self.null.as_fd()
    }

    /// A pidfd of this process.
    pub(crate) fn dispatcher(&self) -> BorrowedFd<'_> {
        self.dispatcher.as_fd()
    }
}
