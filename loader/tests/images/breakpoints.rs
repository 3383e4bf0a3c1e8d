//! Breakpoints over the stop points of a placed image.

use crate::blueprint::{BASE, Blueprint, imports, load};
use crate::placing::{read, record};
use mote_loader::{Placed, Zone};

/// The text of `placed` in the window of worker 0, as long as `image` says.
fn text_of(zone: &Zone, placed: &Placed) -> Vec<u8> {
    let record = record(zone, placed);
    read(zone.text_fd(0), record.slot, record.text_bytes as usize)
}

#[test]
fn breakpoints_stand_at_stop_points_of_one_worker_until_they_are_restored() {
    let mut zone = Zone::new(0, BASE, imports(), 2).unwrap();
    let image = load(&Blueprint::default().build()).unwrap();
    let placed = zone.place(&image).unwrap();
    (0..2).for_each(|worker| zone.copy_text(&placed, &image, worker));
    let (clean, slot) = (text_of(&zone, &placed), record(&zone, &placed).slot);
    let stops: Vec<_> = image.stop_lines().order().flatten().copied().collect();
    assert!(!stops.is_empty());
    stops.iter().for_each(|&stop| zone.poison(&placed, 0, stop));
    let poisoned = text_of(&zone, &placed);
    for (at, (was, is)) in clean.iter().zip(&poisoned).enumerate() {
        let is_stop = stops.iter().any(|stop| stop.offset() as usize == at);
        assert_eq!(*is, if is_stop { 0xcc } else { *was }, "at {at}");
    }
    assert_eq!(read(zone.text_fd(1), slot, clean.len()), clean, "another worker's text");
    stops.iter().for_each(|&stop| zone.restore(&placed, 0, stop));
    assert_eq!(text_of(&zone, &placed), clean);
    zone.unplace(placed, [0, 1]);
}

#[test]
#[should_panic(expected = "breakpoints stand in the text of worker 0")]
fn image_is_not_unplaced_under_a_breakpoint() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let image = load(&Blueprint::default().build()).unwrap();
    let placed = zone.place(&image).unwrap();
    zone.copy_text(&placed, &image, 0);
    let stop = image.stop_lines().order().next().unwrap()[0];
    zone.poison(&placed, 0, stop);
    zone.unplace(placed, [0]);
}

#[test]
fn record_names_the_stop_points_in_ascending_order() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let image = load(&Blueprint::default().build()).unwrap();
    let placed = zone.place(&image).unwrap();
    let record = record(&zone, &placed);
    let points = image.stop_points();
    assert_eq!(record.stop_point_count as usize, points.len());
    assert!(record.unwind + record.unwind_bytes <= record.stop_points);
    assert!(record.stop_points + 4 * record.stop_point_count <= placed.record);
    let bytes = read(zone.rodata_fd(), record.stop_points, 4 * points.len());
    let offsets = bytes.chunks(4).map(|it| u32::from_le_bytes(it.try_into().unwrap()));
    assert!(offsets.eq(points.iter().map(|point| point.offset)));
}
