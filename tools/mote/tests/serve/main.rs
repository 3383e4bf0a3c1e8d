//! `mote serve` behind real clients: curl, boto3, the AWS command line, promtool, and an operator.
#![cfg(feature = "http")]

#[path = "../support/mod.rs"]
mod support;

mod accounting;
mod behave;
mod clients;
mod crash;
mod events;
mod lambda;
mod operate;
mod page;
mod plain;
mod queueing;
mod serving;
mod tenants;
