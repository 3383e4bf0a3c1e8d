//! Imports and the entry.

use crate::blueprint::{Sym, check_error};
use elf::abi::*;
use mote_abi::image::RODATA_OFFSET;
use mote_loader::CheckError;

#[test]
fn import_is_refused_when_not_on_the_whitelist() {
    let error = check_error(|it| it.symbols[0].name = b"getpid".to_vec());
    let message = "import \"getpid\" at 0x20000000 is not on the whitelist (see mote inspect)";
    assert_eq!(error.to_string(), message);
    let error = check_error(|it| {
        it.symbols.insert(0, Sym::undefined("getpid"));
        it.relocations.clear();
        it.plt_relocations.clear();
    });
    assert_eq!(error.to_string(), "import \"getpid\" is not on the whitelist (see mote inspect)");
}

#[test]
fn symbol_is_refused_when_indirect_or_thread_local() {
    for found in [STT_GNU_IFUNC, STT_TLS] {
        let error = check_error(|it| it.symbols[1].kind = found);
        assert_eq!(error, CheckError::SymbolType { name: "memcpy".into(), found });
    }
}

#[test]
fn entry_is_refused_when_nothing_at_all_is_defined() {
    let error = check_error(|it| it.symbols.truncate(3));
    assert_eq!(error, CheckError::EntryMissing);
}

#[test]
fn entry_is_refused_when_missing_doubled_no_function_or_outside_text() {
    let missing = check_error(|it| it.symbols[3].name = b"main".to_vec());
    assert_eq!(missing, CheckError::EntryMissing);
    let doubled = check_error(|it| it.symbols.push(it.symbols[3].clone()));
    assert_eq!(doubled, CheckError::EntryTwice);
    let object = check_error(|it| it.symbols[3].kind = STT_OBJECT);
    assert_eq!(object, CheckError::EntryType { found: STT_OBJECT });
    for address in [300, RODATA_OFFSET] {
        let outside = check_error(|it| it.symbols[3].value = address);
        assert_eq!(outside, CheckError::EntryOutside { address });
    }
}
