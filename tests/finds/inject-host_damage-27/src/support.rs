//! What the programs are made of: elements with a token, things that own them, and a trace of all that
//! happens to them.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, VecDeque};
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::cmp::Ordering;

use mote_service::{Context, Token};

/// Makes elements, takes decisions, and keeps the trace.
pub(crate) struct Source<'a> {
    context: RefCell<&'a mut Context>,
    trace: Cell<u64>,
    decisions: Cell<u32>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(context: &'a mut Context) -> Self {
        Self { context: RefCell::new(context), trace: Cell::new(7), decisions: Cell::new(0) }
    }

    /// An element with this key and a token of its own.
    #[inline(never)]
    pub(crate) fn element(&'a self, key: u64) -> Element<'a> {
        let token = self.context.borrow_mut().token();
        Element { key, source: self, _token: token }
    }

    /// Decides from here on as this program's seed has it.
    pub(crate) fn begin(&self, seed: u32) {
        self.decisions.set(seed.wrapping_mul(2_654_435_761).wrapping_add(1));
    }

    /// Adds to the trace.
    pub(crate) fn note(&self, what: u64) {
        self.trace.set((self.trace.get().rotate_left(5) ^ what).wrapping_mul(0x100_0000_01b3));
    }

    /// All that was noted, in its order.
    pub(crate) fn trace(&self) -> u64 {
        self.trace.get()
    }

    /// One way or the other, the same in each run.
    pub(crate) fn flip(&self) -> bool {
        self.decide() & 1 == 0
    }

    /// Mostly not.
    pub(crate) fn rarely(&self) -> bool {
        self.decide() % 37 == 0
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn index(&self, end: usize) -> usize {
        self.decide() as usize % end
    }

    /// Hands `value` back; rarely drops it and fails.
    pub(crate) fn allow<T>(&'a self, value: T) -> Result<T, Failure<'a>> {
        if self.rarely() { Err(Failure::new(self, 11)) } else { Ok(value) }
    }

    fn decide(&self) -> u32 {
        let next = self.decisions.get().wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.decisions.set(next);
        next >> 16
    }
}

/// A key, and a token that its destructor releases. The destructor is in the trace.
pub(crate) struct Element<'a> {
    key: u64,
    source: &'a Source<'a>,
    _token: Token,
}

impl Drop for Element<'_> {
    fn drop(&mut self) {
        self.source.note(self.key);
    }
}

impl Clone for Element<'_> {
    fn clone(&self) -> Self {
        self.source.element(self.key + 16)
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Element<'_> {}

impl PartialOrd for Element<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Element<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

/// An error that owns something.
pub(crate) struct Failure<'a>(Element<'a>);

impl<'a> Failure<'a> {
    pub(crate) fn new(source: &'a Source<'a>, key: u64) -> Self {
        Self(source.element(key))
    }
}

/// Something whose destructor allocates, before what it holds is dropped.
pub(crate) struct Loud<'a, T> {
    pub(crate) inner: T,
    source: &'a Source<'a>,
}

impl<'a, T> Loud<'a, T> {
    pub(crate) fn new(source: &'a Source<'a>, inner: T) -> Self {
        Self { inner, source }
    }
}

impl<T: Clone> Clone for Loud<'_, T> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), source: self.source }
    }
}

impl<T> Drop for Loud<'_, T> {
    fn drop(&mut self) {
        let mut work = Vec::with_capacity(2);
        work.extend([5, 6, 7]);
        self.source.note(work.iter().sum());
    }
}

/// An iterator with a destructor: it drops what is left, one by one, and an element of its own.
pub(crate) struct Draining<'a, I: Iterator> {
    left: I,
    own: Element<'a>,
}

impl<'a, I: Iterator> Draining<'a, I> {
    pub(crate) fn new(source: &'a Source<'a>, all: impl IntoIterator<IntoIter = I>) -> Self {
        Self { left: all.into_iter(), own: source.element(13) }
    }
}

impl<I: Iterator> Iterator for Draining<'_, I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        self.own.key += 1;
        self.left.next()
    }
}

impl<I: Iterator> Drop for Draining<'_, I> {
    fn drop(&mut self) {
        let left = self.left.by_ref().count();
        self.own.source.note(left as u64);
    }
}

/// A number that depends on all keys of a value, and on their order.
pub(crate) trait Key {
    fn key(&self) -> u64;
}

fn sum<'k, T: Key + 'k>(all: impl IntoIterator<Item = &'k T>) -> u64 {
    all.into_iter().fold(3, |sum: u64, one| sum.rotate_left(7) ^ one.key())
}

impl Key for Element<'_> {
    fn key(&self) -> u64 {
        self.key
    }
}

impl Key for Failure<'_> {
    fn key(&self) -> u64 {
        self.0.key
    }
}

impl<T: Key> Key for Loud<'_, T> {
    fn key(&self) -> u64 {
        self.inner.key() ^ 21
    }
}

impl<T: Key> Key for Option<T> {
    fn key(&self) -> u64 {
        sum(self)
    }
}

impl<T: Key> Key for Box<T> {
    fn key(&self) -> u64 {
        T::key(self) ^ 22
    }
}

impl<T: Key> Key for Rc<T> {
    fn key(&self) -> u64 {
        T::key(self) ^ Rc::strong_count(self) as u64
    }
}

impl<T: Key> Key for RefCell<T> {
    fn key(&self) -> u64 {
        self.borrow().key()
    }
}

impl<T: Key> Key for Vec<T> {
    fn key(&self) -> u64 {
        sum(self)
    }
}

impl<T: Key> Key for VecDeque<T> {
    fn key(&self) -> u64 {
        sum(self)
    }
}

impl<K: Key, V: Key> Key for BTreeMap<K, V> {
    fn key(&self) -> u64 {
        sum(self.keys()) ^ sum(self.values())
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn key(&self) -> u64 {
        self.0.key().rotate_left(9) ^ self.1.key()
    }
}
