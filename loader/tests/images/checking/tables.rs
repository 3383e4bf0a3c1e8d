//! The loader's tables in a segment of their own.

use crate::blueprint::{Blueprint, Load, changed, check_error, load};
use elf::abi::*;
use mote_abi::image::TABLES_OFFSET;
use mote_loader::{CheckError, Image, SegmentKind};

/// The loader's tables in a segment of their own.
fn apart(it: &mut Blueprint) {
    it.tables = Some(Load { address: TABLES_OFFSET, flags: PF_R, align: 64, zeros: 0 });
}

#[test]
fn tables_may_lie_in_a_segment_of_their_own() {
    let bytes = changed(apart).build();
    assert!(load(&bytes).is_ok(), "{:?}", load(&bytes));
    let image = Image::parse(&bytes).unwrap();
    assert_eq!(image.segments().count(), 4);
    assert_eq!(image.imports().len(), 3);
}

#[test]
fn address_in_the_tables_is_refused_because_they_are_not_placed() {
    let error = check_error(|it| {
        apart(it);
        it.relocations[1].addend = TABLES_OFFSET as i64 + 8;
    });
    let value = TABLES_OFFSET + 8;
    assert!(matches!(error, CheckError::RelocationValue { value: found, .. } if found == value));
}

#[test]
fn relocation_of_the_tables_is_refused() {
    let error = check_error(|it| {
        apart(it);
        it.relocations[1].at = TABLES_OFFSET + 8;
    });
    assert!(matches!(error, CheckError::RelocationTarget { .. }), "{error}");
}

#[test]
fn writable_tables_are_refused() {
    let error = check_error(|it| {
        it.tables = Some(Load { address: TABLES_OFFSET, flags: PF_R | PF_W, align: 64, zeros: 0 });
    });
    assert!(matches!(error, CheckError::SegmentFlags { kind: SegmentKind::Tables, .. }), "{error}");
}
