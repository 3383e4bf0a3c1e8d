//! The layers that stop an attack. What each is for stands in SECURITY.md.

/// What stops an attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    /// Only what cannot change how a service is built is taken in.
    Intake,
    /// The rules for sources that nobody has vetted.
    Source,
    /// The compiler sees nothing else of the machine, and has limits.
    Sandbox,
}
