//! Workers and jobs from start to end: queues, parking, workers that die, services that are banned.

mod bans;
mod parking;
mod queueing;
mod workers;
