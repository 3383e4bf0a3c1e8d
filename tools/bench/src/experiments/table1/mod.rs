//! The paper's Table 1: what an invocation takes until the service runs, warm and cold, and how many
//! there are a second.
//!
//! Every contender is set up first, with all its services resident. Then they take turns, round by
//! round, so that whatever else the machine does meets all of them alike. So does a cache line: in a virtual
//! machine two processors may be close to each other now, and far apart a second later.

mod entry;
mod setup;
mod turn;

use std::thread::sleep;
use std::time::Duration;

use super::setting::Setting;
use crate::error::Error;
use crate::floors::cache_line;
use crate::stats::row::Row;
use entry::{Counted, Entry};
use setup::Setup;
use turn::Turn;

pub(crate) use turn::{Contenders, Size};

/// Long enough for our idle worker to be asleep: the others have its processor for themselves.
const SETTLE: Duration = Duration::from_millis(2);

/// The row of the floor that takes turns with the contenders.
pub(crate) const LINE: &str = "cache_line";

/// Sets the contenders up, and lets them take turns.
pub(crate) fn rows(setting: &Setting<'_>, contenders: Contenders) -> Result<Vec<Row>, Error> {
    let size = Size::new(setting.is_quick);
    let turns = Turn::of(contenders, setting.peers.is_some());
    let mut entries: Vec<Entry> = turns
        .iter()
        .map(|&turn| Entry { turn, row: turn.row(&size), counted: Counted::default() })
        .collect();
    let mut setup = Setup::start(setting, contenders, &size, &mut entries)?;
    let mut line = Row::new(LINE, "a cache line, one way");
    for round in 0..size.rounds {
        setting.step(&format!("table 1, round {} of {}", round + 1, size.rounds));
        line.times.merge(&cache_line::one_way(setting.place.cores));
        for entry in &mut entries {
            sleep(SETTLE);
            setting.place.as_dispatcher(|| setup.turn(entry, setting.place))?;
        }
    }
    Ok([line].into_iter().chain(entries.into_iter().map(Entry::finished)).collect())
}

impl Entry {
    fn finished(mut self) -> Row {
        self.row.per_second = self.counted.per_second();
        self.row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_that_of_all_saturated_runs_and_absent_without_one() {
        let mut counted = Counted::default();
        assert_eq!(counted.per_second(), None);
        counted.add((1_000, 500_000));
        counted.add((1_000, 1_500_000));
        assert_eq!(counted.per_second(), Some(1e6));
    }
}
