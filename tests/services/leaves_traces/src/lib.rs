//! Writes what it is given wherever a service can write: heap, stack, statics, log, response. Shows that nothing of
//! it is there for whoever runs next, whatever ends it. The body's first byte says what does: `r` it returns, `e`
//! it returns an error, `p` it panics, `s` it spins, `o` it recurses without an end. Behind it are eight letters,
//! any number of times.
#![no_std]

extern crate alloc;

use alloc::vec::Vec;
use core::hint::black_box;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use mote_service::{Context, Error, Request, Response, Result};

/// Words on the heap: more than stays in memory between invocations.
const HEAP_WORDS: usize = 40_000;

/// Words of a frame of the stack.
const FRAME_WORDS: usize = 96;

/// Words of a long frame, of which only the last are written.
const SPARSE_WORDS: usize = 3_000;

/// Frames when the stack is not used up.
const DEPTH: usize = 40;

static WORDS: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];

/// Fills everything, and ends as it was told.
pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response> {
    let (&end, text) = request.body().split_first().ok_or(Error::new("say how to end"))?;
    let letters = text.first_chunk::<8>().ok_or(Error::new("say what to leave"))?;
    let word = u64::from_ne_bytes(*letters);
    let _token = context.token();
    context.log(core::str::from_utf8(text)?);
    WORDS.iter().for_each(|it| it.store(word, Relaxed));
    let heap: Vec<u64> = black_box(Vec::from_iter((0..HEAP_WORDS).map(|_| word)));
    sparse(word);
    descend(word, if end == b'o' { usize::MAX } else { DEPTH });
    match end {
        b'e' => Err(Error::new(alloc::string::String::from_utf8_lossy(text))),
        b'p' => panic!("{}", core::str::from_utf8(text)?),
        b's' => spin(word, heap, context),
        _ => Ok(Response::new(text)),
    }
}

#[inline(never)]
fn descend(word: u64, depth: usize) -> u64 {
    let frame = black_box([word; FRAME_WORDS]);
    if depth == 0 { frame[0] } else { descend(word, depth - 1).wrapping_add(frame[depth % FRAME_WORDS]) }
}

/// A frame that is long and holds nothing but at its end, and a call from there.
#[inline(never)]
fn sparse(word: u64) -> u64 {
    let mut frame = [const { core::mem::MaybeUninit::<u64>::uninit() }; SPARSE_WORDS];
    frame[0].write(word);
    black_box(&mut frame);
    descend(word, 1)
}

/// With what it was given in as many registers as a compiler finds use for.
#[inline(never)]
fn spin(word: u64, mut heap: Vec<u64>, context: &mut Context) -> ! {
    let mut words = [word; 12];
    loop {
        for (at, place) in heap.iter_mut().enumerate() {
            *place = black_box(words[at % words.len()]);
        }
        words = black_box(words);
        context.checkpoint();
    }
}
