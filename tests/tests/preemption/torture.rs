//! Preemption at every instruction: what must never happen, and what the oracle must be able to see.
//!
//! The counts hold for one compiler. When a new one changes them, look at `mote torture` before
//! changing the table: the points moved, or the guarantees did.

use std::sync::OnceLock;

use mote_abi::outcome::{Heap, Mode, Outcome};
use mote_bench::torture::canaries::Canaries;
use mote_bench::torture::map::Map;
use mote_bench::torture::report::{Counts, Report};
use mote_bench::torture::sweep::{Found, run};
use mote_builder::Profile;
use mote_dispatcher::torture::{Case, Point, facts};
use mote_dispatcher::{Job, TOOLCHAIN};
use mote_tests::{TestNode, built, image};

/// A grace that no workload comes near on the noisiest machine, in microseconds.
const AMPLE_US: u32 = 5_000_000;

/// The compiler that [`INJECTED`] holds for.
const COUNTED_WITH: &str = "rustc 1.95.0";

/// Workload, then points, clean, leaked, double_release and service_fault of release images in
/// `inject`.
const INJECTED: [(&str, [u64; 5]); 7] = [
    ("vec_insert", [1206, 802, 404, 0, 0]),
    ("vec_remove", [869, 696, 166, 7, 0]),
    ("vec_retain", [891, 688, 146, 57, 0]),
    ("vec_rotate", [1024, 839, 163, 22, 0]),
    ("btree_entry", [1695, 982, 713, 0, 0]),
    ("btree_insert", [7530, 2545, 4695, 290, 0]),
    ("assign", [541, 494, 47, 0, 0]),
];

fn canaries() -> &'static Canaries {
    static CANARIES: OnceLock<Canaries> = OnceLock::new();
    CANARIES.get_or_init(|| Canaries::build().unwrap_or_else(|failure| panic!("{failure:?}")))
}

fn sweep(case: &Case<'_>) -> (Found, Report) {
    let found =
        run(case, &canaries().known(), &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    let map = Map::new(case.image, found.text_address, found.layout);
    let report = Report::new(case, &found, &map);
    (found, report)
}

/// A workload of the corpus, at every instruction.
fn workload<'a>(image: &'a [u8], name: &'a str, mode: Mode) -> Case<'a> {
    let body = name.as_bytes();
    Case { body, grace_us: AMPLE_US, ..Case::every_instruction(name, image, mode) }
}

/// Nothing unsound, nothing broken.
fn assert_sound(report: &Report) {
    let Counts { double_release, service_fault, host_damage, .. } = report.verdicts;
    assert!(report.points > 0, "{report:?}");
    assert_eq!((double_release, service_fault, host_damage), (0, 0, 0), "{report:?}");
}

#[test]
fn guarded_unwinds_without_a_loss_at_every_instruction() {
    let corpus = image("corpus");
    for (name, _) in INJECTED {
        let (_, report) = sweep(&workload(&corpus, name, Mode::Guarded));
        assert_sound(&report);
        assert!(report.is_complete && report.verdicts.leaked == 0, "{report:?}");
        assert_eq!(report.endings.get("discarded"), None, "{report:?}");
    }
}

/// A tree that gets another level aborts when an allocation panics there. `guarded` waits until it has got
/// the level. In debug code the guard's destructor is two calls away from the landing pad.
#[test]
fn guarded_waits_while_a_collection_lets_nothing_pass() {
    let corpus = built("corpus", Profile::Debug);
    let case = Case { every: 5, ..workload(&corpus, "btree_insert", Mode::Guarded) };
    let (_, report) = sweep(&case);
    assert_sound(&report);
    let guarded = report.by_function.iter().filter(|(name, _)| name.ends_with("mem::replace"));
    assert!(guarded.map(|(_, counts)| counts.total()).sum::<u64>() > 0, "{report:?}");
    assert!(report.is_complete && report.verdicts.leaked == 0, "{report:?}");
    assert_eq!(report.endings.get("discarded"), None, "{report:?}");
}

/// A panic passes a hundred landing pads on its way up, and most points are on it.
#[test]
fn guarded_goes_on_with_a_long_cleanup_wherever_it_was_preempted() {
    let image = image("panics_deep");
    let case = Case {
        body: b"100",
        every: 23,
        ..Case::every_instruction("panics_deep", &image, Mode::Guarded)
    };
    let (found, report) = sweep(&Case { grace_us: AMPLE_US, ..case });
    assert_sound(&report);
    assert!(report.is_complete && report.verdicts.leaked == 0, "{report:?}");
    assert_eq!(report.endings.get("unwound"), Some(&report.points), "{report:?}");
    let most = found.points.iter().map(|point| point.landing_pads).max();
    assert!(most > Some(100), "{most:?}");
}

#[test]
fn destructor_that_overflows_by_itself_is_not_held_against_the_cleanup() {
    let abyss = image("recurses_in_drop");
    for mode in [Mode::Guarded, Mode::Discard] {
        let case = Case { end: 300, ..Case::every_instruction("recurses_in_drop", &abyss, mode) };
        let (_, report) = sweep(&case);
        assert_sound(&report);
        assert!(report.verdicts.leaked > 0, "{report:?}");
    }
}

/// Every service answers as ever, with every token released by itself, whichever instruction it was paused
/// before and whatever ran meanwhile.
fn assert_undisturbed(report: &Report) {
    assert_sound(report);
    assert_eq!(report.verdicts.clean, report.points, "{report:?}");
    assert_eq!(report.endings.get("returned"), Some(&report.points), "{report:?}");
}

#[test]
fn pause_changes_nothing_at_any_instruction() {
    let corpus = image("corpus");
    for (name, _) in INJECTED {
        let case = Case { pauses: true, ..workload(&corpus, name, Mode::Guarded) };
        let (found, report) = sweep(&case);
        assert_undisturbed(&report);
        assert!(found.points.iter().all(is_paused), "{name}: service text is paused where it is");
    }
}

#[test]
fn pause_changes_nothing_in_any_workload() {
    let names = TestNode::default().run_with("corpus", |job| Job { body: b"", ..job }).body;
    let names = String::from_utf8(names).unwrap();
    let corpus = image("corpus");
    for name in names.lines() {
        let case = Case { pauses: true, every: 11, ..workload(&corpus, name, Mode::Guarded) };
        assert_undisturbed(&sweep(&case).1);
    }
    assert!(names.lines().count() >= 25, "{names}");
}

fn is_paused(point: &Point) -> bool {
    point.facts & facts::PAUSED != 0
}

#[test]
fn pause_changes_nothing_in_host_text_on_either_heap() {
    let corpus = image("corpus");
    for heap in [Heap::Bump, Heap::General] {
        let case = Case {
            pauses: true,
            reaches_host: true,
            heap,
            every: 2,
            ..workload(&corpus, "assign", Mode::Inject)
        };
        let (found, report) = sweep(&case);
        assert_undisturbed(&report);
        let paused = found.points.iter().filter(|point| is_paused(point)).count();
        // A call that is the last, and what comes before the entry and behind the end, has no way back.
        assert!(paused > found.points.len() / 2, "{heap}: {paused} of {}", found.points.len());
    }
}

/// A service that never ends is paused, goes on, and is discarded in the end, as when undisturbed.
#[test]
fn pause_of_an_endless_service_harms_nobody() {
    let image = image("spin");
    let case = Case {
        pauses: true,
        end: 40,
        every: 10,
        ..Case::every_instruction("spin", &image, Mode::Guarded)
    };
    let (found, report) = sweep(&case);
    assert!(found.points.iter().all(is_paused));
    assert_sound(&report);
    assert_eq!(report.verdicts.clean, report.points, "{report:?}");
    assert_eq!(report.endings.get("discarded"), Some(&report.points), "{report:?}");
}

#[test]
fn pause_keeps_statics_and_log() {
    for (name, body) in [("counter", &b""[..]), ("logs", b"one\ntwo\nthree")] {
        let image = image(name);
        let case =
            Case { body, pauses: true, ..Case::every_instruction(name, &image, Mode::Discard) };
        let (found, report) = sweep(&Case { grace_us: AMPLE_US, ..case });
        assert_undisturbed(&report);
        assert!(found.is_complete);
    }
}

#[test]
fn discard_is_sound_at_every_instruction() {
    let corpus = image("corpus");
    for (name, _) in INJECTED {
        let (_, report) = sweep(&workload(&corpus, name, Mode::Discard));
        assert_sound(&report);
        assert_eq!(report.endings["discarded"], report.points, "{report:?}");
    }
}

#[test]
fn inject_fails_where_compilers_give_no_landing_pads_and_never_harms_the_host() {
    let corpus = image("corpus");
    let mut all = Counts::default();
    let mut found = Vec::new();
    for (name, _) in INJECTED {
        let (_, report) = sweep(&workload(&corpus, name, Mode::Inject));
        let Counts { clean, leaked, double_release, service_fault, host_damage } = report.verdicts;
        assert_eq!(host_damage, 0, "{report:?}");
        all.merge(&report.verdicts);
        found.push((name, [report.points, clean, leaked, double_release, service_fault]));
    }
    assert!(all.double_release > 0, "the oracle is blind: {all:?}");
    if TOOLCHAIN.starts_with(COUNTED_WITH) {
        assert_eq!(found, INJECTED, "this compiler's counts have changed");
    }
}

#[test]
fn host_text_is_safe_at_every_instruction() {
    let corpus = image("corpus");
    for mode in [Mode::Guarded, Mode::Discard] {
        for heap in [Heap::Bump, Heap::General] {
            let case =
                Case { reaches_host: true, heap, every: 3, ..workload(&corpus, "assign", mode) };
            let (_, report) = sweep(&case);
            assert_sound(&report);
            assert!(
                report.is_complete && report.by_coverage["host_text"].total() > 100,
                "{report:?}"
            );
        }
    }
    let case = Case { reaches_host: true, every: 3, ..workload(&corpus, "assign", Mode::Inject) };
    assert_eq!(sweep(&case).1.verdicts.host_damage, 0);
}

#[test]
fn second_preemption_inside_the_cleanup_is_sound() {
    let corpus = image("corpus");
    for mode in [Mode::Guarded, Mode::Discard] {
        let case =
            Case { second: Some((1, 2000)), every: 2, ..workload(&corpus, "nested_drop", mode) };
        let (_, report) = sweep(&case);
        assert_sound(&report);
        assert!(report.second_points > 0, "{report:?}");
    }
    let case =
        Case { second: Some((1, 2000)), every: 2, ..workload(&corpus, "vec_drain", Mode::Inject) };
    let (_, report) = sweep(&case);
    assert!(report.second_points > 0 && report.verdicts.host_damage == 0, "{report:?}");
}

#[test]
fn debug_image_is_sound_in_guarded() {
    let corpus = built("corpus", Profile::Debug);
    for mode in [Mode::Guarded, Mode::Discard] {
        let (_, report) = sweep(&Case { every: 5, ..workload(&corpus, "mem_swap", mode) });
        assert_sound(&report);
        assert!(report.is_complete, "{report:?}");
    }
}

#[test]
fn oracle_sees_damage_when_a_canary_answers_otherwise_than_it_must() {
    let hello = image("hello");
    let case = Case { body: b"world", ..Case::every_instruction("hello", &hello, Mode::Guarded) };
    let case = Case { grace_us: AMPLE_US, every: 50, ..case };
    let mut wrong = canaries().known();
    wrong[1].answer = b"1";
    let found = run(&case, &wrong, &mut |_| {}).unwrap_or_else(|error| panic!("{error}"));
    let report = Report::new(&case, &found, &Map::new(&hello, found.text_address, found.layout));
    assert_eq!(report.verdicts.host_damage, report.points, "{report:?}");
    assert!(report.damage[0].ends_with("canary"), "{report:?}");
}

#[test]
fn every_instruction_in_reach_is_a_point() {
    let corpus = image("corpus");
    let (found, report) = sweep(&workload(&corpus, "format", Mode::Discard));
    assert_eq!(report.points, found.instructions, "every instruction in reach is a point");
    assert_eq!(found.baseline.outcome, Outcome::Ok as u8);
    assert!(!found.is_unsteady());
}
