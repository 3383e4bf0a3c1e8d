//! Productions of statements on collections.

use super::production::{Production, Sort, only};
use super::types::Kind;

const fn vec(name: &'static str, template: &'static str) -> Production {
    only(Kind::Vec, Sort::Statement, name, template)
}

const fn deque(name: &'static str, template: &'static str) -> Production {
    only(Kind::Deque, Sort::Statement, name, template)
}

const fn map(name: &'static str, template: &'static str) -> Production {
    only(Kind::Map, Sort::Statement, name, template)
}

pub(super) const STATEMENTS: &[Production] = &[
    vec("vec_push", "x.push($part);"),
    vec("vec_insert", "{ let part: $P = $part; x.insert(s.index(x.len() + 1), part); }"),
    vec("vec_remove", "if !x.is_empty() { drop(x.remove(s.index(x.len()))); }"),
    vec("vec_swap_remove", "if !x.is_empty() { drop(x.swap_remove(s.index(x.len()))); }"),
    vec("vec_pop", "if let Some(mut own) = x.pop() { let x = &mut own; $inside }"),
    vec("vec_truncate", "x.truncate($#);"),
    vec("vec_retain", "x.retain(|part| part.key() % 3 > 0);"),
    vec(
        "vec_drain",
        "{ let from = s.index(x.len() + 1); for part in x.drain(from..) { s.note(part.key()); } }",
    ),
    vec(
        "vec_splice",
        "{ let end = s.index(x.len() + 1); drop(x.splice(..end, vec![$part, $part])); }",
    ),
    vec("vec_dedup", "x.dedup_by_key(|part| part.key() % 3);"),
    vec("vec_rotate", "if !x.is_empty() { let by = s.index(x.len()); x.rotate_left(by); }"),
    vec("vec_sort", "x.sort_by_key(|part| part.key() ^ 5);"),
    vec("vec_sort_unstable", "x.sort_unstable_by_key(|part| part.key() ^ 3);"),
    vec("vec_extend", "{ let more: $T = $same; x.extend(more); }"),
    vec("vec_extend_clones", "{ let more: $T = $same; x.extend_from_slice(&more); }"),
    vec("vec_append", "{ let mut more: $T = $same; x.append(&mut more); }"),
    vec("vec_split_off", "{ let at = s.index(x.len() + 1); drop(x.split_off(at)); }"),
    vec("vec_resize", "x.resize($#, $part);"),
    vec("vec_clear", "x.clear();"),
    vec("vec_inside", "if let Some(x) = x.last_mut() { $inside }"),
    vec("vec_each", "for x in x.iter_mut() { $inside }"),
    vec(
        "vec_consumed",
        "for mut own in mem::take(x) { let x = &mut own; $inside if s.rarely() { break; } }",
    ),
    vec("vec_index_panics", "if s.rarely() { s.note(x[x.len() + $#].key()); }"),
    vec(
        "vec_draining_iterator",
        "for mut own in Draining::new(s, mem::take(x)) { let x = &mut own; $inside if s.flip() { break; } }",
    ),
    vec("vec_boxed_slice", "*x = mem::take(x).into_boxed_slice().into_vec();"),
    vec(
        "vec_zipped",
        "for (left, right) in mem::take(x).into_iter().zip($same) { s.note(left.key() ^ right.key()); }",
    ),
    deque("deque_push_back", "x.push_back($part);"),
    deque("deque_push_front", "x.push_front($part);"),
    deque("deque_pop", "if let Some(mut own) = x.pop_front() { let x = &mut own; $inside }"),
    deque("deque_insert", "{ let part: $P = $part; x.insert(s.index(x.len() + 1), part); }"),
    deque("deque_remove", "drop(x.remove($#));"),
    deque("deque_truncate", "x.truncate($#);"),
    deque("deque_retain", "x.retain(|part| part.key() % 3 > 0);"),
    deque("deque_drain", "{ let end = s.index(x.len() + 1); drop(x.drain(..end)); }"),
    deque("deque_append", "{ let mut more: $T = $same; x.append(&mut more); }"),
    deque("deque_rotate", "if !x.is_empty() { x.rotate_right(s.index(x.len())); }"),
    deque("deque_contiguous", "x.make_contiguous().reverse();"),
    deque("deque_each", "for x in x.iter_mut() { $inside }"),
    deque(
        "deque_draining_iterator",
        "for mut own in Draining::new(s, mem::take(x)) { let x = &mut own; $inside if s.flip() { break; } }",
    ),
    map("map_insert", "drop(x.insert(s.element($#), $part));"),
    map(
        "map_pop",
        "if let Some((key, mut own)) = x.pop_first() { let x = &mut own; $inside s.note(key.key()); }",
    ),
    map("map_remove", "drop(x.remove(&s.element($#)));"),
    map(
        "map_entry",
        "{ let part: $P = $part; let x = x.entry(s.element($#)).or_insert(part); $inside }",
    ),
    map("map_retain", "x.retain(|key, _| key.key() % 3 > 0);"),
    map("map_split_off", "drop(x.split_off(&s.element($#)));"),
    map("map_append", "{ let mut more: $T = $same; x.append(&mut more); }"),
    map("map_extend", "{ let more: $T = $same; x.extend(more); }"),
    map("map_each", "for x in x.values_mut() { $inside }"),
    map(
        "map_consumed",
        "for (key, mut own) in mem::take(x) { let x = &mut own; $inside if key.key() > 5 { break; } }",
    ),
    map(
        "map_into_values",
        "for part in mem::take(x).into_values().take($#) { s.note(part.key()); }",
    ),
];
