//! `VecDeque` and `BTreeMap`.

use alloc::collections::{BTreeMap, VecDeque};

use crate::element::{Element, Source, sum};

pub(crate) fn deque(source: &Source<'_>) -> u64 {
    let mut elements = VecDeque::new();
    for key in 0..4 {
        elements.push_back(source.make(key));
        elements.push_front(source.make(10 + key));
    }
    let taken = elements.pop_front().map_or(0, |element| element.key);
    elements.remove(3);
    sum(&elements) ^ taken
}

/// Fourteen: two leaves.
#[inline(never)]
fn fourteen(source: &Source<'_>) -> BTreeMap<u64, Element> {
    let mut map = BTreeMap::new();
    for step in 0..14 {
        let key = step * 5 % 14;
        map.insert(key, source.make(key));
    }
    map
}

pub(crate) fn insert(source: &Source<'_>) -> u64 {
    let mut map = fourteen(source);
    map.insert(3, source.make(33));
    sum(map.values())
}

pub(crate) fn remove(source: &Source<'_>) -> u64 {
    let mut map = fourteen(source);
    let removed = map.remove(&6).map_or(0, |element| element.key);
    sum(map.values()) ^ removed
}

pub(crate) fn entry(source: &Source<'_>) -> u64 {
    let mut map = BTreeMap::new();
    for key in [1, 2, 1, 3, 2] {
        map.entry(key).or_insert_with(|| source.make(key)).key += 10;
    }
    sum(map.values())
}

pub(crate) fn split_off(source: &Source<'_>) -> u64 {
    let mut map = fourteen(source);
    let upper = map.split_off(&8);
    sum(map.values()) ^ sum(upper.values()).rotate_left(3)
}
