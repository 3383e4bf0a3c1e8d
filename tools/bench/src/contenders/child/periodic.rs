//! A process that a periodic timer interrupts.

use std::hint::spin_loop;
use std::io::{self, Write as _};

use crate::contenders::sys::timer::{self, Source, Until};

/// Prints `count` times from one run of the handler to the next, in nanoseconds, a line each. The
/// first few do not count.
pub(crate) fn measure(source: Source, period_us: u32, count: usize) -> io::Result<()> {
    const WARM_UP: usize = 16;
    let stamps = WARM_UP + count + 1;
    if stamps > timer::MOST_STAMPS {
        return Err(io::Error::other(format!("at most {} times", timer::MOST_STAMPS - WARM_UP)));
    }
    timer::start(source, period_us, Until { stamps, end_ns: u64::MAX })?;
    while timer::taken() < stamps {
        spin_loop();
    }
    let stamps_ns: Vec<u64> = timer::stamps_ns(stamps).skip(WARM_UP).collect();
    let mut text = String::new();
    for pair in stamps_ns.windows(2) {
        text.push_str(&format!("{}\n", pair[1] - pair[0]));
    }
    io::stdout().write_all(text.as_bytes())
}
