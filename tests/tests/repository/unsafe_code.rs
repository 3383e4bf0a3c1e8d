//! `unsafe` stands in few files, and in rooms that are named for it.

use std::fs;
use std::path::Path;

use crate::arrows::sources;
use crate::findings::assert_none;
use crate::layout::{PACKAGES, Package, UNSAFE_ROOMS, root_of, workspace};

fn is_at_home(package: &Package, file: &Path) -> bool {
    let in_room = file.iter().any(|part| {
        let name = part.to_str().unwrap_or_default().trim_end_matches(".rs");
        UNSAFE_ROOMS.contains(&name)
    });
    in_room || package.also_unsafe.iter().any(|listed| file == Path::new(listed))
}

#[test]
fn unsafe_stands_only_in_its_rooms() {
    let found = PACKAGES.iter().flat_map(|package| {
        let files = sources(package).with_unsafe;
        let strays = files.iter().filter(|file| !is_at_home(package, file));
        let strays = strays.map(|file| format!("unsafe in {}", file.display()));
        let needless = package.also_unsafe.iter().filter(|file| !files.contains(Path::new(file)));
        let needless = needless.map(|file| format!("there is no unsafe in {file}"));
        let wrong: Vec<_> = strays.chain(needless).collect();
        wrong.into_iter().map(|wrong| (package.folder.to_owned(), wrong))
    });
    assert_none(found);
}

#[test]
fn crates_deny_unsafe_code() {
    let is_allowed = |package: &&Package| {
        let root = workspace().join(package.folder).join(root_of(package));
        let text = fs::read_to_string(root).unwrap();
        !text.contains("#![deny(unsafe_code)]") && !text.contains("#![forbid(unsafe_code)]")
    };
    let found = PACKAGES.iter().filter(is_allowed);
    let found = found.map(|it| (it.folder.to_owned(), "unsafe code is not denied".to_owned()));
    assert_none(found);
}
