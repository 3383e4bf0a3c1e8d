//! What every file of the repository holds to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::findings::assert_none;
use crate::layout::workspace;

/// A file of Rust that is longer has more than one idea.
const MOST_LINES: usize = 300;

/// A document that readers of the repository do not have.
const ELSEWHERE: &str = concat!("DES", "IGN");

const TEXT: [&str; 8] = ["rs", "md", "toml", "ld", "c", "sh", "html", "css"];

/// Every text file, relative to the workspace.
fn files() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    collect(&workspace(), Path::new(""), &mut found);
    found
        .into_iter()
        .map(|file| (file.clone(), fs::read_to_string(workspace().join(file)).unwrap()))
        .collect()
}

fn collect(workspace: &Path, folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(workspace.join(folder)).unwrap().map(Result::unwrap) {
        let path = folder.join(entry.file_name());
        let is_skipped = path.ends_with("target") || path.ends_with(".git");
        if entry.file_type().unwrap().is_dir() && !is_skipped {
            collect(workspace, &path, found);
        } else if path.extension().is_some_and(|it| TEXT.iter().any(|text| it == *text)) {
            found.push(path);
        }
    }
}

fn found_in(file: &Path, wrong: String) -> (String, String) {
    (file.display().to_string(), wrong)
}

#[test]
fn no_file_refers_to_what_readers_do_not_have() {
    let found = files().into_iter().filter(|(_, text)| text.contains(ELSEWHERE));
    let found = found.map(|(file, _)| found_in(&file, format!("refers to {ELSEWHERE}")));
    assert_none(found);
}

#[test]
fn files_are_short() {
    let is_long = |(file, text): &(PathBuf, String)| {
        file.extension().is_some_and(|it| it == "rs") && text.lines().count() > MOST_LINES
    };
    let found = files().into_iter().filter(is_long);
    let found = found.map(|(file, text)| {
        found_in(&file, format!("has {} lines of at most {MOST_LINES}", text.lines().count()))
    });
    assert_none(found);
}
