//! How a worker begins: what it is told, how far it has come, and what it said when it failed.

use std::sync::atomic::Ordering::Relaxed;

use mote_abi::area::{ANY_CPU, Boot, Condition, Stage};
use mote_abi::doze::Order;
use mote_abi::image::ABI_VERSION;

use crate::config::NodeConfig;
use crate::cpus::Post;
use crate::process::SignalName;
use crate::sys::{barrier, clock};

/// Tells a worker what it must know before it starts. It spins when idle only if nobody else would
/// want its processor meanwhile.
pub(crate) fn fill(boot: &Boot, config: &NodeConfig, post: Post) {
    let spin_us = if post.is_alone { config.spin_us } else { 0 };
    boot.order.store(order(post) as u32, Relaxed);
    boot.abi_version.store(ABI_VERSION, Relaxed);
    boot.cpu.store(post.cpu.unwrap_or(ANY_CPU), Relaxed);
    boot.spin_us.store(spin_us, Relaxed);
    boot.arena_kib.store(config.arena_kib, Relaxed);
    boot.stack_kib.store(config.stack_kib, Relaxed);
    boot.zones.store(config.zones as u32, Relaxed);
    boot.timer_us.store(config.source.timer_us(), Relaxed);
    boot.slice_us.store(config.slice_us.unwrap_or(0), Relaxed);
    boot.stack_slots.store(config.stack_slots as u32, Relaxed);
    boot.dispatcher_pid.store(std::process::id(), Relaxed);
    boot.tempo.set(clock::tempo());
}

/// Who spins sleeps seldom, and may make the kernel fence the other side then. Who does not, sleeps for
/// each request: for it, both sides fence themselves.
fn order(post: Post) -> Order {
    if post.is_alone && barrier::register() { Order::Kernel } else { Order::Fence }
}

/// Whether a worker takes requests.
pub(crate) fn is_ready(condition: &Condition) -> bool {
    condition.stage.load(std::sync::atomic::Ordering::Acquire) == Stage::Ready as u32
}

/// How far a worker's start has come, for people.
pub(crate) fn progress(condition: &Condition) -> &'static str {
    const STAGES: [(Stage, &str); 5] = [
        (Stage::Starting, "it had not come to life"),
        (Stage::AreasMapped, "it had mapped its areas"),
        (Stage::MemoryMapped, "it had mapped the windows, its stacks and its arena"),
        (Stage::SignalsInstalled, "it had installed its signal handlers"),
        (Stage::Ready, "it was ready"),
    ];
    let found = condition.stage.load(Relaxed);
    STAGES
        .iter()
        .find(|(stage, _)| *stage as u32 == found)
        .map_or("it claimed a stage that does not exist", |(_, words)| words)
}

/// What a worker said of its own end: empty, or a clause to append.
pub(crate) fn last_words(condition: &Condition) -> String {
    let mut words = String::new();
    let errno = condition.errno.load(Relaxed).cast_signed();
    if errno != 0 {
        words += &format!(" after the error: {}", std::io::Error::from_raw_os_error(errno));
    }
    let signal = condition.fatal_signal.load(Relaxed).cast_signed();
    if signal != 0 {
        let address = condition.fatal_address.load(Relaxed);
        words += &format!(", having met {} at {address:#x}", SignalName(signal));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::areas::Areas;

    #[test]
    fn worker_spins_only_on_a_processor_of_its_own() {
        let (areas, _files) = Areas::create().unwrap();
        let boot = &areas.inbox().boot;
        let config = NodeConfig { spin_us: 70, ..NodeConfig::default() };
        fill(boot, &config, Post::ANYWHERE);
        assert_eq!((boot.cpu.load(Relaxed), boot.spin_us.load(Relaxed)), (ANY_CPU, 0));
        let mut post = Post { cpu: Some(1), is_alone: true };
        fill(boot, &config, post);
        assert_eq!((boot.cpu.load(Relaxed), boot.spin_us.load(Relaxed)), (1, 70));
        post.is_alone = false;
        fill(boot, &config, post);
        assert_eq!((boot.cpu.load(Relaxed), boot.spin_us.load(Relaxed)), (1, 0));
    }

    #[test]
    fn last_words_name_error_and_signal() {
        let (areas, _files) = Areas::create().unwrap();
        let condition = &areas.outbox().condition;
        assert_eq!(last_words(condition), "");
        assert_eq!(progress(condition), "it had not come to life");
        assert!(!is_ready(condition));
    }
}
