//! Which image is unloaded when another needs room: a segmented LRU. Pure.
//!
//! ```text
//!  placed ─▶ probation ── not used since, and idle ──▶ unloaded
//!                ▲   └── used since ─▶ protected
//!                └──────── the oldest of more than three quarters of all ◀┘
//! ```
//!
//! So images that are used once, however many, drive out none that are used again and again. A use only sets a
//! mark, which costs a request nothing; marks are looked at when room is needed.
//!
//! R. Karedla, J. S. Love, B. G. Wherry: Caching Strategies to Improve Disk System Performance. IEEE Computer 27(3), 1994.

use std::collections::{BTreeMap, HashMap};

use crate::job::ids::ServiceId;

#[derive(Debug)]
pub(crate) struct Residency {
    limit_bytes: u64,
    entries: HashMap<ServiceId, Entry>,
    probation: Segment,
    protected: Segment,
    last_turn: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    turn: u64,
    bytes: u32,
    is_protected: bool,
}

/// Services in the order of their turns, and what their images take.
#[derive(Debug, Default)]
struct Segment {
    turns: BTreeMap<u64, ServiceId>,
    bytes: u64,
}

/// What is known of a resident image when room is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// Whether it was used since this was asked last, or since it was placed.
    pub(crate) was_used: bool,
    /// Whether no worker can be inside.
    pub(crate) is_idle: bool,
}

impl Residency {
    /// Of images that take at most `limit_bytes` of each window together.
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self {
            limit_bytes,
            entries: HashMap::new(),
            probation: Segment::default(),
            protected: Segment::default(),
            last_turn: 0,
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// What all of them may take.
    pub(crate) fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    /// Whether an image of `bytes` fits beside those that are there.
    pub(crate) fn fits(&self, bytes: u32) -> bool {
        self.probation.bytes + self.protected.bytes + u64::from(bytes) <= self.limit_bytes
    }

    /// The image of `service` is placed.
    pub(crate) fn add(&mut self, service: ServiceId, bytes: u32) {
        self.remove(service);
        self.insert(service, bytes, false);
    }

    /// The image of `service` is there no more.
    pub(crate) fn remove(&mut self, service: ServiceId) {
        if let Some(Entry { turn, bytes, is_protected }) = self.entries.remove(&service) {
            let segment = if is_protected { &mut self.protected } else { &mut self.probation };
            segment.turns.remove(&turn);
            segment.bytes -= u64::from(bytes);
        }
    }

    /// The image that is to be unloaded; `None` if none is idle. `ask` tells of each that it is asked about, and
    /// forgets that it was used.
    pub(crate) fn victim(&mut self, mut ask: impl FnMut(ServiceId) -> Use) -> Option<ServiceId> {
        // Each is looked at twice at most: those that were used are not the second time.
        for _ in 0..2 * self.entries.len() {
            let first = self.probation.turns.first_key_value();
            let first = first.or_else(|| self.protected.turns.first_key_value());
            let service = *first?.1;
            match ask(service) {
                Use { was_used: true, .. } => self.protect(service),
                Use { is_idle: true, .. } => return Some(service),
                Use { is_idle: false, .. } => self.postpone(service),
            }
        }
        // Many are not idle.
        let mut all = self.probation.turns.values().chain(self.protected.turns.values()).copied();
        all.find(|&service| ask(service).is_idle)
    }

    fn protect(&mut self, service: ServiceId) {
        self.renew(service, true);
        let all = self.probation.bytes + self.protected.bytes;
        while self.protected.bytes > all / 4 * 3 && self.protected.turns.len() > 1 {
            let Some((_, &oldest)) = self.protected.turns.first_key_value() else { return };
            self.renew(oldest, false);
        }
    }

    fn postpone(&mut self, service: ServiceId) {
        let is_protected = self.entries.get(&service).is_some_and(|entry| entry.is_protected);
        self.renew(service, is_protected);
    }

    fn renew(&mut self, service: ServiceId, is_protected: bool) {
        if let Some(entry) = self.entries.get(&service).copied() {
            self.remove(service);
            self.insert(service, entry.bytes, is_protected);
        }
    }

    fn insert(&mut self, service: ServiceId, bytes: u32, is_protected: bool) {
        self.last_turn += 1;
        let turn = self.last_turn;
        let segment = if is_protected { &mut self.protected } else { &mut self.probation };
        segment.turns.insert(turn, service);
        segment.bytes += u64::from(bytes);
        self.entries.insert(service, Entry { turn, bytes, is_protected });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const IDLE: Use = Use { was_used: false, is_idle: true };

    /// A cache of ten images of one byte each, and those that are used.
    struct Cache {
        residency: Residency,
        used: BTreeSet<u32>,
        resident: BTreeSet<u32>,
    }

    impl Cache {
        fn new(limit_bytes: u64) -> Self {
            let residency = Residency::new(limit_bytes);
            Self { residency, used: BTreeSet::new(), resident: BTreeSet::new() }
        }

        /// A request for `service`; whether it was a cold start.
        fn request(&mut self, service: u32) -> bool {
            if self.resident.contains(&service) {
                self.used.insert(service);
                return false;
            }
            while !self.residency.fits(1) {
                let ask = |asked: ServiceId| Use { was_used: self.used.remove(&asked.0), ..IDLE };
                let victim = self.residency.victim(ask).expect("all are idle");
                self.residency.remove(victim);
                assert!(self.resident.remove(&victim.0), "it was not resident");
            }
            self.residency.add(ServiceId(service), 1);
            self.resident.insert(service);
            true
        }
    }

    #[test]
    fn images_used_once_drive_out_none_that_is_used_again_and_again() {
        let mut cache = Cache::new(10);
        for round in 0..1_000 {
            let cold = (0..5).filter(|&often| cache.request(often)).count();
            assert!(round == 0 || cold == 0, "round {round}: one that is used often was unloaded");
            cache.request(100 + round);
        }
    }

    #[test]
    fn nothing_is_unloaded_while_workers_are_inside_everything() {
        let mut residency = Residency::new(2);
        (0..2).for_each(|service| residency.add(ServiceId(service), 1));
        assert_eq!(residency.victim(|_| Use { was_used: true, is_idle: false }), None);
        let only_second = |service| Use { was_used: true, is_idle: service == ServiceId(1) };
        assert_eq!(residency.victim(only_second), Some(ServiceId(1)));
    }

    proptest! {
        /// Whatever is asked for, limits hold, and somebody is unloaded exactly when somebody is idle.
        #[test]
        fn victim_is_idle_and_there_is_one_if_anybody_is(
            limit_bytes in 4..40_u64,
            steps in prop::collection::vec((0..30_u32, 1..5_u32, any::<u32>(), any::<u32>()), 1..200),
        ) {
            let mut residency = Residency::new(limit_bytes);
            let mut resident = HashMap::new();
            for (service, bytes, used, busy) in steps {
                let is = |mask: u32, it: u32| mask >> it & 1 != 0;
                while resident.contains_key(&service) || !residency.fits(bytes) {
                    let mut marks = used;
                    let victim = residency.victim(|asked| {
                        let was_used = is(marks, asked.0);
                        marks &= !(1 << asked.0);
                        Use { was_used, is_idle: !is(busy, asked.0) }
                    });
                    let anybody = resident.keys().any(|&it| !is(busy, it));
                    prop_assert_eq!(victim.is_some(), anybody);
                    let Some(victim) = victim else { break };
                    prop_assert!(!is(busy, victim.0));
                    prop_assert!(resident.remove(&victim.0).is_some());
                    residency.remove(victim);
                }
                if !resident.contains_key(&service) && residency.fits(bytes) {
                    residency.add(ServiceId(service), bytes);
                    resident.insert(service, bytes);
                }
                let all: u64 = resident.values().map(|&bytes| u64::from(bytes)).sum();
                prop_assert!(all <= limit_bytes);
                prop_assert_eq!(all, residency.probation.bytes + residency.protected.bytes);
            }
        }
    }
}
