//! What a job is asked with beside what it runs.

/// How a job is treated until it has its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobOptions {
    /// It ends as [`expired`](crate::Outcome::Expired), and does not run, if no worker can start it until then on
    /// the node's clock ([`now_ns`](crate::now_ns)); `u64::MAX`: it waits for as long as it takes.
    pub start_by_ns: u64,
    /// Whether running it twice does no harm: then it is given to one other worker, once, if its worker is lost
    /// while it runs.
    pub is_idempotent: bool,
    /// How many of the body's last bytes are not the body, but its service's [variables](mote_abi::variables): at most
    /// [`VARIABLES_BYTES`](mote_abi::variables::VARIABLES_BYTES).
    pub variables_bytes: u16,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self { start_by_ns: u64::MAX, is_idempotent: false, variables_bytes: 0 }
    }
}
