//! Owners of one element: places that are overwritten, shared, borrowed, nested.

use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use core::cell::RefCell;
use core::hint::black_box;
use core::mem;

use crate::element::{Element, Source, sum};

pub(crate) fn rc(source: &Source<'_>) -> u64 {
    let shared = Rc::new(source.make(4));
    let clones: Vec<Rc<Element>> = (0..3).map(|_| Rc::clone(&shared)).collect();
    drop(shared);
    clones.iter().map(|element| element.key).sum()
}

pub(crate) fn ref_cell(source: &Source<'_>) -> u64 {
    let cell = RefCell::new(Vec::new());
    for key in 1..4 {
        cell.borrow_mut().push(source.make(key));
    }
    let old = cell.replace(Vec::new());
    sum(&old) ^ cell.borrow().len() as u64
}

pub(crate) fn swap(source: &Source<'_>) -> u64 {
    let (mut left, mut right) = (source.make(1), source.make(2));
    mem::swap(black_box(&mut left), black_box(&mut right));
    left.key * 10 + right.key
}

pub(crate) fn replace(source: &Source<'_>) -> u64 {
    let mut place = Box::new(source.make(1));
    let old = mem::replace(black_box(&mut *place), source.make(2));
    place.key * 10 + old.key
}

pub(crate) fn take(source: &Source<'_>) -> u64 {
    let mut place: Vec<Element> = (1..4).map(|key| source.make(key)).collect();
    let taken = mem::take(black_box(&mut place));
    sum(&taken) ^ sum(&place)
}

pub(crate) fn assign(source: &Source<'_>) -> u64 {
    let mut place = Box::new(source.make(1));
    overwrite(&mut place, source.make(2));
    place.key
}

/// `*place = new` drops what was there.
#[inline(never)]
fn overwrite(place: &mut Element, new: Element) {
    *place = new;
}

/// Its destructor, then its fields'.
struct Outer<'a> {
    inner: Option<Box<Outer<'a>>>,
    element: Element,
    seen: &'a RefCell<u64>,
}

impl Drop for Outer<'_> {
    fn drop(&mut self) {
        let mut seen = self.seen.borrow_mut();
        *seen = *seen * 10 + self.element.key;
    }
}

pub(crate) fn nested(source: &Source<'_>) -> u64 {
    let seen = RefCell::new(0);
    let mut outer = None;
    for key in 1..4 {
        outer = Some(Box::new(Outer { inner: outer, element: source.make(key), seen: &seen }));
    }
    let depth = outer.iter().filter(|outer| outer.inner.is_some()).count() as u64;
    drop(outer);
    seen.into_inner() + depth
}

pub(crate) fn closure(source: &Source<'_>) -> u64 {
    let element = source.make(6);
    let adders: [Box<dyn Fn(u64) -> u64 + '_>; 2] =
        [Box::new(move |value| value + element.key), Box::new(|value| value * source.make(3).key)];
    adders.iter().fold(1, |value, adder| adder(value))
}

pub(crate) fn option(source: &Source<'_>) -> u64 {
    let mut place = Some(source.make(5));
    let taken = black_box(&mut place).take();
    place.insert(source.make(8)).key * 10 + taken.map_or(0, |element| element.key)
}
