//! The contender that operating systems offer: each service a process, blocked on its socket.
//!
//! The processes have no C library and no heap, and share one read-only text: nothing that is a
//! process is smaller or starts faster. A request is an 8-byte UDP datagram on the loopback; the
//! answer is the time, in a cache line of shared memory that the asker polls.

use std::hint::spin_loop;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

use anyhow::{Context as _, bail, ensure};
use mote_dispatcher::now_ns;

use super::mailbox::Samples;
use super::place::{self, Place};
use super::programs;
use super::random::Random;
use super::sys::memory::{Memory, Slot};
use crate::report::latency::Times;
use crate::status::Failure;

/// Datagrams under way at once when throughput is measured.
const BURST: usize = 64;
/// A process that does not answer by then never will.
const LOST_NS: u64 = 10_000_000_000;

/// Processes that wait, and one more slot for those that are started cold.
pub(super) struct Processes {
    children: Vec<Child>,
    addresses: Vec<SocketAddrV4>,
    memory: Memory,
    socket: UdpSocket,
    cold: Command,
    random: Random,
}

impl Processes {
    /// Starts `count` of them beside the worker, and returns when all listen.
    pub(super) fn start(count: usize, place: &Place) -> Result<Self, Failure> {
        let program = programs::PROCESS.built()?;
        let memory = Memory::create(count + 1).context("cannot share memory")?;
        let path = memory.path();
        let command = |what: &str, index: usize| {
            let mut command = Command::new(&program);
            command.arg(what).arg(&path).arg(index.to_string());
            command.env_clear().stdin(Stdio::inherit());
            command
        };
        let cold = command("stamp", count);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).context("cannot open a socket")?;
        let (children, addresses) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let random = Random::new();
        // Those that were started end with it, also if there cannot be as many as wanted.
        let mut processes = Self { children, addresses, memory, socket, cold, random };
        for mut command in (0..count).map(|index| command("serve", index)) {
            let child = place.beside_the_worker(|| command.spawn());
            processes.children.push(child.context("cannot start a process")?);
        }
        for index in 0..count {
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, processes.port(index)?);
            processes.addresses.push(address);
        }
        Ok(processes)
    }

    /// Wakes processes at random, one after the other.
    pub(super) fn warm(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
    ) -> anyhow::Result<()> {
        for sample in 0..warm_up + samples {
            let index = self.random.below(self.children.len());
            let start_ns = self.send(index)?;
            let taken_ns = self.stamp_ns(index)?.saturating_sub(start_ns);
            if sample >= warm_up {
                times.add(taken_ns);
            }
        }
        Ok(())
    }

    /// Wakes many at once, again and again; returns how long that took, in nanoseconds.
    pub(super) fn saturated(&mut self, bursts: u64) -> anyhow::Result<(u64, u64)> {
        let burst = BURST.min(self.children.len());
        let start_ns = now_ns();
        for _ in 0..bursts {
            let first = self.random.below(self.children.len());
            let indices = (first..first + burst).map(|index| index % self.children.len());
            for index in indices.clone() {
                self.send(index)?;
            }
            for index in indices {
                self.stamp_ns(index)?;
            }
        }
        Ok((bursts * burst as u64, now_ns() - start_ns))
    }

    /// Starts processes that stamp and end, one after the other.
    pub(super) fn cold(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
    ) -> anyhow::Result<()> {
        let index = self.children.len();
        for sample in 0..warm_up + samples {
            self.memory.at::<Slot>(index).stamp_ns.store(0, Ordering::Relaxed);
            let start_ns = now_ns();
            let mut child = self.cold.spawn().context("cannot start a process")?;
            let status = child.wait().context("cannot wait for a process")?;
            if !status.success() {
                bail!("a process ended with {status}");
            }
            let taken_ns = self.stamp_ns(index)?.saturating_sub(start_ns);
            if sample >= warm_up {
                times.add(taken_ns);
            }
        }
        Ok(())
    }

    /// Their memory, in bytes.
    pub(super) fn memory_bytes(&self) -> anyhow::Result<u64> {
        place::memory_bytes(self.children.iter().map(Child::id))
    }

    /// Sends a datagram; returns the time before that.
    fn send(&self, index: usize) -> anyhow::Result<u64> {
        self.memory.at::<Slot>(index).stamp_ns.store(0, Ordering::Relaxed);
        let start_ns = now_ns();
        self.socket.send_to(&[0; 8], self.addresses[index]).context("cannot send a datagram")?;
        Ok(start_ns)
    }

    fn stamp_ns(&self, index: usize) -> anyhow::Result<u64> {
        let slot = self.memory.at::<Slot>(index);
        wait_for(|| slot.stamp_ns.load(Ordering::Acquire))
    }

    fn port(&self, index: usize) -> anyhow::Result<u16> {
        let slot = self.memory.at::<Slot>(index);
        Ok(u16::try_from(wait_for(|| slot.port.load(Ordering::Acquire))?)?)
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for child in &mut self.children {
            // It fails only for one that has ended already.
            let _ = child.kill();
        }
        for child in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// How long the shortest process lives: started, ended and waited for.
pub(super) fn spawn_times(samples: u64) -> Result<Times, Failure> {
    const WARM_UP: u64 = 10;
    let program = programs::PROCESS.built()?;
    let mut command = Command::new(program);
    command.arg("exit").env_clear().stdin(Stdio::inherit());
    let mut times = Times::new();
    for sample in 0..WARM_UP + samples {
        let start_ns = now_ns();
        command.status().context("cannot start a process")?;
        if sample >= WARM_UP {
            times.add(now_ns() - start_ns);
        }
    }
    Ok(times)
}

/// Polls until what is there is not 0.
fn wait_for(poll: impl Fn() -> u64) -> anyhow::Result<u64> {
    let deadline_ns = now_ns() + LOST_NS;
    loop {
        for _ in 0..256 {
            match poll() {
                0 => spin_loop(),
                found => return Ok(found),
            }
        }
        ensure!(now_ns() < deadline_ns, "a process does not answer");
    }
}
