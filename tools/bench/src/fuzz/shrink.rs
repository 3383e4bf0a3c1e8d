//! What a program can become with less in it: a pure function from a tree to smaller trees.
//!
//! A statement goes, or gives way to what is in it; a value gives way to a smaller one in it, or to the
//! simplest of its type; and what works on a part of the program's value, or on a value of its own, can be
//! the program. Types match by construction, so that each of these is a program again.

use super::grammar::production::Of;
use super::grammar::{Child, Hole, Node, Program, Type};

/// Every program that is one step smaller, the smallest first.
#[must_use]
pub(crate) fn smaller(program: &Program) -> Vec<Program> {
    let Program { seed, value, block } = program;
    let with = |value: Node, block: Vec<Node>| Program { seed: *seed, value, block };
    let mut all: Vec<Program> = Vec::new();
    all.extend(blocks(block, &value.of).into_iter().map(|block| with(value.clone(), block)));
    all.extend(values(value).into_iter().map(|value| with(value, block.clone())));
    all.extend(roots(block).into_iter().map(|(value, block)| with(value, block)));
    all.retain(|smaller| smaller.size() < program.size());
    all.sort_by_key(Program::size);
    all
}

/// What a block of statements on `of` can become.
fn blocks(block: &[Node], of: &Type) -> Vec<Vec<Node>> {
    let mut all = Vec::new();
    if block.len() > 2 {
        let (first, second) = block.split_at(block.len() / 2);
        all.extend([first.to_vec(), second.to_vec()]);
    }
    for (at, node) in block.iter().enumerate() {
        let with = |instead: &[Node]| [&block[..at], instead, &block[at + 1..]].concat();
        all.push(with(&[]));
        all.extend(blocks_in(node, of).map(with));
        all.extend(nodes(node).into_iter().map(|node| with(&[node])));
    }
    all
}

/// The blocks in `node` that work on a value of type `of`.
fn blocks_in<'n>(node: &'n Node, of: &'n Type) -> impl Iterator<Item = &'n [Node]> {
    node.children.iter().filter_map(move |child| match child {
        Child::Block(block) if block.first().is_some_and(|first| first.of == *of) => {
            Some(block.as_slice())
        }
        _ => None,
    })
}

/// What a value can become.
fn values(value: &Node) -> Vec<Node> {
    let inner = value.children.iter().filter_map(|child| match child {
        Child::Value(inner) if inner.of == value.of => Some(inner.clone()),
        _ => None,
    });
    std::iter::once(Node::simplest(&value.of)).chain(inner).chain(nodes(value)).collect()
}

/// What a node can become while its production stays.
fn nodes(node: &Node) -> Vec<Node> {
    let mut all = Vec::new();
    for (at, (child, hole)) in node.children.iter().zip(node.production.holes()).enumerate() {
        let with = |instead: Child| {
            let mut node = node.clone();
            node.children[at] = instead;
            node
        };
        match (child, hole) {
            (Child::Value(value), _) => {
                all.extend(values(value).into_iter().map(Child::Value).map(with));
            }
            (Child::Block(block), Hole::Block(of) | Hole::Value(of) | Hole::Name(of)) => {
                all.extend(blocks(block, node.type_of(of)).into_iter().map(Child::Block).map(with));
            }
            (Child::Block(_), Hole::Number) => {}
        }
    }
    all
}

/// What can be the program in place of a statement in which it is: statements on a part of the value, which
/// is then the simplest of its type, or on a value of the statement's own.
fn roots(block: &[Node]) -> Vec<(Node, Vec<Node>)> {
    let mut all = Vec::new();
    for node in block {
        let mut own = None;
        for (child, hole) in node.children.iter().zip(node.production.holes()) {
            match (child, hole) {
                (Child::Value(value), Hole::Value(Of::New)) => own = Some(value.clone()),
                (Child::Block(block), Hole::Block(of)) => {
                    let made = own.clone().filter(|_| of == Of::New);
                    let value = made.unwrap_or_else(|| Node::simplest(node.type_of(of)));
                    all.push((value, block.clone()));
                }
                _ => {}
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzz::generate;

    /// Shrinks while `holds`, always to the first.
    fn shrunk(mut program: Program, holds: impl Fn(&Program) -> bool) -> Program {
        while let Some(next) = smaller(&program).into_iter().find(|next| holds(next)) {
            program = next;
        }
        program
    }

    #[test]
    fn smaller_programs_are_smaller_and_keep_their_types() {
        for seed in 0..50 {
            let program = generate::program(seed);
            for smaller in smaller(&program) {
                assert!(smaller.size() < program.size());
                check_all(&smaller.block, &smaller.value.of);
                check(&smaller.value);
            }
        }
    }

    fn check_all(block: &[Node], of: &Type) {
        for node in block {
            assert_eq!(node.of, *of);
            check(node);
        }
    }

    fn check(node: &Node) {
        for (child, hole) in node.children.iter().zip(node.production.holes()) {
            let (Hole::Value(of) | Hole::Block(of)) = hole else { unreachable!() };
            check_all(child.nodes(), node.type_of(of));
        }
    }

    #[test]
    fn shrinking_ends_with_what_is_needed_alone() {
        let has = |program: &Program| program.productions().contains("vec_insert");
        let program = (0..).map(generate::program).find(|program| has(program)).unwrap();
        let least = shrunk(program, has);
        assert_eq!(least.block.len(), 1);
        assert_eq!(least.block[0].production.name, "vec_insert");
        assert!(least.size() <= 12, "{least:?}");
    }
}
