//! Programs as trees of productions.

use std::collections::BTreeSet;

use super::production::{Hole, Of, Production, Sort};
use super::table;
use super::types::Type;

/// One production with what is in its holes.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) production: &'static Production,
    /// The type of the value, or of what the statement works on.
    pub(crate) of: Type,
    /// The type that it chose, if it does.
    pub(crate) new: Option<Type>,
    /// What its numbers are drawn from.
    pub(crate) number: u8,
    /// What is in its holes, in the order of the template.
    pub(crate) children: Vec<Child>,
}

/// What is in a hole.
#[derive(Clone, Debug)]
pub(crate) enum Child {
    Value(Node),
    Block(Vec<Node>),
}

/// A program: statements on a value that it makes.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// What it was generated from.
    pub(crate) seed: u64,
    /// The value.
    pub(crate) value: Node,
    /// The statements.
    pub(crate) block: Vec<Node>,
}

impl Node {
    /// The type that a hole is about.
    pub(crate) fn type_of(&self, of: Of) -> &Type {
        let found = match of {
            Of::Itself => Some(&self.of),
            Of::Part => self.of.parts.first(),
            Of::Second => self.of.parts.get(1),
            Of::New => self.new.as_ref(),
        };
        found.expect("no production asks for a part that its type does not have")
    }

    /// Productions in it, itself among them.
    pub(crate) fn size(&self) -> usize {
        1 + self.children.iter().map(Child::size).sum::<usize>()
    }

    fn names(&self, into: &mut BTreeSet<&'static str>) {
        into.insert(self.production.name);
        self.children.iter().flat_map(Child::nodes).for_each(|node| node.names(into));
    }

    /// The first constructor of `of`, all the way down.
    pub(crate) fn simplest(of: &Type) -> Self {
        let first = table::of(Sort::Constructor, of.kind).next();
        let mut node = Self {
            production: first.expect("every kind has a constructor"),
            of: of.clone(),
            new: None,
            number: 1,
            children: Vec::new(),
        };
        node.children = node.production.holes().map(|hole| node.simplest_in(hole)).collect();
        node
    }

    /// The least that can be in `hole`.
    pub(crate) fn simplest_in(&self, hole: Hole) -> Child {
        match hole {
            Hole::Value(of) => Child::Value(Self::simplest(self.type_of(of))),
            _ => Child::Block(Vec::new()),
        }
    }
}

impl Child {
    /// The nodes in it.
    pub(crate) fn nodes(&self) -> &[Node] {
        match self {
            Self::Value(node) => std::slice::from_ref(node),
            Self::Block(nodes) => nodes,
        }
    }

    fn size(&self) -> usize {
        self.nodes().iter().map(Node::size).sum()
    }
}

impl Program {
    /// Productions in it.
    pub(crate) fn size(&self) -> usize {
        self.value.size() + self.block.iter().map(Node::size).sum::<usize>()
    }

    /// The names of its productions.
    pub(crate) fn productions(&self) -> BTreeSet<&'static str> {
        let mut names = BTreeSet::new();
        self.value.names(&mut names);
        self.block.iter().for_each(|node| node.names(&mut names));
        names
    }
}
