//! Productions of statements on any type: assignments, control flow, functions, closures, panics, errors.

use super::production::{Production, Sort, any};

const fn on_any(name: &'static str, template: &'static str) -> Production {
    any(Sort::Statement, name, template)
}

pub(super) const STATEMENTS: &[Production] = &[
    on_any("note", "s.note(x.key());"),
    on_any("assign", "*x = $same;"),
    on_any("mem_replace", "drop(mem::replace(x, $same));"),
    on_any("mem_swap", "{ let mut other: $T = $same; mem::swap(x, &mut other); }"),
    on_any("branch", "if s.flip() { $edit } else { $edit }"),
    on_any("repeat", "for _ in 0..$# { $edit }"),
    on_any("fail", "if s.rarely() { return Err(Failure::new(s, $#)); }"),
    on_any("question_mark", "drop(s.allow($same)?);"),
    on_any("panic", "if s.rarely() { panic!(\"program {} panics\", x.key()); }"),
    on_any("forget", "mem::forget($same);"),
    on_any("scope", "{ let mut own: $N = $new; let x = &mut own; $with }"),
    on_any("temporary", "s.note($same.key());"),
    on_any("block_left_early", "'left: { $edit if s.flip() { break 'left; } $edit }"),
    on_any(
        "loop_left_early",
        "for _ in 0..$# { $edit if s.flip() { continue; } if s.rarely() { break; } $edit }",
    ),
    on_any(
        "function_left_early",
        "{ fn edit<'s>(s: &'s Source<'s>, x: &mut $T) -> Result<(), Failure<'s>> { \
         let held: $N = $new; $edit if s.flip() { return Ok(()); } s.note(held.key()); $edit Ok(()) } edit(s, x)?; }",
    ),
    on_any(
        "recursion",
        "{ fn deeper<'s>(s: &'s Source<'s>, depth: u32, x: &mut $T) -> Result<(), Failure<'s>> { \
         let held: $N = $new; $edit if depth > 0 { deeper(s, depth - 1, x)?; } s.note(held.key()); Ok(()) } \
         deeper(s, $#, x)?; }",
    ),
    on_any(
        "closure_that_owns",
        "{ let mut own: $N = $new; let mut call = move || -> Result<u64, Failure<'s>> { \
         let x = &mut own; $with Ok(x.key()) }; s.note(call()?); s.note(call()?); }",
    ),
    on_any(
        "closure_that_borrows",
        "{ let mut call = |times: u64| -> Result<(), Failure<'s>> { s.note(times); $edit Ok(()) }; \
         call(1)?; call(2)?; }",
    ),
    on_any(
        "error_dropped",
        "{ let tried = (|| -> Result<(), Failure<'s>> { $edit Ok(()) })(); \
         if let Err(failure) = tried { s.note(failure.key()); } }",
    ),
    on_any(
        "error_mapped",
        "(|| -> Result<(), Failure<'s>> { $edit Ok(()) })()\
         .map_err(|failure| Failure::new(s, failure.key() % 7))?;",
    ),
];
