//! What code surely does: whether a landing pad lets a raise pass, or ends the program.
//!
//! Some guards in the standard collections abort when they are dropped during unwinding, because what
//! they guard is half done: `BTreeMap` does so while it gets another level. In machine code such a
//! landing pad is like any other, except that every path through it ends at a trap. A raise that
//! reached it would end as a discard, so it is better not to begin it: a little later the guard is gone.
//!
//! [`Search::can_unwind`] looks for a way out of a pad: to `_Unwind_Resume`, by a return, or to somewhere
//! that it cannot follow. It follows jumps, branches and direct calls, and takes every other call to
//! return. A destructor that panics or never ends is not such a guard: it would do so at any other call
//! too, so waiting is of no use, and a call that begins a panic, or a path without an end, lets pass.
//!
//! It is a search with a bounded number of steps over bytes that nobody vouches for. It is total, and
//! when it is in doubt, a pad lets pass. A wrong answer costs a destructor its run, as a discard
//! does, and never the host anything.
#![forbid(unsafe_code)]

mod instruction;

use instruction::{Flow, Instruction, Target, decode};

/// Instructions that are looked at in one search. Pads are short, and drop glue soon comes to a way out.
const MAX_INSTRUCTIONS: u32 = 20_000;

/// Calls that are followed into each other: in debug code a guard's destructor is two calls deep, and a
/// panic in a destructor five.
const MAX_DEPTH: u32 = 6;

/// Targets of branches that one function may have before it is given up.
const MAX_TARGETS: usize = 32;

/// The code of one image as it lies in memory.
#[derive(Clone, Copy, Debug)]
pub struct Code<'a> {
    /// Its instructions.
    pub text: &'a [u8],
    /// Where they begin.
    pub text_address: u64,
    /// Its constants, with the slots that calls of other modules go through.
    pub rodata: &'a [u8],
    /// Where they begin.
    pub rodata_address: u64,
    /// What is in the slot of `_Unwind_Resume`.
    pub resume: u64,
    /// What is in the slot of the function that a panic calls first.
    pub panicking: u64,
}

impl Code<'_> {
    fn instruction(&self, address: u64) -> Option<Instruction> {
        decode(after(self.text, self.text_address, address)?)
    }

    /// Where control goes, with what was loaded last.
    fn destination(&self, target: Target, next: u64, loaded: Loaded) -> Destination {
        let address = match target {
            Target::Near(distance) => Some(next.wrapping_add_signed(distance.into())),
            Target::Slot(distance) => self.slot(next.wrapping_add_signed(distance.into())),
            Target::Register(register) => {
                loaded.filter(|(into, _)| *into == register).and_then(|(_, slot)| self.slot(slot))
            }
            Target::Unknown => None,
        };
        match address {
            Some(address) if [self.resume, self.panicking].contains(&address) => Destination::Out,
            Some(address) if after(self.text, self.text_address, address).is_some() => {
                Destination::Text(address)
            }
            _ => Destination::Elsewhere,
        }
    }

    fn slot(&self, address: u64) -> Option<u64> {
        let word = after(self.rodata, self.rodata_address, address)?.first_chunk()?;
        Some(u64::from_le_bytes(*word))
    }
}

/// What lies at `address` in `bytes`, which begin at `start`; never empty.
fn after(bytes: &[u8], start: u64, address: u64) -> Option<&[u8]> {
    let offset = usize::try_from(address.checked_sub(start)?).ok()?;
    bytes.get(offset..).filter(|rest| !rest.is_empty())
}

/// A register, and the address of the word that was loaded into it. Code that is not optimised calls by
/// way of a register. That something else may have been put there since is not looked at.
type Loaded = Option<(u8, u64)>;

/// Of a jump or a call.
enum Destination {
    /// `_Unwind_Resume`, or a panic.
    Out,
    /// An instruction of this code.
    Text(u64),
    /// Not known, or not this code: it returns.
    Elsewhere,
}

/// What becomes of a thread that starts somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It may return.
    Returns,
    /// It may go on unwinding, or the search was given up.
    Passes,
    /// Every path that ends does so at a trap.
    Ends,
}

/// Where one path of a function leads.
enum Path {
    /// What becomes of the thread is known.
    Decided(Fate),
    /// To a trap.
    Trap,
    /// To an instruction that is, or will be, followed as another path.
    Joins,
}

/// A search for ways out, of one pad after the other: all of them together are looked at for a bounded
/// time.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    code: Code<'a>,
    left: u32,
    /// The last answer: a recursive function has the same pad in each of its frames.
    last: Option<(u64, bool)>,
}

impl<'a> Search<'a> {
    /// A search in `code`.
    #[must_use]
    pub const fn new(code: Code<'a>) -> Self {
        Self { code, left: MAX_INSTRUCTIONS, last: None }
    }

    /// Whether a raise gets through the landing pad at `pad`.
    pub fn can_unwind(&mut self, pad: u64) -> bool {
        if let Some((_, passes)) = self.last.filter(|(last, _)| *last == pad) {
            return passes;
        }
        let passes = self.fate(pad, 0) != Fate::Ends;
        self.last = Some((pad, passes));
        passes
    }

    /// What becomes of a thread at `start`, `depth` calls into the pad.
    fn fate(&mut self, start: u64, depth: u32) -> Fate {
        let mut targets = Targets::new(start);
        let mut has_trap = false;
        while let Some(target) = targets.next() {
            match self.run(target, depth, &mut targets) {
                Path::Decided(fate) => return fate,
                Path::Trap => has_trap = true,
                Path::Joins => {}
            }
        }
        // Paths that only join each other never end.
        if has_trap { Fate::Ends } else { Fate::Passes }
    }

    /// Follows a path from `address` as far as it goes by itself, and collects its branches.
    fn run(&mut self, mut address: u64, depth: u32, targets: &mut Targets) -> Path {
        let mut loaded = None;
        loop {
            let Some(instruction) = self.next_instruction(address) else {
                return Path::Decided(Fate::Passes);
            };
            let next = address.wrapping_add(instruction.bytes as u64);
            match instruction.flow {
                Flow::Next => {}
                Flow::Load(register, distance) => {
                    loaded = Some((register, next.wrapping_add_signed(distance.into())));
                }
                Flow::Return => return Path::Decided(Fate::Returns),
                Flow::Trap => return Path::Trap,
                Flow::Branch(distance) => {
                    if !targets.add(next.wrapping_add_signed(distance.into())) {
                        return Path::Decided(Fate::Passes);
                    }
                }
                Flow::Jump(target) => {
                    return self.jump(self.code.destination(target, next, loaded), targets);
                }
                Flow::Call(target) => {
                    match self.call(self.code.destination(target, next, loaded), depth) {
                        Fate::Returns => {}
                        Fate::Passes => return Path::Decided(Fate::Passes),
                        Fate::Ends => return Path::Trap,
                    }
                }
            }
            address = next;
        }
    }

    fn next_instruction(&mut self, address: u64) -> Option<Instruction> {
        self.left = self.left.checked_sub(1)?;
        self.code.instruction(address)
    }

    fn jump(&self, destination: Destination, targets: &mut Targets) -> Path {
        match destination {
            Destination::Out => Path::Decided(Fate::Passes),
            Destination::Elsewhere => Path::Decided(Fate::Returns),
            Destination::Text(address) if targets.add(address) => Path::Joins,
            Destination::Text(_) => Path::Decided(Fate::Passes),
        }
    }

    fn call(&mut self, destination: Destination, depth: u32) -> Fate {
        match destination {
            Destination::Out => Fate::Passes,
            Destination::Text(address) if depth < MAX_DEPTH => self.fate(address, depth + 1),
            Destination::Text(_) | Destination::Elsewhere => Fate::Returns,
        }
    }
}

/// Where a search has been in one function, and where it must still go.
struct Targets {
    all: [u64; MAX_TARGETS],
    len: usize,
    done: usize,
}

impl Targets {
    fn new(start: u64) -> Self {
        let mut all = [0; MAX_TARGETS];
        all[0] = start;
        Self { all, len: 1, done: 0 }
    }

    /// One that has not been followed yet.
    fn next(&mut self) -> Option<u64> {
        let target = *self.all[..self.len].get(self.done)?;
        self.done += 1;
        Some(target)
    }

    /// Remembers `target`, unless it is known already; false if there is no room.
    fn add(&mut self, target: u64) -> bool {
        if self.all[..self.len].contains(&target) {
            return true;
        }
        let Some(place) = self.all.get_mut(self.len) else { return false };
        *place = target;
        self.len += 1;
        true
    }
}

#[cfg(test)]
mod tests;
