//! The section `[node]`: workers and their queue.

use mote_dispatcher::{NodeConfig, PublicKey, Share, Sharing, TenantId};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// What of [`NodeConfig`] an operator sets; the rest has its defaults.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NodeSection {
    /// [`NodeConfig::workers`].
    pub workers: usize,
    /// [`NodeConfig::arena_kib`].
    pub arena_kib: u32,
    /// [`NodeConfig::stack_kib`].
    pub stack_kib: u32,
    /// [`NodeConfig::zones`].
    pub zones: usize,
    /// Requests that may wait for a worker.
    pub queue_limit: usize,
    /// How long one may wait, in milliseconds.
    pub queue_timeout_ms: u32,
    /// [`NodeConfig::spin_us`].
    pub spin_us: u32,
    /// [`NodeConfig::sharing`]; left out: with several tenants each has workers of its own.
    pub sharing: Option<WorkerSharing>,
    /// [`NodeConfig::spares`].
    pub spares: usize,
    /// [`NodeConfig::batch_us`].
    pub batch_us: u32,
    /// [`NodeConfig::slice_us`]; left out: invocations run one after the other.
    pub slice_us: Option<u32>,
    /// [`NodeConfig::ban_after`]; left out: only by the operator.
    pub ban_after: Option<u32>,
    /// [`NodeConfig::trusted_keys`], as `mote keys list` prints them.
    #[serde(deserialize_with = "public_keys")]
    pub trusted_keys: Vec<PublicKey>,
}

/// [`Sharing`], as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WorkerSharing {
    /// [`Sharing::Node`].
    Node,
    /// [`Sharing::Tenant`].
    Tenant,
}

impl From<WorkerSharing> for Sharing {
    fn from(sharing: WorkerSharing) -> Self {
        match sharing {
            WorkerSharing::Node => Self::Node,
            WorkerSharing::Tenant => Self::Tenant,
        }
    }
}

impl Default for NodeSection {
    fn default() -> Self {
        let node = NodeConfig::default();
        Self {
            workers: node.workers,
            arena_kib: node.arena_kib,
            stack_kib: node.stack_kib,
            zones: node.zones,
            queue_limit: node.queue_limit,
            queue_timeout_ms: 1_000,
            spin_us: node.spin_us,
            sharing: None,
            spares: 2,
            batch_us: node.batch_us,
            slice_us: node.slice_us,
            ban_after: node.ban_after,
            trusted_keys: node.trusted_keys,
        }
    }
}

impl NodeSection {
    /// What the node is started with, whose tenants have these shares.
    #[must_use]
    pub fn config(&self, tenants: &[(TenantId, Share)]) -> NodeConfig {
        let sharing = match self.sharing {
            Some(sharing) => sharing.into(),
            None if tenants.len() > 1 => Sharing::Tenant,
            None => Sharing::Node,
        };
        NodeConfig {
            tenants: tenants.to_vec(),
            workers: self.workers,
            arena_kib: self.arena_kib,
            stack_kib: self.stack_kib,
            zones: self.zones,
            queue_limit: self.queue_limit,
            spin_us: self.spin_us,
            sharing,
            spares: Some(self.spares),
            batch_us: self.batch_us,
            slice_us: self.slice_us,
            ban_after: self.ban_after,
            trusted_keys: self.trusted_keys.clone(),
            ..NodeConfig::default()
        }
    }
}

fn public_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PublicKey>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let key =
        |text: String| text.parse().map_err(|error| D::Error::custom(format!("`{text}`: {error}")));
    texts.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_section_is_the_default_node() {
        let with_spares = NodeConfig { spares: Some(2), ..NodeConfig::default() };
        assert_eq!(NodeSection::default().config(&[]), with_spares);
    }

    #[test]
    fn several_tenants_share_no_worker_unless_the_operator_says_so() {
        let tenants = [1, 2].map(|id| (TenantId(id), Share::default()));
        let mut section = NodeSection::default();
        assert_eq!(section.config(&tenants).sharing, Sharing::Tenant);
        assert_eq!(section.config(&tenants[..1]).sharing, Sharing::Node);
        section.sharing = Some(WorkerSharing::Node);
        assert_eq!(section.config(&tenants).sharing, Sharing::Node);
    }
}
