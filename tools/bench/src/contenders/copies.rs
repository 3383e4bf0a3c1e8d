//! Copies of an image, verified on all processors. Each of `numbered` has a number of its own, so that no
//! two are the same, and each can be asked which one it is.

use std::borrow::Cow;
use std::ops::Range;

use mote_dispatcher::VerifiedImage;

use crate::bundle::parallel;
use crate::error::Error;

/// What stands before the number.
const MARK: &[u8] = b"number of copy: ";

/// Copies of one image.
pub(crate) struct Copies {
    image: Vec<u8>,
    /// Where the number is, if the image has one.
    number: Option<Range<usize>>,
}

impl Copies {
    pub(crate) fn new(image: &[u8]) -> Self {
        let mark = image.windows(MARK.len()).position(|bytes| bytes == MARK);
        let begin = mark.map(|mark| mark + MARK.len());
        let number = begin.map(|begin| begin..begin + size_of::<u64>());
        Self { image: image.to_vec(), number }
    }

    /// Whether they differ.
    pub(crate) fn are_numbered(&self) -> bool {
        self.number.is_some()
    }

    /// The copies of these numbers, with what the node calls them.
    pub(crate) fn verified(
        &self,
        numbers: Range<usize>,
    ) -> Result<Vec<(String, VerifiedImage)>, Error> {
        let numbers: Vec<usize> = numbers.collect();
        parallel::in_order(&numbers, |&number| {
            let name = format!("copy {number}");
            let image = VerifiedImage::new(&name, &self.copy(number))?;
            Ok((name, image))
        })
    }

    fn copy(&self, number: usize) -> Cow<'_, [u8]> {
        let mut image = Cow::Borrowed(&*self.image);
        if let Some(place) = &self.number {
            image.to_mut()[place.clone()].copy_from_slice(&(number as u64).to_le_bytes());
        }
        image
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_differ_by_their_number_alone() {
        let image = b"\x7fELF number of copy: 12345678 more";
        let copies = Copies::new(image);
        assert!(copies.are_numbered());
        assert_eq!(&*copies.copy(0x0201), b"\x7fELF number of copy: \x01\x02\0\0\0\0\0\0 more");
        let plain = Copies::new(b"\x7fELF");
        assert!(!plain.are_numbered());
        assert_eq!(&*plain.copy(7), b"\x7fELF");
    }
}
