//! Productions of values. Of each kind the first constructor is the simplest, which shrinking falls back to.

use super::production::{Production, Sort, any, only};
use super::types::Kind;

const fn new(kind: Kind, name: &'static str, template: &'static str) -> Production {
    only(kind, Sort::Constructor, name, template)
}

pub(super) const CONSTRUCTORS: &[Production] = &[
    new(Kind::Element, "element", "s.element($#)"),
    new(Kind::Option, "option_some", "Some($part)"),
    new(Kind::Option, "option_none", "None::<$P>"),
    new(Kind::Box, "box_new", "Box::new($part)"),
    new(Kind::Vec, "vec_of_one", "vec![$part]"),
    new(Kind::Vec, "vec_of_three", "vec![$part, $part, $part]"),
    new(Kind::Vec, "vec_empty", "Vec::<$P>::new()"),
    new(Kind::Vec, "vec_filled", "vec![$part; $#]"),
    new(
        Kind::Vec,
        "vec_collected",
        "(0..$#).map(|_| -> Result<$P, Failure<'s>> { Ok($part) }).collect::<Result<$T, _>>()?",
    ),
    new(Kind::Deque, "deque_of_two", "VecDeque::from([$part, $part])"),
    new(Kind::Deque, "deque_empty", "VecDeque::<$P>::new()"),
    new(
        Kind::Map,
        "map_of_two",
        "BTreeMap::from([(s.element($#), $part), (s.element($#), $part)])",
    ),
    new(Kind::Map, "map_empty", "BTreeMap::<Element<'s>, $P>::new()"),
    new(
        Kind::Map,
        "map_collected",
        "(0..$#).map(|key| -> Result<_, Failure<'s>> { Ok((s.element(9 - key), $part)) })\
         .collect::<Result<$T, _>>()?",
    ),
    new(Kind::Rc, "rc_new", "Rc::new($part)"),
    new(Kind::Cell, "cell_new", "Rc::new(RefCell::new($part))"),
    new(Kind::Pair, "pair", "($part, $second)"),
    new(Kind::Loud, "loud_new", "Loud::new(s, $part)"),
];

pub(super) const VALUES: &[Production] = &[
    any(Sort::Value, "value_edited", "{ let mut own: $T = $same; let x = &mut own; $edit own }"),
    any(Sort::Value, "value_chosen", "if s.flip() { $same } else { $same }"),
    any(Sort::Value, "value_from_closure", "(|| -> Result<$T, Failure<'s>> { Ok($same) })()?"),
    any(
        Sort::Value,
        "value_moved",
        "{ let first: $T = $same; let carry = move || first; let second = carry(); second }",
    ),
    any(
        Sort::Value,
        "value_from_boxed_closure",
        "{ let first: $T = $same; let later: Box<dyn FnOnce() -> $T + 's> = Box::new(move || first); \
         later() }",
    ),
    any(
        Sort::Value,
        "value_replaced",
        "{ let mut own: $T = $same; mem::replace(&mut own, $same) }",
    ),
    any(
        Sort::Value,
        "value_from_function",
        "{ fn make<'s>(s: &'s Source<'s>) -> Result<$T, Failure<'s>> { Ok($same) } make(s)? }",
    ),
    any(Sort::Value, "value_cloned", "{ let first: $T = $same; first.clone() }"),
    any(Sort::Value, "value_question_mark", "s.allow($same)?"),
    only(
        Kind::Vec,
        Sort::Value,
        "vec_mapped",
        "$same.into_iter().map(|mut own| -> Result<$P, Failure<'s>> { let x = &mut own; $inside Ok(own) })\
         .collect::<Result<$T, _>>()?",
    ),
    only(
        Kind::Deque,
        Sort::Value,
        "deque_chained",
        "{ let first: $T = $same; first.into_iter().chain($same).collect::<$T>() }",
    ),
    only(
        Kind::Pair,
        Sort::Value,
        "pair_rebuilt",
        "{ let (first, second): $T = $same; let other: $P = $part; s.note(first.key()); (other, second) }",
    ),
    only(
        Kind::Option,
        Sort::Value,
        "option_mapped",
        "{ let own: $T = $same; own.filter(|own| own.key() % 3 > 0).or(Some($part)) }",
    ),
    only(Kind::Box, Sort::Value, "box_unboxed", "{ let own: $T = $same; Box::new(*own) }"),
];
