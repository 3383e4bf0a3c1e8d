//! The loader from outside: images made in memory, good and bad, parsed, checked and placed.

mod blueprint;
mod breakpoints;
mod checking;
mod hostile;
mod parsing;
mod placing;
mod stopping;
mod unwinding;
