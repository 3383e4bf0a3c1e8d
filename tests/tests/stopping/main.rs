//! Breakpoints: where they may stand, what they stop, and that they change nothing else.

mod kills;
mod points;
mod storm;
