//! Workers and jobs from start to end: queues, parking, workers that die, services that are banned or replaced.

mod bans;
mod deployment;
mod failures;
mod fairness;
mod giving_up;
mod owned;
mod parking;
mod queueing;
mod residency;
mod trust;
mod workers;
