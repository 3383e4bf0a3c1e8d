//! What an image may not contain: one change to a good one, one error.

mod code;
mod dynamic;
mod relocations;
mod segments;
mod symbols;
mod tables;

use crate::blueprint::{Blueprint, TOOLCHAIN, changed, check_error, load};
use mote_abi::image::ABI_VERSION;
use mote_loader::{CheckError, Expected, verify};

#[test]
fn image_is_accepted_when_good() {
    let checked = load(&Blueprint::default().build()).unwrap();
    assert_eq!(checked.entry(), 16);
    assert_eq!(checked.data_bytes(), 128);
    assert_eq!(checked.relocations(), 6);
    assert_eq!(checked.slot_align(), 64);
    assert_eq!(checked.slot_bytes() % 64, 0);
}

#[test]
fn image_is_accepted_without_data_or_unwind_table_or_relocations() {
    let bare = changed(|it| {
        it.data = None;
        it.functions = None;
        it.relocations.clear();
        it.plt_relocations.clear();
    });
    let checked = load(&bare.build()).unwrap();
    assert_eq!((checked.data_bytes(), checked.relocations()), (0, 0));
}

#[test]
fn image_is_refused_when_one_byte_larger_than_admitted() {
    let bytes = Blueprint::default().build();
    let with_limit = |image_bytes_max| {
        let expected = Expected { image_bytes_max, ..Expected::of(TOOLCHAIN) };
        verify(&bytes, &expected).err()
    };
    let (bytes, limit) = (bytes.len() as u64, bytes.len() as u64 - 1);
    assert_eq!(with_limit(bytes), None);
    assert_eq!(with_limit(limit), Some(CheckError::ImageBytes { bytes, limit }.into()));
    assert_eq!(Expected::of(TOOLCHAIN).image_bytes_max, 8 << 20);
}

#[test]
fn image_is_refused_when_its_builder_is_unknown_or_another() {
    assert_eq!(check_error(|it| it.note = None), CheckError::NoteMissing);
    let version = ABI_VERSION + 1;
    let error = check_error(|it| it.note = Some((version, TOOLCHAIN.into())));
    assert_eq!(error, CheckError::AbiVersion { found: version, expected: ABI_VERSION });
    let error = check_error(|it| it.note = Some((ABI_VERSION, b"rustc 1.2.3".to_vec())));
    assert_eq!(
        error.to_string(),
        "image was built by rustc 1.2.3, this node runs rustc 1.95.0 (test): \
         build it again with `mote build`"
    );
}

#[test]
fn note_is_overlooked_when_it_has_another_owner() {
    let mut bytes = Blueprint::default().build();
    let owner = bytes.windows(5).position(|it| it == b"mote\0").unwrap();
    bytes[owner] = b'n';
    assert_eq!(load(&bytes).err(), Some(CheckError::NoteMissing.into()));
}

#[test]
fn message_is_safe_to_print_when_the_image_is_hostile() {
    let text = [b"\x1b[2J".as_slice(), &[b'a'; 4000]].concat();
    let message = check_error(|it| it.note = Some((ABI_VERSION, text))).to_string();
    assert!(!message.contains('\x1b') && message.len() < 300, "{message}");
}
