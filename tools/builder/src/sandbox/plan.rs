//! The steps of a process into a root of its own, made before it starts: between fork and exec nothing
//! may be allocated.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::view::View;

/// The user and group inside. Not root: exec(2) then drops what the user namespace had given.
const ID: u32 = 1000;

/// One step, with paths below the folder that becomes the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make a folder; it may be there.
    Folder(CString),
    /// Make an empty file, to mount on.
    File(CString),
    /// Make a symbolic link.
    Link { target: CString, at: CString },
    /// Show what is at `from`.
    Bind { from: CString, at: CString, is_writable: bool, is_device: bool },
}

/// All steps of one process.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) root: CString,
    pub(super) steps: Vec<Step>,
    /// Where the processes of the new pid namespace are to be seen, below the root.
    pub(super) proc: CString,
    /// The working folder, in the new root.
    pub(super) folder: CString,
    pub(super) uid_map: Vec<u8>,
    pub(super) gid_map: Vec<u8>,
}

impl Plan {
    /// Plans to show `view` in the folder `root`, and to work in `folder` of it.
    pub(super) fn new(view: &View, root: &Path, folder: &Path) -> io::Result<Self> {
        let map = |id: u32| format!("{ID} {id} 1\n").into_bytes();
        Ok(Self {
            root: c_string(root)?,
            steps: steps(view, root)?,
            proc: c_string(&root.join("proc"))?,
            folder: c_string(folder)?,
            uid_map: map(rustix::process::geteuid().as_raw()),
            gid_map: map(rustix::process::getegid().as_raw()),
        })
    }
}

fn steps(view: &View, root: &Path) -> io::Result<Vec<Step>> {
    let below = |path: &Path| root.join(path.strip_prefix("/").unwrap_or(path));
    let mut steps = Vec::new();
    let mut bound: Vec<PathBuf> = Vec::new();
    let folder = |path: &Path, steps: &mut Vec<Step>| -> io::Result<()> {
        let ancestors: Vec<_> = path.ancestors().collect();
        for ancestor in ancestors.iter().rev().filter(|path| path.parent().is_some()) {
            let step = Step::Folder(c_string(&below(ancestor))?);
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
        Ok(())
    };
    for shown in view.iter() {
        // What is below a folder that is there already (a toolchain in /usr) is there already.
        if bound.iter().any(|path| shown.from == shown.to && shown.to.starts_with(path)) {
            continue;
        }
        let at = below(&shown.to);
        folder(shown.to.parent().unwrap_or(Path::new("/")), &mut steps)?;
        if shown.from == shown.to && shown.from.is_symlink() {
            let target = std::fs::read_link(&shown.from)?;
            steps.push(Step::Link { target: c_string(&target)?, at: c_string(&at)? });
            continue;
        }
        let metadata = std::fs::metadata(&shown.from)?;
        steps.push(if metadata.is_dir() {
            Step::Folder(c_string(&at)?)
        } else {
            Step::File(c_string(&at)?)
        });
        let is_device = !metadata.is_dir() && !metadata.is_file();
        steps.push(Step::Bind {
            from: c_string(&shown.from)?,
            at: c_string(&at)?,
            is_writable: shown.is_writable,
            is_device,
        });
        bound.push(shown.to.clone());
    }
    folder(Path::new("/proc"), &mut steps)?;
    Ok(steps)
}

fn c_string(path: &Path) -> io::Result<CString> {
    Ok(CString::new(OsStr::as_bytes(path.as_os_str()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_before_what_is_mounted_on_them() {
        let folder = tempfile::tempdir().unwrap();
        let mut view = View::default();
        view.writable(folder.path(), "/a/b");
        let plan = Plan::new(&view, Path::new("/root"), Path::new("/a/b")).unwrap();
        let c = |text: &str| CString::new(text).unwrap();
        let from = c_string(folder.path()).unwrap();
        let bind = Step::Bind { from, at: c("/root/a/b"), is_writable: true, is_device: false };
        let expected = [
            Step::Folder(c("/root/a")),
            Step::Folder(c("/root/a/b")),
            bind,
            Step::Folder(c("/root/proc")),
        ];
        assert_eq!(plan.steps, expected);
    }

    #[test]
    fn what_lies_in_a_folder_that_is_shown_is_not_mounted_again() {
        let mut view = View::default();
        view.read_only(Path::new("/usr"), "/usr");
        view.read_only(Path::new("/usr/lib"), "/usr/lib");
        let plan = Plan::new(&view, Path::new("/root"), Path::new("/")).unwrap();
        let binds = plan.steps.iter().filter(|step| matches!(step, Step::Bind { .. }));
        assert_eq!(binds.count(), 1);
    }
}
