//! From a service's folder to its image: the three compilations of DESIGN section 4.
//!
//! ```text
//!  user's crate ─cargo──▶ rlib, panic=unwind, -F unsafe-code ┐
//!  embedded mote-service ▶ rlib, panic=unwind                 ├─▶ final crate: cdylib, panic=abort
//!  glue         ─rustc──▶ rlib, panic=unwind                 ┘   panic handler, allocator, note
//!                                                                └─rust-lld, image.ld─▶ image
//! ```
//!
//! | module | its part |
//! | --- | --- |
//! | `toolchain` | finds the compiler that this was built with |
//! | `cache` | the folder that outlives a build, filled without locks |
//! | `sysroot` | a sysroot without the standard library |
//! | `embedded` | the copy of mote-service that every image is built with |
//! | `package` | what cargo knows of the user's crate |
//! | `staging` | a package whose path to mote-service leads nowhere |
//! | `user_crate` | first compilation |
//! | `cargo_output` | what cargo said during it: crates, or why there are none |
//! | `glue` | second compilation; where a missing or mistyped `handle` is found |
//! | `link` | third compilation, and the note |
//! | `context` | what all three need |
//! | `messages` | what cargo and rustc say, as JSON |
//! | `command` | programs run with an environment that cannot change what is built |
//!
//! There is no link-time optimisation anywhere: it removes landing pads.
//!
//! Intermediate files lie in `mote/` in the crate's own target directory (so `CARGO_TARGET_DIR` and
//! cargo's configuration apply, and `cargo clean` removes them); the sysroot, the embedded crate and
//! staging packages in the user's cache, `$XDG_CACHE_HOME/mote` or `~/.cache/mote`. Only what cargo
//! itself writes goes into the user's folder: `Cargo.lock`.

mod cache;
mod cargo_output;
mod command;
mod context;
mod embedded;
mod error;
mod glue;
mod link;
mod messages;
mod package;
mod staging;
mod sysroot;
mod toolchain;
mod user_crate;

use std::path::{Path, PathBuf};
use std::{fs, process};

use mote_loader::{Expected, verify};

pub use cache::user_cache;
pub use error::BuildError;

use context::BuildContext;

/// The platform of every image.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// How often functions are put into another order to please the loader.
const LAST_LAYOUT: u32 = 3;

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder of the service: the one with its `Cargo.toml`.
    pub directory: PathBuf,
    /// The output of `rustc --version` of the compiler to build with; no other is accepted.
    pub toolchain: String,
    /// How well to optimise.
    pub profile: Profile,
    /// Refuses to change `Cargo.lock`, as cargo's `--locked`.
    pub is_locked: bool,
    /// Refuses to use the network, as cargo's `--offline`. Without it the network is used when the
    /// service has dependencies that are not on this machine yet.
    pub is_offline: bool,
    /// Renders the compiler's messages with colours.
    pub has_colors: bool,
    /// The folder that outlives a build; `None` is the user's cache.
    pub cache: Option<PathBuf>,
}

impl Options {
    /// An optimised build of the service in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>, toolchain: impl Into<String>) -> Self {
        Self {
            directory: directory.into(),
            toolchain: toolchain.into(),
            profile: Profile::Release,
            is_locked: false,
            is_offline: false,
            has_colors: false,
            cache: None,
        }
    }
}

/// The compiler that this was built with, to be run in `directory` with an environment that changes
/// nothing.
///
/// # Errors
/// There is no compiler that says it is `toolchain`.
pub fn compiler(directory: &Path, toolchain: &str) -> Result<process::Command, BuildError> {
    let toolchain = toolchain::Toolchain::find(toolchain, directory)?;
    let mut rustc = command::clean(&toolchain.rustc);
    rustc.current_dir(directory);
    Ok(rustc)
}

/// How well a service is optimised. What a profile of the user's crate says holds, but for `panic`
/// and `lto`, which an image cannot choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Cargo's `release`.
    #[default]
    Release,
    /// Cargo's `dev`: not optimised, arithmetic overflow panics.
    Debug,
}

impl Profile {
    /// Each.
    pub const ALL: [Self; 2] = [Self::Release, Self::Debug];

    /// The name on the command line and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "debug",
        }
    }

    /// What cargo calls it.
    fn cargo_name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Debug => "dev",
        }
    }

    /// For the glue, which is the user's code as far as it is instantiated there.
    fn opt_level(self) -> &'static str {
        match self {
            Self::Release => "-Copt-level=3",
            Self::Debug => "-Copt-level=0",
        }
    }
}

/// How to compile. The later ways are for code that the loader refuses when it is compiled the earlier
/// ways: the distance from the stack's end to a local, or the number of a register, can have the bytes
/// of a forbidden instruction too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CodegenVariant {
    /// As the compiler likes.
    Plain,
    /// Locals are found from a frame pointer.
    FramePointers,
    /// The same, and registers are allotted in a simpler way, so that values lie in others.
    OtherRegisters,
}

impl CodegenVariant {
    /// Every way, the first one first.
    const ALL: [Self; 3] = [Self::Plain, Self::FramePointers, Self::OtherRegisters];

    /// For the compiler; those of the first are its defaults.
    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["-Cforce-frame-pointers=no"],
            Self::FramePointers => &["-Cforce-frame-pointers=yes"],
            Self::OtherRegisters => &["-Cforce-frame-pointers=yes", "-Cllvm-args=-regalloc=basic"],
        }
    }
}

/// What happens during a build, for whoever shows it.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins.
    Step(Step),
    /// A program is about to be run: its command line, for people.
    Command(&'a str),
    /// Cargo is done with a package.
    Compiled {
        /// Its name.
        package: &'a str,
        /// Whether it was up to date.
        is_fresh: bool,
    },
    /// The compiler said something about the user's crate or a dependency: show it.
    Diagnostic {
        /// As the compiler renders it, with file, line and line ends; possibly coloured.
        rendered: &'a str,
        /// Whether this is why the build will fail; a warning otherwise.
        is_error: bool,
    },
}

/// The steps of a build, in order. All but the first may happen again, to please the loader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Finding the compiler, the sysroot, the embedded crate and the package.
    Prepare,
    /// The user's crate and its dependencies.
    Compile,
    /// The glue.
    Glue,
    /// The final crate.
    Link,
    /// The loader's verdict.
    Check,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 5] = [Self::Prepare, Self::Compile, Self::Glue, Self::Link, Self::Check];

    /// What is being done, as a progress bar says it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Prepare => "preparing",
            Self::Compile => "compiling",
            Self::Glue => "glueing",
            Self::Link => "linking",
            Self::Check => "checking",
        }
    }
}

/// A built image. The loader has accepted it.
#[derive(Clone, Debug)]
pub struct Built {
    /// The name of the package.
    pub package: String,
    /// The image's bytes.
    pub image: Vec<u8>,
}

impl Built {
    /// The name of its file unless the user says another: `PACKAGE.image`.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("{}.image", self.package)
    }

    /// Writes the image to `path`, whole or not at all.
    ///
    /// # Errors
    /// [`BuildError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), BuildError> {
        let mut partial = path.as_os_str().to_owned();
        partial.push(format!(".{}.partial", process::id()));
        let partial = PathBuf::from(partial);
        fs::write(&partial, &self.image).and_then(|()| fs::rename(&partial, path)).map_err(
            |error| {
                // The first error is the one to tell; the partial file may never have been there.
                let _ = fs::remove_file(&partial);
                BuildError::Write { path: path.to_owned(), error }
            },
        )
    }
}

/// Builds the service in `options.directory`.
///
/// # Errors
/// Every [`BuildError`]; what the compiler said has gone to `observer` before.
pub fn build(options: &Options, observer: &mut dyn FnMut(Event<'_>)) -> Result<Built, BuildError> {
    observer(Event::Step(Step::Prepare));
    let context = BuildContext::open(options, observer)?;
    let mut result = image(&context, CodegenVariant::ALL[0], observer);
    for way in &CodegenVariant::ALL[1..] {
        match &result {
            Err(error) if error.is_forbidden_instruction() => {}
            _ => break,
        }
        result = image(&context, *way, observer);
    }
    Ok(Built { image: result?, package: context.package.name })
}

/// The three compilations. Links again with another order of functions while the loader finds a
/// forbidden instruction: it looks at every byte, and the distance from a call to a function, or from
/// a function to a constant, can have the bytes of one by chance.
fn image(
    context: &BuildContext<'_>,
    way: CodegenVariant,
    observer: &mut dyn FnMut(Event<'_>),
) -> Result<Vec<u8>, BuildError> {
    observer(Event::Step(Step::Compile));
    let crates = user_crate::compile(context, way, observer)?;
    let scratch = context.scratch_folder()?;
    let rustc = context.rustc(scratch.path());
    observer(Event::Step(Step::Glue));
    glue::compile(&rustc, context, &crates, way, observer)?;
    let mut layout = 0;
    loop {
        observer(Event::Step(Step::Link));
        let image = link::link(&rustc, &crates, layout, observer)?;
        observer(Event::Step(Step::Check));
        match check_image(&image, &context.toolchain.version) {
            Err(error) if error.is_forbidden_instruction() && layout < LAST_LAYOUT => layout += 1,
            result => return result.map(|()| image),
        }
    }
}

fn check_image(image: &[u8], toolchain: &str) -> Result<(), BuildError> {
    match verify(image, &Expected { toolchain }) {
        Ok(_) => Ok(()),
        Err(verdict) => Err(BuildError::Refused { verdict }),
    }
}
