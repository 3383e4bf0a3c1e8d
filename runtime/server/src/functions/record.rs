//! What is kept of a function: its states, their images by digest, and who points to which.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::settings::Settings;
use crate::functions::images::Digest;
use crate::functions::name::{LATEST, Qualifier};

/// One function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What was deployed last.
    pub latest: Revision,
    /// Published states, by number. They never change.
    pub versions: BTreeMap<u32, Revision>,
    /// The number of the version published last; numbers are not used again.
    pub last_version: u32,
}

/// One state of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its image.
    pub image: Digest,
    /// The image's length, in bytes.
    pub image_bytes: u64,
    /// What its invocations may use.
    pub settings: Settings,
    /// When it was deployed, in milliseconds since 1970.
    pub modified_ms: u64,
    /// The version that this state is or was published as; 0 if it was not.
    pub version: u32,
}

impl Function {
    /// A function whose first version is `first`.
    #[must_use]
    pub fn new(name: &str, first: Revision) -> Self {
        let mut function = Self {
            name: name.to_owned(),
            latest: first,
            versions: BTreeMap::new(),
            last_version: 0,
        };
        function.publish();
        function
    }

    /// Makes `next` the last state, and publishes it.
    pub fn replace(&mut self, next: Revision) {
        self.latest = next;
        self.publish();
    }

    /// Goes back to the version before the one that is the last state, or to the one that is named.
    /// Returns its number, or `None` if there is no such version.
    pub fn roll_back(&mut self, to: Option<u32>) -> Option<u32> {
        let version = match to {
            Some(version) => version,
            None => *self.versions.range(..self.latest.version).next_back()?.0,
        };
        self.latest = self.versions.get(&version)?.clone();
        Some(version)
    }

    /// The state that a qualifier means, and its name for `X-Amz-Executed-Version`.
    #[must_use]
    pub fn state(&self, qualifier: Option<&Qualifier>) -> Option<(&Revision, String)> {
        match qualifier {
            None | Some(Qualifier::Latest) => Some((&self.latest, LATEST.to_owned())),
            Some(Qualifier::Version(version)) => {
                Some((self.versions.get(version)?, version.to_string()))
            }
            Some(Qualifier::Alias(_)) => None,
        }
    }

    /// The images that its states need.
    #[must_use]
    pub fn images(&self) -> BTreeSet<Digest> {
        self.versions.values().chain([&self.latest]).map(|revision| revision.image).collect()
    }

    fn publish(&mut self) {
        self.last_version += 1;
        self.latest.version = self.last_version;
        self.versions.insert(self.last_version, self.latest.clone());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn revision(image: &[u8]) -> Revision {
        Revision {
            image: Digest::of(image),
            image_bytes: image.len() as u64,
            settings: Settings::default(),
            modified_ms: 1,
            version: 0,
        }
    }

    #[test]
    fn every_deployment_is_a_version() {
        let mut function = Function::new("f", revision(b"one"));
        function.replace(revision(b"two"));
        let version = |number| function.state(Some(&Qualifier::Version(number)));
        assert_eq!(version(1).unwrap().0.image, Digest::of(b"one"));
        assert_eq!(version(2).unwrap().0.image, Digest::of(b"two"));
        assert_eq!(version(3), None);
        assert_eq!(function.state(None).unwrap().1, "$LATEST");
    }

    #[test]
    fn rolling_back_goes_one_version_back_each_time() {
        let mut function = Function::new("f", revision(b"one"));
        function.replace(revision(b"two"));
        function.replace(revision(b"three"));
        assert_eq!(function.roll_back(None), Some(2));
        assert_eq!(function.roll_back(None), Some(1));
        assert_eq!(function.latest.image, Digest::of(b"one"));
        assert_eq!(function.roll_back(None), None);
        assert_eq!(function.roll_back(Some(3)), Some(3));
        assert_eq!(function.roll_back(Some(9)), None);
        assert_eq!(function.latest.image, Digest::of(b"three"));
    }

    #[test]
    fn version_numbers_are_not_used_again() {
        let mut function = Function::new("f", revision(b"one"));
        function.replace(revision(b"two"));
        function.roll_back(None);
        function.replace(revision(b"three"));
        assert_eq!(function.latest.version, 3);
        assert_eq!(function.images().len(), 3);
    }
}
