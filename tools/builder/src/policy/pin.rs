//! A policy for the files of one lock file alone.

use semver::{Op, Version, VersionReq};

use crate::lock::Locked;

use super::{Policy, VettedCrate, VettedGroup};

impl Policy {
    /// What this policy vets of the text of a `Cargo.lock`, each crate by its one version and checksum.
    /// Folders stay.
    #[must_use]
    pub fn pinned(&self, lock: &str) -> Self {
        let locked = crate::lock::parse(lock);
        let group = |group: &VettedGroup| {
            let crates = group.crates.iter().flat_map(|entry| pinned(entry, &locked)).collect();
            VettedGroup { reason: group.reason.clone(), crates }
        };
        let groups = self.vetted.iter().map(group);
        Self {
            vetted: groups.filter(|group| !group.crates.is_empty()).collect(),
            folders: self.folders.clone(),
        }
    }
}

/// The entry once for each file that it admits.
fn pinned<'a>(
    entry: &'a VettedCrate,
    locked: &'a [Locked],
) -> impl Iterator<Item = VettedCrate> + use<'a> {
    locked.iter().filter(|locked| locked.name == entry.name).filter_map(|locked| {
        let version: Version = locked.version.parse().ok()?;
        let checksum = locked.checksum.clone()?;
        let is_admitted = entry.version.matches(&version)
            && (entry.checksums.is_empty() || entry.checksums.contains(&checksum));
        is_admitted.then(|| VettedCrate {
            version: exactly(version),
            checksums: vec![checksum],
            ..entry.clone()
        })
    })
}

fn exactly(version: Version) -> VersionReq {
    let Version { major, minor, patch, pre, .. } = version;
    let (minor, patch) = (Some(minor), Some(patch));
    let comparator = semver::Comparator { op: Op::Exact, major, minor, patch, pre };
    VersionReq { comparators: vec![comparator] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Listing;

    #[test]
    fn pinned_policy_vets_the_files_of_the_lock_file_alone() {
        let text = "[[vetted]]\nreason = \"r\"\ncrates = [{ name = \"a\", version = \"1\", build-script = true }, \
                    { name = \"b\", version = \"1\" }]\n";
        let [one, two] = ["1", "2"].map(|digit| digit.repeat(64));
        let lock = format!(
            "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.2.3+x\"\nchecksum = \"{one}\"\n\
             [[package]]\nname = \"b\"\nversion = \"2.0.0\"\nchecksum = \"{two}\"\n\
             [[package]]\nname = \"own\"\nversion = \"1.0.0\"\n"
        );
        let pinned = Policy::parse(text).unwrap().pinned(&lock);
        assert_eq!(pinned.crates(), 1);
        let found = pinned.listing("a", "1.2.3+x", Some(&one));
        assert!(matches!(found, Listing::Vetted { entry, .. } if entry.build_script));
        assert_eq!(pinned.listing("a", "1.2.3+x", Some(&two)), Listing::OtherChecksum);
        assert!(matches!(pinned.listing("a", "1.2.4", Some(&one)), Listing::OtherVersion { .. }));
        let again = Policy::parse(&toml::to_string(&pinned).unwrap()).unwrap();
        assert_eq!(again, pinned);
    }
}
