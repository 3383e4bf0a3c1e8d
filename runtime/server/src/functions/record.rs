//! What is kept of a function: its states, their images by digest, and who points to which.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::settings::Settings;
use crate::functions::description::Description;
use crate::functions::images::Digest;
use crate::functions::name::{FunctionId, LATEST, Qualifier};
use crate::functions::tenant;

/// One function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// The name of the tenant whose it is.
    #[serde(default = "of_node")]
    pub tenant: String,
    /// Its name.
    pub name: String,
    /// What was deployed last.
    pub latest: Revision,
    /// Published states, by number. They never change.
    pub versions: BTreeMap<u32, Revision>,
    /// The number of the version published last; numbers are not used again.
    pub last_version: u32,
    /// Other names of versions.
    pub aliases: BTreeMap<String, Alias>,
    /// Whatever its owner notes.
    pub tags: BTreeMap<String, String>,
}

/// One state of a function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Changes with every change.
    pub id: Uuid,
    /// Its image.
    pub image: Digest,
    /// The image's length, in bytes.
    pub image_bytes: u64,
    /// What its invocations may use.
    pub settings: Settings,
    /// What Lambda's clients say of it.
    pub description: Description,
    /// When it was deployed, in milliseconds since 1970.
    pub modified_ms: u64,
    /// The version that this state is or was published as; 0 if it was not.
    pub version: u32,
}

/// Another name of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Changes with every change.
    pub id: Uuid,
    /// The version; 0 is the last state.
    pub version: u32,
    /// What it is for.
    pub description: String,
}

impl Revision {
    /// A state that begins now, and is not published.
    #[must_use]
    pub fn new(image: &[u8], settings: Settings, description: Description) -> Self {
        Self {
            id: Uuid::new_v4(),
            image: Digest::of(image),
            image_bytes: image.len() as u64,
            settings,
            description,
            modified_ms: now_ms(),
            version: 0,
        }
    }

    /// This state with other settings: it begins now, and is not published.
    #[must_use]
    pub fn changed(&self, settings: Settings, description: Description) -> Self {
        let (id, modified_ms) = (Uuid::new_v4(), now_ms());
        Self { id, settings, description, modified_ms, version: 0, ..self.clone() }
    }
}

impl Function {
    /// A function whose state is `first`, which is not published yet.
    #[must_use]
    pub fn new(id: &FunctionId, first: Revision) -> Self {
        Self {
            tenant: id.tenant.name().to_owned(),
            name: id.name.clone(),
            latest: first,
            versions: BTreeMap::new(),
            last_version: 0,
            aliases: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Publishes the last state, unless it is published already. Returns its number.
    pub fn publish(&mut self) -> u32 {
        if self.latest.version == 0 {
            self.last_version += 1;
            self.latest.version = self.last_version;
            self.versions.insert(self.last_version, self.latest.clone());
        }
        self.latest.version
    }

    /// Goes back to the version before the one that is the last state, or to the one that is named.
    /// Returns its number, or `None` if there is no such version.
    pub fn roll_back(&mut self, to: Option<u32>) -> Option<u32> {
        let version = match (to, self.latest.version) {
            (Some(version), _) => version,
            (None, 0) => *self.versions.keys().next_back()?,
            (None, version) => *self.versions.range(..version).next_back()?.0,
        };
        self.latest = self.versions.get(&version)?.clone();
        Some(version)
    }

    /// The state that a qualifier means, and its name for `X-Amz-Executed-Version`.
    #[must_use]
    pub fn state(&self, qualifier: Option<&Qualifier>) -> Option<(&Revision, String)> {
        let version = match qualifier {
            None | Some(Qualifier::Latest) => 0,
            Some(Qualifier::Version(version)) => *version,
            Some(Qualifier::Alias(alias)) => self.aliases.get(alias)?.version,
        };
        match version {
            0 => Some((&self.latest, LATEST.to_owned())),
            version => Some((self.versions.get(&version)?, version.to_string())),
        }
    }

    /// The images that its states need.
    #[must_use]
    pub fn images(&self) -> BTreeSet<Digest> {
        self.versions.values().chain([&self.latest]).map(|revision| revision.image).collect()
    }
}

fn of_node() -> String {
    tenant::DEFAULT.to_owned()
}

/// The time, in milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::functions::tenant::Tenant;

    pub(crate) fn revision(image: &[u8]) -> Revision {
        Revision {
            id: Uuid::nil(),
            image: Digest::of(image),
            image_bytes: image.len() as u64,
            settings: Settings::default(),
            description: Description::of_image(image),
            modified_ms: 1,
            version: 0,
        }
    }

    /// A function of the default tenant.
    pub(crate) fn id(name: &str) -> FunctionId {
        FunctionId { tenant: Tenant::of_node(), name: name.to_owned() }
    }

    fn published(images: &[&[u8]]) -> Function {
        let mut function = Function::new(&id("f"), revision(images[0]));
        function.publish();
        for image in &images[1..] {
            function.latest = revision(image);
            function.publish();
        }
        function
    }

    #[test]
    fn published_states_are_versions() {
        let function = published(&[b"one", b"two"]);
        let version = |number| function.state(Some(&Qualifier::Version(number)));
        assert_eq!(version(1).unwrap().0.image, Digest::of(b"one"));
        assert_eq!(version(2).unwrap().0.image, Digest::of(b"two"));
        assert_eq!(version(3), None);
        assert_eq!(function.state(None).unwrap().1, "$LATEST");
    }

    #[test]
    fn same_state_is_published_once() {
        let mut function = published(&[b"one"]);
        assert_eq!(function.publish(), 1);
        assert_eq!(function.versions.len(), 1);
    }

    #[test]
    fn alias_means_the_version_that_it_points_to() {
        let mut function = published(&[b"one", b"two"]);
        let alias = |version| Alias { id: Uuid::nil(), version, description: String::new() };
        function.aliases.insert("live".to_owned(), alias(1));
        function.aliases.insert("next".to_owned(), alias(0));
        let state = |name: &str| function.state(Some(&Qualifier::Alias(name.to_owned())));
        assert_eq!(state("live").unwrap().1, "1");
        assert_eq!(state("next").unwrap().1, "$LATEST");
        assert_eq!(state("gone"), None);
    }

    #[test]
    fn rolling_back_goes_one_version_back_each_time() {
        let mut function = published(&[b"one", b"two", b"three"]);
        assert_eq!(function.roll_back(None), Some(2));
        assert_eq!(function.roll_back(None), Some(1));
        assert_eq!(function.latest.image, Digest::of(b"one"));
        assert_eq!(function.roll_back(None), None);
        assert_eq!(function.roll_back(Some(3)), Some(3));
        assert_eq!(function.roll_back(Some(9)), None);
        assert_eq!(function.latest.image, Digest::of(b"three"));
    }

    #[test]
    fn unpublished_state_is_rolled_back_to_the_last_version() {
        let mut function = published(&[b"one", b"two"]);
        function.latest = revision(b"three");
        assert_eq!(function.roll_back(None), Some(2));
    }

    #[test]
    fn version_numbers_are_not_used_again() {
        let mut function = published(&[b"one", b"two"]);
        function.roll_back(None);
        function.latest = revision(b"three");
        assert_eq!(function.publish(), 3);
        assert_eq!(function.images().len(), 3);
    }
}
