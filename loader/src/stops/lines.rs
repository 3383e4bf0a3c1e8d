//! The stop points of an image in the order in which breakpoints are stored over them.
//!
//! What a stop costs its victim, and whoever stops it, is per cache line: so points are taken line by line.
//! First comes the line that stopped this image last, then the lines with jumps back, where a service that
//! runs long is most likely to be, then the rest.
#![forbid(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ops::Range;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::point::{StopKind, StopPoint};

/// Bytes of a cache line. Slots are aligned to it.
const LINE_BYTES: u32 = 64;

/// In [`StopLines::last`]: nothing stopped this image yet.
const NONE: u32 = u32::MAX;

/// A stop point, and the byte that stands there in clean text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StopByte {
    point: StopPoint,
    byte: u8,
}

impl StopByte {
    /// Its offset from the start of text.
    #[inline]
    #[must_use]
    pub const fn offset(self) -> u32 {
        self.point.offset
    }

    #[inline]
    pub(crate) const fn byte(self) -> u8 {
        self.byte
    }

    const fn line(self) -> u32 {
        self.point.offset / LINE_BYTES
    }
}

/// See the module.
#[derive(Debug)]
pub struct StopLines {
    /// Line by line: lines with loops first, each part by ascending offset.
    stops: Box<[StopByte]>,
    /// Where in `stops` the line begins that stopped this image last.
    last: AtomicU32,
}

impl StopLines {
    /// Orders the stop points of `text`, which come by ascending offset.
    ///
    /// # Panics
    /// If one is not in `text`.
    #[must_use]
    pub fn new(points: &[StopPoint], text: &[u8]) -> Self {
        let stop = |&point: &StopPoint| StopByte { point, byte: text[point.offset as usize] };
        let stops: Vec<StopByte> = points.iter().map(stop).collect();
        let is_loop = |stop: &StopByte| stop.point.kind == StopKind::Loop;
        let (loops, rest): (Vec<_>, Vec<_>) =
            by_line(&stops).partition(|line| line.iter().any(is_loop));
        let stops = loops.into_iter().chain(rest).flatten().copied().collect();
        Self { stops, last: AtomicU32::new(NONE) }
    }

    /// All stop points by ascending offset.
    pub(crate) fn points(&self) -> Vec<StopPoint> {
        let mut points: Vec<_> = self.stops.iter().map(|stop| stop.point).collect();
        points.sort_unstable();
        points
    }

    /// All stop points, line by line, in the order in which breakpoints are stored. It stays the same until
    /// [`StopLines::note_hit`].
    pub fn order(&self) -> impl Iterator<Item = &[StopByte]> {
        let last = self.last_line();
        let (before, from) = self.stops.split_at(last.start);
        let (line, behind) = from.split_at(last.len());
        let first = Some(line).filter(|line| !line.is_empty());
        first.into_iter().chain(by_line(before)).chain(by_line(behind))
    }

    /// The stop point at `offset`, if there is one, stopped this image.
    pub fn note_hit(&self, offset: u32) {
        let line = offset / LINE_BYTES;
        if let Some(start) = self.stops.iter().position(|stop| stop.line() == line) {
            self.last.store(start as u32, Relaxed);
        }
    }

    /// Where in `stops` that line is; empty if there is none.
    fn last_line(&self) -> Range<usize> {
        let start = self.last.load(Relaxed) as usize;
        let Some(first) = self.stops.get(start) else { return 0..0 };
        let bytes = self.stops[start..].iter().take_while(|stop| stop.line() == first.line());
        start..start + bytes.count()
    }
}

/// The stop points of each line.
fn by_line(stops: &[StopByte]) -> impl Iterator<Item = &[StopByte]> {
    stops.chunk_by(|a, b| a.line() == b.line())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(points: &[(u32, StopKind)]) -> StopLines {
        let points: Vec<_> =
            points.iter().map(|&(offset, kind)| StopPoint { offset, kind }).collect();
        StopLines::new(&points, &(0..4_000).map(|at| at as u8).collect::<Vec<u8>>())
    }

    fn offsets(lines: &StopLines) -> Vec<u32> {
        lines.order().flatten().map(|stop| stop.offset()).collect()
    }

    #[test]
    fn last_hit_comes_first_then_loops_then_the_rest() {
        use StopKind::{Entry, Loop, Return};
        let lines = lines(&[(0, Entry), (70, Entry), (80, Loop), (130, Return), (200, Loop)]);
        assert_eq!(offsets(&lines), [70, 80, 200, 0, 130]);
        lines.note_hit(130);
        assert_eq!(offsets(&lines), [130, 70, 80, 200, 0]);
        lines.note_hit(80);
        assert_eq!(offsets(&lines), [70, 80, 200, 0, 130]);
        lines.note_hit(999);
        assert_eq!(offsets(&lines), [70, 80, 200, 0, 130], "no such point");
        let places: Vec<_> = lines.points().iter().map(|point| point.offset).collect();
        assert_eq!(places, [0, 70, 80, 130, 200]);
    }

    proptest! {
        #[test]
        fn every_point_comes_once_with_its_byte_and_its_line(
            kinds in prop::collection::btree_map(0..4_000_u32, any::<bool>(), 0..300),
            hit in 0..4_000_u32,
        ) {
            let kind = |is_loop| if is_loop { StopKind::Loop } else { StopKind::Entry };
            let points: Vec<_> = kinds.iter().map(|(&at, &is_loop)| (at, kind(is_loop))).collect();
            let lines = lines(&points);
            lines.note_hit(hit);
            let mut all = offsets(&lines);
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(kinds.keys().copied()));
            let mut seen = alloc::collections::BTreeSet::new();
            for line in lines.order() {
                prop_assert!(seen.insert(line[0].line()), "a line comes twice");
                for stop in line {
                    prop_assert_eq!(stop.line(), line[0].line());
                    prop_assert_eq!(stop.byte(), stop.offset() as u8);
                }
            }
        }
    }
}
