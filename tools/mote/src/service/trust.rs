//! The keys that sign images, and those that a node is told to trust.

use mote_builder::{Key, Keys};
use mote_dispatcher::PublicKey;

use crate::status::{Failure, OrStatus as _, Status};

/// The user's key of that name, to sign with.
///
/// # Errors
/// There is none, or its file cannot be used.
pub(crate) fn own(name: &str) -> Result<Key, Failure> {
    let key = Keys::of_user().and_then(|keys| keys.key(name));
    key.or_status(Status::Usage, || "there is nothing to sign with")
}

/// The public key that `text` is, or that the user's key of that name has.
///
/// # Errors
/// It is neither.
pub(crate) fn key(text: &str) -> Result<PublicKey, Failure> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let found = Keys::of_user().and_then(|keys| keys.key(text));
    found.map(|key| key.public()).or_status(Status::Usage, || {
        format!("`{text}` is neither a public key (ed25519:…) nor the name of a key of yours")
    })
}
