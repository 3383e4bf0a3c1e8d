//! Bytes from strangers: nothing panics, and what is accepted stays in its slot.

use crate::blueprint::{BASE, Blueprint, GOT, Reloc, TOOLCHAIN, changed, imports, load};
use elf::abi::{R_X86_64_64, R_X86_64_GLOB_DAT, R_X86_64_JUMP_SLOT, R_X86_64_RELATIVE};
use mote_abi::image::{DATA_OFFSET, ImageHeader};
use mote_loader::{Checked, Expected, Image, Zone, verify};
use proptest::collection::vec;
use proptest::prelude::*;
use rustix::fd::BorrowedFd;
use rustix::io::pread;
use zerocopy::FromBytes;

/// How much of the windows is compared.
const COMPARED_BYTES: usize = 64 << 10;

/// Runs everything that reads an image, and returns it if it was accepted.
fn examine(bytes: &[u8]) -> Option<Checked> {
    let image = Image::parse(bytes).map_err(|error| error.to_string()).ok()?;
    let looked_at = (image.imports(), image.relocation_counts(), image.eh_frame_hdr());
    assert!(looked_at.0.len() < bytes.len());
    let expected = Expected::of(TOOLCHAIN);
    verify(bytes, &expected).map_err(|error| error.to_string()).ok()
}

fn snapshot(fd: BorrowedFd<'_>) -> Vec<u8> {
    let mut bytes = vec![0; COMPARED_BYTES];
    assert_eq!(pread(fd, &mut bytes, 0), Ok(COMPARED_BYTES));
    bytes
}

/// Places `image` between two others and asserts that only its slot changed.
fn assert_stays_in_slot(image: &Checked) {
    let neighbour = load(&Blueprint::default().build()).unwrap();
    let mut zone = Zone::new(0, BASE, imports(), 1).unwrap();
    let large = load(&Blueprint::of_size(9000, 5000, 3).build()).unwrap();
    let [_before, hole, _after] = [&neighbour, &large, &neighbour].map(|image| {
        let placed = zone.place(image).unwrap();
        zone.copy_text(&placed, image, 0);
        placed
    });
    zone.unplace(hole, [0]);
    let windows = [snapshot(zone.text_fd(0)), snapshot(zone.rodata_fd())];
    let placed = zone.place(image).unwrap();
    zone.copy_text(&placed, image, 0);
    let mut record = [0; 64];
    pread(zone.rodata_fd(), &mut record, placed.record.into()).unwrap();
    let start = ImageHeader::read_from_bytes(&record).unwrap().slot as usize;
    let end = start + image.slot_bytes() as usize;
    let inside = start..end;
    assert!(inside.contains(&(placed.entry as usize)));
    assert!(inside.contains(&(placed.record as usize)));
    let after = [snapshot(zone.text_fd(0)), snapshot(zone.rodata_fd())];
    for (before, after) in windows.iter().zip(&after) {
        assert!(before[..start] == after[..start], "bytes before the slot {inside:?} changed");
        let end = end.min(COMPARED_BYTES);
        assert!(before[end..] == after[end..], "bytes behind the slot {inside:?} changed");
    }
}

/// A relocation that is often good and often just beyond.
fn relocation() -> impl Strategy<Value = Reloc> {
    let near = |end: u64| prop_oneof![4 => 0..end, 1 => Just(end), 1 => Just(u64::MAX)];
    let place = prop_oneof![3 => near(0x800).prop_map(|it| GOT.wrapping_add(it)),
                            2 => near(0x800).prop_map(|it| DATA_OFFSET.wrapping_add(it))];
    let value = prop_oneof![near(0x400), place.clone()];
    let kind = prop::sample::select(vec![
        R_X86_64_RELATIVE,
        R_X86_64_RELATIVE,
        R_X86_64_GLOB_DAT,
        R_X86_64_JUMP_SLOT,
        R_X86_64_64,
    ]);
    (place, kind, 1..5_u32, value).prop_map(|(at, kind, symbol, value)| {
        let addend = if kind == R_X86_64_RELATIVE { value as i64 } else { 0 };
        Reloc { at, kind, symbol, addend }
    })
}

/// A change to one place of an image.
#[derive(Clone, Debug)]
enum Damage {
    Byte(prop::sample::Index, u8),
    Word(prop::sample::Index, u64),
    Cut(prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let interesting = prop_oneof![
        any::<u64>(),
        0..0x300_u64,
        0x2000_0000..0x2000_0800_u64,
        0x4000_0000..0x4000_0100_u64,
        (0..64_u32).prop_map(|bit| (1 << bit) - 1),
    ];
    prop_oneof![
        8 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, it)| Damage::Byte(at, it)),
        8 => (any::<prop::sample::Index>(), interesting).prop_map(|(at, it)| Damage::Word(at, it)),
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
    ]
}

fn apply(damage: &Damage, bytes: &mut Vec<u8>) {
    match damage {
        Damage::Byte(at, value) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        Damage::Word(at, value) if bytes.len() >= 8 => {
            let at = at.index(bytes.len() / 4 - 1) * 4;
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        Damage::Cut(at) if !bytes.is_empty() => bytes.truncate(at.index(bytes.len())),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn random_bytes_are_refused_without_panic(bytes in vec(any::<u8>(), 0..2048)) {
        prop_assert!(examine(&bytes).is_none());
    }

    #[test]
    fn random_headers_are_refused_without_panic(tail in vec(any::<u8>(), 48..2048)) {
        let mut bytes = Blueprint::default().build();
        bytes.truncate(20);
        bytes.extend(tail);
        prop_assert!(examine(&bytes).is_none());
    }

    #[test]
    fn image_stays_in_its_slot_when_accepted_with_any_relocations_and_sizes(
        relocations in vec(relocation(), 0..6),
        text_bytes in 17..4000_usize,
        data_bytes in 0..4000_usize,
        zeros in 0..4000_u64,
        align in 0..13_u32,
    ) {
        let blueprint = changed(|it| {
            it.relocations = relocations;
            it.text.resize(text_bytes, 0x90);
            it.data = Some(vec![1; data_bytes]);
            it.loads[2].zeros = zeros;
            it.loads[1].align = 1 << align;
        });
        if let Some(image) = examine(&blueprint.build()) {
            assert_stays_in_slot(&image);
        }
    }

    #[test]
    fn damaged_image_stays_in_its_slot_when_accepted(damages in vec(damage(), 1..4)) {
        let mut bytes = Blueprint::default().build();
        damages.iter().for_each(|damage| apply(damage, &mut bytes));
        if let Some(image) = examine(&bytes) {
            assert_stays_in_slot(&image);
        }
    }
}
