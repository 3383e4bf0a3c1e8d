//! Whose functions they are.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use mote_dispatcher::{Share, TenantId};

use crate::config::tenant::TenantSection;

/// The tenant that every node has. Where the configuration names no other, all functions are its.
pub const DEFAULT: &str = "default";

/// One tenant of a node.
#[derive(Clone)]
pub struct Tenant(Arc<Inner>);

struct Inner {
    id: TenantId,
    name: String,
    share: Share,
    max_functions: usize,
}

impl Tenant {
    /// The node's own tenant, without limits.
    #[must_use]
    pub fn of_node() -> Self {
        let section = TenantSection { name: DEFAULT.to_owned(), ..TenantSection::default() };
        Self::new(TenantId::default(), &section)
    }

    fn new(id: TenantId, section: &TenantSection) -> Self {
        Self(Arc::new(Inner {
            id,
            name: section.name.clone(),
            share: section.share(),
            max_functions: section.max_functions.unwrap_or(usize::MAX),
        }))
    }

    /// What the node calls it.
    #[must_use]
    pub fn id(&self) -> TenantId {
        self.0.id
    }

    /// What people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How many functions it may have.
    #[must_use]
    pub fn max_functions(&self) -> usize {
        self.0.max_functions
    }

    /// Whether it is the one that every node has.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.id() == TenantId::default()
    }
}

impl PartialEq for Tenant {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Tenant {}

impl Hash for Tenant {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The tenants of a node: the default one, and those that its configuration names.
#[derive(Clone, Debug)]
pub struct Tenants {
    all: Vec<Tenant>,
    are_configured: bool,
}

impl Tenants {
    /// Those of a configuration.
    #[must_use]
    pub fn new(sections: &[TenantSection]) -> Self {
        let mut all = vec![Tenant::of_node()];
        for section in sections {
            if section.name == DEFAULT {
                all[0] = Tenant::new(TenantId::default(), section);
            } else {
                let id = u16::try_from(all.len()).expect("the configuration was checked");
                all.push(Tenant::new(TenantId(id), section));
            }
        }
        Self { all, are_configured: !sections.is_empty() }
    }

    /// Whether the configuration names any.
    #[must_use]
    pub fn are_configured(&self) -> bool {
        self.are_configured
    }

    /// What the node gives each beside the others; nothing if the configuration names none.
    #[must_use]
    pub fn shares(&self) -> Vec<(TenantId, Share)> {
        let shares = self.all.iter().map(|tenant| (tenant.id(), tenant.0.share));
        if self.are_configured { shares.collect() } else { Vec::new() }
    }

    /// The one that every node has.
    #[must_use]
    pub fn default_one(&self) -> &Tenant {
        &self.all[0]
    }

    /// The tenant of `TENANT/NAME`, and the rest; without a tenant it is the default one's.
    ///
    /// # Errors
    /// The name of a tenant that is not there.
    pub fn of_text<'a>(&self, text: &'a str) -> Result<(&Tenant, &'a str), &'a str> {
        match text.split_once('/') {
            None => Ok((self.default_one(), text)),
            Some((tenant, name)) => self.get(tenant).map(|tenant| (tenant, name)).ok_or(tenant),
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Tenant> {
        self.all.iter().find(|tenant| tenant.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, max_functions: Option<usize>) -> TenantSection {
        TenantSection { name: name.to_owned(), max_functions, ..TenantSection::default() }
    }

    #[test]
    fn node_without_configured_tenants_has_the_default_one() {
        let tenants = Tenants::new(&[]);
        assert!(!tenants.are_configured() && tenants.default_one().is_default());
        assert_eq!(tenants.shares(), []);
        assert_eq!(tenants.get("acme"), None);
    }

    #[test]
    fn tenants_are_told_apart_and_the_default_one_may_be_configured() {
        let tenants = Tenants::new(&[section("acme", None), section(DEFAULT, Some(3))]);
        assert_ne!(tenants.get("acme"), tenants.get(DEFAULT));
        assert_eq!(tenants.default_one().max_functions(), 3);
        assert!(tenants.are_configured());
        assert_eq!(tenants.shares().len(), 2);
        assert_eq!(tenants.of_text("acme/f"), Ok((tenants.get("acme").unwrap(), "f")));
        assert_eq!(tenants.of_text("f"), Ok((tenants.default_one(), "f")));
        assert_eq!(tenants.of_text("b/f"), Err("b"));
    }
}
