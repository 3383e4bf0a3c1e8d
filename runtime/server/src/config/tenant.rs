//! The sections `[[tenant]]`: whose functions a node serves, and what each may have beside the others.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use mote_dispatcher::Share;
use serde::Deserialize;

use super::error::ConfigError;
use super::range::within;

/// The longest name of a tenant.
const MAX_NAME_BYTES: usize = 64;

/// The most tenants of one node: the node knows each by a number of 16 bits.
const MAX_TENANTS: u64 = 60_000;

/// One tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantSection {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// How much of the workers' time it gets beside one of weight 1, while both have requests waiting.
    pub weight: Option<u32>,
    /// Requests of it that may wait for a worker; more are refused.
    pub max_queued: Option<usize>,
    /// Invocations of it that may be on workers at once; more wait.
    pub max_running: Option<usize>,
    /// Functions that it may have.
    pub max_functions: Option<usize>,
    /// An address of its own: who connects there is this tenant.
    pub listen: Option<SocketAddr>,
    /// Certificates, in PEM, that vouch for its clients' (TLS).
    pub client_ca: Option<PathBuf>,
}

impl TenantSection {
    /// What the node gives it beside others.
    #[must_use]
    pub fn share(&self) -> Share {
        let free = Share::default();
        Share {
            weight: self.weight.unwrap_or(free.weight),
            max_queued: self.max_queued.unwrap_or(free.max_queued),
            max_running: self.max_running.unwrap_or(free.max_running),
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !is_name(&self.name) {
            return Err(ConfigError::TenantName { found: self.name.clone() });
        }
        within("tenant.weight", self.weight.unwrap_or(1).into(), 1, 1_000_000)?;
        within("tenant.max_running", self.max_running.unwrap_or(1) as u64, 1, u64::MAX)
    }
}

/// Refuses names that are none, or stand twice.
pub(super) fn check(sections: &[TenantSection], has_tls: bool) -> Result<(), ConfigError> {
    within("tenant", sections.len() as u64, 0, MAX_TENANTS)?;
    let mut names = BTreeSet::new();
    for section in sections {
        section.check()?;
        if !names.insert(&section.name) {
            return Err(ConfigError::TenantTwice { name: section.name.clone() });
        }
        if section.client_ca.is_some() && !has_tls {
            return Err(ConfigError::TenantWithoutTls { name: section.name.clone() });
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(is_allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<(), ConfigError> {
        let config: crate::config::Config = toml::from_str(text).unwrap();
        config.check()
    }

    #[test]
    fn shares_are_what_the_section_says_and_else_free() {
        let text = "name = 'acme'\nweight = 3\nmax_running = 2\n";
        let section: TenantSection = toml::from_str(text).unwrap();
        let expected = Share { weight: 3, max_running: 2, ..Share::default() };
        assert_eq!(section.share(), expected);
    }

    #[test]
    fn names_are_words_and_stand_once() {
        assert!(checked("[[tenant]]\nname = 'acme'\n[[tenant]]\nname = 'b-2'\n").is_ok());
        for name in ["", "a/b", "a b", "ä"] {
            assert!(checked(&format!("[[tenant]]\nname = '{name}'\n")).is_err(), "{name}");
        }
        let twice = checked("[[tenant]]\nname = 'acme'\n[[tenant]]\nname = 'acme'\n");
        assert_eq!(twice.unwrap_err().to_string(), "there are two tenants `acme`");
    }

    #[test]
    fn certificates_of_clients_need_tls() {
        let told = checked("[[tenant]]\nname = 'acme'\nclient_ca = '/ca.pem'\n").unwrap_err();
        assert!(told.to_string().contains("[tls]"), "{told}");
    }

    #[test]
    fn weight_of_nothing_is_refused() {
        assert!(checked("[[tenant]]\nname = 'acme'\nweight = 0\n").is_err());
        assert!(checked("[[tenant]]\nname = 'acme'\nmax_running = 0\n").is_err());
    }
}
