//! A process that is interrupted by a periodic timer, and by which one.

use std::hint::spin_loop;
use std::io::{self, Write as _};

use clap::ValueEnum;
use serde::Serialize;

use crate::bench::sys::timer::{self, Until};

/// What fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(in crate::bench) enum Source {
    /// Nothing.
    None,
    /// `setitimer`, as the paper.
    Setitimer,
    /// `timer_create` and `timer_settime`.
    PosixTimer,
}

impl Source {
    /// Its name, as arguments and reports have it.
    pub(in crate::bench) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Setitimer => "setitimer",
            Self::PosixTimer => "posix_timer",
        }
    }
}

/// Prints `count` times from one run of the handler to the next, in nanoseconds, a line each. The
/// first few do not count.
pub(super) fn measure(source: Source, period_us: u32, count: usize) -> io::Result<()> {
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
