//! What the collections hold.

use core::cell::RefCell;
use core::cmp::Ordering;

use mote_service::{Context, Token};

/// Makes elements.
pub(crate) struct Source<'a>(RefCell<&'a mut Context>);

impl<'a> Source<'a> {
    pub(crate) fn new(context: &'a mut Context) -> Self {
        Self(RefCell::new(context))
    }

    /// An element with this key and a token of its own.
    #[inline(never)]
    pub(crate) fn make(&self, key: u64) -> Element {
        Element { key, _token: self.0.borrow_mut().token() }
    }
}

/// A key, and a token that its destructor releases.
pub(crate) struct Element {
    pub(crate) key: u64,
    _token: Token,
}

impl PartialEq for Element {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Element {}

impl PartialOrd for Element {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Element {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// A number that depends on every key and on their order.
#[inline(never)]
pub(crate) fn sum<'e>(elements: impl IntoIterator<Item = &'e Element>) -> u64 {
    elements.into_iter().fold(7, |sum: u64, element| sum.rotate_left(5) ^ element.key)
}
