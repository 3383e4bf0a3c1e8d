//! What a policy says of one crate of crates.io.

use semver::Version;

use super::{Policy, VettedCrate};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listing<'a> {
    /// It is vetted.
    Vetted {
        /// By this entry.
        entry: &'a VettedCrate,
        /// For this reason.
        reason: &'a str,
    },
    /// Its name is listed, but for other versions.
    OtherVersion {
        /// Their requirements.
        listed: Vec<String>,
    },
    /// Its name and version are listed, but for other files.
    OtherChecksum,
    /// Its name is not listed.
    Unlisted,
}

impl Policy {
    /// What is said of the crate `name` whose file has `checksum`.
    pub(crate) fn listing(&self, name: &str, version: &str, checksum: Option<&str>) -> Listing<'_> {
        let entries = || {
            let all = self.vetted.iter();
            let all = all.flat_map(|group| group.crates.iter().map(move |entry| (group, entry)));
            all.filter(|(_, entry)| entry.name == name)
        };
        let is_meant = |entry: &VettedCrate| {
            Version::parse(version).is_ok_and(|version| entry.version.matches(&version))
        };
        let is_file = |entry: &VettedCrate| {
            let is_one = |listed: &String| Some(listed.as_str()) == checksum;
            entry.checksums.is_empty() || entry.checksums.iter().any(is_one)
        };
        let found = entries().find(|(_, entry)| is_meant(entry) && is_file(entry));
        if let Some((group, entry)) = found {
            return Listing::Vetted { entry, reason: &group.reason };
        }
        if entries().any(|(_, entry)| is_meant(entry)) {
            return Listing::OtherChecksum;
        }
        let listed: Vec<_> = entries().map(|(_, entry)| entry.version.to_string()).collect();
        if listed.is_empty() { Listing::Unlisted } else { Listing::OtherVersion { listed } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> Policy {
        let sums = format!("checksums = [\"{}\"]", "a".repeat(64));
        let text = format!(
            "[[vetted]]\nreason = \"numbers\"\ncrates = [{{ name = \"n\", version = \"1.2\" }},\
             {{ name = \"n\", version = \"=2.0.0\", {sums} }}]\n"
        );
        Policy::parse(&text).unwrap()
    }

    #[test]
    fn crate_is_vetted_by_name_version_and_checksum() {
        let policy = policy();
        let listing = |name, version, sum| policy.listing(name, version, sum);
        let (a, b) = ("a".repeat(64), "b".repeat(64));
        for (version, sum) in [("1.2.0", None), ("1.9.3+x", Some("b")), ("2.0.0", Some(&*a))] {
            let found = listing("n", version, sum);
            assert!(matches!(found, Listing::Vetted { reason: "numbers", .. }), "{version}");
        }
        for sum in [None, Some(&*b), Some("")] {
            assert_eq!(listing("n", "2.0.0", sum), Listing::OtherChecksum);
        }
        let listed = ["^1.2", "=2.0.0"].map(str::to_owned).to_vec();
        assert_eq!(listing("n", "2.0.1", Some(&a)), Listing::OtherVersion { listed });
        assert_eq!(listing("m", "1.2.0", None), Listing::Unlisted);
    }
}
