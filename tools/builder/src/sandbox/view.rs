//! Which files a sandbox shows, and under which path.

use std::path::{Path, PathBuf};

/// What of the system a compiler, its linker and build scripts need.
const SYSTEM: [&str; 10] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/etc/alternatives",
    "/etc/ld.so.cache",
];

/// The devices there are.
const DEVICES: [&str; 2] = ["/dev/null", "/dev/urandom"];

/// A file or folder of outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Its path outside.
    pub(crate) from: PathBuf,
    /// Its path inside.
    pub(crate) to: PathBuf,
    /// Whether it may be written.
    pub(crate) is_writable: bool,
}

/// Everything that is shown.
#[derive(Clone, Debug, Default)]
pub(crate) struct View(Vec<Shown>);

impl View {
    /// The system's own programs and libraries.
    pub(crate) fn of_system() -> Self {
        let mut view = Self::default();
        for path in SYSTEM.iter().map(Path::new).filter(|path| path.exists()) {
            view.read_only(path, path);
        }
        for path in DEVICES.map(Path::new) {
            view.0.push(Shown { from: path.into(), to: path.into(), is_writable: true });
        }
        view
    }

    /// Shows `from` as `to`.
    pub(crate) fn read_only(&mut self, from: &Path, to: impl Into<PathBuf>) {
        self.0.push(Shown { from: from.to_owned(), to: to.into(), is_writable: false });
    }

    /// Shows `from` as `to`, to be written.
    pub(crate) fn writable(&mut self, from: &Path, to: impl Into<PathBuf>) {
        self.0.push(Shown { from: from.to_owned(), to: to.into(), is_writable: true });
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Shown> {
        self.0.iter()
    }

    /// The path inside of a file of outside; of one that is not shown, the same path.
    pub(crate) fn inside(&self, file: &Path) -> PathBuf {
        let containing = self
            .0
            .iter()
            .filter_map(|shown| file.strip_prefix(&shown.from).ok().map(|rest| (shown, rest)));
        // The longest prefix is the nearest folder.
        match containing.max_by_key(|(shown, _)| shown.from.components().count()) {
            Some((shown, rest)) if rest.as_os_str().is_empty() => shown.to.clone(),
            Some((shown, rest)) => shown.to.join(rest),
            None => file.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_inside_is_by_the_nearest_folder_shown() {
        let mut view = View::default();
        view.read_only(Path::new("/a"), "/x");
        view.writable(Path::new("/a/b"), "/y");
        assert_eq!(view.inside(Path::new("/a/c")), Path::new("/x/c"));
        assert_eq!(view.inside(Path::new("/a/b/c")), Path::new("/y/c"));
        assert_eq!(view.inside(Path::new("/a/b")), Path::new("/y"));
        assert_eq!(view.inside(Path::new("/else")), Path::new("/else"));
    }
}
