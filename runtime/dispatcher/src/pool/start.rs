//! How a worker begins: what it is told, how far it has come, and what it said when it failed.

use std::fmt;
use std::sync::atomic::Ordering::{Acquire, Relaxed};

use mote_abi::area::{ANY_CPU, Stage, StartParameters, WorkerStatus};
use mote_abi::image::ABI_VERSION;
use mote_abi::park::WakeFence;

use crate::config::NodeConfig;
use crate::pool::process::SignalName;
use crate::sched::cpus::Post;
use crate::sys::{barrier, clock};

/// How long a worker may take to become ready, in seconds.
pub(crate) const START_LIMIT_S: u64 = 5;

/// The same, in nanoseconds.
pub(crate) const START_LIMIT_NS: u64 = START_LIMIT_S * 1_000_000_000;

/// What a worker is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duty {
    /// It serves as soon as it is ready.
    Serving,
    /// It waits, while another has its processor.
    Spare,
}

/// Tells a worker what it must know before it starts.
pub(crate) fn fill(start: &StartParameters, config: &NodeConfig, post: Post, duty: Duty) {
    start.spin_us.store(0, Relaxed);
    if duty == Duty::Serving {
        let_spin(start, config, post);
    }
    start.wake_fence.store(wake_fence(post) as u32, Relaxed);
    start.abi_version.store(ABI_VERSION, Relaxed);
    start.cpu.store(post.cpu.unwrap_or(ANY_CPU), Relaxed);
    start.arena_kib.store(config.arena_kib, Relaxed);
    start.stack_kib.store(config.stack_kib, Relaxed);
    start.zones.store(config.zones as u32, Relaxed);
    start.timer_us.store(config.source.timer_us(), Relaxed);
    start.slice_us.store(config.slice_us.unwrap_or(0), Relaxed);
    start.stack_slots.store(config.all_stack_slots() as u32, Relaxed);
    start.clock_step_ns.store(config.service_clock_step_ns(), Relaxed);
    start.tsc_scale.set(clock::tsc_scale());
}

/// Lets a worker spin when it is idle, if nobody else would want its processor meanwhile.
pub(crate) fn let_spin(start: &StartParameters, config: &NodeConfig, post: Post) {
    if post.is_alone {
        start.spin_us.store(config.spin_us, Relaxed);
    }
}

/// Who spins sleeps seldom, and may make the kernel fence the other side then. Who does not, sleeps for
/// each request: for it, both sides fence themselves.
fn wake_fence(post: Post) -> WakeFence {
    if post.is_alone && barrier::register() { WakeFence::BySleeper } else { WakeFence::ByWaker }
}

/// Whether a worker takes requests.
pub(crate) fn is_ready(status: &WorkerStatus) -> bool {
    status.stage.load(Acquire) == Stage::Ready as u32
}

/// How far a worker's start has come: what it says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress(u32);

impl Progress {
    pub(crate) fn of(status: &WorkerStatus) -> Self {
        Self(status.stage.load(Relaxed))
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const STAGES: [(Stage, &str); 5] = [
            (Stage::Starting, "it had not come to life"),
            (Stage::AreasMapped, "it had mapped its areas"),
            (Stage::MemoryMapped, "it had mapped the windows, its stacks and its arena"),
            (Stage::SignalsInstalled, "it had installed its signal handlers"),
            (Stage::Ready, "it was ready"),
        ];
        let stage = STAGES.iter().find(|(stage, _)| *stage as u32 == self.0);
        f.write_str(stage.map_or("it claimed a stage that does not exist", |(_, text)| text))
    }
}

/// What a worker said of its own end. As text: empty, or a clause to append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWords {
    errno: i32,
    signal: i32,
    address: u64,
}

impl LastWords {
    pub(crate) fn of(status: &WorkerStatus) -> Self {
        Self {
            errno: status.errno.load(Relaxed).cast_signed(),
            signal: status.fatal_signal.load(Relaxed).cast_signed(),
            address: status.fatal_address.load(Relaxed),
        }
    }
}

impl fmt::Display for LastWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errno != 0 {
            let error = std::io::Error::from_raw_os_error(self.errno);
            write!(f, " after the error: {error}")?;
        }
        if self.signal != 0 {
            write!(f, ", having met {} at {:#x}", SignalName(self.signal), self.address)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, AtomicU64};

    use super::*;
    use crate::pool::areas::Areas;

    fn status(stage: u32) -> WorkerStatus {
        WorkerStatus {
            stage: AtomicU32::new(stage),
            stale_signals: AtomicU32::new(0),
            stale_traps: AtomicU32::new(0),
            fatal_signal: AtomicU32::new(0),
            errno: AtomicU32::new(0),
            fatal_address: AtomicU64::new(0),
        }
    }

    #[test]
    fn worker_spins_only_on_a_processor_of_its_own() {
        let (areas, _files) = Areas::create().unwrap();
        let start = &areas.inbox().start;
        let config = NodeConfig { spin_us: 70, ..NodeConfig::default() };
        fill(start, &config, Post::ANYWHERE, Duty::Serving);
        assert_eq!((start.cpu.load(Relaxed), start.spin_us.load(Relaxed)), (ANY_CPU, 0));
        let mut post = Post { cpu: Some(1), is_alone: true };
        fill(start, &config, post, Duty::Spare);
        assert_eq!(start.spin_us.load(Relaxed), 0, "another serves there");
        let_spin(start, &config, post);
        assert_eq!((start.cpu.load(Relaxed), start.spin_us.load(Relaxed)), (1, 70));
        post.is_alone = false;
        fill(start, &config, post, Duty::Serving);
        assert_eq!((start.cpu.load(Relaxed), start.spin_us.load(Relaxed)), (1, 0));
    }

    #[test]
    fn last_words_name_error_and_signal() {
        let status = status(0);
        assert_eq!(LastWords::of(&status).to_string(), "");
        status.errno.store(12, Relaxed);
        let error = " after the error: Cannot allocate memory (os error 12)";
        assert_eq!(LastWords::of(&status).to_string(), error);
        status.fatal_signal.store(11, Relaxed);
        status.fatal_address.store(0x40, Relaxed);
        let both = format!("{error}, having met signal 11 (SIGSEGV) at 0x40");
        assert_eq!(LastWords::of(&status).to_string(), both);
    }

    #[test]
    fn progress_names_the_last_stage_that_was_reached() {
        let reached = |stage| Progress::of(&status(stage)).to_string();
        assert_eq!(reached(Stage::Starting as u32), "it had not come to life");
        assert_eq!(reached(Stage::AreasMapped as u32), "it had mapped its areas");
        assert_eq!(reached(99), "it claimed a stage that does not exist");
        assert!(is_ready(&status(Stage::Ready as u32)) && !is_ready(&status(3)));
    }
}
