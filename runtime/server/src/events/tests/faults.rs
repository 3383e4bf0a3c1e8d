//! A disk that fills up while events are taken, and is freed again.

use std::collections::BTreeSet;

use bytes::Bytes;
use uuid::Uuid;

use super::disk::Disk;
use super::target;
use crate::config::events::EventsSection;
use crate::events::{EventError, Events};

/// The most steps after which the disk is full in this test; a transaction has fewer.
const STEPS: usize = 40;

fn events(disk: &Disk) -> Events {
    Events::start(disk.store().unwrap(), &EventsSection::default()).unwrap()
}

fn ids(events: &Events) -> BTreeSet<Uuid> {
    events.list(None, false, usize::MAX).into_iter().map(|event| event.id).collect()
}

async fn accept(events: &Events, id: u128) -> Result<(), EventError> {
    events.accept(Uuid::from_u128(id), &target(), Bytes::from_static(b"body")).await
}

#[tokio::test]
async fn acknowledged_event_is_there_when_the_disk_fills_up_at_any_step() {
    for steps in 0..STEPS {
        let disk = Disk::default();
        let events = events(&disk);
        let mut acknowledged = BTreeSet::new();
        accept(&events, 0).await.unwrap();
        disk.fill_after(Some(steps));
        for id in 1..8 {
            match accept(&events, id).await {
                Ok(()) => _ = acknowledged.insert(Uuid::from_u128(id)),
                Err(EventError::Disk { source }) => assert!(source.is_full(), "{source}"),
                Err(other) => panic!("{other}"),
            }
        }
        acknowledged.insert(Uuid::from_u128(0));
        assert_eq!(ids(&events), acknowledged, "{steps} steps");
        disk.fill_after(None);
        accept(&events, 9).await.unwrap();
        acknowledged.insert(Uuid::from_u128(9));
        drop(events);
        assert_eq!(ids(&self::events(&disk)), acknowledged, "{steps} steps");
    }
}

#[tokio::test]
async fn event_that_ran_while_the_disk_was_full_is_gone_when_there_is_room() {
    let disk = Disk::default();
    let events = events(&disk);
    accept(&events, 1).await.unwrap();
    disk.fill_after(Some(0));
    let event = events.take_due().unwrap();
    events.done(event.id);
    assert!(accept(&events, 2).await.is_err());
    assert_eq!(ids(&events), BTreeSet::new());
    disk.fill_after(None);
    drop(events);
    assert_eq!(ids(&self::events(&disk)), BTreeSet::new());
}

#[tokio::test]
async fn refusal_gives_the_room_back() {
    let disk = Disk::default();
    let limits = EventsSection { count: 1, ..EventsSection::default() };
    let events = Events::start(disk.store().unwrap(), &limits).unwrap();
    disk.fill_after(Some(0));
    for id in 0..3 {
        assert!(matches!(accept(&events, id).await, Err(EventError::Disk { .. })));
    }
    disk.fill_after(None);
    accept(&events, 4).await.unwrap();
    assert!(matches!(accept(&events, 5).await, Err(EventError::NoRoom(_))));
}

#[tokio::test]
async fn parked_event_runs_again_when_an_operator_says_so() {
    let disk = Disk::default();
    let limits = EventsSection { tries: 1, ..EventsSection::default() };
    let events = Events::start(disk.store().unwrap(), &limits).unwrap();
    accept(&events, 1).await.unwrap();
    let event = events.take_due().unwrap();
    assert!(events.retry(event.id).await.is_err(), "it is running");
    assert!(events.discard(event.id).await.is_err(), "it is running");
    events.failed(event.id, "panicked", "no such user");
    drop(events);
    let events = Events::start(disk.store().unwrap(), &limits).unwrap();
    assert!(events.take_due().is_none());
    assert_eq!(events.get(event.id).unwrap().record.failure.unwrap().message, "no such user");
    events.retry(event.id).await.unwrap();
    assert_eq!(events.body(event.id).await.unwrap().unwrap(), "body");
    assert_eq!(events.take_due().unwrap().record.tries, 0);
}
