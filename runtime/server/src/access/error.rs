//! Why nobody answers for a request.

use thiserror::Error;

use crate::functions::store::StoreError;
use crate::http::body::BodyError;

/// Why nobody answers for a request. No message has a secret.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    #[error(
        "the request does not say who it is of: send a key as `Authorization: Bearer ID.SECRET`, or sign \
         the request"
    )]
    Nobody,
    #[error("the credential is not one: send `Authorization: Bearer ID.SECRET`, or `X-Api-Key`")]
    Malformed,
    #[error("the key is not known here, or was revoked")]
    Unknown,
    #[error("the key is {key}'s, and the connection {connection}'s")]
    Contradiction { key: String, connection: String },
    #[error("the signature is for the service `{found}`; it must be for `lambda`")]
    Service { found: String },
    #[error("the request's signature is not valid: {0}")]
    Signature(Box<dyn std::error::Error + Send + Sync>),
    #[error(transparent)]
    Body(#[from] BodyError),
}

/// Why a key was not given or taken back.
#[derive(Debug, Error)]
pub(crate) enum KeyError {
    #[error("there is no tenant `{name}`: name it in a section [[tenant]]")]
    Tenant { name: String },
    #[error("there is no key `{id}`")]
    Unknown { id: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}
