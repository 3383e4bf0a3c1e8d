//! What a node knows of one service: the part that every request looks at, and the rest.

use std::num::NonZero;

use mote_loader::{Checked, Placed};

use crate::images::bans::Holder;
use crate::images::worker_set::WorkerSet;
use crate::job::ids::TenantId;

/// What every request looks at.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Hot {
    pub(crate) place: Option<Place>,
    /// Jobs of this version that a worker has.
    pub(crate) inside: u32,
    /// The number of the image.
    pub(crate) version: u32,
    pub(crate) is_banned: bool,
    /// Whether it was used since it was placed, or since that was asked last.
    pub(crate) was_used: bool,
    /// Invocations that ended.
    pub(crate) ended: u64,
    /// The workers that have its text, while it is resident.
    pub(crate) copies: WorkerSet,
}

/// What a request says of a resident image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) entry: u32,
    pub(crate) record: u32,
    pub(crate) relocated: u32,
    pub(crate) data_bytes: u32,
    /// What its code can change of the processor's state.
    pub(crate) state: u8,
    /// What it may leave untouched of its stack: see [`mote_abi::stack`].
    pub(crate) stack_gap_blocks: u16,
    /// The zone's number plus one, so that an `Option<Place>` takes no more room.
    zone_plus_one: NonZero<u8>,
}

/// What deploying, placing and messages need.
#[derive(Debug)]
pub(crate) struct Cold {
    pub(crate) name: String,
    pub(crate) tenant: TenantId,
    /// `None` once the service was removed.
    pub(crate) image: Option<Checked>,
    /// The image before it, for rolling back.
    pub(crate) previous: Option<Checked>,
    pub(crate) placed: Option<Placed>,
    pub(crate) over_budget: u64,
    /// Who its strikes are held against.
    pub(crate) holder: Holder,
}

impl Place {
    /// What a request says of an image that was placed so, whose code can change that `state`.
    pub(crate) fn of(placed: &Placed, state: u32) -> Self {
        Self {
            entry: placed.entry,
            record: placed.record,
            relocated: placed.relocated,
            data_bytes: placed.data_bytes,
            state: state as u8,
            stack_gap_blocks: placed.stack_gap_blocks,
            zone_plus_one: NonZero::<u8>::MIN.saturating_add(placed.zone),
        }
    }

    pub(crate) fn zone(&self) -> u8 {
        self.zone_plus_one.get() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hot_part_of_a_service_is_one_cache_line() {
        assert_eq!(size_of::<Hot>(), 64);
    }
}
