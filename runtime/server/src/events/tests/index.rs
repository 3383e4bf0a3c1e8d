//! Which event runs when, and which room is left.

use uuid::Uuid;

use crate::config::events::EventsSection;
use crate::events::index::{Index, MAX_BACKOFF_MS, NoRoom, Totals};
use crate::events::record::{Failure, Record, State};
use crate::functions::name::Target;
use crate::functions::tenant::Tenant;

fn record(accepted_ms: u64) -> Record {
    Record::new(&Target::parse(&Tenant::of_node(), "f", None).unwrap(), 10, accepted_ms)
}

fn index(tries: u32) -> Index {
    let limits = EventsSection { tries, backoff_ms: 100, ..EventsSection::default() };
    let stored = (1..=3).rev().map(|number| (Uuid::from_u128(number), record(number as u64)));
    Index::new(limits, stored.collect(), 10)
}

fn fail(index: &mut Index, at_ms: u64) -> State {
    let id = index.take_due(at_ms).expect("one is due").id;
    index.fail(id, Failure::new("panicked", "", at_ms));
    index.get(id).expect("it is kept").record.state
}

#[test]
fn events_run_in_the_order_of_their_arrival() {
    let mut index = index(3);
    let ids = std::iter::from_fn(|| index.take_due(10)).map(|event| event.id.as_u128());
    assert_eq!(ids.collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(index.next_due_ms(), None);
}

#[test]
fn pause_doubles_after_each_failure_until_the_event_is_parked() {
    let mut index = index(4);
    let others = [2, 3].map(Uuid::from_u128);
    others.into_iter().for_each(|id| drop(index.remove(id)));
    for (at_ms, due_ms) in [(10, 110), (110, 310), (310, 710)] {
        assert_eq!(fail(&mut index, at_ms), State::Waiting { due_ms });
        assert!(index.take_due(due_ms - 1).is_none());
    }
    assert_eq!(fail(&mut index, 710), State::Parked);
    assert_eq!(index.totals(), Totals { parked: 1, bytes: 10, ..Totals::default() });
}

#[test]
fn postponing_counts_no_try() {
    let mut index = index(1);
    let id = index.take_due(10).unwrap().id;
    index.postpone(id, 10);
    assert_eq!(index.get(id).unwrap().record.tries, 0);
    assert!(index.discard(id).is_ok());
    assert!(std::iter::from_fn(|| index.take_due(1_000)).all(|event| event.id != id));
}

#[test]
fn clock_that_was_set_back_does_not_hold_events_for_ever() {
    let stored = vec![(Uuid::from_u128(1), record(u64::MAX))];
    let index = Index::new(EventsSection::default(), stored, 10);
    assert_eq!(index.next_due_ms(), Some(10 + MAX_BACKOFF_MS));
}

#[test]
fn room_is_counted_by_events_and_by_bytes() {
    let limits = EventsSection { count: 3, bytes: 100, ..EventsSection::default() };
    let mut index = Index::new(limits, Vec::new(), 10);
    assert_eq!(index.reserve(101), Err(NoRoom::Bytes { limit: 100 }));
    (0..3).for_each(|_| index.reserve(10).unwrap());
    assert_eq!(index.reserve(0), Err(NoRoom::Count { limit: 3 }));
    index.release(10);
    assert_eq!(index.reserve(80), Ok(()));
}
