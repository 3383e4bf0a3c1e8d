//! Which crates of crates.io a service may have: those that the policy vets, and those that hold to the
//! rules for services themselves.
//!
//! | crate | vetted | not vetted |
//! | --- | --- | --- |
//! | compiled for the image | as it is; its macros by its entry | every token of its sources is looked at, and it is compiled with `-F unsafe-code` |
//! | build script, procedural macro, and what these use | runs if its entry allows it | refused: it would run on the machine that builds |
//!
//! Called by `compile`, with a package that was taken in.

mod verdict;

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::error::BuildError;
use crate::error::policy::{AdmissionError, HostCode, NotVetted};
use crate::event::{AdmittedBy, Event};
use crate::intake::Intake;
use crate::intake::crates::Unpacked;
use crate::intake::graph::Described;
use crate::intake::roots;
use crate::policy::{Grants, Listing, Policy};
use crate::toolchain::cache::Cache;
use verdict::Question;

/// The crates of a service that were admitted, by name and version.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    /// Those that the policy vets.
    pub(crate) vetted: BTreeSet<String>,
    /// Those that hold to the rules for services.
    pub(crate) by_rules: BTreeSet<String>,
}

/// Admits every crate of crates.io that `intake` uses, or says why not.
pub(crate) fn admit(
    intake: &Intake,
    policy: &Policy,
    cache: &Cache,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Admitted, BuildError> {
    let judge = Judge { intake, policy, cache };
    let mut admitted = Admitted::default();
    for package in &intake.graph.used {
        let title = package.title();
        let by = if package.is_from_registry() {
            Some(judge.package(package)?)
        } else {
            judge.folder(package)
        };
        if let Some(by) = by {
            observer(Event::Admitted { package: &title, by });
        }
        match by {
            Some(AdmittedBy::Policy { .. }) => drop(admitted.vetted.insert(title)),
            Some(AdmittedBy::Rules) => drop(admitted.by_rules.insert(title)),
            Some(AdmittedBy::Folder { .. }) | None => {}
        }
    }
    Ok(admitted)
}

/// What a crate is judged by.
struct Judge<'a> {
    intake: &'a Intake,
    policy: &'a Policy,
    cache: &'a Cache,
}

impl<'a> Judge<'a> {
    /// A package of a vetted folder; the service's own are not admitted but looked at.
    fn folder(&self, package: &Described) -> Option<AdmittedBy<'a>> {
        let mut folders = self.policy.folders.iter().enumerate();
        let (_, folder) = folders.find(|(number, _)| {
            package.folder().starts_with(self.intake.stage.path("").join(roots::staged(*number)))
        })?;
        Some(AdmittedBy::Folder { reason: &folder.reason })
    }

    fn package(&self, package: &Described) -> Result<AdmittedBy<'a>, BuildError> {
        let unpacked = self.intake.crates.get(&package.title());
        let checksum = unpacked.map(|unpacked| unpacked.checksum.as_str());
        let why = match self.policy.listing(&package.name, &package.version, checksum) {
            Listing::Vetted { entry, reason } => {
                self.vetted(package, entry.grants())?;
                return Ok(AdmittedBy::Policy { reason });
            }
            Listing::OtherVersion { listed } => NotVetted::OtherVersion { listed },
            Listing::OtherChecksum => NotVetted::OtherChecksum,
            Listing::Unlisted => NotVetted::Unlisted,
        };
        self.by_rules(package, why)
    }

    /// A crate that is vetted must do no more than its entry grants.
    fn vetted(&self, package: &Described, grants: Grants) -> Result<(), BuildError> {
        let codes = [
            (HostCode::BuildScript, "custom-build", grants.build_script),
            (HostCode::ProcMacro, "proc-macro", grants.proc_macro),
        ];
        for (code, kind, is_granted) in codes {
            if package.has(kind) && !is_granted {
                return Err(runs_code(package, code, NotVetted::NotGranted));
            }
        }
        if grants.unsafe_macros || !self.intake.graph.is_linked(package) {
            return Ok(());
        }
        let question = Question::UnsafeMacros { is_procedural: package.has("proc-macro") };
        match self.ask(package, question)? {
            None => Ok(()),
            Some(error) => Err(refused(AdmissionError::UnsafeMacro {
                package: package.title(),
                place: error.place,
            })),
        }
    }

    /// A crate that is not vetted must hold to the rules for services.
    fn by_rules(&self, package: &Described, why: NotVetted) -> Result<AdmittedBy<'a>, BuildError> {
        let code = [("custom-build", HostCode::BuildScript), ("proc-macro", HostCode::ProcMacro)];
        let code = code.into_iter().find(|(kind, _)| package.has(kind)).map(|(_, code)| code);
        let is_host = self.intake.graph.runs_here(package);
        if let Some(code) = code.or(is_host.then_some(HostCode::Library)) {
            return Err(runs_code(package, code, why));
        }
        match self.ask(package, Question::Rules)? {
            None => Ok(AdmittedBy::Rules),
            Some(error) => {
                Err(refused(AdmissionError::Source { package: package.title(), error, why }))
            }
        }
    }

    fn ask(
        &self,
        package: &Described,
        question: Question,
    ) -> Result<Option<crate::SourceError>, BuildError> {
        let title = package.title();
        let Some(unpacked) = self.intake.crates.get(&title) else { return Ok(None) };
        let Some(root) = package.library() else { return Ok(None) };
        let outside = || refused(AdmissionError::Outside { package: title.clone() });
        let root = root_in(unpacked, package.folder(), root).ok_or_else(outside)?;
        verdict::of(&title, unpacked, &root, question, self.cache)
    }
}

fn runs_code(package: &Described, code: HostCode, why: NotVetted) -> BuildError {
    refused(AdmissionError::RunsCode { package: package.title(), code, why })
}

fn refused(error: AdmissionError) -> BuildError {
    BuildError::Admission(Box::new(error))
}

/// The crate root in what was unpacked, which cargo has found elsewhere.
fn root_in(unpacked: &Unpacked, folder: &Path, root: &Path) -> Option<PathBuf> {
    let inside = root.strip_prefix(folder).ok()?;
    let is_plain = inside.components().all(|part| matches!(part, Component::Normal(_)));
    is_plain.then(|| unpacked.folder.join(inside))
}
