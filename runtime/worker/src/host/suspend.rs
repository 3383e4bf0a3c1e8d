//! The running invocation's way to its saved state, and back.
//!
//! A paused invocation keeps its stack, its arena and its handles in its stack slot. What others use
//! meanwhile is saved and restored: the data segment of its image (another invocation of it may run), and what
//! lies in the outbox (its line will be another one). Nothing of it is seen by whatever runs next, as
//! after its end.

use core::mem;

use mote_abi::outcome::Outcome;
use mote_abi::upstream::CallError;

use crate::host::Host;
use crate::host::host_call::HostCall;
use crate::host::image::Image;
use crate::host::reply::{Reply, Unwinding};
use crate::host::saved_state::{Part, SavedInvocation};

/// What is left of an invocation that is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remainder {
    /// Of its budget, in nanoseconds.
    pub left_ns: u64,
    /// What was decided before.
    pub verdict: Outcome,
}

impl Host {
    /// Saves everything of the running invocation that does not stay in its slot, and switches to a free
    /// slot. The number of the one that was left; `None` if the invocation cannot be paused.
    #[must_use]
    pub fn suspend(&mut self, left: Remainder) -> Option<u16> {
        let (log, reply) = (self.areas.log(self.sequence), self.areas.reply(self.sequence));
        let state = self.slots.current.saved_state.as_mut()?;
        if self.invoke.data_bytes > 0 {
            let image = Image::of(&self.invoke);
            let bytes = image.header().data_bytes as usize;
            // SAFETY: the loader checked that the segment lies in the data window, which is this worker's.
            unsafe { state.save(Part::Data, image.data(), bytes) };
            image.zero_data();
        }
        // SAFETY: the log lies in the outbox.
        unsafe { state.save(Part::Log, log, self.log_bytes) };
        // SAFETY: the reply lies in the outbox.
        unsafe { state.save(Part::Reply, reply, self.reply.bytes) };
        self.areas.clear_log(self.sequence, self.log_bytes);
        let told_bytes = self.call.as_ref().map_or(0, |call| call.bytes);
        self.areas.clear_reply(self.sequence, told_bytes..self.reply.written_bytes);
        state.put(SavedInvocation {
            invoke: self.invoke,
            left_ns: left.left_ns,
            verdict: left.verdict,
            reply: self.reply,
            log_bytes: self.log_bytes,
            tokens: mem::take(&mut self.tokens),
            answer_bytes: mem::take(&mut self.answer_bytes),
            call: self.call.take(),
        });
        let number = state.number();
        self.slots.switch_to_free().then_some(number)
    }

    /// Switches to slot `number` and puts everything of the invocation that was paused there back where
    /// it and the host look for it. It goes on as number `sequence`; if it waited in a host call, then at that
    /// call, for which there are `answer_bytes` of replies in the inbox. `None` if none was paused there.
    #[must_use]
    pub fn restore(
        &mut self,
        sequence: u64,
        number: u16,
        answer_bytes: usize,
    ) -> Option<(Remainder, Option<HostCall>)> {
        let saved = self.slots.switch_to_paused(number)?;
        let (log, reply) = (self.areas.log(sequence), self.areas.reply(sequence));
        let state = self.slots.current.saved_state.as_mut()?;
        if saved.invoke.data_bytes > 0 {
            let image = Image::of(&saved.invoke);
            let bytes = image.header().data_bytes as usize;
            // SAFETY: as in `suspend`; an image stays where it is while an invocation is outstanding.
            unsafe { state.restore(Part::Data, image.data(), bytes) };
        }
        // SAFETY: the outbox has room for a log there.
        unsafe { state.restore(Part::Log, log, saved.log_bytes) };
        // SAFETY: the outbox has room for a body there.
        unsafe { state.restore(Part::Reply, reply, saved.reply.bytes) };
        self.body = state.address(Part::Request);
        let left = Remainder { left_ns: saved.left_ns, verdict: saved.verdict };
        let call = self.go_on(sequence, saved);
        Some((left, call.map(|call| self.answered(call, answer_bytes))))
    }

    /// `call`, which returns `bytes` of replies; where there are none, that its time is over.
    fn answered(&mut self, call: HostCall, bytes: usize) -> HostCall {
        let replies = self.areas.request(self.sequence);
        let returned = match &mut self.slots.current.saved_state {
            Some(state) if bytes > 0 => {
                state.forget(Part::Answer, self.answer_bytes);
                self.answer_bytes = bytes;
                // SAFETY: the ring has room for the longest body, and lies in the inbox.
                (unsafe { state.save(Part::Answer, replies, bytes) }, bytes as u64)
            }
            _ => (0, CallError::Timeout as u64),
        };
        HostCall { registers: HostCall::returning(call.registers, returned.0, returned.1), ..call }
    }

    /// Takes over what was saved; the host call that it waited in, if it did.
    fn go_on(&mut self, sequence: u64, saved: SavedInvocation) -> Option<HostCall> {
        self.sequence = sequence;
        self.invoke = saved.invoke;
        self.reply = Reply { written_bytes: saved.reply.bytes, ..saved.reply };
        self.log_bytes = saved.log_bytes;
        self.tokens = saved.tokens;
        // A raise ends an invocation, and so does a call that is cut short.
        self.is_cut_short = false;
        self.unwinding = Unwinding::default();
        self.answer_bytes = saved.answer_bytes;
        saved.call
    }
}
