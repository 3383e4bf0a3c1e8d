//! How many instructions a warm invocation costs a worker, counted one by one. A count is the same on
//! every machine, so a regression shows anywhere.

use std::thread::sleep;
use std::time::Duration;

use mote_abi::outcome::Mode;
use mote_dispatcher::NodeConfig;
use mote_tests::tracer::{SERVICE, Steps};
use mote_tests::{AMPLE_US, LAYOUT_SEED, TestNode};

/// The tracer.
const COUNT_INSTRUCTIONS: &str = env!("CARGO_BIN_EXE_count-instructions");

/// More than a stepped worker needs for one invocation.
const PAUSE: Duration = Duration::from_millis(30);

/// A stepped worker on a busy machine is slow: a budget of a minute, in microseconds.
const STEPPED_US: u32 = 60_000_000;

/// The most that the worker may execute for one invocation besides the service's own instructions:
/// taking the request, preparing, entering, host calls, cleaning up, publishing. As released. A hundred or more of them
/// look for what was used of the stack, and forget registers and what was written of requests and answers.
const MOST: usize = 1_050;

/// The same without optimisation, where the number says little: it only must not explode.
const MOST_DEBUG: usize = 30_000;

fn shortest(service: &str) -> Steps {
    let mut node = TestNode::start(&NodeConfig {
        spin_us: 60_000_000,
        layout_seed: Some(LAYOUT_SEED),
        without_layers: mote_dispatcher::Layer::ALL.to_vec(),
        ..NodeConfig::default()
    });
    let pid = node.run(service, Mode::Guarded, AMPLE_US).worker_pid;
    let trace = Steps::begin(COUNT_INSTRUCTIONS, pid);
    for _ in 0..8 {
        node.run(service, Mode::Guarded, STEPPED_US);
        sleep(PAUSE);
    }
    trace.end()
}

#[test]
fn warm_invocation_stays_within_its_instructions() {
    let most = if cfg!(debug_assertions) { MOST_DEBUG } else { MOST };
    for service in ["timestamp", "hello"] {
        let steps = shortest(service);
        println!("{service}:\n{steps}");
        let workers_own = steps.total - steps.of(SERVICE);
        assert!(steps.of(SERVICE) > 0 && workers_own > 100, "{service} was not counted:\n{steps}");
        assert!(workers_own <= most, "{service}: {workers_own}, at most {most}:\n{steps}");
    }
}
