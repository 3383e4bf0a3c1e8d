//! The types of the programs' values.

use std::fmt;

/// What a type is at its top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Element,
    Option,
    Box,
    Vec,
    Deque,
    Map,
    Rc,
    Cell,
    Pair,
    Loud,
}

impl Kind {
    /// Each.
    pub(crate) const ALL: [Self; 10] = [
        Self::Element,
        Self::Option,
        Self::Box,
        Self::Vec,
        Self::Deque,
        Self::Map,
        Self::Rc,
        Self::Cell,
        Self::Pair,
        Self::Loud,
    ];

    /// Of how many types it is made.
    pub(crate) const fn parts(self) -> usize {
        match self {
            Self::Element => 0,
            Self::Pair => 2,
            _ => 1,
        }
    }
}

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Type {
    /// What it is at its top.
    pub(crate) kind: Kind,
    /// What it is made of.
    pub(crate) parts: Vec<Type>,
}

/// As Rust has it, where `'s` is the life of the source.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, self.parts.as_slice()) {
            (Kind::Option, [of]) => write!(f, "Option<{of}>"),
            (Kind::Box, [of]) => write!(f, "Box<{of}>"),
            (Kind::Vec, [of]) => write!(f, "Vec<{of}>"),
            (Kind::Deque, [of]) => write!(f, "VecDeque<{of}>"),
            (Kind::Map, [of]) => write!(f, "BTreeMap<Element<'s>, {of}>"),
            (Kind::Rc, [of]) => write!(f, "Rc<{of}>"),
            (Kind::Cell, [of]) => write!(f, "Rc<RefCell<{of}>>"),
            (Kind::Pair, [first, second]) => write!(f, "({first}, {second})"),
            (Kind::Loud, [of]) => write!(f, "Loud<'s, {of}>"),
            _ => f.write_str("Element<'s>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_is_shown_as_rust_has_it() {
        let element = Type { kind: Kind::Element, parts: Vec::new() };
        let list = Type { kind: Kind::Vec, parts: vec![element.clone()] };
        let pair = Type { kind: Kind::Pair, parts: vec![list, element] };
        let map = Type { kind: Kind::Map, parts: vec![pair] };
        assert_eq!(map.to_string(), "BTreeMap<Element<'s>, (Vec<Element<'s>>, Element<'s>)>");
    }
}
