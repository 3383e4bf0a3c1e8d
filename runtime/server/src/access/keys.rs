//! Keys of tenants. Of a secret, only its hash is kept; a signature's verifier derives it anew.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::error::AccessError;
pub(crate) use super::error::KeyError;
use crate::functions::images::Digest;
use crate::functions::store::{KeyRecord, KeyStore, SECRET_BYTES, StoreError};
use crate::functions::tenant::{Tenant, Tenants};

/// What identifiers begin with.
const PREFIX: &str = "MOTE";

/// The length of a key's secret, in characters: that of an AWS secret access key.
const KEY_SECRET_CHARS: usize = 40;

/// The keys of a node's tenants.
#[derive(Debug)]
pub(crate) struct Keys {
    store: KeyStore,
    known: RwLock<HashMap<String, Known>>,
}

#[derive(Clone, Debug)]
struct Known {
    tenant: Tenant,
    record: KeyRecord,
}

/// A key that was just made. Its secret is told once.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Keys {
    /// Those of these tenants. One whose tenant is not there opens nothing.
    pub(crate) fn open(tenants: &Tenants, store: KeyStore) -> Result<Self, StoreError> {
        let mut known = HashMap::new();
        for record in store.all()? {
            match tenants.get(&record.tenant) {
                Some(tenant) => {
                    known.insert(record.id.clone(), Known { tenant: tenant.clone(), record });
                }
                None => {
                    let KeyRecord { id, tenant, .. } = &record;
                    tracing::warn!(key = id, tenant, "not known: there is no such tenant");
                }
            }
        }
        Ok(Self { store, known: RwLock::new(known) })
    }

    /// Whether there is any.
    pub(crate) fn are_there(&self) -> bool {
        !self.known.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// What is kept of each key, by identifier.
    pub(crate) fn list(&self) -> Vec<KeyRecord> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut records: Vec<_> = known.values().map(|known| known.record.clone()).collect();
        records.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        records
    }

    /// Makes a key of `tenant`, which is known at once. This waits for the disk.
    pub(crate) fn grant(&self, tenant: &Tenant) -> Result<Granted, KeyError> {
        let id = format!("{PREFIX}{}", hexadecimal(&random::<8>()));
        let secret = derived(&self.store.secret(random)?, &id);
        let record = KeyRecord {
            id: id.clone(),
            tenant: tenant.name().to_owned(),
            secret_hash: Digest::of(secret.as_bytes()),
            created_ms: now_ms(),
        };
        self.store.write(&record)?;
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.clone(), Known { tenant: tenant.clone(), record });
        Ok(Granted { id, secret })
    }

    /// Takes a key back: it opens nothing from now on. This waits for the disk.
    pub(crate) fn revoke(&self, id: &str) -> Result<(), KeyError> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.remove(id).ok_or_else(|| KeyError::Unknown { id: id.to_owned() })?;
        Ok(self.store.remove(id)?)
    }

    /// The tenant whose key this is, if the secret is the key's.
    pub(super) fn check(&self, id: &str, secret: &str) -> Result<Tenant, AccessError> {
        let known = self.get(id)?;
        let hash = Digest::of(secret.as_bytes());
        let is_equal = hash.bytes().ct_eq(known.record.secret_hash.bytes());
        if is_equal.into() { Ok(known.tenant) } else { Err(AccessError::Unknown) }
    }

    /// The tenant whose key this is, and the secret that signs its requests.
    pub(super) fn secret(&self, id: &str) -> Result<(Tenant, String), AccessError> {
        let known = self.get(id)?;
        let node = self.store.secret(|| unreachable!("the key was derived from it"));
        let node = node.map_err(|error| {
            tracing::error!(%error, "signatures cannot be verified");
            AccessError::Unknown
        })?;
        Ok((known.tenant, derived(&node, id)))
    }

    fn get(&self, id: &str) -> Result<Known, AccessError> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(id).cloned().ok_or(AccessError::Unknown)
    }
}

/// The secret of the key `id` of a node with this secret.
fn derived(node: &[u8; SECRET_BYTES], id: &str) -> String {
    let mut hmac = Hmac::<Sha256>::new_from_slice(node).expect("a key may have any length");
    hmac.update(id.as_bytes());
    let text = BASE64_URL_SAFE_NO_PAD.encode(hmac.finalize().into_bytes());
    text[..KEY_SECRET_CHARS].to_owned()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let provider = rustls::crypto::ring::default_provider();
    provider.secure_random.fill(&mut bytes).expect("the system has random bytes");
    bytes
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::store::Store;

    fn keys() -> (tempfile::TempDir, Keys) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let keys = Keys::open(&Tenants::new(&[]), store.keys()).unwrap();
        (folder, keys)
    }

    #[test]
    fn key_opens_with_its_own_secret_until_it_is_revoked() {
        let (_folder, keys) = keys();
        let (one, two) =
            (keys.grant(&Tenant::of_node()).unwrap(), keys.grant(&Tenant::of_node()).unwrap());
        assert!(keys.are_there() && keys.check(&one.id, &one.secret).is_ok());
        assert!(keys.check(&one.id, &two.secret).is_err());
        assert!(keys.check("MOTE0", &one.secret).is_err());
        assert_eq!(keys.secret(&two.id).unwrap().1, two.secret);
        keys.revoke(&one.id).unwrap();
        assert!(keys.check(&one.id, &one.secret).is_err() && keys.secret(&one.id).is_err());
        assert!(matches!(keys.revoke(&one.id), Err(KeyError::Unknown { .. })));
    }

    #[test]
    fn store_has_no_secret() {
        let (folder, keys) = keys();
        let granted = keys.grant(&Tenant::of_node()).unwrap();
        let store = std::fs::read(folder.path().join("functions.redb")).unwrap();
        let has = |text: &str| store.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has(&granted.id) && !has(&granted.secret));
    }

    #[test]
    fn secrets_are_as_long_as_those_that_clients_know() {
        let (_folder, keys) = keys();
        let granted = keys.grant(&Tenant::of_node()).unwrap();
        assert_eq!((granted.id.len(), granted.secret.len()), (20, KEY_SECRET_CHARS));
    }
}
