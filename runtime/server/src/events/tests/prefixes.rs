//! The power goes at every step of the disk: what was acknowledged before is there, and is whole.

use std::collections::BTreeMap;

use super::add;
use super::disk::{self, Disk, Step};
use crate::events::record::{Record, State};
use crate::events::store::{Change, Store};

/// The smallest piece that a disk writes as a whole, in bytes.
const SECTOR: usize = 512;

/// Ways in which a step and those before it since the last synchronisation may have reached the disk.
const VARIANTS: u64 = 3;

/// What a store must hold: a body for each event, and how often it failed.
type Contents = BTreeMap<u128, (Vec<u8>, u32)>;

/// A store's history: after so many steps of its disk, these contents were acknowledged.
struct History {
    steps: Vec<Step>,
    acknowledged: Vec<(usize, Contents)>,
}

fn contents(store: &Store) -> Contents {
    let records = store.records().expect("the store is whole").into_iter();
    let with_body = records.map(|(id, record)| {
        let body = store.body(id).expect("the store is whole").expect("no record without its body");
        assert_eq!(body.len() as u64, record.body_bytes);
        (id.as_u128(), (body.to_vec(), record.tries))
    });
    with_body.collect()
}

/// Batches as a node makes them: events arrive, fail and are over, some of them together.
fn batches() -> Vec<Vec<Change>> {
    const BODIES: [&[u8]; 3] = [b"", b"short", &[7; 9_000]];
    let id = uuid::Uuid::from_u128;
    let failed = |number, tries| {
        let Change::Add { record, .. } = add(number, BODIES[number as usize % 3]) else {
            unreachable!()
        };
        Change::Set { id: id(number), record: Record { tries, state: State::Parked, ..record } }
    };
    let step = |number: u128| {
        let mut batch = vec![add(2 * number, BODIES[2 * number as usize % 3])];
        batch.push(add(2 * number + 1, BODIES[(2 * number as usize + 1) % 3]));
        if number > 0 {
            batch.push(failed(2 * number - 1, number as u32));
        }
        if number > 1 {
            batch.push(Change::Remove { id: id(2 * number - 4) });
        }
        batch
    };
    (0..8).map(step).collect()
}

fn apply(contents: &mut Contents, change: &Change) {
    let key = change.id().as_u128();
    match change {
        Change::Add { record, body, .. } => _ = contents.insert(key, (body.to_vec(), record.tries)),
        Change::Set { record, .. } => contents.get_mut(&key).expect("it is there").1 = record.tries,
        Change::Remove { .. } => _ = contents.remove(&key),
    }
}

fn history() -> History {
    let disk = Disk::default();
    let store = disk.store().unwrap();
    let mut now = Contents::new();
    let mut acknowledged = vec![(disk.steps().len(), now.clone())];
    for batch in batches() {
        store.apply(&batch.iter().collect::<Vec<_>>()).unwrap();
        batch.iter().for_each(|change| apply(&mut now, change));
        acknowledged.push((disk.steps().len(), now.clone()));
    }
    History { steps: disk.steps(), acknowledged }
}

/// What may lie on a disk that lost its power after `end` steps: all that was synchronised, and of what
/// came after it any part, sector by sector.
fn remains(steps: &[Step], end: usize, variant: u64) -> Vec<u8> {
    let synced = steps[..end].iter().rposition(|step| matches!(step, Step::Sync));
    let synced = synced.map_or(0, |position| position + 1);
    let mut bytes = Vec::new();
    steps[..synced].iter().for_each(|step| disk::apply(&mut bytes, step));
    let mut chance = fastrand(end as u64 * VARIANTS + variant);
    for step in &steps[synced..end] {
        match step {
            // The file system keeps lengths in order.
            Step::Write { offset, data } if variant > 0 => {
                for (number, sector) in data.chunks(SECTOR).enumerate().filter(|_| chance()) {
                    let data = sector.to_vec();
                    disk::apply(
                        &mut bytes,
                        &Step::Write { offset: offset + number * SECTOR, data },
                    );
                }
            }
            step => disk::apply(&mut bytes, step),
        }
    }
    bytes
}

/// Throws a coin, the same each time for the same seed. Source: Steele et al., SplitMix, OOPSLA 2014.
fn fastrand(mut seed: u64) -> impl FnMut() -> bool {
    move || {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) & 1 == 1
    }
}

#[test]
fn acknowledged_changes_are_there_wherever_the_power_goes() {
    let History { steps, acknowledged } = history();
    let begin = acknowledged[0].0;
    for (end, variant) in
        (begin..=steps.len()).flat_map(|end| (0..VARIANTS).map(move |it| (end, it)))
    {
        let store = Disk::with(remains(&steps, end, variant)).store();
        let store = store.unwrap_or_else(|error| panic!("step {end}, variant {variant}: {error}"));
        let last = acknowledged.iter().rposition(|(step, _)| *step <= end).unwrap();
        let found = contents(&store);
        // The transaction that was under way may have been whole already.
        let may_be = acknowledged[last..].iter().take(2).any(|(_, contents)| *contents == found);
        assert!(may_be, "step {end}, variant {variant}: {found:?}");
    }
}
