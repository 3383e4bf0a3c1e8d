//! Short sessions: sound modes stand them, and a fault on purpose is found.

use std::path::Path;
use std::time::Duration;

use indicatif::ProgressBar;
use mote_abi::outcome::Mode;
use mote_bench::fuzz::report::Report;
use mote_bench::fuzz::session::Session;
use mote_bench::samples::Samples;

/// A session of a few programs.
fn session(folder: &Path) -> Session<'_> {
    Session {
        seed: 5_000,
        time: Duration::from_secs(600),
        programs: 6,
        modes: &[Mode::Guarded, Mode::Discard],
        most_points: 40,
        shrinking: Duration::from_secs(20),
        finds: folder,
        oracle: None,
        samples: None,
        is_planted: false,
    }
}

fn run(session: Session<'_>) -> Report {
    session.run(&ProgressBar::hidden()).unwrap_or_else(|error| panic!("{}", error.with_causes()))
}

#[test]
fn guarded_and_discard_stand_programs_that_end_as_natively() {
    let folder = tempfile::tempdir().unwrap();
    let samples = Samples::create(&folder.path().join("samples"), "a test").unwrap();
    let report = run(Session { samples: Some(&samples), ..session(folder.path()) });
    assert!(!report.is_unsound(), "{}", report.table(None));
    assert_eq!(report.programs, 6);
    let lines = std::fs::read_to_string(folder.path().join("samples/injections.jsonl")).unwrap();
    assert_eq!(lines.lines().count() as u64, report.points);
    assert!(report.points > 300 && report.covered.len() > 40, "{}", report.table(None));
}

#[test]
fn double_drop_that_is_planted_is_found_and_shrunk() {
    let folder = tempfile::tempdir().unwrap();
    let planted = Session {
        programs: 1,
        modes: &[Mode::Guarded],
        is_planted: true,
        ..session(folder.path())
    };
    let report = run(planted);
    let find = report.finds.iter().find(|find| find.wrong.to_string().contains("double_release"));
    let find = find.unwrap_or_else(|| panic!("{}", report.table(None)));
    assert!(find.sizes.1 < find.sizes.0 && find.instruction.is_some(), "{find:?}");
    assert!(find.folder.join("src/p0.rs").is_file() && find.folder.join("find.json").is_file());
}

#[test]
fn verdict_of_an_oracle_counts() {
    let folder = tempfile::tempdir().unwrap();
    let clean = Session {
        programs: 1,
        modes: &[Mode::Discard],
        oracle: Some("sed 's/.*/clean/'"),
        ..session(folder.path())
    };
    let report = run(clean);
    assert_eq!(report.verdicts["discard"].clean, report.points);
}
