//! What can be wrong with a service's `handle`.

/// What `handle` must be, as messages show it.
const SIGNATURE: &str =
    "pub fn handle(request: &Request<'_>, context: &mut Context) -> Result<Response, Error>";

/// Why the worker could not call a service's `handle`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandleError {
    /// There is none.
    #[error("{file} has no function `handle`: a service's crate root has\n    {SIGNATURE}")]
    Missing {
        /// The crate root.
        file: String,
    },
    /// It is private.
    #[error("{place}: `handle` is private, but the worker calls it: write\n    {SIGNATURE}")]
    Private {
        /// File and line, or file.
        place: String,
    },
    /// It is asynchronous.
    #[error(
        "{place}: `handle` is an `async fn`\n    {found}\nbut the worker calls a plain function, and \
         nothing in an image drives a future: write\n    {SIGNATURE}"
    )]
    Async {
        /// File and line.
        place: String,
        /// Its signature.
        found: String,
    },
    /// It cannot be called as the worker calls it.
    #[error(
        "{place}: `handle` is\n    {found}\nwhich cannot be called as `handle(&request, &mut context)`: \
         {mismatch}; a service's is\n    {SIGNATURE}"
    )]
    Mismatch {
        /// File and line, or file.
        place: String,
        /// Its signature; what the compiler says where its definition is not found.
        found: String,
        /// What of it does not fit.
        mismatch: Mismatch,
    },
}

/// What of a `handle` does not fit the call, and how to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// How many arguments it takes.
    #[error("let it take two arguments")]
    Arguments,
    /// Its first argument.
    #[error("let its first argument be `&Request<'_>`")]
    Request,
    /// Its second argument.
    #[error("let its second argument be `&mut Context`")]
    Context,
    /// What it returns.
    #[error("let it return `Result<Response, Error>`, both types of mote_service")]
    Response,
    /// A generic parameter that neither argument says.
    #[error("remove the generic parameter that its arguments do not determine")]
    NotInferred,
    /// A bound on a generic parameter that the argument does not hold to.
    #[error("remove the bound that `Request` and `Context` do not satisfy")]
    Bound,
    /// It asks for references that live longer than an invocation.
    #[error(
        "let it accept references of every lifetime, not of `'static` or one tied to the other"
    )]
    Lifetime,
    /// It is a type, a constant or a module's name.
    #[error("let it be a function")]
    NoFunction,
    /// It is an unsafe function.
    #[error("remove `unsafe`")]
    Unsafe,
}
