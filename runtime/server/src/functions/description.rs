//! What Lambda's clients say of a function that means nothing to a node: it is kept, and told again.

use serde::{Deserialize, Serialize};

use crate::functions::images::Digest;
use crate::functions::variables::Variables;

/// What a client said, or what a function has that was deployed otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description {
    /// What it is for.
    pub text: String,
    /// The runtime that Lambda would use.
    pub runtime: String,
    /// The role that it would have.
    pub role: String,
    /// The entry that Lambda would call.
    pub handler: String,
    /// Lambda's limit of time, in seconds.
    pub timeout_s: u32,
    /// Lambda's limit of memory, in MB.
    pub memory_mb: u32,
    /// Variables, those with our settings among them.
    pub variables: Variables,
    /// The SHA-256 of what was submitted, an archive or an image.
    pub package: Digest,
    /// Its length, in bytes.
    pub package_bytes: u64,
}

impl Description {
    /// That of a function that was deployed as an image.
    #[must_use]
    pub fn of_image(image: &[u8]) -> Self {
        Self {
            text: String::new(),
            runtime: "provided.al2023".to_owned(),
            role: "arn:aws:iam::000000000000:role/mote".to_owned(),
            handler: "handle".to_owned(),
            timeout_s: 3,
            memory_mb: 128,
            variables: Variables::default(),
            package: Digest::of(image),
            package_bytes: image.len() as u64,
        }
    }
}
