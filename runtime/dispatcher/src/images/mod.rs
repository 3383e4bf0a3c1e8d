//! Images: which are deployed ([`services`]), where they are placed ([`zones`]), and how their services
//! did ([`statistics`], [`strikes`], [`bans`]). [`admission`] says which of them a node takes, [`signer`] who signed one, [`worker_set`] which workers have the text of one.

pub(crate) mod admission;
pub(crate) mod bans;
pub(crate) mod deployment;
pub(crate) mod error;
pub(crate) mod records;
pub(crate) mod residency;
pub(crate) mod retired;
pub(crate) mod services;
pub(crate) mod signer;
pub(crate) mod statistics;
pub(crate) mod strikes;
pub(crate) mod toolchain;
pub(crate) mod worker_set;
pub(crate) mod zones;
