//! Who is who: the tenant that a request is of, known by its key, its client's certificate, or the socket
//! that it came in through.
//!
//! A node whose configuration names no tenant, and that has given out no key, does not ask: whoever connects is
//! the default tenant, and what clients sign is not looked at. Otherwise each request must say who it is of, and
//! all that it says must agree.

mod credential;
mod error;
pub(crate) mod keys;
mod signature;

use hyper::Request;

use crate::functions::store::{KeyStore, StoreError};
use crate::functions::tenant::{Tenant, Tenants};
use crate::http::body::{Arriving, BodyLimits};
use credential::Credential;
pub(crate) use error::AccessError;
use keys::Keys;

/// What a connection says of who is at its other end, by its socket or a certificate.
pub(crate) type Peer = Option<Tenant>;

/// Knows tenants by what they show.
#[derive(Debug)]
pub(crate) struct Access {
    pub(crate) tenants: Tenants,
    pub(crate) keys: Keys,
}

impl Access {
    /// With the keys that the store has.
    pub(crate) fn open(tenants: Tenants, store: KeyStore) -> Result<Self, StoreError> {
        let keys = Keys::open(&tenants, store)?;
        Ok(Self { tenants, keys })
    }

    /// The tenant of a request, which goes on as it was. The body of one that is signed is read here.
    pub(crate) async fn admit(
        &self,
        peer: &Peer,
        request: Request<Arriving>,
        limits: &BodyLimits,
    ) -> Result<(Tenant, Request<Arriving>), AccessError> {
        if !self.is_asked() {
            return Ok((self.tenants.default_one().clone(), request));
        }
        let (by_key, request) = self.by_key(request, limits).await?;
        match (by_key, peer) {
            (Some(key), Some(peer)) if key != *peer => Err(AccessError::Contradiction {
                key: key.name().to_owned(),
                connection: peer.name().to_owned(),
            }),
            (Some(tenant), _) => Ok((tenant, request)),
            (None, Some(tenant)) => Ok((tenant.clone(), request)),
            (None, None) => Err(AccessError::Nobody),
        }
    }

    /// Whether requests must say who they are of.
    pub(crate) fn is_asked(&self) -> bool {
        self.tenants.are_configured() || self.keys.are_there()
    }

    async fn by_key(
        &self,
        request: Request<Arriving>,
        limits: &BodyLimits,
    ) -> Result<(Option<Tenant>, Request<Arriving>), AccessError> {
        match Credential::of(request.headers())? {
            None => Ok((None, request)),
            Some(Credential::Key { id, secret }) => {
                Ok((Some(self.keys.check(id, secret)?), request))
            }
            Some(Credential::Signature(scope)) => {
                let (tenant, secret) = self.keys.secret(&scope.id)?;
                let request = signature::verify(request, &scope, &secret, limits).await?;
                Ok((Some(tenant), request))
            }
        }
    }
}
