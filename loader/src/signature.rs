//! The signature of an image, behind all its other bytes: Ed25519ph (RFC 8032, 5.1) over them. Here is where it
//! lies; who signs and who verifies has the arithmetic.
//!
//! ```text
//!  ELF file │ "moteSIG1" │ public key, 32 bytes │ signature, 64 bytes │ end
//! ```
#![forbid(unsafe_code)]

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

/// What a signature is for, as the context of Ed25519ph.
pub const CONTEXT: &[u8] = b"mote image";

const MAGIC: &[u8; 8] = b"moteSIG1";

/// How a key begins in text.
const PREFIX: &str = "ed25519:";

/// A public key that verifies images. As text, `ed25519:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// A text is no public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a public key is `{PREFIX}` and 64 hexadecimal digits, as `mote keys list` prints it")]
pub struct NoPublicKey;

/// The parts of an image that has a signature. Nothing is verified yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signed<'a> {
    /// What is signed.
    pub content: &'a [u8],
    /// Who is said to have signed it.
    pub key: PublicKey,
    /// The signature.
    pub signature: [u8; 64],
}

impl<'a> Signed<'a> {
    /// The parts of `image`; `None` if it has no signature.
    #[must_use]
    pub fn find(image: &'a [u8]) -> Option<Self> {
        let (rest, signature) = image.split_last_chunk()?;
        let (rest, key) = rest.split_last_chunk()?;
        let content = rest.strip_suffix(MAGIC)?;
        Some(Self { content, key: PublicKey(*key), signature: *signature })
    }

    /// The image of these parts.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        [self.content, MAGIC, &self.key.0, &self.signature].concat()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = NoPublicKey;

    fn from_str(text: &str) -> Result<Self, NoPublicKey> {
        let digits = text.strip_prefix(PREFIX).ok_or(NoPublicKey)?;
        let is_hex = digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_hex {
            return Err(NoPublicKey);
        }
        let mut key = [0; 32];
        for (byte, at) in key.iter_mut().zip((0..).step_by(2)) {
            *byte = u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| NoPublicKey)?;
        }
        Ok(Self(key))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString as _;

    use super::*;

    #[test]
    fn signature_is_found_behind_everything_else() {
        let parts = Signed { content: b"image", key: PublicKey([7; 32]), signature: [9; 64] };
        let image = parts.image();
        assert_eq!(Signed::find(&image), Some(parts));
        assert_eq!(Signed::find(&image[1..]).unwrap().content, b"mage");
        for cut in [&image[..image.len() - 1], &image[6..], b""] {
            assert_eq!(Signed::find(cut), None);
        }
    }

    #[test]
    fn key_comes_back_from_text() {
        let key = PublicKey(core::array::from_fn(|at| at as u8 * 8));
        assert_eq!(key.to_string().parse(), Ok(key));
        for text in ["", "ed25519:", "ed25519:0g", "x", &key.to_string()[1..], "ed25519:é"] {
            assert_eq!(text.parse::<PublicKey>(), Err(NoPublicKey), "{text}");
        }
    }
}
