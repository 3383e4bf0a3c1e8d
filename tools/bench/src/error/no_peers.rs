//! Why wasmtime is not measured.

use std::io;
use std::path::PathBuf;

/// Why there is no program `mote-peers`, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoPeers {
    /// The sources are not here.
    #[error(
        "mote bench builds tools/peers when it runs from a checkout of its repository, and this is none: \
         run `{BY_HAND}` in one, and give the path of mote-peers with --peers"
    )]
    NoCheckout,
    /// It would take too long.
    #[error(
        "--quick does not build tools/peers, which takes minutes: run `{BY_HAND}` first, or leave \
         --quick out"
    )]
    Quick,
    /// There is no cargo.
    #[error("tools/peers does not build: cargo cannot be started")]
    Cargo(#[source] io::Error),
    /// The compiler refuses it.
    #[error("tools/peers does not build: {error}")]
    Build {
        /// The first error that cargo printed.
        error: String,
    },
    /// It was built, and is not where it should be.
    #[error("tools/peers is built, and {} is not there", program.display())]
    Elsewhere {
        /// Where it should be.
        program: PathBuf,
    },
}

/// How to build the program by hand.
const BY_HAND: &str = "cargo build --release --locked --manifest-path tools/peers/Cargo.toml";
