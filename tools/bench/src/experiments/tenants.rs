//! What it takes to give a worker to another tenant: to a spare that is ready, and one after the other.

use std::thread::sleep;
use std::time::{Duration, Instant};

use mote_abi::outcome::{Heap, Mode};
use mote_dispatcher::{
    Deployment, Job, Node, NodeConfig, ServiceId, Sharing, TenantId, VerifiedImage, now_ns,
};

use super::setting::Setting;
use crate::contenders::node::number;
use crate::error::Error;
use crate::stats::row::Row;

/// Spares of the worker.
const SPARES: usize = 4;
/// A budget that nothing reaches, in microseconds.
const AMPLE_US: u32 = 1_000_000;
/// Between two looks at spares that start; also, what was begun before is over then.
const PAUSE: Duration = Duration::from_millis(2);

/// Two tenants with a service each, and one worker.
struct Tenants {
    node: Node,
    services: [ServiceId; 2],
}

/// Steps of the progress bar.
pub(crate) fn steps() -> u64 {
    2
}

/// Switches to ready spares, and switches without a pause.
pub(crate) fn rows(setting: &Setting<'_>) -> Result<Vec<Row>, Error> {
    let (samples, length) = if setting.is_quick { (50, 500) } else { (1_000, 5_000) };
    let mut tenants = Tenants::start(setting.image("timestamp")?)?;
    setting.step("tenants, switches to ready spares");
    let ready = tenants.ready(samples)?;
    setting.step("tenants, switches without a pause");
    Ok(vec![ready, tenants.sustained(Duration::from_millis(length))?])
}

impl Tenants {
    fn start(image: &[u8]) -> Result<Self, Error> {
        let sharing = Sharing::Tenant;
        let clock_step_ns = Some(1);
        let spares = Some(SPARES);
        let config = NodeConfig { sharing, spares, clock_step_ns, ..NodeConfig::default() };
        let mut node = Node::start(&config)?;
        let mut install = |tenant| {
            let image = VerifiedImage::new("timestamp", image)?;
            let tenant = TenantId(tenant);
            let deployment = Deployment { tenant, ..Deployment::new("timestamp") };
            let service = node.install(deployment, image)?;
            node.place(service)?;
            Ok::<_, Error>(service)
        };
        let services = [install(1)?, install(2)?];
        Ok(Self { node, services })
    }

    /// From before the request is submitted until its service runs.
    fn switch(&mut self, turn: usize) -> Result<u64, Error> {
        let before_ns = now_ns();
        let completed = self.node.invoke(Job {
            service: self.services[turn % 2],
            body: b"",
            mode: Mode::Guarded,
            heap: Heap::Bump,
            budget_us: AMPLE_US,
            grace_us: AMPLE_US,
            memory_kib: 1024,
        })?;
        Ok(number(&completed)?.saturating_sub(before_ns))
    }

    /// Each switch begins when all spares are ready.
    fn ready(&mut self, samples: usize) -> Result<Row, Error> {
        let mut row = Row::new("tenant_switch_ready", "switch to a ready spare");
        for turn in 0..samples {
            while self.node.ready_spares() < SPARES {
                sleep(PAUSE);
                self.node.poll();
            }
            sleep(PAUSE);
            row.times.add(self.switch(turn)?);
        }
        Ok(row)
    }

    /// Each switch begins when the one before has ended, and may wait for a spare.
    fn sustained(&mut self, length: Duration) -> Result<Row, Error> {
        let mut row = Row::new("tenant_switch_sustained", "switch after switch");
        let begun = Instant::now();
        let mut turn = 0;
        while begun.elapsed() < length {
            row.times.add(self.switch(turn)?);
            turn += 1;
        }
        row.per_second = Some(turn as f64 / begun.elapsed().as_secs_f64());
        Ok(row)
    }
}
