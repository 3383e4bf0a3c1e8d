//! What a stop writes, and that it takes all of it back.

use mote_loader::{StopKind, StopPoint};
use proptest::prelude::*;

use super::*;

/// Text that knows where breakpoints stand, and where one ever stood.
#[derive(Default)]
struct Recorded {
    standing: Vec<u32>,
    ever: Vec<u32>,
}

impl Text for Recorded {
    fn poison(&mut self, stop: StopByte) {
        assert!(!self.standing.contains(&stop.offset()), "stored twice");
        self.standing.push(stop.offset());
        self.ever.push(stop.offset());
    }

    fn restore(&mut self, stop: StopByte) {
        let at = self.standing.iter().position(|&it| it == stop.offset());
        self.standing.swap_remove(at.expect("only what was stored is restored"));
    }
}

/// A stop point on each of so many cache lines.
fn lines(lines: u32) -> StopLines {
    let point = |line| StopPoint { offset: 64 * line, kind: StopKind::Loop };
    let points: Vec<_> = (0..lines).map(point).collect();
    StopLines::new(&points, &vec![0x90; 64 * lines as usize])
}

#[test]
fn stop_writes_no_more_waves_once_it_is_met() {
    let mut text = Recorded::default();
    let mut looks = [Look::Running, Look::Met(7)].into_iter();
    let stopped = stop(&lines(100), &mut text, || looks.next().unwrap(), || false);
    assert_eq!((stopped, text.ever.len(), text.standing.len()), (Stop::Met(7), 16, 0));
}

#[test]
fn stop_is_late_when_nobody_comes_by() {
    let mut text = Recorded::default();
    let mut left = 30;
    let is_late = || {
        left -= 1;
        left == 0
    };
    let stopped = stop(&lines(20), &mut text, || Look::Running, is_late);
    assert_eq!((stopped, text.ever.len(), text.standing.len()), (Stop::Late, 20, 0));
}

proptest! {
    #[test]
    fn text_is_clean_after_every_end(
        count in 0..60_u32, hit in 0..4_000_u32, looks in 1..20_usize, end in 0..3_u8,
    ) {
        let (lines, mut text) = (lines(count), Recorded::default());
        lines.note_hit(hit);
        let mut left = looks;
        let look = || {
            left -= 1;
            match (left, end) {
                (0, 0) => Look::Met(0),
                (0, 1) => Look::Over,
                _ => Look::Running,
            }
        };
        let mut times = 0;
        let is_late = || {
            times += 1;
            times == looks
        };
        stop(&lines, &mut text, look, is_late);
        prop_assert!(text.standing.is_empty());
        prop_assert_eq!(text.ever.len(), (count as usize).min(WAVE_LINES * looks));
    }
}
