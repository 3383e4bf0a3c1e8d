//! A periodic timer whose handler notes when it ran. For a process of one thread that does nothing else.
//!
//! The handler reads the clock through the vDSO and stores into memory set aside before: both are
//! allowed in a handler. Spec: setitimer(2), timer_create(2), signal-safety(7).

use std::io;
use std::mem;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use clap::ValueEnum;
use mote_dispatcher::now_ns;
use serde::Serialize;

/// What fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum Source {
    /// Nothing.
    None,
    /// `setitimer`, as the paper.
    Setitimer,
    /// `timer_create` and `timer_settime`.
    PosixTimer,
}

impl Source {
    /// Its name, as arguments and reports have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Setitimer => "setitimer",
            Self::PosixTimer => "posix_timer",
        }
    }
}

/// The most stamps that one process takes.
pub(crate) const MOST_STAMPS: usize = 1 << 17;

static STAMPS_NS: [AtomicU64; MOST_STAMPS] = [const { AtomicU64::new(0) }; MOST_STAMPS];
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(MOST_STAMPS);
static END_NS: AtomicU64 = AtomicU64::new(u64::MAX);

/// When the handler itself ends the timer. A period can be so short that nothing but the handler runs
/// any more: then nobody else could.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Until {
    /// After so many runs.
    pub(crate) stamps: usize,
    /// At this time.
    pub(crate) end_ns: u64,
}

/// How often the handler ran.
pub(crate) fn taken() -> usize {
    TAKEN.load(Relaxed)
}

/// When it ran, for the first `count` times.
pub(crate) fn stamps_ns(count: usize) -> impl Iterator<Item = u64> {
    STAMPS_NS.iter().take(count.min(taken())).map(|stamp_ns| stamp_ns.load(Relaxed))
}

extern "C" fn stamp(_signal: i32) {
    let (index, now_ns) = (TAKEN.fetch_add(1, Relaxed), now_ns());
    if let Some(cell) = STAMPS_NS.get(index) {
        cell.store(now_ns, Relaxed);
    }
    if index + 1 >= MOST.load(Relaxed) || now_ns >= END_NS.load(Relaxed) {
        // With this signal and a valid disposition it does not fail.
        let _ = ignore();
    }
}

/// Starts a timer that fires every `period_us`, once in a process's life.
pub(crate) fn start(source: Source, period_us: u32, until: Until) -> io::Result<()> {
    MOST.store(until.stamps, Relaxed);
    END_NS.store(until.end_ns, Relaxed);
    install()?;
    match source {
        Source::None => Ok(()),
        Source::Setitimer => set_interval_timer(period_us),
        Source::PosixTimer => set_posix_timer(period_us),
    }
}

/// Ends the timer of [`start`]: signals do nothing from here on. Async-signal-safe.
pub(crate) fn ignore() -> io::Result<()> {
    // SAFETY: changes what a signal does; ignoring it needs no handler.
    match unsafe { libc::signal(libc::SIGALRM, libc::SIG_IGN) } {
        libc::SIG_ERR => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn install() -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid sigaction: integers, an empty mask, a default handler.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = stamp as extern "C" fn(i32) as usize;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: `stamp` only does what signal-safety(7) allows.
    checked(unsafe { libc::sigaction(libc::SIGALRM, &raw const action, null_mut()) })
}

fn set_interval_timer(period_us: u32) -> io::Result<()> {
    let period = libc::timeval {
        tv_sec: i64::from(period_us / 1_000_000),
        tv_usec: i64::from(period_us % 1_000_000),
    };
    let timer = libc::itimerval { it_interval: period, it_value: period };
    // SAFETY: reads the timer, which lives through the call.
    checked(unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, null_mut()) })
}

fn set_posix_timer(period_us: u32) -> io::Result<()> {
    // SAFETY: all-zero bytes are a valid sigevent: integers and a null pointer.
    let mut event: libc::sigevent = unsafe { mem::zeroed() };
    event.sigev_notify = libc::SIGEV_SIGNAL;
    event.sigev_signo = libc::SIGALRM;
    let mut timer: libc::timer_t = null_mut();
    let clock = libc::CLOCK_MONOTONIC;
    // SAFETY: reads the event and writes the timer; both live through the call.
    checked(unsafe { libc::timer_create(clock, &raw mut event, &raw mut timer) })?;
    let period = libc::timespec {
        tv_sec: i64::from(period_us / 1_000_000),
        tv_nsec: i64::from(period_us % 1_000_000) * 1_000,
    };
    let times = libc::itimerspec { it_interval: period, it_value: period };
    // SAFETY: the timer was just made; reads the times, which live through the call.
    checked(unsafe { libc::timer_settime(timer, 0, &raw const times, null_mut()) })
}

fn checked(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
