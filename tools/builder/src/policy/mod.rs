//! What an operator vets: crates of crates.io and folders, each with what it may do, and why.
//!
//! | module | its part |
//! | --- | --- |
//! | `file` | the format of `policy.toml` |
//! | `listing` | what a policy says of one crate |
//! | `pin` | a policy for the files of one lock file alone |
//!
//! The default is `default.toml` beside this file.

mod file;
mod listing;
mod pin;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::error::policy::PolicyError;
use crate::toolchain::digest;

pub use file::{Grants, Policy, VettedCrate, VettedFolder, VettedGroup};
pub(crate) use listing::Listing;

/// The default policy, with its comments.
pub const DEFAULT: &str = include_str!("default.toml");

static PARSED: LazyLock<Policy> =
    LazyLock::new(|| Policy::parse(DEFAULT).expect("the default policy is one"));

impl Default for Policy {
    /// The policy that is inside: [`DEFAULT`].
    fn default() -> Self {
        PARSED.clone()
    }
}

impl Policy {
    /// Parses and checks the text of a policy file.
    ///
    /// # Errors
    /// It is no TOML, has unknown keys, or an entry that cannot hold.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text).map_err(PolicyError::Syntax)?;
        policy.check()?;
        Ok(policy)
    }

    /// Reads the policy file at `path`.
    ///
    /// # Errors
    /// As of [`parse`](Self::parse), or it cannot be read.
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| PolicyError::Read { path: path.to_owned(), error })?;
        Self::parse(&text)
    }

    /// SHA-256 of what it says, whatever its comments and layout, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        digest::hex(&self.digest())
    }

    /// SHA-256 of what it says.
    pub(crate) fn digest(&self) -> digest::Digest {
        digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// How many entries for crates it has.
    #[must_use]
    pub fn crates(&self) -> usize {
        self.vetted.iter().map(|group| group.crates.len()).sum()
    }

    fn check(&self) -> Result<(), PolicyError> {
        for group in &self.vetted {
            for entry in &group.crates {
                let name = || entry.name.clone();
                if group.reason.trim().is_empty() {
                    return Err(PolicyError::NoReason { entry: name() });
                }
                if let Some(found) = entry.checksums.iter().find(|found| !is_checksum(found)) {
                    return Err(PolicyError::Checksum { entry: name(), found: found.clone() });
                }
            }
        }
        self.folders.iter().try_for_each(check_folder)
    }
}

fn check_folder(folder: &VettedFolder) -> Result<(), PolicyError> {
    let path = || -> PathBuf { folder.path.clone() };
    if folder.reason.trim().is_empty() {
        return Err(PolicyError::NoReason { entry: folder.path.display().to_string() });
    }
    if !folder.path.is_absolute() {
        return Err(PolicyError::RelativeFolder { path: path() });
    }
    Ok(())
}

/// Whether `text` is a SHA-256 as Cargo.lock writes it.
fn is_checksum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_is_a_policy_that_vets_no_folder() {
        let policy = Policy::parse(DEFAULT).unwrap();
        assert!(policy.crates() > 200);
        assert!(policy.folders.is_empty());
    }

    #[test]
    fn hash_is_of_what_is_said_and_not_of_how() {
        let of = |text: &str| Policy::parse(text).unwrap().sha256();
        let plain = "[[vetted]]\nreason = \"r\"\ncrates = [{ name = \"a\", version = \"1\" }]\n";
        let remarked = "# a remark\n[[vetted]]\ncrates = [\n { version = \"1\", name = \"a\" },\n]\nreason = \"r\"\n";
        assert_eq!(of(plain), of(remarked));
        assert_ne!(of(plain), of(&plain.replace("\"1\"", "\"2\"")));
        assert_ne!(of(plain), of(""));
    }

    #[test]
    fn entry_that_cannot_hold_is_refused_and_named() {
        let error = |text: &str| Policy::parse(text).unwrap_err().to_string();
        for (text, named) in [
            ("[[vetted]]\nreason = \" \"\ncrates = [{ name = \"a\", version = \"1\" }]", "`a`"),
            (
                "[[vetted]]\nreason = \"r\"\ncrates = [{ name = \"a\", version = \"1\", checksums = [\"12\"] }]",
                "`12`",
            ),
            ("[[vetted]]\nreason = \"r\"\ncrates = [{ name = \"a\", version = \"?\" }]", "line 3"),
            (
                "[[vetted]]\nreason = \"r\"\ncrates = [{ name = \"a\", version = \"1\", unsafe = 1 }]",
                "unsafe",
            ),
            ("[[folder]]\npath = \"a/b\"\nreason = \"r\"", "a/b"),
            ("[[folder]]\npath = \"/a\"\n", "reason"),
            ("[crate]\n", "crate"),
        ] {
            let message = error(text);
            assert!(message.contains(named), "{text}: {message}");
        }
    }
}
