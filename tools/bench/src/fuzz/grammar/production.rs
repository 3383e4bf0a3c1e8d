//! A production: a template of Rust with typed holes.

use super::types::Kind;

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

    pub(super) fn is_for(&self, kind: Kind) -> bool {
        self.kind.is_none_or(|it| it == kind)
    }
}

/// A production for one kind of type.
pub(super) const fn only(
    kind: Kind,
    sort: Sort,
    name: &'static str,
    template: &'static str,
) -> Production {
    Production { name, sort, kind: Some(kind), template }
}

/// A production for all types.
pub(super) const fn any(sort: Sort, name: &'static str, template: &'static str) -> Production {
    Production { name, sort, kind: None, template }
}
