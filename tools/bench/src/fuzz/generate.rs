//! From a seed to a program: a pure function.

use super::grammar::{self, Child, Kind, Node, Program, Sort, Type, tree};
use crate::random::Random;

/// Types that a program works with.
const MOST_TYPES: usize = 3;
/// How deep types are nested.
const TYPE_DEPTH: u32 = 2;
/// How deep trees are nested.
const TREE_DEPTH: u32 = 6;
/// Productions of a program, about: when they are used up, what is open is closed.
const FUEL: u32 = 30;
/// The most statements that are drawn for one block.
const MOST_STATEMENTS: usize = 3;
/// The most statements of a program's own block.
const MOST_AT_TOP: usize = 5;
/// One past the largest number in a program.
const NUMBERS: usize = 4;

/// The program of `seed`.
#[must_use]
pub(crate) fn program(seed: u64) -> Program {
    let mut random = Random::seeded(seed);
    let count = 1 + random.below(MOST_TYPES);
    let types: Vec<Type> = (0..count).map(|_| a_type(&mut random, TYPE_DEPTH)).collect();
    let mut generator = Generator { random, types, fuel: FUEL };
    let of = generator.types[0].clone();
    let value = generator.value(&of, TREE_DEPTH);
    let statements = 2 + generator.random.below(MOST_AT_TOP - 1);
    let block = (0..statements).map(|_| generator.statement(&of, TREE_DEPTH)).collect();
    Program { seed, value, block }
}

fn a_type(random: &mut Random, depth: u32) -> Type {
    let kind = if depth == 0 { Kind::Element } else { *random.one_of(&Kind::ALL) };
    Type { kind, parts: (0..kind.parts()).map(|_| a_type(random, depth - 1)).collect() }
}

/// A program in the making.
struct Generator {
    random: Random,
    types: Vec<Type>,
    fuel: u32,
}

impl Generator {
    fn value(&mut self, of: &Type, depth: u32) -> Node {
        let is_plain = depth == 0 || self.fuel == 0 || self.random.below(3) == 0;
        self.node(if is_plain { Sort::Constructor } else { Sort::Value }, of, depth)
    }

    fn statement(&mut self, of: &Type, depth: u32) -> Node {
        self.node(Sort::Statement, of, depth)
    }

    fn block(&mut self, of: &Type, depth: u32) -> Vec<Node> {
        let is_over = depth == 0 || self.fuel == 0;
        let count = if is_over { 0 } else { 1 + self.random.below(MOST_STATEMENTS) };
        (0..count).map(|_| self.statement(of, depth)).collect()
    }

    fn node(&mut self, sort: Sort, of: &Type, depth: u32) -> Node {
        self.fuel = self.fuel.saturating_sub(1);
        let all: Vec<_> = grammar::of(sort, of.kind).collect();
        let production = *self.random.one_of(&all);
        let new = production.has_new().then(|| self.random.one_of(&self.types).clone());
        let number = self.random.below(NUMBERS) as u8;
        let mut node = Node { production, of: of.clone(), new, number, children: Vec::new() };
        let depth = depth.saturating_sub(1);
        node.children = production.holes().map(|hole| self.child(&node, hole, depth)).collect();
        node
    }

    fn child(&mut self, node: &Node, hole: grammar::Hole, depth: u32) -> tree::Child {
        match hole {
            grammar::Hole::Block(of) => Child::Block(self.block(node.type_of(of), depth)),
            grammar::Hole::Value(of) => Child::Value(self.value(node.type_of(of), depth)),
            _ => unreachable!("only holes for trees are filled"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::fuzz::render;

    #[test]
    fn program_is_a_function_of_its_seed() {
        let text = |seed| render::program(&program(seed));
        assert_eq!(text(7), text(7));
        let different: BTreeSet<_> = (0..100).map(text).collect();
        assert!(different.len() > 98, "{}", different.len());
    }

    #[test]
    fn programs_together_cover_the_grammar() {
        let covered: BTreeSet<_> = (0..500).flat_map(|seed| program(seed).productions()).collect();
        let missed: Vec<_> =
            grammar::all().filter(|production| !covered.contains(production.name)).collect();
        assert!(missed.is_empty(), "{missed:?}");
    }

    #[test]
    fn size_of_a_program_is_bounded() {
        let largest = (0..2_000).map(|seed| program(seed).size()).max();
        assert!(largest < Some(2_000), "{largest:?}");
    }
}
