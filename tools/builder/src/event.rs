//! What a build tells whoever shows it.

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

/// The steps of a build, in order.
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
