//! The fresh folder of one build.
//!
//! ```text
//!  STAGE/crate         the copied package           inside: /mote/crate         read-only
//!  STAGE/mote-service  ▶ the embedded crate                 /mote/mote-service  read-only
//!  STAGE/folders       copies of vetted folders         /mote/folders       read-only
//!  STAGE/crates        ▶ unpacked crates                    /mote/crates        read-only
//!  STAGE/vendor        links into crates/                   /mote/vendor        read-only
//!  STAGE/sysroot       ▶ the restricted sysroot             /mote/sysroot       read-only
//!  STAGE/lints         the compiler's wrapper                  /mote/lints         read-only
//!  STAGE/work          what is compiled                     /mote/work          to be written
//!  STAGE/root          empty: the root of the sandbox is put here
//! ```

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::BuildError;
use crate::sandbox::View;
use crate::toolchain::cache::Cache;

/// The root of everything inside.
pub(crate) const INSIDE: &str = "/mote";

/// Such a folder; it goes when dropped.
#[derive(Debug)]
pub(crate) struct Stage(TempDir);

impl Stage {
    /// A fresh folder in `cache`.
    pub(super) fn new(cache: &Cache, embedded: &Path, sysroot: &Path) -> Result<Self, BuildError> {
        let folder = cache.builds()?;
        let cannot = |error| BuildError::Write { path: folder.clone(), error };
        let stage = tempfile::Builder::new().prefix("build-").tempdir_in(&folder);
        let stage = Self(stage.map_err(cannot)?);
        stage.fill(cache, embedded, sysroot).map_err(cannot)?;
        Ok(stage)
    }

    fn fill(&self, cache: &Cache, embedded: &Path, sysroot: &Path) -> io::Result<()> {
        for folder in [
            "crate",
            "work/target",
            "work/image",
            "work/home",
            "work/tmp",
            "lints",
            "folders",
            "root",
        ] {
            fs::create_dir_all(self.path(folder))?;
        }
        symlink(embedded, self.path("mote-service"))?;
        symlink(sysroot, self.path("sysroot"))?;
        fs::create_dir_all(cache.crates())?;
        symlink(cache.crates(), self.path("crates"))
    }

    /// A file or folder in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Shows all that a compiler may see of it, and `toolchain`.
    pub(crate) fn view(&self, toolchain: &Path) -> View {
        let mut view = View::of_system();
        view.read_only(toolchain, toolchain);
        for name in ["crate", "mote-service", "crates", "vendor", "sysroot", "lints", "folders"] {
            view.read_only(&self.path(name), Path::new(INSIDE).join(name));
        }
        view.writable(&self.path("work"), Path::new(INSIDE).join("work"));
        view
    }
}
