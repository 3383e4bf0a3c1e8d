//! No two files need each other, directly or through others.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use crate::findings::assert_none;
use crate::graph::{Graph, roots};
use crate::layout::{PACKAGES, workspace};

/// The shortest way from each file that is on a circle back to itself, each circle once.
pub(crate) fn circles(graph: &Graph) -> Vec<Vec<PathBuf>> {
    let mut found: Vec<(BTreeSet<PathBuf>, Vec<PathBuf>)> = Vec::new();
    for circle in graph.uses.keys().filter_map(|file| way_back(graph, file)) {
        let members: BTreeSet<_> = circle.iter().cloned().collect();
        if !found.iter().any(|(known, _)| *known == members) {
            found.push((members, circle));
        }
    }
    found.into_iter().map(|(_, circle)| circle).collect()
}

/// Breadth first: the files from `start` to one that uses `start`.
fn way_back(graph: &Graph, start: &Path) -> Option<Vec<PathBuf>> {
    let mut seen = BTreeSet::from([start.to_owned()]);
    let mut ways = VecDeque::from([vec![start.to_owned()]]);
    while let Some(way) = ways.pop_front() {
        for next in &graph.uses[way.last().expect("a way has a start")] {
            if next == start {
                return Some(way);
            }
            if seen.insert(next.clone()) {
                ways.push_back([&way[..], std::slice::from_ref(next)].concat());
            }
        }
    }
    None
}

/// "a.rs and b.rs need each other", with what stands between them.
pub(crate) fn described(circle: &[PathBuf]) -> String {
    let names: Vec<_> = circle.iter().map(|file| file.display().to_string()).collect();
    let (first, last) = (&names[0], &names[names.len() - 1]);
    let way = [&names[..], &names[..1]].concat().join(" → ");
    format!("{first} and {last} need each other: {way}")
}

/// Every crate of a package, tests included, with the name of its folder.
fn graphs() -> impl Iterator<Item = (&'static str, Graph)> {
    PACKAGES.iter().flat_map(|package| {
        let folder = workspace().join(package.folder);
        roots(&folder).into_iter().map(move |root| (package.folder, Graph::read(&folder, &root)))
    })
}

#[test]
fn no_two_files_need_each_other() {
    let found = graphs().flat_map(|(package, graph)| {
        let found = circles(&graph);
        found.into_iter().map(move |circle| (package.to_owned(), described(&circle)))
    });
    assert_none(found);
}
