//! How a worker begins: what it is told, how far it has come, and what it said when it failed.

use std::sync::atomic::Ordering::Relaxed;

use mote_abi::area::{ANY_CPU, Stage, StartParameters, WorkerStatus};
use mote_abi::image::ABI_VERSION;
use mote_abi::park::WakeFence;

use crate::node::config::NodeConfig;
use crate::pool::process::SignalName;
use crate::sched::cpus::Post;
use crate::sys::{barrier, clock};

/// Tells a worker what it must know before it starts. It spins when idle only if nobody else would
/// want its processor meanwhile.
pub(crate) fn fill(start: &StartParameters, config: &NodeConfig, post: Post) {
    let spin_us = if post.is_alone { config.spin_us } else { 0 };
    start.wake_fence.store(wake_fence(post) as u32, Relaxed);
    start.abi_version.store(ABI_VERSION, Relaxed);
    start.cpu.store(post.cpu.unwrap_or(ANY_CPU), Relaxed);
    start.spin_us.store(spin_us, Relaxed);
    start.arena_kib.store(config.arena_kib, Relaxed);
    start.stack_kib.store(config.stack_kib, Relaxed);
    start.zones.store(config.zones as u32, Relaxed);
    start.timer_us.store(config.source.timer_us(), Relaxed);
    start.slice_us.store(config.slice_us.unwrap_or(0), Relaxed);
    start.stack_slots.store(config.stack_slots as u32, Relaxed);
    start.tsc_scale.set(clock::tsc_scale());
}

/// Who spins sleeps seldom, and may make the kernel fence the other side then. Who does not, sleeps for
/// each request: for it, both sides fence themselves.
fn wake_fence(post: Post) -> WakeFence {
    if post.is_alone && barrier::register() { WakeFence::BySleeper } else { WakeFence::ByWaker }
}

/// Whether a worker takes requests.
pub(crate) fn is_ready(status: &WorkerStatus) -> bool {
    status.stage.load(std::sync::atomic::Ordering::Acquire) == Stage::Ready as u32
}

/// How far a worker's start has come, for people.
pub(crate) fn progress(status: &WorkerStatus) -> &'static str {
    const STAGES: [(Stage, &str); 5] = [
        (Stage::Starting, "it had not come to life"),
        (Stage::AreasMapped, "it had mapped its areas"),
        (Stage::MemoryMapped, "it had mapped the windows, its stacks and its arena"),
        (Stage::SignalsInstalled, "it had installed its signal handlers"),
        (Stage::Ready, "it was ready"),
    ];
    let found = status.stage.load(Relaxed);
    STAGES
        .iter()
        .find(|(stage, _)| *stage as u32 == found)
        .map_or("it claimed a stage that does not exist", |(_, words)| words)
}

/// What a worker said of its own end: empty, or a clause to append.
pub(crate) fn exit_reason(status: &WorkerStatus) -> String {
    let mut words = String::new();
    let errno = status.errno.load(Relaxed).cast_signed();
    if errno != 0 {
        words += &format!(" after the error: {}", std::io::Error::from_raw_os_error(errno));
    }
    let signal = status.fatal_signal.load(Relaxed).cast_signed();
    if signal != 0 {
        let address = status.fatal_address.load(Relaxed);
        words += &format!(", having met {} at {address:#x}", SignalName(signal));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::areas::Areas;

    #[test]
    fn worker_spins_only_on_a_processor_of_its_own() {
        let (areas, _files) = Areas::create().unwrap();
        let start = &areas.inbox().start;
        let config = NodeConfig { spin_us: 70, ..NodeConfig::default() };
        fill(start, &config, Post::ANYWHERE);
        assert_eq!((start.cpu.load(Relaxed), start.spin_us.load(Relaxed)), (ANY_CPU, 0));
        let mut post = Post { cpu: Some(1), is_alone: true };
        fill(start, &config, post);
        assert_eq!((start.cpu.load(Relaxed), start.spin_us.load(Relaxed)), (1, 70));
        post.is_alone = false;
        fill(start, &config, post);
        assert_eq!((start.cpu.load(Relaxed), start.spin_us.load(Relaxed)), (1, 0));
    }

    #[test]
    fn exit_reason_name_error_and_signal() {
        let (areas, _files) = Areas::create().unwrap();
        let status = &areas.outbox().status;
        assert_eq!(exit_reason(status), "");
        assert_eq!(progress(status), "it had not come to life");
        assert!(!is_ready(status));
    }
}
