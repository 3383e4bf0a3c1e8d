//! Images that ask their loader for more than a place: a built one with one change each. Unchanged it is
//! accepted, so the change is why it is not. Nothing in this loader would do what is asked for; it is refused
//! so that no other reader of the file does.

use elf::abi::{
    DT_FINI, DT_FLAGS, DT_INIT, DT_NEEDED, DT_PREINIT_ARRAY, DT_REL, DT_RELACOUNT, DT_TEXTREL,
    PF_R, PF_W, PF_X, PT_GNU_EH_FRAME, PT_GNU_STACK, PT_INTERP, PT_LOAD, PT_TLS, R_X86_64_COPY,
    R_X86_64_DTPMOD64, R_X86_64_IRELATIVE, STT_GNU_IFUNC, STT_TLS,
};
use mote_dispatcher::TOOLCHAIN;
use mote_loader::{Expected, verify};
use mote_tests::image;

use crate::file::File;

/// A change to an image, and what the loader says of it.
struct Change {
    name: &'static str,
    words: &'static str,
    make: fn(&mut File),
}

const fn change(name: &'static str, words: &'static str, make: fn(&mut File)) -> Change {
    Change { name, words, make }
}

/// An address that is the worker's in every node that does not move it, and no image's in any.
const OF_THE_WORKER: u64 = 0x7000_0000_0000;

/// In the text segment of every image.
const IN_TEXT: u64 = 0x40;

const CHANGES: [Change; 23] = [
    change("text_writable", "writable and executable", |file| {
        file.set_flags(PT_LOAD, 0, PF_R | PF_W | PF_X);
    }),
    change("data_executable", "flags 0x5", |file| file.set_flags(PT_LOAD, 1, PF_R | PF_X)),
    change("tables_writable", "flags 0x6", |file| file.set_flags(PT_LOAD, 2, PF_R | PF_W)),
    change("stack_executable", "executable stack", |file| {
        file.set_kind(PT_GNU_EH_FRAME, PT_GNU_STACK);
        file.set_flags(PT_GNU_STACK, 0, PF_R | PF_W | PF_X);
    }),
    change("thread_storage", "thread-local storage", |file| file.set_kind(PT_GNU_EH_FRAME, PT_TLS)),
    change("interpreter", "an interpreter", |file| file.set_kind(PT_GNU_EH_FRAME, PT_INTERP)),
    change("header_unknown", "program header type", |file| {
        file.set_kind(PT_GNU_EH_FRAME, 0x6666_6666);
    }),
    change("segment_of_a_gigabyte", "and 1073741824 in memory", |file| {
        file.set_memory_bytes(1, 1 << 30)
    }),
    change("library_needed", "needs the library", |file| file.set_tag(DT_RELACOUNT, DT_NEEDED, 1)),
    change("initializer", "DT_INIT", |file| file.set_tag(DT_RELACOUNT, DT_INIT, IN_TEXT)),
    change("finalizer", "DT_FINI", |file| file.set_tag(DT_RELACOUNT, DT_FINI, IN_TEXT)),
    change("initializers", "DT_PREINIT_ARRAY", |file| {
        file.set_tag(DT_RELACOUNT, DT_PREINIT_ARRAY, IN_TEXT);
    }),
    change("text_relocations", "DT_TEXTREL", |file| file.set_tag(DT_RELACOUNT, DT_TEXTREL, 0)),
    change("text_relocations_by_flag", "DF_TEXTREL", |file| file.set_tag(DT_FLAGS, DT_FLAGS, 4)),
    change("relocations_of_another_format", "DT_REL", |file| {
        file.set_tag(DT_RELACOUNT, DT_REL, IN_TEXT);
    }),
    change("relocation_in_text", "not wholly in the read-only", |file| {
        file.set_relocation(0, Some(IN_TEXT), None, None);
    }),
    change("relocation_to_the_worker", "which is not in the image", |file| {
        file.set_relocation(0, None, None, Some(OF_THE_WORKER));
    }),
    change("relocation_by_call", "relocation type 37", |file| {
        file.set_relocation(0, None, Some(R_X86_64_IRELATIVE), None);
    }),
    change("relocation_by_copy", "relocation type 5", |file| {
        file.set_relocation(0, None, Some(R_X86_64_COPY), None);
    }),
    change("relocation_of_threads", "relocation type 16", |file| {
        file.set_relocation(0, None, Some(R_X86_64_DTPMOD64), None);
    }),
    change("symbol_found_by_call", "indirect functions", |file| {
        file.set_symbol_kind("mote_respond", STT_GNU_IFUNC);
    }),
    change("symbol_of_threads", "indirect functions and TLS", |file| {
        file.set_symbol_kind("mote_respond", STT_TLS);
    }),
    change("import_unlisted", "import \"mote_escape!\"", |file| {
        file.rename("mote_respond", "mote_escape!");
    }),
];

fn refusal(bytes: &[u8], expected: &Expected<'_>) -> Option<String> {
    verify(bytes, expected).err().map(|error| error.to_string())
}

#[test]
fn image_is_refused_for_its_one_change() {
    let good = image("wordcount");
    let expected = Expected::of(TOOLCHAIN);
    assert_eq!(refusal(&good, &expected), None);
    for Change { name, words, make } in CHANGES {
        let mut file = File::new(good.clone());
        make(&mut file);
        let refused = refusal(file.bytes(), &expected).unwrap_or_default();
        assert!(refused.contains(words), "{name}: {refused:?}");
    }
}

#[test]
fn large_image_is_refused_unless_its_node_admits_it() {
    let mut large = image("wordcount");
    large.resize(Expected::IMAGE_BYTES_MAX as usize + 1, 0);
    let expected = Expected::of(TOOLCHAIN);
    let refused = refusal(&large, &expected).unwrap_or_default();
    assert!(refused.contains("this node admits"), "{refused}");
    let admitting = Expected { image_bytes_max: large.len() as u64, ..expected };
    assert_eq!(refusal(&large, &admitting), None);
}

#[test]
fn image_of_another_compiler_is_refused_except_by_a_node_that_has_it() {
    let other = "rustc 1.94.0 (somebody's own)";
    let image = image("wordcount");
    let refused = refusal(&image, &Expected::of(other)).unwrap_or_default();
    assert!(refused.contains("built by"), "{refused}");
    assert_eq!(refusal(&image, &Expected::of(TOOLCHAIN)), None);
}
