//! Which functions are recursive.
//!
//! Calls and jumps into other functions are edges of a graph, in which a function is recursive if a path leads from
//! it to itself. What calls through a register may call each function whose address is taken somewhere: an
//! own node stands for all of these. Components are found as Kosaraju does.
#![forbid(unsafe_code)]

use alloc::vec;
use alloc::vec::Vec;

use crate::decode::{Code, FlowKind, Target};
use crate::linkage::{Slot, Slots};

/// Which functions are recursive, by where they begin.
#[derive(Debug)]
pub(super) struct Recursion<'e> {
    entries: &'e [u32],
    is_recursive: Vec<bool>,
}

impl<'e> Recursion<'e> {
    /// Of the functions that begin at `entries`, each of which ends where the next begins.
    pub(super) fn of(code: &Code, entries: &'e [u32], slots: &Slots) -> Self {
        let unknown = entries.len();
        let mut edges = Vec::new();
        let function =
            |offset: u32| entries.partition_point(|&entry| entry <= offset).checked_sub(1);
        let taken =
            code.taken().iter().copied().chain(slots.own().filter(|&own| code.is_start(own)));
        edges.extend(taken.filter_map(function).map(|to| (unknown, to)));
        for flow in code.flows() {
            let (FlowKind::Call(target) | FlowKind::Jump(target)) = flow.kind else { continue };
            let to = match target {
                Target::Text(to) => u32::try_from(to).ok().and_then(function),
                Target::Slot(address) => match slots.get(address) {
                    Some(Slot::Own(to)) => function(to),
                    Some(Slot::Import(_)) | None => None,
                },
                Target::Unknown => Some(unknown),
            };
            let is_call = matches!(flow.kind, FlowKind::Call(_));
            // A jump inside a function is no recursion.
            let pair = function(flow.at).zip(to).filter(|(from, to)| is_call || from != to);
            edges.extend(pair);
        }
        Self { entries, is_recursive: on_cycles(entries.len() + 1, edges) }
    }

    /// Whether the function with the instruction at `offset` is.
    pub(super) fn is_recursive(&self, offset: u32) -> bool {
        let behind = self.entries.partition_point(|&entry| entry <= offset);
        behind > 0 && self.is_recursive[behind - 1]
    }
}

/// Which of `nodes` nodes lie on a cycle of `edges`.
fn on_cycles(nodes: usize, mut edges: Vec<(usize, usize)>) -> Vec<bool> {
    let mut is_on_cycle = vec![false; nodes];
    edges.iter().filter(|(from, to)| from == to).for_each(|&(node, _)| is_on_cycle[node] = true);
    let order = finished(nodes, &Graph::new(nodes, &mut edges));
    edges.iter_mut().for_each(|edge| *edge = (edge.1, edge.0));
    let backwards = Graph::new(nodes, &mut edges);
    let mut is_done = vec![false; nodes];
    for &root in order.iter().rev() {
        if core::mem::replace(&mut is_done[root], true) {
            continue;
        }
        let mut component = vec![root];
        let mut next = 0;
        while let Some(&node) = component.get(next) {
            next += 1;
            for &to in backwards.from(node) {
                if !core::mem::replace(&mut is_done[to], true) {
                    component.push(to);
                }
            }
        }
        if component.len() > 1 {
            component.iter().for_each(|&node| is_on_cycle[node] = true);
        }
    }
    is_on_cycle
}

/// The nodes in the order in which a depth-first search leaves them.
fn finished(nodes: usize, graph: &Graph) -> Vec<usize> {
    let mut order = Vec::with_capacity(nodes);
    let mut is_seen = vec![false; nodes];
    for root in 0..nodes {
        if core::mem::replace(&mut is_seen[root], true) {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.last_mut() {
            match graph.from(*node).get(*next) {
                Some(&to) => {
                    *next += 1;
                    if !core::mem::replace(&mut is_seen[to], true) {
                        path.push((to, 0));
                    }
                }
                None => {
                    order.push(*node);
                    path.pop();
                }
            }
        }
    }
    order
}

/// Edges by where they begin.
struct Graph {
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Graph {
    /// Of `nodes` nodes; sorts `edges`.
    fn new(nodes: usize, edges: &mut Vec<(usize, usize)>) -> Self {
        edges.sort_unstable();
        edges.dedup();
        let starts = (0..=nodes).map(|node| edges.partition_point(|edge| edge.0 < node)).collect();
        Self { starts, ends: edges.iter().map(|edge| edge.1).collect() }
    }

    fn from(&self, node: usize) -> &[usize] {
        &self.ends[self.starts[node]..self.starts[node + 1]]
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nodes_on_cycles_are_those_that_reach_themselves(
            edges in vec((0..12_usize, 0..12_usize), 0..24),
        ) {
            let mut reaches = [[false; 12]; 12];
            edges.iter().for_each(|&(from, to)| reaches[from][to] = true);
            for middle in 0..12 {
                for from in 0..12 {
                    for to in 0..12 {
                        reaches[from][to] |= reaches[from][middle] && reaches[middle][to];
                    }
                }
            }
            let expected: Vec<bool> = (0..12).map(|node| reaches[node][node]).collect();
            prop_assert_eq!(on_cycles(12, edges), expected);
        }
    }
}
