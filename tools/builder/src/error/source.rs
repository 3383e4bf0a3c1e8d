//! What in a source that is not vetted may not be there.

/// A source that does not hold to the rules for services.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: `{package}` {finding}")]
pub struct SourceError {
    /// File and line.
    pub place: String,
    /// The package that it is of.
    pub package: String,
    /// What stands there.
    pub finding: Finding,
}

/// What may not be there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// The keyword `unsafe`, also in a macro's definition, and where a `cfg` drops it.
    #[error("has unsafe code, and what is not vetted must be safe Rust")]
    Unsafe,
    /// A name without a harmless use.
    #[error(
        "names `{name}`, which reads files or the environment, or puts symbols or assembly into the image"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// A call of such a macro.
    #[error("calls the macro `{name}!`, which reads files or the environment")]
    Macro {
        /// The macro.
        name: String,
    },
    /// An import of such a macro under another name.
    #[error(
        "gives `{name}`, which is also a macro that reads files or the environment, another name"
    )]
    Renamed {
        /// The macro.
        name: String,
    },
    /// Such a macro's name as an argument of another macro, which could call it.
    #[error(
        "gives `{name}` to a macro, which could take it for the macro that reads files or the environment: use another name"
    )]
    Passed {
        /// The name.
        name: String,
    },
    /// A macro with the name of one of the standard library that evaluates its arguments.
    #[error("has a macro of its own that is called `{name}`: use another name")]
    Shadowed {
        /// The name.
        name: String,
    },
    /// An attribute.
    #[error("has the attribute `{name}`, which changes how it is compiled, linked or found")]
    Attribute {
        /// The attribute.
        name: String,
    },
    /// An attribute that a macro makes of what it is given.
    #[error(
        "has a macro that makes an attribute of `${name}`: match it as `#[${name}:meta]`, so that it can be looked at where it is given"
    )]
    MetavariableAttribute {
        /// The metavariable.
        name: String,
    },
    /// A macro whose name another macro is given.
    #[error("has a macro that calls `${name}!`, which could be any")]
    MetavariableMacro {
        /// The metavariable.
        name: String,
    },
    /// A `#` without an attribute.
    #[error("has a `#` that begins no attribute, of which a macro could make any")]
    LoneHash,
    /// Parentheses in parentheses without end: what reads them would run out of stack.
    #[error("nests parentheses deeper than any source needs to")]
    Depth,
    /// What is a string in some editions only.
    #[error(
        "has a raw C string (`cr\"…\"`), which older editions read as other tokens: use `c\"…\"`"
    )]
    RawCString,
    /// A file that does not consist of tokens.
    #[error("has a source file that is no Rust")]
    NoTokens,
}
