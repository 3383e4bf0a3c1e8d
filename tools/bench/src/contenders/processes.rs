//! The contender that operating systems offer: each service a process, blocked on its socket.
//!
//! The processes have no C library and no heap, and share one read-only text: nothing that is a
//! process is smaller or starts faster. A request is an 8-byte UDP datagram on the loopback; the
//! answer is the time, in a cache line of shared memory that the asker polls.

use std::hint::spin_loop;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

use mote_dispatcher::now_ns;

use super::mailbox::Samples;
use super::place::{self, Place};
use super::programs;
use super::sys::memory::{Memory, Slot};
use crate::error::Error;
use crate::random::Random;
use crate::stats::latency::Times;

/// What messages call one of them.
const PROGRAM: &str = "a process";
/// Datagrams under way at once when throughput is measured.
const BURST: usize = 64;
/// A process that does not answer by then never will.
const LOST_NS: u64 = 10_000_000_000;

/// Processes that wait, and one more slot for those that are started cold.
pub(crate) struct Processes {
    children: Vec<Child>,
    addresses: Vec<SocketAddrV4>,
    memory: Memory,
    socket: UdpSocket,
    cold: Command,
    random: Random,
}

impl Processes {
    /// Starts `count` of them beside the worker, and returns when all listen.
    pub(crate) fn start(count: usize, place: &Place) -> Result<Self, Error> {
        let program = programs::PROCESS.built()?;
        let memory = Memory::create(count + 1).map_err(Error::SharedMemory)?;
        let path = memory.path();
        let command = |what: &str, index: usize| {
            let mut command = Command::new(&program);
            command.arg(what).arg(&path).arg(index.to_string());
            command.env_clear().stdin(Stdio::inherit());
            command
        };
        let cold = command("stamp", count);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::Datagram)?;
        let (children, addresses) = (Vec::with_capacity(count), Vec::with_capacity(count));
        let random = Random::new();
        // Those that were started end with it, also if there cannot be as many as wanted.
        let mut processes = Self { children, addresses, memory, socket, cold, random };
        for mut command in (0..count).map(|index| command("serve", index)) {
            let child = place.beside_the_worker(|| command.spawn());
            processes.children.push(child.map_err(Error::run(PROGRAM))?);
        }
        for index in 0..count {
            let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, processes.port(index)?);
            processes.addresses.push(address);
        }
        Ok(processes)
    }

    /// Wakes processes at random, one after the other.
    pub(crate) fn warm(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
    ) -> Result<(), Error> {
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
    pub(crate) fn saturated(&mut self, bursts: u64) -> Result<(u64, u64), Error> {
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
    pub(crate) fn cold(
        &mut self,
        (warm_up, samples): Samples,
        times: &mut Times,
    ) -> Result<(), Error> {
        let index = self.children.len();
        for sample in 0..warm_up + samples {
            self.memory.at::<Slot>(index).stamp_ns.store(0, Ordering::Relaxed);
            let start_ns = now_ns();
            let mut child = self.cold.spawn().map_err(Error::run(PROGRAM))?;
            let status = child.wait().map_err(Error::run(PROGRAM))?;
            if !status.success() {
                return Err(Error::Ended { program: PROGRAM.to_owned(), status });
            }
            let taken_ns = self.stamp_ns(index)?.saturating_sub(start_ns);
            if sample >= warm_up {
                times.add(taken_ns);
            }
        }
        Ok(())
    }

    /// Their memory, in bytes.
    pub(crate) fn memory_bytes(&self) -> Result<u64, Error> {
        place::memory_bytes(self.children.iter().map(Child::id))
    }

    /// Sends a datagram; returns the time before that.
    fn send(&self, index: usize) -> Result<u64, Error> {
        self.memory.at::<Slot>(index).stamp_ns.store(0, Ordering::Relaxed);
        let start_ns = now_ns();
        self.socket.send_to(&[0; 8], self.addresses[index]).map_err(Error::Datagram)?;
        Ok(start_ns)
    }

    fn stamp_ns(&self, index: usize) -> Result<u64, Error> {
        let slot = self.memory.at::<Slot>(index);
        wait_for(|| slot.stamp_ns.load(Ordering::Acquire))
    }

    fn port(&self, index: usize) -> Result<u16, Error> {
        let slot = self.memory.at::<Slot>(index);
        let port = wait_for(|| slot.port.load(Ordering::Acquire))?;
        u16::try_from(port).map_err(|_| Error::NoNumbers { program: PROGRAM.to_owned() })
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
pub(crate) fn spawn_times(samples: u64) -> Result<Times, Error> {
    const WARM_UP: u64 = 10;
    let program = programs::PROCESS.built()?;
    let mut command = Command::new(program);
    command.arg("exit").env_clear().stdin(Stdio::inherit());
    let mut times = Times::new();
    for sample in 0..WARM_UP + samples {
        let start_ns = now_ns();
        command.status().map_err(Error::run(PROGRAM))?;
        if sample >= WARM_UP {
            times.add(now_ns() - start_ns);
        }
    }
    Ok(times)
}

fn silent() -> Error {
    Error::Silent { program: PROGRAM, last_words: "it has no output".to_owned() }
}

/// Polls until what is there is not 0.
fn wait_for(poll: impl Fn() -> u64) -> Result<u64, Error> {
    let deadline_ns = now_ns() + LOST_NS;
    loop {
        for _ in 0..256 {
            match poll() {
                0 => spin_loop(),
                found => return Ok(found),
            }
        }
        if now_ns() >= deadline_ns {
            return Err(silent());
        }
    }
}
