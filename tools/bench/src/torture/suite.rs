//! `--suite`: every service on board and every workload of the corpus, in debug and release images.
//!
//! A workload of the corpus is followed to its end, at every instruction unless `--every` says otherwise;
//! a service for [`LONG_LIMIT`] instructions, and for [`ENDLESS_LIMIT`] if it never ends by itself. The
//! report says of each whether it came to its end.

use std::collections::BTreeMap;

use indicatif::ProgressBar;
use mote_abi::outcome::Mode;

use super::canaries::Canaries;
use super::html::listing::Listing;
use super::html::suite::{Key, Listings};
use super::map::Map;
use super::report::Report;
use super::sweep::{self, Case, Found};
use super::{failure, html, progress, table, tell, write};
use crate::cli::args::TortureArgs;
use crate::bundle;
use crate::error::Error;
use mote_builder::Profile;

/// Instructions after which a service is left: some hash, fill and count for millions.
const LONG_LIMIT: u64 = 20_000;

/// Instructions after which a service that never ends is left: by then it has been round its loop often.
const ENDLESS_LIMIT: u64 = 5_000;

/// From the injection to the hard deadline, at least, for a workload of the corpus. They all end, so that a
/// long grace costs nothing, and no hiccup of the machine passes for a cleanup without end.
const WORKLOAD_GRACE_US: u32 = 100_000;

/// The service that holds the workloads: an empty body lists them, a line each.
const CORPUS: &str = "corpus";

/// One service, or one workload of the corpus.
struct Member {
    name: String,
    service: String,
    body: Vec<u8>,
}

impl Member {
    fn is_workload(&self) -> bool {
        self.service == CORPUS
    }
}

/// What all sweeps found.
#[derive(Default)]
struct Results {
    reports: Vec<Report>,
    images: BTreeMap<Key, Vec<u8>>,
    /// What was found in each image, for the page only.
    found: BTreeMap<Key, Vec<(&'static str, Found)>>,
}

/// Sweeps all, and writes one report.
///
/// # Errors
/// A service does not build, the worker breaks down, or an output cannot be written.
pub(super) fn execute(args: &TortureArgs) -> Result<Status, Error> {
    let canaries = Canaries::build()?;
    let bar = progress();
    let mut results = Results::default();
    for profile in Profile::ALL.into_iter().filter(|&one| args.profile.is_none_or(|it| it == one)) {
        for member in members() {
            bar.set_message(format!("building {} ({})", member.service, profile.name()));
            let image = bundle::image_in(&member.service, profile)?;
            for &mode in modes(args) {
                bar.set_message(format!("{} {} {mode}", member.name, profile.name()));
                let case = case(args, &member, &image, mode);
                let case = Case { profile: Some(profile.name()), ..case };
                let case = if member.is_workload() { case } else { bounded(case, &canaries)? };
                results.add(&case, one(&case, &canaries, &bar)?, &member, args.html.is_some());
            }
        }
    }
    bar.finish_and_clear();
    finish(args, &results)
}

impl Results {
    fn add(&mut self, case: &Case<'_>, found: Found, member: &Member, keeps_points: bool) {
        let map = Map::new(case.image, found.text_address);
        self.reports.push(Report::new(case, &found, &map));
        if keeps_points {
            let key = (member.service.clone(), case.profile.unwrap_or_default());
            self.images.entry(key.clone()).or_insert_with(|| case.image.to_vec());
            self.found.entry(key).or_default().push((case.mode.name(), found));
        }
    }

    fn page(&self) -> String {
        let mut listings = Listings::new();
        for (key, found) in &self.found {
            let image = self.images[key].as_slice();
            let mut modes: Vec<&'static str> = Mode::ALL.iter().map(|mode| mode.name()).collect();
            modes.retain(|mode| found.iter().any(|(of, _)| of == mode));
            let mut listing = Listing::new(image, modes);
            for (mode, found) in found {
                listing.add(mode, found, &Map::new(image, found.text_address));
            }
            listings.insert(key.clone(), (listing, image));
        }
        html::suite::page(&self.reports, &listings)
    }
}

fn finish(args: &TortureArgs, results: &Results) -> Result<Status, Error> {
    let reports = &results.reports;
    if let Some(path) = &args.html {
        write(path, &results.page())?;
    }
    tell(args, reports, &table::of_all(reports))?;
    let is_damaged = reports.iter().any(|report| report.verdicts.host_damage > 0);
    Ok(if is_damaged { Status::Failed } else { Status::Done })
}

fn one(case: &Case<'_>, canaries: &Canaries, bar: &ProgressBar) -> Result<Found, Error> {
    sweep::run(case, canaries.known(), &mut |now| bar.set_position(now.points)).map_err(failure)
}

/// The case of a service, cut short. One injection shows whether it ends by itself.
fn bounded<'a>(case: Case<'a>, canaries: &Canaries) -> Result<Case<'a>, Error> {
    let first = Case { end: 1, ..case };
    let found = sweep::run(&first, canaries.known(), &mut |_| {}).map_err(failure)?;
    let limit = if found.is_endless() { ENDLESS_LIMIT } else { LONG_LIMIT };
    Ok(Case { end: case.end.min(limit), ..case })
}

fn modes(args: &TortureArgs) -> &[Mode] {
    args.mode.as_ref().map_or(Mode::ALL, std::slice::from_ref)
}

fn case<'a>(args: &TortureArgs, member: &'a Member, image: &'a [u8], mode: Mode) -> Case<'a> {
    Case {
        body: &member.body,
        heap: args.heap,
        memory_kib: args.memory_kib,
        grace_us: if member.is_workload() {
            args.grace_us.max(WORKLOAD_GRACE_US)
        } else {
            args.grace_us
        },
        end: args.limit,
        every: args.every,
        reaches_host: args.host,
        second: args.second,
        ..Case::every_instruction(&member.name, image, mode)
    }
}

/// Every service by itself, and the corpus by its workloads.
fn members() -> Vec<Member> {
    let plain = bundle::names().into_iter().filter(|name| *name != CORPUS).map(|name| Member {
        name: name.to_owned(),
        service: name.to_owned(),
        body: b"one two one three".to_vec(),
    });
    let workloads = bundle::workloads().into_iter().map(|name| Member {
        name: format!("{CORPUS}/{name}"),
        service: CORPUS.to_owned(),
        body: name.as_bytes().to_vec(),
    });
    plain.chain(workloads).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suite_has_at_least_25_workloads_and_every_service() {
        let members = members();
        let workloads = members.iter().filter(|member| member.is_workload()).count();
        assert!(workloads >= 25, "{workloads}");
        assert!(members.iter().any(|member| member.name == "loops_in_drop"));
    }
}
