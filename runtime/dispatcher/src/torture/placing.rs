//! Placing what a sweep runs, and writing its requests.

use std::sync::atomic::Ordering::Relaxed;

use mote_abi::area::RING_ENTRIES;
use mote_abi::image::ABI_VERSION;
use mote_abi::line::index;
use mote_abi::message::Invoke;
use mote_abi::outcome::Mode;
use mote_abi::torture::TARGET;
use mote_abi::windows::Base;
use mote_loader::{Checked, Expected, Placed, verify};

use super::case::{Canaries, Case, Request};
use super::error::SweepError;
use crate::images::error::{DeployError, PlaceError};
use crate::images::toolchain::TOOLCHAIN;
use crate::images::zones::Zones;
use crate::pool::areas::Areas;

/// The number of a sweep's only worker.
pub(super) const THE_WORKER: usize = 0;

/// The soft deadline of a tortured invocation, in microseconds: nobody waits for it.
const NO_DEADLINE_US: u32 = u32::MAX / 2;

/// Places target and canaries, and writes their requests. Returns where the target's text lies.
pub(super) fn place_all(
    zones: &mut Zones,
    base: Base,
    areas: &Areas,
    case: &Case<'_>,
    canaries: &Canaries<'_>,
) -> Result<(Vec<Placed>, u64), SweepError> {
    let mut text_address = 0;
    let mut all = Vec::new();
    let requests = canaries.iter().map(|canary| (canary.request, Mode::Guarded));
    let target = (case.target(), case.mode);
    for (sequence, (request, mode)) in (TARGET..).zip([target].into_iter().chain(requests)) {
        let image = verified(&request)?;
        let placed = zones.place(&image).map_err(|source| PlaceError::Zone {
            name: request.name.to_owned(),
            bytes: image.slot_bytes(),
            source,
        })?;
        zones.copy_text(&placed, &image, THE_WORKER);
        if sequence == TARGET {
            text_address =
                base.windows(placed.zone).text() + u64::from(placed.entry - image.entry());
        }
        let line = index(sequence, RING_ENTRIES);
        areas.write_request_body(line, request.body);
        let invoke = invoke(zones, &placed, &request, mode);
        areas.inbox().requests[line].publish(sequence, invoke.to_words());
        all.push(placed);
    }
    debug_assert_eq!(areas.inbox().start.abi_version.load(Relaxed), ABI_VERSION);
    Ok((all, text_address))
}

/// The image, fit to be placed.
fn verified(request: &Request<'_>) -> Result<Checked, DeployError> {
    verify(request.image, &Expected::of(TOOLCHAIN))
        .map_err(|source| DeployError::Refused { name: request.name.to_owned(), source })
}

fn invoke(zones: &Zones, placed: &Placed, request: &Request<'_>, mode: Mode) -> Invoke {
    Invoke {
        entry: placed.entry,
        record: placed.record,
        generation: zones.generation(THE_WORKER),
        relocated: placed.relocated,
        zone: placed.zone,
        data_bytes: placed.data_bytes,
        stack_gap_blocks: placed.stack_gap_blocks,
        budget_us: NO_DEADLINE_US,
        grace_us: NO_DEADLINE_US,
        memory_kib: request.memory_kib,
        body_bytes: request.body.len() as u32,
        mode: mode as u8,
        heap: request.heap as u8,
        ..Invoke::default()
    }
}
