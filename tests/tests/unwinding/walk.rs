//! Frames and landing pads, compared with what libgcc finds and does in the same place.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::panic::{catch_unwind, panic_any};

use mote_sigctx::registers::Registers;
use mote_tests::dwarf::{Coverage, Frame, Module, Step, UnwindError, Unwinder};

use crate::capture;
use crate::executable::Executable;
use crate::system::{LiveStack, PRESERVED, SystemFrame, system_frames};

const EXCEPTION: u64 = 0x1234_5678;
/// From a landing pad to the return from its first destructor: two stores, a jump and a call, and
/// without optimisation the blocks between them.
const MAX_PAD_BYTES: u64 = 128;

/// The callers of a function that captured `registers` and still runs, up to the C library's.
fn callers_of(registers: Registers) -> Vec<Frame> {
    let modules = [Executable::own().module()];
    let stack = LiveStack::above(registers.rsp());
    let mut unwinder = Unwinder::new();
    let mut frame = Frame { registers, is_exact: true };
    let mut frames = Vec::new();
    loop {
        match unwinder.caller(&modules, &stack, &frame) {
            Ok(Some(caller)) => frame = caller,
            Ok(None) => return frames,
            Err(UnwindError::NoModule { address }) => {
                assert_eq!(address, frame.registers.rip() - 1);
                return frames;
            }
            Err(error) => panic!("after {} frames: {error}", frames.len()),
        }
        frames.push(frame);
    }
}

fn assert_same(frame: &Frame, expected: &SystemFrame) {
    let get = |number| frame.registers.get(number).unwrap();
    assert!(!frame.is_exact);
    assert_eq!((frame.registers.rip(), frame.registers.rsp()), (expected.rip, expected.rsp));
    assert_eq!(PRESERVED.map(get), expected.preserved, "at {:#x}", expected.rip);
}

/// Compares our callers of this function with libgcc's. How many there were.
#[inline(never)]
fn compare_here() -> usize {
    let registers = capture!();
    let frames = callers_of(registers);
    let expected = &system_frames()[1..];
    for (frame, expected) in frames.iter().zip(expected) {
        assert_same(frame, expected);
    }
    assert!(expected.len() >= frames.len());
    frames.len()
}

struct Guard<'a>(&'a RefCell<Vec<u32>>, u32);

impl Drop for Guard<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.borrow_mut().push(self.1);
    }
}

/// Frames of various shapes: guards, large and aligned locals, many live registers.
#[inline(never)]
fn nest(depth: u32, dropped: &RefCell<Vec<u32>>) -> usize {
    #[repr(align(64))]
    struct Aligned([u8; 192]);
    let guard = Guard(dropped, depth);
    let frames = match depth {
        0 => compare_here(),
        depth if depth % 3 == 0 => {
            let aligned = black_box(Aligned([depth as u8; 192]));
            nest(depth - 1, dropped) + usize::from(black_box(&aligned).0[7] != depth as u8)
        }
        depth if depth % 3 == 1 => through_collections(depth - 1, dropped),
        depth => nest(depth - 1, dropped).wrapping_add(black_box(0)),
    };
    drop(guard);
    frames
}

#[inline(never)]
fn through_collections(depth: u32, dropped: &RefCell<Vec<u32>>) -> usize {
    let mut map = BTreeMap::from([(depth, 0_usize), (depth + 1, 0)]);
    let mut frames = 0;
    map.retain(|key, _| {
        frames = frames.max(nest(depth, dropped));
        *key == depth
    });
    frames + map[&depth]
}

#[test]
fn callers_are_those_of_libgcc_in_nested_frames() {
    let dropped = RefCell::default();
    let frames = nest(10, &dropped);
    assert!(frames > 20, "only {frames} frames were compared");
}

#[test]
fn callers_are_those_of_libgcc_inside_the_standard_library() {
    let mut frames = Vec::new();
    let mut numbers: Vec<u64> =
        (0..64_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
    numbers.sort_by(|a, b| {
        if frames.len() < 40 {
            frames.push(compare_here());
        }
        a.cmp(b)
    });
    let message = format!("{}", Compared(&RefCell::new(&mut frames)));
    assert!(!message.is_empty() && frames.iter().all(|frames| *frames > 5), "{frames:?}");
}

/// Compares while it is being formatted.
struct Compared<'a>(&'a RefCell<&'a mut Vec<usize>>);

impl std::fmt::Display for Compared<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let frames = compare_here();
        self.0.borrow_mut().push(frames);
        write!(f, "{frames}")
    }
}

/// What was predicted for the frame that called, and what happened when it was unwound for real.
#[derive(Default)]
struct Prediction {
    predicted: Option<Registers>,
    happened: Option<Vec<SystemFrame>>,
}

struct Witness<'a>(&'a RefCell<Prediction>);

impl Drop for Witness<'_> {
    #[inline(never)]
    fn drop(&mut self) {
        self.0.borrow_mut().happened = Some(system_frames());
    }
}

/// Steps the frame that called the function that captured `registers`.
fn step_caller(registers: Registers) -> (Frame, Coverage, Step) {
    let modules = [Executable::own().module()];
    let stack = LiveStack::above(registers.rsp());
    let mut unwinder = Unwinder::new();
    let frame = Frame { registers, is_exact: true };
    let caller = unwinder.caller(&modules, &stack, &frame).unwrap().unwrap();
    let stepped = unwinder.step(&modules, &stack, &caller, EXCEPTION).unwrap();
    (caller, stepped.coverage, stepped.step)
}

#[inline(never)]
fn predict_then_panic(prediction: &RefCell<Prediction>) {
    let registers = capture!();
    let (caller, coverage, step) = step_caller(registers);
    assert_eq!(coverage, Coverage::LandingPad);
    let Step::LandingPad(predicted) = step else { panic!("{step:?}") };
    assert_eq!((predicted.get(0), predicted.get(1)), (Some(EXCEPTION), Some(0)));
    for number in PRESERVED {
        assert_eq!(predicted.get(number), caller.registers.get(number));
    }
    prediction.borrow_mut().predicted = Some(predicted);
    panic_any(());
}

#[inline(never)]
fn guarded(prediction: &RefCell<Prediction>) {
    let witness = Witness(prediction);
    predict_then_panic(black_box(prediction));
    drop(witness);
}

#[test]
fn landing_pad_is_where_libgcc_runs_destructors() {
    let prediction = RefCell::default();
    let panicked = catch_unwind(std::panic::AssertUnwindSafe(|| guarded(&prediction)));
    assert!(panicked.is_err());
    let prediction = prediction.into_inner();
    let pad = prediction.predicted.unwrap();
    let function = function_of(&Executable::own().module(), pad.rip());
    let frames = prediction.happened.unwrap();
    let frame = frames.iter().find(|frame| frame.function == function).unwrap();
    assert!(frame.has_lsda);
    let behind_pad = frame.rip.wrapping_sub(pad.rip());
    assert!((1..MAX_PAD_BYTES).contains(&behind_pad), "{:#x}, {:#x}", pad.rip(), frame.rip);
    assert_eq!(frame.rsp, pad.rsp());
}

fn function_of(module: &Module<'_>, address: u64) -> u64 {
    let functions = module.functions().map(Result::unwrap);
    let mut covering =
        functions.filter(|function| address.wrapping_sub(function.start) < function.bytes);
    covering.next().unwrap().start
}

#[inline(never)]
fn coverage_of_caller() -> (Coverage, bool) {
    let registers = capture!();
    let (_, coverage, step) = step_caller(registers);
    (coverage, step == Step::Terminate)
}

/// An exception may not leave this function: rustc gives it a landing pad that terminates.
#[inline(never)]
extern "C" fn barrier() -> u32 {
    let (coverage, is_terminated) = black_box(coverage_of_caller as fn() -> _)();
    u32::from(coverage == Coverage::Terminate && is_terminated)
}

#[test]
fn frame_terminates_when_its_abi_forbids_unwinding() {
    assert_eq!(barrier(), 1);
}

#[test]
fn frame_terminates_when_it_catches() {
    let found = catch_unwind(|| {
        let frames = callers_of(capture!());
        frames.into_iter().any(|frame| {
            Executable::own().module().coverage_at(frame.instruction()) == Ok(Coverage::Terminate)
        })
    });
    assert!(found.unwrap());
}
