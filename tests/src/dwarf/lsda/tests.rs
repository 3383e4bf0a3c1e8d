use std::vec::Vec;

use proptest::prelude::*;

use super::*;

const ADDRESS: u64 = 0x9000;
const FUNCTION: u64 = 0x5000;

/// An LSDA with uleb128 call sites of one byte per field, without landing pad base and type table.
fn lsda(call_sites: &[[u8; 4]], actions: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::from([0xff, 0xff, 0x01, (call_sites.len() * 4) as u8]);
    bytes.extend(call_sites.as_flattened());
    bytes.extend(actions);
    bytes
}

fn action_at(bytes: &[u8], offset: u64) -> Result<Option<Action>, LsdaError> {
    Lsda::parse(bytes, ADDRESS, FUNCTION)?.action_at(offset)
}

#[test]
fn action_is_that_of_the_call_site_that_covers_the_offset() {
    let bytes = lsda(&[[0x10, 5, 0x40, 0], [0x15, 1, 0, 0], [0x20, 8, 0x50, 0]], &[]);
    let at = |offset| action_at(&bytes, offset).unwrap();
    assert_eq!(at(0x0f), None);
    assert_eq!(at(0x10), Some(Action::Cleanup(FUNCTION + 0x40)));
    assert_eq!(at(0x14), Some(Action::Cleanup(FUNCTION + 0x40)));
    assert_eq!(at(0x15), Some(Action::None));
    assert_eq!(at(0x16), None);
    assert_eq!(at(0x27), Some(Action::Cleanup(FUNCTION + 0x50)));
    assert_eq!(at(0x28), None);
    assert_eq!(at(u64::MAX), None);
}

#[test]
fn action_is_absent_when_there_are_no_call_sites() {
    assert_eq!(action_at(&lsda(&[], &[]), 0).unwrap(), None);
}

#[test]
fn action_ends_at_the_first_call_site_behind_the_offset() {
    let mut bytes = lsda(&[[0x10, 5, 0x40, 0], [0x80, 0x80, 0x80, 0x80]], &[]);
    assert!(matches!(action_at(&bytes, 0x20), Err(LsdaError::Read(_))));
    bytes[8..12].copy_from_slice(&[0x21, 5, 0x40, 9]);
    assert_eq!(action_at(&bytes, 0x20).unwrap(), None);
}

#[test]
fn action_follows_its_chain_to_the_first_filter_that_stops() {
    // Records of two bytes: 0 cleanup; 2 catch 1; 4 filter -1; 6 cleanup then 2; 8 cleanup then 4.
    let actions = [0, 0, 1, 0, 0x7f, 0, 0, 0x7b, 0, 0x7b];
    let of = |action| action_at(&lsda(&[[0, 1, 0x40, action]], &actions), 0).unwrap().unwrap();
    let pad = FUNCTION + 0x40;
    assert_eq!(of(0), Action::Cleanup(pad));
    assert_eq!(of(1), Action::Cleanup(pad));
    assert_eq!(of(3), Action::Catch(pad));
    assert_eq!(of(5), Action::Terminate(pad));
    assert_eq!(of(7), Action::Catch(pad));
    assert_eq!(of(9), Action::Terminate(pad));
}

#[test]
fn action_chain_is_refused_when_cyclic() {
    let bytes = lsda(&[[0, 1, 0x40, 1]], &[0, 0x7f]);
    let error = LsdaError::ActionChain { records: MAX_ACTION_RECORDS };
    assert_eq!(action_at(&bytes, 0), Err(error));
}

#[test]
fn action_chain_is_refused_when_it_leaves_the_table() {
    let before = lsda(&[[0, 1, 0x40, 1]], &[0, 0x7e]);
    assert_eq!(action_at(&before, 0), Err(LsdaError::ActionOutside { offset: -1 }));
    let behind = lsda(&[[0, 1, 0x40, 1]], &[0, 5]);
    assert_eq!(action_at(&behind, 0), Err(LsdaError::ActionOutside { offset: 6 }));
    assert!(matches!(action_at(&lsda(&[[0, 1, 0x40, 1]], &[]), 0), Err(LsdaError::Read(_))));
}

#[test]
fn landing_pad_base_is_read_in_each_application() {
    let with_base = |base: &[u8]| {
        let mut bytes = base.to_vec();
        bytes.extend(&lsda(&[[0, 1, 0x40, 0]], &[])[1..]);
        action_at(&bytes, 0)
    };
    let pad = |address| Ok(Some(Action::Cleanup(address)));
    assert_eq!(with_base(&[0x02, 0x34, 0x12]), pad(0x1234 + 0x40));
    assert_eq!(with_base(&[0x1a, 0xfe, 0xff]), pad(ADDRESS + 1 - 2 + 0x40));
    assert_eq!(with_base(&[0x4a, 0xfe, 0xff]), pad(FUNCTION - 2 + 0x40));
    for encoding in [0x22, 0x32, 0x52, 0x92, 0x06] {
        let field = "landing pad base";
        let error = LsdaError::Encoding { field, found: encoding };
        assert_eq!(with_base(&[encoding, 0, 0]), Err(error));
    }
}

#[test]
fn call_sites_are_read_in_each_format() {
    type Encode = fn(i64) -> Vec<u8>;
    let formats: [(u8, Encode); 9] = [
        (0x00, |value| value.to_le_bytes().into()),
        (0x01, |value| Vec::from([value as u8])),
        (0x02, |value| (value as u16).to_le_bytes().into()),
        (0x03, |value| (value as u32).to_le_bytes().into()),
        (0x04, |value| value.to_le_bytes().into()),
        (0x09, |value| Vec::from([value as u8 & 0x7f])),
        (0x0a, |value| (value as i16).to_le_bytes().into()),
        (0x0b, |value| (value as i32).to_le_bytes().into()),
        (0x0c, |value| value.to_le_bytes().into()),
    ];
    for (encoding, encode) in formats {
        let is_signed = encoding & 0x08 != 0;
        let pad = if is_signed { -0x20 } else { 0x20 };
        let mut site: Vec<u8> = [0x10, 4, pad].into_iter().flat_map(encode).collect();
        site.push(0);
        let mut bytes = Vec::from([0xff, 0xff, encoding, site.len() as u8]);
        bytes.extend(site);
        let expected = Action::Cleanup(FUNCTION.wrapping_add_signed(pad));
        assert_eq!(action_at(&bytes, 0x13), Ok(Some(expected)), "{encoding:#x}");
        assert_eq!(action_at(&bytes, 0x14), Ok(None), "{encoding:#x}");
    }
}

#[test]
fn call_sites_are_refused_when_relative_or_omitted() {
    for encoding in [0xff, 0x11, 0x1b, 0x81, 0x0d] {
        let mut bytes = lsda(&[[0, 1, 0x40, 0]], &[]);
        bytes[2] = encoding;
        let error = LsdaError::Encoding { field: "call site table", found: encoding };
        assert_eq!(action_at(&bytes, 0), Err(error));
    }
}

#[test]
fn type_table_distance_is_skipped() {
    let mut bytes = lsda(&[[0, 1, 0x40, 1]], &[1, 0]);
    bytes.splice(1..2, [0x9b, 0xff, 0x03]);
    assert_eq!(action_at(&bytes, 0), Ok(Some(Action::Catch(FUNCTION + 0x40))));
}

#[test]
fn lsda_is_refused_wherever_it_is_cut_before_its_actions() {
    let bytes = lsda(&[[0x10, 5, 0x40, 0], [0x20, 5, 0x40, 0]], &[]);
    for len in 0..bytes.len() {
        let error = Lsda::parse(&bytes[..len], ADDRESS, FUNCTION).unwrap_err();
        assert!(matches!(error, LsdaError::Read(_)), "{len}: {error:?}");
    }
}

#[test]
fn landing_pads_are_counted() {
    let bytes = lsda(&[[0, 1, 0x40, 0], [1, 1, 0, 0], [2, 1, 0x50, 1]], &[1, 0]);
    assert_eq!(Lsda::parse(&bytes, ADDRESS, FUNCTION).unwrap().count_landing_pads(), Ok(2));
}

proptest! {
    #[test]
    fn lsda_is_total_over_any_bytes(
        bytes in proptest::collection::vec(any::<u8>(), 0..96),
        address: u64, function: u64, offset in prop_oneof![0..256_u64, any::<u64>()],
    ) {
        if let Ok(lsda) = Lsda::parse(&bytes, address, function) {
            let _: Result<_, LsdaError> = lsda.action_at(offset);
            let _: Result<_, LsdaError> = lsda.count_landing_pads();
        }
    }

    #[test]
    fn lsda_is_total_over_damaged_tables(
        sites in proptest::collection::vec(any::<[u8; 4]>(), 0..12),
        actions in proptest::collection::vec(any::<u8>(), 0..12),
        head in any::<[u8; 3]>(), is_head_damaged: bool, offset in 0..256_u64,
    ) {
        let mut bytes = lsda(&sites, &actions);
        if is_head_damaged { bytes[..3].copy_from_slice(&head) }
        if let Ok(lsda) = Lsda::parse(&bytes, ADDRESS, FUNCTION) {
            let _: Result<_, LsdaError> = lsda.action_at(offset);
            let _: Result<_, LsdaError> = lsda.count_landing_pads();
        }
    }
}
