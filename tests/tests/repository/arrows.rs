//! Between rooms of a package, arrows point down.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::findings::assert_none;
use crate::graph::Graph;
use crate::layout::{PACKAGES, Package, room_of, root_of, workspace};

/// Arrows from a file to one in a room above its own.
pub(crate) fn upward(package: &Package, graph: &Graph) -> Vec<(PathBuf, PathBuf)> {
    // The crate's root has no room, and is above all.
    let height = |file: &Path| {
        room_of(file).map(|room| package.rooms.iter().position(|known| *known == room))
    };
    let is_upward = |from: &Path, to: &Path| height(to) < height(from);
    let arrows = graph.uses.iter().flat_map(|(from, used)| used.iter().map(move |to| (from, to)));
    let upward = arrows.filter(|(from, to)| is_upward(from, to));
    upward.map(|(from, to)| (from.clone(), to.clone())).collect()
}

/// Rooms of the table that are not there, and rooms that the table has not.
pub(crate) fn misnamed(package: &Package, graph: &Graph) -> Vec<String> {
    let rooms: BTreeSet<_> = graph.uses.keys().filter_map(|file| room_of(file)).collect();
    let listed: BTreeSet<_> = package.rooms.iter().map(|room| (*room).to_owned()).collect();
    let gone = listed.difference(&rooms).map(|room| format!("has no room {room}"));
    let new =
        rooms.difference(&listed).map(|room| format!("has a room {room}, which is not listed"));
    gone.chain(new).map(|wrong| format!("{}/src {wrong}", package.folder)).collect()
}

pub(crate) fn sources(package: &Package) -> Graph {
    Graph::read(&workspace().join(package.folder), root_of(package))
}

pub(crate) fn described(from: &Path, to: &Path) -> String {
    format!("{} uses {}, which is in a room above it", from.display(), to.display())
}

#[test]
fn no_room_uses_one_above_it() {
    let found = PACKAGES.iter().flat_map(|package| {
        let arrows = upward(package, &sources(package)).into_iter();
        arrows.map(|(from, to)| (package.folder.to_owned(), described(&from, &to)))
    });
    assert_none(found);
}

#[test]
fn rooms_are_those_of_the_table() {
    let wrong: Vec<_> =
        PACKAGES.iter().flat_map(|package| misnamed(package, &sources(package))).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
