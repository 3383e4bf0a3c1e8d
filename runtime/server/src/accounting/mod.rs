//! What each invocation used, a line of CSV each, for whoever bills it.
//!
//! A thread writes the file: requests do not wait for a disk. When it is too far behind, lines are lost and counted.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use mote_dispatcher::Completed;
use uuid::Uuid;

use crate::functions::name::FunctionId;
use crate::metrics::function::billed_us;

/// The first line of a new file.
const HEADER: &str =
    "time_ms,request,tenant,function,version,outcome,cleanup,billed_us,arena_peak_bytes,queue_us";

/// How many lines may wait to be written.
const WAITING: usize = 65_536;

/// Where lines go.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    lines: SyncSender<String>,
    lost: Arc<AtomicU64>,
}

/// An invocation to be, of which a line will tell.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) request: Uuid,
    pub(crate) function: FunctionId,
    pub(crate) version: String,
}

impl Accounts {
    /// Lines go to the end of the file at `path`.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(path)?;
        let is_new = file.metadata()?.len() == 0;
        let (lines, waiting) = sync_channel(WAITING);
        let write = move || {
            if let Err(error) = write_all(file, is_new, &waiting) {
                tracing::error!(%error, "what invocations use is not written any more");
            }
        };
        thread::Builder::new().name("mote-accounts".to_owned()).spawn(write)?;
        Ok(Self { lines, lost: Arc::default() })
    }

    /// Notes how an invocation ended, which had waited for a worker for `queue_ns`.
    pub(crate) fn note(&self, account: &Account, completed: &Completed, queue_ns: u64) {
        if self.lines.try_send(line(account, completed, queue_ns)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Lines that were lost.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

/// Writes lines until nobody sends any more; what was written is in the file whenever none waits.
fn write_all(file: File, is_new: bool, lines: &Receiver<String>) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    if is_new {
        writeln!(file, "{HEADER}")?;
    }
    loop {
        let line = match lines.try_recv() {
            Ok(line) => line,
            Err(TryRecvError::Disconnected) => return file.flush(),
            Err(TryRecvError::Empty) => {
                file.flush()?;
                let Ok(line) = lines.recv() else { return Ok(()) };
                line
            }
        };
        file.write_all(line.as_bytes())?;
    }
}

/// No field needs quotes: all are words and numbers.
fn line(account: &Account, completed: &Completed, queue_ns: u64) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let Account { request, function: FunctionId { tenant, name }, version } = account;
    format!(
        "{},{request},{},{name},{version},{},{},{},{},{}\n",
        since.as_millis(),
        tenant.name(),
        completed.outcome.name(),
        completed.cleanup.name(),
        billed_us(completed),
        completed.arena_peak_bytes,
        queue_ns / 1_000
    )
}
