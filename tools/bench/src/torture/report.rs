//! What a sweep adds up to: counts by verdict, coverage and function, as JSON has them.

use std::collections::BTreeMap;

use mote_abi::outcome::Mode;
use mote_dispatcher::torture::{Case, Point};
use serde::Serialize;

use super::map::Map;
use super::sweep::Found;
use super::verdict::{self, Verdict};

/// At most so many damaged points are told one by one.
const MOST_TOLD: usize = 20;

/// A count for each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// See [`Verdict::Clean`].
    pub clean: u64,
    /// See [`Verdict::Leaked`].
    pub leaked: u64,
    /// See [`Verdict::DoubleRelease`].
    pub double_release: u64,
    /// See [`Verdict::ServiceFault`].
    pub service_fault: u64,
    /// See [`Verdict::HostDamage`].
    pub host_damage: u64,
}

impl Counts {
    /// Counts one more.
    pub fn add(&mut self, verdict: Verdict) {
        *match verdict {
            Verdict::Clean => &mut self.clean,
            Verdict::Leaked => &mut self.leaked,
            Verdict::DoubleRelease => &mut self.double_release,
            Verdict::ServiceFault => &mut self.service_fault,
            Verdict::HostDamage => &mut self.host_damage,
        } += 1;
    }

    /// The count of `verdict`.
    #[must_use]
    pub const fn of(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Clean => self.clean,
            Verdict::Leaked => self.leaked,
            Verdict::DoubleRelease => self.double_release,
            Verdict::ServiceFault => self.service_fault,
            Verdict::HostDamage => self.host_damage,
        }
    }

    /// Adds `other`.
    pub fn merge(&mut self, other: &Self) {
        self.clean += other.clean;
        self.leaked += other.leaked;
        self.double_release += other.double_release;
        self.service_fault += other.service_fault;
        self.host_damage += other.host_damage;
    }

    /// The worst verdict that was given.
    #[must_use]
    pub fn worst(&self) -> Verdict {
        let given = Verdict::ALL.into_iter().rev().find(|&verdict| self.of(verdict) > 0);
        given.unwrap_or(Verdict::Clean)
    }

    /// All together.
    #[must_use]
    pub fn total(&self) -> u64 {
        Verdict::ALL.iter().map(|&verdict| self.of(verdict)).sum()
    }
}

/// What one sweep found. The names of the fields are those in JSON.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The service.
    pub service: String,
    /// How its image was compiled, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<&'static str>,
    /// What happened at the soft deadline.
    pub mode: &'static str,
    /// The compiler of image and worker.
    pub toolchain: &'static str,
    /// Injections.
    pub points: u64,
    /// Instructions in reach that the invocation executed, as far as it was followed.
    pub instructions: u64,
    /// Whether it was followed to its end.
    pub is_complete: bool,
    /// Whether it has no end: undisturbed, it had to be stopped.
    pub is_endless: bool,
    /// Injections that were preempted a second time.
    pub second_points: u64,
    /// By verdict.
    pub verdicts: Counts,
    /// By how the stack was left: `returned`, `unwound`, `discarded`, or `lost` with the worker.
    pub endings: BTreeMap<&'static str, u64>,
    /// By what covers the instruction.
    pub by_coverage: BTreeMap<&'static str, Counts>,
    /// By function.
    pub by_function: BTreeMap<String, Counts>,
    /// Injections per second, on one core.
    pub per_second: u64,
    /// The first points of damage to the host, with what is damaged.
    pub damage: Vec<String>,
}

impl Report {
    /// Adds up what `found` says of `case`.
    #[must_use]
    pub fn new(case: &Case<'_>, found: &Found, map: &Map) -> Self {
        let mut report = Self::empty(case, found);
        for point in &found.points {
            report.count(point, Verdict::of(point, &found.baseline), map);
        }
        report
    }

    fn empty(case: &Case<'_>, found: &Found) -> Self {
        let points = found.points.len() as u64;
        Self {
            service: case.name.to_owned(),
            profile: None,
            mode: Mode::name(case.mode),
            toolchain: mote_dispatcher::TOOLCHAIN,
            points,
            instructions: found.instructions,
            is_complete: found.is_complete,
            is_endless: found.is_endless(),
            second_points: found.points.iter().filter(|point| point.second_rip != 0).count() as u64,
            verdicts: Counts::default(),
            endings: BTreeMap::new(),
            by_coverage: BTreeMap::new(),
            by_function: BTreeMap::new(),
            per_second: (points as f64 / found.elapsed.as_secs_f64().max(1e-9)) as u64,
            damage: Vec::new(),
        }
    }

    fn count(&mut self, point: &Point, verdict: Verdict, map: &Map) {
        let function = map.function(point.rip);
        self.verdicts.add(verdict);
        *self.endings.entry(verdict::ending(point)).or_default() += 1;
        self.by_coverage.entry(map.coverage(point.rip).name()).or_default().add(verdict);
        match self.by_function.get_mut(function) {
            Some(counts) => counts.add(verdict),
            None => self.by_function.entry(function.to_owned()).or_default().add(verdict),
        }
        if verdict == Verdict::HostDamage && self.damage.len() < MOST_TOLD {
            let (number, rip) = (point.number, point.rip);
            let why = verdict::damage(point);
            self.damage.push(format!("instruction {number}, {rip:#x} in {function}: {why}"));
        }
    }
}
