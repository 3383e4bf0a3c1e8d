//! What holds for the sources as a whole: who may use whom, where `unsafe` stands, what files say.

mod arrows;
mod circles;
mod dependencies;
mod findings;
mod graph;
mod layout;
mod manifests;
mod modules;
mod paths;
mod planted;
mod text;
mod unsafe_code;
