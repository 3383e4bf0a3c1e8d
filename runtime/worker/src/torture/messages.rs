//! The requests that the tool sent, and what the services answer.

use mote_abi::area::RING_ENTRIES;
use mote_abi::line::index;
use mote_abi::message::{Completion, Invoke};
use mote_abi::torture::answer_sum;

use crate::host::areas::Areas;

/// The request with that number, if the tool sent one.
#[must_use]
pub fn request(areas: &Areas, sequence: u64) -> Option<Invoke> {
    areas.inbox().requests[index(sequence, RING_ENTRIES)].poll(sequence).map(Invoke::from_words)
}

/// The sum of what `completion` hands over.
#[must_use]
pub fn answer(areas: &Areas, sequence: u64, completion: &Completion) -> u64 {
    let body = areas.reply_bytes(sequence, completion.body_bytes as usize);
    answer_sum(completion.outcome, body)
}
