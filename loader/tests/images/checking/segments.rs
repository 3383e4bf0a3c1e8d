//! Segments and program headers.

use crate::blueprint::{GOT, Header, changed, check_error, load};
use elf::abi::*;
use mote_abi::image::{DATA_LIMIT_BYTES, DATA_OFFSET};
use mote_loader::{CfiError, CheckError, SegmentKind};

#[test]
fn segment_is_refused_when_writable_and_executable() {
    for (index, kind) in [(0, SegmentKind::Text), (2, SegmentKind::Data)] {
        let error = check_error(|it| it.loads[index].flags = PF_R | PF_W | PF_X);
        assert_eq!(error, CheckError::WritableExecutable { kind });
    }
}

#[test]
fn segment_is_refused_when_its_rights_are_another_kinds() {
    let error = check_error(|it| it.loads[1].flags = PF_R | PF_X);
    let kind = SegmentKind::ReadOnly;
    assert_eq!(error, CheckError::SegmentFlags { kind, found: 5, expected: 4 });
    let error = check_error(|it| it.loads[2].flags = PF_R);
    let kind = SegmentKind::Data;
    assert_eq!(error, CheckError::SegmentFlags { kind, found: 4, expected: 6 });
}

#[test]
fn segment_is_refused_when_alignment_is_odd_or_above_a_page() {
    for found in [3, 8192] {
        let error = check_error(|it| it.loads[2].align = found);
        assert_eq!(error, CheckError::Alignment { kind: SegmentKind::Data, found });
    }
}

#[test]
fn segment_is_refused_when_it_claims_zeros_it_cannot_need() {
    let error = check_error(|it| it.loads[1].zeros = 4097);
    assert_eq!(error, CheckError::ZeroTail { kind: SegmentKind::ReadOnly, bytes: 4097 });
    let error = check_error(|it| it.loads[0].zeros = 1 << 28);
    assert_eq!(error, CheckError::ZeroTail { kind: SegmentKind::Text, bytes: 1 << 28 });
}

#[test]
fn data_is_refused_when_one_byte_above_its_limit() {
    let with_zeros = |zeros| changed(|it| it.loads[2].zeros = zeros).build();
    let checked = load(&with_zeros(DATA_LIMIT_BYTES - 80)).unwrap();
    assert_eq!(u64::from(checked.slot_bytes()), DATA_LIMIT_BYTES);
    let error = check_error(|it| it.loads[2].zeros = DATA_LIMIT_BYTES - 79);
    assert_eq!(error, CheckError::DataBytes { bytes: DATA_LIMIT_BYTES + 1 });
}

#[test]
fn program_header_is_refused_when_it_asks_for_more_than_loading() {
    let refused = |kind, flags| {
        let header = Header { kind, flags, address: GOT, bytes: 8 };
        check_error(|it| it.more_headers.push(header))
    };
    assert_eq!(refused(PT_TLS, PF_R), CheckError::ThreadLocalStorage);
    assert_eq!(refused(PT_INTERP, PF_R), CheckError::Interpreter);
    assert_eq!(refused(PT_GNU_STACK, PF_R | PF_W | PF_X), CheckError::ExecutableStack);
    assert_eq!(refused(0x7000_0001, PF_R), CheckError::HeaderType { found: 0x7000_0001 });
}

#[test]
fn program_header_is_accepted_when_it_only_informs() {
    for kind in [PT_GNU_STACK, PT_GNU_RELRO, PT_GNU_PROPERTY, PT_PHDR, PT_NULL] {
        let header = Header { kind, flags: PF_R | PF_W, address: GOT, bytes: 8 };
        load(&changed(|it| it.more_headers.push(header)).build()).unwrap();
    }
}

#[test]
fn unwind_table_is_refused_when_outside_the_read_only_segment() {
    let header = Header { kind: PT_GNU_EH_FRAME, flags: PF_R, address: DATA_OFFSET, bytes: 12 };
    let error = check_error(|it| {
        it.functions = None;
        it.more_headers.push(header);
    });
    let outside = CfiError::Header { address: DATA_OFFSET, bytes: 12 };
    assert_eq!(error, CheckError::Cfi(outside));
}
