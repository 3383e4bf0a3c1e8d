//! What is saved comes back, and is forgotten.

extern crate std;
use std::vec::Vec;

use proptest::prelude::*;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};

use super::*;

fn saved_state(number: u16) -> SavedState {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    let (bytes, flags) = (size_of::<SavedStateSpace>(), MapFlags::PRIVATE | MapFlags::NORESERVE);
    // SAFETY: the kernel chooses the address. The memory is never unmapped.
    let space = unsafe { mmap_anonymous(ptr::null_mut(), bytes, protection, flags) }.unwrap();
    // SAFETY: a fresh mapping, which nobody else knows.
    unsafe { SavedState::new(number, NonNull::new(space.cast()).unwrap()) }
}

fn bytes_of(state: &SavedState, part: Part, bytes: usize) -> Vec<u8> {
    // SAFETY: the part has so many bytes, and nobody else uses them.
    unsafe { core::slice::from_raw_parts(state.address(part) as *const u8, bytes) }.to_vec()
}

#[test]
fn no_more_is_saved_than_there_is_room_for() {
    let mut state = saved_state(3);
    let from = [7_u8; LOG_BYTES + 1];
    let mut to = [1_u8; LOG_BYTES + 1];
    // SAFETY: the array is readable.
    unsafe { state.save(Part::Log, from.as_ptr(), from.len()) };
    // SAFETY: the array is writable.
    unsafe { state.restore(Part::Log, to.as_mut_ptr(), to.len()) };
    assert!(to[..LOG_BYTES].iter().all(|&byte| byte == 7));
    assert_eq!(to[LOG_BYTES], 1);
}

#[test]
fn parts_have_pages_of_their_own() {
    let parts = [Part::Log, Part::Request, Part::Reply, Part::Answer, Part::Data].map(Part::place);
    for (a, &(start, bytes)) in parts.iter().enumerate() {
        assert_eq!(start % PAGE_BYTES, 0);
        for (b, &(other, _)) in parts.iter().enumerate() {
            assert!(a == b || other < start || other >= start + bytes);
        }
    }
}

#[test]
fn state_is_taken_until_what_is_saved_is_taken_back() {
    let mut state = saved_state(0);
    assert!(!state.is_taken() && state.take().is_none());
    let mut tokens = Tokens::new();
    tokens.create();
    state.put(SavedInvocation {
        invoke: Invoke::default(),
        left_ns: 5,
        verdict: Outcome::Ok,
        reply: Reply::default(),
        log_bytes: 9,
        tokens,
        answer_bytes: 0,
        call: None,
    });
    assert!(state.is_taken());
    let mut saved = state.take().unwrap();
    assert_eq!((saved.left_ns, saved.log_bytes, saved.tokens.reclaim().created), (5, 9, 1));
    assert!(!state.is_taken());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn bytes_come_back_and_are_forgotten(bytes in 0..BODY_BYTES, seed: u8) {
        let mut state = saved_state(1);
        let from: Vec<u8> = (0..bytes).map(|i| seed.wrapping_add((i / 7) as u8)).collect();
        for part in [Part::Request, Part::Reply] {
            // SAFETY: the vector is readable.
            unsafe { state.save(part, from.as_ptr(), bytes) };
            let mut to = std::vec![0_u8; bytes];
            // SAFETY: the vector is writable.
            unsafe { state.restore(part, to.as_mut_ptr(), bytes) };
            prop_assert!(to == from);
            prop_assert!(bytes_of(&state, part, bytes).iter().all(|&byte| byte == 0));
        }
    }
}
