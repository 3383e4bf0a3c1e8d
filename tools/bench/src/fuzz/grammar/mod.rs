//! The grammar of the programs: types, values and statements as tables of productions.
//!
//! A production is a template of Rust, and its holes say what may stand in them. A value has a type; a
//! statement works on `x`, a mutable reference to a value of a type. Nothing else is in scope but the source
//! `s`, so that every tree compiles in which each hole holds what its name says:
//!
//! | hole | holds |
//! | --- | --- |
//! | `$same` | a value of the node's type |
//! | `$part`, `$second` | a value of the first, the second type that the node's type is made of |
//! | `$new` | a value of a type that the node chooses |
//! | `$edit` | statements on the node's type |
//! | `$inside`, `$in_second`, `$with` | the same for those of `$part`, `$second`, `$new` |
//! | `$T`, `$P`, `$N` | the names of the node's type, of its first part, of the chosen one |
//! | `$#` | a small number |
//!
//! Each function, closure and block that a template opens returns `Result<_, Failure<'s>>`, or passes it on,
//! so that `?` and `return Err(…)` may stand anywhere.

mod collections;
mod owners;
mod statements;
pub(crate) mod tree;
pub(crate) mod types;
mod values;

pub(crate) use tree::{Child, Node, Program};
pub(crate) use types::{Kind, Type};

/// What a production makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A value, whose holes are of smaller types: what generation ends with.
    Constructor,
    /// Another value.
    Value,
    /// A statement.
    Statement,
}

/// One production.
#[derive(Debug)]
pub(crate) struct Production {
    /// Its name in reports.
    pub(crate) name: &'static str,
    /// What it makes.
    pub(crate) sort: Sort,
    /// The types that it is for: all, or those of one kind.
    pub(crate) kind: Option<Kind>,
    /// Rust with holes.
    pub(crate) template: &'static str,
}

/// What stands in a template at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hole {
    Value(Of),
    Block(Of),
    Name(Of),
    Number,
}

/// Whose type is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Itself,
    Part,
    Second,
    New,
}

/// Every hole by its name. None begins as another does.
const HOLES: [(&str, Hole); 12] = [
    ("$same", Hole::Value(Of::Itself)),
    ("$part", Hole::Value(Of::Part)),
    ("$second", Hole::Value(Of::Second)),
    ("$new", Hole::Value(Of::New)),
    ("$edit", Hole::Block(Of::Itself)),
    ("$inside", Hole::Block(Of::Part)),
    ("$in_second", Hole::Block(Of::Second)),
    ("$with", Hole::Block(Of::New)),
    ("$T", Hole::Name(Of::Itself)),
    ("$P", Hole::Name(Of::Part)),
    ("$N", Hole::Name(Of::New)),
    ("$#", Hole::Number),
];

/// A piece of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(&'static str),
    Hole(Hole),
}

impl Production {
    /// The template, from its beginning to its end.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut left = self.template;
        while let Some(at) = left.find('$') {
            let (text, from) = left.split_at(at);
            let found = HOLES.iter().find(|(name, _)| from.starts_with(name));
            let (name, hole) =
                found.unwrap_or_else(|| panic!("{}: no such hole: {from}", self.name));
            pieces.extend([Piece::Text(text), Piece::Hole(*hole)]);
            left = &from[name.len()..];
        }
        pieces.push(Piece::Text(left));
        pieces
    }

    /// The holes that hold trees.
    pub(crate) fn holes(&self) -> impl Iterator<Item = Hole> {
        self.pieces().into_iter().filter_map(|piece| match piece {
            Piece::Hole(hole @ (Hole::Value(_) | Hole::Block(_))) => Some(hole),
            _ => None,
        })
    }

    /// Whether it chooses a type.
    pub(crate) fn has_new(&self) -> bool {
        self.template.contains("$new")
    }

    fn is_for(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|it| it == kind)
    }
}

/// Every production.
pub(crate) fn all() -> impl Iterator<Item = &'static Production> {
    let tables = [
        values::CONSTRUCTORS,
        values::VALUES,
        statements::STATEMENTS,
        collections::STATEMENTS,
        owners::STATEMENTS,
    ];
    tables.into_iter().flatten()
}

/// Those of one sort that are for one kind of type.
pub(crate) fn of(sort: Sort, kind: Kind) -> impl Iterator<Item = &'static Production> {
    all().filter(move |production| production.sort == sort && production.is_for(kind))
}

/// A production for one kind of type.
const fn only(kind: Kind, sort: Sort, name: &'static str, template: &'static str) -> Production {
    Production { name, sort, kind: Some(kind), template }
}

/// A production for all types.
const fn any(sort: Sort, name: &'static str, template: &'static str) -> Production {
    Production { name, sort, kind: None, template }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_production_has_a_name_of_its_own_and_only_known_holes() {
        let mut names = BTreeSet::new();
        for production in all() {
            assert!(names.insert(production.name), "{} is there twice", production.name);
            let _pieces = production.pieces();
            assert_eq!(
                production.has_new(),
                production.template.contains("$N"),
                "{}",
                production.name
            );
        }
        assert!(names.len() > 80, "{}", names.len());
    }

    #[test]
    fn each_kind_has_a_constructor_with_smaller_holes_only() {
        for kind in Kind::ALL {
            assert!(of(Sort::Constructor, kind).next().is_some(), "{kind:?}");
            for production in of(Sort::Constructor, kind) {
                let is_smaller = |hole| matches!(hole, Hole::Value(Of::Part | Of::Second));
                assert!(production.holes().all(is_smaller), "{}", production.name);
            }
        }
    }

    #[test]
    fn no_production_asks_for_a_part_that_its_type_does_not_have() {
        for production in all() {
            let parts = production.kind.map_or(0, Kind::parts);
            for piece in production.pieces() {
                let Piece::Hole(Hole::Value(of) | Hole::Block(of) | Hole::Name(of)) = piece else {
                    continue;
                };
                let needed = match of {
                    Of::Itself | Of::New => 0,
                    Of::Part => 1,
                    Of::Second => 2,
                };
                assert!(parts >= needed, "{}", production.name);
            }
        }
    }
}
