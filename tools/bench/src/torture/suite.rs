//! The suite: every service on board and every workload of the corpus, in debug and release images.
//!
//! A workload of the corpus is followed to its end, at every instruction unless the template says otherwise;
//! a service for `LONG_LIMIT` instructions, and for [`ENDLESS_LIMIT`] if it never ends by itself. The
//! report says of each whether it came to its end.

use std::collections::BTreeMap;

use indicatif::ProgressBar;
use mote_abi::outcome::Mode;
use mote_builder::Profile;
use mote_dispatcher::torture::Case;

use super::canaries::Canaries;
use super::html;
use super::html::listing::Listing;
use super::html::suite::{Key, Listings};
use super::map::Map;
use super::report::Report;
use super::sweep::{self, ENDLESS_LIMIT, Found};
use crate::bundle;
use crate::error::Error;

/// Instructions after which a service is left: some hash, fill and count for millions.
const LONG_LIMIT: u64 = 20_000;

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

/// Which sweeps, and how.
#[derive(Clone, Copy, Debug)]
pub struct Suite<'a> {
    /// Images of this profile only; of each if it is not given.
    pub profile: Option<Profile>,
    /// In this mode only; in each if it is not given.
    pub mode: Option<Mode>,
    /// Everything else of each sweep but its name, image and body.
    pub template: Case<'a>,
    /// Whether each injection is kept, for [`Results::page`].
    pub keeps_points: bool,
}

/// What all sweeps found.
#[derive(Debug, Default)]
pub struct Results {
    /// Of each sweep, in their order.
    pub reports: Vec<Report>,
    images: BTreeMap<Key, Vec<u8>>,
    /// What was found in each image, for the page only.
    found: BTreeMap<Key, Vec<(&'static str, Found)>>,
}

impl Suite<'_> {
    /// Sweeps all, and shows on `bar` how far it is.
    ///
    /// # Errors
    /// A service does not build, or the worker breaks down.
    pub fn run(&self, bar: &ProgressBar) -> Result<Results, Error> {
        let canaries = Canaries::build()?;
        let mut results = Results::default();
        let is_wanted = |one: &Profile| self.profile.is_none_or(|it| it == *one);
        for profile in Profile::ALL.into_iter().filter(is_wanted) {
            for member in members() {
                bar.set_message(format!("building {} ({})", member.service, profile.name()));
                let image = bundle::image_in(&member.service, profile)?;
                for &mode in self.modes() {
                    bar.set_message(format!("{} {} {mode}", member.name, profile.name()));
                    let case = self.case(&member, &image, mode, &canaries)?;
                    let found = one(&case, &canaries, bar)?;
                    results.add(&case, profile, found, &member, self.keeps_points);
                }
            }
        }
        bar.finish_and_clear();
        Ok(results)
    }

    fn modes(&self) -> &[Mode] {
        self.mode.as_ref().map_or(Mode::ALL, std::slice::from_ref)
    }

    fn case<'a>(
        &'a self,
        member: &'a Member,
        image: &'a [u8],
        mode: Mode,
        canaries: &Canaries,
    ) -> Result<Case<'a>, Error> {
        let case = Case { name: &member.name, image, body: &member.body, mode, ..self.template };
        if member.is_workload() {
            return Ok(Case { grace_us: case.grace_us.max(WORKLOAD_GRACE_US), ..case });
        }
        bounded(case, canaries)
    }
}

impl Results {
    fn add(
        &mut self,
        case: &Case<'_>,
        profile: Profile,
        found: Found,
        member: &Member,
        keeps_points: bool,
    ) {
        let map = Map::new(case.image, found.text_address, found.layout);
        let report = Report::new(case, &found, &map);
        self.reports.push(Report { profile: Some(profile.name()), ..report });
        if keeps_points {
            let key = (member.service.clone(), profile.name());
            self.images.entry(key.clone()).or_insert_with(|| case.image.to_vec());
            self.found.entry(key).or_default().push((case.mode.name(), found));
        }
    }

    /// A page with every listing.
    #[must_use]
    pub fn page(&self) -> String {
        let mut listings = Listings::new();
        for (key, found) in &self.found {
            let image = self.images[key].as_slice();
            let mut modes: Vec<&'static str> = Mode::ALL.iter().map(|mode| mode.name()).collect();
            modes.retain(|mode| found.iter().any(|(of, _)| of == mode));
            let mut listing = Listing::new(image, modes);
            for (mode, found) in found {
                listing.add(mode, found, &Map::new(image, found.text_address, found.layout));
            }
            listings.insert(key.clone(), (listing, image));
        }
        html::suite::page(&self.reports, &listings)
    }
}

fn one(case: &Case<'_>, canaries: &Canaries, bar: &ProgressBar) -> Result<Found, Error> {
    Ok(sweep::run(case, &canaries.known(), &mut |now| bar.set_position(now.points))?)
}

/// The case of a service, cut short. One injection shows whether it ends by itself.
fn bounded<'a>(case: Case<'a>, canaries: &Canaries) -> Result<Case<'a>, Error> {
    let is_endless = sweep::is_endless(&case, &canaries.known())?;
    let limit = if is_endless { ENDLESS_LIMIT } else { LONG_LIMIT };
    Ok(Case { end: case.end.min(limit), ..case })
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
