//! Which processor the dispatcher and each worker run on.
//!
//! With two processors or more, the dispatcher has the first for itself and the workers share the
//! others in turn. With one, nobody is pinned and nobody spins.

use std::io;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Who runs where; `None` is anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) dispatcher: Option<u32>,
    pub(crate) workers: Vec<Post>,
}

/// Where a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) cpu: Option<u32>,
    /// Nobody else is there, so it may spin when it is idle.
    pub(crate) is_alone: bool,
}

impl Post {
    /// Anywhere, among others.
    pub(crate) const ANYWHERE: Self = Self { cpu: None, is_alone: false };
}

impl Plan {
    /// Shares the `allowed` processors among a dispatcher and `workers` workers.
    pub(crate) fn new(allowed: &[u32], workers: usize) -> Self {
        let [first, others @ ..] = allowed else { return Self::unpinned(workers) };
        if others.is_empty() {
            return Self::unpinned(workers);
        }
        let has_company = |place: usize| place + others.len() < workers || place >= others.len();
        let posts = others
            .iter()
            .cycle()
            .take(workers)
            .enumerate()
            .map(|(number, &cpu)| Post { cpu: Some(cpu), is_alone: !has_company(number) });
        Self { dispatcher: Some(*first), workers: posts.collect() }
    }

    fn unpinned(workers: usize) -> Self {
        Self { dispatcher: None, workers: vec![Post::ANYWHERE; workers] }
    }

    /// Whether one side may spin without keeping the other from running.
    pub(crate) fn may_spin(&self) -> bool {
        self.dispatcher.is_some()
    }
}

/// The processors that the calling thread may use.
pub(crate) fn allowed() -> io::Result<Vec<u32>> {
    let set = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).map(|cpu| cpu as u32).collect())
}

/// Lets the calling thread run on all of `allowed`.
pub(crate) fn unpin(allowed: &[u32]) -> io::Result<()> {
    let mut set = CpuSet::new();
    allowed.iter().for_each(|&cpu| set.set(cpu as usize));
    Ok(sched_setaffinity(None, &set)?)
}

/// The calling thread on one processor, until dropped.
#[derive(Debug)]
pub(crate) struct Pinned {
    before: CpuSet,
}

impl Pinned {
    pub(crate) fn to(cpu: u32) -> io::Result<Self> {
        let before = sched_getaffinity(None)?;
        let mut only = CpuSet::new();
        only.set(cpu as usize);
        sched_setaffinity(None, &only)?;
        Ok(Self { before })
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        // It fails only if those processors are gone by now; then the kernel has chosen already.
        let _restored = sched_setaffinity(None, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nobody_is_pinned_when_there_is_one_processor() {
        let plan = Plan::new(&[3], 2);
        assert_eq!(plan, Plan { dispatcher: None, workers: vec![Post::ANYWHERE; 2] });
        assert!(!plan.may_spin());
    }

    #[test]
    fn workers_take_turns_on_what_the_dispatcher_leaves() {
        let plan = Plan::new(&[2, 4, 7], 3);
        assert!(plan.may_spin());
        assert_eq!(plan.dispatcher, Some(2));
        let posts: Vec<_> = plan.workers.iter().map(|post| (post.cpu, post.is_alone)).collect();
        assert_eq!(posts, [(Some(4), false), (Some(7), true), (Some(4), false)]);
    }

    #[test]
    fn affinity_is_restored_when_no_longer_pinned() {
        let before = allowed().unwrap();
        let pinned = Pinned::to(*before.last().unwrap()).unwrap();
        assert_eq!(allowed().unwrap(), [*before.last().unwrap()]);
        drop(pinned);
        assert_eq!(allowed().unwrap(), before);
    }

    proptest! {
        #[test]
        fn dispatcher_never_shares_its_processor(
            allowed in prop::collection::btree_set(0..512_u32, 0..20), workers in 1..40_usize,
        ) {
            let allowed: Vec<u32> = allowed.into_iter().collect();
            let plan = Plan::new(&allowed, workers);
            prop_assert_eq!(plan.workers.len(), workers);
            for post in &plan.workers {
                prop_assert_eq!(post.cpu.is_some(), plan.dispatcher.is_some());
                prop_assert!(post.cpu.is_none() || post.cpu != plan.dispatcher);
                let there = plan.workers.iter().filter(|other| other.cpu == post.cpu).count();
                prop_assert_eq!(post.is_alone, post.cpu.is_some() && there == 1);
            }
        }
    }
}
