//! What placing writes, and that it writes nothing else.

use crate::blueprint::{BASE, Blueprint, Hash, Reloc, Sym, address, changed, imports, load};
use elf::abi::R_X86_64_RELATIVE;
use mote_abi::image::{DATA_LIMIT_BYTES, DATA_OFFSET, ImageHeader};
use mote_abi::imports::Import;
use mote_abi::windows::{WINDOW_BYTES, Windows};
use mote_loader::{PlaceError, Placed, Zone};
use rustix::fd::BorrowedFd;
use rustix::fs::{OFlags, SealFlags, fcntl_get_seals, fcntl_getfl, fstat};
use rustix::io::pread;
use zerocopy::FromBytes;

const WINDOWS: Windows = BASE.windows(0);

pub(crate) fn read(fd: BorrowedFd<'_>, offset: u32, bytes: usize) -> Vec<u8> {
    let mut buffer = vec![0; bytes];
    assert_eq!(pread(fd, &mut buffer, offset.into()), Ok(bytes));
    buffer
}

pub(crate) fn record(zone: &Zone, placed: &Placed) -> ImageHeader {
    ImageHeader::read_from_bytes(&read(zone.rodata_fd(), placed.record, 64)).unwrap()
}

fn word(zone: &Zone, offset: u32) -> u64 {
    u64::from_le_bytes(read(zone.rodata_fd(), offset, 8).try_into().unwrap())
}

fn place(zone: &mut Zone, blueprint: &Blueprint) -> Placed {
    let image = load(&blueprint.build()).unwrap();
    let placed = zone.place(&image).unwrap();
    zone.copy_text(&placed, &image, 0);
    placed
}

#[test]
fn text_is_copied_and_followed_by_traps_up_to_the_next_slot() {
    for bytes in [300, 319, 320] {
        let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
        let placed = place(&mut zone, &changed(|it| it.text = vec![0x90; bytes]));
        let slot = record(&zone, &placed).slot;
        assert_eq!(placed.entry, slot + 16);
        let end = (bytes + 1).next_multiple_of(64);
        let text = read(zone.text_fd(0), slot, end);
        assert!(text[..bytes].iter().all(|&byte| byte == 0x90));
        assert!(text[bytes..].iter().all(|&byte| byte == 0xcc));
    }
}

#[test]
fn relocations_hold_the_addresses_of_the_slot_and_of_the_imports() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let first = place(&mut zone, &Blueprint::default());
    let second = place(&mut zone, &Blueprint::default());
    for placed in [first, second] {
        let record = record(&zone, &placed);
        let slot = u64::from(record.slot);
        assert_eq!(word(&zone, record.slot), address(Import::Alloc));
        assert_eq!(word(&zone, record.slot + 8), WINDOWS.text() + slot + 32);
        assert_eq!(word(&zone, record.slot + 16), address(Import::EhPersonality));
        assert_eq!(word(&zone, record.slot + 24), address(Import::Memcpy));
        assert_eq!(word(&zone, record.pristine + 8), WINDOWS.rodata() + slot + 520);
        assert_eq!(word(&zone, record.pristine + 72), WINDOWS.data() + slot + 128);
    }
}

#[test]
fn symbol_of_the_image_is_its_own_when_named_like_an_import() {
    let blueprint =
        changed(|it| it.symbols[1] = Sym { section: 1, value: 40, ..Sym::undefined("memcpy") });
    let blueprint = Blueprint { hash: Hash::SystemV, ..blueprint };
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let placed = place(&mut zone, &blueprint);
    let slot = record(&zone, &placed).slot;
    assert_eq!(word(&zone, slot + 24), WINDOWS.text() + u64::from(slot) + 40);
}

#[test]
fn record_names_what_lies_in_the_slot() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let _first = place(&mut zone, &Blueprint::default());
    let placed = place(&mut zone, &Blueprint::default());
    let record = record(&zone, &placed);
    assert_eq!(placed.record % 64, 0);
    assert_eq!((record.text_bytes, record.data_bytes, record.pristine_bytes), (300, 128, 80));
    assert_eq!(placed.data_bytes, 128);
    // One function, one rule, its row and its end.
    assert_eq!(record.unwind_bytes, 20 + 12 + 16 + 2 * 4);
    assert_eq!(read(zone.rodata_fd(), record.unwind, 8), [1, 0, 0, 0, 1, 0, 0, 0]);
    let constants = read(zone.rodata_fd(), record.slot + 512, 100);
    assert!(constants.into_iter().eq(0..100));
    let pristine = read(zone.rodata_fd(), record.pristine, 8);
    assert!(pristine.into_iter().eq(100..108));
    assert!(record.slot + record.rodata_bytes <= record.pristine);
    assert!(record.pristine + record.pristine_bytes <= record.unwind);
    assert!(record.unwind + record.unwind_bytes <= placed.record);
}

#[test]
fn pristine_data_is_relocated_to_its_last_word() {
    let last = Reloc { at: DATA_OFFSET + 72, kind: R_X86_64_RELATIVE, symbol: 0, addend: 0 };
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let placed = place(&mut zone, &changed(|it| it.relocations = vec![last]));
    let record = record(&zone, &placed);
    assert_eq!(word(&zone, record.pristine + 72), WINDOWS.text() + u64::from(record.slot));
}

#[test]
fn slot_is_scrubbed_when_unplaced_and_its_neighbours_are_not() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let placed: Vec<_> = (0..3).map(|_| place(&mut zone, &Blueprint::default())).collect();
    let slots: Vec<_> = placed.iter().map(|it| record(&zone, it).slot).collect();
    let bytes = slots[1] - slots[0];
    let both = |zone: &Zone, slot| {
        let bytes = bytes as usize;
        (read(zone.text_fd(0), slot, bytes), read(zone.rodata_fd(), slot, bytes))
    };
    let before = [both(&zone, slots[0]), both(&zone, slots[2])];
    let [first, middle, last] = placed.try_into().unwrap();
    zone.unplace(middle, [0]);
    let (text, rodata) = both(&zone, slots[1]);
    assert!(text[..320].iter().all(|&byte| byte == 0xcc));
    assert!(rodata.iter().all(|&byte| byte == 0));
    assert_eq!([both(&zone, slots[0]), both(&zone, slots[2])], before);
    zone.unplace(first, [0]);
    zone.unplace(last, [0]);
}

#[test]
fn text_is_in_the_windows_of_those_workers_only_that_it_was_copied_for() {
    let mut zone = Zone::new(0, BASE, imports(), 3).unwrap();
    let image = load(&Blueprint::default().build()).unwrap();
    let placed = zone.place(&image).unwrap();
    let slot = record(&zone, &placed).slot;
    let texts = |zone: &Zone| [0, 1, 2].map(|worker| read(zone.text_fd(worker), slot, 320));
    assert_eq!(texts(&zone), [0; 3].map(|zero| vec![zero; 320]));
    zone.copy_text(&placed, &image, 0);
    zone.copy_text(&placed, &image, 2);
    let [first, second, third] = texts(&zone);
    assert_eq!(first[..300], Blueprint::default().text[..]);
    assert_eq!((&third, second), (&first, vec![0; 320]));
    zone.unplace(placed, [0, 2]);
    assert_eq!(texts(&zone), [vec![0xcc; 320], vec![0; 320], vec![0xcc; 320]]);
}

#[test]
fn generation_is_of_the_worker_whose_text_was_overwritten() {
    let mut zone = Zone::new(0, BASE, imports(), 2).unwrap();
    let image = load(&Blueprint::default().build()).unwrap();
    let first = zone.place(&image).unwrap();
    zone.copy_text(&first, &image, 0);
    zone.unplace(first, [0]);
    let second = zone.place(&image).unwrap();
    assert_eq!([zone.generation(0), zone.generation(1)], [1, 1]);
    zone.copy_text(&second, &image, 0);
    assert_eq!([zone.generation(0), zone.generation(1)], [2, 1]);
}

#[test]
fn generation_changes_only_when_a_slot_is_reused() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let first = place(&mut zone, &Blueprint::default());
    let _second = place(&mut zone, &Blueprint::default());
    assert_eq!(zone.generation(0), 1);
    let slot = record(&zone, &first).slot;
    zone.unplace(first, [0]);
    assert_eq!(zone.generation(0), 1);
    let third = place(&mut zone, &Blueprint::default());
    assert_eq!(record(&zone, &third).slot, slot);
    assert_eq!(zone.generation(0), 2);
    let _fourth = place(&mut zone, &Blueprint::default());
    assert_eq!(zone.generation(0), 2);
}

#[test]
fn slot_is_aligned_as_the_segments_ask() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let blueprint = changed(|it| it.loads[1].align = 4096);
    let _first = place(&mut zone, &Blueprint::default());
    let placed = place(&mut zone, &blueprint);
    assert_eq!(record(&zone, &placed).slot % 4096, 0);
}

#[test]
fn image_is_refused_when_the_zone_is_full_and_placed_when_room_is_made() {
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let large = changed(|it| it.loads[2].zeros = DATA_LIMIT_BYTES - 80);
    let large = load(&large.build()).unwrap();
    let mut placed: Vec<_> =
        (0..WINDOW_BYTES / DATA_LIMIT_BYTES).map(|_| zone.place(&large).unwrap()).collect();
    let error = zone.place(&large).unwrap_err();
    assert_eq!(error, PlaceError::Full { bytes: DATA_LIMIT_BYTES as u32, free_bytes: 0 });
    zone.unplace(placed.swap_remove(100), [0]);
    assert!(zone.place(&large).is_ok());
}

#[test]
fn memory_is_there_before_it_is_used_when_prepared() {
    let blocks = |zone: &Zone| {
        [zone.text_fd(0), zone.rodata_fd()].map(|fd| fstat(fd).unwrap().st_blocks as u64 * 512)
    };
    // Of 4 KiB, or a huge one: the kernel decides by shmem_enabled.
    let page = {
        let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
        zone.prepare(1);
        blocks(&zone)[0]
    };
    let whole_pages = |bytes: u64| [bytes.next_multiple_of(page); 2];
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    zone.prepare(64 << 10);
    assert_eq!(blocks(&zone), whole_pages(64 << 10));
    let placed = place(&mut zone, &Blueprint::of_size(5000, 100, 0));
    assert_eq!(blocks(&zone), whole_pages(64 << 10));
    zone.prepare(64 << 10);
    assert_eq!(blocks(&zone), whole_pages(68 << 10), "4 KiB more, and no image lost");
    assert_eq!(record(&zone, &placed).text_bytes, 5000);
    zone.prepare(0);
    assert_eq!(blocks(&zone), whole_pages(68 << 10));
}

#[test]
#[should_panic(expected = "another zone")]
fn image_is_not_unplaced_from_another_zone() {
    let placed = place(&mut Zone::new(0, BASE, imports(), 1).unwrap(), &Blueprint::default());
    Zone::new(0, BASE, imports(), 1).unwrap().unplace(placed, [0]);
}

#[test]
fn windows_are_sealed_sparse_and_opened_read_only() {
    let zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let read_only = [zone.open_text_read_only(0).unwrap(), zone.open_rodata_read_only().unwrap()];
    for fd in [zone.text_fd(0), zone.rodata_fd()] {
        let seals = fcntl_get_seals(fd).unwrap();
        let expected = SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE;
        assert!(seals.contains(expected | SealFlags::SEAL));
        let status = fstat(fd).unwrap();
        assert_eq!((status.st_size as u64, status.st_blocks), (WINDOW_BYTES, 0));
    }
    for fd in &read_only {
        assert_eq!(fcntl_getfl(fd).unwrap() & OFlags::RWMODE, OFlags::RDONLY);
    }
}

#[test]
fn addresses_are_those_of_the_zone() {
    let mut zone = Zone::new(5, BASE, imports(), 1).unwrap();
    let placed = place(&mut zone, &Blueprint::default());
    let record = record(&zone, &placed);
    assert_eq!((placed.zone, record.zone), (5, 5));
    let slot = u64::from(record.slot);
    assert_eq!(word(&zone, record.slot + 8), BASE.windows(5).text() + slot + 32);
    assert_eq!(placed.relocated, record.slot, "the global offset table comes first here");
}
