//! Productions of statements on types that own one value, or two.

use super::production::{Production, Sort, only};
use super::types::Kind;

const fn on(kind: Kind, name: &'static str, template: &'static str) -> Production {
    only(kind, Sort::Statement, name, template)
}

pub(super) const STATEMENTS: &[Production] = &[
    on(Kind::Option, "option_take", "drop(x.take());"),
    on(Kind::Option, "option_replace", "drop(x.replace($part));"),
    on(
        Kind::Option,
        "option_insert",
        "{ let part: $P = $part; let x = x.get_or_insert(part); $inside }",
    ),
    on(Kind::Option, "option_inside", "if let Some(x) = x.as_mut() { $inside }"),
    on(
        Kind::Option,
        "option_moved_out_and_back",
        "if let Some(mut own) = x.take() { { let x = &mut own; $inside } *x = Some(own); }",
    ),
    on(
        Kind::Option,
        "option_unwrap",
        "if s.flip() { s.note(x.take().expect(\"a value\").key()); }",
    ),
    on(Kind::Box, "box_inside", "{ let x = &mut **x; $inside }"),
    on(Kind::Box, "box_assign", "**x = $part;"),
    on(Kind::Box, "box_replace", "drop(mem::replace(&mut **x, $part));"),
    on(Kind::Rc, "rc_clone", "{ let other = Rc::clone(x); $edit s.note(other.key()); }"),
    on(Kind::Rc, "rc_get_mut", "if let Some(x) = Rc::get_mut(x) { $inside }"),
    on(Kind::Rc, "rc_make_mut", "{ let x = Rc::make_mut(x); $inside }"),
    on(
        Kind::Rc,
        "rc_unwrap",
        "if let Ok(mut own) = Rc::try_unwrap(mem::replace(x, Rc::new($part))) { let x = &mut own; $inside }",
    ),
    on(
        Kind::Rc,
        "rc_weak",
        "{ let weak = Rc::downgrade(x); $edit s.note(weak.upgrade().map_or(5, |it| it.key())); }",
    ),
    on(
        Kind::Cell,
        "cell_inside",
        "{ let cell = Rc::clone(x); let mut own = cell.borrow_mut(); let x = &mut *own; $inside }",
    ),
    on(Kind::Cell, "cell_replace", "drop(x.replace($part));"),
    on(Kind::Cell, "cell_swap", "{ let other = RefCell::new($part); x.swap(&other); }"),
    on(
        Kind::Cell,
        "cell_shared",
        "{ let other = Rc::clone(x); $edit drop(other.replace($part)); }",
    ),
    on(
        Kind::Cell,
        "cell_in_closure",
        "{ let cell = Rc::clone(x); let call = move || -> Result<(), Failure<'s>> { \
         drop(cell.replace($part)); Ok(()) }; call()?; call()?; }",
    ),
    on(Kind::Pair, "pair_first", "{ let x = &mut x.0; $inside }"),
    on(Kind::Pair, "pair_second", "{ let x = &mut x.1; $in_second }"),
    on(Kind::Pair, "pair_assign", "x.0 = $part;"),
    on(Kind::Pair, "pair_assign_both", "*x = ($part, $second);"),
    on(Kind::Loud, "loud_inside", "{ let x = &mut x.inner; $inside }"),
    on(Kind::Loud, "loud_assign", "x.inner = $part;"),
];
