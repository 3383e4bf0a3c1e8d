//! How the jobs of a worker share it.

use crate::config::NodeConfig;

/// How a worker's jobs share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slicing {
    /// How long one runs while others wait, in microseconds; `None`: to its end.
    pub(crate) slice_us: Option<u32>,
    /// Whether one may wait for upstreams while others run.
    pub(crate) may_wait: bool,
    /// Stack slots of a worker.
    pub(crate) stack_slots: usize,
}

impl NodeConfig {
    /// How many jobs a worker may have in its ring.
    pub(crate) fn ring_depth(&self) -> usize {
        if self.slice_us.is_some() { self.depth.max(2) } else { self.depth }
    }

    /// How a worker's jobs share it, if they do.
    pub(crate) fn slicing(&self) -> Option<Slicing> {
        let stack_slots = self.all_stack_slots();
        let slicing = Slicing { slice_us: self.slice_us, may_wait: self.waiting > 0, stack_slots };
        (stack_slots > 1).then_some(slicing)
    }

    /// How many stack slots a worker has.
    pub(crate) fn all_stack_slots(&self) -> usize {
        let slots = if self.slice_us.is_some() { self.stack_slots } else { 1 };
        slots.saturating_add(self.waiting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_job_waits_behind_another_when_there_are_slices() {
        let config = NodeConfig { depth: 1, ..NodeConfig::default() };
        assert_eq!(config.ring_depth(), 1);
        assert_eq!(NodeConfig { slice_us: Some(50), ..config }.ring_depth(), 2);
    }

    #[test]
    fn who_waits_has_a_stack_slot_of_its_own() {
        let config = NodeConfig { waiting: 5, ..NodeConfig::default() };
        let slicing = config.slicing().unwrap();
        assert_eq!((slicing.slice_us, slicing.may_wait, slicing.stack_slots), (None, true, 6));
        let sliced = NodeConfig { slice_us: Some(50), stack_slots: 3, ..config };
        assert_eq!(sliced.slicing().unwrap().stack_slots, 8);
        assert_eq!(NodeConfig::default().slicing(), None);
    }
}
