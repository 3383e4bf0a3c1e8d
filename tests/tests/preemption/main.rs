//! Deadlines: who fires at them, what becomes of a service that does not end, and of its values.

mod escalation;
mod fills;
mod sources;
mod storm;
mod torture;
mod values;
