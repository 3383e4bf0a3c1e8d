//! The files of a sandbox once more, as Landlock rules, and no TCP: what holds where there are no
//! namespaces, and holds twice where there are.

use std::io;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd,
    Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _, Scope,
};

use super::view::View;

/// What is asked for; an older kernel gives what it has.
const WANTED: ABI = ABI::V6;

/// Whether the kernel has Landlock, and it is switched on.
pub(super) fn is_available() -> bool {
    Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(Ruleset::create)
        .is_ok()
}

/// The rules for what `view` shows, not in force yet.
pub(super) fn rules(view: &View) -> io::Result<RulesetCreated> {
    build(view).map_err(io::Error::other)
}

fn build(view: &View) -> Result<RulesetCreated, landlock::RulesetError> {
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(WANTED))?
        .handle_access(AccessNet::from_all(WANTED))?
        .scope(Scope::from_all(WANTED))?
        .create()?;
    for shown in view.iter() {
        let Ok(file) = PathFd::new(&shown.from) else { continue };
        let access = match shown.is_writable {
            true => AccessFs::from_all(WANTED),
            false => AccessFs::from_read(WANTED),
        };
        let access =
            if shown.from.is_dir() { access } else { access & AccessFs::from_file(WANTED) };
        rules = rules.add_rule(PathBeneath::new(file, access))?;
    }
    Ok(rules)
}
