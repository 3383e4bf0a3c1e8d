//! What a tenant or a service may have beside others. Pure.

/// What a tenant or a service may have while others want workers too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How much of the workers' time it gets beside one of weight 1, when both have jobs waiting. Not 0.
    pub weight: u32,
    /// Jobs of it that may wait; more are refused.
    pub max_queued: usize,
    /// Jobs of it that may be on workers at once; more wait, though a worker is free.
    pub max_running: usize,
}

impl Default for Share {
    /// As everybody else, and no limits.
    fn default() -> Self {
        Self { weight: 1, max_queued: usize::MAX, max_running: usize::MAX }
    }
}
