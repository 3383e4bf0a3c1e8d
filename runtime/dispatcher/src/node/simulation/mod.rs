//! The node's decisions under simulation: queue, shares, journal, residency, watchdog and the judgement of workers that
//! do not answer, with the time, the workers and the faults that a seed decides. A failing seed replays; defects that are
//! planted around the pure parts must be found.
//!
//! J. Zhou et al.: FoundationDB: A Distributed Unbundled Transactional Key Value Store. SIGMOD 2021, section 4.

mod bug;
mod random;
mod worker;
mod world;

use std::time::Instant;

use crate::node::simulation::bug::Bug;
use crate::node::simulation::world::World;

const STEPS: usize = 300;

const SEEDS: u64 = if cfg!(debug_assertions) { 2_000 } else { 20_000 };

/// What is wrong in the world of this seed, if anything is.
fn run(seed: u64, bug: Option<Bug>) -> Result<(), String> {
    let mut world = World::new(seed, bug);
    for _ in 0..STEPS {
        world.step()?;
    }
    world.drain()
}

#[test]
fn nothing_is_lost_answered_twice_or_starved_in_any_world() {
    let begun = Instant::now();
    for seed in 0..SEEDS {
        run(seed, None).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    }
    let steps = SEEDS as f64 * STEPS as f64;
    println!(
        "{SEEDS} seeds, {:.1} million steps a second",
        steps / begun.elapsed().as_secs_f64() / 1e6
    );
}

#[test]
fn planted_defects_are_found_and_their_seeds_replay() {
    let bugs = [
        Bug::LosesWhatWasBehindTheDead,
        Bug::RunsAgainWhatMayHaveRun,
        Bug::AnswersCancelledTwice,
        Bug::RunsExpired,
        Bug::UnloadsWhatRuns,
        Bug::ForgetsWhoLeft,
        Bug::FeedsInOrder,
        Bug::KillsTheStopped,
        Bug::SparesTheHung,
    ];
    for bug in bugs {
        let found = (0..100).find_map(|seed| Some((seed, run(seed, Some(bug)).err()?)));
        let (seed, wrong) = found.unwrap_or_else(|| panic!("{bug:?} was not found"));
        println!("{bug:?}: seed {seed}: {wrong}");
        assert_eq!(run(seed, Some(bug)), Err(wrong), "{bug:?}: seed {seed} does not replay");
    }
}
