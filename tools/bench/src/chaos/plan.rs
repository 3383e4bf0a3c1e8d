//! What a request asks, what its answer must be, and what chance decides: all of it from a seed.

use indicatif::ProgressBar;
use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_dispatcher::{Change, OwnedJob, ServiceId, TenantId, VerifiedImage};

use crate::bundle::{self, Bundled};
use crate::error::Error;

/// Services of the node.
pub(super) const SERVICES: usize = 50;

const TENANTS: usize = 5;

/// One service of so many is hostile.
const HOSTILE: usize = 10;

/// One request of so many asks a hostile one: each takes as long as hundreds of others.
const TO_HOSTILE: u64 = 100;

/// No honest answer takes so long, whatever happens to its worker, in microseconds.
const AMPLE_US: u32 = 20_000_000;

/// What a hostile invocation may take, in microseconds.
const SHORT_US: u32 = 200;

/// What services on board are deployed under the numbers of honest and of hostile services, in turn.
const HONEST: [&str; 3] = ["hello", "counter", "hello"];
const RUNAWAYS: [&str; 5] = ["spin", "guard_spin", "panics", "deep_recursion", "out_of_memory"];

/// A seed, and what follows from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    seed: u64,
}

/// A sequence of numbers: SplitMix64. G. Steele, D. Lea, C. Flood: Fast Splittable Pseudorandom Number
/// Generators. OOPSLA 2014.
#[derive(Clone, Copy, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

impl Plan {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed }
    }

    pub(super) fn seed(self) -> u64 {
        self.seed
    }

    /// Which service request `number` asks.
    pub(super) fn service(self, number: u64) -> usize {
        let mut random = Random::new(self.seed ^ number.wrapping_mul(0xd6e8_feb8_6659_fd93));
        let is_hostile = random.below(TO_HOSTILE) == 0;
        let kinds = SERVICES / HOSTILE;
        let block = random.below(kinds as u64) as usize * HOSTILE;
        if is_hostile { block } else { block + 1 + random.below(HOSTILE as u64 - 1) as usize }
    }
}

fn is_hostile(service: usize) -> bool {
    service.is_multiple_of(HOSTILE)
}

/// What is deployed as `service`.
pub(super) fn name(service: usize) -> &'static str {
    if is_hostile(service) {
        RUNAWAYS[service / HOSTILE % RUNAWAYS.len()]
    } else {
        HONEST[service % HONEST.len()]
    }
}

/// The deployment of `service`.
pub(super) fn install(service: usize, image: VerifiedImage) -> Change {
    let tenant = TenantId((service % TENANTS) as u16);
    Change::Install { name: service.to_string(), tenant, image }
}

/// The images of all that may be deployed.
pub(super) fn images(bar: &ProgressBar) -> Result<Vec<Bundled>, Error> {
    bundle::images(
        &["hello", "counter", "spin", "guard_spin", "panics", "deep_recursion", "out_of_memory"],
        bar,
    )
}

/// Request `number` to `service`, which is deployed as `id`.
pub(super) fn job(number: u64, service: usize, id: ServiceId) -> OwnedJob {
    let us = if is_hostile(service) { SHORT_US } else { AMPLE_US };
    OwnedJob {
        service: id,
        body: Box::new(number.to_string().into_bytes()),
        mode: if number.is_multiple_of(3) { Mode::Discard } else { Mode::Guarded },
        heap: Heap::Bump,
        budget_us: us,
        grace_us: us,
        memory_kib: 1_024,
        start_by_ns: None,
        is_idempotent: service.is_multiple_of(2),
        variables_bytes: 0,
    }
}

/// Whether `outcome` and `body` may answer request `number`.
pub(super) fn is_right(number: u64, service: usize, outcome: Outcome, body: &[u8]) -> bool {
    match outcome {
        // Its worker was lost, or its service was removed while it waited.
        Outcome::WorkerLost | Outcome::Cancelled => true,
        Outcome::Ok => match name(service) {
            "hello" => body == format!("Hello, {number}!").as_bytes(),
            "counter" => body == b"0",
            _ => false,
        },
        // Whatever is hostile has so short a budget that a busy machine uses it up for it.
        Outcome::OverBudget => is_hostile(service),
        Outcome::Panicked => name(service) == "panics",
        Outcome::StackOverflow => name(service) == "deep_recursion",
        Outcome::OverMemory => name(service) == "out_of_memory",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenth_of_the_services_is_hostile_and_every_service_is_asked() {
        let hostile = (0..SERVICES).filter(|&service| is_hostile(service)).count();
        assert_eq!(hostile, SERVICES / 10);
        let plan = Plan::new(7);
        let asked: std::collections::BTreeSet<usize> =
            (0..20_000).map(|it| plan.service(it)).collect();
        assert_eq!(asked.len(), SERVICES);
        assert_eq!(
            (0..100).map(|it| plan.service(it)).collect::<Vec<_>>(),
            (0..100).map(|it| Plan::new(7).service(it)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn answer_is_right_only_for_its_own_request() {
        assert_eq!((name(1), name(0)), ("counter", "spin"));
        assert!(
            is_right(12, 2, Outcome::Ok, b"Hello, 12!")
                && !is_right(13, 2, Outcome::Ok, b"Hello, 12!")
        );
        assert!(!is_right(1, 0, Outcome::Ok, b"") && is_right(1, 0, Outcome::OverBudget, b""));
        assert!(!is_right(1, 2, Outcome::OverBudget, b""), "nobody honest is stopped");
    }
}
