//! `Vec`: everything that moves elements and could leave one twice or not at all.

use alloc::vec::Vec;

use crate::element::{Element, Source, sum};

/// Seven elements in an order that sorting changes.
#[inline(never)]
fn seven(source: &Source<'_>) -> Vec<Element> {
    [5, 2, 7, 1, 6, 3, 4].into_iter().map(|key| source.make(key)).collect()
}

pub(crate) fn insert(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.insert(2, source.make(9));
    elements.insert(0, source.make(8));
    sum(&elements)
}

pub(crate) fn remove(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    let removed = elements.remove(3);
    sum(&elements) ^ removed.key
}

pub(crate) fn swap_remove(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    let removed = elements.swap_remove(1);
    sum(&elements) ^ removed.key
}

pub(crate) fn retain(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.retain(|element| element.key % 2 == 1);
    sum(&elements)
}

pub(crate) fn drain(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    let drained: u64 = elements.drain(2..5).map(|element| element.key).sum();
    sum(&elements) ^ drained
}

pub(crate) fn splice(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    let new = [11, 12, 13].map(|key| source.make(key));
    let old: Vec<Element> = elements.splice(1..3, new).collect();
    sum(&elements) ^ sum(&old)
}

pub(crate) fn dedup(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.dedup_by_key(|element| element.key / 3);
    sum(&elements)
}

pub(crate) fn truncate(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.truncate(3);
    elements.push(source.make(10));
    sum(&elements)
}

pub(crate) fn rotate(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.rotate_left(3);
    sum(&elements)
}

pub(crate) fn reverse(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.reverse();
    sum(&elements)
}

pub(crate) fn sort(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.sort();
    sum(&elements)
}

pub(crate) fn sort_unstable(source: &Source<'_>) -> u64 {
    let mut elements = seven(source);
    elements.sort_unstable();
    sum(&elements)
}

pub(crate) fn into_iter(source: &Source<'_>) -> u64 {
    let mut elements = seven(source).into_iter();
    let first = elements.next().map_or(0, |element| element.key);
    let last = elements.next_back().map_or(0, |element| element.key);
    first * 100 + last
}

pub(crate) fn map_collect(source: &Source<'_>) -> u64 {
    let doubled = seven(source).into_iter().map(|element| source.make(element.key * 2));
    sum(&doubled.collect::<Vec<_>>())
}
