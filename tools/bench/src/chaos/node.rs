//! The node's process: requests come by number on standard input, answers go to standard output.

use std::fs;
use std::io::{self, BufReader, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::ProgressBar;
use mote_dispatcher::{Completed, NodeConfig, NodeThread, ServiceId, SubmitError};

use crate::bundle::Bundled;
use crate::chaos::faults::{Faults, changed, statistics, verified};
use crate::chaos::plan::{self, Plan, Random, SERVICES};
use crate::chaos::wire::{Gauge, Message, read_number};
use crate::error::Error;

const WORKERS: usize = 2;

/// Between two gauges.
const GAUGE_EVERY: Duration = Duration::from_millis(200);

/// Serves until nobody asks any more, while faults are made.
///
/// # Errors
/// The services do not build, the node does not start, or the other process has gone.
pub fn serve(seed: u64) -> Result<(), Error> {
    let images = plan::images(&ProgressBar::hidden())?;
    let node = NodeThread::start(config())?;
    let deployed = (0..SERVICES).map(|service| install(&node, &images, service));
    let ids = Mutex::new(deployed.collect::<Result<Vec<ServiceId>, Error>>()?);
    let (to, messages) = mpsc::channel();
    let is_over = AtomicBool::new(false);
    let faults = Faults {
        random: Random::new(seed),
        node: node.handle(),
        workers: WORKERS,
        images: &images,
        ids: &ids,
    };
    std::thread::scope(|scope| {
        let written = scope.spawn(|| write(messages));
        let (of_faults, of_gauges, is_over, node) = (to.clone(), to.clone(), &is_over, &node);
        scope.spawn(move || make_faults(faults, is_over, of_faults));
        scope.spawn(move || gauge(node, is_over, of_gauges));
        let served = submit_all(Plan::new(seed), node, &ids, &to);
        drain(node);
        is_over.store(true, Ordering::Release);
        drop(to);
        served.and(written.join().expect("writing does not panic"))
    })
    .map_err(Error::ChaosNode)
}

fn config() -> NodeConfig {
    NodeConfig {
        workers: WORKERS,
        slice_us: Some(200),
        spares: Some(2),
        images_kib: 512,
        queue_limit: 4_096,
        arena_kib: 1_024,
        ..NodeConfig::default()
    }
}

fn install(node: &NodeThread, images: &[Bundled], service: usize) -> Result<ServiceId, Error> {
    let image = verified(images, service);
    let installed = image.and_then(|image| changed(&node.handle(), plan::install(service, image)));
    installed.ok_or(Error::ChaosService { service })
}

fn submit_all(
    plan: Plan,
    node: &NodeThread,
    ids: &Mutex<Vec<ServiceId>>,
    to: &Sender<Message>,
) -> io::Result<()> {
    let mut from = BufReader::with_capacity(1 << 18, io::stdin());
    let handle = node.handle();
    while let Some(number) = read_number(&mut from)? {
        let service = plan.service(number);
        let id = ids.lock().unwrap_or_else(PoisonError::into_inner)[service];
        let to = to.clone();
        handle.submit(plan::job(number, service, id), move |ended| {
            // Nobody reads any more only when the other process has gone.
            drop(to.send(message(number, ended)));
        });
    }
    Ok(())
}

fn message(number: u64, ended: Result<Completed, SubmitError>) -> Message {
    match ended {
        Ok(completed) => {
            Message::Answer { number, outcome: completed.outcome, body: completed.body }
        }
        Err(_) => Message::Refused { number },
    }
}

fn drain(node: &NodeThread) {
    let (to, drained) = mpsc::channel();
    node.handle().drain(move || to.send(()).unwrap_or_default());
    // An error means that the node has ended, which drains it too.
    let _drained = drained.recv();
}

/// Writes all messages, and all that are there at once.
fn write(messages: mpsc::Receiver<Message>) -> io::Result<()> {
    let mut to = BufWriter::with_capacity(1 << 18, io::stdout().lock());
    while let Ok(first) = messages.recv() {
        first.write(&mut to)?;
        messages.try_iter().try_for_each(|next| next.write(&mut to))?;
        to.flush()?;
    }
    Ok(())
}

fn make_faults(mut faults: Faults<'_>, is_over: &AtomicBool, to: Sender<Message>) {
    while !is_over.load(Ordering::Acquire) {
        faults.next(&|message| drop(to.send(message)));
    }
}

fn gauge(node: &NodeThread, is_over: &AtomicBool, to: Sender<Message>) {
    loop {
        let is_last = is_over.load(Ordering::Acquire);
        let Some(counted) = statistics(&node.handle()) else { return };
        let gauge = Gauge {
            memory_kib: memory_kib().unwrap_or(0),
            descriptors: fs::read_dir("/proc/self/fd").map_or(0, |entries| entries.count() as u64),
            mappings: fs::read_to_string("/proc/self/maps")
                .map_or(0, |maps| maps.lines().count() as u64),
            workers_lost: counted.workers_lost,
            refused_steps: counted.refused_steps,
        };
        drop(to.send(Message::Gauge(gauge)));
        if is_last {
            return;
        }
        std::thread::sleep(GAUGE_EVERY);
    }
}

/// Memory of this process that is resident and its own.
fn memory_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}
