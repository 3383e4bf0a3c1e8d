//! Runs a program to its end, or to a limit.

use std::io::{self, BufRead as _, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

use super::limits::OUTPUT_BYTES;

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Success,
    Failure,
    TimeLimit,
    OutputLimit,
}

/// What is left of a program that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) ended: Ended,
    pub(crate) stderr: String,
}

impl Finished {
    pub(crate) fn is_success(&self) -> bool {
        self.ended == Ended::Success
    }

    /// Whether a compiler ended because it got no more memory: it says so, and aborts.
    pub(super) fn is_out_of_memory(&self) -> bool {
        let said = ["memory allocation of", "out of memory", "Cannot allocate memory"];
        said.iter().any(|words| self.stderr.contains(words))
    }
}

/// Counts what a program writes; kills it when that is too much.
struct Meter {
    child: Pid,
    written: AtomicU64,
    is_over: AtomicBool,
}

impl Meter {
    fn add(&self, bytes: usize) {
        if self.written.fetch_add(bytes as u64, Relaxed) + bytes as u64 > OUTPUT_BYTES {
            self.is_over.store(true, Relaxed);
            kill(self.child);
        }
    }
}

/// Runs `command` until it ends, or until `end`; `on_line` takes each line of its stdout.
pub(super) fn run(
    command: &mut Command,
    end: Instant,
    on_line: &mut dyn FnMut(&str),
) -> io::Result<Finished> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let pid = Pid::from_child(&child);
    let meter =
        Arc::new(Meter { child: pid, written: AtomicU64::new(0), is_over: AtomicBool::new(false) });
    let stderr = child.stderr.take().map(|stderr| {
        let meter = meter.clone();
        thread::spawn(move || read_all(stderr, &meter))
    });
    let (done, waiting) = mpsc::channel::<()>();
    let alarm = thread::spawn(move || {
        let is_late = waiting.recv_timeout(end.saturating_duration_since(Instant::now()))
            == Err(RecvTimeoutError::Timeout);
        if is_late {
            kill(pid);
        }
        is_late
    });
    read_lines(&mut child, &meter, on_line);
    let stderr = stderr.and_then(|reader| reader.join().ok()).unwrap_or_default();
    // Until it has been waited for, its pid is its own: the alarm cannot hit another process.
    drop(done);
    let is_late = alarm.join().unwrap_or_default();
    let status = child.wait()?;
    kill_rest(pid);
    let ended = match (is_late, meter.is_over.load(Relaxed)) {
        (true, _) => Ended::TimeLimit,
        (_, true) => Ended::OutputLimit,
        _ => of_status(status),
    };
    Ok(Finished { ended, stderr })
}

fn of_status(status: ExitStatus) -> Ended {
    if status.success() && status.signal().is_none() { Ended::Success } else { Ended::Failure }
}

/// Ends the program: a supervisor, whose namespace ends with it, or the first of a process group.
fn kill(child: Pid) {
    // It may have ended by itself.
    let _ = kill_process_group(child, Signal::KILL);
    let _ = kill_process(child, Signal::KILL);
}

/// Ends what a program has left behind in its process group.
fn kill_rest(child: Pid) {
    // Usually there is none.
    let _ = kill_process_group(child, Signal::KILL);
}

fn read_lines(child: &mut Child, meter: &Meter, on_line: &mut dyn FnMut(&str)) {
    let Some(stdout) = child.stdout.take() else { return };
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    // A program that writes no line end is stopped by the meter at the next one, or by its deadline.
    while matches!(reader.by_ref().take(OUTPUT_BYTES).read_until(b'\n', &mut line), Ok(1..)) {
        meter.add(line.len());
        on_line(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
}

fn read_all(mut from: impl Read, meter: &Meter) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        meter.add(count);
        if !meter.is_over.load(Relaxed) {
            bytes.extend_from_slice(&chunk[..count]);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
