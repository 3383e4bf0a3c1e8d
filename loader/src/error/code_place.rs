//! Where in an image's code something is, as messages show it.
#![forbid(unsafe_code)]

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::quote::{Quoted, cut};
use crate::image::Image;
use crate::names::function_names;

/// The longest instruction in bytes: Intel SDM volume 2, 2.3.11.
const INSTRUCTION_BYTES_MAX: usize = 15;

/// A place in the code of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodePlace {
    /// Its address as linked.
    pub address: u64,
    /// The function there, demangled, if the image has a symbol for it, and the distance from its start in
    /// bytes.
    pub function: Option<(String, u64)>,
    /// The bytes there, at most as many as an instruction has.
    pub bytes: Vec<u8>,
}

impl CodePlace {
    /// The place `offset` bytes into the text of `image`.
    pub(crate) fn of(image: &Image<'_>, offset: u32) -> Self {
        let address = u64::from(offset);
        let names = function_names(image.file());
        let function = names.range(..=address).next_back();
        let bytes = image.text().bytes.get(offset as usize..).unwrap_or_default();
        Self {
            address,
            function: function.map(|(start, name)| (cut(name), address - start)),
            bytes: bytes.iter().copied().take(INSTRUCTION_BYTES_MAX).collect(),
        }
    }
}

impl fmt::Display for CodePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.function {
            Some((name, offset)) => write!(f, "`{}`+{offset:#x}", Quoted(name))?,
            None => f.write_str("text")?,
        }
        write!(f, " (at {:#x}, bytes", self.address)?;
        self.bytes.iter().try_for_each(|byte| write!(f, " {byte:02x}"))?;
        f.write_str(")")
    }
}
