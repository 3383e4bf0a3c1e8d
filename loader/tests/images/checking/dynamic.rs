//! The dynamic table.

use crate::blueprint::{GOT, changed, check_error, load};
use elf::abi::*;
use mote_loader::CheckError;

#[test]
fn image_is_refused_when_it_needs_a_library() {
    let error = check_error(|it| it.more_dynamic = vec![(DT_NEEDED, 1)]);
    assert_eq!(error, CheckError::Needed { library: "mote_alloc".into() });
    let error = check_error(|it| it.more_dynamic = vec![(DT_NEEDED, u64::MAX)]);
    assert_eq!(error, CheckError::Needed { library: String::new() });
}

#[test]
fn image_is_refused_when_code_would_run_on_loading() {
    let with = |entries: &[(i64, u64)]| {
        let error = check_error(|it| it.more_dynamic = entries.to_vec());
        let CheckError::Initializer { tag } = error else { panic!("{error}") };
        tag
    };
    assert_eq!(with(&[(DT_INIT, 0)]), "DT_INIT");
    assert_eq!(with(&[(DT_FINI, 0)]), "DT_FINI");
    assert_eq!(with(&[(DT_INIT_ARRAY, GOT), (DT_INIT_ARRAYSZ, 8)]), "DT_INIT_ARRAY");
    assert_eq!(with(&[(DT_FINI_ARRAY, GOT)]), "DT_FINI_ARRAY");
    assert_eq!(with(&[(DT_PREINIT_ARRAYSZ, 8)]), "DT_PREINIT_ARRAY");
}

#[test]
fn array_of_initializers_is_accepted_when_empty() {
    let entries = vec![(DT_INIT_ARRAY, GOT), (DT_INIT_ARRAYSZ, 0)];
    load(&changed(|it| it.more_dynamic = entries).build()).unwrap();
}

#[test]
fn relocations_are_refused_when_in_text_or_in_another_format() {
    let with = |entry| check_error(|it| it.more_dynamic = vec![entry]);
    assert_eq!(with((DT_TEXTREL, 0)), CheckError::TextRelocations { tag: "DT_TEXTREL" });
    assert_eq!(with((DT_FLAGS, 0xc)), CheckError::TextRelocations { tag: "DF_TEXTREL" });
    assert_eq!(with((DT_REL, GOT)), CheckError::RelocationFormat { tag: "DT_REL" });
    assert_eq!(with((36, GOT)), CheckError::RelocationFormat { tag: "DT_RELR" });
}

#[test]
fn table_is_refused_when_its_entries_have_another_shape() {
    for (tag, value) in
        [(DT_PLTREL, 17), (DT_RELAENT, 16), (DT_SYMENT, 16), (DT_RELASZ, 23), (DT_PLTRELSZ, 23)]
    {
        let error = check_error(|it| it.dynamic = vec![(tag, value)]);
        assert!(matches!(error, CheckError::TableShape { found, .. } if found == value), "{error}");
    }
}
