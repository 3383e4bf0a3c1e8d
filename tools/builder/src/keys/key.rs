//! One key: signing with Ed25519ph (RFC 8032, 5.1).

use std::fmt;

use ed25519_dalek::ed25519::signature::digest::Digest as _;
use ed25519_dalek::{Sha512, SigningKey};
use mote_loader::signature::{CONTEXT, PublicKey, Signed};

/// A key that signs images.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(SigningKey);

impl Key {
    pub(super) fn of_bytes(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    /// The key of a file's text: the public key's text has the same digits.
    pub(super) fn of_secret(digits: &str) -> Option<Self> {
        let secret: PublicKey = format!("ed25519:{digits}").parse().ok()?;
        Some(Self::of_bytes(&secret.0))
    }

    /// What a file holds.
    pub(super) fn secret(&self) -> String {
        self.0.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What verifies its signatures.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// `image` with a signature of this key, in place of one that it has.
    #[must_use]
    pub fn sign(&self, image: &[u8]) -> Vec<u8> {
        let content = Signed::find(image).map_or(image, |signed| signed.content);
        let digest = Sha512::new().chain_update(content);
        let signature = self.0.sign_prehashed(digest, Some(CONTEXT));
        let signature = signature.expect("the context is shorter than 255 bytes").to_bytes();
        Signed { content, key: self.public(), signature }.image()
    }
}

/// Without its secret.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.public()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_takes_the_place_of_another() {
        let [a, b] = [1, 2].map(|secret| Key::of_bytes(&[secret; 32]));
        let by_a = a.sign(b"image");
        assert_eq!(Signed::find(&by_a).unwrap().key, a.public());
        assert_eq!(b.sign(&by_a), b.sign(b"image"));
        assert_eq!(Key::of_secret(&a.secret()).unwrap(), a);
        assert!(!format!("{a:?}").contains(&a.secret()));
    }
}
