//! A good image with some of its bytes changed: parsed, checked, and its unwind table used. The image is built
//! once, from a service of the tests, so that it is always one that this loader accepts.
#![no_main]

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use mote_builder::{Options, build};
use mote_fuzz::use_everything;
use mote_loader::{Expected, verify};

/// Bytes of one change: where, 3 bytes; how many of the others count; and what is there then.
const CHANGE_BYTES: usize = 12;

/// An image, and the compiler that it names.
struct Good {
    image: Vec<u8>,
    toolchain: String,
}

static GOOD: OnceLock<Good> = OnceLock::new();

fn good() -> Good {
    let version = Command::new("rustc").arg("--version").output().expect("there is a compiler");
    let toolchain = String::from_utf8(version.stdout).expect("a version is text").trim().to_owned();
    let service = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/services/wordcount");
    let built = build(&Options::new(service, toolchain.clone()), &mut |_| {});
    Good { image: built.expect("the service builds").image, toolchain }
}

fn damage(image: &mut [u8], changes: &[u8]) {
    for change in changes.chunks_exact(CHANGE_BYTES) {
        let at = u32::from_le_bytes([change[0], change[1], change[2], 0]) as usize % image.len();
        let count = usize::from(change[3] % 8) + 1;
        for (byte, new) in image[at..].iter_mut().zip(&change[4..4 + count]) {
            *byte = *new;
        }
    }
}

fuzz_target!(init: { drop(GOOD.set(good())); }, |changes: &[u8]| {
    let Good { image, toolchain } = GOOD.get().expect("it is set");
    let mut image = image.clone();
    damage(&mut image, changes);
    let checked = verify(&image, &Expected::of(toolchain)).ok();
    if let Some(table) = checked.as_ref().and_then(|it| it.unwind_table()) {
        use_everything(table);
    }
});
