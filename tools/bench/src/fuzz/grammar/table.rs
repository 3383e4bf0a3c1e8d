//! All productions together.

use super::production::{Production, Sort};
use super::types::Kind;
use super::{collections, owners, statements, values};

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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fuzz::grammar::production::{Hole, Of, Piece};

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
