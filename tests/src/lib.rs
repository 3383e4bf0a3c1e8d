//! What the end-to-end tests share: services built from source by the real pipeline, nodes with real
//! workers, and jobs with limits that a noisy machine does not break.
//!
//! Tests that run a node take turns within one test binary: each node wants the processors for
//! itself, and two on a small machine would only measure each other.

#![deny(unsafe_code)]

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mote_abi::outcome::{Heap, Mode};
use mote_builder::{Options, Profile, build};
use mote_dispatcher::{Completed, Job, Node, NodeConfig, ServiceId, Source, TOOLCHAIN};

pub mod crafted;
pub mod dwarf;
#[allow(unsafe_code, reason = "tracing has no safe interface")]
pub mod ptrace;
#[allow(unsafe_code, reason = "signals with a value have no safe interface")]
pub mod signals;
pub mod tracer;

/// A soft deadline that no honest service of these tests comes near, in microseconds.
pub const AMPLE_US: u32 = 5_000_000;

/// A soft deadline for runaways: long enough that they are under way, in microseconds.
pub const SHORT_US: u32 = 3_000;

static TURN: Mutex<()> = Mutex::new(());

/// The image of `tests/services/NAME`, built once in a test process.
///
/// # Panics
/// If it does not build; what the compiler said is in the message.
#[must_use]
pub fn image(name: &str) -> Vec<u8> {
    static IMAGES: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::new(None);
    let mut images = IMAGES.lock().unwrap_or_else(PoisonError::into_inner);
    let images = images.get_or_insert_default();
    images.entry(name.to_owned()).or_insert_with(|| built(name, Profile::Release)).clone()
}

/// Builds `tests/services/NAME`.
///
/// # Panics
/// As [`image`].
#[must_use]
pub fn built(name: &str, profile: Profile) -> Vec<u8> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("services").join(name);
    let options = Options { profile, ..Options::new(directory, TOOLCHAIN) };
    let mut said = String::new();
    let result = build(&options, &mut |event| {
        if let mote_builder::Event::Diagnostic { rendered, .. } = event {
            said.push_str(rendered);
        }
    });
    result.unwrap_or_else(|error| panic!("{name} does not build: {error}\n{said}")).image
}

/// The test's turn, which it has until this is dropped: for one that starts a node by itself.
pub fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A node for one test, with its services by name.
pub struct TestNode {
    node: Node,
    services: HashMap<String, ServiceId>,
    _turn: MutexGuard<'static, ()>,
}

impl Default for TestNode {
    fn default() -> Self {
        Self::start(&NodeConfig::default())
    }
}

impl TestNode {
    /// Starts a node when the test's turn has come.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn start(config: &NodeConfig) -> Self {
        let turn = turn();
        let node = Node::start(config).unwrap_or_else(|error| panic!("{error}"));
        Self { node, services: HashMap::new(), _turn: turn }
    }

    /// The service `name`, deployed when first asked for.
    ///
    /// # Panics
    /// If it is refused.
    pub fn service(&mut self, name: &str) -> ServiceId {
        if let Some(&service) = self.services.get(name) {
            return service;
        }
        let service = self.node.deploy(name, image(name)).unwrap_or_else(|error| panic!("{error}"));
        self.services.insert(name.to_owned(), service);
        service
    }

    /// Deploys another copy of the service `name`, as `copy`.
    ///
    /// # Panics
    /// As [`TestNode::service`].
    pub fn deploy_as(&mut self, copy: &str, name: &str) {
        let service = self.node.deploy(copy, image(name)).unwrap_or_else(|error| panic!("{error}"));
        self.services.insert(copy.to_owned(), service);
    }

    /// As [`TestNode::service`], but not optimised, under the name `debug NAME`.
    ///
    /// # Panics
    /// As [`TestNode::service`].
    pub fn deploy_debug(&mut self, name: &str) {
        let service = self.node.deploy(name, built(name, Profile::Debug));
        let service = service.unwrap_or_else(|error| panic!("{error}"));
        self.services.insert(format!("debug {name}"), service);
    }

    /// Runs `name` once in `mode`, within limits that only a runaway meets.
    ///
    /// # Panics
    /// If the job is refused.
    pub fn run(&mut self, name: &str, mode: Mode, budget_us: u32) -> Completed {
        self.run_with(name, |job| Job { mode, budget_us, ..job })
    }

    /// Runs `name` once, with what `change` makes of the usual job: body "world", `guarded`, the bump
    /// heap, ample budget and grace, 4 MiB.
    ///
    /// # Panics
    /// If the job is refused.
    pub fn run_with<'a>(
        &mut self,
        name: &str,
        change: impl FnOnce(Job<'a>) -> Job<'a>,
    ) -> Completed {
        let job = Job {
            service: self.service(name),
            body: b"world",
            mode: Mode::Guarded,
            heap: Heap::Bump,
            budget_us: AMPLE_US,
            grace_us: AMPLE_US,
            memory_kib: 4096,
        };
        self.node.invoke(change(job)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The service of `wordcount`'s image with `code` at its entry, under a name that is not in use.
    ///
    /// # Panics
    /// If the loader refuses it.
    pub fn crafted(&mut self, name: &str, code: &[u8], import: &str) {
        self.crafted_from("wordcount", name, code, import);
    }

    /// The same of the image of the service `base`.
    ///
    /// # Panics
    /// As [`TestNode::crafted`].
    pub fn crafted_from(&mut self, base: &str, name: &str, code: &[u8], import: &str) {
        let image = crafted::with_entry(image(base), code, import);
        let service = self.node.deploy(name, image).unwrap_or_else(|error| panic!("{error}"));
        self.services.insert(name.to_owned(), service);
    }

    /// Asks the same worker something harmless, and insists on the right answer from it.
    ///
    /// # Panics
    /// If another process answers, the answer is wrong, or anything of an earlier invocation is left.
    pub fn canary(&mut self, worker_pid: u32) {
        let completed = self.run("hello", Mode::Guarded, AMPLE_US);
        assert_eq!(completed.body, b"Hello, world!", "{completed:?}");
        assert_eq!(completed.worker_pid, worker_pid, "another process answered");
        assert_eq!(completed.tokens, mote_dispatcher::Tokens::default());
        let counter = self.run("counter", Mode::Guarded, AMPLE_US);
        assert_eq!(counter.body, b"0", "data of an earlier invocation survived: {counter:?}");
        assert_eq!(counter.worker_pid, worker_pid, "another process answered");
    }
}

impl Deref for TestNode {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.node
    }
}

impl DerefMut for TestNode {
    fn deref_mut(&mut self) -> &mut Node {
        &mut self.node
    }
}

/// A node whose one worker is stopped by breakpoints, on any processor; `None`, having said why, where
/// there is none to itself.
#[must_use]
pub fn breaking(config: NodeConfig) -> Option<TestNode> {
    let node = TestNode::start(&NodeConfig {
        source: Source::Breakpoint,
        unlisted_processor: true,
        ..config
    });
    if node.worker_sources() == [Source::Breakpoint] {
        return Some(node);
    }
    println!("skipped: the worker has no processor to itself");
    None
}

/// Asserts that every token was released once or reclaimed.
///
/// # Panics
/// If not.
pub fn assert_tokens_accounted_for(completed: &Completed) {
    let tokens = completed.tokens;
    assert_eq!(tokens.created, tokens.released + tokens.reclaimed, "{completed:?}");
    assert_eq!(tokens.double_released, 0, "{completed:?}");
}
