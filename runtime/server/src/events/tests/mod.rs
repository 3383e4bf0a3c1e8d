//! The index by itself, and events on storage that fails, tears and is cut off.

mod disk;
mod faults;
mod index;
mod prefixes;

use bytes::Bytes;
use uuid::Uuid;

use super::record::Record;
use super::store::Change;
use crate::functions::name::Target;
use crate::functions::tenant::Tenant;

fn target() -> Target {
    Target::parse(&Tenant::of_node(), "f", None).unwrap()
}

fn add(id: u128, body: &'static [u8]) -> Change {
    let record = Record::new(&target(), body.len(), 1);
    Change::Add { id: Uuid::from_u128(id), record, body: Bytes::from_static(body) }
}
