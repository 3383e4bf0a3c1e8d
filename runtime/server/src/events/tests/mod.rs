//! Events on storage that fails, tears and is cut off.

mod disk;
mod faults;
mod prefixes;

use bytes::Bytes;
use uuid::Uuid;

use super::record::Record;
use super::store::Change;
use crate::functions::name::Target;

fn target() -> Target {
    Target { name: "f".to_owned(), qualifier: None }
}

fn add(id: u128, body: &'static [u8]) -> Change {
    let record = Record::new(&target(), body.len(), 1);
    Change::Add { id: Uuid::from_u128(id), record, body: Bytes::from_static(body) }
}
