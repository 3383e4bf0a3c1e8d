//! Who signed an image, and whether a node trusts them.

use ed25519_dalek::ed25519::signature::digest::Digest as _;
use ed25519_dalek::{Sha512, Signature, VerifyingKey};
use mote_loader::signature::{CONTEXT, PublicKey, Signed};
use thiserror::Error;

/// Why a node does not trust an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TrustError {
    /// Its signature is not of these bytes.
    #[error(
        "its signature by {key} does not fit it: it was changed since, or never signed by that key; build or \
         fetch it again"
    )]
    Wrong {
        /// The key that is said to have signed it.
        key: PublicKey,
    },
    /// It has no signature, and the node takes only images of keys that it trusts.
    #[error(
        "it is not signed, and this node takes only what a key that it trusts has signed (mote build --key)"
    )]
    Unsigned,
    /// It is signed by somebody else.
    #[error("it is signed by {key}, which is not among the keys that this node trusts")]
    Unknown {
        /// The key that signed it.
        key: PublicKey,
    },
}

/// The key that signed `image`; `None` if it has no signature. Takes long beside an invocation.
///
/// # Errors
/// [`TrustError::Wrong`].
pub fn signer(image: &[u8]) -> Result<Option<PublicKey>, TrustError> {
    let Some(signed) = Signed::find(image) else { return Ok(None) };
    let key = signed.key;
    let digest = Sha512::new().chain_update(signed.content);
    let signature = Signature::from_bytes(&signed.signature);
    VerifyingKey::from_bytes(&key.0)
        .and_then(|verifying| verifying.verify_prehashed_strict(digest, Some(CONTEXT), &signature))
        .map(|()| Some(key))
        .map_err(|_| TrustError::Wrong { key })
}

/// Whether a node that trusts `keys` takes what `signer` has signed. One that trusts none takes everything.
pub(crate) fn check(signer: Option<PublicKey>, keys: &[PublicKey]) -> Result<(), TrustError> {
    match signer {
        _ if keys.is_empty() => Ok(()),
        None => Err(TrustError::Unsigned),
        Some(key) if keys.contains(&key) => Ok(()),
        Some(key) => Err(TrustError::Unknown { key }),
    }
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;

    use super::*;

    fn signed(content: &[u8], secret: u8, context: &[u8]) -> Vec<u8> {
        let key = SigningKey::from_bytes(&[secret; 32]);
        let digest = Sha512::new().chain_update(content);
        let signature = key.sign_prehashed(digest, Some(context)).unwrap().to_bytes();
        let key = PublicKey(key.verifying_key().to_bytes());
        Signed { content, key, signature }.image()
    }

    #[test]
    fn every_byte_is_under_the_signature() {
        let image = signed(b"an image", 1, CONTEXT);
        assert!(signer(&image).unwrap().is_some());
        for at in 0..image.len() {
            let mut changed = image.clone();
            changed[at] ^= 1;
            // Without its magic it is another image, which is not signed.
            assert!(!matches!(signer(&changed), Ok(Some(_))), "byte {at}");
        }
        assert!(signer(&signed(b"an image", 1, b"another use")).is_err());
    }

    #[test]
    fn node_with_keys_takes_their_images_only() {
        let [a, b] = [1, 2].map(|secret| signer(&signed(b"an image", secret, CONTEXT)).unwrap());
        let trusted = [a.unwrap()];
        assert_eq!(check(a, &trusted), Ok(()));
        assert_eq!(check(b, &trusted), Err(TrustError::Unknown { key: b.unwrap() }));
        assert_eq!(check(None, &trusted), Err(TrustError::Unsigned));
        assert_eq!(check(None, &[]), Ok(()));
    }
}
