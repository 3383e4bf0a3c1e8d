//! `mote __contender …`: what `mote bench` starts as processes of their own, and nobody by hand.
//!
//! | word | what it is |
//! | --- | --- |
//! | `libraries` | services in shared libraries, called through a mailbox |
//! | `timer` | a periodic timer whose handler notes the time |
//! | `hash` | the hashing loop, under a periodic timer |

mod hash;
mod libraries;
mod periodic;

use std::io;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::sys::timer::Source;

pub(crate) use libraries::{COLD, WARM};

/// `mote __contender`.
#[derive(Clone, Debug, Args)]
pub struct ContenderArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Serves from the libraries `0` to `RESIDENT - 1` in FOLDER, and `cold-0` to `cold-SPARE`.
    Libraries { folder: PathBuf, resident: usize, spare: usize, memory: PathBuf },
    /// Prints the times between one run of the timer's handler and the next.
    Timer { source: Source, period_us: u32, count: usize },
    /// Prints how many hashes there were in a time, and that time.
    Hash { source: Source, period_us: u32, duration_ms: u64 },
}

/// Does what the arguments say.
///
/// # Errors
/// The kernel's and the dynamic linker's.
pub fn execute(args: &ContenderArgs) -> io::Result<()> {
    match &args.what {
        What::Libraries { folder, resident, spare, memory } => {
            libraries::serve(folder, *resident, *spare, memory)
        }
        What::Timer { source, period_us, count } => periodic::measure(*source, *period_us, *count),
        What::Hash { source, period_us, duration_ms } => {
            hash::measure(*source, *period_us, *duration_ms)
        }
    }
}
