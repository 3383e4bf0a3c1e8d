//! Runaways are stopped by breakpoints, whatever they do, and their text is afterwards what was placed.

use std::fs::File;
use std::os::unix::fs::FileExt;

use mote_abi::outcome::{Cleanup, Heap, Mode, Outcome};
use mote_dispatcher::{Completed, Job, Layer, Layout, NodeConfig, Source, StopCounts};
use mote_loader::{Image, SegmentKind};
use mote_tests::{
    AMPLE_US, LAYOUT_SEED, SHORT_US, TestNode, assert_tokens_accounted_for, breaking, image,
};

use Cleanup::{Discarded, Unwound};

/// Kills after which one by a breakpoint must have been among them: on a busy machine, others come when the worker
/// has no processor, and are signals.
const TRIES: usize = 200;

/// All images of these tests are in the first part of the text window.
const TEXT_BYTES: usize = 1 << 20;

const MODES: [Mode; 3] = [Mode::Guarded, Mode::Inject, Mode::Discard];

/// What is killed: a service, its body, its budget, and how it ends in `guarded`.
struct Runaway(&'static str, &'static [u8], u32, Cleanup);

const RUNAWAYS: [Runaway; 4] = [
    Runaway("guard_spin", b"", SHORT_US, Discarded),
    Runaway("alloc_spin", b"", SHORT_US, Unwound),
    Runaway("fills", b"copy 16777216", 20 * SHORT_US, Discarded),
    Runaway("fills", b"fill 16777216", 20 * SHORT_US, Discarded),
];

/// The text of worker `pid`, whose memory can be read: proc_pid_mem(5).
fn text(pid: u32) -> Vec<u8> {
    let windows = Layout::of_seed(LAYOUT_SEED).zones.windows(0);
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let mut bytes = vec![0; TEXT_BYTES];
    memory.read_exact_at(&mut bytes, windows.text()).unwrap();
    bytes
}

/// A node whose worker is stopped by breakpoints, if there is one.
fn node(config: NodeConfig) -> Option<(TestNode, u32)> {
    let mut node = breaking(NodeConfig {
        without_layers: Layer::ALL.to_vec(),
        layout_seed: Some(LAYOUT_SEED),
        ..config
    })?;
    let pid = node.run("hello", Mode::Guarded, AMPLE_US).worker_pid;
    node.canary(pid);
    Some((node, pid))
}

fn kill(node: &mut TestNode, runaway: &Runaway, mode: Mode) -> Completed {
    let &Runaway(name, body, budget_us, guarded) = runaway;
    let expected = match mode {
        Mode::Guarded => guarded,
        Mode::Inject => Unwound,
        Mode::Discard => Discarded,
    };
    let grace_us = if expected == Discarded { SHORT_US } else { AMPLE_US };
    let limits = |job| Job { body, mode, budget_us, grace_us, heap: Heap::General, ..job };
    let killed = node.run_with(name, |job| Job { memory_kib: 40 << 10, ..limits(job) });
    let ending = (killed.outcome, killed.cleanup);
    assert_eq!(ending, (Outcome::OverBudget, expected), "{name} {mode}: {killed:?}");
    assert_tokens_accounted_for(&killed);
    killed
}

/// Kills until one was by a breakpoint.
fn until_met(node: &mut TestNode, mut kill: impl FnMut(&mut TestNode) -> Completed) {
    let before = node.stop_counts();
    let is_met = (0..TRIES).any(|_| {
        kill(node);
        node.stop_counts().met > before.met
    });
    assert!(is_met, "{before:?} {:?}", node.stop_counts());
}

#[test]
fn runaway_is_stopped_by_a_breakpoint_and_its_text_is_what_was_placed() {
    let Some((mut node, pid)) = node(NodeConfig::default()) else { return };
    for runaway in &RUNAWAYS {
        let name = runaway.0;
        node.run_with(name, |job| Job { budget_us: 1, grace_us: 1, ..job });
        let clean = text(pid);
        assert!(holds(&clean, &placed_text(name)), "the text of {name} is nowhere");
        for mode in MODES {
            until_met(&mut node, |node| kill(node, runaway, mode));
            assert!(clean == text(pid), "{name} {mode}: the text was changed");
            node.canary(pid);
        }
    }
}

/// Whether `text` stands in a slot of `window`.
fn holds(window: &[u8], text: &[u8]) -> bool {
    (0..window.len()).step_by(64).any(|slot| window[slot..].starts_with(text))
}

/// The text of a service's image.
fn placed_text(name: &str) -> Vec<u8> {
    let bytes = image(name);
    let image = Image::parse(&bytes).unwrap();
    let text = image.segments().find(|segment| segment.kind == SegmentKind::Text);
    text.unwrap().bytes.to_vec()
}

#[test]
fn long_hash_is_stopped_by_a_breakpoint() {
    let Some((mut node, pid)) = node(NodeConfig::default()) else { return };
    let body = vec![7; 6 << 20];
    let whole = node.run_with("sha512", |job| Job { body: &body, ..job });
    assert_eq!(whole.outcome, Outcome::Ok, "{whole:?}");
    let clean = text(pid);
    for mode in MODES {
        until_met(&mut node, |node| {
            let job = |job| Job { body: &body, mode, budget_us: 1_000, grace_us: 1_000, ..job };
            let killed = node.run_with("sha512", job);
            assert_eq!(killed.outcome, Outcome::OverBudget, "{mode}: {killed:?}");
            killed
        });
        assert!(clean == text(pid), "{mode}: the text was changed");
        node.canary(pid);
    }
    let again = node.run_with("sha512", |job| Job { body: &body, ..job });
    assert_eq!(again.body, whole.body);
}

#[test]
fn service_in_host_text_is_signalled_when_it_meets_no_breakpoint() {
    let Some((mut node, pid)) = node(NodeConfig::default()) else { return };
    let zeroed = Runaway("fills", b"zeroed 16777216", 20 * SHORT_US, Unwound);
    let is_late = (0..TRIES).any(|_| {
        kill(&mut node, &zeroed, Mode::Discard);
        node.canary(pid);
        node.stop_counts().late > 0
    });
    let counts = node.stop_counts();
    assert!(is_late && counts.signals >= counts.late, "{counts:?}");
}

#[test]
fn services_take_turns_by_breakpoints() {
    let config = NodeConfig { slice_us: Some(20), depth: 4, ..NodeConfig::default() };
    let Some((mut node, pid)) = node(config) else { return };
    let service = node.service("turns");
    node.run_with("turns", |job| Job { body: b"1", ..job });
    let (clean, before) = (text(pid), node.stop_counts());
    let job = Job {
        service,
        body: b"3000",
        mode: Mode::Guarded,
        heap: Heap::General,
        budget_us: AMPLE_US,
        grace_us: AMPLE_US,
        memory_kib: 4096,
    };
    let is_met = (0..TRIES).any(|_| {
        for _ in 0..4 {
            node.submit(job).unwrap();
        }
        let ended: Vec<_> = std::iter::from_fn(|| node.wait()).collect();
        assert!(ended.iter().all(|it| it.body == b"done"), "{ended:?}");
        node.stop_counts().met > before.met + 10
    });
    assert!(is_met, "{before:?} {:?}", node.stop_counts());
    assert!(clean == text(pid), "the text was changed");
}

#[test]
fn breakpoint_of_a_service_s_own_is_a_fault_as_ever() {
    let Some((mut node, pid)) = node(NodeConfig::default()) else { return };
    // At the entry, where another instruction would be a stop point; and behind a jump.
    for (name, code) in [("entry", &[0xcc][..]), ("behind", &[0xeb, 0x00, 0xcc])] {
        node.crafted(name, code, "memcpy");
        let ended = node.run(name, Mode::Guarded, AMPLE_US);
        let ending = (ended.outcome, ended.cleanup);
        assert_eq!(ending, (Outcome::Fault, Discarded), "{name}: {ended:?}");
        node.canary(pid);
    }
    assert_eq!(node.stop_counts(), StopCounts::default());
    assert_eq!(node.worker_sources(), [Source::Breakpoint]);
}
