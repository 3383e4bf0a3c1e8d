//! What an invocation costs, in counts that are the same on every machine.

mod instructions;
mod system_calls;
