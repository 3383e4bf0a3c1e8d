//! Who asks: in a closed loop, and in bursts that come whether answers do or not.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::ProgressBar;

use crate::chaos::checker::Checker;

/// Requests of the closed loop that have no answer yet.
const WINDOW: u64 = 256;

/// Requests of a burst, and how far bursts are apart.
const BURST: u64 = 64;
const BURST_EVERY: Duration = Duration::from_millis(5);

/// How long the last answers may take: beyond the time after which a worker that stays stopped is replaced.
const PATIENCE: Duration = Duration::from_secs(40);

/// A look at the answers while there is nothing to send.
const PAUSE: Duration = Duration::from_micros(100);

/// Sends requests for as long as `duration`, and waits for what is under way. The node ends with `to`.
pub(super) fn send(
    duration: Duration,
    mut to: impl Write,
    checker: &Checker,
    bar: &ProgressBar,
) -> io::Result<()> {
    let begun = Instant::now();
    let mut next_burst = begun;
    let mut number = 0;
    while begun.elapsed() < duration && !checker.is_over() {
        let mut count = WINDOW.saturating_sub(number - checker.seen());
        if Instant::now() >= next_burst {
            count += BURST;
            next_burst += BURST_EVERY;
        }
        if count == 0 {
            std::thread::sleep(PAUSE);
            continue;
        }
        checker.expect(number + count);
        for _ in 0..count {
            to.write_all(&number.to_le_bytes())?;
            number += 1;
        }
        to.flush()?;
        bar.set_position(begun.elapsed().as_secs());
        bar.set_message(format!("{number} requests"));
    }
    let ended = Instant::now();
    while checker.seen() < number && ended.elapsed() < PATIENCE && !checker.is_over() {
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
